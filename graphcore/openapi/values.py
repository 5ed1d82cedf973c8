"""Checks JSON values against a schema, as the API server checks custom resources and defaults.

Messages and places are those of kube-openapi's validator (``spec.a in body must be of type integer: "string"``), which many scripts and
people know by heart. Rules in CEL are not looked at here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

import re2

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import (
    go_json,
    in_order,
    invalid,
    not_supported,
    number,
    required,
    show,
    too_long,
    too_many,
    type_invalid,
)

_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)\Z",
    re.ASCII,
)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")
_UUID = re.compile(r"^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$")
_MAC = re.compile(r"^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$")


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            parse(value)
        except ValueError:
            return False
        return True

    return check


def _network(value: str) -> object:
    if "/" not in value:
        raise ValueError(value)
    return ipaddress.ip_interface(value)


_FORMATS: dict[str, Callable[[str], object]] = {
    "date": _DATE.match,
    "date-time": _DATE_TIME.match,
    "datetime": _DATE_TIME.match,
    "byte": _BASE64.match,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "cidr": _parses(_network),
    "mac": _MAC.match,
    "uuid": _UUID.match,
}


def type_of(value: Any) -> str:
    """The JSON type's name in schemas."""
    return _NAMES.get(type(value), "object")


def validate_value(value: Any, schema: Mapping[str, Any], path: str) -> tuple[Problem, ...]:
    """Everything wrong with ``value``. path: of the value itself; places inside it are appended as the API server does."""
    found: list[Problem] = []
    _check(value, schema, path, "", found)
    return tuple(found)


def _place(path: str, name: str) -> str:
    return f"{path}.{name.removeprefix('.')}" if name and name != "." else path


def _check(value: Any, schema: Mapping[str, Any], path: str, name: str, found: list[Problem]) -> None:
    place = _place(path, name)
    wrong_type = _type_fault(value, schema)
    if wrong_type is not None:
        wanted, got = wrong_type
        found.append(type_invalid(place, got, f"{name} in body must be of type {wanted}: {show(got)}"))
    if value is not None:
        _combinations(value, schema, path, name, found)
        if isinstance(value, str):
            _string(value, schema, place, name, found)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            _number_format(value, schema, path, name, found)
            _number(value, schema, path, name, found)
        elif isinstance(value, list):
            _list(value, schema, path, name, found)
    if schema.get("enum") is not None and not any(_equal(value, allowed) for allowed in schema["enum"]):
        found.append(not_supported(place, value, [item if isinstance(item, str) else go_json(item) for item in schema["enum"]]))
    if isinstance(value, dict):
        _object(value, schema, path, name, found)


def _equal(left: Any, right: Any) -> bool:
    return type_of(left) == type_of(right) and bool(left == right)


def _type_fault(value: Any, schema: Mapping[str, Any]) -> tuple[str, str] | None:
    """Wanted and actual type where they differ."""
    wanted = ("integer", "string") if schema.get("x-kubernetes-int-or-string") else ((schema["type"],) if schema.get("type") else ())
    got = type_of(value)
    if not wanted or (value is None and schema.get("nullable")):
        return None
    if got in wanted or (got == "integer" and "number" in wanted):
        return None
    if isinstance(value, float) and value.is_integer() and "integer" in wanted:
        return None
    return ",".join(wanted), got


def _string(value: str, schema: Mapping[str, Any], place: str, name: str, found: list[Problem]) -> None:
    if schema.get("maxLength") is not None and len(value) > schema["maxLength"]:
        found.append(too_long(place, schema["maxLength"]))
        return  # of a text only the first fault is told
    if schema.get("minLength") is not None and len(value) < schema["minLength"]:
        found.append(invalid(place, value, f"{name} in body should be at least {schema['minLength']} chars long"))
        return
    pattern = schema.get("pattern")
    if pattern and not _matches(pattern, value):
        found.append(invalid(place, value, f"{name} in body should match '{pattern}'"))
        return
    form = _FORMATS.get(schema.get("format") or "")
    if form is not None and schema.get("type") == "string" and not form(value):
        found.append(type_invalid(place, value, f"{name} in body must be of type {schema['format']}: {show(value)}"))


def _matches(pattern: str, value: str) -> bool:
    try:
        return re2.search(pattern, value) is not None
    except re2.error:
        return True  # the pattern's own fault is reported where it is declared


def _number(value: float, schema: Mapping[str, Any], path: str, name: str, found: list[Problem]) -> None:
    place = _place(path, name)
    factor = schema.get("multipleOf")
    if factor and factor > 0 and not (value / factor).is_integer():
        found.append(invalid(place, value, f"{name} in body should be a multiple of {number(factor)}"))
    maximum, minimum = schema.get("maximum"), schema.get("minimum")
    if maximum is not None:
        _number_format(maximum, schema, path, name, found, "Maximum boundary")
    if maximum is not None and (value > maximum or (schema.get("exclusiveMaximum") and value == maximum)):
        words = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        found.append(invalid(place, value, f"{name} in body should be {words} {number(maximum)}"))
    if minimum is not None:
        _number_format(minimum, schema, path, name, found, "Minimum boundary")
    if minimum is not None and (value < minimum or (schema.get("exclusiveMinimum") and value == minimum)):
        words = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        found.append(invalid(place, value, f"{name} in body should be {words} {number(minimum)}"))


def _number_format(value: float, schema: Mapping[str, Any], path: str, name: str, found: list[Problem], subject: str = "Checked") -> None:
    """Whether an integer is one, and fits its format; told at the place of the whole value, without the value."""
    if schema.get("type") != "integer":
        return
    bits = 32 if schema.get("format") == "int32" else 64
    whole = isinstance(value, int) or value.is_integer()
    if not whole or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        form = f"with format {schema['format']}" if schema.get("format") in ("int32", "int64") else "(default format)"
        found.append(invalid(path, "", f"{subject} value must be of type integer {form} in {name}"))


def _list(value: list[Any], schema: Mapping[str, Any], path: str, name: str, found: list[Problem]) -> None:
    items = schema.get("items")
    if isinstance(items, Mapping):
        for index, item in enumerate(value):
            _check(item, items, path, f"{name}[{index}]", found)
    place = _place(path, name)
    if schema.get("minItems") is not None and len(value) < schema["minItems"]:
        found.append(invalid(place, len(value), f"{name} in body should have at least {schema['minItems']} items"))
    if schema.get("maxItems") is not None and len(value) > schema["maxItems"]:
        found.append(too_many(place, len(value), schema["maxItems"]))


def _object(value: dict[str, Any], schema: Mapping[str, Any], path: str, name: str, found: list[Problem]) -> None:
    place = _place(path, name)
    if schema.get("minProperties") is not None and len(value) < schema["minProperties"]:
        found.append(invalid(place, len(value), f"{name} in body should have at least {schema['minProperties']} properties"))
    if schema.get("maxProperties") is not None and len(value) > schema["maxProperties"]:
        found.append(too_many(place, len(value), schema["maxProperties"]))
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        for entry in sorted(value.keys() - properties.keys()):
            _check(value[entry], additional, path, f"{name}.{entry}", found)
    for entry, member in in_order(properties):
        if entry in value:
            _check(value[entry], member, path, f"{name}.{entry}" if name else entry, found)
    found.extend(required(_place(path, f"{name}.{entry}")) for entry in schema.get("required") or () if entry not in value)


def _combinations(value: Any, schema: Mapping[str, Any], path: str, name: str, found: list[Problem]) -> None:
    """allOf, anyOf, oneOf, not; of alternatives that all fail, the faults of the one that comes closest are told."""
    place = _place(path, name)

    def faults(part: Mapping[str, Any]) -> list[Problem]:
        inner: list[Problem] = []
        _check(value, part, path, name, inner)
        return inner

    def say(words: str) -> None:
        found.append(invalid(place, "", f'"{name}" {words}'))

    if any_of := schema.get("anyOf"):
        results = [faults(part) for part in any_of]
        if all(results):
            say("must validate at least one schema (anyOf)")
            found.extend(sorted(results, key=len)[0])
    if one_of := schema.get("oneOf"):
        results = [faults(part) for part in one_of]
        valid = sum(not result for result in results)
        if valid != 1:
            reason = f"Found {valid} valid alternatives" if valid else "Found none valid"
            say(f"must validate one and only one schema (oneOf). {reason}")
            if not valid:
                found.extend(sorted(results, key=len)[0])
    if all_of := schema.get("allOf"):
        results = [faults(part) for part in all_of]
        if any(results):
            for result in results:
                found.extend(result)
            say("must validate all the schemas (allOf)" + (". None validated" if all(results) else ""))
    negated = schema.get("not")
    if isinstance(negated, Mapping) and not faults(negated):
        say("must not validate the schema (not)")
