"""The standard library of CEL: operators, conversions, text, time.

Signatures only; what they do is in ``standard_impl`` (and, for the logical operators and ``?:``, in the compiler), joined by overload id.
The order of overloads is cel-go's: the first that fits decides the result type. Comparisons of different kinds of number
(``less_int64_double``, …) exist for values whose type is known only at run time; the checker leaves them out.

Source: cel-go v0.31 ``common/stdlib/standard.go``, ``common/overloads/overloads.go``.
"""

from __future__ import annotations

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.standard_impl import IMPLEMENTATIONS
from graphcore.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Type,
    list_of,
    map_of,
    parameter,
    type_of,
)

_A, _B = parameter("A"), parameter("B")
_LIST, _MAP = list_of(_A), map_of(_A, _B)


def _overload(id: str, arguments: tuple[Type, ...], result: Type, member: bool = False) -> Overload:
    return Overload(id, arguments, result, IMPLEMENTATIONS.get(id), member)


def _same(function: str, id: str, *types: Type) -> tuple[Overload, ...]:
    """``T op T -> T`` for each type."""
    names = {BYTES: "bytes", DOUBLE: "double", INT: "int64", STRING: "string", UINT: "uint64"}
    return tuple(_overload(f"{id}_{names[type]}", (type, type) if function != "-_" else (type,), type) for type in types)


_ORDERED: tuple[tuple[str, Type, Type], ...] = (
    ("bool", BOOL, BOOL),
    ("int64", INT, INT),
    ("int64_double", INT, DOUBLE),
    ("int64_uint64", INT, UINT),
    ("uint64", UINT, UINT),
    ("uint64_double", UINT, DOUBLE),
    ("uint64_int64", UINT, INT),
    ("double", DOUBLE, DOUBLE),
    ("double_int64", DOUBLE, INT),
    ("double_uint64", DOUBLE, UINT),
    ("string", STRING, STRING),
    ("bytes", BYTES, BYTES),
    ("timestamp", TIMESTAMP, TIMESTAMP),
    ("duration", DURATION, DURATION),
)
_COMPARISONS = {"_<_": "less", "_<=_": "less_equals", "_>_": "greater", "_>=_": "greater_equals"}
_MIXED = tuple(suffix for suffix, left, right in _ORDERED if left is not right)
CROSS_TYPE_COMPARISONS = frozenset(f"{id}_{suffix}" for id in _COMPARISONS.values() for suffix in _MIXED)
"""Ids of the overloads that compare different kinds of number; disabled in the checker as in cel-go's default environment."""


def _comparison(function: str, id: str) -> Function:
    return Function(function, tuple(_overload(f"{id}_{suffix}", (left, right), BOOL) for suffix, left, right in _ORDERED))


def _conversion(name: str, result: Type, *sources: tuple[str, Type]) -> Function:
    return Function(name, tuple(_overload(id, (source,), result) for id, source in sources))


def _size(name: str, type: Type) -> tuple[Overload, Overload]:
    return _overload(f"size_{name}", (type,), INT), _overload(f"{name}_size", (type,), INT, member=True)


def _text(name: str, id: str) -> Function:
    return Function(name, (_overload(id, (STRING, STRING), BOOL, member=True),))


def _part(name: str, id: str, of_duration: bool = False, zoned: str = "_with_tz") -> Function:
    """A part of a timestamp, in UTC or a time zone, and of some also of a duration."""
    overloads = [
        _overload(f"timestamp_to_{id}", (TIMESTAMP,), INT, member=True),
        _overload(f"timestamp_to_{id}{zoned}", (TIMESTAMP, STRING), INT, member=True),
    ]
    if of_duration:
        overloads.append(_overload(f"duration_to_{id}", (DURATION,), INT, member=True))
    return Function(name, tuple(overloads))


FUNCTIONS: tuple[Function, ...] = (
    Function("_?_:_", (_overload("conditional", (BOOL, _A, _A), _A),)),
    Function("_&&_", (_overload("logical_and", (BOOL, BOOL), BOOL),)),
    Function("_||_", (_overload("logical_or", (BOOL, BOOL), BOOL),)),
    Function("!_", (_overload("logical_not", (BOOL,), BOOL),)),
    Function("@not_strictly_false", (_overload("not_strictly_false", (BOOL,), BOOL),)),
    Function("_==_", (_overload("equals", (_A, _A), BOOL),)),
    Function("_!=_", (_overload("not_equals", (_A, _A), BOOL),)),
    Function(
        "_+_",
        (
            *_same("_+_", "add", BYTES, DOUBLE),
            _overload("add_duration_duration", (DURATION, DURATION), DURATION),
            _overload("add_duration_timestamp", (DURATION, TIMESTAMP), TIMESTAMP),
            _overload("add_timestamp_duration", (TIMESTAMP, DURATION), TIMESTAMP),
            *_same("_+_", "add", INT),
            _overload("add_list", (_LIST, _LIST), _LIST),
            *_same("_+_", "add", STRING, UINT),
        ),
    ),
    Function("_/_", _same("_/_", "divide", DOUBLE, INT, UINT)),
    Function("_%_", _same("_%_", "modulo", INT, UINT)),
    Function("_*_", _same("_*_", "multiply", DOUBLE, INT, UINT)),
    Function("-_", _same("-_", "negate", DOUBLE, INT)),
    Function(
        "_-_",
        (
            *_same("_-_", "subtract", DOUBLE),
            _overload("subtract_duration_duration", (DURATION, DURATION), DURATION),
            *_same("_-_", "subtract", INT),
            _overload("subtract_timestamp_duration", (TIMESTAMP, DURATION), TIMESTAMP),
            _overload("subtract_timestamp_timestamp", (TIMESTAMP, TIMESTAMP), DURATION),
            *_same("_-_", "subtract", UINT),
        ),
    ),
    *(_comparison(function, id) for function, id in _COMPARISONS.items()),
    Function("_[_]", (_overload("index_list", (_LIST, INT), _A), _overload("index_map", (_MAP, _A), _B))),
    Function("@in", (_overload("in_list", (_A, _LIST), BOOL), _overload("in_map", (_A, _MAP), BOOL))),
    Function("size", (*_size("bytes", BYTES), *_size("list", _LIST), *_size("map", _MAP), *_size("string", STRING))),
    Function("type", (_overload("type", (_A,), type_of(_A)),)),
    _conversion("bool", BOOL, ("bool_to_bool", BOOL), ("string_to_bool", STRING)),
    _conversion("bytes", BYTES, ("bytes_to_bytes", BYTES), ("string_to_bytes", STRING)),
    _conversion(
        "double", DOUBLE, ("double_to_double", DOUBLE), ("int64_to_double", INT), ("string_to_double", STRING), ("uint64_to_double", UINT)
    ),
    _conversion("duration", DURATION, ("duration_to_duration", DURATION), ("string_to_duration", STRING)),
    _conversion("dyn", DYN, ("to_dyn", _A)),
    _conversion(
        "int",
        INT,
        ("int64_to_int64", INT),
        ("double_to_int64", DOUBLE),
        ("duration_to_int64", DURATION),
        ("string_to_int64", STRING),
        ("timestamp_to_int64", TIMESTAMP),
        ("uint64_to_int64", UINT),
    ),
    _conversion(
        "string",
        STRING,
        ("string_to_string", STRING),
        ("bool_to_string", BOOL),
        ("bytes_to_string", BYTES),
        ("double_to_string", DOUBLE),
        ("duration_to_string", DURATION),
        ("int64_to_string", INT),
        ("timestamp_to_string", TIMESTAMP),
        ("uint64_to_string", UINT),
    ),
    _conversion(
        "timestamp", TIMESTAMP, ("timestamp_to_timestamp", TIMESTAMP), ("int64_to_timestamp", INT), ("string_to_timestamp", STRING)
    ),
    _conversion(
        "uint", UINT, ("uint64_to_uint64", UINT), ("double_to_uint64", DOUBLE), ("int64_to_uint64", INT), ("string_to_uint64", STRING)
    ),
    _text("contains", "contains_string"),
    _text("endsWith", "ends_with_string"),
    _text("startsWith", "starts_with_string"),
    Function(
        "matches",
        (_overload("matches", (STRING, STRING), BOOL), _overload("matches_string", (STRING, STRING), BOOL, member=True)),
    ),
    _part("getFullYear", "year"),
    _part("getMonth", "month"),
    _part("getDayOfYear", "day_of_year"),
    _part("getDayOfMonth", "day_of_month"),
    _part("getDate", "day_of_month_1_based"),
    _part("getDayOfWeek", "day_of_week"),
    _part("getHours", "hours", of_duration=True),
    _part("getMinutes", "minutes", of_duration=True),
    _part("getSeconds", "seconds", of_duration=True, zoned="_tz"),
    _part("getMilliseconds", "milliseconds", of_duration=True),
)
