"""Evaluation survives whatever it is given: deep and broken data, deep expressions, patterns made to be slow, many threads."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.cel import EvaluationError, compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.runtime.conversion import to_json
from graphcore.cel.runtime.values import equals

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "items", "type", ""]), children, max_size=4)
    ),
    max_leaves=12,
)

EXPRESSIONS = (
    "x.a.b",
    "x.a == 'text'",
    "x.items.exists(i, i.type == 'a' && i.b > 1)",
    "x.items.map(i, i + i)",
    "x.items.filter(i, has(i.a)).size() > 0",
    "x.?a.?b.orValue(x.a)",
    "'t-' + x.a + '-' + string(x.b)",
    "x.a + x.b",
    "x.a < x.b || x.a > x.b",
    "x.a in x.items",
    "x.items[x.b]",
    "{x.a: x.b}",
    "x.transformMap(k, v, v.a)",
    "-x.a / x.b % 3",
    "x.a ? x.b : !x.b",
    "int(x.a) + int(string(x.b))",
    "timestamp(x.a) - timestamp(x.b)",
    "x.a.matches(x.b) || x.b.contains(x.a)",
    "x.items.sort() == x.items.distinct().reverse()",
    "x.items.sum() + x.items.max()",
    "json.marshal(x) == json.marshal(json.unmarshal(json.marshal(x)))",
    "x.merge(x.a).deepMerge(x.b)",
    "x.items.flatten().join(x.a).split(x.b)",
    "'%s %d %x'.format([x.a, x.b, x.items])",
    "x.a.substring(x.b).charAt(x.b).replace(x.a, x.b)",
    "lists.range(x.a).slice(x.b, x.a)",
    "hash.sha256(x.a) == base64.decode(x.b)",
    "quantity(x.a).add(quantity(x.b)).asInteger()",
    "cel.bind(y, x.a, y == x.b && y in x.items)",
    "x == x.a || x.items == x.items",
)
PROGRAMS = tuple(compile_unchecked(source) for source in EXPRESSIONS)


@given(st.sampled_from(PROGRAMS), values)
@settings(max_examples=600, deadline=None)
def test_any_data_gives_a_value_or_an_evaluation_error(program: Any, data: Any) -> None:
    with suppress(EvaluationError):
        to_json(program.evaluate({"x": data}))


@pytest.mark.parametrize(
    "source",
    [
        "!" * 200 + "true",
        "(" * 200 + "x" + ")" * 200,
        "[" * 200 + "x" + "]" * 200,
        "{'a': " * 100 + "x" + "}" * 100,
        "x" + ".a" * 200,
        " + ".join(["1"] * 200),
        " + ".join(["'a'"] * 200),
        " && ".join(["true"] * 3000),
        " || ".join(["1 / 0 == 1"] * 1000 + ["true"]),
        "[1].map(a, " * 50 + "x" + ")" * 50,
        "cel.bind(a, x, " * 60 + "a" + ")" * 60,
        "true ? (" * 80 + "x" + ") : x" * 80,
        "(" * 90 + "1 / 0 == 1" + " && true) || false" * 90,
    ],
)
def test_deep_expressions(source: str) -> None:
    program = compile_unchecked(source)
    try:
        program.evaluate({"x": 1})
    except EvaluationError as error:
        reason = error.reason
    else:
        reason = None
    assert reason is not Reason.BUDGET


def test_failing_operands_are_evaluated_once() -> None:
    """Nested ``&&`` and ``||`` over an error would take 2**60 steps if an operand were tried again."""
    source = "1 / 0 == 1"
    for _ in range(30):
        source = f"(({source}) && true) || false"
    begun = time.process_time()
    with pytest.raises(EvaluationError):
        compile_unchecked(source).evaluate({})
    assert time.process_time() - begun < 1


def test_deep_data() -> None:
    deep: Any = {"leaf": 1}
    for _ in range(5_000):
        deep = {"a": [deep]}
    for source in ("x == x", "x.a[0].a[0].a.size()", "x.map(k, k)", "[x, x][0] == x"):
        compile_unchecked(source).evaluate({"x": deep})
    for source in ("json.marshal(x)", "'%s'.format([x])", "string(x)"):
        with pytest.raises(EvaluationError):
            compile_unchecked(source).evaluate({"x": deep})


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|aa)+$", "^(a+)+$", "(.*)*x", "a{1000}", "(?i)((a{0,30}){0,30})b"])
def test_patterns_made_to_be_slow(pattern: str) -> None:
    begun = time.process_time()
    with suppress(EvaluationError):  # too large a pattern is refused
        compile_unchecked("s.matches(p)").evaluate({"s": "a" * 50_000 + "!", "p": pattern})
    assert time.process_time() - begun < 2


def test_surrogates_do_no_harm() -> None:
    for source in ("x.matches('a')", "x + 'a'", "x.size()", "x == 'a'", "bytes(x).size()", "json.marshal(x)", "x < 'a'"):
        with suppress(EvaluationError):
            compile_unchecked(source).evaluate({"x": "\ud800"})


def test_one_program_in_many_threads() -> None:
    program = compile_unchecked("l.map(x, l.filter(y, y > x).size() + x)")

    def run(seed: int) -> bool:
        numbers = random.Random(seed).sample(range(100), 20)
        expected = [sum(1 for y in numbers if y > x) + x for x in numbers]
        return all(equals(program.evaluate({"l": numbers}), expected) for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(run, range(16)))
