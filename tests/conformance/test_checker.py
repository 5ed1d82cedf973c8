"""Types and error texts against cel-go's, recorded for every expression of the corpus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from graphcore.cel import CelError
from graphcore.cel.checking.checker import Scope, check, describe
from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.checking.overloads import Overloads
from graphcore.cel.library import encoders, optionals, standard, strings
from graphcore.cel.library.registry import join, type_names
from graphcore.cel.syntax.parser import parse
from graphcore.cel.types import BOOL, BYTES, DOUBLE, INT, NULL, STRING, UINT
from tests.conformance.corpus import Case
from tests.conformance.differences import CHECKER_DIFFERENCES, RECORDED_OTHERWISE
from tests.conformance.scopes import NoObjects, declarations

REQUIRED = 1520
_VARIABLES = {"is": STRING, "ii": INT, "iu": UINT, "iz": BOOL, "ib": BYTES, "id": DOUBLE, "ix": NULL}
_OWN = (
    Function("fg_s", (Overload("fg_s_0", (), STRING),)),
    Function("fi_s_s", (Overload("fi_s_s_0", (STRING,), STRING, member=True),)),
)


@cache
def _recorded_functions() -> dict[str, Function]:
    """The libraries of the environment in which the answers were recorded, as far as kro has them."""
    return join((standard.FUNCTIONS, optionals.FUNCTIONS, encoders.FUNCTIONS, strings.FUNCTIONS, _OWN))


@cache
def _overloads() -> Overloads:
    return Overloads(_recorded_functions(), standard.CROSS_TYPE_COMPARISONS)


def scope_of(case: Case) -> Scope:
    """Declarations of a case."""
    declared, functions = declarations(case)
    variables = {**_VARIABLES, **declared}
    overloads_ = _overloads()
    if functions:
        overloads_ = Overloads(join((tuple(_recorded_functions().values()), functions)), standard.CROSS_TYPE_COMPARISONS)
    roots = frozenset(name.partition(".")[0] for name in (*variables, *type_names()) if "." in name)
    return Scope(variables, NoObjects(), overloads_, type_names(), case.test.get("container", ""), roots)


def answer(case: Case) -> tuple[str | None, tuple[str, ...]]:
    """(type, errors) as recorded ones are written."""
    scope = scope_of(case)
    try:
        checked = check(parse(case.source, frozenset(scope.overloads.functions)), case.source, scope)
    except CelError as error:
        return None, tuple(f"{issue.line}:{issue.column + 1}: {issue.message}" for issue in error.issues)
    return describe(checked.type), ()


def comparable(recorded: list[Case]) -> Iterator[Case]:
    """Cases whose answer was recorded with settings that kro has too."""
    for case in recorded:
        if (case.recorded_type or case.recorded_errors) and not any(reason.applies(case) for reason in RECORDED_OTHERWISE):
            yield case


def test_types_and_errors_are_cel_gos(recorded: list[Case]) -> None:
    cases = list(comparable(recorded))
    different = [case for case in cases if answer(case) != (case.recorded_type, case.recorded_errors)]
    print(f"{len(cases) - len(different)} of {len(cases)} types and errors as cel-go's; {len(different)} listed differences")
    assert {case.key: answer(case) for case in different if case.key not in CHECKER_DIFFERENCES} == {}
    assert sorted(set(CHECKER_DIFFERENCES) - {case.key for case in different}) == [], "differences that are none any more"
    assert len(cases) - len(different) >= REQUIRED
