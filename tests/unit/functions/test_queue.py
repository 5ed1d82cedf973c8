"""The bridge's queue: one delivery in flight per key, newest wins, nothing dropped, Retry-After kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from functions.bridge import queue as module
from functions.bridge.queue import Queue
from functions.platform.events import EVENT_CONVERGE, EVENT_UPDATE, Changed, Event, Reference, Role
from functions.platform.post import Sent


def event(key: str, version: str, *, kind: str = EVENT_UPDATE, revision: int | None = None) -> Event:
    return Event(kind, Role.INSTANCE, Reference("g/v1", "K", "ns", key), key, {}, (Changed(key, version),), revision)


class Receiver:
    """Answers with the given codes, then 204; ``hold`` keeps deliveries open."""

    def __init__(self, *answers: Sent) -> None:
        self.answers = list(answers)
        self.got: list[Event] = []
        self.open: dict[str, int] = {}
        self.hold: asyncio.Event | None = None

    async def send(self, item: Event) -> Sent:
        self.open[item.partition] = self.open.get(item.partition, 0) + 1
        assert self.open[item.partition] == 1, "two deliveries in flight for one key"
        if self.hold:
            await self.hold.wait()
        self.got.append(item)
        self.open[item.partition] -= 1
        return self.answers.pop(0) if self.answers else Sent(204)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 5))  # type: ignore[arg-type]


def queue_to(receiver: Receiver) -> Queue:
    return Queue(receiver.send, clock=time.monotonic, jitter=lambda: 0.0)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_what_arrives_during_a_delivery_is_merged_into_the_next() -> None:
    async def scene() -> None:
        receiver = Receiver()
        receiver.hold = asyncio.Event()
        queue = queue_to(receiver)
        queue.put(event("a", "1"))
        await asyncio.sleep(0)
        for version in ("2", "3", "4"):
            queue.put(event("a", version))
        queue.put(event("b", "1"))
        assert queue.depth == 2
        receiver.hold.set()
        await until(lambda: queue.depth == 0)
        got = [item for item in receiver.got if item.partition == "a"]
        assert [item.changes for item in got] == [(Changed("a", "1"),), (Changed("a", "4"),)]
        assert queue.lag() == 0.0

    play(scene)


@pytest.mark.parametrize("status", [0, 404, 429, 500, 503])
def test_a_failed_delivery_is_repeated_and_delays_nobody_else(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.3)

    async def scene() -> None:
        receiver = Receiver(Sent(status))
        queue = queue_to(receiver)
        queue.put(event("a", "1"))
        while not receiver.got:
            await asyncio.sleep(0)
        queue.put(event("a", "2"))
        queue.put(event("b", "1"))
        await until(lambda: queue.depth == 0)
        assert [item.partition for item in receiver.got] == ["a", "b", "a"]
        assert receiver.got[-1].changes == (Changed("a", "2"),)

    play(scene)


def test_an_event_that_is_refused_as_such_is_not_repeated() -> None:
    async def scene() -> None:
        receiver = Receiver(Sent(400, answer="refused"))
        queue = queue_to(receiver)
        queue.put(event("a", "1"))
        await until(lambda: queue.depth == 0)
        assert len(receiver.got) == 1
        assert queue.counts["refused"] == 1

    play(scene)


def test_retry_after_brings_a_converge_event_unless_news_comes_first() -> None:
    async def scene() -> None:
        receiver = Receiver(Sent(204, 0.05), Sent(204, 30.0))
        queue = queue_to(receiver)
        began = time.monotonic()
        queue.put(event("a", "1"))
        await until(lambda: len(receiver.got) == 2)
        assert time.monotonic() - began >= 0.05
        assert (receiver.got[1].type, receiver.got[1].changes) == (EVENT_CONVERGE, ())
        assert queue.depth == 0
        queue.put(event("a", "2"))
        await until(lambda: len(receiver.got) == 3)
        assert receiver.got[2].changes == (Changed("a", "2"),)
        await queue.close()

    play(scene)
