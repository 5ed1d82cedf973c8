"""The abstract syntax of CEL: frozen nodes with an id and a position.

``offset`` is the code point offset in the source at which cel-go reports the node (for a call of an operator: the operator; for a
select: the dot; for a call: the opening parenthesis). Types found by the checker are kept beside the tree, by ``id``.
Macros have already been expanded; ``Comprehension`` is what they expand to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expr:
    """id: unique in one tree, from 1. offset: code points from the start of the source."""

    id: int
    offset: int


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """value: None, bool, int, Uint, float, str or bytes."""

    value: Any


@dataclass(frozen=True, slots=True)
class Ident(Expr):
    name: str


@dataclass(frozen=True, slots=True)
class Select(Expr):
    """``operand.field``, or ``has(operand.field)`` when ``test_only``."""

    operand: Expr
    field: str
    test_only: bool = False


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function, operator (``_+_``, ``_[_]``, ``_?_:_``, ``@in``, ``_?._``, …; cel-go's names) or, with ``target``, a method."""

    function: str
    args: tuple[Expr, ...]
    target: Expr | None = None


@dataclass(frozen=True, slots=True)
class ListExpr(Expr):
    """``optional`` holds the indices of elements written ``[?e]``."""

    elements: tuple[Expr, ...]
    optional: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class MapEntry(Expr):
    key: Expr
    value: Expr
    optional: bool = False


@dataclass(frozen=True, slots=True)
class MapExpr(Expr):
    entries: tuple[MapEntry, ...]


@dataclass(frozen=True, slots=True)
class FieldInit(Expr):
    name: str
    value: Expr
    optional: bool = False


@dataclass(frozen=True, slots=True)
class StructExpr(Expr):
    """``pkg.Type{field: value}``."""

    type_name: str
    fields: tuple[FieldInit, ...]


@dataclass(frozen=True, slots=True)
class Comprehension(Expr):
    """cel-go's fold: ``iter_var2`` is empty for one-variable macros."""

    iter_range: Expr
    iter_var: str
    iter_var2: str
    accu_var: str
    accu_init: Expr
    loop_condition: Expr
    loop_step: Expr
    result: Expr
