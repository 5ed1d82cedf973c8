"""Nodes that no instance ever has: their ``includeWhen`` and those of all that they refer to cannot hold at once.

A node is left out with any node that it refers to, even by the branch of ``? :`` that is not taken. The proof tries every combination of
values that the conditions tell apart; what it does not understand may have any value, so it never says too much.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import product
from typing import Any

from graphcore.cel.ast import Call, Expr, ListExpr, Literal

MOST_STEPS = 100_000
_MIRRORED = {"_<_": "_>_", "_>_": "_<_", "_<=_": "_>=_", "_>=_": "_<=_", "_==_": "_==_", "_!=_": "_!=_"}
_COMPARISONS = frozenset(_MIRRORED)
_ORDER = {"_<_": operator.lt, "_<=_": operator.le, "_>_": operator.gt, "_>=_": operator.ge}
_Term = Any
"""An expression without its places, so that equal ones are equal."""
_Test = Callable[[Sequence[Any]], bool]
"""A condition over the values of all terms, by their numbers."""


class _Other:
    """A text that no condition mentions."""


@dataclass(frozen=True, slots=True)
class Never:
    """A node that is never made. because: the nodes whose conditions cannot hold together, as few as possible, in order."""

    node: str
    because: tuple[str, ...]


def never_made(order: Sequence[str], edges: Mapping[str, Sequence[str]], conditions: Mapping[str, Sequence[Expr]]) -> Iterator[Never]:
    """The nodes that no instance has, in topological order; what merely refers to one of them is not told again."""
    needed: dict[str, dict[str, None]] = {}
    lost: set[str] = set()
    for node in order:
        own = dict.fromkeys(name for before in edges.get(node, ()) for name in needed[before])
        if conditions.get(node):
            own[node] = None
        needed[node] = own
        if any(name in lost for name in edges.get(node, ())):
            lost.add(node)
        elif own and not _possible([expr for name in own for expr in conditions[name]]):
            lost.add(node)
            yield Never(node, _fewest(list(own), conditions))


def _fewest(names: list[str], conditions: Mapping[str, Sequence[Expr]]) -> tuple[str, ...]:
    for name in list(names):
        rest = [other for other in names if other != name]
        if rest and not _possible([expr for other in rest for expr in conditions[other]]):
            names = rest
    return tuple(names)


def _possible(conditions: Sequence[Expr]) -> bool:
    """Whether all can hold at once; True where that is too much to find out."""
    reader = _Reader()
    try:
        tests = [reader.read(condition) for condition in conditions]
    except RecursionError:
        return True
    cases = 1
    for values in reader.domains:
        cases *= len(values)
        if cases * reader.size > MOST_STEPS:
            return True
    return any(all(test(values) for test in tests) for values in product(*reader.domains))


class _Reader:
    """Conditions as functions of the values of their terms."""

    def __init__(self) -> None:
        self.terms: dict[_Term, int] = {}
        self.domains: list[list[Any]] = []
        self.size = 0

    def read(self, expr: Expr) -> _Test:
        self.size += 1
        if isinstance(expr, Literal) and isinstance(expr.value, bool):
            constant = expr.value
            return lambda _: constant
        if isinstance(expr, Call):
            args = expr.args
            if expr.function in ("!_", "_&&_", "_||_", "_?_:_"):
                parts = [self.read(arg) for arg in args]
                return _CONNECTED[expr.function](*parts)
            compared = _compared(expr)
            if compared is not None:
                term, function, literals = compared
                place = self.place(term, [value for literal in literals for value in _around(literal)])
                return lambda values: _compare(function, values[place], literals)
        place = self.place(_shape(expr), [True, False])
        return lambda values: values[place] is True

    def place(self, term: _Term, wanted: list[Any]) -> int:
        """Number of a term, whose domain then has the values at which something may change."""
        place = self.terms.setdefault(term, len(self.terms))
        if place == len(self.domains):
            self.domains.append([])
        known = self.domains[place]
        known += [value for value in wanted if not any(type(value) is type(other) and value == other for other in known)]
        return place


_CONNECTED: Mapping[str, Callable[..., _Test]] = {
    "!_": lambda a: lambda values: not a(values),
    "_&&_": lambda a, b: lambda values: a(values) and b(values),
    "_||_": lambda a, b: lambda values: a(values) or b(values),
    "_?_:_": lambda c, a, b: lambda values: a(values) if c(values) else b(values),
}


def _around(literal: Any) -> list[Any]:
    if isinstance(literal, bool):
        return [True, False]
    if isinstance(literal, int | float):
        return [literal - 1, literal - 0.5, literal, literal + 0.5, literal + 1]
    return [literal, _Other]


def _compare(function: str, value: Any, literals: Sequence[Any]) -> bool:
    equal = any(value == literal and isinstance(value, bool) == isinstance(literal, bool) for literal in literals)
    if function in ("_==_", "@in"):
        return equal
    if function == "_!=_":
        return not equal
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True  # compared with texts as well: no claim
    return bool(_ORDER[function](value, literals[0]))


def _compared(expr: Call) -> tuple[_Term, str, tuple[Any, ...]] | None:
    """A term, a comparison and the literals on its other side."""
    if expr.function == "@in" and isinstance(expr.args[1], ListExpr):
        items = [item.value for item in expr.args[1].elements if isinstance(item, Literal) and _comparable(item.value)]
        return (_shape(expr.args[0]), "@in", tuple(items)) if items and len(items) == len(expr.args[1].elements) else None
    if expr.function not in _COMPARISONS:
        return None
    left, right = expr.args
    for one, other, function in ((left, right, expr.function), (right, left, _MIRRORED[expr.function])):
        if isinstance(other, Literal) and _comparable(other.value) and not isinstance(one, Literal):
            ordered = function not in ("_==_", "_!=_")
            if ordered and (isinstance(other.value, bool) or not isinstance(other.value, int | float)):
                return None
            return _shape(one), function, (other.value,)
    return None


def _comparable(value: Any) -> bool:
    return type(value) in (bool, int, float, str)


def _shape(value: Any) -> _Term:
    """A tree without ids and offsets."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = tuple(_shape(getattr(value, part.name)) for part in fields(value) if part.name not in ("id", "offset"))
        return (type(value).__name__, *parts)
    if isinstance(value, tuple):
        return tuple(_shape(item) for item in value)
    return (type(value).__name__, value)
