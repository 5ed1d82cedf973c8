"""What a process pays before its first expression: heavy modules come only with the expression that needs them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("celpy", "pendulum", "datetime", "re2")
PROGRAM = """
import sys
before = set(sys.modules)
from graphcore.cel import Environment, compile_unchecked
import graphcore.cel.runtime.views, graphcore.cel.runtime.conversion, graphcore.cel.checking.compatibility
from graphcore.cel.types import DYN
source = {source!r}
Environment({{"d": DYN}}).compile(source)
program = compile_unchecked(source)
{evaluate}
print([name for name in {heavy!r} if name in sys.modules and name not in before])
"""


def loaded(source: str, evaluate: bool) -> str:
    code = PROGRAM.format(source=source, heavy=HEAVY, evaluate='program.evaluate({"d": {"n": 1, "l": []}})' if evaluate else "")
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize(
    "source",
    [
        'd.n == 1 && d.l.all(c, c.x > 1) ? "a" + string(d.n) : "b"',
        'timestamp("2024-01-01T00:00:00Z") + duration("1h")',
        '"a".matches("a") == false',
    ],
)
def test_compiling_loads_nothing_heavy(source: str) -> None:
    assert loaded(source, evaluate=False) == "[]"


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ('d.n == 1 && d.l.all(c, c.x > 1) ? "a" + string(d.n) : "b"', "[]"),
        ('string(timestamp("2024-01-01T00:00:00Z") + duration("1h"))', "[]"),
        ('"abc".matches("b")', "['re2']"),
    ],
)
def test_evaluating_loads_what_the_expression_needs(source: str, modules: str) -> None:
    assert loaded(source, evaluate=True) == modules
