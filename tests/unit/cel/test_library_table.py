"""The table of all functions and macros: it holds, and it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from graphcore.cel import CelError, Environment, EvaluationError
from graphcore.cel.checking.declarations import Overload
from graphcore.cel.library.conditions import RUNTIME_TYPE
from graphcore.cel.library.registry import disabled_overloads, functions
from graphcore.cel.syntax import parser as parser_module
from graphcore.cel.syntax.macros import MACROS
from graphcore.cel.types import DYN, Kind, Type
from tests.unit.cel.library_table import ROWS, VARIABLES

_MACRO_ROWS = {"bind": "cel.bind"}
_INTERNAL = frozenset({"@not_strictly_false"})  # what macros expand to; every loop uses it
_SAMPLES = {
    Kind.BOOL: "true",
    Kind.INT: "1",
    Kind.UINT: "1u",
    Kind.DOUBLE: "1.0",
    Kind.STRING: "'a'",
    Kind.BYTES: "b'a'",
    Kind.TIMESTAMP: "timestamp(0)",
    Kind.DURATION: "duration('1s')",
    Kind.NULL: "null",
    Kind.LIST: "[{'a': 1u}]",
    Kind.MAP: "{'a': [1u]}",
    Kind.TYPE: "type(1)",
}
_NULLABLE = frozenset({Kind.TIMESTAMP, Kind.DURATION, Kind.OPAQUE, Kind.OBJECT})  # null is assignable to those, as in cel-go
_OPAQUE = {
    "net.IP": "ip('::1')",
    "net.CIDR": "cidr('::/0')",
    "kubernetes.Quantity": "quantity('1')",
    "kubernetes.Semver": "semver('1.0.0')",
    "kubernetes.URL": "url('/')",
    "optional_type": "optional.of(1)",
    "kro.run.Runtime": "runtime",
}


@pytest.fixture(scope="module")
def environment() -> Environment:
    return Environment({"x": DYN, "runtime": RUNTIME_TYPE})


def holds(environment: Environment, case: str | tuple[str, str]) -> None:
    if isinstance(case, str):
        assert environment.compile(case).evaluate(VARIABLES) is True
        return
    expression, message = case
    with pytest.raises(EvaluationError) as failure:
        environment.compile(expression).evaluate(VARIABLES)
    assert message in failure.value.message
    assert not failure.value.pending or "[1][1]" in expression


@pytest.mark.feature(44, 45, 46, 47, 48, 49, 50, 51, 52, 54)
@pytest.mark.parametrize("name", ROWS)
def test_right_use(environment: Environment, name: str) -> None:
    holds(environment, ROWS[name].right)


@pytest.mark.parametrize("name", ROWS)
def test_wrong_type_is_refused(environment: Environment, name: str) -> None:
    with pytest.raises(CelError) as refusal:
        environment.compile(ROWS[name].wrong)
    assert any(ROWS[name].message in issue.message for issue in refusal.value.issues), [i.message for i in refusal.value.issues]


@pytest.mark.parametrize("name", ROWS)
def test_edge_case(environment: Environment, name: str) -> None:
    holds(environment, ROWS[name].edge)


def test_every_function_and_macro_has_a_row() -> None:
    macros = {_MACRO_ROWS.get(name, name) for name, _, _ in MACROS}
    syntax = {"[?e]", "{?k: e}"}
    assert functions().keys() | macros | syntax == ROWS.keys() | _INTERNAL


@pytest.mark.parametrize("name", sorted(functions().keys() - _INTERNAL))
def test_the_right_use_of_a_function_uses_every_overload(environment: Environment, name: str) -> None:
    used = {ids[0] for ids in environment.check(ROWS[name].right).overloads.values() if len(ids) == 1}
    assert {overload.id for overload in functions()[name].overloads} - disabled_overloads() - used == set()


def test_the_right_use_of_a_macro_uses_every_number_of_arguments(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[tuple[str, int, bool]] = set()

    def noting(key: tuple[str, int, bool]) -> Callable[..., Any]:
        def expand(*arguments: Any) -> Any:
            seen.add(key)
            return MACROS[key](*arguments)

        return expand

    monkeypatch.setattr(parser_module, "MACROS", {key: noting(key) for key in MACROS})
    for key in MACROS:
        seen.clear()
        environment.parse(ROWS[_MACRO_ROWS.get(key[0], key[0])].right)
        assert key in seen


def sample(wanted: Type) -> str:
    if wanted.kind in (Kind.OPAQUE, Kind.OBJECT):
        return _OPAQUE[wanted.name]
    if wanted.kind is Kind.LIST and wanted.parameters[0].kind in _SAMPLES:
        return f"[{sample(wanted.parameters[0])}]"
    if wanted.kind is Kind.MAP and wanted.parameters[1].kind in _SAMPLES:
        return f"{{'a': {sample(wanted.parameters[1])}}}"
    return _SAMPLES.get(wanted.kind, "[1]")


def wrong_calls() -> Iterator[tuple[str, str]]:
    """Calls by name in which one argument has a kind that no overload takes in that place."""
    for function in functions().values():
        if not function.name[0].isalpha() or "@" in function.name:
            continue
        for overload in function.overloads:
            alike = [
                other for other in function.overloads if (other.member, len(other.arguments)) == (overload.member, len(overload.arguments))
            ]
            for place in range(len(overload.arguments)):
                kinds = {other.arguments[place].kind for other in alike}
                if kinds & {Kind.DYN, Kind.PARAMETER}:
                    continue
                opaque = {other.arguments[place].name for other in alike}
                taken = kinds | {Kind.NULL} if kinds & _NULLABLE else kinds
                others = [text for kind, text in _SAMPLES.items() if kind not in taken]
                others += [text for name, text in _OPAQUE.items() if name not in opaque]
                for text in others:
                    yield function.name, written(function.name, overload, place, text)


def written(name: str, overload: Overload, place: int, text: str) -> str:
    arguments = [text if at == place else sample(wanted) for at, wanted in enumerate(overload.arguments)]
    receiver = f"({arguments.pop(0)})." if overload.member else ""
    return f"{receiver}{name}({', '.join(arguments)})"


def test_no_overload_takes_any_other_kind_of_argument_in_any_place(environment: Environment) -> None:
    count, taken = 0, []
    for _, source in dict.fromkeys(wrong_calls()):
        count += 1
        try:
            environment.check(source)
        except CelError:
            continue
        taken.append(source)
    assert taken == []
    assert count > 2000
