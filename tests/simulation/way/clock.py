"""An event loop whose time passes only when nothing else is left to do: seconds of virtual time cost what happens in them."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(Exception):
    """Nothing is scheduled any more, so time would stand still for ever."""


class _Selector(selectors.SelectSelector):
    """Never looks at a file: waiting is what moves the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self.now += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """time() begins at 0."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._virtual.now


def play(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of ``main`` in a loop of its own; what it leaves running is cancelled."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


async def gone(*awaitables: Awaitable[Any]) -> None:
    """Returns when all have ended, however."""
    await asyncio.gather(*awaitables, return_exceptions=True)
