"""Work that never ends: an error that nobody expected is told, and the work begun again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from functions.platform.waiting import Sleep

PAUSE = 1.0
"""Seconds before work that failed is begun again."""


async def forever(work: Callable[[], Awaitable[None]], failed: Callable[[Exception], None], sleep: Sleep = asyncio.sleep) -> None:
    """Runs ``work`` until it returns or is cancelled; ``failed`` hears of every exception."""
    while True:
        try:
            await work()
            return
        except Exception as error:  # whatever it is, the process must not go deaf
            failed(error)
        await sleep(PAUSE)
