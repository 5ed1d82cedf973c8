"""Whether what would be written is what is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def same(a: Any, b: Any) -> bool:
    """Equal as JSON, 3 and 3.0 being the same number."""
    return _canonical(a) == _canonical(b)


def _canonical(value: Any) -> str:
    return json.dumps(_integral(value), sort_keys=True)


def _integral(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _integral(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_integral(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
