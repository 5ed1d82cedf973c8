"""Reads single members of a large JSON text without decoding the rest.

The OpenAPI document of one API group with many CRDs can be tens of megabytes of text and ten times that as Python objects, while a
definition uses one or two of its kinds. So the text is kept as it came, positions of the members are noted once, and only what is asked
for is decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


def members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Name, first and last position (exclusive) of every member's value of the JSON object at ``start``. Raises ValueError."""
    position = _skip(text, start)
    if text[position : position + 1] != "{":
        raise ValueError(f"no JSON object at position {position}")
    position = _skip(text, position + 1)
    if text[position : position + 1] == "}":
        return
    while True:
        name, position = _DECODER.raw_decode(text, position)
        position = _skip(text, position)
        if text[position : position + 1] != ":":
            raise ValueError(f"no member at position {position}")
        begin = _skip(text, position + 1)
        _, end = _DECODER.raw_decode(text, begin)
        yield str(name), begin, end
        position = _skip(text, end)
        if text[position : position + 1] == "}":
            return
        if text[position : position + 1] != ",":
            raise ValueError(f"unfinished object at position {position}")
        position = _skip(text, position + 1)


def value(text: str, start: int) -> Any:
    """The value at ``start``, decoded."""
    return _DECODER.raw_decode(text, start)[0]


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
