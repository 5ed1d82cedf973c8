"""Keys of maps: what stands in a dict for a CEL value.

Python takes ``True`` and ``1`` for one key; CEL does not, so keys pass through :func:`map_key` and :func:`key_value`.
"""

from __future__ import annotations

from typing import Any, Final

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.values import Uint, type_name


class _BoolKey:
    """A bool as a key of a map, kept apart from 0 and 1."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"key {self.value}"


_TRUE_KEY: Final = _BoolKey(True)
_FALSE_KEY: Final = _BoolKey(False)


def map_key(value: Any) -> Any:
    """The dict key for a CEL value. Raises EvaluationError for what cannot be a key."""
    kind = type(value)
    if kind is str or kind is int or kind is Uint:
        return value
    if kind is bool:
        return _TRUE_KEY if value else _FALSE_KEY
    raise EvaluationError(Reason.OTHER, f"unsupported key type: {type_name(value)}")


def lookup_key(value: Any) -> Any:
    """Like :func:`map_key`, for reading: an integral double finds an integer key; other kinds find nothing, as in cel-go."""
    kind = type(value)
    if kind is str or kind is int or kind is Uint:
        return value
    if kind is bool:
        return _TRUE_KEY if value else _FALSE_KEY
    if kind is float and value.is_integer():
        return int(value)
    return _NOT_A_KEY


_NOT_A_KEY: Final = object()


def key_value(key: Any) -> Any:
    """The CEL value of a dict key: the inverse of :func:`map_key`."""
    return key.value if type(key) is _BoolKey else key


def keys_of(mapping: dict[Any, Any]) -> list[Any]:
    """The keys of a map as CEL values, in the map's order."""
    return [key.value if type(key) is _BoolKey else key for key in mapping]
