"""kro's functions that change a list at one position. They return a new list.

Source: kro ``pkg/cel/library/lists.go``. Their errors are fatal: a wrong position is a mistake, not data that is still to come.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.types import INT, list_of, parameter


def set_at_index(items: Any, index: Any, value: Any) -> list[Any]:
    """The list with the element at a position replaced.

    Errors: ``lists.setAtIndex: index out of bounds [0, size)``.
    Source: kro.
    """
    if not isinstance(items, list) or type(index) is not int:
        raise no_such_overload("lists.setAtIndex", items, index, value)
    if not 0 <= index < len(items):
        raise _out_of_bounds("lists.setAtIndex", ")")
    return [*items[:index], value, *items[index + 1 :]]


def insert_at_index(items: Any, index: Any, value: Any) -> list[Any]:
    """The list with a value inserted before the element at a position; the position behind the last element appends.

    Errors: ``lists.insertAtIndex: index out of bounds [0, size]``.
    Source: kro.
    """
    if not isinstance(items, list) or type(index) is not int:
        raise no_such_overload("lists.insertAtIndex", items, index, value)
    if not 0 <= index <= len(items):
        raise _out_of_bounds("lists.insertAtIndex", "]")
    return [*items[:index], value, *items[index:]]


def remove_at_index(items: Any, index: Any) -> list[Any]:
    """The list without the element at a position.

    Errors: ``lists.removeAtIndex: index out of bounds [0, size)``.
    Source: kro.
    """
    if not isinstance(items, list) or type(index) is not int:
        raise no_such_overload("lists.removeAtIndex", items, index)
    if not 0 <= index < len(items):
        raise _out_of_bounds("lists.removeAtIndex", ")")
    return [*items[:index], *items[index + 1 :]]


def _out_of_bounds(function: str, end: str) -> EvaluationError:
    return fail(f"{function}: index out of bounds [0, size{end}")


_T = parameter("T")
_LIST = list_of(_T)

FUNCTIONS: tuple[Function, ...] = (
    Function("lists.setAtIndex", (Overload("lists.setAtIndex_list_int_T", (_LIST, INT, _T), _LIST, set_at_index),)),
    Function("lists.insertAtIndex", (Overload("lists.insertAtIndex_list_int_T", (_LIST, INT, _T), _LIST, insert_at_index),)),
    Function("lists.removeAtIndex", (Overload("lists.removeAtIndex_list_int", (_LIST, INT), _LIST, remove_at_index),)),
)
