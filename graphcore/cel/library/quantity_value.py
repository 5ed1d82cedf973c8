"""Kubernetes quantities (``500m``, ``1.5Gi``, ``2e3``) as exact numbers.

A quantity is ``value * 10**scale``. Kubernetes keeps what fits an int64 as such and all else as a big decimal; whether a quantity
``isInteger`` depends on that, so the distinction is kept here (``wide``). Amounts below a nano are rounded away from zero to a nano;
binary amounts are capped at 2**63-1. Exponents beyond any use, which would make Kubernetes build numbers of a billion digits, are refused.

Source: k8s.io/apimachinery v0.36 ``pkg/api/resource`` (``quantity.go``, ``amount.go``, ``suffix.go``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.values import INT_MAX, INT_MIN, Opaque
from graphcore.cel.types import opaque

QUANTITY = opaque("kubernetes.Quantity")

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_NANO = -9
_INT64_DIGITS = 18
_MAX_SCALE = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Quantity(Opaque):
    """``value * 10**scale``; wide: held as a big decimal by Kubernetes."""

    value: int
    scale: int
    wide: bool = False
    cel_type = QUANTITY

    def equal(self, other: Any) -> bool:
        return self.compare(other) == 0

    def compare(self, other: Quantity) -> int:
        """-1, 0 or 1, exactly."""
        left, right, _ = _aligned(self, other)
        return (left > right) - (left < right)

    def integer(self) -> int | None:
        """As an int64, where Kubernetes has a fast way to it; None otherwise (``1.0`` and ``1000m`` among others)."""
        if self.wide or self.scale < 0:
            return None
        number = self.value * 10**self.scale
        return number if INT_MIN <= number <= INT_MAX else None

    def approximate(self) -> float:
        """As a double, rounded; infinite beyond its range."""
        try:
            base = float(self.value)
        except OverflowError:
            return inf if self.value > 0 else -inf
        if self.scale == 0:
            return base
        return base * float(f"1e{self.scale}")

    def plus(self, other: Quantity, sign: int = 1) -> Quantity:
        """The sum, or with ``sign`` -1 the difference."""
        if not self.wide and not other.wide:
            negated = other.value if other.value == INT_MIN else -other.value  # Kubernetes negates 64 bits: the smallest int stays
            narrow = self._plus_narrow(Quantity(negated if sign < 0 else other.value, other.scale))
            if narrow is not None:
                return narrow
        left, right, scale = _aligned(self, other)
        return Quantity(left + sign * right, scale, wide=True)

    def _plus_narrow(self, other: Quantity) -> Quantity | None:
        if other.value == 0:
            return self
        if self.value == 0:
            return other
        left, right, scale = _aligned(self, other)
        if all(INT_MIN <= number <= INT_MAX for number in (left, right, left + right)):
            return Quantity(left + right, scale)
        return None


def _aligned(left: Quantity, right: Quantity) -> tuple[int, int, int]:
    """Both values at the smaller scale, and that scale."""
    scale = min(left.scale, right.scale)
    return left.value * 10 ** (left.scale - scale), right.value * 10 ** (right.scale - scale), scale


@cache
def _text() -> re.Pattern[str]:
    """Sign, digits without leading zeros, digits behind the point, suffix; compiled when the first quantity is read."""
    return re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)\Z", re.ASCII)


@cache
def _exponent() -> re.Pattern[str]:
    return re.compile(r"[eE]([+-]?[0-9]{1,18})\Z", re.ASCII)


def parse_quantity(text: str) -> Quantity | None:
    """The quantity a text stands for; None if it is none. Raises EvaluationError for an exponent beyond 1000 (budget exceeded)."""
    match = _text().match(text)
    if match is None or not text:
        return None
    sign = -1 if match[1] == "-" else 1
    if not text[: match.start(4)].strip("+-."):
        # No digit at all: Kubernetes takes that for zero, except where it needs the slow path.
        zero = _suffixed(sign, "0", "", match[4])
        return None if zero is None or zero.wide else zero
    return _suffixed(sign, match[2] or "0", match[3] or "", match[4])


def _suffixed(sign: int, whole: str, fraction: str, suffix: str) -> Quantity | None:
    if suffix in _DECIMAL:
        return _decimal(sign, whole, fraction, _DECIMAL[suffix])
    if suffix in _BINARY:
        return _binary(sign, whole, fraction, _BINARY[suffix])
    exponent = _exponent().match(suffix)
    if exponent is None:
        return None
    return _decimal(sign, whole, fraction, int(exponent[1]))


def _decimal(sign: int, whole: str, fraction: str, exponent: int) -> Quantity:
    scale = exponent - len(fraction)
    digits = whole + fraction
    if scale > _MAX_SCALE or len(digits) > _MAX_SCALE:
        raise EvaluationError(Reason.BUDGET, "quantity: too many digits")
    if len(digits) <= _INT64_DIGITS and scale >= _NANO:
        return Quantity(sign * int(digits), scale)
    return _wide(sign, int(digits), scale)


def _binary(sign: int, whole: str, fraction: str, exponent: int) -> Quantity:
    digits = whole + fraction
    if len(digits) > _MAX_SCALE:
        raise EvaluationError(Reason.BUDGET, "quantity: too many digits")
    number = int(digits) << exponent
    if not fraction and 15 - len(whole) - exponent * 3 // 10 - 1 >= 0 and number <= INT_MAX:
        return Quantity(sign * number, 0)
    quantity = _wide(1, number, -len(fraction))
    if quantity.compare(Quantity(INT_MAX, 0)) > 0:
        quantity = Quantity(INT_MAX, 0, wide=True)
    return Quantity(sign * quantity.value, quantity.scale, wide=True)


def _wide(sign: int, number: int, scale: int) -> Quantity:
    """A big decimal, rounded away from zero to nanos."""
    if number == 0:
        return Quantity(0, max(scale, _NANO), wide=True)
    if scale >= _NANO:
        return Quantity(sign * number * 10 ** (scale - _NANO), _NANO, wide=True)
    dropped = _NANO - scale
    if dropped > len(str(number)):
        return Quantity(sign, _NANO, wide=True)
    return Quantity(sign * -(-number // 10**dropped), _NANO, wide=True)
