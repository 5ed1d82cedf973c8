"""Equality, ordering and keys of values: CEL's rules, which are not Python's."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.runtime.keys import key_value, map_key
from graphcore.cel.runtime.times import (
    calendar,
    fixed,
    format_duration,
    format_seconds,
    format_timestamp,
    parse_duration,
    parse_timestamp,
    zone_offset,
)
from graphcore.cel.runtime.values import (
    NANOS,
    NONE,
    OMIT,
    TIMESTAMP_MAX,
    TIMESTAMP_MIN,
    Duration,
    Optional,
    Timestamp,
    TypeValue,
    Uint,
    compare,
    equals,
    is_zero_value,
    type_name,
)

NAN = float("nan")

EQUAL: list[tuple[Any, Any]] = [
    (1, 1.0),
    (1, Uint(1)),
    (Uint(1), 1.0),
    ("a", "a"),
    (None, None),
    (b"a", b"a"),
    ([1, {"a": [2]}], [1.0, {"a": [Uint(2)]}]),
    ({1: "x"}, {Uint(1): "x"}),
    (Duration(5), Duration(5)),
    (Timestamp(5, offset=3600), Timestamp(5)),
    (Optional.of(1), Optional.of(1.0)),
    (NONE, NONE),
    (TypeValue("int"), TypeValue("int")),
    ([], []),
]
UNEQUAL: list[tuple[Any, Any]] = [
    (True, 1),
    (False, 0),
    (0, False),
    (True, 1.0),
    (1, "1"),
    (None, False),
    (NAN, NAN),
    ([NAN], [NAN]),
    ([True], [1]),
    ({"a": True}, {"a": 1}),
    ([1], [1, 2]),
    ({"a": 1}, {"b": 1}),
    (b"a", "a"),
    (Duration(5), Timestamp(5)),
    (Duration(5), 5),
    (NONE, None),
    (Optional.of(None), NONE),
    ({}, []),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal_both_ways(left: Any, right: Any) -> None:
    assert equals(left, right)
    assert equals(right, left)


@pytest.mark.parametrize(("left", "right"), UNEQUAL)
def test_unequal_both_ways(left: Any, right: Any) -> None:
    assert not equals(left, right)
    assert not equals(right, left)


def test_values_nested_deeper_than_pythons_recursion_are_compared() -> None:
    deep: Any = 1
    other: Any = 1.0
    for _ in range(20_000):
        deep, other = [deep], [other]
    assert equals(deep, other)


@pytest.mark.parametrize(("left", "right"), [(OMIT, 1), ("a", OMIT), ([OMIT], [1])])
def test_comparing_omit_is_an_error(left: Any, right: Any) -> None:
    with pytest.raises(EvaluationError):
        equals(left, right)


def test_shared_parts_do_not_make_a_comparison_endless() -> None:
    left: Any = [1]
    right: Any = [1]
    for _ in range(60):
        left, right = [left, left], [right, right]
    with pytest.raises(EvaluationError) as caught:
        equals(left, right)
    assert caught.value.reason is Reason.BUDGET


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        (1, 2, -1),
        (2, 1.5, 1),
        (Uint(3), 3, 0),
        (-1, Uint(0), -1),
        ("a", "b", -1),
        ("é", "z", 1),
        (b"b", b"a", 1),
        (False, True, -1),
        (Duration(1), Duration(2), -1),
        (Timestamp(2), Timestamp(1), 1),
    ],
)
def test_order(left: Any, right: Any, order: int) -> None:
    assert compare(left, right) == order
    assert compare(right, left) == -order


@pytest.mark.parametrize(("left", "right"), [(1, "1"), (True, 1), (None, None), ([], []), ({}, {}), ("a", b"a"), (Duration(1), 1)])
def test_other_kinds_have_no_order(left: Any, right: Any) -> None:
    with pytest.raises(EvaluationError) as caught:
        compare(left, right)
    assert caught.value.reason is Reason.NO_SUCH_OVERLOAD


numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.integers(0, 2**64 - 1).map(Uint))


@given(numbers, numbers)
def test_equality_and_order_of_numbers_agree(left: Any, right: Any) -> None:
    assert equals(left, right) == equals(right, left)
    assert compare(left, right) == -compare(right, left)
    assert equals(left, right) == (compare(left, right) == 0)


@pytest.mark.parametrize("key", ["a", 1, Uint(1), True, False, 0, ""])
def test_keys_come_back_as_they_went_in(key: Any) -> None:
    back = key_value(map_key(key))
    assert type(back) is type(key)
    assert back == key


def test_bools_and_numbers_are_different_keys() -> None:
    assert len({map_key(key): None for key in (True, 1, False, 0)}) == 4
    assert len({map_key(key): None for key in (1, Uint(1))}) == 1


@pytest.mark.parametrize("key", [None, 1.5, b"a", [], {}])
def test_other_values_are_no_keys(key: Any) -> None:
    with pytest.raises(EvaluationError):
        map_key(key)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null_type"),
        (True, "bool"),
        (1, "int"),
        (Uint(1), "uint"),
        (1.0, "double"),
        ("", "string"),
        (b"", "bytes"),
        ([], "list"),
        ({}, "map"),
        (Timestamp(0), "google.protobuf.Timestamp"),
        (Duration(0), "google.protobuf.Duration"),
        (NONE, "optional_type"),
        (TypeValue("int"), "type"),
    ],
)
def test_type_names(value: Any, name: str) -> None:
    assert type_name(value) == name


@pytest.mark.parametrize("value", [None, False, 0, Uint(0), 0.0, "", b"", [], {}, Duration(0), Timestamp(TIMESTAMP_MIN)])
def test_zero_values(value: Any) -> None:
    assert is_zero_value(value)


@pytest.mark.parametrize("value", [True, 1, 0.5, "0", b"0", [0], {"": 0}, Duration(1), Timestamp(0), TypeValue(""), NONE])
def test_values_that_are_not_zero(value: Any) -> None:
    assert not is_zero_value(value)


@given(st.integers(TIMESTAMP_MIN, TIMESTAMP_MAX))
def test_a_timestamp_is_read_as_it_was_written(nanos: int) -> None:
    assert parse_timestamp(format_timestamp(Timestamp(nanos))) == Timestamp(nanos)


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_duration_is_read_as_it_was_written(nanos: int) -> None:
    assert parse_duration(format_duration(Duration(nanos))) == Duration(nanos)


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:59:59.5Z", -NANOS // 2),
        ("0001-01-01T00:00:00Z", TIMESTAMP_MIN),
        ("9999-12-31T23:59:59.999999999Z", TIMESTAMP_MAX),
        ("2024-02-29T12:00:00Z", 1_709_208_000 * NANOS),
    ],
)
def test_timestamps(text: str, nanos: int) -> None:
    assert parse_timestamp(text) == Timestamp(nanos)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-02-30T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01",
        "2024-01-01 00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-13-01T00:00:00Z",
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    assert parse_timestamp(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_timestamps_out_of_range(text: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        parse_timestamp(text)
    assert caught.value.reason is Reason.OVERFLOW


@pytest.mark.parametrize(
    ("text", "go", "seconds"),
    [
        ("1h30m", "1h30m0s", "5400s"),
        ("-1.5s", "-1.5s", "-1.5s"),
        ("1ms", "1ms", "0.001s"),
        ("1500us", "1.5ms", "0.0015s"),
        ("10ns", "10ns", "0.00000001s"),
        ("0", "0s", "0s"),
        ("+.5m", "30s", "30s"),
    ],
)
def test_durations(text: str, go: str, seconds: str) -> None:
    span = parse_duration(text)
    assert span is not None
    assert format_duration(span) == go
    assert format_seconds(span) == seconds


@pytest.mark.parametrize("text", ["", "1", "s", ".s", "1d", "1h ", "1e3s", "300000000h"])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


def test_time_zones() -> None:
    summer = parse_timestamp("2024-07-01T12:00:00Z")
    assert summer is not None
    assert zone_offset(summer, "Europe/Berlin") == 7200
    assert zone_offset(summer, "-02:30") == -9000
    assert calendar(summer, 7200).hour == 14
    for zone in ("Nowhere/Atlantis", "1:99", "x:y"):
        with pytest.raises(EvaluationError):
            zone_offset(summer, zone)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_fixed_notation_reads_back(number: float) -> None:
    text = fixed(number)
    assert "e" not in text
    assert float(text) == number or math.isclose(float(text), number)
