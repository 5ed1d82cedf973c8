"""Asking for effects inside a generator: one, or several that are independent of each other. Each answer is what its effect can have."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import TypeAlias, TypeVar, cast

from graphcore.converge.effects import Asking, Batch, Effect
from graphcore.converge.results import Result

T = TypeVar("T")
R = TypeVar("R", bound=Result)
Steps: TypeAlias = Generator[Batch, Sequence[Result], T]
"""A part of a run: yields batches, is sent their results, returns T."""


def one(effect: Asking[R]) -> Steps[R]:
    """Perform one effect."""
    results = yield (cast("Effect", effect),)
    return cast("R", results[0])


def every(effects: Iterable[Asking[R]]) -> Steps[tuple[R, ...]]:
    """Perform effects that are independent of each other, in one batch; results in their order."""
    results = yield cast("Batch", tuple(effects))
    return cast("tuple[R, ...]", tuple(results))
