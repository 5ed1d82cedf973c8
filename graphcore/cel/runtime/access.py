"""Reading parts of values: selection, index, presence, membership; and their optional forms.

What is missing ends in one of the errors that mean "not there yet". Texts name a field of the expression, never a key that was computed.
Asking whether a value that cannot have parts has one gives no; where ``strict``, an error: cel-go's ``EnableErrorOnBadPresenceTest``.

Source: cel-go ``interpreter/attributes.go``, ``common/types/{list,map,optional}.go``.
"""

from __future__ import annotations

from typing import Any, Final

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.keys import lookup_key
from graphcore.cel.runtime.values import INT_MAX, INT_MIN, NONE, Opaque, Optional, Uint, equals, no_such_overload, type_name

_KEYS: Final = frozenset({str, int, Uint, bool, float})


def no_such_key(field: str) -> EvaluationError:
    return EvaluationError(Reason.NO_SUCH_KEY, f"no such key: {field}", field)


def select(value: Any, field: str, strict: bool = False) -> Any:
    """``value.field``. Raises EvaluationError (no such key, also where the value is null or a scalar, as in cel-go; lists have none)."""
    if isinstance(value, dict):
        try:
            return value[field]
        except KeyError:
            raise no_such_key(field) from None
    if type(value) is Optional:
        return optional_select(value, field, strict)
    if isinstance(value, Opaque):
        return value.get(field)
    if isinstance(value, list):
        raise _not_a_position("string")
    raise no_such_key(field)


def optional_select(value: Any, field: str, strict: bool = False) -> Optional:
    """``value.?field``: absent when there is no such field, or the value cannot have any. Raises EvaluationError for a list, as cel-go."""
    if type(value) is Optional:
        if not value.present:
            return NONE
        value = value.value
    if isinstance(value, dict):
        return Optional(True, value[field]) if field in value else NONE
    if isinstance(value, Opaque) and (value.has_fields or strict):
        return Optional(True, value.get(field))
    if isinstance(value, list):
        raise _not_a_position("string")
    if strict:
        raise no_such_key(field)
    return NONE


def has(value: Any, field: str, strict: bool = False) -> bool:
    """``has(value.field)``; false where the value cannot have fields. Raises EvaluationError for a list, as cel-go."""
    if isinstance(value, dict):
        return field in value
    return optional_select(value, field, strict).present


def _not_a_position(kind: str) -> EvaluationError:
    return EvaluationError(Reason.OTHER, f"unsupported index type '{kind}' in list")


def _require_key(key: Any) -> None:
    """Raises EvaluationError for what no map and no list can be indexed with."""
    if type(key) not in _KEYS:
        raise EvaluationError(Reason.OTHER, f"invalid qualifier type: {type_name(key)}")


def _position(key: Any) -> int:
    kind = type(key)
    if kind is int:
        return int(key)
    if kind is not Uint and kind is not float:
        raise _not_a_position(type_name(key))
    if (kind is float and not key.is_integer()) or not INT_MIN < key <= INT_MAX:
        raise EvaluationError(Reason.OTHER, "unsupported index value in list")
    return int(key)


def _field(key: Any) -> str:
    if type(key) is str:
        return key
    raise EvaluationError(Reason.OTHER, f"field key must be a string, got {type_name(key)}")


def index(value: Any, key: Any, strict: bool = False) -> Any:
    """The element of a list at a position, from 0, or the value of a map under a key; of an optional: an optional.

    Errors: ``index out of bounds`` and ``no such key``, which more data may mend; ``unsupported index type``; ``invalid qualifier type``.
    Source: CEL standard library.
    """
    _require_key(key)
    if isinstance(value, dict):
        try:
            return value[lookup_key(key)]
        except KeyError:
            raise EvaluationError(Reason.NO_SUCH_KEY) from None
    if isinstance(value, list):
        position = _position(key)
        if 0 <= position < len(value):
            return value[position]
        raise EvaluationError(Reason.INDEX_OUT_OF_BOUNDS)
    if isinstance(value, Opaque) and value.has_fields:
        return value.get(_field(key))
    if type(value) is Optional:
        return optional_index(value, key, strict)
    raise EvaluationError(Reason.NO_SUCH_KEY)


def optional_index(value: Any, key: Any, strict: bool = False) -> Optional:
    """``value[?key]``: absent when there is no such element. Raises EvaluationError (unsupported index)."""
    _require_key(key)
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
    if isinstance(value, Opaque) and value.has_fields:
        return Optional(True, value.get(_field(key)))
    if strict:
        raise EvaluationError(Reason.NO_SUCH_KEY)
    return NONE


def contains(element: Any, container: Any) -> bool:
    """Whether the left value is an element of a list or a key of a map.

    Errors: ``no such overload`` unless the right value is a list or a map.
    Source: CEL standard library.
    """
    if isinstance(container, list):
        if type(element) is str:
            return element in container
        return any(equals(element, other) for other in container)
    if isinstance(container, dict):
        return lookup_key(element) in container
    raise no_such_overload()
