"""The abstract syntax of CEL: nodes with an id and a position.

``offset`` is the code point offset in the source at which cel-go reports the node (for a call of an operator: the operator; for a
select: the dot; for a call: the opening parenthesis). Types found by the checker are kept beside the tree, by ``id``.
Macros have already been expanded; ``Comprehension`` is what they expand to. Functions of a namespace are already resolved:
``json.marshal(x)`` is ``Call("json.marshal", (x,))`` without target. ``&&`` and ``||`` have two operands each; chains are balanced trees.

Nodes are immutable by agreement, not by ``frozen=True``: a frozen dataclass takes four times as long to construct, and compiling an
expression is mostly constructing nodes. They compare by identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Uint(int):
    """An unsigned 64-bit integer; equal to the int of the same value, in maps as well. Arithmetic on it yields plain ints."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class Expr:
    """id: unique in one tree, from 1. offset: code points from the start of the source."""

    id: int
    offset: int


@dataclass(slots=True, eq=False)
class Literal(Expr):
    """value: None, bool, int, Uint, float, str or bytes."""

    value: Any


@dataclass(slots=True, eq=False)
class Ident(Expr):
    name: str


@dataclass(slots=True, eq=False)
class Select(Expr):
    """``operand.field``, or ``has(operand.field)`` when ``test_only``."""

    operand: Expr
    field: str
    test_only: bool = False


@dataclass(slots=True, eq=False)
class Call(Expr):
    """A function, operator (``_+_``, ``_[_]``, ``_?_:_``, ``@in``, ``_?._``, …; cel-go's names) or, with ``target``, a method."""

    function: str
    args: tuple[Expr, ...]
    target: Expr | None = None


@dataclass(slots=True, eq=False)
class ListExpr(Expr):
    """``optional`` holds the indices of elements written ``[?e]``."""

    elements: tuple[Expr, ...]
    optional: frozenset[int] = frozenset()


@dataclass(slots=True, eq=False)
class MapEntry(Expr):
    key: Expr
    value: Expr
    optional: bool = False


@dataclass(slots=True, eq=False)
class MapExpr(Expr):
    entries: tuple[MapEntry, ...]


@dataclass(slots=True, eq=False)
class FieldInit(Expr):
    name: str
    value: Expr
    optional: bool = False


@dataclass(slots=True, eq=False)
class StructExpr(Expr):
    """``pkg.Type{field: value}``."""

    type_name: str
    fields: tuple[FieldInit, ...]


@dataclass(slots=True, eq=False)
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


def qualified_name(expr: Expr) -> str | None:
    """``a.b.c`` when the expression is nothing but an identifier and plain selections from it; None otherwise."""
    if type(expr) is Ident:
        return expr.name
    names = []
    while type(expr) is Select and not expr.test_only:
        names.append(expr.field)
        expr = expr.operand
    if type(expr) is not Ident:
        return None
    names.append(expr.name)
    return ".".join(reversed(names))


def children(expr: Expr) -> tuple[Expr, ...]:
    """Sub-expressions in source order of their evaluation; entries of maps and fields of structs give keys and values."""
    match expr:
        case Select():
            return (expr.operand,)
        case Call():
            return expr.args if expr.target is None else (expr.target, *expr.args)
        case ListExpr():
            return expr.elements
        case MapExpr():
            return tuple(part for entry in expr.entries for part in (entry.key, entry.value))
        case StructExpr():
            return tuple(field.value for field in expr.fields)
        case Comprehension():
            return (expr.iter_range, expr.accu_init, expr.loop_condition, expr.loop_step, expr.result)
    return ()
