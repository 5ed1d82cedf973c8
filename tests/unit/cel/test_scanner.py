"""Where expressions begin and end in template strings (docs/explanation/cel.md)."""

from __future__ import annotations

import pytest

from graphcore.cel.syntax.scanner import ScanError, has_expression, is_standalone, quote, scan, to_expression

TAKEN_APART = [
    ("", []),
    ("plain", ["plain"]),
    ("${a}", [("a",)]),
    ("${}", [("",)]),
    ("x-${a}-y", ["x-", ("a",), "-y"]),
    ("${a}${b}", [("a",), ("b",)]),
    ("${a}}", [("a",), "}"]),
    ("$${x}", ["$", ("x",)]),
    ("\\${x}", ["\\", ("x",)]),
    ("$VAR $(X)", ["$VAR $(X)"]),
    ("${abc", ["${abc"]),
    ("${abc and ${", None),
    ("text ${ it's", ["text ${ it's"]),
    ("${{'a': 1}.a}", [("{'a': 1}.a",)]),
    ('${"}"}', [('"}"',)]),
    ('${"${HOME}"}', [('"${HOME}"',)]),
    ('${"\\"}"}', [('"\\"}"',)]),
    ("${'}'}", [("'}'",)]),
    ("${'\"'}", [("'\"'",)]),
    ("${'\\'}'}", [("'\\'}'",)]),
    ('${r"\\"}', [('r"\\"',)]),
    ('${"""a"}b"""}', [('"""a"}b"""',)]),
    ("${'''}'''}", [("'''}'''",)]),
    ('${"" + "}"}', [('"" + "}"',)]),
    ("${a // b}", [("a // b",)]),
    ("${a // don't\n}", [("a // don't\n",)]),
    ('${a // "}"\n}', [('a // "}"\n',)]),
    ("${'http://x' + \"}\"}", [("'http://x' + \"}\"",)]),
    ('${bar"x"}', [('bar"x"',)]),
    ("${ a\n+ b }", [(" a\n+ b ",)]),
    ("${a ${b}", None),
    ("${a ${b}}", None),
    ('${"abc}', None),
    ("${'abc}", None),
]


@pytest.mark.parametrize(("text", "parts"), TAKEN_APART)
def test_a_template_is_taken_apart(text: str, parts: list[str | tuple[str]] | None) -> None:
    if parts is None:
        with pytest.raises(ScanError):
            scan(text)
        return
    segments = scan(text)
    assert [(s.text,) if s.expression else s.text for s in segments] == parts
    for segment in segments:
        assert text[segment.offset : segment.offset + len(segment.text)] == segment.text


@pytest.mark.parametrize(
    ("text", "expected"), [("${a}", True), (" ${a}", False), ("${a}\n", False), ("${a}${b}", False), ("a", False), ("${a", False)]
)
def test_only_the_expression_alone_is_standalone(text: str, expected: bool) -> None:
    assert is_standalone(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${a + 1}", "a + 1"),
        ("x-${a}", '"x-" + (a)'),
        ("${a}${b}", "(a) + (b)"),
        ('say "${a}"\n', '"say \\"" + (a) + "\\"\\n"'),
        ("\\ ${a}", '"\\\\ " + (a)'),
        ("\x00${a}", '"\\u0000" + (a)'),
    ],
)
def test_a_template_becomes_one_expression(text: str, expected: str) -> None:
    assert to_expression(text) == expected


def test_text_without_expression_is_no_expression() -> None:
    with pytest.raises(ValueError, match="no expression"):
        to_expression("plain ${")
    assert not has_expression("plain ${")
    assert has_expression("a${b}")


def test_nested_expressions_are_refused_in_kros_words() -> None:
    with pytest.raises(ScanError, match="nested expressions are not allowed unless inside string literals") as caught:
        scan("ab ${a + ${b}}")
    assert caught.value.offset == 3


@pytest.mark.parametrize("text", ["é\U0001f600\ue000", "tab\tquote\"'\\", "\x7f\u200b\U000e0001"])
def test_quoting_is_undone_by_the_parser(text: str) -> None:
    from graphcore.cel.ast import Literal
    from graphcore.cel.syntax.parser import parse

    literal = parse(quote(text))
    assert isinstance(literal, Literal)
    assert literal.value == text
