"""Faults of one field in the API server's words: ``Invalid value: "x": must be …``.

``str(path) + ": " + message`` of a :class:`Problem` made here is one entry of the API server's answer ``… is invalid: [entry, entry]``.
Source: field errors of k8s.io/apimachinery 0.36.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from graphcore.errors import Problem

INVALID = "FieldValueInvalid"
TYPE_INVALID = "FieldValueTypeInvalid"
REQUIRED = "FieldValueRequired"
FORBIDDEN = "FieldValueForbidden"
NOT_SUPPORTED = "FieldValueNotSupported"
TOO_LONG = "FieldValueTooLong"
TOO_MANY = "FieldValueTooMany"
DUPLICATE = "FieldValueDuplicate"

_TEXTS = {
    INVALID: "Invalid value",
    TYPE_INVALID: "Invalid value",
    REQUIRED: "Required value",
    FORBIDDEN: "Forbidden",
    NOT_SUPPORTED: "Unsupported value",
    TOO_LONG: "Too long",
    TOO_MANY: "Too many",
    DUPLICATE: "Duplicate value",
}


def _problem(code: str, path: str, value: str | None, detail: str) -> Problem:
    parts = [_TEXTS[code], *([value] if value is not None else []), *([detail] if detail else [])]
    return Problem(code, ": ".join(parts), path=path)


def invalid(path: str, value: Any, detail: str) -> Problem:
    return _problem(INVALID, path, show(value), detail)


def type_invalid(path: str, value: Any, detail: str) -> Problem:
    return _problem(TYPE_INVALID, path, show(value), detail)


def required(path: str, detail: str = "") -> Problem:
    return _problem(REQUIRED, path, None, detail)


def forbidden(path: str, detail: str) -> Problem:
    return _problem(FORBIDDEN, path, None, detail)


def not_supported(path: str, value: Any, values: Iterable[str]) -> Problem:
    listed = ", ".join(quote(value) for value in values)
    return _problem(NOT_SUPPORTED, path, show(value), f"supported values: {listed}" if listed else "")


def too_long(path: str, limit: int) -> Problem:
    return _problem(TOO_LONG, path, None, f"may not be more than {limit} {'byte' if limit == 1 else 'bytes'}")


def too_many(path: str, actual: int, limit: int) -> Problem:
    return _problem(TOO_MANY, path, str(actual), f"must have at most {limit} {'item' if limit == 1 else 'items'}")


def duplicate(path: str, value: Any) -> Problem:
    return _problem(DUPLICATE, path, show(value), "")


def show(value: Any) -> str:
    """A value as Go prints it in field errors: scalars plainly, texts quoted, the rest as JSON with HTML-safe escapes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return quote(value)
    return go_json(value)


def number(value: float | int) -> str:
    """``%v`` of a float64: 9.5, 5, 1e+06."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(float(value))).normalize().as_tuple()
    assert isinstance(exponent, int)
    point = len(digits) + exponent
    text = "".join(map(str, digits))
    prefix = "-" if sign else ""
    if point - 1 < -4 or point - 1 >= 6:
        mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
        return f"{prefix}{mantissa}e{'-' if point < 1 else '+'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{prefix}0.{'0' * -point}{text}"
    whole, rest = text[:point].ljust(point, "0"), text[point:]
    return f"{prefix}{whole}{'.' + rest if rest else ''}"


def quote(text: str) -> str:
    """A Go string literal."""
    return json.dumps(text, ensure_ascii=False)


def go_json(value: Any) -> str:
    """Compact JSON with sorted keys and ``<``, ``>``, ``&`` escaped, as Go's encoder writes a map. What is no JSON, as a computed part of a
    template, is a text.
    """
    return _escaped(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr))


def go_struct(members: Sequence[tuple[str, Any]]) -> str:
    """Compact JSON of a Go struct: members in declaration order."""
    body = ",".join(
        f"{json.dumps(name)}:{_escaped(json.dumps(value, ensure_ascii=False, separators=(',', ':'), default=repr))}"
        for name, value in members
    )
    return "{" + body + "}"


def _escaped(text: str) -> str:
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def key(path: str, name: str) -> str:
    """Path of a map entry: ``properties[spec]``."""
    return f"{path}[{name}]"


def in_order(value: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Entries by name: the API server walks maps at random, here the same CRD always gives the same list of faults."""
    return sorted((value or {}).items())
