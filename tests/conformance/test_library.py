"""What the table of functions and macros says is what cel-go and Kubernetes' libraries answer."""

from __future__ import annotations

import re

import pytest

from graphcore.cel.library.registry import functions
from graphcore.cel.syntax.macros import MACROS
from tests.conformance.fuzz.differential import answer, compare
from tests.conformance.fuzz.oracle import Oracle
from tests.unit.cel.library_table import KRO, ROWS, VARIABLES
from tests.unit.cel.test_library_table import wrong_calls

PARAMETER = re.compile(r"<(\w+)>")
UNREACHABLE = frozenset({"in", "_in_", "__not_strictly_false__", "cel.@block"})
"""Older names of operators, and what only cel-go's optimizer writes; no source can call them."""
DATA = {"x": {"type": "dyn", "value": VARIABLES["x"]}}


def differs(oracle: Oracle, expression: str) -> str | None:
    """Both answers, if they differ."""
    question = {"expression": expression, "variables": DATA}
    ours, theirs = answer(question), oracle.ask(question)
    return f"here: {ours}, cel-go: {theirs}" if compare(question, ours, theirs) else None


@pytest.mark.parametrize("name", [name for name in ROWS if name not in KRO])
def test_cel_go_answers_as_the_table_says(oracle: Oracle, name: str) -> None:
    row = ROWS[name]
    edge = row.edge if isinstance(row.edge, str) else row.edge[0]
    assert {text: found for text in (row.right, row.wrong, edge) if (found := differs(oracle, text))} == {}


def test_cel_go_registers_the_same_functions_and_macros(oracle: Oracle) -> None:
    listed = oracle.ask({"list": True})
    theirs = {
        (name, one["id"], one["member"], *(PARAMETER.sub(r"\1", text) for text in (*one["arguments"], one["result"])))
        for name, signatures in listed["functions"].items()
        for one in signatures
    }
    ours = {
        (function.name, one.id, one.member, *(type_.text for type_ in (*one.arguments, one.result)))
        for function in functions().values()
        if function.name not in KRO
        for one in function.overloads
    }
    assert {signature for signature in theirs if signature[0] not in UNREACHABLE} == ours
    assert sorted(listed["macros"]) == sorted(f"{name}:{count}:{str(member).lower()}" for name, count, member in MACROS if name not in KRO)


def test_cel_go_refuses_what_is_refused_here(oracle: Oracle) -> None:
    asked = dict.fromkeys(call for name, call in wrong_calls() if name not in KRO)
    assert [call for call in asked if "issues" not in oracle.ask({"expression": call, "eval": False})] == []
    assert len(asked) > 2000
