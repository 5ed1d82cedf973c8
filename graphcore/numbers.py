"""The one reader of whole numbers that others wrote: headers, annotations, labels, query parameters, stored JSON.

``str.isdigit`` is true of ``²``, which ``int`` refuses, and ``int`` takes ``١``, ``1_0`` and blanks, which Go refuses; so neither is asked.
"""

from __future__ import annotations

import re
from typing import Final

INT64_MAX: Final = 2**63 - 1
UINT64_MAX: Final = 2**64 - 1
LONGEST: Final = 400
"""Most characters of a text that is read, leading zeros included."""

_WHOLE = re.compile(r"([+-]?)0*([0-9]{1,20})\Z")


def whole(value: object, *, signed: bool = False, most: int = INT64_MAX) -> int | None:
    """A whole number from 0, or ``-most - 1`` if ``signed``, to ``most``; None for anything else.

    value: an int, or text of ASCII digits with, if ``signed``, one sign before them (``strconv.ParseInt``, else ``ParseUint``). A bool, a
    float and a longer text are no whole numbers.
    """
    if type(value) is int:
        number = value
    elif isinstance(value, str) and len(value) <= LONGEST and (match := _WHOLE.match(value)) is not None:
        if match[1] and not signed:
            return None
        number = int(match[1] + match[2])
    else:
        return None
    return number if (-most - 1 if signed else 0) <= number <= most else None


def ordered(earlier: str, later: str) -> bool | None:
    """Whether the first resourceVersion of two is not the newer one; None where they are no numbers and have no order."""
    first, second = whole(earlier, most=UINT64_MAX), whole(later, most=UINT64_MAX)
    return None if first is None or second is None else first <= second
