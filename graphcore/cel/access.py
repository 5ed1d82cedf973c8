"""Reading parts of values: selection, index, presence, membership; and their optional forms.

What is missing ends in one of the errors that mean "not there yet". Texts name a field of the expression, never a key that was computed.

Source: cel-go ``interpreter/attributes.go``, ``common/types/{list,map,optional}.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.values import NONE, Opaque, Optional, Uint, equals, lookup_key, no_such_overload, type_name


def no_such_key(field: str) -> EvaluationError:
    return EvaluationError(Reason.NO_SUCH_KEY, f"no such key: {field}", field)


def select(value: Any, field: str) -> Any:
    """``value.field``. Raises EvaluationError (no such key, also where the value is null or a scalar, as in cel-go)."""
    if isinstance(value, dict):
        try:
            return value[field]
        except KeyError:
            raise no_such_key(field) from None
    if type(value) is Optional:
        return optional_select(value, field)
    if isinstance(value, Opaque):
        return value.get(field)
    raise no_such_key(field)


def optional_select(value: Any, field: str) -> Optional:
    """``value.?field``: absent when there is no such field, or the value cannot have any."""
    if type(value) is Optional:
        if not value.present:
            return NONE
        value = value.value
    if isinstance(value, dict):
        return Optional(True, value[field]) if field in value else NONE
    if isinstance(value, Opaque):
        try:
            return Optional(True, value.get(field))
        except EvaluationError:
            return NONE
    return NONE


def has(value: Any, field: str) -> bool:
    """``has(value.field)``; false where the value cannot have fields."""
    if isinstance(value, dict):
        return field in value
    return optional_select(value, field).present


def _position(key: Any) -> int:
    kind = type(key)
    if kind is int or kind is Uint:
        return int(key)
    if kind is float and key.is_integer():
        return int(key)
    raise EvaluationError(Reason.OTHER, f"unsupported index type '{type_name(key)}' in list")


def index(value: Any, key: Any) -> Any:
    """``value[key]``. Raises EvaluationError (no such key; index out of bounds; unsupported index)."""
    if isinstance(value, dict):
        try:
            return value[lookup_key(key)]
        except KeyError:
            raise EvaluationError(Reason.NO_SUCH_KEY) from None
    if isinstance(value, list):
        position = _position(key)
        if 0 <= position < len(value):
            return value[position]
        raise EvaluationError(Reason.INDEX_OUT_OF_BOUNDS, f"index out of bounds: {position}")
    if type(value) is Optional:
        return optional_index(value, key)
    raise EvaluationError(Reason.NO_SUCH_KEY)


def optional_index(value: Any, key: Any) -> Optional:
    """``value[?key]``: absent when there is no such element. Raises EvaluationError (unsupported index)."""
    if type(value) is Optional:
        if not value.present:
            return NONE
        value = value.value
    if isinstance(value, dict):
        found = lookup_key(key)
        return Optional(True, value[found]) if found in value else NONE
    if isinstance(value, list):
        position = _position(key)
        return Optional(True, value[position]) if 0 <= position < len(value) else NONE
    return NONE


def contains(element: Any, container: Any) -> bool:
    """``element in container``: an element of a list or a key of a map. Raises EvaluationError (no such overload)."""
    if isinstance(container, list):
        if type(element) is str:
            return element in container
        return any(equals(element, other) for other in container)
    if isinstance(container, dict):
        return lookup_key(element) in container
    raise no_such_overload()
