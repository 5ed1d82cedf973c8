"""The page of differences from kro and the tests that show its rows: a row without a test fails, and so does a test of no row."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from tests.support.lifecycles.differences import deviations as lifecycles
from tests.unit.graph.test_differences import ROWS
from tests.unit.recorded.rows import DIFFERENCES
from tests.unit.recorded.rows import deviations as recorded

TESTS = Path(__file__).parents[1]
TWICE = {"19"}
"""Rows in two tables: what the build accepts, and what happens then."""


def rows() -> list[str]:
    """The numbers and letters of the page's rows, in order."""
    return re.findall(r"^\| (\d+|[A-Z]) \|", DIFFERENCES.read_text(encoding="utf-8"), re.M)


def marked() -> dict[str, list[str]]:
    """Tests by the row that their mark ``difference`` names."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if ".difference(" not in text:
            continue
        for test in ast.walk(ast.parse(text)):
            for mark in test.decorator_list if isinstance(test, ast.FunctionDef) else ():
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "difference":
                    for row in mark.args:
                        found.setdefault(ast.literal_eval(row), []).append(f"{path.relative_to(TESTS)}::{test.name}")
    return found


def test_numbers_are_given_once() -> None:
    assert {row for row, count in Counter(rows()).items() if count > 1} == TWICE


def test_every_row_has_a_test() -> None:
    """Recorded answers alone are not enough: they show that something differs, not that it is what the row says."""
    assert [row for row in rows() if row not in ROWS and row not in marked()] == []


def test_every_test_shows_a_row() -> None:
    known = set(rows())
    assert {row: tests for row, tests in marked().items() if row not in known} == {}
    assert ROWS.keys() - known == set()


def test_every_recorded_deviation_is_a_row() -> None:
    known = set(rows())
    assert {str(entry["difference"]) for entry in recorded().values()} <= known
    assert {item.entry for listed in lifecycles().values() for item in listed} <= known
