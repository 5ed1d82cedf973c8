"""Nothing falls between what a run has read and what the bridge knows: the real bridge over an API whose lists and watches come when told.

Runs are judged by the real :class:`functions.platform.runs.Runs`; what each of them read is kept, and held against what there is once
everything has come to rest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from functions.bridge.assurance import HOLD
from functions.bridge.bridge import Bridge, Outside
from functions.bridge.owners import Owner, _set_of
from functions.platform.cluster import Answer, Request
from functions.platform.events import EVENT_CONVERGE, Changed, Event, Role
from functions.platform.events import Reference as Target
from functions.platform.graphs import Kinds
from functions.platform.paths import CRDS, DEFINITIONS, REVISIONS, collection
from functions.platform.post import AGAIN, DONE, ECHO, Sent
from functions.platform.runs import Report, Runs
from graphcore.converge.references import Reference, record
from graphcore.converge.safety.mark import Mark, Place
from graphcore.graph.model import Resource
from graphcore.names import ACTIVE_REVISION, APPLYSET_PART_OF, CONVERGENCE, OWNED, RGD_ID, RGD_NAME
from tests.support.graphs import APP, CONFIG_MAP, DEPLOYMENT, SECRET

Metadata = dict[str, Any]
NAMED = Reference(SECRET, "ns", "shared")
SELECTED = Reference(SECRET, "ns", "", "tier=gold")
WIDE = Reference(CONFIG_MAP, "ns", "shared")
FOLLOWED = (DEFINITIONS, REVISIONS, CRDS, APP, CONFIG_MAP, DEPLOYMENT, SECRET)


class World:
    """An API, one definition, and runs that record first, then read what they refer to, then make what is missing.

    revisions: (member kinds, references) by number. shut: kinds whose lists do not come. behind: kinds whose watches show nothing. runs: by
    instance. read: what the last run of each read. then: what happens right after the next run of an instance has read.
    """

    def __init__(self, *revisions: tuple[Iterable[Resource], Iterable[Reference]]) -> None:
        self.revisions = dict(enumerate([(tuple(members), tuple(references)) for members, references in revisions], 1))
        self.revision = 1
        self.version = 10
        self.objects: dict[Resource, dict[str, Metadata]] = {kind: {} for kind in FOLLOWED}
        self.log: dict[Resource, list[tuple[int, str, Metadata]]] = {kind: [] for kind in FOLLOWED}
        self.shut: set[Resource] = set()
        self.behind: set[Resource] = set()
        self.unserved: set[Resource] = set()
        self.runs: Counter[str] = Counter()
        self.read: dict[str, frozenset[tuple[str, str]]] = {}
        self.then: dict[str, Callable[[], object]] = {}
        self.patience = asyncio.Event()
        self.judge = Runs(
            self.run, clock=lambda: 0.0, jitter=lambda: 0.0, on_error=lambda target, error: pytest.fail(f"{target}: {error!r}")
        )
        self.bridge = self.new_bridge()
        self.write(DEFINITIONS, "app")
        self.activate(1)

    def new_bridge(self) -> Bridge:
        outside = Outside(self.send_event, self.kinds, lambda: 0.0, lambda: 0.0, lambda: "0" * 32, lambda _: None, self.sleep)
        return Bridge(self, outside, resync_period=0.0, retry_delay=0.0)  # type: ignore[arg-type]

    async def sleep(self, seconds: float) -> None:
        if seconds < HOLD:
            await asyncio.sleep(0.0005)
        else:
            await self.patience.wait()
            self.patience.clear()

    # objects

    def write(self, kind: Resource, name: str, **metadata: Any) -> Metadata:
        """Makes an object, or changes it."""
        self.version += 1
        namespace = {"namespace": "ns"} if kind.namespaced else {}
        before = self.objects[kind].get(name)
        uid = before["uid"] if before else f"{kind.plural}-{name}-{self.version}"
        now = {**(before or {}), "name": name, **namespace, "uid": uid, **metadata, "resourceVersion": str(self.version)}
        self.objects[kind][name] = now
        self.log[kind].append((self.version, "MODIFIED" if before else "ADDED", now))
        return now

    def delete(self, kind: Resource, name: str) -> None:
        self.version += 1
        gone = {**self.objects[kind].pop(name), "resourceVersion": str(self.version)}
        self.log[kind].append((self.version, "DELETED", gone))

    def activate(self, revision: int) -> None:
        """The CRD serves a revision."""
        self.revision = revision
        labels, notes = {RGD_NAME: "app", RGD_ID: "rgd-app"}, {ACTIVE_REVISION: str(revision)}
        self.write(CRDS, "apps.kro.run", labels=labels, annotations=notes)

    async def fan_out(self, *names: str, past: bool = True) -> None:
        """What the fan-out tells instances, past the bridge where there is a broker."""
        for name in names:
            about = self.objects[APP][name]
            target = Target(APP.api_version, APP.kind, "ns", name)
            event = Event(
                EVENT_CONVERGE, Role.INSTANCE, target, about["uid"], about, (Changed(about["uid"], ""),), self.revision, "rgd-app"
            )
            if past:
                await self.judge.deliver(event)
            else:
                self.bridge.inject(event)

    def converged(self, *names: str) -> None:
        """Instances that an earlier bridge has served."""
        for name in names:
            self.write(APP, name)
            self.converge(name)
        self.runs.clear()

    # the API

    async def send(self, request: Request) -> Answer:
        kind = next((kind for kind in FOLLOWED if collection(kind) == request.path), None)
        if kind is None:
            return Answer(404, {"kind": "Status", "reason": "NotFound", "message": "no object"})
        while kind in self.shut:
            await asyncio.sleep(0.0005)
        if kind in self.unserved:
            return Answer(404, {"kind": "Status", "reason": "NotFound", "message": "no kind"})
        items = [item for item in self.objects[kind].values() if fits(item, request)]
        return Answer(200, {"metadata": {"resourceVersion": str(self.version)}, "items": [{"metadata": item} for item in items]})

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        kind = next(kind for kind in FOLLOWED if collection(kind) == request.path)
        position = int(request.query["resourceVersion"])
        while kind not in self.unserved:
            for version, change, item in list(self.log[kind]):
                if version > position and kind not in self.behind:
                    position = version
                    if fits(item, request):
                        yield {"type": change, "object": {"metadata": item}}
            await asyncio.sleep(0.0005)

    async def close(self) -> None:
        return

    async def kinds(self, *_args: Any) -> Kinds | None:
        members, references = self.revisions[self.revision]
        return Kinds(APP, frozenset(members), frozenset(item.resource for item in references))

    # the functions

    async def send_event(self, event: Event) -> Sent:
        if event.role not in (Role.INSTANCE, Role.MEMBER):
            return Sent(204, None, DONE)
        answer = await self.judge.deliver(event)
        return Sent(204, None, ECHO if answer.echo else DONE) if answer.acknowledged else Sent(503, None, AGAIN)

    async def run(self, target: Target, _events: tuple[Event, ...]) -> Report:
        self.runs[target.name] += 1
        if target.name not in self.objects[APP]:
            return Report("converged")
        seen = self.converge(target.name)
        return Report("converged", None, seen, graph=("rgd-app", self.revision))

    def converge(self, name: str) -> dict[str, str]:
        members, references = self.revisions[self.revision]
        instance = self.objects[APP][name]
        labels, notes = record(references)
        notes |= {CONVERGENCE: Mark(self.revision, 1, places=tuple(Place(kind, "ns") for kind in members)).to_text()} if members else {}
        if (instance.get("labels"), instance.get("annotations")) != (labels, notes):
            instance = self.write(APP, name, labels=labels, annotations=notes)
        for kind in members:
            if name not in self.objects[kind]:
                owner = Owner(APP.group, APP.version, APP.kind, "ns", name, instance["uid"])
                self.write(kind, name, labels=owner.routed({OWNED: "true", APPLYSET_PART_OF: _set_of(owner)}))
        found = self.relevant(name)
        self.read[name] = frozenset(found.items())
        self.then.pop(name, lambda: None)()
        return found | {str(instance["uid"]): str(instance["resourceVersion"])}

    def relevant(self, name: str) -> dict[str, str]:
        """UID and version of what an instance has to do with, as it is now."""
        members, references = self.revisions[self.revision]
        found = [self.objects[kind].get(name, {"uid": f"no {kind.plural}", "resourceVersion": ""}) for kind in members]
        for reference in references:
            kind = reference.resource
            found += [item for item in self.objects[kind].values() if reference.matches(kind, {"metadata": item})]
        return {str(item["uid"]): str(item["resourceVersion"]) for item in found}

    def unseen(self) -> list[str]:
        """Instances whose last run read something else than what there is."""
        return [name for name in self.objects[APP] if self.read.get(name) != frozenset(self.relevant(name).items())]

    async def rest(self) -> None:
        """Returns when nothing moves any more; what is shut or behind stays so."""
        before, still = -1, 0
        while still < 15:
            now = sum(self.runs.values()) + sum(self.bridge.queue.counts.values()) - self.bridge.queue.counts["watch_breaks"]
            still = still + 1 if now == before and not self.bridge.queue.depth else 0
            before = now
            await asyncio.sleep(0.001)

    async def open(self) -> None:
        self.shut.clear()
        self.behind.clear()
        self.unserved.clear()
        await self.rest()


def fits(item: Metadata, request: Request) -> bool:
    return "labelSelector" not in request.query or (item.get("labels") or {}).get(OWNED) == "true"


def play(world: Callable[[], World], scene: Callable[[World], Awaitable[None]]) -> None:
    async def run() -> None:
        made = world()
        try:
            await scene(made)
        finally:
            await made.bridge.stop()

    asyncio.run(asyncio.wait_for(run(), 20))


async def start(world: World) -> None:
    await world.bridge.start()
    await world.rest()


# what is lost without the rule


async def a_reference_appears_before_the_first_list(world: World) -> None:
    """It is in the list, and what a list shows wakes nobody by itself."""
    world.converged("a")
    world.shut.add(SECRET)
    await start(world)
    world.patience.set()
    await world.rest()
    assert world.runs["a"] == 1
    world.write(SECRET, "shared", labels={"tier": "gold"})


async def a_reference_appears_before_the_first_list_that_shows_it(world: World) -> None:
    """The kind was followed, but only the members of instances."""
    world.converged("a")
    await start(world)
    world.shut.add(CONFIG_MAP)
    world.activate(2)
    await world.rest()
    await world.fan_out("a")
    world.write(CONFIG_MAP, "shared")


async def a_member_is_deleted_before_the_first_list(world: World) -> None:
    world.converged("a")
    await start(world)
    world.shut.add(DEPLOYMENT)
    world.activate(2)
    await world.fan_out("a")
    world.delete(DEPLOYMENT, "a")
    await world.rest()


async def a_member_is_deleted_before_the_first_list_and_the_record_comes_after(world: World) -> None:
    world.converged("a")
    await start(world)
    world.shut.add(DEPLOYMENT)
    world.behind.add(APP)
    world.activate(2)
    await world.fan_out("a")
    world.delete(DEPLOYMENT, "a")
    world.shut.clear()
    await world.rest()


async def a_kind_comes_back_while_no_bridge_runs_and_its_list_is_late(world: World) -> None:
    world.unserved.add(DEPLOYMENT)
    world.converged("a")
    world.delete(DEPLOYMENT, "a")
    world.unserved.clear()
    world.shut.add(DEPLOYMENT)
    await start(world)
    world.patience.set()
    await world.rest()
    world.delete(DEPLOYMENT, "a")


async def a_reference_appears_before_its_record_is_known(world: World) -> None:
    await start(world)
    world.behind.add(APP)
    world.write(APP, "a")
    world.then["a"] = lambda: world.write(SECRET, "shared", labels={"tier": "gold"})
    await world.fan_out("a")
    await world.rest()


async def a_reference_goes_before_its_record_is_known(world: World) -> None:
    world.write(SECRET, "shared", labels={"tier": "gold"})
    await refer_to_something_new(world)
    world.then["a"] = lambda: world.delete(SECRET, "shared")
    await world.fan_out("a")
    await world.rest()


async def a_reference_fits_no_longer_before_its_record_is_known(world: World) -> None:
    world.write(SECRET, "shared", labels={"tier": "gold"})
    await refer_to_something_new(world)
    world.then["a"] = lambda: world.write(SECRET, "shared", labels={"tier": "lead"})
    await world.fan_out("a")
    await world.rest()


async def a_record_changes_while_the_instances_are_behind(world: World) -> None:
    await refer_to_something_new(world)
    world.then["a"] = lambda: world.write(SECRET, "shared", labels={"tier": "gold"})
    await world.fan_out("a")
    await world.rest()


async def refer_to_something_new(world: World) -> None:
    """The instance is known, the kind is followed, the record changes, and the watch of the instances shows it later."""
    world.revisions[2] = world.revisions[1]
    world.revisions[1] = ((CONFIG_MAP,), (Reference(SECRET, "ns", "other"),))
    world.converged("a")
    await start(world)
    world.behind.add(APP)
    world.activate(2)
    await world.rest()


async def a_kind_is_dropped_and_followed_again(world: World) -> None:
    world.revisions[2] = ((CONFIG_MAP,), ())
    world.revisions[3] = world.revisions[1]
    world.converged("a")
    await start(world)
    world.activate(2)
    await world.fan_out("a")
    await world.rest()
    assert not world.bridge._set.whole(SECRET)
    world.shut.add(SECRET)
    world.activate(3)
    await world.fan_out("a")
    await world.rest()
    world.write(SECRET, "shared", labels={"tier": "gold"})


LOSSES = [
    (a_reference_appears_before_the_first_list, ((CONFIG_MAP,), (NAMED,))),
    (a_reference_appears_before_the_first_list, ((), (SELECTED,))),
    (a_reference_appears_before_the_first_list, ((DEPLOYMENT,), (WIDE, NAMED))),
    (a_reference_appears_before_the_first_list_that_shows_it, ((CONFIG_MAP,), ()), ((CONFIG_MAP,), (WIDE,))),
    (a_member_is_deleted_before_the_first_list, ((CONFIG_MAP,), ()), ((CONFIG_MAP, DEPLOYMENT), ())),
    (a_member_is_deleted_before_the_first_list, ((), (NAMED,)), ((DEPLOYMENT,), (NAMED,))),
    (a_member_is_deleted_before_the_first_list_and_the_record_comes_after, ((CONFIG_MAP,), ()), ((CONFIG_MAP, DEPLOYMENT), ())),
    (a_kind_comes_back_while_no_bridge_runs_and_its_list_is_late, ((DEPLOYMENT, CONFIG_MAP), ())),
    (a_reference_appears_before_its_record_is_known, ((CONFIG_MAP,), (NAMED,))),
    (a_reference_appears_before_its_record_is_known, ((), (SELECTED,))),
    (a_reference_goes_before_its_record_is_known, ((), (NAMED,))),
    (a_reference_goes_before_its_record_is_known, ((CONFIG_MAP,), (SELECTED,))),
    (a_reference_fits_no_longer_before_its_record_is_known, ((), (SELECTED,))),
    (a_record_changes_while_the_instances_are_behind, ((CONFIG_MAP,), (NAMED,))),
    (a_record_changes_while_the_instances_are_behind, ((), (SELECTED,))),
    (a_kind_is_dropped_and_followed_again, ((CONFIG_MAP,), (NAMED,))),
    (a_kind_is_dropped_and_followed_again, ((CONFIG_MAP,), (SELECTED,))),
]


@pytest.mark.parametrize(("loss", "revisions"), [(loss, revisions) for loss, *revisions in LOSSES])
def test_what_happens_before_the_bridge_can_know_whom_it_concerns_is_seen(loss: Any, revisions: Any) -> None:
    async def scene(world: World) -> None:
        await loss(world)
        await world.open()
        assert world.unseen() == []

    play(lambda: World(*revisions), scene)


# what it costs

ALL = [((CONFIG_MAP, DEPLOYMENT), (NAMED, SELECTED)), ((), (WIDE,)), ((CONFIG_MAP,), (WIDE, NAMED)), ((), ())]


@pytest.mark.parametrize(
    "order", [(APP, CONFIG_MAP, DEPLOYMENT, SECRET), (SECRET, DEPLOYMENT, CONFIG_MAP, APP), (DEPLOYMENT, APP, SECRET, CONFIG_MAP)]
)
@pytest.mark.parametrize("revision", ALL)
def test_a_bridge_that_starts_tells_everybody_once_in_whatever_order_the_lists_come(revision: Any, order: tuple[Resource, ...]) -> None:
    names = [f"i{number}" for number in range(7)]

    def made() -> World:
        world = World(revision)
        for name in ("shared", "gold"):
            world.write(SECRET, name, labels={"tier": "gold"})
        world.write(CONFIG_MAP, "shared")
        world.converged(*names)
        world.shut.update(order)
        return world

    async def scene(world: World) -> None:
        await start(world)
        for kind in order:
            world.shut.discard(kind)
            await world.rest()
        assert world.runs == dict.fromkeys(names, 1)
        assert world.unseen() == []

    play(made, scene)


@pytest.mark.parametrize("revision", ALL)
def test_lists_that_do_not_come_hold_up_nobody_for_longer_and_only_those_concerned_look_again(revision: Any) -> None:
    def made() -> World:
        world = World(revision)
        world.converged("a", "b")
        world.shut.add(SECRET)
        return world

    async def scene(world: World) -> None:
        await start(world)
        concerned = any(reference.resource == SECRET for reference in revision[1])
        assert world.runs == ({} if concerned else {"a": 1, "b": 1})
        world.patience.set()
        await world.rest()
        assert world.runs == {"a": 1, "b": 1}
        await world.open()
        assert world.runs == dict.fromkeys(("a", "b"), 2 if concerned else 1)

    play(made, scene)


@pytest.mark.parametrize("there", [False, True], ids=["nothing there", "references there"])
@pytest.mark.parametrize("revision", ALL)
def test_an_instance_that_is_made_is_looked_at_once(revision: Any, there: bool) -> None:
    """Its kinds are followed: neither its record nor its members nor what it refers to cost another look."""

    async def scene(world: World) -> None:
        if there:
            world.write(SECRET, "shared", labels={"tier": "gold"})
            world.write(CONFIG_MAP, "shared")
        await start(world)
        for name in ("a", "b"):
            world.write(APP, name)
            await world.rest()
        assert world.runs == {"a": 1, "b": 1}
        assert world.unseen() == []

    play(lambda: World(revision), scene)


@pytest.mark.parametrize("past", [False, True], ids=["by the bridge", "past the bridge"])
def test_a_kind_that_a_revision_adds_costs_one_look_more_at_most(past: bool) -> None:
    async def scene(world: World) -> None:
        world.converged("a", "b", "c")
        await start(world)
        world.runs.clear()
        world.activate(2)
        await world.rest()
        await world.fan_out("a", "b", past=past)
        await world.rest()
        assert world.runs == dict.fromkeys(("a", "b"), 2 if past else 1)
        assert world.unseen() == ["c"]

    play(lambda: World(((CONFIG_MAP,), ()), ((CONFIG_MAP, DEPLOYMENT), (NAMED,))), scene)


def test_an_object_that_was_deleted_long_before_costs_nobody_a_look() -> None:
    async def scene(world: World) -> None:
        world.write(SECRET, "shared")
        now = 0.0
        world.bridge._assurance._clock = lambda: now
        await start(world)
        world.delete(SECRET, "shared")
        await world.rest()
        now = 601.0
        world.write(APP, "a")
        await world.rest()
        assert world.runs == {"a": 1}

    play(lambda: World(((), (NAMED,))), scene)


# a kind with more than one part to play


@pytest.mark.parametrize("part", ["member", "reference"])
def test_a_kind_that_becomes_one_of_instances_is_told_as_at_a_first_list(part: str) -> None:
    """What was known of it as a member or reference is told once, with its records; and is none of anybody's instances afterwards."""

    async def scene(world: World) -> None:
        world.converged("a", "b")
        outer = Kinds(CONFIG_MAP, frozenset({APP} if part == "member" else ()), frozenset({APP} if part == "reference" else ()))
        inner = await world.kinds()
        served = {"outers.kro.run": outer}

        async def kinds(name: str, *_args: Any) -> Kinds | None:
            return served.get(name)

        world.bridge._set._hooks.kinds = kinds
        world.write(DEFINITIONS, "outer")
        world.write(CRDS, "outers.kro.run", labels={RGD_NAME: "outer", RGD_ID: "rgd"}, annotations={ACTIVE_REVISION: "1"})
        for name in ("a", "b"):
            labels = world.objects[APP][name].get("labels") or {}
            world.write(APP, name, labels={**labels, OWNED: "true"})
            world.read.pop(name)
        await start(world)
        assert world.runs == {}
        served["apps.kro.run"] = inner
        world.bridge._set.stale()
        await world.rest()
        assert world.runs == {"a": 1, "b": 1}
        world.write(SECRET, "shared")
        await world.rest()
        assert world.runs == {"a": 2, "b": 2}
        assert world.unseen() == []
        # The definition goes, its CRD serves nothing any more: the kind is only a member or a reference again.
        world.write(CRDS, "apps.kro.run", labels={}, annotations={})
        await world.rest()
        world.write(SECRET, "shared")
        world.write(APP, "c", labels={OWNED: "true"})
        await world.rest()
        assert world.runs == {"a": 2, "b": 2}
        assert not world.bridge._assurance._instances

    play(lambda: World(((), (NAMED,))), scene)


def test_nothing_is_kept_of_instances_and_kinds_that_are_gone() -> None:
    async def scene(world: World) -> None:
        await start(world)
        for turn in range(40):
            world.write(APP, f"i{turn}")
            world.write(SECRET, f"s{turn}")
            await world.rest()
            world.delete(APP, f"i{turn}")
            world.delete(SECRET, f"s{turn}")
            world.objects[CONFIG_MAP].pop(f"i{turn}", None)
        await world.rest()
        bridge = world.bridge
        assert len(bridge._assurance._instances) == len(bridge._set._places) == len(bridge._references._entries) == 0
        assert len(bridge._assurance) == 40 * 3
        world.write(CRDS, "apps.kro.run", labels={}, annotations={})
        await world.rest()
        assert len(bridge._assurance) == 1  # what the CRD was before

    play(lambda: World(((CONFIG_MAP,), (NAMED,))), scene)


# anything in any order

KIND = st.sampled_from([APP, CONFIG_MAP, DEPLOYMENT, SECRET])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["shut", "behind", "open", "catch up"]), KIND),
    st.tuples(st.just("make"), st.sampled_from("ab")),
    st.tuples(st.just("fan out"), st.sampled_from("ab")),
    st.tuples(st.just("shared"), st.sampled_from([SECRET, CONFIG_MAP])),
    st.tuples(st.just("delete shared"), st.sampled_from([SECRET, CONFIG_MAP])),
    st.tuples(st.just("delete child"), st.sampled_from([CONFIG_MAP, DEPLOYMENT])),
    st.tuples(st.just("activate"), st.sampled_from([1, 2, 3])),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("rest"), st.none()),
    st.tuples(st.just("enough"), st.none()),
)


async def step(world: World, what: str, about: Any) -> None:
    match what:
        case "shut":
            world.shut.add(about)
        case "open":
            world.shut.discard(about)
        case "behind":
            world.behind.add(about)
        case "catch up":
            world.behind.discard(about)
        case "make":
            world.write(APP, about, generation=world.version)
        case "fan out":
            if about in world.objects[APP]:
                await world.fan_out(about)
        case "shared":
            world.write(about, "shared")
        case "delete shared" | "delete child":
            for name in ("shared",) if what == "delete shared" else ("a", "b"):
                if name in world.objects[about]:
                    world.delete(about, name)
        case "activate":
            world.activate(about)
            for name in world.objects[APP]:
                world.then[name] = lambda: None
        case "restart":
            await world.bridge.stop()
            world.bridge = world.new_bridge()
            await world.bridge.start()
        case "enough":
            world.patience.set()
        case _:
            await world.rest()


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=st.lists(STEPS, max_size=14), during=st.lists(STEPS, max_size=2))
def test_whatever_comes_late_every_last_run_has_seen_what_there_is(steps: list[Any], during: list[Any]) -> None:
    """during: what happens right after a run has read, before the bridge knows its record."""

    async def scene(world: World) -> None:
        await start(world)
        for what, about in during:
            if what in ("shared", "delete shared", "delete child"):
                world.then["a"] = lambda what=what, about=about: asyncio.ensure_future(step(world, what, about))  # type: ignore[misc]
        for what, about in steps:
            await step(world, what, about)
        await world.open()
        # Who has not reached the revision is told of it by the fan-out; the rest is what the bridge has to find.
        here = f'"revision":{world.revision}'
        assert [name for name in world.unseen() if here in str(world.objects[APP][name].get("annotations"))] == []

    play(lambda: World(((CONFIG_MAP,), (NAMED,)), ((CONFIG_MAP, DEPLOYMENT), (WIDE,)), ((DEPLOYMENT,), (NAMED, WIDE))), scene)
