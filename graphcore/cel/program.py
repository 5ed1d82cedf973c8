"""One expression, ready to be evaluated any number of times, by any number of threads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphcore.cel.ast import Expr
from graphcore.cel.compiler import BUDGET, compile_expression
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library import registry
from graphcore.cel.runtime.budget import CURRENT, Budget
from graphcore.cel.syntax.analysis import Analysis, Path, analyse
from graphcore.cel.types import DYN, Type

_TYPED_SUMS = frozenset({"list_uint_sum_uint", "list_double_sum_double", "list_duration_sum_duration"})

if TYPE_CHECKING:
    from graphcore.cel.trace import Trace


class Program:
    """A compiled expression.

    source: its text. ast: the tree, macros expanded. type: of its value, DYN when unchecked. types: of the nodes by id, empty when
    unchecked.
    """

    def __init__(
        self,
        source: str,
        ast: Expr,
        type: Type = DYN,
        overloads: Mapping[int, tuple[str, ...]] | None = None,
        names: Mapping[int, str] | None = None,
        types: Mapping[int, Type] | None = None,
    ) -> None:
        self.source = source
        self.ast = ast
        self.type = type
        self.types: Mapping[int, Type] = types or {}
        self._overloads = overloads or {}
        self._names = names or {}
        self._evaluator = compile_expression(ast, registry.functions(), self._overloads, self._names)

    def __repr__(self) -> str:
        return f"Program({self.source!r})"

    @cached_property
    def _analysis(self) -> Analysis:
        return analyse(self.ast)

    @property
    def references(self) -> tuple[str, ...]:
        """The free identifiers, sorted."""
        return self._analysis.references

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions and methods called, sorted."""
        return self._analysis.functions

    @property
    def paths(self) -> Mapping[str, tuple[Path, ...]]:
        """What is read under each free identifier: paths of fields, None standing for any element or key."""
        return self._analysis.paths

    @property
    def zeros(self) -> Mapping[str, str]:
        """What the sum of an empty list is, where its static type says another than int: overload by id of the call's node. JSON."""
        found = {}
        for node, chosen in self._overloads.items():
            if len(chosen) == 1 and chosen[0] in _TYPED_SUMS:
                found[str(node)] = chosen[0]
        return found

    def evaluate(self, variables: Mapping[str, Any], budget: Budget | None = None) -> Any:
        """The value (see ``graphcore.cel.runtime.values``). Raises EvaluationError, whose ``pending`` tells "not yet" from "never"."""
        environment = dict(variables)
        environment[BUDGET] = budget = Budget() if budget is None else budget
        before = CURRENT.set(budget)
        try:
            return self._evaluator(environment)
        except (RecursionError, MemoryError) as error:
            raise EvaluationError(Reason.BUDGET, "budget exceeded: the expression is nested too deeply or too large") from error
        finally:
            CURRENT.reset(before)

    def trace(self, variables: Mapping[str, Any], secret: Collection[str] = (), budget: Budget | None = None) -> Trace:
        """Evaluates once more, keeping the value of every sub-expression.

        secret: variables whose values must not be shown; nothing computed from them is kept.
        """
        from graphcore.cel.trace import Recorder

        recorder = Recorder(self.source, self.ast, frozenset(secret))
        evaluator = compile_expression(self.ast, registry.functions(), self._overloads, self._names, recorder.observe)
        budget = Budget() if budget is None else budget
        before = CURRENT.set(budget)
        try:
            return recorder.run(evaluator, {**variables, BUDGET: budget})
        finally:
            CURRENT.reset(before)
