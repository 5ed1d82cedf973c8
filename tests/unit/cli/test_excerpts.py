"""The caret stands below the fault, whatever the text."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from graphcore.errors import Problem
from local_emulator.cli.excerpts import excerpt


def shown(expression: str, line: int | None, column: int | None) -> list[str]:
    return excerpt(Problem("x", "y", expression=expression, line=line, column=column))


@pytest.mark.parametrize(
    ("expression", "line", "column", "lines"),
    [
        ("a + b", 1, 2, ["a + b", "  ^"]),
        ("a\nb c\nd", 2, 2, ["a", "b c", "  ^", "d"]),
        ("\n\na +\n\n\tb\n\n", 5, 1, ["a +", " b", " ^"]),
        ("a\x0bb\x85c\nd\u2028e", 2, 2, ["a·b·c", "d·e", "  ^"]),
        ("日本 + x", 1, 3, ["日本 + x", "     ^"]),
        ("a +\n", 2, 0, ["a +", "", "^"]),
        ("a", None, None, ["a"]),
        ("a", -1, -1, ["a"]),
        ("", 1, 0, []),
        ("1\n2\n3\n4\n5\n6\n7\n8\n9", 5, 0, ["…", "2", "3", "4", "5", "^", "6", "7", "8", "…"]),
        ("1\n2\n3\n4\n5\n6\n7\n8\n9", None, None, ["1", "2", "3", "4", "5", "6", "7", "…"]),
        ("1\r\n2\r\n", 2, 0, ["1", "2", "^"]),
    ],
)
def test_excerpt(expression: str, line: int | None, column: int | None, lines: list[str]) -> None:
    assert shown(expression, line, column) == lines


@pytest.mark.parametrize("column", [0, 59, 60, 61, 500, 999])
def test_of_a_long_line_the_part_around_the_fault_is_shown(column: int) -> None:
    text = "x" * column + "!" + "x" * (999 - column)
    line, caret = shown(text, 1, column)
    assert cell_len(line) <= 122
    assert line[caret.index("^")] == "!"
