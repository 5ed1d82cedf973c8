"""SimpleSchema as it comes out of YAML or JSON: members with string names, and what other values are called.

The definition may be read from a file as well as from an API server; YAML keys such as ``1`` or ``true`` are strings in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def members(value: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """Members sorted by name, so that the order of a file changes nothing, not even the order of problems."""
    return sorted(((_name(key), member) for key, member in value.items()), key=lambda item: item[0])


def _name(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)


def type_name(value: Any) -> str:
    """What Go calls the type of a decoded JSON value; kro's messages name it."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "bool"
        case int():
            return "int64"
        case float():
            return "float64"
        case str():
            return "string"
        case list() | tuple():
            return "[]interface {}"
        case Mapping():
            return "map[string]interface {}"
        case _:
            return type(value).__name__
