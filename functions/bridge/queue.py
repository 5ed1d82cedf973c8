"""Deliveries in order: at most one in flight per key, the newest wins, nothing is dropped.

The key is the UID of the object to converge. What arrives for a key while a delivery is under way, or while it waits after a failure, is
merged into one event that stands for all of it. A failed delivery backs off by itself, so that one broken object never delays another. A
receiver that answers with ``Retry-After`` is asked again after that time, unless an event comes first and settles the matter.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from functions.platform.events import EVENT_CONVERGE, Event
from functions.platform.post import Sent

FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 30.0
LONGEST_ABSENCE = 1.0
"""Seconds between attempts to reach a receiver that does not answer at all: asking costs nobody anything, and it may be starting."""
MERGED = 500
"""Changes listed in one event; beyond, the list is left out and the event is never taken for an echo."""


@dataclass(slots=True)
class _Slot:
    pending: Event | None
    since: float
    task: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    resting: bool = False


class Queue:
    """send:

    delivers one event. clock: seconds, monotonic. jitter: a number in [0, 1). width: deliveries in flight at most, all keys together.
    """

    def __init__(
        self, send: Callable[[Event], Awaitable[Sent]], *, clock: Callable[[], float], jitter: Callable[[], float], width: int = 64
    ) -> None:
        self._send = send
        self._clock = clock
        self._jitter = jitter
        self._slots: dict[str, _Slot] = {}
        self._width = asyncio.Semaphore(width)
        self.counts: Counter[str] = Counter()

    def put(self, event: Event) -> None:
        """Takes an event; never blocks and never fails."""
        self.counts["received"] += 1
        slot = self._slots.get(event.partition)
        if slot is None:
            slot = self._slots[event.partition] = _Slot(event, self._clock())
            slot.task = asyncio.create_task(self._drain(event.partition, slot))
            return
        if slot.pending is None:
            slot.since = self._clock()
            slot.pending = event
            slot.wake.set()
        else:
            self.counts["merged"] += 1
            slot.pending = merge(slot.pending, event)

    @property
    def depth(self) -> int:
        """Keys with something to deliver or being delivered."""
        return sum(1 for slot in self._slots.values() if not slot.resting)

    def lag(self) -> float:
        """Age in seconds of the oldest event not yet delivered."""
        now = self._clock()
        return max((now - slot.since for slot in self._slots.values() if slot.pending is not None), default=0.0)

    async def close(self) -> None:
        tasks = [slot.task for slot in self._slots.values() if slot.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drain(self, key: str, slot: _Slot) -> None:
        while slot.pending is not None:
            event, slot.pending = slot.pending, None
            async with self._width:
                sent = await self._send(event)
            self.counts[f"status_{sent.status}"] += 1
            if sent.hopeless:
                self.counts["refused"] += 1
            if sent.done or sent.hopeless:
                slot.failures = 0
                if sent.done and sent.retry_after is not None:
                    await self._rest(slot, sent.retry_after)
                    # Not a watch event any more: nothing happened, so nothing can be an echo.
                    slot.pending = slot.pending or replace(event, type=EVENT_CONVERGE, changes=())
                continue
            slot.failures += 1
            slot.pending = merge(event, slot.pending) if slot.pending else event
            longest = LONGEST_BACKOFF if sent.status else LONGEST_ABSENCE
            pause = min(FIRST_BACKOFF * 2.0 ** min(slot.failures - 1, 16), longest)
            await asyncio.sleep(pause * (0.75 + 0.5 * self._jitter()))
        del self._slots[key]

    async def _rest(self, slot: _Slot, seconds: float) -> None:
        """Waits for the time to pass or for an event, whichever comes first."""
        if slot.pending is not None:
            return
        slot.wake.clear()
        slot.resting = True
        try:
            await asyncio.wait_for(slot.wake.wait(), seconds)
        except TimeoutError:
            slot.since = self._clock()
        finally:
            slot.resting = False


def merge(older: Event, newer: Event) -> Event:
    """One event for both:

    the newer one's content, the changes of both; an older event that is never an echo keeps the merged one from being one.
    """
    if not older.changes or not newer.changes or len(older.changes) + len(newer.changes) > MERGED:
        changes: tuple[tuple[str, str], ...] = ()
    else:
        changes = tuple(dict.fromkeys((*older.changes, *newer.changes)))
    kind = newer.type if older.watched else older.type
    revision = newer.revision if newer.revision is not None else older.revision
    return replace(newer, type=kind, changes=changes, revision=revision)
