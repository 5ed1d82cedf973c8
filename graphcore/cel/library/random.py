"""kro's ``random`` functions: the same seed gives the same result, always and everywhere.

Source: kro ``pkg/cel/library/random.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.hash import sha256
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.runtime.budget import require_size
from graphcore.cel.types import INT, STRING

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def seeded_string(length: Any, seed: Any) -> str:
    """Digits and lower-case letters, as many as asked for, picked by the SHA-256 of the seed.

    The hash has 32 bytes, each character takes four of them, and kro starts again with the same bytes: a text of more than 8 characters
    repeats its first 8 and is no harder to guess or less likely to collide than those. Names made by kro stay valid, so it is kept.
    Errors: ``random.seededString length must be positive``; ``budget exceeded`` if the result would be too long.
    Source: kro.
    """
    if type(length) is not int or not isinstance(seed, str):
        raise no_such_overload("random.seededString", length, seed)
    if length <= 0:
        raise fail("random.seededString length must be positive")
    require_size(length)
    digest = sha256(seed)
    period = "".join(_ALPHABET[int.from_bytes(digest[start : start + 4], "big") % 36] for start in range(0, 32, 4))
    return (period * (length // 8 + 1))[:length]


def seeded_int(low: Any, high: Any, seed: Any) -> int:
    """A number from ``low`` up to but not including ``high``, picked by the SHA-256 of the seed.

    Errors: ``random.seededInt min must be less than max``.
    Source: kro.
    """
    if type(low) is not int or type(high) is not int or not isinstance(seed, str):
        raise no_such_overload("random.seededInt", low, high, seed)
    if low >= high:
        raise fail("random.seededInt min must be less than max")
    return low + int.from_bytes(sha256(seed)[:8], "big") % (high - low)


FUNCTIONS: tuple[Function, ...] = (
    Function("random.seededString", (Overload("random.seededString_int_string", (INT, STRING), STRING, seeded_string),)),
    Function("random.seededInt", (Overload("random.seededInt_int_int_string", (INT, INT, STRING), INT, seeded_int),)),
)
