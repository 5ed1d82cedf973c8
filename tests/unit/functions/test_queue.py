"""The bridge's queue: one delivery in flight per key, newest wins, nothing dropped, Retry-After kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

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


def test_a_function_that_does_not_answer_holds_up_no_other() -> None:
    async def scene() -> None:
        hold = asyncio.Event()
        got: list[Role] = []

        async def send(item: Event) -> Sent:
            got.append(item.role)
            if item.role is Role.INSTANCE:
                await hold.wait()
            return Sent(204)

        queue = Queue(send, clock=time.monotonic, jitter=lambda: 0.0, width=3)
        for number in range(5):
            queue.put(event(f"a{number}", "1"))
        await asyncio.sleep(0.01)
        for role in (Role.DEFINITION, Role.ACTIVATION):
            queue.put(replace(event("d", "1"), role=role))
        await until(lambda: len(got) == 5)
        assert got == [Role.INSTANCE] * 3 + [Role.DEFINITION, Role.ACTIVATION]
        hold.set()
        await until(lambda: queue.depth == 0)
        assert got.count(Role.INSTANCE) == 5

    play(scene)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [(Sent(204, answer="done"), False), (Sent(204, answer="echo"), True), (Sent(202), True), (Sent(400, answer="refused"), True)],
    ids=["a run", "an echo", "a broker", "a refusal"],
)
def test_only_a_run_settles_a_wish_to_be_looked_at_again(answer: Sent, kept: bool) -> None:
    async def scene() -> None:
        receiver = Receiver(Sent(204, 0.1, "done"), answer)
        queue = queue_to(receiver)
        queue.put(event("a", "1"))
        await until(lambda: len(receiver.got) == 1)
        queue.put(event("a", "2"))
        await until(lambda: len(receiver.got) == 2)
        await asyncio.sleep(0.15)
        assert [item.type for item in receiver.got[2:]] == [EVENT_CONVERGE] * kept
        await queue.close()

    play(scene)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 503])
def test_only_our_own_refusal_ends_an_event(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.01)

    async def scene() -> None:
        receiver = Receiver(Sent(status))
        queue = queue_to(receiver)
        queue.put(event("a", "1"))
        await until(lambda: queue.depth == 0)
        assert [item.changes for item in receiver.got] == [(Changed("a", "1"),)] * 2

    play(scene)


def test_what_one_event_cannot_hold_is_delivered_in_several() -> None:
    async def scene() -> None:
        receiver = Receiver()
        receiver.hold = asyncio.Event()
        queue = queue_to(receiver)
        for number in range(1100):
            queue.put(replace(event("a", "1"), changes=(Changed(f"c{number}", "1", number % 3 == 0),)))
            await asyncio.sleep(0)
        receiver.hold.set()
        await until(lambda: queue.depth == 0)
        assert [len(item.changes) for item in receiver.got] == [1, 500, 500, 99]
        assert len({change for item in receiver.got for change in item.changes}) == 1100

    play(scene)


def test_reminders_for_one_object_are_one() -> None:
    async def scene() -> None:
        receiver = Receiver()
        queue = queue_to(receiver)
        for delay in (30.0, 0.05, 20.0):
            queue.remind(event("a", "1", kind=EVENT_CONVERGE), delay)
        await until(lambda: len(receiver.got) == 1)
        await until(lambda: not queue._slots)

    play(scene)
