"""``format`` of cel-go's ``ext.Strings`` (version 4 and later): the clauses, the formatting, and the check at build.

The clause parser serves both sides: the evaluation, and the checker, which refuses a literal text with a literal list of
arguments whose number or types cannot fit. Source: cel-go v0.31 ``ext/formatting_v2.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

from graphcore.cel.ast import Call, Expr, ListExpr, Literal, MapExpr, children
from graphcore.cel.budget import require_size, require_tree
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.keys import key_value
from graphcore.cel.library.support import fail, no_such_overload, utf8
from graphcore.cel.times import fixed, format_seconds, format_timestamp
from graphcore.cel.types import Kind, Type
from graphcore.cel.values import INT_MAX, Duration, Timestamp, TypeValue, Uint, type_name

_MAX_PRECISION = 100
_DEFAULT_PRECISION = 6
_MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Clause:
    """One ``%`` clause. index: of its argument; precision: digits after the point, for ``%f`` and ``%e``."""

    index: int
    verb: str
    precision: int = _DEFAULT_PRECISION


class FormatFault(Exception):
    """A text that is no valid format. detail: the part of the message that quotes the text, left out of evaluation errors."""

    def __init__(self, message: str, detail: str = "") -> None:
        self.message = message
        self.detail = detail
        super().__init__(message + detail)


def clauses(text: str, arguments: int) -> Iterator[str | Clause]:
    """Literal pieces and clauses in order; raises :class:`FormatFault` where cel-go stops, arguments being that many."""
    position = index = 0
    while position < len(text):
        percent = text.find("%", position)
        if percent < 0:
            yield text[position:]
            return
        yield text[position:percent]
        if text.startswith("%%", percent):
            yield "%"
            position = percent + 2
            continue
        if percent + 1 >= len(text):
            raise FormatFault("unexpected end of string")
        if index >= arguments:
            raise FormatFault(f"index {index} out of range")
        position, precision = _precision(text, percent + 1)
        if text[position] not in _FORMATTERS:
            raise FormatFault("could not parse formatting clause: unrecognized formatting clause", f' "{text[position]}"')
        yield Clause(index, text[position], precision)
        position += 1
        index += 1


def _precision(text: str, position: int) -> tuple[int, int]:
    """The position behind an optional ``.digits`` and the precision that it means."""
    if text[position] != ".":
        return position, _DEFAULT_PRECISION
    end = position + 1
    while end < len(text) and text[end] in "0123456789":
        end += 1
    digits = text[position + 1 : end]
    prefix = "could not parse formatting clause: error while parsing precision:"
    if end >= len(text):
        raise FormatFault(f"{prefix} could not find end of precision specifier")
    if not digits:
        raise FormatFault(f'{prefix} error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax')
    if len(digits.lstrip("0")) > 19 or int(digits[-19:]) > INT_MAX:
        what = f"{prefix} error while converting precision to integer: strconv.Atoi: parsing"
        raise FormatFault(what, f' "{digits}": value out of range')
    number = int(digits[-19:])
    if number > _MAX_PRECISION:
        raise FormatFault(f"{prefix} precision", f" {number} exceeds maximum allowed precision {_MAX_PRECISION}")
    return end, number


def format_text(text: Any, arguments: Any) -> str:
    """The text with each clause replaced by the next element of the list.

    ``%s`` takes null, bool, numbers, string, bytes, list, map, type, duration and timestamp; ``%d`` numbers; ``%f`` and ``%e`` numbers,
    with ``%.3f`` for three digits (6 by default, at most 100); ``%b`` bool, int and uint; ``%o`` int and uint; ``%x`` and ``%X`` int,
    uint, string and bytes. ``%%`` is a percent sign. Doubles are written with as many digits as they need, maps sorted by key.
    A literal text with a literal list is checked when the expression is compiled.
    Errors: an unknown clause, too few elements, an element that the clause does not take (its type is named);
    ``budget exceeded`` if the result would be too long.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str) or not isinstance(arguments, list):
        raise no_such_overload("format", text, arguments)
    require_tree(arguments)
    parts: list[str] = []
    size = 0
    try:
        for piece in clauses(text, len(arguments)):
            if type(piece) is Clause:
                part = _FORMATTERS[piece.verb](arguments[piece.index], piece.precision)
            else:
                part = str(piece)
            size += len(part)
            require_size(size)
            parts.append(part)
    except FormatFault as fault:
        raise fail(fault.message) from None
    return "".join(parts)


def shortest(value: float) -> str:
    """A double without exponent in as few digits as identify it; ``NaN``, ``Infinity`` and ``-Infinity`` by name."""
    if isfinite(value):
        return fixed(value)
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _refusal(message: str, value: Any) -> EvaluationError:
    return fail(f"error during formatting: {message}, was given {type_name(value)}")


def _string(value: Any, _precision: int = 0, depth: int = 0) -> str:
    if depth > _MAX_DEPTH:
        raise EvaluationError(Reason.BUDGET, "format: value is nested too deeply")
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(int(value))
        case float():
            return shortest(value)
        case bytes():
            return value.decode("utf-8", "replace")
        case Duration():
            return format_seconds(value)
        case Timestamp():
            return format_timestamp(Timestamp(value.nanos))
        case TypeValue():
            return value.name
        case list():
            return f"[{', '.join(_pieces(value, depth))}]"
        case dict():
            keys = [_string(key_value(key)) for key in value]
            entries = sorted(zip(keys, _pieces(list(value.values()), depth), strict=True), key=lambda entry: entry[0])
            require_size(sum(len(key) + len(text) + 4 for key, text in entries))
            return f"{{{', '.join(f'{key}: {text}' for key, text in entries)}}}"
    raise _refusal(_ACCEPTED["s"][0], value)


def _pieces(values: list[Any], depth: int) -> list[str]:
    pieces = []
    size = 0
    for value in values:
        piece = _string(value, 0, depth + 1)
        size += len(piece) + 2
        require_size(size)
        pieces.append(piece)
    return pieces


def _decimal(value: Any, _precision: int) -> str:
    if type(value) is float:
        return shortest(value)
    if type(value) in (int, Uint):
        return str(int(value))
    raise _refusal(_ACCEPTED["d"][0], value)


def _float(verb: str) -> Callable[[Any, int], str]:
    def formatter(value: Any, precision: int) -> str:
        if type(value) not in (int, Uint, float):
            raise _refusal(_ACCEPTED[verb][0], value)
        number = float(value)
        return f"{number:.{precision}{verb}}" if isfinite(number) else shortest(number)

    return formatter


def _binary(value: Any, _precision: int) -> str:
    if type(value) not in (bool, int, Uint):
        raise _refusal(_ACCEPTED["b"][0], value)
    return f"{int(value):b}"


def _octal(value: Any, _precision: int) -> str:
    if type(value) not in (int, Uint):
        raise _refusal(_ACCEPTED["o"][0], value)
    return f"{int(value):o}"


def _hexadecimal(value: Any, _precision: int) -> str:
    match value:
        case str():
            require_size(2 * len(value))
            return utf8(value).hex()
        case bytes():
            require_size(2 * len(value))
            return value.hex()
    if type(value) not in (int, Uint):
        raise _refusal(_ACCEPTED["x"][0], value)
    return f"{int(value):x}"


_FORMATTERS: dict[str, Callable[[Any, int], str]] = {
    "s": _string,
    "d": _decimal,
    "f": _float("f"),
    "e": _float("e"),
    "b": _binary,
    "x": _hexadecimal,
    "X": lambda value, precision: _hexadecimal(value, precision).upper(),
    "o": _octal,
}

_NUMBERS = frozenset({Kind.INT, Kind.UINT, Kind.DOUBLE})
_HEXADECIMAL = ("only ints, uints, bytes, and strings can be formatted as hex", frozenset({Kind.INT, Kind.UINT, Kind.STRING, Kind.BYTES}))
_ACCEPTED: dict[str, tuple[str, frozenset[Kind]]] = {
    "s": (
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
        frozenset(Kind) - {Kind.OPAQUE, Kind.OBJECT, Kind.ERROR, Kind.PARAMETER},
    ),
    "d": ("decimal clause can only be used on ints, uints, and doubles", _NUMBERS),
    "f": ("fixed-point clause can only be used on ints, uints, and doubles", _NUMBERS),
    "e": ("scientific clause can only be used on ints, uints, and doubles", _NUMBERS),
    "b": ("only ints, uints, and bools can be formatted as binary", frozenset({Kind.BOOL, Kind.INT, Kind.UINT})),
    "x": _HEXADECIMAL,
    "X": _HEXADECIMAL,
    "o": ("octal clause can only be used on ints and uints", frozenset({Kind.INT, Kind.UINT})),
}


def check_formats(expr: Expr, types: Mapping[int, Type]) -> Iterator[tuple[Expr, str]]:
    """The first fault of each ``format`` call in an expression, and the node to report it at; calls within others first."""
    pending = [expr]
    found = []
    while pending:
        node = pending.pop()
        if isinstance(node, Call) and (fault := check_format(node, types)) is not None:
            found.append(fault)
        pending.extend(children(node))
    return reversed(found)


def check_format(call: Call, types: Mapping[int, Type]) -> tuple[Expr, str] | None:
    """The first fault of ``"…".format([…])`` with literal text and list, and the node to report it at; None if there is none.

    types: what the checker found, by node id. Other calls have no fault here.
    """
    if call.function != "format" or not isinstance(call.target, Literal) or not isinstance(call.target.value, str):
        return None
    if len(call.args) != 1 or not isinstance(call.args[0], ListExpr):
        return None
    elements = call.args[0].elements
    used = 0
    try:
        for piece in clauses(call.target.value, len(elements)):
            if isinstance(piece, str):
                continue
            used += 1
            refused = _refused(elements[piece.index], piece.verb, types)
            if refused is not None:
                message = _ACCEPTED[piece.verb][0]
                found = types[refused.id]
                name = "null_type" if found.kind is Kind.NULL else found.name or found.kind.value
                return refused, f"error during formatting: {message}, was given {name}"
    except FormatFault as fault:
        return call, fault.message + fault.detail
    if len(elements) > used:
        return call, f"too many arguments supplied to string.format (expected {used}, got {len(elements)})"
    return None


def _refused(element: Expr, verb: str, types: Mapping[int, Type]) -> Expr | None:
    """The node within an argument that its clause does not take."""
    kind = types[element.id].kind
    if kind is not Kind.DYN and kind not in _ACCEPTED[verb][1]:
        return element
    if verb != "s":
        return None
    parts: tuple[Expr, ...] = ()
    if isinstance(element, ListExpr):
        parts = element.elements
    elif isinstance(element, MapExpr):
        parts = tuple(part for entry in element.entries for part in (entry.key, entry.value))
    return next((found for part in parts if (found := _refused(part, verb, types)) is not None), None)
