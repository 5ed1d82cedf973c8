"""Time as an argument: what waits is told the clock and how to sleep, so that a test decides how time passes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], float]
"""Seconds, monotonic."""
Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Returns after so many seconds."""


async def either(event: asyncio.Event, seconds: float, sleep: Sleep) -> None:
    """Returns when ``event`` is set or ``seconds`` have passed."""
    tasks = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(sleep(seconds))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


class Abandoned(Exception):
    """Something that the work waited for was cancelled by somebody else, and not the work itself."""


def cancelled() -> bool:
    """Whether the current task itself is to end."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
