"""Rule 9: deliveries join runs, echoes cost nothing, nothing else is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from functions.platform.events import EVENT_CONVERGE, EVENT_DELETE, EVENT_UPDATE, Changed, Event, Reference, Role
from functions.platform.runs import Answer, Report, Runs

WEB = Reference("kro.run/v1alpha1", "WebApp", "default", "web")


def changed(uid: str, version: str, *, kind: str = EVENT_UPDATE, revision: int | None = 1, more: tuple[Changed, ...] = ()) -> Event:
    return Event(kind, Role.INSTANCE, WEB, "u", {}, (Changed(uid, version, kind == EVENT_DELETE), *more), revision)


class Script:
    """Runs that wait for a nod and end as told."""

    def __init__(self, *reports: Report | Exception) -> None:
        self.reports = list(reports)
        self.batches: list[tuple[Event, ...]] = []
        self.nods: list[asyncio.Event] = []
        self.errors: list[Exception] = []
        self.time = 100.0

    async def run(self, _target: Reference, events: tuple[Event, ...]) -> Report:
        self.batches.append(events)
        nod = asyncio.Event()
        self.nods.append(nod)
        await nod.wait()
        report = self.reports.pop(0)
        if isinstance(report, Exception):
            raise report
        return report

    def runs(self) -> Runs:
        return Runs(self.run, clock=lambda: self.time, jitter=lambda: 0.0, on_error=lambda _, error: self.errors.append(error))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 5))  # type: ignore[arg-type]


SEEN = Report("converged", seen={"u": "7", "child": "9"}, ended=frozenset({"gone"}), graph=("", 1))


def test_arrivals_during_a_run_share_the_next_one() -> None:
    async def scene() -> None:
        script = Script(Report("converged"), Report("converged"))
        runs = script.runs()
        first = asyncio.create_task(runs.deliver(changed("u", "1")))
        await settle()
        late = [asyncio.create_task(runs.deliver(changed("u", str(number)))) for number in (2, 3)]
        await settle()
        assert len(script.batches) == 1
        script.nods[0].set()
        await settle()
        assert first.done()
        assert not any(task.done() for task in late)
        assert [len(batch) for batch in script.batches] == [1, 2]
        script.nods[1].set()
        assert [(await task).acknowledged for task in late] == [True, True]

    play(scene)


@pytest.mark.parametrize(
    ("event", "echo"),
    [
        (changed("u", "7"), True),
        (changed("u", "6"), True),
        (changed("u", "8"), False),
        (changed("child", "9", more=(Changed("u", "5"),)), True),
        (changed("child", "9", more=(Changed("other", "1"),)), False),
        (changed("gone", "99", kind=EVENT_DELETE), True),
        (changed("child", "9", kind=EVENT_DELETE), False),
        (changed("child", "9", more=(Changed("u", "5", deleted=True),)), False),
        (changed("child", "9", more=(Changed("gone", "1", deleted=True),)), True),
        (changed("u", "7", revision=2), False),
        (changed("u", "7", revision=0), True),
        (replace(changed("u", "7"), definition="another"), False),
        (changed("u", "7", kind=EVENT_CONVERGE), False),
        (replace(changed("u", "7"), changes=()), False),
        (changed("u", "7", revision=None), True),
    ],
)
def test_an_echo_is_what_an_acknowledged_run_at_this_revision_has_seen_whole(event: Event, echo: bool) -> None:
    async def scene() -> None:
        script = Script(SEEN, Report("converged"))
        runs = script.runs()
        first = asyncio.create_task(runs.deliver(changed("u", "1")))
        await settle()
        script.nods[0].set()
        await first
        second = asyncio.create_task(runs.deliver(event))
        await settle()
        assert len(script.batches) == (1 if echo else 2)
        if not echo:
            script.nods[1].set()
        assert (await second).echo is echo

    play(scene)


def test_what_arrives_during_a_run_is_judged_by_what_that_run_saw() -> None:
    async def scene() -> None:
        script = Script(SEEN)
        runs = script.runs()
        first = asyncio.create_task(runs.deliver(changed("u", "1")))
        await settle()
        # The watch is ahead of the answer to the run's own write.
        echo = asyncio.create_task(runs.deliver(changed("child", "9")))
        await settle()
        assert not echo.done()
        script.nods[0].set()
        assert (await first, await echo) == (Answer(True), Answer(True, None, True))
        assert len(script.batches) == 1

    play(scene)


@pytest.mark.parametrize("bad", [Report("retry"), RuntimeError("no connection")])
def test_a_run_that_failed_for_a_moment_acknowledges_nothing_and_makes_no_echoes(bad: Report | Exception) -> None:
    async def scene() -> None:
        script = Script(SEEN, bad, SEEN)
        runs = script.runs()
        for index, acknowledged in enumerate((True, False, True)):
            task = asyncio.create_task(runs.deliver(changed("u", "8")))
            await settle()
            script.nods[index].set()
            assert (await task).acknowledged is acknowledged
        assert len(script.errors) == isinstance(bad, Exception)

    play(scene)


def test_an_echo_keeps_the_repeat_that_the_run_asked_for() -> None:
    async def scene() -> None:
        script = Script(replace(SEEN, verdict="waiting", retry_after=3.0))
        runs = script.runs()
        first = asyncio.create_task(runs.deliver(changed("u", "1")))
        await settle()
        script.nods[0].set()
        assert (await first).retry_after == 3.0
        script.time += 1.0
        assert await runs.deliver(changed("u", "7")) == Answer(True, 2.0, True)

    play(scene)


def test_a_run_goes_on_when_its_sender_hangs_up() -> None:
    async def scene() -> None:
        script = Script(SEEN)
        runs = script.runs()
        first = asyncio.create_task(runs.deliver(changed("u", "1")))
        await settle()
        first.cancel()
        await settle()
        script.nods[0].set()
        await settle()
        assert (await runs.deliver(changed("u", "7"))).echo

    play(scene)


@pytest.mark.parametrize(("children", "kept"), [(10, 20), (1000, 2), (5000, 0)])
def test_what_is_remembered_is_bounded_in_entries(children: int, kept: int) -> None:
    async def scene() -> None:
        async def run(_target: Reference, _events: tuple[Event, ...]) -> Report:
            return Report("converged", seen={f"c{number}": "1" for number in range(children)})

        runs = Runs(run, clock=lambda: 0.0, jitter=lambda: 0.0, on_error=lambda *_: None, entries=2500)
        for number in range(20):
            await runs.deliver(replace(changed("u", "1"), subject=Reference("kro.run/v1", "Web", "ns", f"w{number}")))
        assert runs.held == kept * (children + 1)

    play(scene)


@pytest.mark.parametrize(
    ("reports", "waits"),
    [
        ([Report("failed", 3.0, backs_off=True)] * 6, [3, 3, 6, 12, 24, 30]),
        ([Report("failed", 3.0)] * 4, [3, 3, 3, 3]),
        ([Report("failed", 100.0, backs_off=True)] * 5, [100] * 5),
        (
            [*[Report("failed", 3.0, backs_off=True)] * 4, Report("converged"), Report("failed", 3.0, backs_off=True)],
            [3, 3, 6, 12, None, 3],
        ),
        ([*[Report("failed", 3.0, backs_off=True)] * 4, Report("waiting", 1.0)], [3, 3, 6, 12, 1]),
        ([Report("failed", None, backs_off=True)] * 2, [None, None]),
    ],
    ids=["doubles", "an object that remembers", "an interval beyond", "anew after success", "a wait of its own", "never"],
)
def test_what_no_object_remembers_is_repeated_ever_more_rarely(reports: list[Report], waits: list[float | None]) -> None:
    async def scene() -> None:
        script = Script(*reports)
        runs = script.runs()
        seen = []
        for index in range(len(reports)):
            task = asyncio.create_task(runs.deliver(changed("u", str(index), kind=EVENT_CONVERGE)))
            await settle()
            script.nods[index].set()
            answer = await task
            seen.append(answer.retry_after)
            script.time += answer.retry_after or 0.0
        assert seen == waits

    play(scene)


def test_events_in_between_do_not_make_the_wait_grow() -> None:
    """Time does: ten events in a moment are no reason to come back later."""

    async def scene() -> None:
        script = Script(*[Report("failed", 3.0, backs_off=True, untold=True)] * 10)
        runs = script.runs()
        for index in range(10):
            task = asyncio.create_task(runs.deliver(changed("u", str(index))))
            await settle()
            script.nods[index].set()
            assert await task == Answer(True, 3.0, untold=True)

    play(scene)
