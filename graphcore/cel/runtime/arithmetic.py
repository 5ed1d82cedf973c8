"""``+ - * / %`` and unary minus on values: within 64 bits, never across kinds.

Source: cel-go ``common/types/{int,uint,double,timestamp,duration,overflow}.go``.
"""

from __future__ import annotations

from math import copysign, inf, nan
from typing import Any

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.values import (
    INT_MAX,
    INT_MIN,
    NANOS,
    UINT_MAX,
    AssociativeList,
    Duration,
    Timestamp,
    Uint,
    no_such_overload,
)


def _int(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError(Reason.OVERFLOW, "integer overflow")


def _uint(value: int) -> Uint:
    if 0 <= value <= UINT_MAX:
        return Uint(value)
    raise EvaluationError(Reason.OVERFLOW, "unsigned integer overflow")


def add(left: Any, right: Any) -> Any:
    """The sum of two numbers of one kind, of durations, of a timestamp and a duration; strings, bytes and lists joined.

    Errors: ``integer overflow``, ``unsigned integer overflow``, ``duration overflow``, ``timestamp overflow``.
    Source: CEL standard library.
    """
    kind, other = type(left), type(right)
    if kind is other:
        if kind is str or kind is bytes or kind is float or kind is list:
            return left + right
        if kind is int:
            return _int(left + right)
        if kind is Uint:
            return _uint(int(left) + int(right))
        if kind is Duration:
            return Duration(left.nanos + right.nanos)
    if isinstance(left, list) and isinstance(right, list):
        return left.plus(right) if isinstance(left, AssociativeList) else [*left, *right]
    if kind is Timestamp and other is Duration:
        return Timestamp(left.nanos + right.nanos, left.offset)
    if kind is Duration and other is Timestamp:
        return Timestamp(left.nanos + right.nanos, right.offset)
    raise no_such_overload()


def subtract(left: Any, right: Any) -> Any:
    """The difference of two numbers of one kind, of durations, of timestamps (a duration), of a timestamp and a duration.

    Errors: ``integer overflow``, ``unsigned integer overflow`` below zero, ``duration overflow``, ``timestamp overflow``.
    Source: CEL standard library.
    """
    kind, other = type(left), type(right)
    if kind is other:
        if kind is int:
            return _int(left - right)
        if kind is float:
            return left - right
        if kind is Uint:
            return _uint(int(left) - int(right))
        if kind is Duration:
            return Duration(left.nanos - right.nanos)
        if kind is Timestamp:
            _int((left.nanos // NANOS - right.nanos // NANOS) * NANOS)  # cel-go counts whole seconds first
            return Duration(left.nanos - right.nanos)
    if kind is Timestamp and other is Duration:
        return Timestamp(left.nanos - right.nanos, left.offset)
    raise no_such_overload()


def multiply(left: Any, right: Any) -> Any:
    """The product of two numbers of one kind.

    Errors: ``integer overflow``, ``unsigned integer overflow``.
    Source: CEL standard library.
    """
    kind = type(left)
    if kind is type(right):
        if kind is int:
            return _int(left * right)
        if kind is float:
            return left * right
        if kind is Uint:
            return _uint(int(left) * int(right))
    raise no_such_overload()


def divide(left: Any, right: Any) -> Any:
    """The quotient of two numbers of one kind; of integers without its fraction, of doubles as IEEE 754 has it.

    Errors: ``division by zero`` for integers; ``integer overflow``.
    Source: CEL standard library.
    """
    kind = type(left)
    if kind is not type(right):
        raise no_such_overload()
    if kind is float:
        return _divide_doubles(left, right)
    if kind is not int and kind is not Uint:
        raise no_such_overload()
    if right == 0:
        raise EvaluationError(Reason.DIVIDE_BY_ZERO)
    if kind is Uint:
        return Uint(int(left) // int(right))
    quotient = abs(left) // abs(right)
    return _int(quotient if (left < 0) is (right < 0) else -quotient)


def _divide_doubles(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or left != left:
        return nan
    negative = (left < 0) is not (copysign(1.0, right) < 0)
    return -inf if negative else inf


def modulo(left: Any, right: Any) -> Any:
    """The remainder of two integers of one kind, with the sign of the first.

    Errors: ``modulus by zero``; ``integer overflow``.
    Source: CEL standard library.
    """
    kind = type(left)
    if kind is not type(right) or (kind is not int and kind is not Uint):
        raise no_such_overload()
    if right == 0:
        raise EvaluationError(Reason.MODULUS_BY_ZERO)
    if kind is Uint:
        return Uint(int(left) % int(right))
    if left == INT_MIN and right == -1:
        raise EvaluationError(Reason.OVERFLOW, "integer overflow")
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


def negate(value: Any) -> Any:
    """The number with the other sign.

    Errors: ``integer overflow``.
    Source: CEL standard library.
    """
    kind = type(value)
    if kind is int:
        return _int(-value)
    if kind is float:
        return -value
    if kind is Duration:
        return Duration(-value.nanos)
    raise no_such_overload()
