"""Values and errors of the CEL specification's own conformance tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from graphcore.cel import Budget, CelError, EvaluationError
from graphcore.cel.checking.checker import Scope, check
from graphcore.cel.checking.overloads import Overloads
from graphcore.cel.compiler import BUDGET, compile_expression
from graphcore.cel.library.registry import disabled_overloads, functions, join, type_names
from graphcore.cel.runtime.times import format_duration
from graphcore.cel.runtime.values import Duration
from graphcore.cel.syntax.parser import parse
from graphcore.cel.types import Type
from tests.conformance.corpus import Case, same, type_from, value_from
from tests.conformance.differences import CEL_GO_AS_WE, EVALUATION_DIFFERENCES
from tests.conformance.fuzz.differential import answer, compare
from tests.conformance.fuzz.oracle import Oracle
from tests.conformance.scopes import NoObjects, declarations

REQUIRED = 1720
COMPLETE = {"optionals": 89, "macros2": 46, "bindings_ext": 8}


def _scope(case: Case) -> Scope:
    variables: dict[str, Type]
    variables, own = declarations(case)
    known = functions() if not own else join((tuple(functions().values()), own))
    roots = frozenset(name.partition(".")[0] for name in (*variables, *type_names()) if "." in name)
    return Scope(variables, NoObjects(), Overloads(known, disabled_overloads()), type_names(), case.test.get("container", ""), roots)


def _value(case: Case, evaluate: Callable[[dict[str, Any]], Any]) -> Any:
    """The value, or the EvaluationError instead of one."""
    variables: dict[str, Any] = {name: value_from(bound["value"]) for name, bound in case.test.get("bindings", {}).items()}
    try:
        return evaluate({**variables, BUDGET: Budget()})
    except EvaluationError as error:
        return error


def _fault(case: Case) -> str | None:
    """What is wrong with our answer to a case; None if nothing is."""
    test = case.test
    scope = _scope(case)
    known = scope.overloads.functions
    expr = parse(case.source, frozenset(known))
    unchecked = compile_expression(expr, known, strict_presence=True)
    if test.get("disableCheck"):
        return _wrong(test, _value(case, unchecked))
    checked = check(expr, case.source, scope)
    wanted = test.get("typedResult", {}).get("deducedType")
    if wanted is not None and checked.type != type_from(wanted):
        return f"type {checked.type}, not {type_from(wanted)}"
    if test.get("checkOnly"):
        return None
    given = _value(case, compile_expression(expr, known, checked.overloads, checked.names, strict_presence=True))
    if not checked.names:
        again = _value(case, unchecked)
        if str(again) != str(given) if isinstance(given, EvaluationError) else not same(given, again):
            return f"unchecked {again!r}, checked {given!r}"
    return _wrong(test, given)


def _wrong(test: Mapping[str, Any], given: Any) -> str | None:
    if "evalError" in test:
        return None if isinstance(given, EvaluationError) else f"{given!r}, not an error"
    expected = value_from(test.get("value") or test.get("typedResult", {}).get("result") or {"boolValue": True})
    return None if same(given, expected) else f"{given!r}, not {expected!r}"


def _answered(case: Case) -> str | None:
    """What is wrong with our answer to a case, or with our refusal; None if nothing is."""
    try:
        return _fault(case)
    except CelError as error:
        message = error.issues[0].message
        wanted = [known.get("message") for known in case.test.get("evalError", {}).get("errors", ())]
        return None if message in wanted else f"refused: {message}"


@pytest.fixture(scope="module")
def faults(specification: list[Case]) -> dict[str, str]:
    """Every case that we do not answer as specified, with what is wrong."""
    found = {case.key: _answered(case) for case in specification}
    return {key: fault for key, fault in found.items() if fault is not None}


def test_every_case_is_answered_as_specified_or_listed(specification: list[Case], faults: dict[str, str]) -> None:
    total = len(specification)
    print(f"{total - len(faults)} of {total} cases of the specification; {len(faults)} listed differences")
    assert {key: fault for key, fault in faults.items() if key not in EVALUATION_DIFFERENCES} == {}
    assert sorted(set(EVALUATION_DIFFERENCES) - set(faults)) == [], "differences that are none any more"
    assert total - len(faults) >= REQUIRED


@pytest.mark.parametrize("area", COMPLETE)
def test_optionals_macros_of_two_variables_and_bindings_are_complete(specification: list[Case], faults: dict[str, str], area: str) -> None:
    cases = [case.key for case in specification if case.area == area]
    print(f"{area} {len(cases)}")
    assert len(cases) == COMPLETE[area]
    assert [key for key in cases if key in faults] == []


@pytest.mark.parametrize("key", sorted(CEL_GO_AS_WE))
def test_cel_go_differs_from_the_specification_as_we_do(specification: list[Case], oracle: Oracle, key: str) -> None:
    (case,) = [case for case in specification if case.key == key]
    bound = {name: value_from(binding["value"]) for name, binding in case.test.get("bindings", {}).items()}
    question = {"expression": case.source, "variables": {name: _written(value) for name, value in bound.items()}}
    assert compare(question, answer(question), oracle.ask(question)) is None


def _written(value: Any) -> dict[str, str]:
    """A variable as celoracle reads it; these cases have durations only."""
    assert isinstance(value, Duration)
    return {"type": "duration", "value": format_duration(value)}
