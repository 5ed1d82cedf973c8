"""The reference page of functions is what the docstrings say."""

from __future__ import annotations

import inspect
import re

import pytest

from graphcore.cel.checking.declarations import Function
from graphcore.cel.library.registry import functions
from graphcore.cel.syntax.macros import MACROS
from tests.tools import cel_reference
from tests.unit.cel.library_table import Row

LIBRARIES = [(title, function) for title, functions in cel_reference.modules() for function in functions]


def test_the_committed_page_is_up_to_date() -> None:
    assert cel_reference.PAGE.read_text(encoding="utf-8") == cel_reference.page(), "run `python -m tests.tools.cel_reference`"


def test_every_macro_operator_and_function_is_on_the_page() -> None:
    assert {name for name, _, _ in MACROS} == cel_reference.MACROS.keys()
    page = cel_reference.page()
    on_page = {name for name in functions() if f"\n### `{name}`\n" in page}
    written_otherwise = cel_reference.SYNTAX.keys() | cel_reference.OPERATORS.keys() | set(cel_reference.MACROS)
    internal = {name for name in functions() if "@" in name and name != "@in"}
    assert functions().keys() == on_page | (functions().keys() & written_otherwise) | internal


def test_every_entry_has_signature_errors_source_and_examples() -> None:
    parts = re.split(r"\n### ", cel_reference.page().partition("\n## Differences")[0])[1:]
    named = [function for _, function in LIBRARIES if cel_reference.is_callable_by_name(function)]
    assert len(parts) == len(named) + len(cel_reference.MACROS) + len(cel_reference.SYNTAX) + len(cel_reference.OPERATORS)
    for part in parts:
        assert re.search(r"^```text\n(.+\n)+```$", part, re.M), part
        assert re.search(r"^Errors: .+\.$", part, re.M), part
        assert re.search(r"^\*.+\*$", part, re.M), part
        assert re.search(r"^Examples:\n\n```text\n.+\n", part, re.M), part


@pytest.mark.parametrize(("title", "function"), LIBRARIES, ids=[f"{title}-{function.name}" for title, function in LIBRARIES])
def test_functions_describe_themselves(title: str, function: Function) -> None:
    for overload in function.overloads:
        text = inspect.getdoc(overload.implementation) if overload.implementation else None
        if text is not None:
            assert "\nErrors: " in text, overload.id
            assert "\nSource: " in text, overload.id


def test_examples_show_what_they_say() -> None:
    row = Row("'a' == 'a' && size('b') == 1", "size(1)", ("1 / 0 == 1", "division"))
    assert cel_reference.examples(row).splitlines()[3:-1] == [
        "'a' == 'a'",
        "size('b') == 1",
        "1 / 0 == 1   // error: division by zero",
        "size(1)   // refused: found no matching overload for 'size' applied to '(int)'",
    ]
    assert cel_reference.terms("[1].all(x, x > 0 && x < 2) && true") == ["[1].all(x, x > 0 && x < 2)", "true"]
