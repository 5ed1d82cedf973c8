"""Errors are values with a place.

Conditions, command line output and Events are rendered from one :class:`Problem`; nothing parses an error text again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a definition or an evaluation.

    code: stable kebab-case identifier of the situation (``unknown-identifier``, ``type-mismatch``, …).
    message: one sentence; never contains data values read from a cluster.
    node: resource id, or ``schema`` for the instance node. path: field path (``spec.replicas``, ``data["a.b"]``, ``items[0]``).
    expression: the user's own text. line, column: 1-based line, 0-based column inside the expression, as cel-go counts them.
    hint: the remedy, one sentence in the imperative.
    """

    code: str
    message: str
    node: str | None = None
    path: str | None = None
    expression: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None
    severity: Severity = "error"

    def at(self, *, node: str | None = None, path: str | None = None, expression: str | None = None) -> Problem:
        """The same problem with the places that are still unknown filled in."""
        return replace(self, node=self.node or node, path=self.path or path, expression=self.expression or expression)

    def as_warning(self) -> Problem:
        """The same with severity ``warning``."""
        return replace(self, severity="warning")

    def __str__(self) -> str:
        return self.message


class ProblemsError(Exception):
    """Carries every problem found, in deterministic order; ``problems`` is never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))
