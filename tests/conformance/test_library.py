"""What the table of functions and macros says is what cel-go and Kubernetes' libraries answer."""

from __future__ import annotations

import re

import pytest

from tests.conformance.fuzz.differential import Oracle, answer, compare
from tests.unit.cel.library_table import ROWS
from tests.unit.cel.test_library_table import wrong_calls

_KROS = re.compile(
    r"\b(hash\.|json\.(un)?marshal|random\.|lists\.(set|insert|remove)AtIndex|merge|deepMerge|omit|runtime|newCondition|condition)"
)
ASKED = [name for name, row in ROWS.items() if not _KROS.search(name + row.right)]


def differs(oracle: Oracle, expression: str) -> str | None:
    """Both answers, if they differ."""
    question = {"expression": expression, "variables": {}}
    ours, theirs = answer(question), oracle.ask(question)
    return f"here: {ours}, cel-go: {theirs}" if compare(question, ours, theirs) else None


@pytest.mark.parametrize("name", ASKED)
def test_cel_go_answers_as_the_table_says(oracle: Oracle, name: str) -> None:
    row = ROWS[name]
    edge = row.edge if isinstance(row.edge, str) else row.edge[0]
    assert {text: found for text in (row.right, row.wrong, edge) if (found := differs(oracle, text))} == {}


def test_cel_go_refuses_what_is_refused_here(oracle: Oracle) -> None:
    asked = dict.fromkeys(call for name, call in wrong_calls() if name in ASKED)
    assert [call for call in asked if "issues" not in oracle.ask({"expression": call, "eval": False})] == []
    assert len(asked) > 2000


def test_most_rows_are_asked() -> None:
    assert len(ROWS) - len(ASKED) == 15
