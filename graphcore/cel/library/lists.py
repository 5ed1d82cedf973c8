"""Lists: cel-go's ``ext.Lists`` at its latest version. ``sortBy`` is a macro over ``@sortByAssociatedKeys``.

Source: cel-go v0.31 ``ext/lists.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.runtime.budget import require_size
from graphcore.cel.runtime.values import AssociativeList, Duration, Timestamp, Uint, equals
from graphcore.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, UINT, Type, list_of, parameter

_MAX_RANGE = 1_000_000
_MAX_COMPARED = 1_000
_MAX_DEPTH = 50
_MAX_PARTS = 100_000

COMPARABLE: tuple[Type, ...] = (INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES)
_COMPARABLE_VALUES = frozenset({int, Uint, float, bool, Duration, Timestamp, str, bytes})


def slice_list(items: Any, start: Any, end: Any) -> list[Any]:
    """The elements from position ``start`` up to but not including ``end``.

    Errors: ``cannot slice`` for a negative position, a start behind the end, or an end behind the last element.
    Source: cel-go ext.Lists.
    """
    if not isinstance(items, list) or type(start) is not int or type(end) is not int:
        raise no_such_overload("slice", items, start, end)
    if start < 0 or end < 0:
        raise fail("cannot slice, negative indexes not supported")
    if start > end:
        raise fail("cannot slice, start index must be less than or equal to end index")
    if end > len(items):
        raise fail("cannot slice, end index exceeds the length of the list")
    return items[start:end]


def flatten(items: Any, *depth: Any) -> list[Any]:
    """The list with the elements of nested lists in their place: one level, or as many levels as given.

    Errors: ``level must be non-negative``; ``budget exceeded`` if the result would be too long.
    Source: cel-go ext.Lists.
    """
    levels = depth[0] if depth else 1
    if not isinstance(items, list) or type(levels) is not int:
        raise no_such_overload("flatten", items, *depth)
    if levels < 0:
        raise fail("level must be non-negative")
    result: list[Any] = []
    iterators = [iter(items)]  # a stack, since values may be nested deeper than Python's recursion allows
    while iterators:
        for item in iterators[-1]:
            if isinstance(item, list) and len(iterators) <= levels:
                iterators.append(iter(item))
                break
            result.append(item)
            require_size(items=len(result))
        else:
            iterators.pop()
    return result


def sort(items: Any) -> list[Any]:
    """The elements in ascending order; all must be of one type among int, uint, double, bool, duration, timestamp, string, bytes.

    Equal elements keep their order.
    Errors: ``list elements must be comparable``; ``list elements must have the same type``.
    Source: cel-go ext.Lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("sort", items)
    return sort_by_keys(items, items)


def sort_by_keys(items: Any, keys: Any) -> list[Any]:
    """What ``list.sortBy(v, key)`` calls: the elements in ascending order of their keys.

    Elements with equal keys keep their order (in kro their order is undefined).
    Errors: ``list elements must be comparable``; ``list elements must have the same type``.
    Source: cel-go ext.Lists.
    """
    if not isinstance(items, list) or not isinstance(keys, list):
        raise no_such_overload("@sortByAssociatedKeys", items, keys)
    if len(items) != len(keys):
        raise fail("@sortByAssociatedKeys() expected a list of the same size as the associated keys list")
    if not items:
        return items
    kind = type(keys[0])
    if kind not in _COMPARABLE_VALUES:
        raise fail("list elements must be comparable")
    if any(type(key) is not kind for key in keys):
        raise fail("list elements must have the same type")
    ranks = [key.nanos for key in keys] if kind in (Timestamp, Duration) else keys
    return [items[position] for position in sorted(range(len(items)), key=ranks.__getitem__)]


def distinct(items: Any) -> list[Any]:
    """The elements without those that equal an earlier one.

    Errors: none.
    Source: cel-go ext.Lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("distinct", items)
    seen: set[Any] = set()
    others: list[Any] = []
    result = []
    for item in items:
        try:
            key = _Identity().of(item)
        except _NoIdentity:
            if any(equals(item, other) for other in others):
                continue
            if len(others) == _MAX_COMPARED:  # each is compared with each
                raise EvaluationError(Reason.BUDGET, "distinct: too many elements that cannot be hashed") from None
            others.append(item)
        else:
            if key in seen:
                continue
            seen.add(key)
        result.append(item)
    return result


class _NoIdentity(Exception):
    """A value that can only be compared, not hashed."""


class _Identity:
    """Makes something hashable that is equal for two values exactly when CEL's ``==`` holds between them; walks so many parts at most."""

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts = _MAX_PARTS

    def of(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if kind is str or kind is int or kind is Uint or kind is bytes or kind is Timestamp or kind is Duration:
            return value
        if kind is bool or value is None:
            return (kind, value)
        if kind is float:
            if value != value or abs(value) >= 2**53:  # NaN equals nothing; beyond 2**53 an int is compared as a double
                raise _NoIdentity
            return value
        if not isinstance(value, (list, dict)) or isinstance(value, AssociativeList) or depth > _MAX_DEPTH:
            raise _NoIdentity
        self.parts -= len(value)
        if self.parts < 0:  # parts may be shared, so that a small value has more of them than can ever be looked at
            raise _NoIdentity
        if isinstance(value, list):
            return (list, *(self.of(item, depth + 1) for item in value))
        return frozenset((key, self.of(item, depth + 1)) for key, item in value.items())


def number_range(count: Any) -> list[int]:
    """The integers from 0 up to but not including ``count``.

    Errors: ``lists.range: size must be non-negative``; ``lists.range: size exceeds maximum allowed (1000000)``.
    Source: cel-go ext.Lists.
    """
    if type(count) is not int:
        raise no_such_overload("lists.range", count)
    if count < 0:
        raise fail("lists.range: size must be non-negative")
    if count > _MAX_RANGE:
        raise fail(f"lists.range: size exceeds maximum allowed ({_MAX_RANGE})")
    return list(range(count))


def reverse(items: Any) -> list[Any]:
    """The elements in reverse order.

    Errors: none.
    Source: cel-go ext.Lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("reverse", items)
    return items[::-1]


def short_name(comparable: Type) -> str:
    """The type's part of cel-go's overload ids."""
    return comparable.kind.value


_T = parameter("T")
_LIST = list_of(_T)

FUNCTIONS: tuple[Function, ...] = (
    Function("slice", (Overload("list_slice", (_LIST, INT, INT), _LIST, slice_list, member=True),)),
    Function(
        "flatten",
        (
            Overload("list_flatten", (list_of(_LIST),), _LIST, flatten, member=True),
            Overload("list_flatten_int", (list_of(DYN), INT), list_of(DYN), flatten, member=True),
        ),
    ),
    Function(
        "sort",
        tuple(Overload(f"list_{short_name(t)}_sort", (list_of(t),), list_of(t), sort, member=True) for t in COMPARABLE),
    ),
    Function(
        "@sortByAssociatedKeys",
        tuple(
            Overload(f"list_{short_name(u)}_sortByAssociatedKeys", (_LIST, list_of(u)), _LIST, sort_by_keys, member=True)
            for u in COMPARABLE
        ),
    ),
    Function("lists.range", (Overload("lists_range", (INT,), list_of(INT), number_range),)),
    Function("reverse", (Overload("list_reverse", (_LIST,), _LIST, reverse, member=True),)),
    Function("distinct", (Overload("list_distinct", (_LIST,), _LIST, distinct, member=True),)),
)
