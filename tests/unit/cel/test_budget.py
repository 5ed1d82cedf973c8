"""Hostile and mistaken expressions end soon, in an error that says why; large honest ones pass."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest

from graphcore.cel import Budget, EvaluationError, compile_unchecked
from graphcore.cel.conversion import to_json
from graphcore.cel.errors import Reason

THOUSAND = list(range(1000))
SECONDS = 5.0  # of processor time; about one is meant, the rest is for slow machines


def nest(names: str, step: str, last: str) -> str:
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
