"""Kubernetes quantities: reading any spelling, writing the canonical one.

The API server stores ``0.5`` cpu as ``500m`` and ``1024Mi`` as ``1Gi``; a client that compares what it sent with what it reads must
see the same change here. Source: the format description of ``resource.Quantity``.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from graphcore.numbers import whole

_PATTERN = re.compile(r"^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?\Z")
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BY_POWER = {power: suffix for suffix, power in _DECIMAL.items()}
_LARGEST = Decimal(2**63 - 1)
_SMALLEST = Decimal("1E-9")
_FURTHEST = 30

MUST_MATCH = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Decimal, str]:
    """Value and format (``binary``, ``decimal`` or ``exponent``). Blanks around it do not count. Raises ValueError."""
    match = _PATTERN.match(text.strip())
    if not match:
        raise ValueError(MUST_MATCH)
    number, suffix = Decimal(match[1]), match[2] or ""
    if suffix in _BINARY:
        value, form = number * (1 << _BINARY[suffix]), "binary"
    elif suffix in _DECIMAL:
        value, form = number.scaleb(_DECIMAL[suffix]), "decimal"
    else:
        value, form = _scaled(number, suffix[1:]), "exponent"
    # More than nano precision is rounded away from zero, more than 2^63 is capped.
    sign = -1 if value < 0 else 1
    value = sign * min(abs(value), _LARGEST)
    if value != value.quantize(_SMALLEST) if abs(value) < 10**18 else False:
        value = sign * abs(value).quantize(_SMALLEST, rounding=ROUND_CEILING)
    return value, form


def _scaled(number: Decimal, exponent: str) -> Decimal:
    # What lies beyond is cut off below, whatever its exponent is.
    power = whole(exponent, signed=True)
    if power is None:
        power = -_FURTHEST if exponent.startswith("-") else _FURTHEST
    return number.scaleb(max(-_FURTHEST, min(_FURTHEST, power)))


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The spelling the API server stores. Raises ValueError."""
    value, form = parse(text)
    if value == 0:
        return "0"
    if form == "binary" and value == value.to_integral_value() and abs(value) >= 1024:
        number, power = int(value), 0
        while number % 1024 == 0 and power < 60:
            number //= 1024
            power += 10
        suffix = next((name for name, bits in _BINARY.items() if bits == power), "")
        return f"{number}{suffix}"
    if form == "binary" and value != value.to_integral_value():
        form = "decimal"
    power = -9
    while power < 18 and value.scaleb(-power - 3) == value.scaleb(-power - 3).to_integral_value():
        power += 3
    number = int(value.scaleb(-power))
    if form == "exponent":
        return f"{number}e{power}" if power else str(number)
    return f"{number}{_BY_POWER[power]}"
