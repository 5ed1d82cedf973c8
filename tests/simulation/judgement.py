"""Merge, batch and judgement alone, without a store: what is acknowledged, and whether somebody had acted on it.

The real queue's merging and a process's real runs are driven by a script of small steps: objects change and end, a watch tells of that or
breaks and lists again, events wait and are merged, deliveries begin, a run reads, writes, deletes and ends well or badly. Beside every
event travel, unseen by the code, the changes that it truly stands for. When it is acknowledged, each of them must have been dealt with.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from functions.platform import merging
from functions.platform.driver import Sight
from functions.platform.events import EVENT_ADD, EVENT_CONVERGE, EVENT_DELETE, EVENT_UPDATE, Changed, Event, Reference, Role
from functions.platform.runs import Answer, Report, Runs

SETTLING = frozenset({"deliver", "repeat", "finish", "fail"})
"""Steps after which tasks go on."""
INSTANCE = Reference("kro.run/v1", "Web", "ns", "web")
CHILDREN = ("a", "b")


@dataclass(frozen=True)
class Truth:
    """A change as it happened. by: number of the run that made it."""

    uid: str
    at: int
    ended: bool
    by: int | None = None


@dataclass(frozen=True)
class Named:
    """Who serves, as somebody knew it. at: when that was so."""

    at: int
    definition: str
    revision: int


@dataclass
class Attempt:
    """One run."""

    number: int
    began: int
    graph: Named
    nod: asyncio.Future[bool]
    acted: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    sight: Sight = field(default_factory=Sight)
    acknowledged: bool = False
    read: bool = False


@dataclass(frozen=True)
class Cargo:
    """An event and what it truly stands for."""

    event: Event
    truths: frozenset[Truth]
    named: frozenset[Named]


@dataclass
class Play:
    """One script. alive, told: UID → version. merge: as in :mod:`functions.platform.merging`, or a mutant. played: the steps so far."""

    merge: Callable[[Event, Event], Event] = merging.merge
    note_looks: bool = False
    time: int = 1
    alive: dict[str, int] = field(default_factory=lambda: {"i": 1, "a0": 1})
    truths: list[Truth] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=lambda: {"i": 1, "a0": 1})
    position: int = 0
    serving: Named = Named(1, "d1", 1)
    known: Named = Named(1, "d1", 1)
    pending: Cargo | None = None
    flying: list[tuple[asyncio.Task[Answer], Cargo]] = field(default_factory=list)
    last: Cargo | None = None
    attempts: list[Attempt] = field(default_factory=list)
    current: Attempt | None = None
    generations: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    played: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runs = Runs(self._run, clock=lambda: float(self.time), jitter=lambda: 0.0, on_error=self._raise)

    async def play(self, script: Iterable[str]) -> None:
        """Takes the steps; what cannot be done at the moment is passed over."""
        for step in script:
            self.played.append(step)
            what, _, name = step.partition(" ")
            getattr(self, f"_{what}")(*([name] if name else []))
            if what in SETTLING:
                await self._settle()

    def possible(self) -> list[str]:
        """Steps that would do something now."""
        run = self.current if self.current and not self.current.nod.done() else None
        steps = ["edit i", "activate", "replace", "fan"] + ["learn"] * (self.known != self.serving)
        for name in CHILDREN:
            uid = self._uid(name)
            steps += [f"edit {name}", f"end {name}"] if uid in self.alive else [f"make {name}"]
            if run and run.read and uid in self.alive and run.acted.get(uid) == self.alive[uid]:
                steps += [f"write {name}", f"delete {name}"]
        steps += ["tell"] * 4 + ["relist"] * 2 if self.position < len(self.truths) else []
        if len(self.flying) < 2:
            steps += ["deliver"] * 5 if self.pending else []
            steps += ["repeat"] if self.last else []
        if run:
            steps += ["read"] * (1 if run.read else 4) + (["finish"] * 4 if run.read else []) + ["look", "fail"]
        return steps

    async def close(self) -> None:
        """Lets everything under way end."""
        while self.flying:
            if self.current:
                self._read()
                self.current.nod.set_result(True)
            await self._settle()

    # what happens to objects

    def _uid(self, name: str) -> str:
        return name if name == "i" else f"{name}{self.generations.get(name, 0)}"

    def _change(self, uid: str, *, ended: bool = False, by: int | None = None) -> None:
        self.time += 1
        if ended:
            del self.alive[uid]
        else:
            self.alive[uid] = self.time
        self.truths.append(Truth(uid, self.time, ended, by))

    def _make(self, name: str) -> None:
        if self._uid(name) not in self.alive:
            self.generations[name] = self.generations.get(name, 0) + 1
            self._change(self._uid(name))

    def _edit(self, name: str) -> None:
        if self._uid(name) in self.alive:
            self._change(self._uid(name))

    def _end(self, name: str) -> None:
        if self._uid(name) in self.alive:
            self._change(self._uid(name), ended=True)

    def _activate(self) -> None:
        self.time += 1
        self.serving = Named(self.time, self.serving.definition, self.serving.revision + 1)

    def _replace(self) -> None:
        self.time += 1
        self.serving = Named(self.time, f"d{self.time}", 1)

    # what is told

    def _learn(self) -> None:
        self.known = self.serving

    def _fan(self) -> None:
        self._put(Cargo(self._event("i", 0, EVENT_CONVERGE, self.serving), frozenset(), frozenset({self.serving})))

    def _tell(self) -> None:
        """The watch reports the next change."""
        if self.position == len(self.truths):
            return
        truth = self.truths[self.position]
        self.position += 1
        kind = EVENT_DELETE if truth.ended else EVENT_UPDATE if truth.uid in self.told else EVENT_ADD
        if truth.ended:
            self.told.pop(truth.uid, None)
        else:
            self.told[truth.uid] = truth.at
        self._put(Cargo(self._event(truth.uid, truth.at, kind, self.known), frozenset({truth}), frozenset({self.known})))

    def _relist(self) -> None:
        """The watch broke: the difference between what was told and what is there. A deletion carries the last version that was told."""
        missed, self.position = self.truths[self.position :], len(self.truths)
        for uid in sorted({truth.uid for truth in missed}):
            stands_for = frozenset(truth for truth in missed if truth.uid == uid)
            if uid in self.alive:
                kind, version = (EVENT_UPDATE if uid in self.told else EVENT_ADD), self.alive[uid]
                self.told[uid] = version
            elif uid in self.told:
                kind, version = EVENT_DELETE, self.told.pop(uid)
            else:
                # It came and went unseen.
                continue
            self._put(Cargo(self._event(uid, version, kind, self.known), stands_for, frozenset({self.known})))

    def _event(self, uid: str, version: int, kind: str, named: Named) -> Event:
        role = Role.INSTANCE if uid == "i" else Role.MEMBER
        subject = INSTANCE if uid == "i" else Reference("v1", "ConfigMap", "ns", uid)
        labels = {
            "kro.run/instance-group": "kro.run",
            "kro.run/instance-version": "v1",
            "kro.run/instance-kind": "Web",
            "kro.run/instance-namespace": "ns",
            "kro.run/instance-name": "web",
        }
        changes = (Changed(uid, str(version), kind == EVENT_DELETE, subject, "configmaps"),)
        event = Event(kind, role, subject, "i", {"labels": labels}, changes)
        return replace(event, revision=named.revision, definition=named.definition, asof=str(named.at))

    def _put(self, cargo: Cargo) -> None:
        waiting = self.pending
        self.pending = cargo if waiting is None else self._merged(waiting, cargo)

    def _merged(self, one: Cargo, other: Cargo) -> Cargo:
        both = Cargo(self.merge(one.event, other.event), one.truths | other.truths, one.named | other.named)
        newest = max(both.named, key=lambda named: named.at).definition
        highest = max(named.revision for named in both.named if named.definition == newest)
        if (both.event.definition, both.event.revision) != (newest, highest):
            self.failures.append(f"merged to {both.event.definition} {both.event.revision} instead of {newest} {highest}")
        return both

    # deliveries and runs

    def _deliver(self) -> None:
        if self.pending is not None and len(self.flying) < 2:
            self.last, self.pending = self.pending, None
            self._send(self.last)

    def _repeat(self) -> None:
        if self.last is not None and len(self.flying) < 2:
            self._send(self.last)

    def _send(self, cargo: Cargo) -> None:
        self.flying.append((asyncio.ensure_future(self.runs.deliver(cargo.event)), cargo))

    async def _run(self, _target: Reference, events: tuple[Event, ...]) -> Report:
        naming = merging.best_known(events)
        graph = Named(int(naming.asof), naming.definition, naming.revision) if naming.revision is not None else self.serving
        attempt = Attempt(len(self.attempts), self.time, graph, asyncio.get_running_loop().create_future())
        attempt.sight.graph = (graph.definition, graph.revision)
        self.attempts.append(attempt)
        self.current = attempt
        attempt.acknowledged = await attempt.nod
        self.current = None
        if not attempt.acknowledged:
            return Report("retry")
        return Report("converged", None, dict(attempt.sight.seen), frozenset(attempt.sight.ended), attempt.sight.graph)

    def _read(self) -> None:
        run = self.current
        if run is None or run.nod.done():
            return
        run.read = True
        for uid, version in self.alive.items():
            self._note(run, uid, version)

    def _note(self, run: Attempt, uid: str, version: int) -> None:
        run.acted[uid] = version
        run.sight.note({"metadata": {"uid": uid, "resourceVersion": str(version)}})

    def _look(self) -> None:
        if self.current and self.note_looks:
            self.current.sight.note({"metadata": {"uid": "i", "resourceVersion": str(self.alive["i"])}})

    def _write(self, name: str) -> None:
        run, uid = self.current, self._uid(name)
        if run and run.read and uid in self.alive and run.acted.get(uid) == self.alive[uid]:
            self._change(uid, by=run.number)
            self._note(run, uid, self.time)

    def _delete(self, name: str) -> None:
        run, uid = self.current, self._uid(name)
        if run and run.read and uid in self.alive and run.acted.get(uid) == self.alive[uid]:
            self._change(uid, ended=True, by=run.number)
            run.ended.add(uid)
            run.sight.ended.add(uid)

    def _finish(self) -> None:
        if self.current and self.current.read and not self.current.nod.done():
            self.current.nod.set_result(True)

    def _fail(self) -> None:
        if self.current and not self.current.nod.done():
            self.current.nod.set_result(False)

    async def _settle(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        for entry in [entry for entry in self.flying if entry[0].done()]:
            self.flying.remove(entry)
            task, cargo = entry
            if task.result().acknowledged:
                self._judge(cargo)
            else:
                waiting = self.pending
                self.pending = cargo if waiting is None else self._merged(cargo, waiting)

    def _judge(self, cargo: Cargo) -> None:
        ended_well = [attempt for attempt in self.attempts if attempt.acknowledged]
        for truth in cargo.truths:
            if not any(self._dealt_with(truth, attempt) for attempt in ended_well):
                self.failures.append(f"acknowledged although nobody acted on {truth}")
        for named in cargo.named:
            if not any(
                attempt.graph.at >= named.at or (attempt.graph.definition, attempt.graph.revision) == (named.definition, named.revision)
                for attempt in ended_well
            ):
                self.failures.append(f"acknowledged although nobody was at {named}")

    @staticmethod
    def _dealt_with(truth: Truth, attempt: Attempt) -> bool:
        if attempt.began >= truth.at or attempt.number == truth.by or truth.uid in attempt.ended:
            return True
        return not truth.ended and attempt.acted.get(truth.uid, 0) >= truth.at

    @staticmethod
    def _raise(_target: Reference, error: Exception) -> None:
        raise error


async def failures_of(script: Iterable[str] | int, **mutant: Any) -> tuple[list[str], str]:
    """What went wrong in one script, or in the one that a seed makes; and the script."""
    play = Play(**mutant)
    if isinstance(script, int):
        random = Random(script)
        for _ in range(random.randrange(4, 30)):
            await play.play([random.choice(play.possible())])
    else:
        await play.play(script)
    await play.close()
    return play.failures, " ".join(play.played)


async def _many(first: int, count: int) -> None:
    """``python -m tests.simulation.judgement FIRST COUNT``: as many random scripts, resumable by ranges of seeds."""
    for seed in range(first, first + count):
        found, script = await failures_of(seed)
        if found:
            raise SystemExit(f"seed {seed}: {script}\n" + "\n".join(found))
        if (seed + 1 - first) % 50_000 == 0:
            print(f"{seed + 1 - first} scripts from seed {first} on", flush=True)


if __name__ == "__main__":
    asyncio.run(_many(int(sys.argv[1]), int(sys.argv[2])))
