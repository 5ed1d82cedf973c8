"""Results as JSON (docs/explanation/cel.md)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcore.cel import EvaluationError, compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.runtime.conversion import to_json
from graphcore.cel.runtime.values import INT_MAX, NONE, OMIT, Duration, Optional, Timestamp, TypeValue, Uint


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (1.5, 1.5),
        (3.0, 3),
        (-0.0, 0),
        (1e20, 10**20),
        (9007199254740992.0, 9007199254740992),
        (1234567890123456789.0, 1234567890123456800),
        (-123456789012345678901.0, -123456789012345680000),
        (1e21, 1e21),
        ("a", "a"),
        (Uint(7), 7),
        (Uint(INT_MAX), INT_MAX),
        (Duration(5_400_000_000_000), "1h30m0s"),
        (Duration(1_500_000), "1.5ms"),
        (Timestamp(1_704_067_200_500_000_000), "2024-01-01T00:00:00Z"),
        (Timestamp(1_704_067_200_000_000_000, offset=3600), "2024-01-01T00:00:00Z"),
        (NONE, None),
        (Optional.of(Optional.of(1.0)), 1),
        ([1.0, [Optional.of("x"), NONE]], [1, ["x", None]]),
        ({"a": {"b": Uint(1)}}, {"a": {"b": 1}}),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    found = to_json(value)
    assert found == expected
    assert type(found) is type(expected)


def test_omit_stays_for_rendering_to_remove() -> None:
    assert to_json(OMIT) is OMIT
    assert to_json({"a": [OMIT]})["a"][0] is OMIT


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"x", "encode it explicitly, e.g. base64.encode(...)"),
        ([b"x"], "encode it explicitly"),
        (Uint(2**63), "uint value overflows int64; convert it explicitly, e.g. string(...)"),
        ({1: "a"}, "map key must be string, got int"),
        (TypeValue("int"), "unsupported type: type"),
        (float("nan"), "no JSON form"),
        (float("-inf"), "no JSON form"),
    ],
)
def test_refusals(value: Any, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        to_json(value)
    assert caught.value.reason is Reason.CONVERSION
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ('quantity("1Gi")', "kubernetes.Quantity"),
        ('url("http://x")', "kubernetes.URL"),
        ('ip("1.2.3.4")', "net.IP"),
        ('cidr("10.0.0.0/8")', "net.CIDR"),
        ('semver("1.2.3")', "kubernetes.Semver"),
        ("{true: 1}", "map key must be string, got bool"),
    ],
)
def test_opaque_values_cannot_be_written(source: str, name: str) -> None:
    with pytest.raises(EvaluationError, match=name):
        to_json(compile_unchecked(source).evaluate({}))


def test_bytes_are_written_as_base64_where_the_field_holds_bytes() -> None:
    assert to_json({"a": b"hunter"}, bytes_as_base64=True) == {"a": "aHVudGVy"}


def test_250_levels_can_be_written() -> None:
    value: Any = 1
    for _ in range(250):
        value = [value]
    assert to_json(value) == value


def test_too_many_levels_are_a_clear_error() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(EvaluationError) as caught:
        to_json(value)
    assert caught.value.reason is Reason.BUDGET


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_is_a_fresh_copy_of_itself(value: Any) -> None:
    copy = to_json(value)
    assert copy == value
    if isinstance(value, (list, dict)):
        assert copy is not value
