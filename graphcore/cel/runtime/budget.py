"""Limits of one evaluation.

kro lets an expression run as long and build as much as it likes; here a mistaken or hostile one ends in an error. Two currencies:
*steps* are paid by comprehensions (and by operations whose work grows with their operands), *size* by whatever builds strings, bytes,
lists or maps. A function whose result can be far larger than its arguments calls :func:`require_size` *before* it builds it; everything
else is charged by the compiler when the result is there.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

from graphcore.cel.errors import EvaluationError, Reason

STEPS: Final = 2_500_000
SIZE: Final = 8_000_000
ITEM: Final = 4  # what one list element or map entry costs, in characters
CONTAINER: Final = 16  # what a list or a map costs beside its elements
PARTS_PER_STEP: Final = 4
CHARACTERS_PER_STEP: Final = 256
NODES: Final = 500_000  # parts of a value that a function may walk through


class Budget:
    """What one evaluation may still spend. steps: loop iterations, weighted by the size of the body; size: characters built."""

    __slots__ = ("size", "steps")

    def __init__(self, steps: int = STEPS, size: int = SIZE) -> None:
        self.steps = steps
        self.size = size

    def step(self, count: int) -> None:
        """Pays for ``count`` steps. Raises EvaluationError (budget exceeded)."""
        self.steps -= count
        if self.steps < 0:
            raise EvaluationError(Reason.BUDGET, "budget exceeded: the expression takes too many steps")

    def grow(self, size: int) -> None:
        """Pays for ``size`` characters. Raises EvaluationError (budget exceeded)."""
        self.size -= size
        if self.size < 0:
            raise _too_large()


CURRENT: Final[ContextVar[Budget | None]] = ContextVar("budget", default=None)
"""The budget of the evaluation under way, for what is computed where its environment is out of reach."""


def spend(parts: int) -> None:
    """Pays for walking through that many parts of values. Raises EvaluationError (budget exceeded)."""
    budget = CURRENT.get()
    if budget is not None:
        budget.step(parts // PARTS_PER_STEP)


def require_size(characters: int = 0, items: int = 0) -> None:
    """Refuses at once a result that no default budget could pay for. Raises EvaluationError (budget exceeded)."""
    if characters + items * ITEM > SIZE:
        raise _too_large()


def require_tree(value: Any) -> None:
    """Refuses a value with too many parts before something walks through it; parts that are shared count every time.

    Raises EvaluationError (budget exceeded).
    """
    pending = [value]
    count = 0
    while pending:
        part = pending.pop()
        if isinstance(part, (list, dict)):
            count += len(part)
            if count > NODES:
                raise _too_large()
            pending.extend(part.values() if isinstance(part, dict) else part)
    spend(count)


def _too_large() -> EvaluationError:
    return EvaluationError(Reason.BUDGET, "budget exceeded: the expression builds too large a value")
