"""Reads single members of a large JSON text without decoding the rest.

The OpenAPI document of one API group with many CRDs can be tens of megabytes of text and ten times that as Python objects, while a
definition uses one or two of its kinds. So the text is kept as it came, positions of the members are noted once, and only what is asked
for is decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def each_member(text: str, start: int, visit: Callable[[str, int], int]) -> int:
    """Call ``visit(name, start of the value)`` for every member of the JSON object at ``start``; it returns where the value ends.

    Returns the end of the object. Raises ValueError where the text is no object.
    """
    position = _skip(text, start)
    if text[position : position + 1] != "{":
        raise ValueError(f"no JSON object at position {position}")
    position = _skip(text, position + 1)
    if text[position : position + 1] == "}":
        return position + 1
    while True:
        name, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position : position + 1] != ":":
            raise ValueError(f"no member at position {position}")
        position = _skip(text, visit(str(name), _skip(text, position + 1)))
        if text[position : position + 1] == "}":
            return position + 1
        if text[position : position + 1] != ",":
            raise ValueError(f"unfinished object at position {position}")
        position = _skip(text, position + 1)


def value(text: str, start: int) -> tuple[Any, int]:
    """The value at ``start``, decoded, and where it ends."""
    return _DECODER.raw_decode(text, start)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
