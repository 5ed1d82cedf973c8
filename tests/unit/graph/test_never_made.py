"""A node that no instance can have is told of, with the nodes whose conditions exclude each other; whatever some instance can have is not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.cel import Environment, compile_unchecked
from graphcore.graph.exclusion import never_made
from tests.support.definitions import Object, compiled, config_map, definition

SPEC = {
    "on": "boolean | default=true",
    "also": "boolean | default=true",
    "mode": "string | default=a",
    "count": "integer | default=1",
    "text": "string",
}


def node(name: str, *conditions: str, reads: str = "") -> Object:
    data = {"x": f"${{{reads}}}"} if reads else {}
    return config_map(name, data=data, **({"includeWhen": [f"${{{each}}}" for each in conditions]} if conditions else {}))


def told(*resources: Object) -> list[tuple[str | None, str | None]]:
    warnings = [each for each in compiled(definition(*resources, spec=SPEC)).warnings if each.code == "never-made"]
    assert all(each.hint and each.severity == "warning" for each in warnings)
    return [(each.node, each.path) for each in warnings]


EITHER = "schema.spec.on ? a.metadata.name : b.metadata.name"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("schema.spec.on", "!schema.spec.on"),
        ("schema.spec.on == true", "schema.spec.on == false"),
        ("schema.spec.on && schema.spec.also", "!schema.spec.on || !schema.spec.also"),
        ("schema.spec.mode == 'a'", "schema.spec.mode == 'b'"),
        ("schema.spec.mode == 'a'", "schema.spec.mode != 'a'"),
        ("'a' == schema.spec.mode", "schema.spec.mode in ['b', 'c']"),
        ("schema.spec.count > 3", "schema.spec.count <= 3"),
        ("schema.spec.count > 3", "3 >= schema.spec.count"),
        ("schema.spec.count == 0", "schema.spec.count > 5"),
        ("has(schema.spec.text)", "!has(schema.spec.text)"),
        ("schema.spec.mode.startsWith('x')", "!schema.spec.mode.startsWith('x')"),
        ("schema.spec.on ? schema.spec.also : false", "!schema.spec.also"),
    ],
)
def test_a_ternary_over_nodes_that_exclude_each_other(first: str, second: str) -> None:
    resources = [node("a", first), node("b", second), node("c", reads=EITHER), node("d", reads="c.metadata.name")]
    (warning,) = [each for each in compiled(definition(*resources, spec=SPEC)).warnings if each.code == "never-made"]
    assert (warning.node, warning.path, warning.expression) == ("c", "data.x", EITHER)
    assert f"a ({first})" in warning.message
    assert f"b ({second})" in warning.message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("schema.spec.on", "schema.spec.also"),
        ("schema.spec.on", "schema.spec.on"),
        ("schema.spec.on || schema.spec.also", "!schema.spec.on"),
        ("schema.spec.mode == 'a'", "schema.spec.mode != 'b'"),
        ("schema.spec.count > 3", "schema.spec.count < 5"),
        ("schema.spec.count >= 3", "schema.spec.count <= 3"),
        ("schema.spec.count > 3", "schema.spec.count != 4"),
        ("schema.spec.mode in ['a', 'b']", "schema.spec.mode in ['b', 'c']"),
        ("has(schema.spec.text)", "schema.spec.on"),
        ("schema.spec.mode.size() > 3", "schema.spec.mode.startsWith('x')"),
    ],
)
def test_conditions_that_can_hold_together_are_nobodys_fault(first: str, second: str) -> None:
    assert told(node("a", first), node("b", second), node("c", reads=EITHER)) == []


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([node("a", "schema.spec.on", "!schema.spec.on")], [("a", "includeWhen[0]")]),
        ([node("a", "schema.spec.on"), node("b", "!schema.spec.on", reads="a.metadata.name")], [("b", "data.x")]),
        (
            # Through a node that has no condition itself.
            [node("a", "schema.spec.on"), node("m", reads="a.metadata.name"), node("b", "!schema.spec.on"), node("c", reads="m.metadata.name + b.metadata.name")],
            [("c", "data.x")],
        ),
        # Three of them, of which any two can hold.
        (
            [
                node("a", "schema.spec.on || schema.spec.also"),
                node("b", "!schema.spec.on"),
                node("e", "!schema.spec.also"),
                node("c", reads="a.metadata.name + b.metadata.name + e.metadata.name"),
            ],
            [("c", "data.x")],
        ),
        # The status is computed field by field, and reads of readyWhen exclude nobody.
        ([node("a", "schema.spec.on"), node("b", "!schema.spec.on")], []),
    ],
)  # fmt: skip
def test_other_ways_to_be_left_out(resources: list[Object], expected: list[tuple[str, str]]) -> None:
    assert told(*resources) == expected


CONDITIONS = st.recursive(
    st.sampled_from(
        [
            "v.p",
            "v.q",
            "v.n > 1",
            "v.n <= 1",
            "2 == v.n",
            "v.n != 0",
            "v.s == 'a'",
            "v.s in ['b', 'c']",
            "v.s != 'b'",
            "true",
            "v.p == false",
        ]
    ),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)
VALUES: list[dict[str, Any]] = [
    {"p": p, "q": q, "n": n, "s": s}
    for p, q, n, s in itertools.product((True, False), (True, False), (-1, 0, 1, 2, 3), ("a", "b", "c", "d"))
]


@given(CONDITIONS, CONDITIONS)
@settings(max_examples=200, deadline=None)
def test_exactly_what_no_value_makes_is_told(one: str, other: str) -> None:
    environment = Environment({})
    conditions = {"a": [environment.parse(one)], "b": [environment.parse(other)], "c": []}
    edges = {"a": (), "b": (), "c": ("a", "b")}
    programs = [compile_unchecked(one), compile_unchecked(other)]

    def possible(*indices: int) -> bool:
        return any(all(programs[index].evaluate({"v": value}) for index in indices) for value in VALUES)

    found = {never.node for never in never_made("abc", edges, conditions)}
    alone = {name for index, name in enumerate("ab") if not possible(index)}
    assert found == alone or (not alone and found == (set() if possible(0, 1) else {"c"}))


def test_what_is_too_much_is_left_alone() -> None:
    many = " && ".join(f"schema.spec.mode != 'm{number}' && schema.spec.mode.startsWith('{number}')" for number in range(60))
    assert told(node("a", many), node("b", f"!({many})"), node("c", reads=EITHER)) == []
