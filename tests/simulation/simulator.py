"""Several invocations of the same instances, interleaved effect by effect by a seeded scheduler, with crashes and unreliable deliveries.

Time, order and faults come from one ``random.Random(seed)``: a failing seed replays exactly. Deliveries are made from the store's own
history, as a watch would make them: for an instance, for a member by its labels, for a referenced object by the instance's record. Between
any two effects anything may happen: another invocation's effect, a user's edit, a crash (before or after the effect reached the store).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from graphcore import names
from graphcore.converge import converge_instance
from graphcore.converge.effects import Conflict, Resource, Waiting
from graphcore.converge.metadata import applyset_id, recorded_inventory
from graphcore.converge.references import recorded
from graphcore.converge.safety.attempt import InstanceRequest, Member
from graphcore.converge.safety.mark import read_mark
from tests.support.graphs import KINDS
from tests.support.worlds import World

Delivery = tuple[str, Member | None, int | None]
"""Instance name, the member that the event is about, the revision that it names."""


@dataclass
class Task:
    """One invocation under way: effects of its current batch that are still to be performed, results of the others."""

    delivery: Delivery
    run: Any
    batch: tuple[Any, ...] = ()
    results: dict[int, Any] = field(default_factory=dict)


@dataclass
class Faults:
    """Probabilities per step, except duplicate and drop, which are per delivery."""

    crash: float = 0.0
    duplicate: float = 0.0
    drop: float = 0.0


@dataclass
class Simulation:
    """actions: what users and controllers do, in order, at random moments. wishes: when an instance wants to be looked at again, and which."""

    world: World
    seed: int
    actions: list[Callable[[], Any]] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    workers: int = 3
    tasks: list[Task] = field(default_factory=list)
    queue: list[Delivery] = field(default_factory=list)
    wishes: dict[str, datetime] = field(default_factory=dict)
    steps: int = 0
    position: int = 0
    crashes: int = 0
    runs: int = 0
    violations: list[str] = field(default_factory=list)
    foreign: dict[tuple[str, str], Any] = field(default_factory=dict)
    checks: list[Callable[[str, dict[str, Any]], Iterator[str]]] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._observe()

    # the scheduler

    def run(self, chaos: int = 400, limit: int = 20_000) -> None:
        """Faults and actions for ``chaos`` steps at most, then quiet until nothing is left to do."""
        self._observe()
        limit += self.steps
        while self.steps < limit:
            quiet = not self.actions and self.steps > chaos
            if quiet and not self.tasks and not self.queue:
                break
            self._step(quiet)
        assert self.steps < limit, f"seed {self.seed}: no end in sight\n{self.world.api.log[-30:]}"

    def resync(self) -> None:
        """Look at every instance once more, without faults."""
        self.queue += [(item["metadata"]["name"], None, None) for item in self.world.api.all("App")]
        while self.tasks or self.queue:
            self._step(True)

    def _step(self, quiet: bool) -> None:
        self.steps += 1
        if self.steps % 25 == 0:
            self._tick(self.world.now + timedelta(seconds=1))
        choices = [self._advance] * (4 * len(self.tasks))
        if self.queue and len(self.tasks) < self.workers:
            choices += [self._start] * 3
        if self.actions:
            choices.append(self._act)
        if self.tasks and not quiet and self.random.random() < self.faults.crash:
            choices = [self._crash]
        if choices:
            self.random.choice(choices)()
        self._observe()

    def _tick(self, now: datetime) -> None:
        self.world.now = now
        self.world.api.now = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        for name in [name for name, moment in self.wishes.items() if moment <= now]:
            del self.wishes[name]
            self.queue.append((name, None, None))

    def wait(self) -> bool:
        """Nothing is left to do now: the clock goes on to the next wish. False if there is none."""
        if not self.wishes:
            return False
        self._tick(max(self.world.now, min(self.wishes.values())))
        return True

    def _act(self) -> None:
        self.actions.pop(0)()

    def _start(self) -> None:
        delivery = self.queue.pop(self.random.randrange(len(self.queue)))
        name, member, revision = delivery
        namespace = "default"
        # What the bridge says of a CRD that serves nothing.
        told = {"definition_uid": "unsettled"} if revision == names.NO_REVISION else {"revision": revision}
        request = InstanceRequest(self.world.graph.instance, name, namespace, members=(member,) if member else (), **told)
        task = Task(delivery, converge_instance(request, self.world.now, self.world.options))
        self.runs += 1
        task.batch = next(task.run)
        self.tasks.append(task)

    def _advance(self) -> None:
        task = self.random.choice(self.tasks)
        left = [index for index in range(len(task.batch)) if index not in task.results]
        index = self.random.choice(left)
        task.results[index] = self.world.api.serve(task.batch[index])
        if len(left) > 1:
            return
        try:
            batch = task.run.send([task.results[i] for i in range(len(task.batch))])
        except StopIteration as stop:
            self.tasks.remove(task)
            if isinstance(stop.value, Conflict):
                self.queue.append(task.delivery)
            elif isinstance(stop.value, Waiting) and stop.value.retry_after is not None:
                self.wishes[task.delivery[0]] = self.world.now + timedelta(seconds=stop.value.retry_after)
            return
        task.batch, task.results = batch, {}

    def _crash(self) -> None:
        """The process of one invocation dies, perhaps just after an effect reached the store; the delivery comes again."""
        task = self.random.choice(self.tasks)
        left = [index for index in range(len(task.batch)) if index not in task.results]
        for index in left[: self.random.randrange(len(left) + 1)]:
            self.world.api.perform(task.batch[index])
        task.run.close()
        self.tasks.remove(task)
        self.queue.append(task.delivery)
        self.crashes += 1

    # deliveries and invariants, from the history

    def _observe(self) -> None:
        history = self.world.api.history
        while self.position < len(history):
            what, obj = history[self.position]
            self.position += 1
            self._check(what, obj)
            for delivery in self._deliveries(obj):
                copies = 2 if self.random.random() < self.faults.duplicate else 1
                if self.random.random() >= self.faults.drop:
                    self.queue += [delivery] * copies

    def _deliveries(self, obj: dict[str, Any]) -> Iterator[Delivery]:
        metadata = obj["metadata"]
        kind = KINDS.get(f"{obj['kind']}.{obj['apiVersion'].rpartition('/')[0]}".rstrip("."))
        labels = metadata.get("labels") or {}
        if obj["kind"] == "App":
            yield metadata["name"], None, None
        elif obj["kind"] == names.CRD_KIND:
            active = metadata["annotations"].get(names.ACTIVE_REVISION)
            for item in self.world.api.all("App"):
                yield item["metadata"]["name"], None, int(active)
        elif names.INSTANCE_NAME in labels:
            yield (
                labels[names.INSTANCE_NAME],
                Member(kind or Resource("v1", "X", "xs", True), metadata["name"], metadata.get("namespace")),
                None,
            )
        elif kind:
            for item in self.world.api.all("App"):
                if any(reference.matches(kind, obj) for reference in recorded(item)):
                    yield item["metadata"]["name"], None, None

    def _check(self, what: str, obj: dict[str, Any]) -> None:
        key = (obj["kind"], obj["metadata"]["name"])
        if key in self.foreign and what != "add":
            self.violations.append(f"foreign {key} was touched: {what}")
        if obj["kind"] == "App":
            uid, revision = obj["metadata"]["uid"], read_mark(obj).revision or 0
            # Given up is not fallen: nobody acts at any until another definition serves the kind.
            if 0 < revision < self.reached.get(uid, 0):
                self.violations.append(f"the recorded revision fell from {self.reached[uid]} to {revision}")
            self.reached[uid] = revision
        for check in self.checks:
            self.violations += check(what, obj)

    def orphans(self) -> list[str]:
        """Members of any instance's ApplySet that the instance's inventory does not cover, or whose instance does not exist.

        A namesake's children are no orphans: they may be a restored backup, and are reported instead.
        """
        sets = {applyset_id(item): item for item in self.world.api.all("App")}
        found = []
        for kind in KINDS.values():
            for obj in self.world.api.all(kind.kind):
                owner = (obj["metadata"].get("labels") or {}).get(names.APPLYSET_PART_OF)
                if owner is None or (obj["kind"], obj["metadata"]["name"]) in self.foreign:
                    continue
                instance = sets.get(owner)
                if instance and obj["metadata"]["labels"][names.INSTANCE_ID] != instance["metadata"]["uid"]:
                    continue
                if instance is None or kind.group_kind not in recorded_inventory(instance).group_kinds:
                    found.append(f"{obj['kind']} {obj['metadata']['name']}")
        return found

    def verdict(self) -> str:
        """For assertion messages: how to see it again."""
        return f"seed {self.seed}: {self.steps} steps, {self.runs} runs, {self.crashes} crashes; {self.violations[:3]}"
