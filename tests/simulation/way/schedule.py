"""Plays a plan: what users do, what goes wrong, then everything healed and time going on until the oracle has nothing to say, or too long.

Users write past every fault: they meet the API server at a better moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from functions.platform.paths import CRDS, DEFINITIONS
from graphcore import names
from graphcore.graph.model import Resource
from tests.simulation.way import oracle
from tests.simulation.way.clock import play
from tests.simulation.way.memory import shared
from tests.simulation.way.network import Fault, Faults
from tests.simulation.way.plan import Plan
from tests.simulation.way.processes import COPIES, MOST_RUNS, ROLES, BridgeProcess, FunctionProcess, Site
from tests.simulation.way.shapes import ACCOUNT, CONFIG, INSTANCES, SECRET, WIDGET, WIDGET_CRD, Edition, Object, definition
from tests.simulation.way.world import NAMESPACES, Prepared, World

PLACES = ("default", "other", "doomed")
NAMES = ("a", "b", "c", "d")
SOURCES = ("shared", "second")
MEMBERS = (CONFIG, SECRET, ACCOUNT, WIDGET)
IDENTITY = (
    names.INSTANCE_ID,
    names.INSTANCE_NAME,
    names.INSTANCE_NAMESPACE,
    names.INSTANCE_KIND,
    names.INSTANCE_GROUP,
    names.APPLYSET_PART_OF,
    names.OWNED,
)
NESTED = "[" * 5000 + "]" * 5000
STEP = 30.0
LONGEST = 580.0
"""Seconds after the last fault within which everything has to be right: below the resync, which is off."""
WATCHED = 60.0
"""Seconds for which everything has to stay right, and quiet."""


@dataclass(slots=True)
class Result:
    """faults: what the oracle says at the end; none is good. seconds: that it took after the last fault."""

    plan: Plan
    faults: list[str]
    seconds: float
    runs: int
    requests: int
    lines: list[str]


@dataclass(slots=True)
class Schedule:
    """editions: of each definition as last written. foreign: UIDs of objects that are nobody's child. tampered: whose labels somebody changed."""

    plan: Plan
    world: World
    site: Site
    editions: dict[str, Edition]
    foreign: set[str] = field(default_factory=set)
    tampered: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    numbers: int = 0
    pending: int = 0

    # choosing

    def _pick(self, items: Iterable[Object], where: float) -> Object | None:
        several = sorted(items, key=lambda item: (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]))
        return several[int(where * len(several))] if several else None

    @property
    def kinds(self) -> dict[str, Resource]:
        return {name: INSTANCES[name] for name in self.editions}

    def instances(self) -> list[Object]:
        return [item for kind in self.kinds.values() for item in self.world.all(kind)]

    def children(self) -> list[Object]:
        found = [item for kind in (*MEMBERS, INSTANCES["app"], INSTANCES["user"]) for item in self.world.all(kind)]
        return [
            item
            for item in found
            if names.INSTANCE_ID in (item["metadata"].get("labels") or {}) or item["metadata"]["uid"] in self.tampered
        ]

    def _resource(self, obj: Object) -> Resource:
        return next(kind for kind in (*MEMBERS, *INSTANCES.values()) if (kind.api_version, kind.kind) == (obj["apiVersion"], obj["kind"]))

    def _patch(self, obj: Object | None, change: Object) -> None:
        if obj is not None:
            self.world.patch(self._resource(obj), obj["metadata"].get("namespace"), obj["metadata"]["name"], change)

    def _delete(self, obj: Object | None) -> None:
        if obj is not None:
            key = (self._resource(obj), obj["metadata"].get("namespace"), obj["metadata"]["name"])
            # Another one of that name may have taken its place.
            found = self.world.get(*key)
            self.removed |= {found["metadata"]["uid"]} if found else set()
            self.world.delete(*key)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self.pending += 1

        def due() -> None:
            self.pending -= 1
            work()

        asyncio.get_running_loop().call_later(seconds, due)

    # what users do

    def edit(self, where: float, value: int) -> None:
        self._patch(self._pick(self._own(), where), {"spec": spec_of(self._kind_at(where), value)})

    def _own(self) -> list[Object]:
        """Instances that no other instance made."""
        return [item for item in self.instances() if names.INSTANCE_ID not in (item["metadata"].get("labels") or {})]

    def _kind_at(self, where: float) -> str:
        found = self._pick(self._own(), where)
        return found["kind"].lower() if found else next(iter(self.editions))

    def create(self, where: float, value: int) -> None:
        name = sorted(self.editions)[int(where * len(self.editions))]
        place = PLACES[value % len(PLACES)]
        metadata = {"name": f"{name}-{NAMES[value // 3 % len(NAMES)]}", "namespace": place}
        kind = INSTANCES[name]
        self.world.apply(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec_of(name, value)})

    def remove(self, where: float, value: int) -> None:
        self._delete(self._pick(self._own(), where))

    def remove_soon(self, where: float, after: float, value: int) -> None:
        """An instance is made or edited, and gone a moment later."""
        if value % 2:
            self.create(where, value)
            kind = INSTANCES[sorted(self.editions)[int(where * len(self.editions))]]
            found = self.world.get(kind, PLACES[value % len(PLACES)], f"{kind.kind.lower()}-{NAMES[value // 3 % len(NAMES)]}")
        else:
            self.edit(where, value)
            found = self._pick(self._own(), where)
        self._later(after, lambda: self._delete(found))

    def team(self, where: float, value: int) -> None:
        self._patch(self._pick(self._own(), where), {"metadata": {"labels": {"team": f"t{value % 5}"}}})

    def child_deleted(self, where: float, value: int) -> None:
        self._delete(self._pick(self.children(), where))

    def several_deleted(self, where: float, value: int) -> None:
        """All children of an instance, or most of them, at once."""
        found = self._pick(self.children(), where)
        if found is None:
            return
        key = (found["metadata"].get("labels") or {}).get(names.INSTANCE_ID)
        for child in self.children():
            if (child["metadata"].get("labels") or {}).get(names.INSTANCE_ID) == key and (value % 3 or child["kind"] == found["kind"]):
                self._delete(child)

    def child_edited(self, where: float, value: int) -> None:
        found = self._pick((child for child in self.children() if child["kind"] == "ConfigMap"), where)
        self._patch(found, {"data": {"text": "by hand", "edition": f"hand{value}"}})

    def edition(self, where: float, shape: int) -> None:
        name = sorted(self.editions)[int(where * len(self.editions))]
        self.numbers += 1
        edition = Edition(name, self.numbers, shape if name != "outer" or "user" in self.editions else 0)
        if self.world.apply(DEFINITIONS, definition(edition)).ok:
            self.editions[name] = edition

    def late_definition(self) -> None:
        """A definition whose kind was only a child's until now."""
        missing = [name for name in ("app", "outer", "user") if name not in self.editions]
        if missing:
            self.numbers += 1
            edition = Edition(missing[0], self.numbers)
            if self.world.apply(DEFINITIONS, definition(edition)).ok:
                self.editions[missing[0]] = edition

    def labels(self, where: float, which: str, how: int) -> Object | None:
        """Identity labels of a child are taken away, or made to name another instance."""
        found = self._pick(self.children(), where)
        if found is None:
            return None
        self.tampered.add(found["metadata"]["uid"])
        labels = {"each": (IDENTITY[how % len(IDENTITY)],), "all": IDENTITY, "owned": (names.OWNED,)}[which]
        other = self._pick(self._own(), (how % 7) / 7)
        theirs = {names.INSTANCE_ID: other["metadata"]["uid"], names.INSTANCE_NAME: other["metadata"]["name"]} if other else {}
        if how % 3 == 0:
            change = dict.fromkeys(labels)
        else:
            change = {label: theirs.get(label, "someone") for label in labels}
        if names.APPLYSET_PART_OF in change:
            # Another ApplySet's, which nobody may take it from; or nobody's, which anybody may.
            (self.foreign.add if change[names.APPLYSET_PART_OF] else self.foreign.discard)(found["metadata"]["uid"])
        self._patch(found, {"metadata": {"labels": change}})
        return found

    def labelled_deleted(self, where: float, which: str, how: int, after: float) -> None:
        found = self.labels(where, which, how)
        self._later(after, lambda: self._delete(found))

    def foreign_object(self, body: Object) -> None:
        answer = self.world.apply(self._resource(body), body)
        if answer.ok:
            self.foreign.add(answer.body["metadata"]["uid"])

    def _foreign(self, obj: Object, **labels: str) -> None:
        metadata = {"name": obj["metadata"]["name"], "namespace": obj["metadata"]["namespace"], "labels": labels}
        self.foreign_object({"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata})

    def foreign_child(self, where: float, value: int) -> None:
        """A child is replaced by an object of another ApplySet, for a while or for good."""
        found = self._pick((child for child in self.children() if child["kind"] in ("ConfigMap", "ServiceAccount")), where)
        if found is None:
            return
        self._delete(found)
        self._foreign(found, **{names.APPLYSET_PART_OF: "applyset-somebody-else-v1"})
        kind, key = self._resource(found), (found["metadata"]["namespace"], found["metadata"]["name"])
        if value % 2:
            self._later(1.0 + value % 30, lambda: self._delete(self.world.get(kind, *key)))

    def source(self, where: float, value: int) -> None:
        """An object that instances refer to appears, changes, loses its label or goes."""
        name, place = SOURCES[value % 2], PLACES[int(where * len(PLACES))]
        if value // 2 % 3 == 0 and self.world.get(CONFIG, place, name):
            self.world.delete(CONFIG, place, name)
            return
        team = ("blue", "red", None)[value // 7 % 3]
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": place}, "data": {"value": f"v{value}"}}
        self.world.apply(CONFIG, body)
        self.world.patch(CONFIG, place, name, {"metadata": {"labels": {"team": team}}})

    def crd_removed(self, seconds: float) -> None:
        """The CRD of a child's kind is taken away with all its objects, and put back."""
        if "maker" not in self.editions:
            return
        self.removed |= {item["metadata"]["uid"] for item in self.world.all(WIDGET)}
        self.world.delete(CRDS, None, WIDGET_CRD["metadata"]["name"])
        self._later(seconds, lambda: self.world.apply(CRDS, WIDGET_CRD) and None)

    def notes(self, where: float, value: int) -> None:
        """Somebody damages what the product has noted on an instance."""
        note = (names.CONVERGENCE, names.REFERENCES)[value % 2]
        text = (NESTED, "{}", "[1]", '{"revision":"x"}', None)[value // 2 % 5]
        self._patch(self._pick(self._own(), where), {"metadata": {"annotations": {note: text}}})

    def revision_note(self, where: float, value: int) -> None:
        """Somebody takes the recorded revision back."""
        found = self._pick(self._own(), where)
        text = (((found or {}).get("metadata") or {}).get("annotations") or {}).get(names.CONVERGENCE)
        if found is not None and text and '"revision":' in text:
            head, _, rest = text.partition('"revision":')
            number, comma, tail = rest.partition(",")
            lowered = max(1, int(number.strip("}")) - 1) if number.strip("}").isdigit() else 1
            self._patch(found, {"metadata": {"annotations": {names.CONVERGENCE: f'{head}"revision":{lowered}{comma}{tail}'}}})

    def vanish(self) -> None:
        self.world.vanish("doomed")

    def back(self) -> None:
        self.world.apply(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "doomed"}})

    # what goes wrong

    def _plurals(self, about: str) -> tuple[str, ...]:
        mine = tuple(kind.plural for kind in self.kinds.values())
        roles = {
            "": (),
            "instances": mine,
            "members": ("configmaps", "secrets", "serviceaccounts", "widgets"),
            "references": ("configmaps",),
            "revisions": ("graphrevisions",),
        }
        return roles.get(about, (about,))

    def _fault(self, fault: Fault, seconds: float) -> None:
        faults = self.site.faults
        self.numbers += 1
        number = -self.numbers
        faults.now[number] = fault
        faults.change()

        def over() -> None:
            faults.now.pop(number, None)
            faults.change()

        self._later(seconds, over)

    def refuse(self, code: int, about: str, who: str, verb: str, share: float, seconds: float) -> None:
        self._fault(Fault("refuse", who, self._plurals(about), verb, code, share=share), seconds)

    def away(self, about: str, seconds: float) -> None:
        self._fault(Fault("away", "bridge", self._plurals(about)), seconds)

    def lag(self, about: str, seconds: float, much: float) -> None:
        self._fault(Fault("lag", "bridge", self._plurals(about), seconds=much), seconds)

    def slow(self, about: str, seconds: float, much: float, who: str) -> None:
        self._fault(Fault("slow", who, self._plurals(about), seconds=much), seconds)

    def late(self, much: float, seconds: float) -> None:
        self._fault(Fault("late", seconds=much), seconds)

    def post(self, code: int, share: float, seconds: float) -> None:
        self._fault(Fault("post", "bridge", code=code, share=share), seconds)

    def page(self, code: int, share: float, seconds: float) -> None:
        self._fault(Fault("refuse", "fanout", self._plurals("instances"), "list", code, share=share), seconds)

    def inlet(self, who: str, code: int, share: float, seconds: float) -> None:
        self._fault(Fault("post", who, code=code, share=share), seconds)

    def slow_fanout(self, much: float, seconds: float) -> None:
        """A fan-out takes so long that something may come in between."""
        self._fault(Fault("late", "bridge", verb="activation", seconds=much), seconds)

    def behind(self, seconds: float, late: float) -> None:
        """The bridge cannot read the revisions that the CRDs serve, and goes by the older ones; what it sends is merged on the way."""
        self._fault(Fault("refuse", "bridge", ("graphrevisions",), "read", 500), seconds)
        self._fault(Fault("late", "bridge", seconds=late), seconds)

    def half_blind(self, away: float, share: float, seconds: float) -> None:
        """A bridge that begins anew can read only some of the revisions at first."""
        self._fault(Fault("refuse", "bridge", ("graphrevisions",), "read", 500, share=share), seconds + away)
        self.bridge(away)

    def wider(self, where: float, value: int, name: str, much: float, moments: list[float]) -> None:
        """A definition is the first to refer to a kind, whose list comes late; meanwhile instances are made, and what they refer to changes."""
        if name not in self.editions:
            self.numbers += 1
            edition = Edition(name, self.numbers)
            if not self.world.apply(DEFINITIONS, definition(edition)).ok:
                return
            self.editions[name] = edition
        self._fault(Fault("slow", "bridge", ("configmaps",), "list", seconds=much), max(moments) + 1.0)
        kind, place = INSTANCES[name], PLACES[int(where * len(PLACES))]
        metadata = {"name": f"{name}-w", "namespace": place}
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec_of(name, value)}
        self._later(moments[0], lambda: self.world.apply(kind, body) and None)
        for number, moment in enumerate(moments[1:]):
            self._later(moment, lambda number=number: self.source(where, value + 6 * number))

    def late_record(self, where: float, value: int, much: float, moments: list[float]) -> None:
        """What an instance refers to changes before the watch of its kind shows that it does."""
        self._fault(Fault("lag", "bridge", self._plurals("instances"), seconds=much), 12.0)
        kind, place = INSTANCES[next((name for name in ("user", "catalog") if name in self.editions), "app")], PLACES[value % len(PLACES)]
        found = self._pick(self.world.all(kind, place), where)
        if found is None:
            return
        other = {"of": SOURCES[value % 2]} if kind is INSTANCES["user"] else {"team": ("blue", "red")[value % 2]}
        self._patch(found, {"spec": other})
        for number, moment in enumerate(moments):
            self._later(moment, lambda number=number: self.source((PLACES.index(place) + 0.5) / len(PLACES), value + 6 * number))

    def flapping(self, where: float, seconds: float, moments: list[float]) -> None:
        """The watches of children break as soon as they are opened, and a child is deleted again and again."""
        self._fault(Fault("away", "bridge", self._plurals("members")), seconds)
        found = self._pick(self.children(), where)
        for moment in moments:
            self._later(moment, lambda: self._delete(found))

    def demoted(self, where: float, value: int, after: float) -> None:
        """Processes that know nothing meet an instance whose record of the revision somebody has taken back."""
        self.edition(where, value % 3)
        self._later(after, lambda: self._kill([one for one in self.site.functions if one.role == "instance"], 0.05))
        self._later(after + 0.2, lambda: self.revision_note(where, value))

    def stray_write(self, where: float, value: int, much: float, killed: float, removed: float) -> None:
        """Writes are on their way to the API server when their process dies and the instance goes."""
        self._fault(Fault("slow", "instance", self._plurals("members"), "write", seconds=much, spared="-main"), killed + 0.1)
        self.edit(where, value | 6)
        found = self._pick(self._own(), where)
        self._later(killed, lambda: self._kill([one for one in self.site.functions if one.role == "instance"], 0.05))
        self._later(max(removed, killed + 0.1), lambda: self._delete(found))

    def cold(self, where: float, value: int, about: str, code: int, seconds: float) -> None:
        """Processes that know nothing are refused what they have to know."""
        self._kill([one for one in self.site.functions if one.role == "instance"], 0.05)
        self._fault(Fault("refuse", "instance", (about,), "read", code), seconds)
        self._later(0.1, lambda: self.edit(where, value))

    def unreminded(self, where: float, value: int, code: int, inlet: int, seconds: float) -> None:
        """Runs are refused their writes, and the bridge does not take their wish to be looked at again."""
        self._fault(Fault("refuse", "instance", self._plurals("members"), "write", code), seconds)
        self._fault(Fault("post", "instance", code=inlet), seconds)
        self.edit(where, value)

    def compact(self) -> None:
        self.world.store.compact()
        self._fault(Fault("away", "bridge"), 0.05)

    def kill(self, where: float, seconds: float) -> None:
        self._kill([self.site.functions[int(where * len(self.site.functions))]], seconds)

    def kill_fanout(self, seconds: float) -> None:
        self._kill([process for process in self.site.functions if process.role == "fanout"], seconds)

    def _kill(self, processes: list[FunctionProcess], seconds: float) -> None:
        async def die(process: FunctionProcess) -> None:
            await process.kill()
            await asyncio.sleep(seconds)
            if not process.alive:
                process.boot()

        self.tasks += [asyncio.ensure_future(die(process)) for process in processes]

    def bridge(self, seconds: float) -> None:
        async def restart() -> None:
            dying, self.site.bridge = self.site.bridge, None
            if dying is None:
                return
            await dying.kill()
            await asyncio.sleep(seconds)
            self.site.bridge = BridgeProcess(self.site)

        self.tasks.append(asyncio.ensure_future(restart()))

    def freeze(self, where: float, seconds: float) -> None:
        process = self.site.functions[int(where * len(self.site.functions))]
        process.thaw.clear()
        self._later(seconds, process.thaw.set)

    # the whole

    async def play(self) -> Result:
        loop = asyncio.get_running_loop()
        self.site.start()
        for step in self.plan.steps:
            await asyncio.sleep(step.at - loop.time())
            getattr(self, {"foreign": "foreign_child", "return": "back"}.get(step.do, step.do))(**step.arguments)
        await self._heal()
        healed = loop.time()
        found = ["never looked"]
        while found and loop.time() - healed < LONGEST and len(self.site.runs) < MOST_RUNS:
            await asyncio.sleep(STEP)
            found = oracle.faults(self)
        took = loop.time() - healed
        if len(self.site.runs) >= MOST_RUNS:
            found.append("no end in sight")
        if not found:
            begun = len(self.site.runs)
            await asyncio.sleep(WATCHED)
            found = [*oracle.faults(self), *oracle.noise(self, Counter(run.target for run in self.site.runs[begun:]))]
        result = Result(self.plan, found, took, len(self.site.runs), sum(self.world.asked.values()), self.site.lines or [])
        await self.site.stop()
        return result

    async def _heal(self) -> None:
        """Waits until all that goes wrong is over, and users are done."""
        await asyncio.gather(*self.tasks)
        while self.pending:
            await asyncio.sleep(0.5)
        await asyncio.gather(*self.tasks)
        if self.world.get(CRDS, None, WIDGET_CRD["metadata"]["name"]) is None:
            self.world.apply(CRDS, WIDGET_CRD)


def spec_of(kind: str, value: int) -> Object:
    """A spec for an instance of a kind."""
    match kind:
        case "app":
            return {"text": f"text{value}", "extra": bool(value % 2), "items": [f"i{n}" for n in range(value // 2 % 4)]}
        case "user":
            return {"of": SOURCES[value % 2]}
        case "catalog":
            return {"team": ("blue", "red")[value % 2]}
    return {"text": f"text{value}"}


def editions(definitions: tuple[str, ...]) -> dict[str, Edition]:
    """Of the definitions that a world begins with."""
    return {name: Edition(name, shape=1 if name == "outer" and "user" in definitions else 0) for name in definitions}


_PREPARED: dict[tuple[str, ...], Prepared] = {}


def prepared(definitions: tuple[str, ...]) -> Prepared:
    """The world that a schedule with these definitions begins with; made once in a process."""
    if definitions not in _PREPARED:
        _PREPARED[definitions] = play(lambda: _prepare(definitions))
    return _PREPARED[definitions]


async def _prepare(definitions: tuple[str, ...]) -> Prepared:
    from local_emulator.cli.install import crds

    world = World.make()
    site = Site(world, Faults(Site.chance(0)), 0)
    for crd in [*crds(), WIDGET_CRD]:
        world.apply(CRDS, crd)
    for place in PLACES[1:]:
        world.apply(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place}})
    site.start()
    for name in definitions:
        assert world.apply(DEFINITIONS, definition(editions(definitions)[name])).ok
    await asyncio.sleep(20)
    schedule = Schedule(Plan(0, "", definitions, ()), world, site, editions(definitions))
    for place in PLACES[:2]:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": SOURCES[0], "namespace": place, "labels": {"team": "blue"}}}
        world.apply(CONFIG, {**body, "data": {"value": "first"}})
    for name in definitions:
        for number in range(5 if definitions == ("app",) else 3):
            kind, place = INSTANCES[name], PLACES[number % len(PLACES)]
            metadata = {"name": f"{name}-{NAMES[number % len(NAMES)]}", "namespace": place}
            answer = world.apply(
                kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec_of(name, number + 4)}
            )
            assert answer.ok, answer.message
    await asyncio.sleep(60)
    found = oracle.faults(schedule)
    assert not found, found
    await site.stop()
    return world.prepared()


def prepared_for(plan: Plan) -> None:
    """Makes the world of a plan beforehand: by a product that is right."""
    with shared():
        prepared(plan.definitions)


def run(plan: Plan, *, log: bool = False) -> Result:
    """Plays a plan in a world of its own."""
    with shared():
        copy = prepared(plan.definitions)
        with _no_collection():
            return _run(plan, copy, log=log)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Looking for garbage costs a fifth of a schedule; a few worlds may lie about instead."""
    global _played
    _played += 1
    if _played % 10 == 0:
        gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


_played = 0


def _run(plan: Plan, copy: Prepared, *, log: bool) -> Result:
    async def main() -> Result:
        world = World.make(copy)
        site = Site(world, Faults(Site.chance(plan.seed)), plan.seed, lines=[] if log else None, broker=plan.broker, stock=plan.stock)
        return await Schedule(plan, world, site, editions(plan.definitions)).play()

    return play(main)


__all__ = ["COPIES", "ROLES", "Result", "Schedule", "run"]
