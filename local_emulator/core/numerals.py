"""Whole numbers in requests, refused in the words of Go's ``strconv``."""

from __future__ import annotations

import re

from graphcore.numbers import UINT64_MAX, whole
from local_emulator.core import status

_DIGITS = re.compile(r"[0-9]+\Z")


def signed(text: str) -> int:
    """A query parameter. Raises ApiError 400."""
    value = whole(text, signed=True)
    if value is None:
        raise status.bad_request(_fault("ParseInt", text, text[1:] if text[:1] in ("+", "-") else text))
    return value


def unsigned(text: str) -> int:
    """A resourceVersion. Raises ApiError 500, as the API server answers one that is no number."""
    value = whole(text, most=UINT64_MAX)
    if value is None:
        raise status.internal(unsigned_fault(text))
    return value


def unsigned_fault(text: str) -> str:
    """Why a text is no resourceVersion."""
    return _fault("ParseUint", text, text)


def _fault(function: str, text: str, digits: str) -> str:
    what = "value out of range" if _DIGITS.match(digits) else "invalid syntax"
    return f'strconv.{function}: parsing "{text}": {what}'
