"""Abstract syntax to closures over plain values. See :mod:`graphcore.cel.compiler.context` for what an evaluator is."""

from __future__ import annotations

from collections.abc import Mapping

from graphcore.cel.ast import Expr
from graphcore.cel.checking.declarations import Function
from graphcore.cel.compiler import building, calls, logic, loops, paths
from graphcore.cel.compiler.context import BUDGET, Context, Evaluator, Observer

__all__ = ["BUDGET", "Evaluator", "Observer", "compile_expression"]

_FORMS = (building, calls, logic, loops, paths)  # each registers what it compiles when it is imported
_NOTHING: Mapping[int, tuple[str, ...]] = {}
_NO_NAMES: Mapping[int, str] = {}


def compile_expression(
    expr: Expr,
    functions: Mapping[str, Function],
    overloads: Mapping[int, tuple[str, ...]] = _NOTHING,
    names: Mapping[int, str] = _NO_NAMES,
    observe: Observer | None = None,
    strict_presence: bool = False,
) -> Evaluator:
    """An evaluator of an expression, checked (``overloads`` by node id as the checker found them) or not.

    It is called with a dict of the variables and, under :data:`BUDGET`, a Budget; it writes its own keys into that dict.
    strict_presence: whether ``has(a.b)`` and ``a.?b`` fail where ``a`` is a scalar or null, as in the specification's own tests; kro,
    which leaves cel-go's option off, takes the field for absent.
    """
    return Context(functions, overloads, names, observe, strict_presence).compile(expr)
