"""After an outage of the API server nobody goes on sleeping because of it; a fault that is no outage wakes nobody."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from functions.bridge.outage import BEFORE, PROBE, SPREAD, Outage
from functions.bridge.queue import Queue
from functions.bridge.watcher import Change, Follower, Watched
from functions.platform.cluster import Answer, ClusterError, Request
from functions.platform.events import EVENT_UPDATE, Changed, Event, Reference, Role
from functions.platform.post import Sent
from tests.support.graphs import CONFIG_MAP
from tests.support.moments import Moments, turns

SOON = PROBE * 1.25 + SPREAD
"""Seconds after which everybody is awake, at most: the probe comes, and the spread passes."""


class Server:
    """An API server that can be away, frozen (requests hang until it is back, or ten seconds long), or broken in all it answers."""

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.state = "up"
        self.thawed = asyncio.Event()
        self.asked: list[tuple[float, str]] = []

    async def send(self, request: Request) -> Answer:
        self.asked.append((self.moments.now, request.path))
        if self.state == "frozen":
            hang, thaw = asyncio.ensure_future(self.moments.sleep(10)), asyncio.ensure_future(self.thawed.wait())
            await asyncio.wait([hang, thaw], return_when=asyncio.FIRST_COMPLETED)
        if self.state in ("away", "frozen"):
            raise ClusterError("cannot reach the Kubernetes API")
        if self.state == "broken" or (self.state == "one path broken" and request.path != "/readyz"):
            return Answer(500, {"message": "etcdserver: no leader"})
        return Answer(200, {"metadata": {"resourceVersion": "1"}, "items": []})

    async def stream(self, _request: Request) -> AsyncIterator[dict[str, Any]]:
        while self.state == "up":
            await self.moments.sleep(1)
        raise ClusterError("cannot reach the Kubernetes API")
        yield {}

    async def close(self) -> None:
        return None

    def back(self) -> None:
        self.state = "up"
        self.thawed.set()
        self.thawed = asyncio.Event()


class Scene:
    def __init__(self) -> None:
        self.moments = Moments()
        self.server = Server(self.moments)
        self.random = random.Random(7)
        self.outage = Outage(
            self.server,
            clock=self.moments.clock,
            sleep=self.moments.sleep,
            jitter=self.random.random,
            failed=lambda *_: pytest.fail("failed"),
        )
        self.woken: list[float] = []

    async def passes(self, seconds: float) -> None:
        await self.moments.advance(seconds, turns)

    async def sleeper(self, seconds: float) -> None:
        await self.outage.sleep(seconds)
        self.woken.append(self.moments.now)

    async def asks(self) -> None:
        """What meets a fault."""
        try:
            await self.outage.send(Request("GET", "/api"))
        except ClusterError:
            return


def play(scene: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        made = Scene()
        await scene(made)
        await made.outage.close()

    asyncio.run(asyncio.wait_for(run(), 20))


@pytest.mark.parametrize("state", ["away", "frozen", "broken"])
@pytest.mark.parametrize("lasting", [18.0, 60.0, 600.0, 1800.0])
def test_whoever_sleeps_is_woken_within_seconds_however_long_the_outage_was(state: str, lasting: float) -> None:
    async def scene(world: Scene) -> None:
        world.server.state = state
        tasks = [asyncio.create_task(world.asks())]
        await world.passes(lasting)
        tasks += [asyncio.create_task(world.sleeper(300)) for _ in range(50)]
        await turns()
        world.server.back()
        end = world.moments.now
        await world.passes(SOON)
        assert len(world.woken) == 50
        assert max(world.woken) - min(world.woken) <= SPREAD
        assert max(world.woken) - min(world.woken) > SPREAD / 2, "spread"
        assert min(world.woken) >= end
        assert world.outage.ended == 1
        probes = [moment for moment, path in world.server.asked if path == "/readyz"]
        assert len(probes) <= 2 + lasting / (PROBE * 0.75)
        await asyncio.gather(*tasks)

    play(scene)


def test_any_answer_is_the_sign_that_it_is_back() -> None:
    async def scene(world: Scene) -> None:
        world.server.state = "away"
        await world.asks()
        await world.passes(10)
        task = asyncio.create_task(world.sleeper(300))
        await turns()
        world.server.back()
        await world.asks()
        await world.passes(SPREAD)
        assert len(world.woken) == 1
        await task

    play(scene)


@pytest.mark.parametrize("fault", ["one path broken", "doubts"])
def test_a_fault_that_is_no_outage_wakes_nobody_and_costs_a_probe_a_second_at_most(fault: str) -> None:
    async def scene(world: Scene) -> None:
        task = asyncio.create_task(world.sleeper(300))
        await turns()
        world.server.state = fault
        for _ in range(100):
            world.outage.doubt() if fault == "doubts" else await world.asks()
            await world.passes(0.1)
        assert world.woken == []
        assert world.outage.ended == 0
        assert sum(path == "/readyz" for _, path in world.server.asked) <= 11
        task.cancel()

    play(scene)


def test_a_sleep_that_ends_anyway_ends_when_it_would() -> None:
    async def scene(world: Scene) -> None:
        tasks = [asyncio.create_task(world.sleeper(seconds)) for seconds in (0.5, 1.0, 30.0)]
        await world.passes(40)
        assert world.woken == [1000.5, 1001.0, 1030.0]
        await asyncio.gather(*tasks)

    play(scene)


def event(name: str, version: str) -> Event:
    return Event(EVENT_UPDATE, Role.INSTANCE, Reference("g/v1", "K", "ns", name), name, {}, (Changed(name, version),))


class Function:
    """Answers as a function that works on the API: 503 while there is none, or puts off what it was asked."""

    def __init__(self, world: Scene, put_off: float | None = None) -> None:
        self.world = world
        self.put_off = put_off
        self.got: list[tuple[float, Event]] = []

    async def send(self, item: Event) -> Sent:
        self.got.append((self.world.moments.now, item))
        if self.world.server.state == "up":
            return Sent(204, self.put_off, "done")
        return Sent(503, None, "again") if self.put_off is None else Sent(204, self.put_off, "untold")


@pytest.mark.parametrize("state", ["away", "frozen", "broken"])
@pytest.mark.parametrize("lasting", [18.0, 60.0, 600.0])
@pytest.mark.parametrize("put_off", [None, 30.0], ids=["backs off", "put off"])
def test_what_waits_in_the_queue_goes_on_after_an_outage_also_a_new_event_behind_an_old_back_off(
    state: str, lasting: float, put_off: float | None
) -> None:
    async def scene(world: Scene) -> None:
        function = Function(world, put_off)
        queue = Queue(function.send, clock=world.moments.clock, sleep=world.moments.sleep, jitter=world.random.random, outage=world.outage)
        world.server.state = state
        for name in "abc":
            queue.put(event(name, "1"))
        await world.passes(lasting)
        function.put_off = None
        queue.put(event("a", "2"))
        world.server.back()
        end, before = world.moments.now, len(function.got)
        await world.passes(SOON)
        assert {item.partition for _, item in function.got[before:]} == {"a", "b", "c"}
        assert queue.depth == 0
        assert Changed("a", "2") in [change for _, item in function.got[before:] for change in item.changes]
        assert function.got[-1][0] - end <= SOON
        await queue.close()

    play(scene)


def test_what_was_put_off_before_an_outage_keeps_its_time() -> None:
    async def scene(world: Scene) -> None:
        function = Function(world, 300.0)
        queue = Queue(function.send, clock=world.moments.clock, sleep=world.moments.sleep, jitter=world.random.random, outage=world.outage)
        queue.put(event("a", "1"))
        await world.passes(BEFORE + 1)
        world.server.state = "away"
        await world.asks()
        await world.passes(20)
        world.server.back()
        await world.passes(200)
        assert len(function.got) == 1
        assert world.outage.ended == 1
        await world.passes(100)
        assert [moment for moment, _ in function.got] == [1000.0, 1300.0]
        await queue.close()

    play(scene)


def test_a_key_whose_function_goes_on_failing_backs_off_anew_after_an_outage() -> None:
    async def scene(world: Scene) -> None:
        got: list[float] = []

        async def send(_item: Event) -> Sent:
            got.append(world.moments.now)
            return Sent(503, None, "again")

        queue = Queue(send, clock=world.moments.clock, sleep=world.moments.sleep, jitter=lambda: 0.5, outage=world.outage)
        world.server.state = "away"
        queue.put(event("a", "1"))
        await world.passes(600)
        world.server.back()
        end, before = world.moments.now, len(got)
        await world.passes(SOON + 2)
        assert len(got) - before >= 3
        await world.passes(300)
        late = [moment for moment in got if moment > end + 200]
        assert len(late) <= 5, "and not for ever"
        await queue.close()

    play(scene)


@pytest.mark.parametrize("state", ["away", "broken"])
@pytest.mark.parametrize("lasting", [18.0, 600.0])
def test_followers_list_again_at_once_after_an_outage(state: str, lasting: float) -> None:
    async def scene(world: Scene) -> None:
        followers = [
            Follower(world.outage, Watched(CONFIG_MAP), _ignore, lambda *_: None, world.random.random, sleep=world.outage.sleep)
            for _ in range(20)
        ]
        tasks = [asyncio.create_task(follower.follow()) for follower in followers]
        await world.passes(5)
        assert all(follower.synced.is_set() for follower in followers)
        world.server.state = state
        await world.passes(lasting)
        world.server.asked.clear()
        world.server.back()
        end = world.moments.now
        await world.passes(SOON)
        lists = [moment for moment, path in world.server.asked if path != "/readyz"]
        assert len(lists) == 20
        assert max(lists) - end <= SOON
        for task in tasks:
            task.cancel()

    play(scene)


def _ignore(_change: Change) -> None:
    return None
