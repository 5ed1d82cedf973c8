"""Reads built-in objects as the API server does: through the shape of a Go struct, in one pass.

Each definition becomes one closure that checks types, drops what is null, unknown or a vanishing zero, brings quantities and times
into their canonical spelling, adds embedded structs and then applies the definition's defaults. The closures are compiled on first
use and shared by all kinds that contain the definition.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from local_emulator.objects.builtin.schemas import definitions
from local_emulator.objects.builtin.wire import EMBEDDED, PLAIN, POINTERS, PRESENT
from local_emulator.objects.model import quantity
from local_emulator.objects.model.defaults import DEFAULTERS
from local_emulator.objects.model.report import Mismatch, Report, json_type

Reader = Callable[[Any, str, Report], Any]
"""Takes the value, its path and the report; returns the canonical value. Raises Mismatch."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SAID_BY_BEING_EMPTY = "managedFields"
"""A client that sends none forgets all managers, one that does not mention them keeps them."""

_LIMITS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def _string(value: Any, _where: str, _report: Report) -> Any:
    if type(value) is not str:
        raise Mismatch("string", json_type(value))
    return value


def _boolean(value: Any, _where: str, _report: Report) -> Any:
    if type(value) is not bool:
        raise Mismatch("bool", json_type(value))
    return value


def _integer(name: str) -> Reader:
    low, high = _LIMITS.get(name, _LIMITS["int64"])

    def read(value: Any, _where: str, _report: Report) -> Any:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise Mismatch(name, json_type(value))
        if not low <= value <= high:
            raise Mismatch(name, f"number {value}")
        return value

    return read


def _number(value: Any, _where: str, _report: Report) -> Any:
    if type(value) not in (int, float):
        raise Mismatch("float64", json_type(value))
    return value


def _int_or_string(value: Any, _where: str, _report: Report) -> Any:
    if type(value) not in (int, str):
        raise Mismatch("intstr.IntOrString", json_type(value))
    return value


def _quantity(value: Any, _where: str, _report: Report) -> Any:
    if type(value) not in (int, float, str):
        raise Mismatch("resource.Quantity", json_type(value), quantity.MUST_MATCH)
    try:
        return quantity.canonical(str(value))
    except ValueError as problem:
        raise Mismatch("resource.Quantity", json_type(value), str(problem)) from None


def _time(value: Any, _where: str, _report: Report) -> Any:
    if type(value) is not str or not (match := _TIME.match(value)):
        raise Mismatch("v1.Time", json_type(value), f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00"')
    return f"{match[1]}Z" if match[3] == "Z" else value


def _micro_time(value: Any, where: str, report: Report) -> Any:
    _time(value, where, report)
    return value


def _bytes(value: Any, _where: str, _report: Report) -> Any:
    if type(value) is not str:
        raise Mismatch("[]uint8", json_type(value))
    try:
        base64.b64decode(re.sub(r"[\r\n]", "", value), validate=True)  # as Go does
    except (binascii.Error, ValueError):
        good = re.match(r"[A-Za-z0-9+/\r\n]*", value)
        raise Mismatch("[]uint8", "string", f"illegal base64 data at input byte {good.end() if good else 0}") from None
    return value


def _anything(value: Any, _where: str, _report: Report) -> Any:
    return value


_SCALARS: dict[str, Reader] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "io.k8s.apimachinery.pkg.api.resource.Quantity": _quantity,
    f"{_META}Time": _time,
    f"{_META}MicroTime": _micro_time,
}


def _type_name(schema: dict[str, Any]) -> str:
    """The Go type as decoding errors show it."""
    if "$ref" in schema:
        parts = schema["$ref"].split(".")
        return f"{parts[-2]}.{parts[-1]}"
    kind: str | None = schema.get("type")
    if kind == "array":
        return f"[]{_type_name(schema.get('items', {}))}"
    if kind == "object":
        return f"map[string]{_type_name(schema.get('additionalProperties', {}))}"
    if kind == "integer":
        return str(schema.get("format", "int64"))
    return {"boolean": "bool", "number": "float64"}.get(kind or "", kind or "interface {}")


def _reader(schema: dict[str, Any]) -> Reader:
    if "$ref" in schema:
        name = schema["$ref"]
        return _SCALARS.get(name) or _late(name)
    kind = schema.get("type")
    if kind == "array":
        return _list_reader(schema)
    if kind == "object":
        return _map_reader(schema) if "additionalProperties" in schema else _anything
    if kind == "string":
        return _bytes if schema.get("format") == "byte" else _string
    if kind == "integer":
        return _integer(schema.get("format", "int64"))
    return {"boolean": _boolean, "number": _number}.get(kind or "", _anything)


def _late(name: str) -> Reader:
    """Reads a definition that is compiled on first use, because definitions contain themselves."""
    found: list[Reader] = []

    def read(value: Any, where: str, report: Report) -> Any:
        if not found:
            found.append(reader_of(name))
        return found[0](value, where, report)

    return read


def _list_reader(schema: dict[str, Any]) -> Reader:
    item = _reader(schema["items"])
    expected = _type_name(schema)
    plain = item is _string

    def read(value: Any, where: str, report: Report) -> Any:
        if type(value) is not list:
            raise Mismatch(expected, json_type(value))
        if plain:
            return [_string("" if part is None else part, where, report) for part in value]
        return [item({} if part is None else part, f"{where}[{index}]", report) for index, part in enumerate(value)]

    return read


def _map_reader(schema: dict[str, Any]) -> Reader:
    item = _reader(schema["additionalProperties"])
    expected = _type_name(schema)
    plain = item is _string

    def read(value: Any, where: str, report: Report) -> Any:
        if type(value) is not dict:
            raise Mismatch(expected, json_type(value))
        if plain:
            return {name: "" if part is None else _string(part, where, report) for name, part in value.items()}
        return {name: item(part, f"{where}.{name}", report) for name, part in value.items() if part is not None}

    return read


def _empty(schema: dict[str, Any]) -> Any:
    """The zero of a property that is written although nothing was said."""
    if "$ref" in schema or schema.get("type") in ("array", "object"):
        return None
    return {"string": "", "boolean": False}.get(schema.get("type", ""), 0)


@cache
def reader_of(name: str) -> Reader:
    """The compiled reader of a definition, by full name."""
    schema = definitions()[name]
    if "properties" not in schema:
        return _reader(schema) if schema.get("type") not in (None, "object") else _anything
    short = name.rpartition(".")[2]
    properties = schema["properties"]
    required = _always_there(schema, short)
    embedded = {part: _reader(properties[part]) for part in EMBEDDED.get(short, "").split() if part in properties}
    plain, pointers = PLAIN.get(short, "").split(), POINTERS.get(short, "").split()
    readers = {part: _reader(value) for part, value in properties.items()}
    vanishing: dict[str, tuple[Any, ...]] = {}
    for part, value in properties.items():
        kind = value.get("type")
        if part in required or part in embedded or "$ref" in value or part == _SAID_BY_BEING_EMPTY:
            continue
        if kind in ("array", "object"):
            vanishing[part] = ([], {})
        elif kind == "string" and part not in pointers:
            vanishing[part] = ("",)
        elif part in plain:
            vanishing[part] = (0,)
    always = [
        (part, None if part in pointers else _empty(properties[part]))
        for part in sorted(required)
        if part in properties and part not in embedded
    ]
    # Stored as protobuf, which does not tell an empty list from none; CRDs are stored as JSON.
    forgotten = {part for part, zero in always if zero is None} if "apiextensions" not in name else set()
    default = DEFAULTERS.get(name) or DEFAULTERS.get(short)

    def read(value: Any, where: str, report: Report) -> Any:
        if type(value) is not dict:
            raise Mismatch(_type_name({"$ref": name}), json_type(value))
        out: dict[str, Any] = {}
        for part, given in value.items():
            reader = readers.get(part)
            if reader is None:
                report.unknown.append(f"{where}.{part}" if where else part)
                continue
            if given is None:
                continue
            try:
                result = reader(given, f"{where}.{part}" if where else part, report)
            except Mismatch as problem:
                problem.place(short, f"{where}.{part}" if where else part)
                raise
            if result == [] and part in forgotten:
                out[part] = None
            elif result or result not in vanishing.get(part, ()):
                out[part] = result
        for part, reader in embedded.items():
            if part not in out:
                out[part] = reader({}, part, report)
        for part, zero in always:
            if part not in out or (zero is None and out[part] == []):
                out[part] = zero
        if default is not None:
            default(out)
        return out

    return read


# declared as required and yet left out when empty
_OMITTED = {"ValidatingAdmissionPolicyBindingSpec": {"validationActions"}}


def _always_there(schema: Mapping[str, Any], short: str) -> set[str]:
    """Properties that Go writes even when they are zero."""
    return (set(schema.get("required", ())) | set(PRESENT.get(short, "").split())) - _OMITTED.get(short, set())


def empty_object(name: str) -> dict[str, Any]:
    """An object of the definition that nobody has written to: embedded structs and zeros, without defaults."""
    schema = definitions()[name]
    short, properties = name.rpartition(".")[2], schema.get("properties", {})
    required = _always_there(schema, short)
    out = {part: _empty(properties[part]) for part in sorted(required) if part in properties}
    for part in EMBEDDED.get(short, "").split():
        reference = properties.get(part, {}).get("$ref")
        if reference and reference not in _SCALARS:
            out[part] = empty_object(reference)
    return out
