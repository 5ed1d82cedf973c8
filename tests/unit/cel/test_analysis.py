"""References, functions and the paths that an expression reads."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import Environment
from graphcore.cel.syntax.analysis import analyse

PLAIN = Environment({})

PATHS: list[tuple[str, dict[str, tuple[Any, ...]]]] = [
    ("1 + 2", {}),
    ("a", {"a": ((),)}),
    ("a.b.c", {"a": (("b", "c"),)}),
    ("a.b[0].c", {"a": (("b", None, "c"),)}),
    ("a['x-y'].c", {"a": (("x-y", "c"),)}),
    ("a[b.k].c", {"a": ((None, "c"),), "b": (("k",),)}),
    ("a.?b.?c.orValue(d.e)", {"a": (("b", "c"),), "d": (("e",),)}),
    ("a[?'b'].value().c", {"a": (("b", "c"),)}),
    ("has(a.b.c)", {"a": (("b", "c"),)}),
    ("a.b + a.c", {"a": (("b",), ("c",))}),
    ("a.b == a", {"a": ((),)}),
    ("a.b.c + string(a.b)", {"a": (("b",),)}),
    ("(a.x ? b : c.d).e", {"a": (("x",),), "b": (("e",),), "c": (("d", "e"),)}),
    ("a.items.exists(i, i.ready)", {"a": (("items", None, "ready"),)}),
    ("a.items.map(i, i)", {"a": (("items", None),)}),
    ("a.items.map(i, 1)", {"a": (("items", None),)}),
    ("a.items.all(k, v, v.x == b)", {"a": (("items", None, "x"),), "b": ((),)}),
    ("a.items.filter(i, i.n > 0).map(i, i.m)", {"a": (("items", None),)}),
    ("cel.bind(t, a.b, t.c + t.d)", {"a": (("b", "c"), ("b", "d"))}),
    ("a.?b.optMap(t, t.c)", {"a": (("b",),)}),  # whether b is there at all counts too
    ("[a.b, {'k': c.d}]", {"a": (("b",),), "c": (("d",),)}),
    ("dyn(a).b", {"a": (("b",),)}),
    ("a.items.first().value().n", {"a": (("items", None, "n"),)}),
    ("[1].map(a, a + b)", {"b": ((),)}),
    ("type(a) == int", {"a": ((),), "int": ((),)}),
    ("math.greatest(a)", {"a": ((),), "math": ((),)}),
]


@pytest.mark.parametrize(("source", "expected"), PATHS)
def test_paths(source: str, expected: dict[str, tuple[Any, ...]]) -> None:
    found = analyse(PLAIN.parse(source))
    assert dict(found.paths) == expected
    assert found.references == tuple(sorted(expected))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + b", ()),
        ("size(a) + a.size()", ("size",)),
        ("json.marshal(a.map(x, f(x)))", ("f", "json.marshal")),
        ("math.greatest(1)", ("greatest",)),
        ("-a in !b ? c : d[e]", ()),
    ],
)
def test_functions(source: str, expected: tuple[str, ...]) -> None:
    assert analyse(PLAIN.parse(source)).functions == expected


def test_variables_of_a_comprehension_end_with_it() -> None:
    assert analyse(PLAIN.parse("a.map(x, x.y) == x.z")).references == ("a", "x")
