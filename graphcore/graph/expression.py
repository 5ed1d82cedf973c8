"""One expression of a definition, ready to be evaluated over observed objects.

A program is either the checked one of a compile or, on a warm start, made from its source on first use: parsing what an event never
reaches would be waste. Observed objects are seen through *views*: where a schema says bytes, a time, a number or a set, the expression
gets that value, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphcore.cel import Program, compile_unchecked
from graphcore.cel.errors import EvaluationError
from graphcore.cel.runtime.conversion import to_json
from graphcore.errors import Problem

Scope = Mapping[str, Any]
View = Callable[[Any], Any]


class NodeError(Exception):
    """A node that cannot be computed now.

    problems: at least one, the decisive one first. pending: every one of them may be cured by data that has yet to appear.
    """

    def __init__(self, problems: tuple[Problem, ...], pending: bool) -> None:
        self.problems = problems
        self.pending = pending
        super().__init__(problems[0].message)

    @property
    def problem(self) -> Problem:
        return self.problems[0]


class Expression:
    """source: CEL. shown: the user's text, for messages. path: of the field it computes, or of the entry it is. views: by variable name.

    base64: the field takes bytes, which are written in base64. zeros: of the checked program, where there is none.
    """

    __slots__ = ("_program", "_zeros", "base64", "node", "path", "shown", "source", "views")

    def __init__(
        self,
        source: str,
        *,
        node: str,
        path: str,
        shown: str | None = None,
        program: Program | None = None,
        views: Mapping[str, View],
        base64: bool = False,
        zeros: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.node = node
        self.path = path
        self.shown = shown if shown is not None else source
        self.views = views
        self.base64 = base64
        self._program = program
        self._zeros = zeros or {}

    @property
    def program(self) -> Program:
        if self._program is None:
            self._program = compile_unchecked(self.source, self._zeros)
        return self._program

    def value(self, scope: Scope) -> Any:
        """The CEL value. Raises NodeError."""
        program, views = self.program, self.views
        variables = {}
        for name in program.references:
            if name in scope:
                view = views.get(name)
                variables[name] = view(scope[name]) if view else scope[name]
        try:
            return program.evaluate(variables)
        except EvaluationError as error:
            raise self._failure("evaluation-failed", error.message, error.pending) from None

    def json(self, scope: Scope) -> Any:
        """The value as JSON, or OMIT. Raises NodeError."""
        value = self.value(scope)
        try:
            return to_json(value, bytes_as_base64=self.base64)
        except EvaluationError as error:
            raise self._failure("unwritable-value", error.message, pending=False) from None

    def failure(self, code: str, message: str, *, hint: str | None = None) -> NodeError:
        """A fatal NodeError placed at this expression."""
        return NodeError((Problem(code, message, self.node, self.path, self.shown, hint=hint),), pending=False)

    def _failure(self, code: str, message: str, pending: bool) -> NodeError:
        if not pending:
            return NodeError((Problem(code, message, self.node, self.path, self.shown),), pending=False)
        if set(self.program.references) == {"schema"}:
            hint = "set it in the instance, give it a default in the definition, or read it as optional"
            return NodeError((Problem("not-set", message, self.node, self.path, self.shown, hint=hint),), pending=True)
        return NodeError((Problem("data-pending", message, self.node, self.path, self.shown),), pending=True)


def first_failure(errors: list[NodeError]) -> NodeError:
    """One error for several: fatal if any is, its problems first."""
    fatal = [error for error in errors if not error.pending]
    ordered = fatal + [error for error in errors if error.pending]
    return NodeError(tuple(problem for error in ordered for problem in error.problems), pending=not fatal)
