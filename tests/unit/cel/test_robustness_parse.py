"""Hostile and mistaken text ends in a CelError, soon, whatever the caller left of Python's stack."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.cel import CelError, Environment, EvaluationError, compile_unchecked
from graphcore.cel.syntax.lexer import tokenize
from graphcore.cel.syntax.scanner import ScanError, scan

ENVIRONMENT = Environment({})

NESTED: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "lists": lambda n: "[" * n + "1" + "]" * n,
    "maps": lambda n: "{'a': " * n + "1" + "}" * n,
    "calls": lambda n: "dyn(" * n + "1" + ")" * n,
    "methods": lambda n: "'a'" + ".split('a').join('a')" * n,
    "selections": lambda n: "dyn({})" + ".a" * n,
    "indices": lambda n: "dyn([])" + "[0]" * n,
    "indices within": lambda n: "[0][" * n + "0" + "]" * n,
    "sums": lambda n: "1" + " + 1" * n,
    "sums within": lambda n: "1 + (" * n + "1" + ")" * n,
    "conditions": lambda n: "true ? 1 : " * n + "1",
    "conditions within": lambda n: "(true ? " * n + "1" + " : 1)" * n,
    "logic within": lambda n: "true && (" * n + "true" + ")" * n,
    "macros": lambda n: "[1].map(x, " * n + "1" + ")" * n,
    "macro chain": lambda n: "[1]" + ".map(x, x)" * n,
    "bindings": lambda n: "cel.bind(x, 1, " * n + "1" + ")" * n,
    "optional maps": lambda n: "optional.of(1)" + ".optMap(x, x)" * n,
    "objects": lambda n: "a{b: " * n + "1" + "}" * n,
    "open lists": lambda n: "[" * n,
    "open calls": lambda n: "a(" * n,
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("depth", [300, 10_000])
def test_deep_nesting_is_refused_in_words(name: str, depth: int) -> None:
    with pytest.raises(CelError) as caught:
        ENVIRONMENT.compile(NESTED[name](depth))
    words = ("recursion limit exceeded", "recursion depth exceeded", "size exceeds limit")
    assert any(word in issue.message for issue in caught.value.issues for word in words)


@pytest.mark.parametrize(
    "name", ["parentheses", "lists", "maps", "calls", "selections", "sums", "sums within", "conditions", "logic within"]
)
def test_nesting_within_the_limit_works(name: str) -> None:
    program = ENVIRONMENT.compile(NESTED[name](200))
    assert program.references == ()
    if name == "selections":
        with pytest.raises(EvaluationError, match="no such key"):
            program.evaluate({})
    else:
        program.evaluate({})


@pytest.mark.parametrize("name", NESTED)
def test_a_caller_deep_in_the_stack_gets_no_recursion_error(name: str) -> None:
    source = NESTED[name](100)

    def deep(frames: int) -> None:
        if frames:
            deep(frames - 1)
            return
        for make in (ENVIRONMENT.compile, compile_unchecked):
            with suppress(CelError, EvaluationError):
                make(source).evaluate({})

    deep(700)


def test_long_logic_is_not_deep() -> None:
    assert ENVIRONMENT.compile(" || ".join(["false"] * 5_000 + ["true"])).evaluate({}) is True


HOSTILE = {
    "a megabyte of random bytes": random.Random(1).randbytes(1_000_000).decode("latin-1"),
    "random bytes within the limit": random.Random(2).randbytes(99_000).decode("latin-1"),
    "quotes": '"' * 99_000,
    "three quotes and a bad escape": '"""\\z' * 19_000,
    "open escapes": '"\\x' * 30_000,
    "open raw strings": 'r"a' * 33_000,
    "back quotes": "`a" * 49_000,
    "question marks": "a?" * 49_000,
    "object names": "a." * 49_000 + "{",
    "digits": "9" * 99_000,
    "unknown names": "[" + "a," * 30_000 + "]",
    "nothing": "",
    "nul": "\0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_soon(name: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(CelError) as caught:
        ENVIRONMENT.compile(HOSTILE[name])
    assert 1 <= len(caught.value.issues) <= 250
    assert len(str(caught.value)) < 1_000_000
    assert time.perf_counter() - begin < 10


def test_types_that_would_grow_without_end_become_dyn() -> None:
    doubling = "".join(f"cel.bind(x{n + 1}, [{{'a': x{n}, 'b': x{n}}}], " for n in range(30))
    assert ENVIRONMENT.compile("cel.bind(x0, [1], " + doubling + "size(x30)" + ")" * 31).type.text == "int"
    assert "dyn" in ENVIRONMENT.compile("[" * 200 + "1" + "]" * 200).type.text


def test_a_surrogate_is_no_text() -> None:
    assert ENVIRONMENT.compile("'\ud800'").evaluate({}) == "\ufffd"


PIECES = [*"abc01.,:?!+-*/%<>=&|(){}[]'\"`\\ \n$", "has(", ".map(x, ", "true", "in", "r'", "b'", "${", "u", "''" + "'", '""' + '"']
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_any_text_compiles_or_is_refused(text: str) -> None:
    try:
        ENVIRONMENT.compile(text)
    except CelError as error:
        fault = error
    else:
        return
    assert fault.issues
    assert str(fault).startswith("ERROR: <input>:")


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_tokens_stand_where_they_say(text: str) -> None:
    tokens, unread = tokenize(text)
    for offset, part in [*zip(tokens.offsets, tokens.texts, strict=True)][:-1] + unread:
        assert text[offset : offset + len(part)] == part


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_any_template_is_taken_apart_or_refused(text: str) -> None:
    try:
        segments = scan(text)
    except ScanError:
        return
    assert "".join(f"${{{s.text}}}" if s.expression else s.text for s in segments) == text
