"""A fault inside a longer text is told at its line and column of that text, as the author wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcore.cel.syntax.lexer import offset_of, position
from graphcore.cel.syntax.scanner import place_in_template, scan, to_expression
from tests.support.definitions import config_map, definition, problems


def marked(text: str) -> tuple[str, int, int]:
    """The text without its mark ``‸``, and the place of what stood behind it."""
    before, _, after = text.partition("‸")
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n") - 1


FIELDS = [
    "${schema.spec‸.nope}",
    "x-${schema.spec‸.nope}-y",
    "first\nsecond ${schema.spec.a +\n  schema.spec‸.nope} and\nthird",
    "# ${schema.spec.a}\n\n\t${ schema.spec.a }: ${schema.spec‸.nope}\n",
    "日本語 ${schema.spec.a} 🙂 ${schema.spec‸.nope}",
    'say "${schema.spec.a}" and \\ ${schema.spec‸.nope}',
    "a ${schema.spec.a} b ${schema.spec.a.‸} c",
    "${schema.spec.a}${schema.spec.a + ‸}",
    "a\r\nb ${schema.spec.a.‸nope} c",
    'a ${schema.spec.a + "}"} ${schema.spec.a ‸+ 1} b',
]


@pytest.mark.parametrize("text", FIELDS)
@pytest.mark.parametrize("place", ["template", "status"])
def test_a_fault_in_a_text_has_the_place_of_the_text(text: str, place: str) -> None:
    if ".‸nope" in text:
        text = text.replace(".‸nope", "‸.nope")
    text, line, column = marked(text)
    extra = {"status": {"x": text}} if place == "status" else {}
    rgd = definition(config_map("c", data={"x": text} if place == "template" else {}), spec={"a": "string | required=true"}, **extra)
    (problem,) = problems(rgd)
    assert problem.expression == (text if scan(text)[0].text != text[2:-1] else text[2:-1])
    offset = 2 if problem.expression != text else 0
    assert (problem.line, problem.column) == (line, column - offset)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a ${schema.spec.a + ‸}", "mismatched input '}' expecting"),
        ("${schema.spec.a}${[schema.spec.a‸}", "mismatched input '}' expecting"),
        ("日本\n ${schema.spec.a == ‸} b", "mismatched input '}' expecting"),
        ("a ${schema.spec.a + ‸)} b", "mismatched input ')' expecting"),
        ("${schema.spec.a + ‸}", "mismatched input '<EOF>' expecting"),
    ],
)
def test_a_fault_at_the_end_of_an_expression_names_what_stands_there(text: str, told: str) -> None:
    text, _, column = marked(text)
    (problem, *_) = problems(definition(config_map("c", data={"x": text}), spec={"a": "string | required=true"}))
    assert told in problem.message
    assert problem.column == column - (0 if problem.expression == text else 2)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('a ${"x} b', None, None),
        ('first\n ${"x} y\n z', 2, 1),
        ("x ${ a } ${ b ${ c } }", 1, 9),
        ("x\n\n${ 'y }", 3, 0),
    ],
)
def test_an_expression_that_cannot_be_taken_out_has_the_place_of_its_beginning(text: str, line: int | None, column: int | None) -> None:
    found = [problem for problem in problems(definition(config_map("c", data={"x": text}))) if problem.code == "scan-error"]
    expected = [(line, column)] if line is not None else [(1, 2)]
    assert [(problem.line, problem.column) for problem in found] == expected


def test_a_rule_in_a_marker_of_several_lines_has_its_own_line() -> None:
    (problem,) = problems(definition(spec={"a": 'string\n | default=x\n   validation="self.foo == 1"'}))
    assert (problem.code, problem.line, problem.column) == ("crd-refused", 3, 3)


PARTS = st.lists(st.tuples(st.text('ab\n"\\{é🙂 ', max_size=5), st.text("xy+ \n", max_size=5)), min_size=1, max_size=4)


@given(PARTS, st.text("ab\n", max_size=3))
def test_every_place_of_an_expression_is_found_in_its_template(parts: list[tuple[str, str]], end: str) -> None:
    """Character by character: where the joined expression has a character of the user's, the template has the same one."""
    text = "".join(f"{literal}${{{expression}}}" for literal, expression in parts) + end
    segments = scan(text)
    if not any(segment.expression for segment in segments):
        return
    joined = to_expression(text)
    at = 0
    for segment in segments:
        if not segment.expression:
            continue
        if len(segments) > 1:
            at = joined.index(f"({segment.text})", at) + 1
        for index, char in enumerate(segment.text):
            place = place_in_template(text, at + index)
            assert place == segment.offset + index
            assert text[place] == char
        at += len(segment.text)


@given(st.text("ab\n", max_size=20), st.integers(0, 20))
def test_positions_can_be_reversed(source: str, offset: int) -> None:
    offset = min(offset, len(source))
    assert offset_of(source, *position(source, offset)) == offset
