"""Results of expressions as JSON.

What came from an object of the cluster goes back as it was: a decoded view remembers its original. Everything else is converted; what has
no natural JSON form (bytes, quantities, types) is refused rather than guessed.

Source: kro ``pkg/cel/conversion/conversions.go``; Go ``encoding/json`` for numbers.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.keys import key_value
from graphcore.cel.runtime.times import format_duration, format_timestamp
from graphcore.cel.runtime.values import INT_MAX, OMIT, TIMESTAMP_MIN, Duration, Optional, Original, Timestamp, Uint, type_name

MAX_NODES: Final = 1_000_000  # a value may share its parts; written out, it must stay finite
_EXACT: Final = 2.0**53  # up to there every integer is a double
_AS_IS: Final = frozenset({str, bool, int, type(None)})


def to_json(value: Any, *, bytes_as_base64: bool = False) -> Any:
    """A fresh JSON value; ``OMIT`` stays where it is, for rendering to remove.

    bytes_as_base64: for a target field of format ``byte``, which is written in base64; otherwise bytes are refused.
    Raises EvaluationError (conversion) for values without a JSON form, and (budget exceeded) when the result would be too large.
    """
    try:
        return _Conversion(bytes_as_base64).convert(value)
    except RecursionError as error:
        raise EvaluationError(Reason.BUDGET, "budget exceeded: the value is nested too deeply") from error


class _Conversion:
    __slots__ = ("bytes_as_base64", "nodes")

    def __init__(self, bytes_as_base64: bool) -> None:
        self.bytes_as_base64 = bytes_as_base64
        self.nodes = 0

    def convert(self, value: Any) -> Any:
        kind = type(value)
        if kind in _AS_IS:
            return value
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise EvaluationError(Reason.BUDGET, "budget exceeded: the expression builds too large a value")
        if isinstance(value, dict):
            if isinstance(value, Original):
                return self.convert(value.original)
            return {_name(key): self.convert(content) for key, content in value.items()}
        if isinstance(value, list):
            return [self.convert(element) for element in value]
        if kind is Optional:
            return self.convert(value.value) if value.present else None
        return self.scalar(kind, value)

    def scalar(self, kind: type, value: Any) -> Any:
        if kind is float:
            return _number(value)
        if kind is Uint:
            if value > INT_MAX:
                raise _unsupported("uint value overflows int64; convert it explicitly, e.g. string(...)")
            return int(value)
        if kind is Timestamp:
            if value.nanos == TIMESTAMP_MIN:
                return None  # Kubernetes' zero time
            return format_timestamp(value, fraction=False)
        if kind is Duration:
            return format_duration(value)
        if value is OMIT:
            return value
        if kind is bytes:
            if self.bytes_as_base64:
                return b64encode(value).decode()
            problem = "bytes value cannot be used directly in a resource template or status field"
            raise _unsupported(f"{problem}; encode it explicitly, e.g. base64.encode(...)")
        raise _unsupported(type_name(value))


def _unsupported(what: str) -> EvaluationError:
    return EvaluationError(Reason.CONVERSION, f"unsupported type: {what}")


def _name(key: Any) -> str:
    if type(key) is str:
        return key
    raise EvaluationError(Reason.CONVERSION, f"map key must be string, got {type_name(key_value(key))}")


def _number(value: float) -> int | float:
    """Whole doubles become integers, as Go writes them: ``3``, not ``3.0``; with no more digits than tell it from other doubles."""
    if value.is_integer() and abs(value) < 1e21:
        return int(value) if abs(value) < _EXACT else _shortest(value)
    if value - value != 0.0:
        raise _unsupported("NaN and infinite doubles have no JSON form")
    return value


def _shortest(value: float) -> int:
    digits, _, exponent = repr(value).partition("e")
    whole, _, fraction = digits.partition(".")
    return int(whole + fraction.ljust(int(exponent), "0")) if exponent else int(whole)
