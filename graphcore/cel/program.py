"""A compiled expression: what it is, what it refers to, and its value for given variables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from graphcore.cel import registry
from graphcore.cel.analysis import Analysis, Path, analyse
from graphcore.cel.ast import Expr
from graphcore.cel.budget import Budget
from graphcore.cel.compiler import BUDGET, compile_expression
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.types import DYN, Type
from graphcore.cel.values import TypeValue

_NOTHING: Mapping[int, tuple[str, ...]] = {}
_NO_NAMES: Mapping[int, str] = {}


class Program:
    """Immutable; may be evaluated any number of times, in any thread.

    source, ast: the expression. type: its static type; DYN when it was not checked.
    """

    def __init__(
        self,
        source: str,
        ast: Expr,
        type: Type = DYN,
        overloads: Mapping[int, tuple[str, ...]] = _NOTHING,
        names: Mapping[int, str] = _NO_NAMES,
    ) -> None:
        self.source = source
        self.ast = ast
        self.type = type
        self._overloads = overloads
        self._names = names
        self._evaluator = compile_expression(ast, registry.functions(), overloads, names)

    @cached_property
    def _analysis(self) -> Analysis:
        return analyse(self.ast)

    @property
    def references(self) -> tuple[str, ...]:
        """Free identifiers, sorted; variables of comprehensions are not among them."""
        return self._analysis.references

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions and methods called, sorted; operators are not among them."""
        return self._analysis.functions

    @property
    def paths(self) -> Mapping[str, tuple[Path, ...]]:
        """What is read under each reference; None in a path stands for any element or key."""
        return self._analysis.paths

    @cached_property
    def _constants(self) -> Mapping[str, Any]:
        """Values of the type names that occur (``type(x) == int``)."""
        types = registry.type_names()
        used = {*self.references, *self._names.values()}
        return {name: TypeValue(name) for name in sorted(used) if name in types}

    def evaluate(self, variables: Mapping[str, Any], budget: Budget | None = None) -> Any:
        """The value for the variables (plain JSON values, or those of ``graphcore.cel.values``). Raises EvaluationError."""
        try:
            return self._evaluator({**self._constants, **variables, BUDGET: budget or Budget()})
        except RecursionError:
            raise EvaluationError(Reason.BUDGET, "budget exceeded: the expression nests too deeply") from None
