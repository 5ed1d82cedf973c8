"""Time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any


class Moments:
    """A clock, and sleeps that wait for it."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), future))
        await future

    @property
    def time(self) -> dict[str, Any]:
        """For :class:`local_emulator.hosting.host.Host`."""
        return {"clock": self.clock, "sleep": self.sleep, "jitter": lambda: 0.0}

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Goes from sleeper to sleeper; settle: returns when whoever was woken has done what it does at once."""
        await settle()
        until = self.now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self.now = max(self.now, due)
            future.set_result(None)
            await settle()
        self.now = until
        await settle()


async def turns(number: int = 50) -> None:
    """Lets every task of the loop go on as far as it gets."""
    for _ in range(number):
        await asyncio.sleep(0)
