"""Which reads of an expression may find nothing: fields that an instance may leave out, read where no condition says that they are there.

What a condition says is followed through ``&&``, ``||``, ``!``, ``? :`` and ``cel.bind``, in both directions: in ``has(a) && a.b`` and in
``!has(a) || a.b`` the second read is safe. ``has(a)`` says of the members of ``a`` only that those are there which no object may lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.cel.ast import Call, Comprehension, Expr, Ident, Literal, Select, children
from graphcore.cel.names import escape
from graphcore.cel.syntax.macros import UNUSED
from graphcore.cel.syntax.scanner import quote
from graphcore.graph.node import SCHEMA

Place = tuple[str, ...]
Facts = frozenset[Place]
"""Places below the instance that are known to be there."""
NOTHING: Facts = frozenset()
MOST_STEPS = 20_000
_STARTS = {"integer": "0", "number": "0.0", "boolean": "false", "array": "[]"}


@dataclass(frozen=True, slots=True)
class Gap:
    """A read of ``place`` (``("spec", "a", "b")``) that may find nothing, because of its part number ``missing``.

    supposed: a condition around it asks for the object that may lack it.
    """

    place: Place
    missing: int
    supposed: bool

    @property
    def field(self) -> Place:
        return self.place[: self.missing + 1]


def facts_of(conditions: Iterable[Expr]) -> Facts:
    """What is there when all conditions hold."""
    reader = _Reader({})
    try:
        return frozenset(place for condition in conditions for place in reader.when(condition, True))
    except (_TooMuchError, RecursionError):
        return NOTHING


def gaps(ast: Expr, schema: Mapping[str, Any], facts: Facts = NOTHING) -> list[Gap]:
    """Reads below ``schema.spec`` that may find nothing, each once. schema: of the instance. facts: what holds wherever it is evaluated."""
    reader = _Reader(schema)
    try:
        reader.visit(ast, facts)
    except (_TooMuchError, RecursionError):
        return []
    return list(dict.fromkeys(reader.found))


class _TooMuchError(Exception):
    """An expression that it would take too long to follow; nothing is said of it."""


class _Reader:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.spec: Any = (schema.get("properties") or {}).get("spec") or {}
        self.steps = 0
        self.found: list[Gap] = []
        self.bound: dict[str, Expr] = {}

    # -- places

    def place(self, expr: Expr) -> Place | None:
        """Where below the instance a value stands, when it is read by names alone."""
        if isinstance(expr, Ident):
            if expr.name in self.bound:
                return self.place(self.bound[expr.name])
            return () if expr.name.lstrip(".") == SCHEMA else None
        if isinstance(expr, Select) and not expr.test_only:
            below = self.place(expr.operand)
            return None if below is None else (*below, expr.field)
        key = _key(expr)
        if key is not None and isinstance(expr, Call) and expr.function == "_[_]":
            below = self.place(expr.args[0])
            return None if below is None else (*below, key)
        return None

    def needs(self, place: Place, facts: Facts) -> None:
        """Notes a read, unless everything on the way to it is there."""
        node = self.spec
        if place[:1] != ("spec",):
            return
        for index, part in enumerate(place[1:], 1):
            found = member(node, part)
            if found is None:
                return
            name, child = found
            if name not in (node.get("required") or ()) and "default" not in child and place[: index + 1] not in facts:
                supposed = index > 1 and any(fact == place[:index] for fact in facts)
                self.found.append(Gap(place, index, supposed))
                return
            node = child

    # -- what conditions say

    def when(self, expr: Expr, truth: bool) -> Facts:
        """What is there if a condition has this value."""
        self.step()
        if isinstance(expr, Ident) and expr.name in self.bound:
            return self.when(self.bound[expr.name], truth)
        if isinstance(expr, Select) and expr.test_only:
            below = self.place(expr.operand)
            return _down((*below, expr.field)) if below is not None and truth else NOTHING
        if isinstance(expr, Comprehension) and expr.iter_var == UNUSED:
            found: Facts = self.with_bound(expr, lambda: self.when(expr.result, truth))
            return found
        if not isinstance(expr, Call):
            return NOTHING
        function, args = expr.function, expr.args
        if function == "!_":
            return self.when(args[0], not truth)
        if function in ("_&&_", "_||_"):
            left, right = (self.when(arg, truth) for arg in args)
            return left | right if truth == (function == "_&&_") else left & right
        if function == "_?_:_":
            return (self.when(args[0], True) | self.when(args[1], truth)) & (self.when(args[0], False) | self.when(args[2], truth))
        if function in ("_==_", "_!=_"):
            for one, other in (args, args[::-1]):
                if isinstance(other, Literal) and isinstance(other.value, bool):
                    return self.when(one, truth == ((function == "_==_") == other.value))
        if function == "hasValue" and expr.target is not None and truth:
            optional = self.optional(expr.target)
            return _down(optional) if optional is not None else NOTHING
        if function == "@in" and truth and isinstance(args[0], Literal) and isinstance(args[0].value, str):
            below = self.place(args[1])
            return _down((*below, args[0].value)) if below is not None else NOTHING
        return NOTHING

    def optional(self, expr: Expr) -> Place | None:
        """The place of an optional value such as ``schema.spec.?a.b``."""
        if isinstance(expr, Call) and expr.function in ("_?._", "_[?_]"):
            key = _key(expr)
            below = self.optional(expr.args[0])
            below = self.place(expr.args[0]) if below is None else below
            return None if below is None or key is None else (*below, key)
        if isinstance(expr, Select) and not expr.test_only:
            below = self.optional(expr.operand)
            return None if below is None else (*below, expr.field)
        return None

    # -- what is read

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise _TooMuchError

    def visit(self, expr: Expr, facts: Facts) -> None:
        self.step()
        place = self.place(expr)
        if place is not None:
            self.needs(place, facts)
            return
        if isinstance(expr, Select) and expr.test_only:
            self.visit(expr.operand, facts)
        elif isinstance(expr, Call) and expr.function in ("_&&_", "_||_"):
            self.chain(_flat(expr, expr.function), expr.function == "_&&_", facts)
        elif isinstance(expr, Call) and expr.function == "_?_:_":
            condition, yes, no = expr.args
            self.visit(condition, facts)
            self.visit(yes, facts | self.when(condition, True))
            self.visit(no, facts | self.when(condition, False))
        elif isinstance(expr, Comprehension) and expr.iter_var == UNUSED:
            if self.place(expr.accu_init) is None:
                self.visit(expr.accu_init, facts)
            self.with_bound(expr, lambda: self.visit(expr.result, facts))
        else:
            for child in children(expr):
                self.visit(child, facts)

    def chain(self, terms: list[Expr], truth: bool, facts: Facts) -> None:
        """Terms joined by ``&&`` (``||`` where truth is False): one that fails does no harm where another decides, wherever it stands.

        A term may rely on those that find all they read; what relies on one another in a circle finds nothing.
        """
        while True:
            sound = [term for term in terms if not self.finds_gaps(term, facts)]
            known = facts.union(*(self.when(term, truth) for term in sound))
            terms = [term for term in terms if term not in sound]
            if not sound or not terms:
                break
            facts = known
        for term in terms:
            self.visit(term, facts)

    def finds_gaps(self, expr: Expr, facts: Facts) -> bool:
        before, self.found = self.found, []
        self.visit(expr, facts)
        found, self.found = bool(self.found), before
        return found

    def with_bound(self, expr: Comprehension, do: Any) -> Any:
        before = self.bound
        self.bound = {**before, expr.accu_var: expr.accu_init}
        try:
            return do()
        finally:
            self.bound = before


def _flat(expr: Expr, function: str) -> list[Expr]:
    """The terms of a chain of one operator, in order."""
    if isinstance(expr, Call) and expr.function == function:
        return [term for arg in expr.args for term in _flat(arg, function)]
    return [expr]


def _key(expr: Expr) -> str | None:
    """The literal key of ``a["b"]``, ``a[?"b"]`` or ``a.?b``."""
    if isinstance(expr, Call) and expr.function in ("_[_]", "_[?_]", "_?._") and len(expr.args) == 2:
        key = expr.args[1]
        return key.value if isinstance(key, Literal) and isinstance(key.value, str) else None
    return None


def _down(place: Place) -> Facts:
    """A place that is there, and all on the way to it."""
    return frozenset(place[:length] for length in range(1, len(place) + 1))


def member(schema: Any, part: str) -> tuple[str, Mapping[str, Any]] | None:
    """A declared property by the name that expressions use: its real name and its schema."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not properties:
        return None
    if part in properties:
        return part, properties[part]
    return next(((name, child) for name, child in properties.items() if escape(name) == part), None)


def read_safely(gap: Gap, schema: Mapping[str, Any]) -> str:
    """An expression that reads what the gap reads and is never without a value."""
    node: Any = (schema.get("properties") or {}).get("spec") or {}
    text = f"{SCHEMA}.spec"
    for index, part in enumerate(gap.place[1:], 1):
        found = member(node, part)
        node = found[1] if found else node.get("additionalProperties") if isinstance(node.get("additionalProperties"), Mapping) else {}
        text += f".?{part}" if index >= gap.missing else f".{part}"
    return f"{text}.orValue({start_of(node)})"


def start_of(schema: Mapping[str, Any]) -> str:
    """A CEL value of a schema's type: the first allowed text, or nothing of the type. Objects have no literal, so theirs is ``dyn``."""
    allowed = schema.get("enum") or [""]
    if schema.get("type") == "string" and isinstance(allowed[0], str):
        return quote(allowed[0])
    if isinstance(schema.get("additionalProperties"), Mapping):
        return "{}"
    if schema.get("type") == "object":
        return "dyn({})"
    return _STARTS.get(schema.get("type") or "", '""')
