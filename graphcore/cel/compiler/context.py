"""What the parts of the compiler share: the shape of an evaluator, the scope, and the dispatch by kind of node.

An evaluator is a closure over the environment of one evaluation: a dict of the variables by name, of the variables of comprehensions by a
name no source can contain (``c@2``), and of the budget. Evaluators call each other directly, so one level of an expression costs
one Python frame, and common shapes (``a.b.c``, ``a.b == "x"``) are one evaluator altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphcore.cel.ast import Call, Expr
from graphcore.cel.checking.declarations import Function

Environment = dict[str, Any]
Evaluator = Callable[[Environment], Any]
Observer = Callable[[Expr, Evaluator], Evaluator]

BUDGET: Final = "@budget"


class Context:
    """The state of one compilation.

    functions: by name. overloads: ids the checker found, by node. names: qualified identifiers the checker found, by node.
    observe: wraps the evaluator of every node, for a trace; nodes are then compiled one by one.
    strict_presence: whether asking for a part of what has no parts is an error.
    """

    __slots__ = ("compiled", "depth", "functions", "names", "observe", "overloads", "scope", "strict_presence")

    def __init__(
        self,
        functions: Mapping[str, Function],
        overloads: Mapping[int, tuple[str, ...]],
        names: Mapping[int, str],
        observe: Observer | None,
        strict_presence: bool,
    ) -> None:
        self.functions = functions
        self.overloads = overloads
        self.names = names
        self.observe = observe
        self.strict_presence = strict_presence
        self.scope: dict[str, str] = {}  # variables of the comprehensions around: name to key of the environment
        self.depth = 0  # of comprehensions
        self.compiled = 0  # evaluators made so far

    def compile(self, expr: Expr) -> Evaluator:
        self.compiled += 1
        kind = type(expr)
        if kind is Call:
            form = CALLS.get(expr.function, CALLS[""])  # type: ignore[attr-defined]
        else:
            form = NODES[kind]
        evaluator = form(self, expr)
        return evaluator if self.observe is None else self.observe(expr, evaluator)


Form = Callable[[Context, Any], Evaluator]

NODES: dict[type[Expr], Form] = {}
CALLS: dict[str, Form] = {}
