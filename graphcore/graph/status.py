"""The instance's status at run time: projected fields and the author's own conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphcore.cel.library.conditions import RUNTIME, STATUSES
from graphcore.cel.library.conditions import Condition as Made
from graphcore.cel.runtime.values import OMIT
from graphcore.errors import Problem
from graphcore.graph.expression import Expression, NodeError, Scope
from graphcore.graph.paths import Path, build_at

Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StatusResult:
    """values: the tree of fields that have a value. pending: fields that wait for data. failed: fields that cannot be computed."""

    values: dict[str, Any]
    pending: tuple[Problem, ...]
    failed: tuple[Problem, ...]


@dataclass(frozen=True)
class StatusProgram:
    """All projected fields, in order of their paths; ``state`` is never among them."""

    fields: tuple[tuple[Path, Expression], ...]

    def evaluate(self, scope: Scope) -> StatusResult:
        values: dict[str, Any] = {}
        pending: list[Problem] = []
        failed: list[Problem] = []
        for path, expression in self.fields:
            try:
                value = expression.json(scope)
            except NodeError as error:
                (pending if error.pending else failed).extend(error.problems)
                continue
            if value is not OMIT:
                build_at(values, path, value)
        return StatusResult(values, tuple(pending), tuple(failed))


@dataclass(frozen=True)
class ConditionProgram:
    """One entry of ``status.conditions``. types: the literal condition types it may produce, for messages."""

    expression: Expression
    types: tuple[str, ...] = ()

    def evaluate(self, scope: Scope, builtins: Sequence[Mapping[str, Any]]) -> list[Condition]:
        """Conditions as ``{type, status, reason, message}``; ``schema.status.conditions`` shows ``builtins``. Raises NodeError."""
        instance = {**scope["schema"], "status": {"conditions": [dict(condition) for condition in builtins]}}
        value = self.expression.value({**scope, "schema": instance, "runtime": RUNTIME})
        found = value if isinstance(value, list) else [value]
        return [self._checked(item) for item in found]

    def _checked(self, item: Any) -> Condition:
        if not isinstance(item, Made):
            raise self.expression.failure(
                "malformed-condition", "the expression returned something that is no condition", hint="use runtime.newCondition({…})"
            )
        if not item.type or item.status not in STATUSES:
            raise self.expression.failure("malformed-condition", "a condition needs a type, and a status of True, False or Unknown")
        return {"type": item.type, "status": item.status, "reason": item.reason, "message": item.message}
