"""Hostile and mistaken expressions end soon, in an error that says why; large honest ones pass."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from graphcore.cel import Budget, Environment, EvaluationError, compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.runtime.conversion import to_json
from graphcore.cel.types import DYN

THOUSAND = list(range(1000))
SECONDS = 5.0  # of processor time; about one is meant, the rest is for slow machines


def nest(names: Iterable[str], step: str, last: str) -> str:
    """``cel.bind(b, <step of a>, cel.bind(c, <step of b>, … last))``"""
    source = last
    for before, name in reversed(list(pairwise(names))):
        source = f"cel.bind({name}, {step.format(before)}, {source})"
    return source


ALPHABET = "abcdefghijklmnopqrstuvwxyz"

ENDLESS: list[tuple[str, dict[str, Any]]] = [
    ("l.all(x, l.all(y, l.all(z, true)))", {}),
    ("l.exists(x, l.exists(y, l.exists(z, false)))", {}),
    ("l.map(x, l.map(y, l.map(z, z).size()))", {}),
    ("l.filter(x, l.all(y, l.exists_one(z, z == 1)))", {}),
    ("l.all(x, 1 / 0 == 1 || l.all(y, l.all(z, true)))", {}),
    ("lists.range(1000000).map(x, lists.range(1000).size())", {}),
    ("m.all(k, v, m.all(k2, v2, l.all(z, true)))", {"m": {str(number): number for number in range(1000)}}),
    (nest(ALPHABET, "{0} + {0} + {0} + {0}", "z.size()"), {"a": "text"}),
    (nest(ALPHABET, "{0} + {0} + {0}", "z.size()"), {"a": [1]}),
    (nest(ALPHABET, "'-' + {0} + '-' + {0} + '-' + {0}", "z.size()"), {"a": "text"}),
    (nest(ALPHABET, "[{0}, {0}]", "z == z"), {"a": 1}),
    (nest(ALPHABET, "[{0}, {0}]", "json.marshal(z)"), {"a": 1}),
    (nest(ALPHABET, "{{'x': {0}, 'y': {0}}}", "'%s'.format([z])"), {"a": 1}),
    (nest(ALPHABET[:12], "{0}.replace('', 'xxxxxxxx')", "l.size()"), {"a": "x"}),
    ("l.map(x, l.map(y, s + s))", {"s": "x" * 100}),
    ("big.all(x, x in big)", {"big": list(range(100_000))}),
    ("l.map(x, l.map(y, [x, y]))", {}),
    ("l.map(x, l.map(y, {'x': x}))", {}),
]


@pytest.mark.parametrize(("source", "variables"), ENDLESS, ids=[source[:40] for source, _ in ENDLESS])
def test_the_budget_ends_it(source: str, variables: dict[str, Any]) -> None:
    program = compile_unchecked(source)
    begun = time.process_time()
    with pytest.raises(EvaluationError) as caught:
        program.evaluate({"l": THOUSAND, **variables})
    assert caught.value.reason is Reason.BUDGET
    assert not caught.value.pending
    assert time.process_time() - begun < SECONDS


def test_a_range_of_ten_million_is_refused() -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_unchecked("lists.range(10000000).size()").evaluate({})
    assert not caught.value.pending


def test_a_result_that_shares_its_parts_is_not_written_out() -> None:
    value = compile_unchecked(nest(ALPHABET, "[{0}, {0}]", "z")).evaluate({"a": 1})
    with pytest.raises(EvaluationError) as caught:
        to_json(value)
    assert caught.value.reason is Reason.BUDGET


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("l.all(x, l.all(y, x + y >= 0))", True),
        ("l.map(x, l.filter(y, y == x).size()).sum()", 1000),
        ("l.map(x, l.exists(y, x == y)).size()", 1000),
        ("l.map(x, l.map(y, x)).size()", 1000),
    ],
)
def test_collections_of_a_thousand_nested_twice_pass(source: str, expected: Any) -> None:
    assert compile_unchecked(source).evaluate({"l": THOUSAND}) == expected


def test_errors_do_not_hide_an_exhausted_budget() -> None:
    for source in ("l.all(x, true) || true", "true && l.all(x, true)", "l.exists(y, l.all(x, true))", "cel.bind(b, l.all(x, true), true)"):
        with pytest.raises(EvaluationError) as caught:
            compile_unchecked(source).evaluate({"l": THOUSAND}, Budget(steps=500))
        assert caught.value.reason is Reason.BUDGET


def test_a_budget_is_spent_across_evaluations() -> None:
    budget = Budget(steps=2500)
    program = compile_unchecked("l.all(x, true)")
    assert program.evaluate({"l": THOUSAND}, budget)
    assert program.evaluate({"l": THOUSAND}, budget)
    with pytest.raises(EvaluationError):
        program.evaluate({"l": THOUSAND}, budget)
    assert program.evaluate({"l": THOUSAND})


BIG = {"l": list(range(100_000)), "s": "a" * 1_000_000, "m": {str(number): number for number in range(50_000)}}


@pytest.mark.parametrize(
    "walk",
    [
        "l == l", "l.sum()", "l.max()", "l.isSorted()", "l.indexOf(-1)", "l.distinct()", "-1 in l", "l.reverse()", "m == m", "m.merge(m)", "json.marshal(m)",
        "s.contains('b')", "s.matches('(a*)*b')", "s.find('b')", "hash.sha256(s)", "s.indexOf('b')", "s.replace('b', 'c')", "s.split('b')",
        "[l] == [l]", "l in [l, l]", "[l].indexOf(l + [1])",
    ],
)  # fmt: skip
def test_walking_through_large_values_again_and_again_ends_with_the_budget(walk: str) -> None:
    source = f"lists.range(1000).map(i, {walk})"
    for program in (Environment(dict.fromkeys(BIG, DYN)).compile(source), compile_unchecked(source)):
        with pytest.raises(EvaluationError) as failure:
            program.evaluate(BIG, Budget(steps=100_000))
        assert failure.value.reason is Reason.BUDGET


@pytest.mark.parametrize("walk", ["[v].distinct()", "v.deepMerge(v)", "[v, v].indexOf({'a': v, 'b': 1})"])
def test_parts_that_are_shared_are_not_walked_for_ever(walk: str) -> None:
    source = nest([f"v{number}" for number in range(40)], "{{'a': {0}, 'b': {0}}}", f"cel.bind(v, v39, {walk})")
    outcome: Any = None
    try:
        compile_unchecked(source).evaluate({"v0": {"a": 1}}, Budget(steps=100_000))
    except EvaluationError as error:
        outcome = error.reason
    assert outcome in (None, Reason.BUDGET)


def test_a_walk_outside_loops_is_not_held_against_anybody() -> None:
    assert compile_unchecked("l == l && l.sum() > 0 && m == m && s.contains('a') && !(-1 in l)").evaluate(BIG) is True


def test_integers_beyond_64_bits_in_data_compare_without_overflow() -> None:
    data = {"n": 10**400}
    assert [compile_unchecked(source).evaluate(data) for source in ("n == 1.0", "n < 1.5", "n > 1.5", "n == n")] == [
        False,
        False,
        True,
        True,
    ]
