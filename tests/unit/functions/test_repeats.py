"""Rule 10: runs that nothing but time brings. While few wait, each comes soon; of many, two a second."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.platform.events import EVENT_CONVERGE, Event, Reference, Role
from functions.platform.runs import Report, Runs
from functions.platform.timetable import SPACING, Timetable
from graphcore.converge import repeats, waits

START = datetime(2026, 1, 1, tzinfo=UTC)
SLACK = 1.1
"""The jitter makes a wait longer by up to a tenth."""


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 3), st.booleans()), max_size=60))
def test_every_repeat_gets_the_first_free_half_second_from_when_it_is_wanted(steps: list[tuple[float, float, bool]]) -> None:
    timetable, now = Timetable(), 1000.0
    taken: dict[int, float] = {}
    for wait, pause, cancelled in steps:
        now += pause
        if cancelled and taken:
            place, moment = min(taken.items())
            timetable.cancel(moment)
            del taken[place]
        moment = timetable.book(now + wait, now)
        place = int(moment // SPACING)
        first = next(free for free in range(int((now + wait) // SPACING), 10**6) if free not in taken)
        assert place == first
        assert moment == max(now + wait, first * SPACING)
        taken[place] = moment
        taken = {place: moment for place, moment in taken.items() if place >= int(now // SPACING)}
        assert len(timetable) == len(taken)


Obstacle = Callable[[float], Report]
"""The report of a run that meets an obstacle that has been there for so many seconds."""


def remembered(age: float) -> Report:
    """The object's condition says since when: a foreign owner, a webhook's no."""
    again = repeats.since((START - timedelta(seconds=age)).isoformat(), START, 3.0)
    return Report("failed", again.after, prompt=again.prompt)


def unremembered(_age: float) -> Report:
    """A right that is missing: the object cannot be written."""
    return Report("failed", 3.0, backs_off=True, untold=True)


def fought(age: float) -> Report:
    return Report("waiting", 1.0 if age < 1 else 30.0, prompt=age < 1)


def vanished(_age: float) -> Report:
    return Report("failed", 300.0)


def described_soon(_age: float) -> Report:
    return Report("failed", waits.SOON, prompt=True)


def never(_age: float) -> Report:
    return Report("failed", None)


OBSTACLES = [remembered, unremembered, fought, vanished]


class Process:
    """One function's process and the bridge beside it, which brings what is repeated in time. runs: moments of runs by name."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.random = random.Random(1)
        self.obstacles: dict[str, tuple[Obstacle, float]] = {}
        self.seen: dict[str, list[float]] = {}
        self.due: list[tuple[float, str]] = []
        self.repeats: list[float] = []
        self.wanted: dict[str, float] = {}
        self.work = Runs(self._run, clock=lambda: self.now, jitter=self.random.random, on_error=lambda *_: None)

    async def _run(self, target: Reference, _events: tuple[Event, ...]) -> Report:
        self.seen.setdefault(target.name, []).append(self.now)
        obstacle, since = self.obstacles.get(target.name, (None, 0.0))
        return obstacle(self.now - since) if obstacle else Report("converged")

    async def event(self, name: str) -> None:
        """Something happened to an object."""
        answer = await self.work.deliver(Event(EVENT_CONVERGE, Role.INSTANCE, Reference("g/v1", "K", "ns", name), name, {}, ()))
        self.wanted.pop(name, None)
        if answer.retry_after is not None:
            self.wanted[name] = self.now + answer.retry_after
            heapq.heappush(self.due, (self.wanted[name], name))

    async def meets(self, name: str, obstacle: Obstacle) -> None:
        self.obstacles[name] = (obstacle, self.now)
        await self.event(name)

    async def passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.due and self.due[0][0] <= until:
            due, name = heapq.heappop(self.due)
            if self.wanted.get(name) == due:
                self.now = due
                self.repeats.append(due)
                await self.event(name)
        self.now = until

    def rate(self, begin: float, end: float, window: float = 10.0) -> float:
        """The most repeats a second in any window between two moments."""
        moments = [moment for moment in self.repeats if begin <= moment < end]
        most = max((sum(first <= moment < first + window for moment in moments[i : i + 200]) for i, first in enumerate(moments)), default=0)
        return (most - 1) / window


def gaps(moments: list[float], begin: float) -> list[float]:
    late = [moment for moment in moments if moment >= begin]
    return [after - before for before, after in pairwise(late)]


@pytest.mark.parametrize("together", [True, False], ids=["all at once", "one by one"])
@pytest.mark.parametrize("kinds", [[remembered], [unremembered], [fought], OBSTACLES], ids=["foreign", "rights", "fights", "all kinds"])
def test_a_thousand_that_wait_are_looked_at_less_than_twice_a_second_and_each_in_its_turn(kinds: list[Obstacle], together: bool) -> None:
    async def scene() -> None:
        process = Process()
        for number in range(1000):
            await process.meets(f"i{number}", kinds[number % len(kinds)])
            if not together:
                await process.passes(0.1)
        begin = process.now + 5
        await process.passes(2000)
        assert process.rate(begin, process.now) <= 2.0
        for name, moments in process.seen.items():
            waited = gaps(moments, begin)
            assert waited, name
            assert max(waited) <= 1000 * SPACING + 35, name

    asyncio.run(scene())


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda obstacle: obstacle.__name__)
@pytest.mark.parametrize(("number", "longest"), [(1, 30), (20, 30), (50, 30), (300, 150), (600, 300)])
def test_the_wait_grows_to_half_a_minute_while_few_wait_and_to_five_with_many(obstacle: Obstacle, number: int, longest: float) -> None:
    async def scene() -> None:
        process = Process()
        for each in range(number):
            await process.meets(f"i{each}", obstacle)
        await process.passes(3000)
        longer = max(longest, 300.0 if obstacle is vanished else 0.0)
        assert max(max(gaps(moments, 1600.0)) for moments in process.seen.values()) <= longer * SLACK + 10

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("obstacle", "first"),
    [(remembered, 3.0), (unremembered, 3.0), (fought, 1.0), (described_soon, 1.0)],
    ids=["a foreign object", "a missing right", "a fight", "a kind that is just being served"],
)
@pytest.mark.parametrize("others", [0, 10, 1000])
def test_the_first_try_and_what_changes_in_a_moment_is_held_up_by_nobody(obstacle: Obstacle, first: float, others: int) -> None:
    async def scene() -> None:
        process = Process()
        for number in range(others):
            await process.meets(f"i{number}", OBSTACLES[number % 3])
        await process.passes(700)
        begin = process.now
        await process.meets("new", obstacle)
        assert process.seen["new"] == [begin], "an event is never held up"
        await process.passes(10)
        moments = process.seen["new"]
        assert begin + first <= moments[1] <= begin + first * SLACK
        if obstacle is described_soon:
            assert all(pause <= SLACK for pause in gaps(moments, begin))
        await process.event("new")
        assert process.seen["new"][-1] == process.now

    asyncio.run(scene())


def test_an_interval_of_zero_means_never_whatever_else_waits() -> None:
    async def scene() -> None:
        process = Process()
        for number in range(100):
            await process.meets(f"i{number}", remembered)
        await process.meets("still", never)
        await process.passes(5000)
        assert len(process.seen["still"]) == 1

    asyncio.run(scene())
    for age in (0.0, 5.0, 5000.0):
        assert repeats.since((START - timedelta(seconds=age)).isoformat(), START, 0.0) == repeats.NEVER


@pytest.mark.parametrize("obstacle", [remembered, unremembered, fought], ids=lambda obstacle: obstacle.__name__)
@pytest.mark.parametrize("lasting", [18.0, 60.0, 600.0, 7200.0])
@pytest.mark.parametrize("others", [0, 30])
def test_recovery_takes_no_longer_because_the_obstacle_was_there_for_long(obstacle: Obstacle, lasting: float, others: int) -> None:
    async def scene() -> None:
        process = Process()
        for number in range(others):
            await process.meets(f"i{number}", OBSTACLES[number % 3])
        await process.meets("one", obstacle)
        await process.passes(lasting)
        removed = process.now
        del process.obstacles["one"]
        await process.passes(60)
        recovered = next(moment for moment in process.seen["one"] if moment >= removed)
        assert recovered - removed <= min(30.0, lasting) * SLACK + 2
        assert process.seen["one"][-1] == recovered

    asyncio.run(scene())


def test_events_in_between_take_no_further_places() -> None:
    """A thousand events of one object in a row leave its next repeat where it was, and the others theirs."""

    async def scene() -> None:
        process = Process()
        for number in range(100):
            await process.meets(f"i{number}", remembered)
        await process.passes(300)
        for _ in range(1000):
            await process.event("i0")
            await process.passes(0.01)
        begin = process.now
        await process.passes(200)
        assert max(max(gaps(moments, begin)) for moments in process.seen.values()) <= 100 * SPACING + 10

    asyncio.run(scene())
