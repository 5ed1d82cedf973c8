"""What macros become, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import CelError, Environment
from graphcore.cel.ast import Call, Comprehension
from graphcore.cel.runtime.values import NONE, Optional
from graphcore.cel.syntax.parser import parse
from graphcore.cel.types import DYN

ENVIRONMENT = Environment(dict.fromkeys("abc", DYN))
LIST, MAP = [1, 2, 3], {"x": 1, "y": 2}

VALUES: list[tuple[str, Any]] = [
    ("a.all(v, v > 0)", True),
    ("a.all(i, v, i < v)", True),
    ("a.exists(v, v == 2)", True),
    ("a.exists(i, v, i == 2 && v == 3)", True),
    ("a.exists_one(v, v > 2)", True),
    ("a.exists_one(v, v > 1)", False),
    ("a.exists_one(i, v, i + v == 3)", True),
    ("b.existsOne(k, v, k == 'x' && v == 1)", True),
    ("a.map(v, v * 2)", [2, 4, 6]),
    ("a.map(v, v > 1, v * 2)", [4, 6]),
    ("a.filter(v, v > 1)", [2, 3]),
    ("b.map(k, k)", ["x", "y"]),
    ("b.filter(k, b[k] > 1)", ["y"]),
    ("a.transformList(i, v, i * v)", [0, 2, 6]),
    ("a.transformList(i, v, i > 0, v)", [2, 3]),
    ("b.transformList(k, v, k)", ["x", "y"]),
    ("b.transformMap(k, v, v + 1)", {"x": 2, "y": 3}),
    ("b.transformMap(k, v, v > 1, v)", {"y": 2}),
    ("b.transformMapEntry(k, v, {v: k})", {1: "x", 2: "y"}),
    ("b.transformMapEntry(k, v, v > 1, {k: v})", {"y": 2}),
    ("cel.bind(t, a[0] + 1, t * t)", 4),
    ("cel.bind(t, 1, cel.bind(t, t + 1, t))", 2),
    ("b.?x.optMap(v, v + 1)", Optional.of(2)),
    ("b.?z.optMap(v, v + 1)", NONE),
    ("b.?x.optFlatMap(v, b.?y)", Optional.of(2)),
    ("b.?x.optMap(v, b.?y.optMap(w, v + w).value()).value()", 3),
    ("has(b.x) && !has(b.z)", True),
]


@pytest.mark.parametrize(("source", "expected"), VALUES)
def test_values(source: str, expected: Any) -> None:
    assert ENVIRONMENT.compile(source).evaluate({"a": LIST, "b": MAP, "c": None}) == expected


FAULTS = [
    ("has(a[0])", "1:6: invalid argument to has() macro"),
    ("has(a)", "1:5: invalid argument to has() macro"),
    ("a.all(b.c, true)", "1:8: argument must be a simple name"),
    ("a.exists('x', true)", "1:10: argument must be a simple name"),
    ("a.map(1, 2)", "1:7: argument is not an identifier"),
    ("a.filter(b(), c)", "1:11: argument is not an identifier"),
    ("a.all(x, x, true)", "1:10: duplicate variable name: x"),
    ("a.transformMap(x, 1, x)", "1:19: argument must be a simple name"),
    ("a.map(__result__, 1)", "1:7: iteration variable overwrites accumulator variable"),
    ("cel.bind(a.b, 1, 2)", "1:11: cel.bind() variable names must be simple identifiers"),
    ("a.optMap(1, 2)", "1:10: optMap() variable name must be a simple identifier"),
    ("a.optFlatMap(1, 2)", "1:14: optFlatMap() variable name must be a simple identifier"),
    ("runtime.newCondition(a)", "1:22: runtime.newCondition: argument must be a map literal"),
    ("runtime.newCondition({status: 'True'})", "1:22: runtime.newCondition: 'type' is required"),
    ("runtime.newCondition({type: 'A'})", "1:22: runtime.newCondition: 'status' is required"),
    ("runtime.newCondition({type: 'A', status: 'True', type: 'B'})", '1:50: runtime.newCondition: duplicate key "type"'),
    (
        "runtime.newCondition({type: 'A', status: 'True', state: 'B'})",
        '1:50: runtime.newCondition: unknown key "state" (allowed: type, status, reason, message)',
    ),
    (
        "runtime.newCondition({'type': 'A', status: 'True'})",
        "1:23: runtime.newCondition: keys must be bare identifiers (type, status, reason, message); quoted or computed keys are not allowed",
    ),
]


@pytest.mark.parametrize(("source", "expected"), FAULTS)
def test_what_macros_refuse(source: str, expected: str) -> None:
    with pytest.raises(CelError) as caught:
        parse(source)
    assert [f"{issue.line}:{issue.column + 1}: {issue.message}" for issue in caught.value.issues] == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "a.all(x)",
        "all(x, true)",
        "a.has(b.c)",
        "a.bind(x, 1, 2)",
        "other.newCondition({type: 1})",
        "a.map(x, y, z, w)",
        "a.existsOne(v, v > 1)",
    ],
)
def test_what_only_looks_like_a_macro_stays_a_call(source: str) -> None:
    assert isinstance(parse(source), Call)


def test_a_chain_of_optional_maps_does_not_double() -> None:
    source = "optional.of(1)" + ".optMap(x, x + 1)" * 30
    assert ENVIRONMENT.compile(source).evaluate({}) == Optional.of(31)


def test_nodes_of_a_macro_stand_at_its_call() -> None:
    expr = parse("a.all(v, v > 0)")
    assert isinstance(expr, Comprehension)
    assert {expr.offset, expr.accu_init.offset, expr.loop_condition.offset, expr.loop_step.offset, expr.result.offset} == {5}
