"""Conversions of the standard library: ``int(x)``, ``string(x)``, ``timestamp(x)``, ….

Source: cel-spec ``doc/langdef.md`` (type conversions), cel-go ``common/types`` (``ConvertToType``), Go ``strconv``.
"""

from __future__ import annotations

import re
from math import inf, isinf
from typing import Any, Final

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.times import fixed, format_seconds, format_timestamp, parse_duration, parse_timestamp
from graphcore.cel.runtime.values import (
    INT_MAX,
    INT_MIN,
    NANOS,
    UINT_MAX,
    Duration,
    Timestamp,
    TypeValue,
    Uint,
    no_such_overload,
    type_name,
)

_INTEGER = re.compile(r"[+-]?\d+\Z", re.ASCII)
_NATURAL = re.compile(r"\d+\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+\Z", re.ASCII)
_UNDERSCORE = re.compile(r"(?<=\d)_(?=\d)", re.ASCII)
_HEXADECIMAL_UNDERSCORE = re.compile(r"(?<=[0-9a-fA-FxX])_(?=[0-9a-fA-F])")
_SPECIAL: Final = {"inf": inf, "infinity": inf, "nan": float("nan")}
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def _conversion(value: Any, target: str) -> EvaluationError:
    return EvaluationError(Reason.CONVERSION, f"type conversion error from '{type_name(value)}' to '{target}'")


def to_bool(value: Any) -> bool:
    """A bool as it is, or a string: ``1 t T true True TRUE`` and ``0 f F false False FALSE``.

    Errors: ``type conversion error`` for another string.
    Source: CEL standard library.
    """
    if type(value) is bool:
        return value
    if type(value) is not str:
        raise no_such_overload()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise _conversion(value, "bool")


def to_int(value: Any) -> int:
    """From uint, double (the fraction is dropped), decimal string, timestamp (Unix seconds) and duration (nanoseconds).

    Errors: ``integer overflow``; ``type conversion error`` for a string that is no int.
    Source: CEL standard library.
    """
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is Uint or kind is float:
        inside = -9.2233720368547758e18 < value < 9.2233720368547758e18 if kind is float else value <= INT_MAX
        if not inside:
            raise EvaluationError(Reason.OVERFLOW, "integer overflow")
        return int(value)
    if kind is str:
        number = int(value) if len(value) < 40 and _INTEGER.match(value) else None
        if number is None or not INT_MIN <= number <= INT_MAX:
            raise _conversion(value, "int")
        return number
    if kind is Timestamp:
        return int(value.nanos // NANOS)
    if kind is Duration:
        return int(value.nanos)
    raise no_such_overload()


def to_uint(value: Any) -> Uint:
    """From int, double (the fraction is dropped) and decimal string.

    Errors: ``unsigned integer overflow``, also for negative numbers; ``type conversion error`` for a string that is no uint.
    Source: CEL standard library.
    """
    kind = type(value)
    if kind is Uint:
        return Uint(value)
    if kind is int or kind is float:
        if not 0 <= value <= UINT_MAX or (kind is float and value >= 2.0**64):
            raise EvaluationError(Reason.OVERFLOW, "unsigned integer overflow")
        return Uint(value)
    if kind is str:
        number = int(value) if len(value) < 40 and _NATURAL.match(value) else None
        if number is None or number > UINT_MAX:
            raise _conversion(value, "uint")
        return Uint(number)
    raise no_such_overload()


def to_double(value: Any) -> float:
    """From int, uint and string (decimal or hexadecimal, ``NaN``, ``Inf``).

    Errors: ``type conversion error`` for a string that is no double.
    Source: CEL standard library.
    """
    kind = type(value)
    if kind is float or kind is int or kind is Uint:
        return float(value)
    if kind is not str:
        raise no_such_overload()
    digits = _without_underscores(value) if "_" in value else value
    if _DECIMAL.match(digits):
        number = float(digits)
    elif _HEXADECIMAL.match(digits):
        number = float.fromhex(digits)
    else:
        special = _SPECIAL.get(value.lstrip("+-").lower()) if value[1:2] not in ("+", "-") else None
        if special is None:
            raise _conversion(value, "double")
        return -special if value[0] == "-" else special
    if isinf(number):
        raise _conversion(value, "double")
    return number


def _without_underscores(text: str) -> str:
    """Go's syntax of numbers allows underscores between digits."""
    return (_HEXADECIMAL_UNDERSCORE if "x" in text or "X" in text else _UNDERSCORE).sub("", text)


def double_text(number: float) -> str:
    """Go's ``%g``: the shortest digits that read back, with an exponent below 1e-4 and from 1e6 on."""
    if number != number:
        return "NaN"
    if isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    mantissa, _, exponent = repr(number).partition("e")
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    power = int(exponent or "0") + len(whole) - 1 - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0"
    if -4 <= power < 6:
        return sign + fixed(abs(number))
    tail = f"e{'-' if power < 0 else '+'}{abs(power):02d}"
    return f"{sign}{digits[0]}{'.' + digits[1:] if len(digits) > 1 else ''}{tail}"


def to_string(value: Any) -> str:
    """From bool, numbers, bytes (UTF-8), timestamp (RFC 3339), duration (seconds, ``5400s``), IP address and address range.

    A double has as many digits as it needs, with an exponent below 1e-4 and from 1e6 on.

    Errors: ``invalid UTF-8`` for bytes that are no text; ``no such overload`` for null, lists, maps and others.
    Source: CEL standard library.
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is Uint:
        return str(int(value))
    if kind is float:
        return double_text(value)
    if kind is bytes:
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError as error:
            raise EvaluationError(Reason.CONVERSION, "invalid UTF-8 in bytes, cannot convert to string") from error
    if kind is Timestamp:
        return format_timestamp(value)
    if kind is Duration:
        return format_seconds(value)
    raise no_such_overload()


def to_bytes(value: Any) -> bytes:
    """A string in UTF-8.

    Errors: ``no such overload`` for other values, which only a ``dyn`` can hold.
    Source: CEL standard library.
    """
    if type(value) is bytes:
        return value
    if type(value) is not str:
        raise no_such_overload()
    return value.encode("utf-8", "surrogatepass")


def to_timestamp(value: Any) -> Timestamp:
    """From an RFC 3339 string or Unix seconds; years 1 to 9999.

    Errors: ``type conversion error`` for another string; ``timestamp overflow``.
    Source: CEL standard library.
    """
    kind = type(value)
    if kind is Timestamp:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return Timestamp(value * NANOS)
    if kind is not str:
        raise no_such_overload()
    instant = parse_timestamp(value)
    if instant is None:
        raise _conversion(value, "google.protobuf.Timestamp")
    return instant


def to_duration(value: Any) -> Duration:
    """From a string of numbers with units ``h m s ms us ns``, as ``1h30m`` or ``-1.5s``; at most about 292 years.

    Errors: ``type conversion error`` for another string.
    Source: CEL standard library.
    """
    if type(value) is Duration:
        return value
    if type(value) is not str:
        raise no_such_overload()
    span = parse_duration(value)
    if span is None:
        raise _conversion(value, "google.protobuf.Duration")
    return span


def to_type(value: Any) -> TypeValue:
    """The type of a value, which can be compared with that of another.

    Errors: none.
    Source: CEL standard library.
    """
    return TypeValue(type_name(value))


def to_dyn(value: Any) -> Any:
    """The value itself, exempt from type checking.

    Errors: none.
    Source: CEL standard library.
    """
    return value
