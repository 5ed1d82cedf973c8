"""Optional values: cel-go's optional types at their latest version.

``a.?b``, ``a[?k]``, ``[?e]`` and ``{?k: v}`` are syntax, ``optMap`` and ``optFlatMap`` macros; what they need of the checker is declared
here without implementation. ``or`` and ``orValue`` evaluate their argument only if it is needed, which the compiler sees to.
Source: cel-go v0.31 ``cel/library.go`` (``OptionalTypes``).
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.runtime.values import NONE, Optional, is_zero_value, type_name
from graphcore.cel.types import BOOL, DYN, INT, STRING, list_of, map_of, optional_of, parameter


def of(value: Any) -> Optional:
    """An optional that holds the value, whatever it is.

    Errors: none.
    Source: cel-go optional types.
    """
    return Optional.of(value)


def of_non_zero_value(value: Any) -> Optional:
    """An optional that holds the value, unless it is null, false, zero or empty.

    Errors: none.
    Source: cel-go optional types.
    """
    return NONE if is_zero_value(value) else Optional.of(value)


def none() -> Optional:
    """The optional that holds nothing.

    Errors: none.
    Source: cel-go optional types.
    """
    return NONE


def value_of(optional: Any) -> Any:
    """What the optional holds.

    Errors: ``optional.none() dereference`` if it holds nothing.
    Source: cel-go optional types.
    """
    if not isinstance(optional, Optional):
        raise no_such_overload("value", optional)
    if not optional.present:
        raise fail("optional.none() dereference")
    return optional.value


def has_value(optional: Any) -> bool:
    """Whether the optional holds a value.

    Errors: none.
    Source: cel-go optional types.
    """
    if not isinstance(optional, Optional):
        raise no_such_overload("hasValue", optional)
    return optional.present


def first_present(optional: Any, other: Any) -> Optional:
    """The receiver if it holds a value, otherwise the argument, which is evaluated only then.

    Errors: none.
    Source: cel-go optional types.
    """
    if not isinstance(optional, Optional) or not isinstance(other, Optional):
        raise no_such_overload("or", optional, other)
    return optional if optional.present else other


def value_or(optional: Any, default: Any) -> Any:
    """What the receiver holds, otherwise the argument, which is evaluated only then and has the same type.

    Errors: none.
    Source: cel-go optional types.
    """
    if not isinstance(optional, Optional):
        raise no_such_overload("orValue", optional, default)
    return optional.value if optional.present else default


def unwrap(optionals: Any) -> list[Any]:
    """The values held by the optionals of a list, in order.

    Errors: ``value is not optional`` naming the type of an element that is none.
    Source: cel-go optional types.
    """
    if not isinstance(optionals, list):
        raise no_such_overload("optional.unwrap", optionals)
    for item in optionals:
        if not isinstance(item, Optional):
            raise _not_optional(item)
    return [item.value for item in optionals if item.present]


def _not_optional(item: Any) -> EvaluationError:
    return fail(f"value of type {type_name(item)} is not optional")


def first(items: Any) -> Optional:
    """An optional with the first element of the list; one that holds nothing if the list is empty.

    Errors: none.
    Source: cel-go optional types.
    """
    if not isinstance(items, list):
        raise no_such_overload("first", items)
    return Optional.of(items[0]) if items else NONE


def last(items: Any) -> Optional:
    """An optional with the last element of the list; one that holds nothing if the list is empty.

    Errors: none.
    Source: cel-go optional types.
    """
    if not isinstance(items, list):
        raise no_such_overload("last", items)
    return Optional.of(items[-1]) if items else NONE


_K, _V = parameter("K"), parameter("V")
_OPTIONAL, _LIST, _MAP, _OPTIONALS = optional_of(_V), list_of(_V), map_of(_K, _V), list_of(optional_of(_V))

FUNCTIONS: tuple[Function, ...] = (
    Function("optional.of", (Overload("optional_of", (_V,), _OPTIONAL, of),)),
    Function("optional.ofNonZeroValue", (Overload("optional_ofNonZeroValue", (_V,), _OPTIONAL, of_non_zero_value),)),
    Function("optional.none", (Overload("optional_none", (), _OPTIONAL, none),)),
    Function("value", (Overload("optional_value", (_OPTIONAL,), _V, value_of, member=True),)),
    Function("hasValue", (Overload("optional_hasValue", (_OPTIONAL,), BOOL, has_value, member=True),)),
    Function("or", (Overload("optional_or_optional", (_OPTIONAL, _OPTIONAL), _OPTIONAL, first_present, member=True),)),
    Function("orValue", (Overload("optional_orValue_value", (_OPTIONAL, _V), _V, value_or, member=True),)),
    Function("optional.unwrap", (Overload("optional_unwrap", (_OPTIONALS,), _LIST, unwrap),)),
    Function("unwrapOpt", (Overload("optional_unwrapOpt", (_OPTIONALS,), _LIST, unwrap, member=True),)),
    Function("first", (Overload("list_first", (_LIST,), _OPTIONAL, first, member=True),)),
    Function("last", (Overload("list_last", (_LIST,), _OPTIONAL, last, member=True),)),
    Function("_?._", (Overload("select_optional_field", (DYN, STRING), _OPTIONAL),)),
    Function(
        "_[?_]",
        (
            Overload("list_optindex_optional_int", (_LIST, INT), _OPTIONAL),
            Overload("optional_list_optindex_optional_int", (optional_of(_LIST), INT), _OPTIONAL),
            Overload("map_optindex_optional_value", (_MAP, _K), _OPTIONAL),
            Overload("optional_map_optindex_optional_value", (optional_of(_MAP), _K), _OPTIONAL),
        ),
    ),
    Function(
        "_[_]",
        (
            Overload("optional_list_index_int", (optional_of(_LIST), INT), _OPTIONAL),
            Overload("optional_map_index_value", (optional_of(_MAP), _K), _OPTIONAL),
        ),
    ),
)
