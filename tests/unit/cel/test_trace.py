"""How an expression came to its value, and what is not shown of it."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.trace import MAX_VALUES, Trace

VARIABLES: dict[str, Any] = {
    "d": {"name": "web", "n": 1, "l": [{"t": "A"}, {"t": "B"}]},
    "secret": {"data": {"password": "hunter2"}},
}


def steps(trace: Trace) -> list[tuple[str, tuple[Any, ...]]]:
    return [(step.text, step.values) for step in trace.steps]


def trace(source: str, **options: Any) -> Trace:
    return compile_unchecked(source).trace(VARIABLES, **options)


def test_every_sub_expression_with_its_range() -> None:
    found = trace('"a-" + d.name + string( d.n + 1 )')
    assert found.value == "a-web2"
    assert found.error is None
    assert steps(found) == [
        ('"a-" + d.name + string( d.n + 1 )', ("a-web2",)),
        ('"a-" + d.name', ("a-web",)),
        ('"a-"', ("a-",)),
        ("d.name", ("web",)),
        ("d", (VARIABLES["d"],)),
        ("string( d.n + 1 )", ("2",)),
        ("d.n + 1", (2,)),
        ("d.n", (1,)),
        ("d", (VARIABLES["d"],)),
        ("1", (1,)),
    ]
    for step in found.steps:
        assert found.source[step.start : step.end] == step.text


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("has(d.x)", ["has(d.x)", "d"]),
        ("d.l[0].t", ["d.l[0].t", "d.l[0]", "d.l", "d", "0"]),
        ("d.?x.orValue(1)", ["d.?x.orValue(1)", "d.?x", "d", "1"]),
        ("json.marshal([d.n])", ["json.marshal([d.n])", "[d.n]", "d.n", "d"]),
        ("cel.bind(x, d.n, x + 1)", ["cel.bind(x, d.n, x + 1)", "d.n", "d", "x + 1", "x", "1"]),
        ("{'k': d.n}", ["{'k': d.n}", "d.n", "d"]),
        ("d.n == 1 ? 2 : 3", ["d.n == 1 ? 2 : 3", "d.n == 1", "d.n", "d", "1", "2"]),
    ],
)
def test_what_macros_insert_is_not_shown(source: str, texts: list[str]) -> None:
    assert [step.text for step in trace(source).steps if step.text != "'k'"] == texts


def test_iterations_are_counted_and_sampled() -> None:
    found = compile_unchecked("l.map(x, x + 1)").trace({"l": list(range(100))})
    body = next(step for step in found.steps if step.text == "x + 1")
    assert body.count == 100
    assert body.values == tuple(range(1, MAX_VALUES + 1))


def test_what_was_skipped_has_no_step() -> None:
    assert "d.l" not in [step.text for step in trace("d.n == 1 || d.l == []").steps]


def test_an_error_is_part_of_the_trace() -> None:
    found = trace("d.missing.x || d.n == 2")
    assert found.error is not None
    assert found.error.reason is Reason.NO_SUCH_KEY
    assert found.value is None
    errors = {step.text: step.error for step in found.steps}
    assert errors["d.missing"] == "no such key: missing"
    assert errors["d.n == 2"] is None


@pytest.mark.parametrize(
    "source",
    [
        "secret.data.password",
        "'x' + secret.data.password",
        "secret.data.password == 'hunter2' ? d.name : 'no'",
        "secret.data.map(k, secret.data[k])",
        "secret.data.transformMap(k, v, v + '!')",
        "secret.data.exists(k, k == 'password')",
        "cel.bind(p, secret.data.password, p + p)",
        "[secret].map(s, s.data)",
        "['x'].map(i, i + secret.data.password)",
        "secret.?data.?password.optMap(p, p + 'x').orValue('')",
        "json.marshal({'s': secret})",
        "d.l.filter(e, secret.data.password == e.t)",
        ".secret.data.password",
        "['x'].map(secret, .secret.data.password + secret)",
    ],
)
def test_nothing_that_depends_on_a_secret_is_kept(source: str) -> None:
    found = trace(source, secret=("secret",))
    assert found.redacted
    assert found.value is None
    for step in found.steps:
        assert "hunter2" not in repr(step.values)
        if step.redacted:
            assert step.values == ()


def test_what_does_not_depend_on_it_is_shown() -> None:
    found = trace("d.name + secret.data.password", secret=("secret",))
    assert ("d.name", ("web",)) in steps(found)


@pytest.mark.parametrize("source", ["d.name", "d.l.map(e, e.t)", "d.missing", "1 / 0", "d.l.exists(e, e.t == 'B') && d.n + 1 == 2"])
def test_a_trace_agrees_with_the_evaluation(source: str) -> None:
    program = compile_unchecked(source)
    found = program.trace(VARIABLES)
    if found.error is None:
        assert found.value == program.evaluate(VARIABLES)
    else:
        with pytest.raises(type(found.error), match=found.error.message):
            program.evaluate(VARIABLES)
