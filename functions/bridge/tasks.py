"""Work that never ends: an error that nobody expected is told, and the work begun again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from functions.platform.waiting import Abandoned, Sleep, cancelled

PAUSE = 1.0
"""Seconds before work that failed is begun again."""


async def forever(work: Callable[[], Awaitable[None]], failed: Callable[[Exception], None], sleep: Sleep = asyncio.sleep) -> None:
    """Runs ``work`` until it returns or is cancelled; ``failed`` hears of every exception, and ends nothing by raising one."""
    while True:
        try:
            await work()
            return
        except asyncio.CancelledError:
            if cancelled():
                raise
            error: Exception = Abandoned()
        except Exception as unexpected:  # whatever it is, the process must not go deaf
            error = unexpected
        with contextlib.suppress(Exception):
            failed(error)
        await sleep(PAUSE)
