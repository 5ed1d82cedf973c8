"""Deliveries become runs: at most one run per object and process at a time, no needless one, and none missed.

Rule 9 (docs/explanation/concurrency.md). Events arrive at least once, unordered and while a run for the same object is under way. What
arrives during a run may be the echo of that run's own writes (the watch is often ahead of the answer to the write), or news that the run
had already read past. So an arrival waits for the run to end and is then judged: it is an echo, and acknowledged without a request, if
every change that it stands for was acted on by a run that ended acknowledged; otherwise it joins the *next* run, which begins after the
arrival and therefore reads what the event was about.

The judgement is per change. A version is seen if the run acted on it or on a later one. A deletion is seen only by the object's end, never
by a version: a list after a break tells of a disappearance with the last version known, which some run has most likely read.

The memory of what was seen is bounded and may vanish at any moment: forgetting costs a few reads, never correctness.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from functions.platform.events import Changed, Event, Reference
from functions.platform.timetable import Timetable
from functions.platform.waiting import Abandoned, Clock, cancelled
from graphcore.converge.repeats import grown
from graphcore.numbers import ordered

Verdict: TypeAlias = Literal["converged", "waiting", "failed", "retry"]

REMEMBERED = 10_000
"""Objects whose last run is remembered, per process."""
ENTRIES = 500_000
"""Objects seen in these runs, all together; some hundred bytes each. An instance with a thousand children counts a thousand times."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended.

    verdict: ``retry`` means a transient fault: nothing may be acknowledged. retry_after: seconds until it should be repeated, because no
    watched event will end what it waits for. prompt: that is not held up by the repeats of other objects. backs_off: only this process
    knows since when it has been so; it lets the wait grow, and the first repeat is prompt. untold: the object could not say what is
    wrong. seen: newest resourceVersion per UID that the run acted on. ended: UIDs that the run saw gone. graph: (definition's UID,
    revision) that it worked at, ("", None) if it found none; None if it needed none, as a deletion. detail: one line for the log, names
    only.
    """

    verdict: Verdict
    retry_after: float | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()
    graph: tuple[str, int | None] | None = None
    detail: str = ""
    prompt: bool = False
    backs_off: bool = False
    untold: bool = False

    @property
    def acknowledged(self) -> bool:
        return self.verdict != "retry"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a delivery is told.

    retry_after: seconds until the object wants to be looked at again although nothing happened. untold: it could not say what is wrong.
    """

    acknowledged: bool
    retry_after: float | None = None
    echo: bool = False
    untold: bool = False


Run: TypeAlias = Callable[[Reference, tuple[Event, ...]], Awaitable[Report]]


@dataclass(slots=True)
class _Arrival:
    event: Event
    answer: asyncio.Future[Answer]


@dataclass(slots=True)
class _Memory:
    """since: when the row of reports began that back off; None if this one does not. booked: the repeat has a place in the timetable."""

    report: Report
    repeat_at: float | None
    since: float | None = None
    booked: bool = False

    @property
    def size(self) -> int:
        return 1 + len(self.report.seen) + len(self.report.ended)


class Runs:
    """The runs of one process.

    run: does the work; an exception counts as a transient fault, is handed to ``on_error`` and never escapes. jitter: a number in [0, 1)
    for each repeat. entries: see ENTRIES.
    """

    def __init__(
        self,
        run: Run,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        on_error: Callable[[Reference, Exception], None],
        entries: int = ENTRIES,
    ) -> None:
        self._run = run
        self._clock = clock
        self._jitter = jitter
        self._on_error = on_error
        self._arrivals: dict[Reference, list[_Arrival]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._memory: OrderedDict[Reference, _Memory] = OrderedDict()
        self._timetable = Timetable()
        self._entries = entries
        self._held = 0

    @property
    def held(self) -> int:
        """Entries remembered."""
        return self._held

    async def deliver(self, event: Event) -> Answer:
        """Answers when the event needs nothing, or when a run that began after its arrival has ended.

        Raises EventError for a nameless target.
        """
        target = event.target
        waiting = self._arrivals.get(target)
        if waiting is None and self._echo(target, event):
            return self._echoed(target)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if waiting is None:
            self._arrivals[target] = [_Arrival(event, answer)]
            # A task of its own: the run goes on to its end even if the sender hangs up.
            task = asyncio.create_task(self._work(target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            waiting.append(_Arrival(event, answer))
        return await answer

    async def _work(self, target: Reference) -> None:
        while batch := self._arrivals[target]:
            self._arrivals[target] = []
            answer = await self._once(target, tuple(arrival.event for arrival in batch))
            _settle(batch, answer)
            news: list[_Arrival] = []
            for arrival in self._arrivals[target]:
                if self._echo(target, arrival.event):
                    _settle([arrival], self._echoed(target))
                else:
                    news.append(arrival)
            self._arrivals[target] = news
        del self._arrivals[target]

    async def _once(self, target: Reference, events: tuple[Event, ...]) -> Answer:
        try:
            report = await self._run(target, events)
        except asyncio.CancelledError:
            if cancelled():
                raise
            # Else whoever comes for this object would wait for ever.
            report = self._unexpected(target, Abandoned())
        except Exception as error:
            report = self._unexpected(target, error)
        before = self._memory.get(target)
        self._forget(target)
        if before is not None and before.booked and before.repeat_at is not None:
            self._timetable.cancel(before.repeat_at)
        if not report.acknowledged:
            return Answer(acknowledged=False)
        now = self._clock()
        memory = self._memory[target] = self._remembered(report, before, now)
        self._held += memory.size
        while len(self._memory) > REMEMBERED or self._held > self._entries:
            self._forget(next(iter(self._memory)))
        return Answer(acknowledged=True, retry_after=None if memory.repeat_at is None else memory.repeat_at - now, untold=report.untold)

    def _remembered(self, report: Report, before: _Memory | None, now: float) -> _Memory:
        """What to remember of a run that has ended, with when it is to be repeated."""
        wait, prompt, since = report.retry_after, report.prompt, None
        if report.backs_off:
            known = before.since if before is not None else None
            since, prompt = (now, True) if known is None else (known, False)
            wait = None if wait is None else grown(wait, now - since)
        if wait is None:
            return _Memory(report, None, since)
        wanted = now + wait * (1.0 + 0.1 * self._jitter())
        return _Memory(report, wanted if prompt else self._timetable.book(wanted, now), since, booked=not prompt)

    def _unexpected(self, target: Reference, error: Exception) -> Report:
        self._on_error(target, error)
        return Report("retry", detail=type(error).__name__)

    def _forget(self, target: Reference) -> None:
        memory = self._memory.pop(target, None)
        self._held -= memory.size if memory else 0

    def _echo(self, target: Reference, event: Event) -> bool:
        memory = self._memory.get(target)
        if memory is None or not event.watched or not event.changes:
            return False
        report = memory.report
        if report.graph is not None and event.revision is not None and not _reached(report.graph, event.definition, event.revision):
            return False
        return all(_seen(report, change) for change in event.changes)

    def _echoed(self, target: Reference) -> Answer:
        """An echo does not cancel the repeat that the run before it asked for."""
        repeat_at = self._memory[target].repeat_at
        return Answer(acknowledged=True, retry_after=None if repeat_at is None else max(0.0, repeat_at - self._clock()), echo=True)


def _reached(graph: tuple[str, int | None], definition: str, revision: int) -> bool:
    """Whether a run with this graph was at the revision that an event names, or above it. Numbers compare within one definition."""
    return graph[0] == definition and graph[1] is not None and revision <= graph[1]


def _seen(report: Report, change: Changed) -> bool:
    if change.uid in report.ended:
        return True
    seen = report.seen.get(change.uid)
    if seen is None or change.deleted:
        return False
    # Integers are ordered within one resource; anything else is only comparable for equality.
    order = ordered(change.version, seen)
    return seen == change.version if order is None else order


def _settle(arrivals: Iterable[_Arrival], answer: Answer) -> None:
    for arrival in arrivals:
        if not arrival.answer.done():
            arrival.answer.set_result(answer)
