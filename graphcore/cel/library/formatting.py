"""``format`` of cel-go's ``ext.Strings`` (version 4 and later): the formatting.

Source: cel-go v0.31 ``ext/formatting_v2.go``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, isnan
from typing import Any

from graphcore.cel.checking.format_texts import ACCEPTED, Clause, FormatFault, clauses
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import fail, no_such_overload, utf8
from graphcore.cel.runtime.budget import require_size, require_tree
from graphcore.cel.runtime.keys import key_value
from graphcore.cel.runtime.times import fixed, format_seconds, format_timestamp
from graphcore.cel.runtime.values import Duration, Timestamp, TypeValue, Uint, type_name

_MAX_DEPTH = 100


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
    raise _refusal(ACCEPTED["s"][0], value)


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
    raise _refusal(ACCEPTED["d"][0], value)


def _float(verb: str) -> Callable[[Any, int], str]:
    def formatter(value: Any, precision: int) -> str:
        if type(value) not in (int, Uint, float):
            raise _refusal(ACCEPTED[verb][0], value)
        number = float(value)
        return f"{number:.{precision}{verb}}" if isfinite(number) else shortest(number)

    return formatter


def _binary(value: Any, _precision: int) -> str:
    if type(value) not in (bool, int, Uint):
        raise _refusal(ACCEPTED["b"][0], value)
    return f"{int(value):b}"


def _octal(value: Any, _precision: int) -> str:
    if type(value) not in (int, Uint):
        raise _refusal(ACCEPTED["o"][0], value)
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
        raise _refusal(ACCEPTED["x"][0], value)
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
