"""What each marker does to the schema of its field.

Order matters (later values win, ``listType`` must not contradict ``uniqueItems``), so markers are applied one by one to a
:class:`Field`; each fault is recorded with the marker's column, and the next marker is still looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphcore.simpleschema.grammar import GrammarError
from graphcore.simpleschema.literals import BLANKS, parse_bool, parse_float, parse_int
from graphcore.simpleschema.patterns import pattern_fault
from graphcore.simpleschema.tokenizer import Marker

IMMUTABLE_RULE = {"message": "field is immutable", "rule": "self == oldSelf"}
LIST_TYPES = ("atomic", "set", "map")


@dataclass(slots=True)
class Field:
    """A field while its markers are applied. schema: its own (not shared) JSON schema; required: how often a marker demanded it."""

    schema: dict[str, Any]
    required: int = 0
    faults: list[GrammarError] = field(default_factory=list)

    @property
    def type(self) -> str:
        return str(self.schema.get("type", ""))


@dataclass(frozen=True, slots=True)
class Unwritable:
    """Stands in a schema for a value that has no JSON form: a fault of every field that keeps it, none where it is replaced or unused."""

    fault: GrammarError


class _Refused(Exception):
    """A marker that cannot be applied: message, hint."""


class _NoJson(_Refused):
    """A marker that can be applied, but leaves what no CRD can contain."""


def apply(target: Field, markers: tuple[Marker, ...]) -> None:
    """Apply ``markers`` in order; faults land in ``target.faults``."""
    for marker in markers:
        try:
            _EFFECTS[marker.key](target, marker)
        except _Refused as refused:
            message, hint = refused.args
            fault = GrammarError(message, marker.column, "invalid-marker-value", hint)
            if isinstance(refused, _NoJson):
                target.schema[marker.key] = Unwritable(fault)
            else:
                target.faults.append(fault)
    _check_list_map_keys(target, markers)


def _check_list_map_keys(target: Field, markers: tuple[Marker, ...]) -> None:
    key = next((marker for marker in markers if marker.key == "listMapKey"), None)
    if "x-kubernetes-list-map-keys" not in target.schema:
        return
    list_type = target.schema.get("x-kubernetes-list-type")
    if list_type == "map":
        return
    state = f"set to {list_type}" if list_type else "unset"
    message = f"listMapKey set while listType is {state}, listType must be set to map"
    target.faults.append(GrammarError(message, key.column if key else 0, "invalid-marker-value", "add listType=map, or remove listMapKey"))


def _bool(marker: Marker) -> bool:
    value = parse_bool(marker.value)
    if value is None:
        raise _Refused(
            f'failed to parse {marker.key} marker value: strconv.ParseBool: parsing "{marker.value}": invalid syntax', "write true or false"
        )
    return value


def _int64(marker: Marker) -> int:
    value = parse_int(marker.value)
    if value is None:
        reason = 'strconv.ParseInt: parsing "' + marker.value + '": invalid syntax'
        raise _Refused(f"failed to parse {marker.key} value: {reason}", "write a whole number")
    return value


def _only(target: Field, marker: Marker, wanted: str) -> None:
    if target.type != wanted:
        raise _Refused(
            f"{marker.key} marker is only valid for {wanted} types, got type: {target.type}",
            f"remove {marker.key}, or use validation= with a CEL rule",
        )


def _only_list(target: Field, marker: Marker) -> None:
    if target.type != "array":
        raise _Refused(f"{marker.key} marker only applies to array types", f"remove {marker.key}, or make the field a list")


def _required(target: Field, marker: Marker) -> None:
    target.required += _bool(marker)


def _not_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")


def _json(text: str, message: str, hint: str) -> Any:
    """Exactly one JSON value; Python's NaN and Infinity are none."""
    try:
        value = json.loads(text, parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise _NoJson(message, hint) from None
    return _whole(value) if "\\u" in text else value


def _whole(value: Any) -> Any:
    """Halves of surrogate pairs are no text; Go puts the replacement character there."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def _default(target: Field, marker: Marker) -> None:
    text = marker.value
    kind = target.type
    if kind == "string":
        message = "default value must be a valid JSON string when put in quotes, as it stands it cannot be serialised"
        target.schema["default"] = _json(f'"{text}"', message, 'inside the text write \\\\\\" for a double quote, \\n for a line break')
    elif kind == "integer":
        message, hint = f"default value must be a valid integer, got: {text}", "write a whole number without plus sign or leading zeros"
        if parse_int(text) is None:
            raise _Refused(message, hint)
        target.schema["default"] = _json(text, message, hint)
    elif kind == "number":
        message, hint = f"default value must be a valid number, got: {text}", "write a JSON number such as 0.5 or 1e3"
        if parse_float(text) is None:
            raise _Refused(message, hint)
        target.schema["default"] = _json(text, message, hint)
    elif kind == "boolean":
        message, hint = f"default value must be a valid boolean, got: {text}", "write true or false"
        if parse_bool(text) is None:
            raise _Refused(message, hint)
        target.schema["default"] = _json(text, message, hint)
    elif not text:
        target.schema.pop("default", None)  # kro writes null, which the API server reads as no default at all
    else:
        wanted = "an array" if kind == "array" else "an object"
        example = "[]" if kind == "array" else "{}"
        message = f"default value must be valid JSON, got: {text}"
        value = _json(text, message, f'write {wanted} as JSON, such as {example}; strings inside it need double quotes: {{"a":"b"}}')
        if value is None:
            target.schema.pop("default", None)
        else:
            target.schema["default"] = value


def _description(target: Field, marker: Marker) -> None:
    target.schema.pop("description", None)
    if marker.value:
        target.schema["description"] = marker.value


def _limit(target: Field, marker: Marker) -> None:
    value = parse_float(marker.value)
    message, hint = f'failed to parse {marker.key} value: "{marker.value}" is not a number', "write a JSON number such as 1 or 0.5"
    if value is None:
        raise _Refused(message, hint)
    if value != value or value in (float("inf"), float("-inf")):
        raise _NoJson(message, hint)
    target.schema[marker.key] = int(value) if value.is_integer() and abs(value) < 2**63 else value


def _enum(target: Field, marker: Marker) -> None:
    values = [value.strip(BLANKS) for value in marker.value.split(",")]
    if not all(values):
        raise _Refused("empty enum values are not allowed", 'write the values separated by commas: enum="a,b"')
    if target.type == "string":
        target.schema["enum"] = list(values)
        return
    if target.type != "integer":
        raise _Refused(
            f"enum values only supported for string and integer types, got type: {target.type}",
            "use validation= with a CEL rule such as self in [1.5, 2.5]",
        )
    numbers = [(value, parse_int(value)) for value in values]
    for value, number in numbers:
        if number is None:
            raise _Refused(
                f'failed to parse integer enum value: strconv.ParseInt: parsing "{value}": invalid syntax', "list whole numbers only"
            )
    for value, number in numbers:
        if number is not None and value.removeprefix("-") != str(abs(number)):
            raise _NoJson(f'failed to parse integer enum value: "{value}" is no JSON number', f"write {number}")
    target.schema["enum"] = [int(value) for value in values]


def _validation(target: Field, marker: Marker) -> None:
    if not marker.value.strip(BLANKS):
        raise _Refused("validation failed: the validation marker has no rule", 'write a CEL rule over self: validation="self > 0"')
    _add_rule(target, {"message": "validation failed", "rule": marker.value})


def _immutable(target: Field, marker: Marker) -> None:
    if _bool(marker):
        _add_rule(target, dict(IMMUTABLE_RULE))


def _add_rule(target: Field, rule: dict[str, str]) -> None:
    target.schema["x-kubernetes-validations"] = [*target.schema.get("x-kubernetes-validations", ()), rule]


def _pattern(target: Field, marker: Marker) -> None:
    if not marker.value:
        raise _Refused("pattern marker value cannot be empty", 'write a regular expression: pattern="^[a-z]+$"')
    _only(target, marker, "string")
    fault = pattern_fault(marker.value)
    if fault is not None:
        raise _Refused(f"invalid pattern regex: {fault}", "use RE2 syntax, which has no look-around and no back references")
    target.schema["pattern"] = marker.value


def _string_length(target: Field, marker: Marker) -> None:
    _only(target, marker, "string")
    target.schema[marker.key] = _int64(marker)


def _list_length(target: Field, marker: Marker) -> None:
    _only(target, marker, "array")
    target.schema[marker.key] = _int64(marker)


def _unique_items(target: Field, marker: Marker) -> None:
    unique = _bool(marker)
    _only(target, marker, "array")
    if not unique:
        return
    current = target.schema.get("x-kubernetes-list-type")
    if current not in (None, "set"):
        raise _Refused(f"cannot set unique when listType is set to {current}", "keep one of uniqueItems and listType")
    target.schema["x-kubernetes-list-type"] = "set"


def _list_type(target: Field, marker: Marker) -> None:
    _only_list(target, marker)
    if marker.value not in LIST_TYPES:
        raise _Refused(
            f"unsupported value for listType {marker.value}, needs to be one of atomic, set, or map", "write listType=atomic, set or map"
        )
    current = target.schema.get("x-kubernetes-list-type")
    if current not in (None, marker.value):
        raise _Refused(
            f"listType attempting to overwrite set type of {current}, this can happen if you set contradictory markers like "
            "unique=true | listType=map",
            "keep one of uniqueItems and listType",
        )
    target.schema["x-kubernetes-list-type"] = marker.value


def _list_map_key(target: Field, marker: Marker) -> None:
    _only_list(target, marker)
    keys = target.schema.get("x-kubernetes-list-map-keys", [])
    if marker.value in keys:
        raise _Refused(f"duplicate listMapKey marker, value {marker.value}", "name each key once")
    target.schema["x-kubernetes-list-map-keys"] = [*keys, marker.value]


_EFFECTS: dict[str, Callable[[Field, Marker], None]] = {
    "required": _required,
    "default": _default,
    "description": _description,
    "minimum": _limit,
    "maximum": _limit,
    "enum": _enum,
    "validation": _validation,
    "immutable": _immutable,
    "pattern": _pattern,
    "minLength": _string_length,
    "maxLength": _string_length,
    "minItems": _list_length,
    "maxItems": _list_length,
    "uniqueItems": _unique_items,
    "listType": _list_type,
    "listMapKey": _list_map_key,
}
