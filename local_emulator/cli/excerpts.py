"""The lines of an expression around its fault, with a caret below the place."""

from __future__ import annotations

from rich.cells import cell_len

from graphcore.errors import Problem

_AROUND = 3
_WIDTH = 120
_CUT = "…"
_UNSEEN = "·"


def excerpt(problem: Problem) -> list[str]:
    """At most seven lines of the problem's expression, and a caret below the one that has its column; blank lines are left out."""
    if not problem.expression:
        return []
    lines = problem.expression.split("\n")
    place = problem.line - 1 if problem.column is not None and problem.line is not None and 0 < problem.line <= len(lines) else None
    wanted = [number for number, line in enumerate(lines) if line.strip() or number == place]
    kept = [number for number in wanted if place is None or abs(number - place) <= _AROUND][: 2 * _AROUND + 1]
    shown: list[str] = []
    if kept[:1] != wanted[:1]:
        shown.append(_CUT)
    for number in kept:
        shown += _line(lines[number], problem.column if number == place else None)
    if kept[-1:] != wanted[-1:]:
        shown.append(_CUT)
    return shown


def _line(line: str, column: int | None) -> list[str]:
    """A line, cut to what fits, and the caret if it has one. Columns count code points, what is shown takes cells."""
    text = "".join(char if char.isprintable() else _UNSEEN for char in line.replace("\t", " ").rstrip())
    start = max(0, (column or 0) - _WIDTH // 2) if len(text) > _WIDTH else 0
    end = start + _WIDTH
    shown = [_CUT * (start > 0) + text[start:end] + _CUT * (end < len(text))]
    if column is not None:
        before = text[start:column].ljust(column - start)
        shown.append(" " * (cell_len(before) + (start > 0)) + "^")
    return shown
