"""Kubernetes' list functions: ``isSorted sum min max indexOf lastIndexOf``.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/lists.go``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.lists import COMPARABLE
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.runtime.values import INT_MAX, INT_MIN, UINT_MAX, Duration, Uint, compare, equals
from graphcore.cel.types import BOOL, DOUBLE, DURATION, INT, UINT, Kind, Type, list_of, parameter


def is_sorted(items: Any) -> bool:
    """Whether no element is greater than the one after it. True for an empty list; elements of different kinds are not compared.

    Errors: ``no such overload`` for elements that cannot be ordered.
    Source: Kubernetes lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("isSorted", items)
    for position, item in enumerate(items):
        _require_ordered(item)
        if position and _order(items[position - 1], item) > 0:
            return False
    return True


def total(items: Any) -> Any:
    """The sum of a list of int, uint, double or duration; 0 for an empty list.

    Errors: ``integer overflow``, ``unsigned integer overflow``, ``duration overflow``; ``no such overload`` for other or mixed elements.
    Source: Kubernetes lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("sum", items)
    kinds = {type(item) for item in items}
    if len(kinds) > 1 or not kinds <= {int, Uint, float, Duration}:
        raise no_such_overload("sum", items)
    match kinds.pop() if kinds else int:
        case kind if kind is float:
            result = 0.0
            for item in items:
                result += item
            return result
        case kind if kind is Duration:
            return Duration(_sum((item.nanos for item in items), INT_MIN, INT_MAX, "duration overflow"))
        case kind if kind is Uint:
            return Uint(_sum(items, 0, UINT_MAX, "unsigned integer overflow"))
        case _:
            return _sum(items, INT_MIN, INT_MAX, "integer overflow")


def _sum(numbers: Iterable[int], low: int, high: int, message: str) -> int:
    """The sum, of which no beginning may lie outside the range either."""
    result = 0
    for number in numbers:
        result += number
        if not low <= result <= high:
            raise EvaluationError(Reason.OVERFLOW, message)
    return result


def total_doubles(items: Any) -> Any:
    """Like ``sum`` of other lists; 0.0 for an empty list(double).

    Errors: as ``sum``.
    Source: Kubernetes lists.
    """
    return 0.0 if items == [] else total(items)


def total_uints(items: Any) -> Any:
    """Like ``sum`` of other lists; 0u for an empty list(uint).

    Errors: as ``sum``.
    Source: Kubernetes lists.
    """
    return Uint(0) if items == [] else total(items)


def total_durations(items: Any) -> Any:
    """Like ``sum`` of other lists; the empty duration for an empty list(duration).

    Errors: as ``sum``.
    Source: Kubernetes lists.
    """
    return Duration(0) if items == [] else total(items)


def minimum(items: Any) -> Any:
    """The smallest element, the first of them if several are equal; what cannot be compared with it is passed over.

    Errors: ``min called on empty list``; ``no such overload`` for elements that cannot be ordered.
    Source: Kubernetes lists.
    """
    return _extreme("min", items, 1)


def maximum(items: Any) -> Any:
    """The greatest element, the first of them if several are equal; what cannot be compared with it is passed over.

    Errors: ``max called on empty list``; ``no such overload`` for elements that cannot be ordered.
    Source: Kubernetes lists.
    """
    return _extreme("max", items, -1)


def _extreme(function: str, items: Any, replaced_when: int) -> Any:
    if not isinstance(items, list):
        raise no_such_overload(function, items)
    if not items:
        raise fail(f"{function} called on empty list")
    kinds = set(map(type, items))
    if len(kinds) == 1 and kinds <= _PLAINLY_ORDERED:
        return min(items) if replaced_when > 0 else max(items)
    best = items[0]
    for item in items:
        _require_ordered(item)
        if _order(best, item) == replaced_when:
            best = item
    return best


_PLAINLY_ORDERED = frozenset({int, str, bytes})  # as in Python


def _require_ordered(item: Any) -> None:
    """Raises EvaluationError for what is not even comparable with its like."""
    compare(item, item)


def _order(left: Any, right: Any) -> float:
    """As ``compare``; 0 for values of kinds that do not compare, which a list of ``dyn`` can hold side by side."""
    try:
        return compare(left, right)
    except EvaluationError:
        return 0


def index_of(items: Any, wanted: Any) -> int:
    """Position of the first element that equals a value; -1 if there is none.

    Errors: none.
    Source: Kubernetes lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("indexOf", items, wanted)
    return next((position for position, item in enumerate(items) if equals(item, wanted)), -1)


def last_index_of(items: Any, wanted: Any) -> int:
    """Position of the last element that equals a value; -1 if there is none.

    Errors: none.
    Source: Kubernetes lists.
    """
    if not isinstance(items, list):
        raise no_such_overload("lastIndexOf", items, wanted)
    return next((position for position in range(len(items) - 1, -1, -1) if equals(items[position], wanted)), -1)


_NAMES = {Kind.DURATION: "duration", Kind.TIMESTAMP: "timestamp"}


def _short(kind: Type) -> str:
    return _NAMES.get(kind.kind, kind.kind.value)


_A = parameter("A")
_SUMS = ((INT, total), (UINT, total_uints), (DOUBLE, total_doubles), (DURATION, total_durations))

FUNCTIONS: tuple[Function, ...] = (
    Function(
        "isSorted",
        tuple(Overload(f"list_{_short(t)}_is_sorted_bool", (list_of(t),), BOOL, is_sorted, member=True) for t in COMPARABLE),
    ),
    Function("sum", tuple(Overload(f"list_{_short(t)}_sum_{_short(t)}", (list_of(t),), t, function, member=True) for t, function in _SUMS)),
    Function("max", tuple(Overload(f"list_{_short(t)}_max_{_short(t)}", (list_of(t),), t, maximum, member=True) for t in COMPARABLE)),
    Function("min", tuple(Overload(f"list_{_short(t)}_min_{_short(t)}", (list_of(t),), t, minimum, member=True) for t in COMPARABLE)),
    Function("indexOf", (Overload("list_a_index_of_int", (list_of(_A), _A), INT, index_of, member=True),)),
    Function("lastIndexOf", (Overload("list_a_last_index_of_int", (list_of(_A), _A), INT, last_index_of, member=True),)),
)
