"""Asking for a part of what has no parts: absent in kro; an error with cel-go's option, which the specification's tests assume."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import Budget, EvaluationError
from graphcore.cel.compiler import BUDGET, compile_expression
from graphcore.cel.errors import Reason
from graphcore.cel.library.registry import functions
from graphcore.cel.syntax.parser import parse

VARIABLES: dict[str, Any] = {"d": {"null": None, "number": 1, "map": {"a": 1}, "list": [1]}}


def outcome(source: str, strict: bool) -> Any:
    evaluate = compile_expression(parse(source, frozenset(functions())), functions(), strict_presence=strict)
    try:
        return evaluate({**VARIABLES, BUDGET: Budget()})
    except EvaluationError as error:
        return error.reason


@pytest.mark.parametrize(
    "source",
    [
        "has(d.number.a)",
        "has(d.map.a.b)",
        'has(d["null"].a)',
        "d.?number.?a.hasValue()",
        "d.?number.a.hasValue()",
        'd[?"null"].?a.hasValue()',
        'd.?map.a["b"].hasValue()',
        "d.?map[?'a'][?'b'].hasValue()",
        "optional.of(1).a.hasValue()",
        "cel.bind(o, optional.of(1), o.a.hasValue())",
        "dyn(ip('1.1.1.1')).?a.hasValue()",
    ],
)
def test_a_scalar_has_no_parts(source: str) -> None:
    assert outcome(source, strict=False) is False
    assert outcome(source, strict=True) in (Reason.NO_SUCH_KEY, Reason.NO_SUCH_FIELD)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("has(d.map.a)", True),
        ("has(d.map.b)", False),
        ("d.?none.?a.b.hasValue()", False),
        ("d.?map.?b.hasValue()", False),
        ("d.?map.a.value()", 1),
        ("d.?list[0].value()", 1),
        ("d.?list[?1].hasValue()", False),
        ("optional.none().a.hasValue()", False),
    ],
)
def test_what_has_parts_is_asked_the_same_way(source: str, value: Any) -> None:
    assert outcome(source, strict=False) == value
    assert outcome(source, strict=True) == value
