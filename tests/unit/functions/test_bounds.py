"""What a process remembers, and how much it does at once, has an end; what comes back again and again waits longer and shows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from functions.bridge import main as module
from functions.bridge.main import DEAD_LETTER_DELAY, LONGEST_DEAD_LETTER_DELAY, Inlet, application
from functions.bridge.queue import Queue
from functions.platform.events import EVENT_CONVERGE, EVENT_UPDATE, Changed, Event, Reference, Role, encode, parse
from functions.platform.merging import merge
from functions.platform.post import DONE, Sent
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from local_emulator.hosting.inprocess import call
from tests.unit.functions.fakes import Scripted


def event(name: str = "one", role: Role = Role.INSTANCE, **fields: Any) -> Event:
    subject = Reference("kro.run/v1alpha1", "Thing", "ns", name)
    return Event(EVENT_UPDATE, role, subject, name, {"name": name, "uid": name}, (Changed(name, "1"),), id="1", **fields)


class Time:
    """A clock that moves when it is told; who sleeps wakes when the time has come."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + seconds, future))
        await future

    async def pass_(self, seconds: float) -> None:
        """Everything that is due by then happens, in order."""
        until = self.now + seconds
        while True:
            await settle()
            due = sorted((when, number) for number, (when, future) in enumerate(self.sleepers) if when <= until and not future.done())
            if not due:
                break
            when, number = due[0]
            self.now = max(self.now, when)
            self.sleepers[number][1].set_result(None)
        self.now = until


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


class Receiver:
    """Where everything is posted to. frozen: roles whose deliveries get no answer."""

    def __init__(self, *frozen: Role) -> None:
        self.frozen = set(frozen)
        self.got: list[Event] = []
        self.urls: set[str] = set()
        self.open = 0

    async def send(self, url: str, item: Event, _headers: Mapping[str, str] | None = None) -> Sent:
        self.urls.add(url)
        self.open += 1
        if item.role in self.frozen:
            await asyncio.Event().wait()
        self.open -= 1
        self.got.append(item)
        return Sent(204, None, DONE)

    async def close(self) -> None:
        return


def play(receiver: Receiver, scene: Any, **settings: Any) -> None:
    async def run() -> None:
        time = Time()
        inlet = Inlet(
            Settings(**settings),
            Scripted(),
            receiver,
            Telemetry("bridge", lambda _: None),
            clock=time.clock,
            sleep=time.sleep,
            jitter=lambda: 0.0,
        )
        try:
            await scene(inlet, time)
        finally:
            await inlet.bridge.queue.close()

    asyncio.run(asyncio.wait_for(run(), 20))


@pytest.mark.parametrize("sink", ["", "http://broker"], ids=["three functions", "one broker"])
@pytest.mark.parametrize("frozen", [Role.INSTANCE, Role.DEFINITION, Role.RESYNC])
def test_a_function_that_is_frozen_takes_no_places_of_the_others(frozen: Role, sink: str) -> None:
    """Nor do 500 deliveries for it that wait; it has 64 of its own."""
    receiver = Receiver(frozen)
    others = {Role.INSTANCE, Role.DEFINITION, Role.RESYNC} - {frozen}

    async def scene(inlet: Inlet, time: Time) -> None:
        for number in range(500):
            inlet.bridge.inject(event(f"i{number}", frozen))
        await settle()
        assert receiver.open == 64
        for role in others:
            for number in range(100):
                inlet.bridge.inject(event(f"i{number}", role))
        for _ in range(10):
            await settle()
        assert len(receiver.got) == 200
        assert time.now == 0.0

    play(receiver, scene, sink=sink, instance_url="http://instance", definition_url="http://definition", fanout_url="http://fanout")
    assert len(receiver.urls) == (1 if sink else 3)


@pytest.mark.parametrize("code", ["503", "502", "0", "404"])
def test_a_dead_letter_that_comes_again_waits_longer_each_time_and_says_so(code: str) -> None:
    """With the status that the broker got; five minutes at most. Another object's is not held up."""
    receiver = Receiver()
    waits: list[float] = []
    told: list[str] = []

    async def scene(inlet: Inlet, time: Time) -> None:
        app = application(inlet)
        for _ in range(8):
            headers, body = encode(receiver.got[-1] if receiver.got else event(), "test")
            own = {} if code == "0" else {"ce-knativeerrorcode": code, "ce-knativeerrordest": "http://instance"}
            status, _, _ = await call(app, "POST", "/dead-letters", {**headers, **own}, body)
            assert status == 204
            begun, before = time.now, len(receiver.got)
            while len(receiver.got) == before:
                await time.pass_(1.0)
            waits.append(time.now - begun)
            told.append(receiver.got[-1].failed)
        inlet.take_dead(event("other"))
        before = len(receiver.got)
        await time.pass_(DEAD_LETTER_DELAY)
        assert [(item.subject.name, item.failed) for item in receiver.got[before:]] == [("other", "")]

    play(receiver, scene, sink="http://broker")
    assert waits == pytest.approx([10, 20, 40, 80, 160, 300, 300, 300], abs=1.0)
    assert max(waits) <= LONGEST_DEAD_LETTER_DELAY + 1
    assert told == ["", *[code] * 7]


def test_a_dead_letter_after_a_time_without_one_is_the_first_again() -> None:
    receiver = Receiver()

    async def scene(inlet: Inlet, time: Time) -> None:
        for _ in range(2):
            inlet.take_dead(event())
            await time.pass_(20)
        assert [item.failed for item in receiver.got] == ["", "0"]
        await time.pass_(1000)
        inlet.take_dead(event())
        await time.pass_(DEAD_LETTER_DELAY)
        assert receiver.got[-1].failed == ""
        assert len(receiver.got) == 3

    play(receiver, scene, sink="http://broker")


def test_only_so_many_objects_dead_letters_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEAD_KEPT", 50)

    async def scene(inlet: Inlet, _time: Time) -> None:
        for number in range(200):
            inlet.take_dead(event(f"i{number}"))
            assert len(inlet._dead) <= 50

    play(Receiver(), scene)


@pytest.mark.parametrize(("first", "second", "merged"), [("503", "", "503"), ("", "503", "503"), ("503", "0", "0"), ("", "", "")], ids=repr)
def test_what_came_back_is_told_by_whatever_it_is_merged_into(first: str, second: str, merged: str) -> None:
    one = merge(event(failed=first), event(failed=second))
    assert one.failed == merged
    assert parse(*encode(one, "test")).failed == merged


@pytest.mark.parametrize("value", ["x", "-1", "1e3", "99999", "², "], ids=repr)
def test_a_status_that_is_none_is_not_told(value: str) -> None:
    headers, body = encode(event(), "test")
    assert parse({**headers, "ce-krofailed": value}, body).failed == ""


@pytest.mark.parametrize("objects", [1, 7])
def test_reminders_are_one_for_each_object_and_none_when_it_has_looked(objects: int) -> None:
    got: list[Event] = []

    async def scene() -> None:
        time = Time()

        async def send(item: Event) -> Sent:
            got.append(item)
            return Sent(204, None, DONE)

        queue = Queue(send, clock=time.clock, jitter=lambda: 0.0, sleep=time.sleep)
        for number in range(3000):
            reminder = replace(event(f"i{number % objects}"), type=EVENT_CONVERGE, changes=())
            queue.remind(reminder, 60.0 + number % 5)
        await settle()
        assert len(queue._slots) == objects
        assert all(len(slot.repeat[1].changes) == 0 and not slot.waiting for slot in queue._slots.values() if slot.repeat)
        await time.pass_(70.0)
        assert (len(queue._slots), len(got)) == (0, objects)

    asyncio.run(asyncio.wait_for(scene(), 20))
