"""Deliveries in order: at most one in flight per key, what waits is merged, nothing is dropped.

The key is the function and the object that it is to look at. What arrives for a key while a delivery is under way, or while it waits after
a failure, is merged into one event that stands for all of it. A failed delivery backs off by itself, so that one broken object never
delays another; a function that does not answer holds up no other one. A receiver that answers with ``Retry-After`` is asked again after
that time, unless an event comes first and settles the matter: one that was acknowledged without a run settles nothing.

After an outage of the API server nobody goes on waiting because of it: neither who backs off, nor who was put off while it lasted.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

from functions.bridge.outage import SPREAD, Outage
from functions.bridge.tasks import forever
from functions.platform.events import EVENT_CONVERGE, FUNCTION_OF, FUNCTION_ROLES, Event
from functions.platform.merging import Key, key_of, merge, split
from functions.platform.post import UNTOLD, Sent
from functions.platform.waiting import Abandoned, Clock, Sleep, cancelled, either

FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 30.0
LONGEST_ABSENCE = 1.0
"""Seconds between attempts to reach a receiver that does not answer at all: asking costs nobody anything, and it may be starting."""
MERGED_AT_ONCE = 64
UNSENT = Sent(-1)
"""How a delivery ended that could not even be tried."""


@dataclass(slots=True)
class _Slot:
    """since: when what waits began to wait. repeat: when to look again although nothing happened, and the event that says so.

    asked: when that was decided last.
    """

    since: float
    waiting: list[Event] = field(default_factory=list)
    merge_at: int = MERGED_AT_ONCE
    task: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0
    repeat: tuple[float, Event] | None = None
    asked: float = 0.0
    resting: bool = False

    def take(self) -> Event | None:
        """Everything that waits as one event, or as much of it as one can hold; the rest goes on waiting."""
        if not self.waiting:
            return None
        event, rest = split(merge(*self.waiting))
        self.waiting = [rest] if rest else []
        return event

    def squeeze(self) -> None:
        """Keeps what waits no longer than what it stands for. Rarely enough that a large instance's events cost no more each."""
        if len(self.waiting) >= self.merge_at:
            self.waiting = [merge(*self.waiting)]
            self.merge_at = max(MERGED_AT_ONCE, len(self.waiting[0].changes))


class Queue:
    """send:

    delivers one event. jitter: a number in [0, 1). width: deliveries in flight at most, for each function. failed: hears of an error that
    nobody expected; the event stays and is tried again. outage: of the API server that the receivers talk to, where somebody watches.
    """

    def __init__(
        self,
        send: Callable[[Event], Awaitable[Sent]],
        *,
        clock: Clock,
        jitter: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        width: int = 64,
        failed: Callable[[str, Exception], None] = lambda _what, _error: None,
        outage: Outage | None = None,
    ) -> None:
        self._outage = outage
        self._pause = outage.sleep if outage else sleep
        self._send = send
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._failed = failed
        self._slots: dict[Key, _Slot] = {}
        self._widths = {function: asyncio.Semaphore(width) for function in FUNCTION_ROLES}
        self.counts: Counter[str] = Counter()

    def put(self, event: Event) -> None:
        """Takes an event; never blocks and never fails."""
        self.counts["received"] += 1
        slot = self._slot(event)
        if slot.waiting:
            self.counts["merged"] += 1
        else:
            slot.since = self._clock()
        slot.waiting.append(event)
        slot.squeeze()
        slot.wake.set()

    def remind(self, event: Event, delay: float) -> None:
        """Takes an event that is to be delivered after ``delay`` seconds; of several for a key the earliest stands for all."""
        slot = self._slot(event)
        self._repeat(slot, event, delay)
        slot.wake.set()

    @property
    def depth(self) -> int:
        """Keys with something to deliver or being delivered."""
        return sum(1 for slot in self._slots.values() if not slot.resting)

    def lag(self) -> float:
        """Age in seconds of the oldest event not yet delivered."""
        now = self._clock()
        return max((now - slot.since for slot in self._slots.values() if slot.waiting), default=0.0)

    async def close(self) -> None:
        tasks = [slot.task for slot in self._slots.values() if slot.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _slot(self, event: Event) -> _Slot:
        key = key_of(event)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot(self._clock())
            work = partial(self._drain, key, slot)
            slot.task = asyncio.create_task(forever(work, partial(self._failed, "deliveries of an object"), self._sleep))
        return slot

    def _repeat(self, slot: _Slot, event: Event, delay: float) -> None:
        due = self._clock() + delay
        known = slot.repeat
        slot.repeat = (due, event) if known is None else (min(due, known[0]), merge(known[1], event))
        slot.asked = self._clock()

    async def _drain(self, key: Key, slot: _Slot) -> None:
        while slot.waiting or slot.repeat is not None:
            event = slot.take()
            if event is None:
                await self._rest(slot)
            else:
                await self._deliver(slot, event)
        del self._slots[key]

    async def _deliver(self, slot: _Slot, event: Event) -> None:
        start = self._clock()
        sent = await self._attempt(event)
        self.counts[f"status_{sent.status}"] += 1
        if self._outage and sent.status and (not sent.done or sent.answer == UNTOLD):
            self._outage.doubt()
        if sent.hopeless:
            self.counts["refused"] += 1
            slot.failures = 0
        elif sent.done:
            slot.failures = 0
            if sent.settled and FUNCTION_OF[event.role] != "fanout":
                slot.repeat = None
            if sent.retry_after is not None:
                # Not a watch event any more: nothing happened, so nothing can be an echo.
                self._repeat(slot, replace(event, type=EVENT_CONVERGE, changes=(), progress=None, failed=""), sent.retry_after)
        else:
            slot.failures = 1 if self._over(start) else slot.failures + 1
            slot.waiting.insert(0, event)
            longest = LONGEST_ABSENCE if sent.status == 0 else LONGEST_BACKOFF
            pause = min(FIRST_BACKOFF * 2.0 ** min(slot.failures - 1, 16), longest)
            failed = self._clock()
            await self._pause(pause * (0.75 + 0.5 * self._jitter()))
            if self._over(failed):
                slot.failures = 0

    async def _attempt(self, event: Event) -> Sent:
        try:
            async with self._widths[FUNCTION_OF[event.role]]:
                return await self._send(event)
        except asyncio.CancelledError:
            if cancelled():
                raise
            error: Exception = Abandoned()
        except Exception as unexpected:  # what cannot be sent must not end the deliveries of its object: the next event may be another
            error = unexpected
        self._failed(f"delivery to {FUNCTION_OF[event.role]}", error)
        return UNSENT

    def _over(self, moment: float) -> bool:
        """Whether an outage that is over may have been what something was put off for at a moment."""
        return self._outage is not None and self._outage.hit(moment)

    async def _rest(self, slot: _Slot) -> None:
        """Waits for the time of the repeat or for an event, whichever comes first."""
        assert slot.repeat is not None
        due, event = slot.repeat
        if self._over(slot.asked):
            due, slot.asked = min(due, self._clock() + SPREAD * self._jitter()), math.inf
            slot.repeat = (due, event)
        left = due - self._clock()
        if left > 0:
            slot.wake.clear()
            slot.resting = True
            await either(slot.wake, left, self._pause)
            slot.resting = False
            if self._over(slot.asked):
                # Once: from now on it is put off anew, or not at all.
                slot.repeat, slot.asked = (self._clock(), slot.repeat[1]), math.inf
        else:
            slot.waiting, slot.repeat, slot.since = [event], None, self._clock()
