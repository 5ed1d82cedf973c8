"""The reference page of functions is what the docstrings say."""

from __future__ import annotations

import inspect

import pytest

from graphcore.cel.declarations import Function
from graphcore.cel.macros import MACROS
from tests.tools import cel_reference

LIBRARIES = [(title, function) for title, functions in cel_reference.modules() for function in functions]


def test_the_committed_page_is_up_to_date() -> None:
    assert cel_reference.PAGE.read_text(encoding="utf-8") == cel_reference.page(), "run `python -m tests.tools.cel_reference`"


def test_every_macro_is_described() -> None:
    assert {name for name, _, _ in MACROS} == cel_reference.MACROS.keys()


@pytest.mark.parametrize(("title", "function"), LIBRARIES, ids=[f"{title}-{function.name}" for title, function in LIBRARIES])
def test_functions_describe_themselves(title: str, function: Function) -> None:
    if not cel_reference.is_callable_by_name(function) or title == "Standard functions":
        return
    for overload in function.overloads:
        text = inspect.getdoc(overload.implementation) or ""
        assert "\nErrors: " in text, overload.id
        assert "\nSource: " in text, overload.id
