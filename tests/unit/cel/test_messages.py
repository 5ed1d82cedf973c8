"""No error of an evaluation repeats a value: not of a conversion, a missing key, a pattern, a format or any function of a library."""

from __future__ import annotations

import itertools

import pytest

from graphcore.cel import compile_unchecked
from graphcore.cel.errors import CelError, EvaluationError
from graphcore.cel.library.registry import functions

MARKER = "zq7hunter2"
SCOPE = {
    "x": MARKER,
    "y": f"{MARKER}: (",
    "l": [MARKER, 77012345],
    "m": {MARKER: MARKER, "n": {}},
    "n": 77012345,
    "b": MARKER.encode() + b"\xff",
    "d": 77012345.5,
}
OPERATORS = [
    "int(x)", "uint(x)", "double(x)", "bool(x)", "bytes(l)", "duration(x)", "timestamp(x)", "string(b)", "dyn(x) + 1", "x < n", "-x", "!x",
    "m[x + 'a']", "m.n[x]", "l[n]", "l[x]", "x[0]", "x.a", "m.n.a", "n / 0", "n % 0", "n * n * n * n", "x ? 1 : 2", "{x: 1, x: 2}",
    "[?x]", "{?x: x}", "m[?x].orValue(1) + 1", "l.map(a, int(a))", "l.all(a, a)", "l.transformMap(i, v, v[i])", "x.matches(y)",
    "l.transformMapEntry(i, v, {x: v})", "x.format(l)", "'%d %s %e'.format(l)", "'%d'.format([x])", "'%x'.format([m])", "m.n[dyn(n)]",
    "timestamp('2026-01-01T00:00:00Z').getHours(x)", "timestamp(n * 100000)", "json.unmarshal(y)", "dyn(m)[l]", "x in n", "has(m.n.a.b)",
]  # fmt: skip


@pytest.mark.parametrize("source", OPERATORS)
def test_an_error_of_an_operator_has_no_value(source: str) -> None:
    assert_silent(source)


def test_an_error_of_a_function_has_no_value() -> None:
    refused = 0
    for name, function in sorted(functions().items()):
        if not name.replace(".", "").replace("_", "").isalnum() or name.startswith("_"):
            continue
        for count in sorted({len(overload.arguments) for overload in function.overloads}):
            for given in itertools.product(sorted(SCOPE), repeat=min(count, 3)):
                arguments = ", ".join(given)
                rest = ", ".join(given[1:])
                refused += assert_silent(f"{name}({arguments})")
                refused += assert_silent(f"{given[0]}.{name}({rest})") if given and "." not in name else 0
    assert refused > 3000


def assert_silent(source: str) -> bool:
    """Whether the expression had no value; then its error must not show one."""
    try:
        compile_unchecked(source, {}).evaluate(SCOPE)
    except EvaluationError as error:
        told = f"{error.message} {error.path or ''} {error}"
        assert MARKER not in told, source
        assert "77012345" not in told, source
        return True
    except CelError:
        pass  # no such function with so many arguments
    return False
