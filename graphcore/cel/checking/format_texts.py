"""The texts of ``format``: their clauses, and what is wrong with a literal text and a literal list before they are evaluated.

The clause parser serves both sides: the evaluation, and the checker, which refuses a literal text with a literal list of
arguments whose number or types cannot fit. Source: cel-go v0.31 ``ext/formatting_v2.go``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphcore.cel.ast import Call, Expr, ListExpr, Literal, MapExpr, children
from graphcore.cel.types import Kind, Type
from graphcore.numbers import INT64_MAX as INT_MAX

_MAX_PRECISION = 100
DEFAULT_PRECISION = 6


@dataclass(frozen=True, slots=True)
class Clause:
    """One ``%`` clause. index: of its argument; precision: digits after the point, for ``%f`` and ``%e``."""

    index: int
    verb: str
    precision: int = DEFAULT_PRECISION


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
        if text[position] not in ACCEPTED:
            raise FormatFault("could not parse formatting clause: unrecognized formatting clause", f' "{text[position]}"')
        yield Clause(index, text[position], precision)
        position += 1
        index += 1


def _precision(text: str, position: int) -> tuple[int, int]:
    """The position behind an optional ``.digits`` and the precision that it means."""
    if text[position] != ".":
        return position, DEFAULT_PRECISION
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


_NUMBERS = frozenset({Kind.INT, Kind.UINT, Kind.DOUBLE})
_HEXADECIMAL = ("only ints, uints, bytes, and strings can be formatted as hex", frozenset({Kind.INT, Kind.UINT, Kind.STRING, Kind.BYTES}))
ACCEPTED: dict[str, tuple[str, frozenset[Kind]]] = {
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
                message = ACCEPTED[piece.verb][0]
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
    if kind is not Kind.DYN and kind not in ACCEPTED[verb][1]:
        return element
    if verb != "s":
        return None
    parts: tuple[Expr, ...] = ()
    if isinstance(element, ListExpr):
        parts = element.elements
    elif isinstance(element, MapExpr):
        parts = tuple(part for entry in element.entries for part in (entry.key, entry.value))
    return next((found for part in parts if (found := _refused(part, verb, types)) is not None), None)
