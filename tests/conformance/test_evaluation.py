"""Values and errors of the CEL specification's own conformance tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from graphcore.cel import Budget, CelError, EvaluationError
from graphcore.cel.checker import Scope, check
from graphcore.cel.compiler import BUDGET, compile_expression
from graphcore.cel.overloads import Overloads
from graphcore.cel.parser import parse
from graphcore.cel.registry import disabled_overloads, functions, join, type_names
from graphcore.cel.types import Type
from tests.conformance.corpus import Case, same, type_from, value_from
from tests.conformance.differences import EVALUATION_DIFFERENCES
from tests.conformance.scopes import NoObjects, declarations

REQUIRED = 1400
COMPLETE = ("optionals", "macros2", "bindings_ext")
OTHER_IN_KRO = [key for key in EVALUATION_DIFFERENCES if key.startswith("conformance/optionals/")]


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
    unchecked = compile_expression(expr, known)
    if test.get("disableCheck"):
        return _wrong(test, _value(case, unchecked))
    checked = check(expr, case.source, scope)
    wanted = test.get("typedResult", {}).get("deducedType")
    if wanted is not None and checked.type != type_from(wanted):
        return f"type {checked.type}, not {type_from(wanted)}"
    if test.get("checkOnly"):
        return None
    given = _value(case, compile_expression(expr, known, checked.overloads, checked.names))
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


@pytest.fixture(scope="module")
def faults(corpus: list[Case]) -> dict[str, str]:
    """Every case of the specification that we do not answer as it wants, with what is wrong."""
    found = {}
    for case in corpus:
        if case.suite.startswith("conformance/"):
            try:
                fault = _fault(case)
            except CelError as error:
                fault = f"refused: {error.issues[0].message}"
            if fault is not None:
                found[case.key] = fault
    return found


def test_every_case_is_answered_as_specified_or_listed(corpus: list[Case], faults: dict[str, str]) -> None:
    total = sum(case.suite.startswith("conformance/") for case in corpus)
    print(f"{total - len(faults)} of {total} cases of the specification; {len(faults)} listed differences")
    assert {key: fault for key, fault in faults.items() if key not in EVALUATION_DIFFERENCES} == {}
    assert sorted(set(EVALUATION_DIFFERENCES) - set(faults)) == [], "differences that are none any more"
    assert total - len(faults) >= REQUIRED


def test_optionals_macros_of_two_variables_and_bindings_are_complete(corpus: list[Case], faults: dict[str, str]) -> None:
    counts = Counter(case.area for case in corpus if case.area in COMPLETE)
    print(", ".join(f"{area} {counts[area]}" for area in COMPLETE), f"without {len(OTHER_IN_KRO)} in which kro differs")
    assert counts == {"optionals": 59, "macros2": 46, "bindings_ext": 5}
    assert sorted(key for key in faults if key.split("/")[1] in COMPLETE) == sorted(OTHER_IN_KRO)
