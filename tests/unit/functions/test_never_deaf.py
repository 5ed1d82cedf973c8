"""Whatever others write and whatever nobody expected: no watch, no queue and no reader ends, and the neighbours are served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import web

from functions.bridge.bridge import Bridge, Outside
from functions.bridge.looks import Looks
from functions.bridge.main import Inlet, application
from functions.bridge.named import Hooks as NamedHooks
from functions.bridge.named import Named
from functions.bridge.owners import Owners
from functions.bridge.queue import UNSENT, Queue
from functions.bridge.references import References
from functions.bridge.tasks import forever
from functions.bridge.watcher import Change, Follower
from functions.bridge.watchset import Hooks, WatchSet
from functions.platform.cluster import Answer, Request
from functions.platform.events import EVENT_UPDATE, Changed, Event, Reference, Role, parse
from functions.platform.graphs import Kinds
from functions.platform.post import HttpPost, Sent
from functions.platform.runs import Report, Runs
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from graphcore.converge.metadata import inventory_fault, recorded_inventory
from graphcore.converge.parents import labelled_parent
from graphcore.converge.references import Reference as Awaited
from graphcore.converge.references import record
from graphcore.converge.references import recorded as recorded_references
from graphcore.converge.safety.mark import Mark, read_mark
from graphcore.converge.waits import Waits
from graphcore.converge.waits import recorded as recorded_waits
from graphcore.graph.model import Resource
from graphcore.names import (
    ACTIVE_REVISION,
    APPLYSET_GROUP_KINDS,
    APPLYSET_ID,
    APPLYSET_NAMESPACES,
    APPLYSET_PART_OF,
    CONVERGENCE,
    INSTANCE_GROUP,
    INSTANCE_ID,
    INSTANCE_KIND,
    INSTANCE_NAME,
    INSTANCE_NAMESPACE,
    INSTANCE_VERSION,
    REFERENCES,
    RGD_ID,
    RGD_NAME,
    WAITS_FOR,
)
from local_emulator.hosting.inprocess import call
from tests.support.graphs import CONFIG_MAP, SECRET


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, 5))


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def leaking() -> None:
    """What is awaited here is cancelled by somebody else."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


def raising(error: Exception) -> Callable[[], Coroutine[Any, Any, None]]:
    async def work() -> None:
        raise error

    return work


FAULTS = [raising(RecursionError()), raising(UnicodeEncodeError("utf-8", "x", 0, 1, "no")), raising(KeyError("uid")), leaking]
FAULT_NAMES = ["recursion", "encoding", "missing key", "cancelled by another"]


@pytest.mark.parametrize("mute", [False, True], ids=["told", "telling fails"])
@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_NAMES)
def test_work_that_dies_is_told_and_begun_again(fault: Callable[[], Coroutine[Any, Any, None]], mute: bool) -> None:
    begun, told = 0, 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 4:
            await fault()

    def failed(_error: Exception) -> None:
        nonlocal told
        told += 1
        if mute:
            raise OSError

    run(forever(work, failed, at_once))
    assert (begun, told) == (4, 3)


def test_work_that_is_cancelled_ends() -> None:
    async def scene() -> None:
        task = asyncio.create_task(forever(asyncio.Event().wait, lambda error: pytest.fail(str(error))))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        assert await asyncio.gather(task, return_exceptions=True) != [None]

    run(scene())


def event(name: str, version: str = "1", **fields: Any) -> Event:
    return Event(EVENT_UPDATE, Role.INSTANCE, Reference("g/v1", "K", "ns", name), name, {}, (Changed(name, version),), **fields)


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_NAMES)
def test_what_cannot_be_sent_ends_neither_its_key_nor_its_neighbour(fault: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def scene() -> None:
        got: list[tuple[str, str]] = []
        failed: list[str] = []
        done = asyncio.Event()

        async def send(item: Event) -> Sent:
            if item.changes[-1].version == "bad":
                await fault()
            got.append((item.partition, item.changes[-1].version))
            if item.changes[-1].version == "good":
                done.set()
            return Sent(204)

        queue = Queue(send, clock=lambda: 0.0, jitter=lambda: 0.0, sleep=at_once, failed=lambda what, _: failed.append(what))
        queue.put(event("a", "bad"))
        queue.put(event("b"))
        while len(failed) < 3:
            await asyncio.sleep(0)
        assert got == [("b", "1")]
        queue.put(event("a", "good"))
        await done.wait()
        assert queue.counts[f"status_{UNSENT.status}"] >= 3
        assert set(failed) == {"delivery to instance"}
        while queue.depth:
            await asyncio.sleep(0)

    run(scene())


HEADERS = ["a\nb: c", "a\r\n\r\nGET /", "nul\0", "é", "中文", "100%", "%0A", 'a"b', " blanks ", "x" * 300, "plain-name.1"]


@pytest.mark.parametrize("value", HEADERS, ids=map(repr, HEADERS))
def test_an_attribute_of_any_text_arrives_as_it_was(value: str) -> None:
    """Over a real connection: newlines, blanks and what no encoding can write are escaped as CloudEvents has it."""
    sent = event(value, definition=value, traceparent=value, id="1")
    got: list[Event] = []

    async def take(request: web.Request) -> web.Response:
        got.append(parse(request.headers, await request.read()))
        return web.Response(status=204)

    async def scene() -> None:
        app = web.Application()
        app.router.add_post("/", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        post = HttpPost("test")
        try:
            port = runner.addresses[0][1]
            assert (await post.send(f"http://127.0.0.1:{port}/", sent)).status == 204
        finally:
            await post.close()
            await runner.cleanup()

    run(scene())
    assert [(item.subject.name, item.definition, item.traceparent, item.partition) for item in got] == [(value, value, value, value)]


DEEP = "[" * 100_000
NESTED = "[" * 900 + "]" * 900
TEXTS = [
    "",
    "\0",
    DEEP,
    '{"a":' * 50_000,
    "null",
    "1e999",
    "9" * 5000,
    '"text"',
    "[[]]",
    f'[["v1","K",{NESTED},true,"","",""]]',
    f'{{"places": [["v1","K","ks",{NESTED}]], "fence": 1}}',
    f'{{"places": [["v1","K",{NESTED},null]]}}',
    '{"places": [["v1","K","\\ud800",null]]}',
    '{"places": [["v1","K","../../secrets?watch=1#",null]]}',
    '{"places": {"a": 1}, "fence": "²", "inside": 7}',
    '{"inside": [1, 2, 3, 4], "pruning": {"a": []}}',
    '{"kinds": [[1]], "crds": 7}',
    '{"kinds": {"ab": 1}, "crds": "abc"}',
    '[["v1","ConfigMap","configmaps",true,"","\\ud800",""]]',
    '[["v1","ConfigMap","configmaps",true,"a/../b","x",""]]',
    '[["v1","ConfigMap","configmaps",true,"","","(((in (,"]]',
    '[["v1","ConfigMap","configmaps",true,"","","a\\nb"]]',
    '[["v1/v2/v3","ConfigMap","configmaps",true,"","x","",[]]]',
]


def sendable(resource: Resource) -> bool:
    parts = (resource.api_version, resource.kind, resource.plural)
    return all(part.isascii() and part.isprintable() and ".." not in part and not set("?#% ") & set(part) for part in parts)


@pytest.mark.parametrize("text", TEXTS, ids=[repr(text[:40]) for text in TEXTS])
def test_every_record_can_be_read_whatever_it_says(text: str) -> None:
    """None raises, and what is read can be asked for."""
    notes = dict.fromkeys((REFERENCES, CONVERGENCE, WAITS_FOR, APPLYSET_GROUP_KINDS, APPLYSET_NAMESPACES, ACTIVE_REVISION), text)
    keys = (INSTANCE_ID, INSTANCE_GROUP, INSTANCE_VERSION, INSTANCE_KIND, INSTANCE_NAMESPACE, INSTANCE_NAME, APPLYSET_PART_OF, APPLYSET_ID)
    metadata = {"name": "one", "uid": "u", "resourceVersion": "1", "annotations": notes, "labels": dict.fromkeys(keys, text)}
    whole = {"apiVersion": "g/v1", "kind": "K", "metadata": metadata}
    mark = read_mark(whole)
    assert isinstance(mark, Mark)
    assert all(sendable(place.resource) and place.namespace.isascii() for place in mark.places)
    assert isinstance(recorded_waits(whole), Waits)
    assert all(sendable(item.resource) and item.name.isascii() for item in recorded_references(whole))
    assert inventory_fault(whole) is not None
    recorded_inventory(whole)
    labelled_parent(whole)
    books = (References(), owners := Owners(lambda _group, _kind: None))
    for book in books:
        book.record(CONFIG_MAP, metadata, gone=False)
    change = Change("updated", CONFIG_MAP, {**metadata, "uid": "v"}, metadata)
    owners.of(change)
    list(books[0].matching(change))  # type: ignore[attr-defined]
    for book in books:
        book.record(CONFIG_MAP, metadata, gone=True)


class Nothing:
    """An API that has the given CRDs, their definitions, and no other objects."""

    def __init__(self, *crds: dict[str, Any]) -> None:
        self.crds = list(crds)

    async def send(self, request: Request) -> Answer:
        items: list[dict[str, Any]] = []
        if request.path.endswith("/customresourcedefinitions"):
            items = self.crds
        elif request.path.endswith("/resourcegraphdefinitions"):
            names = [item["metadata"]["labels"][RGD_NAME] for item in self.crds]
            items = [{"metadata": {"name": name, "uid": f"rgd-{name}", "resourceVersion": "2"}} for name in names]
        return Answer(200, {"metadata": {"resourceVersion": "5"}, "items": items})

    async def stream(self, _request: Request) -> Any:
        await asyncio.Event().wait()
        yield {}

    async def close(self) -> None:
        return


def crd(plural: str) -> dict[str, Any]:
    labels, notes = {RGD_NAME: plural, RGD_ID: f"rgd-{plural}"}, {ACTIVE_REVISION: "1"}
    return {
        "metadata": {"name": f"{plural}.kro.run", "uid": f"uid-{plural}", "resourceVersion": "3", "labels": labels, "annotations": notes}
    }


def kind(plural: str) -> Resource:
    return Resource("kro.run/v1alpha1", plural.title(), plural, namespaced=True)


@pytest.mark.parametrize("broken", ["raises", "cannot be read", "cannot be read whole"])
def test_a_revision_that_cannot_be_read_keeps_no_other_kind_from_being_followed(broken: str) -> None:
    """It is asked for again; and where its kind of instances is known, these are followed meanwhile."""
    failed: list[str] = []
    asked: list[str] = []

    async def kinds(name: str, definition: str, _uid: str, _revision: int) -> Kinds | None:
        asked.append(definition)
        whole = Kinds(kind(definition), frozenset({CONFIG_MAP}), frozenset({SECRET}))
        if definition != "bads" or asked.count("bads") > 3:
            return whole
        if broken == "raises":
            raise RecursionError
        return Kinds(whole.instance, frozenset(), frozenset(), whole=False) if broken.endswith("whole") else None

    async def scene() -> None:
        def skip(*_args: object) -> None:
            return

        hooks = Hooks(kinds, skip, skip, skip, skip, skip, skip, lambda what, _: failed.append(what), lambda: 0.0, at_once)
        following = WatchSet(Nothing(crd("bads"), crd("goods")), hooks, retry_delay=0.0)
        following.begin()
        await following.synced()
        following.stale()
        keeping = asyncio.create_task(forever(following.keep, lambda error: pytest.fail(str(error)), at_once))
        while asked.count("bads") < 2:
            await asyncio.sleep(0)
        assert following.serving("kro.run", "Goods")
        assert bool(following.serving("kro.run", "Bads")) == broken.endswith("whole")
        while len(following) < 3 + 4:
            await asyncio.sleep(0)
        assert asked.count("goods") == 1
        for task in (keeping, *following.tasks):
            task.cancel()

    run(scene())
    assert failed == ["revision"] * (3 if broken == "raises" else 0)


def test_the_keeping_of_the_watch_set_takes_up_again_what_it_failed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    refresh, faults = WatchSet._refresh, [RecursionError(), KeyError("uid")]

    async def broken(self: WatchSet) -> bool:
        if faults:
            raise faults.pop()
        return await refresh(self)

    monkeypatch.setattr(WatchSet, "_refresh", broken)
    failed: list[Exception] = []

    async def kinds(_name: str, definition: str, _uid: str, _revision: int) -> Kinds | None:
        return Kinds(kind(definition), frozenset(), frozenset())

    async def scene() -> None:
        def skip(*_args: object) -> None:
            return

        hooks = Hooks(kinds, skip, skip, skip, skip, skip, skip, skip, lambda: 0.0, at_once)
        following = WatchSet(Nothing(crd("goods")), hooks, retry_delay=0.0)
        following.begin()
        await following.synced()
        following.stale()
        keeping = asyncio.create_task(forever(following.keep, failed.append, at_once))
        while not following.serving("kro.run", "Goods"):
            await asyncio.sleep(0)
        for task in (keeping, *following.tasks):
            task.cancel()

    run(scene())
    assert len(failed) == 2


def test_a_bridge_that_cannot_start_ends_its_process() -> None:
    ended: list[bool] = []
    lines: list[str] = []

    async def scene() -> None:
        inlet = Inlet(Settings(ready_file="/proc/none/ready"), Nothing(), HttpPost("test"), Telemetry("bridge", lines.append))
        app = application(inlet, lambda: ended.append(True))
        async with app.router.lifespan_context(app):
            while not ended:
                await asyncio.sleep(0)
            status, _, _ = await call(app, "GET", "/readyz", {}, b"")
            assert status == 204

    run(scene())
    assert any("start failed" in line for line in lines)


@pytest.mark.parametrize("fault", FAULTS, ids=FAULT_NAMES)
def test_a_run_that_dies_lets_go_of_its_object(fault: Callable[[], Coroutine[Any, Any, None]]) -> None:
    told: list[str] = []

    async def work(target: Reference, _events: tuple[Event, ...]) -> Report:
        if target.name == "bad" and len(told) < 2:
            await fault()
        return Report("converged")

    async def scene() -> None:
        runs = Runs(work, clock=lambda: 0.0, jitter=lambda: 0.0, on_error=lambda target, _: told.append(target.name))
        answers = [(await runs.deliver(event(name))).acknowledged for name in ("bad", "other", "bad", "bad")]
        assert answers == [False, True, False, True]

    run(scene())
    assert told == ["bad", "bad"]


@pytest.mark.parametrize(("where", "what"), [(Bridge, "_resync"), (Bridge, "_hold"), (WatchSet, "keep"), (Follower, "follow")])
def test_each_task_of_the_bridge_is_begun_again_and_its_fault_told(where: type, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = 0
    lines: list[str] = []
    right = getattr(where, what)

    async def faulty(self: Any) -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RecursionError
        await right(self)

    monkeypatch.setattr(where, what, faulty)

    async def nowhere(_event: Event) -> Sent:
        return Sent(204)

    async def kinds(_name: str, definition: str, _uid: str, _revision: int) -> Kinds | None:
        return Kinds(kind(definition), frozenset(), frozenset())

    async def scene() -> None:
        outside = Outside(nowhere, kinds, lambda: 0.0, lambda: 0.0, lambda: "0" * 32, lines.append, at_once)
        bridge = Bridge(Nothing(crd("goods")), outside, resync_period=0.0, retry_delay=0.0)
        await bridge.start()
        while begun < 3 or not bridge._set.serving("kro.run", "Goods"):
            await asyncio.sleep(0)
        assert bridge.queue.counts["bridge_errors"] == 2
        await bridge.stop()

    run(scene())
    assert sum("unexpected RecursionError" in line for line in lines) == 2


def test_a_look_at_a_crd_and_a_watch_by_name_are_begun_again() -> None:
    faults = [RecursionError(), KeyError("uid"), RecursionError(), KeyError("uid")]
    failed: list[str] = []
    found: list[str] = []
    woken: list[str] = []

    class Faulty(Nothing):
        async def send(self, request: Request) -> Answer:
            if faults:
                raise faults.pop()
            if request.path.endswith("/goods.kro.run"):
                return Answer(200, {**crd("goods"), "spec": {"group": "kro.run", "names": {"kind": "Good"}}})
            return await super().send(request)

    async def scene() -> None:
        looks = Looks(
            Faulty(), lambda seen, _: found.append(seen.name), lambda _: None, lambda what, _: failed.append(what), at_once, at_once
        )
        looks.look("goods.kro.run")
        while not found:
            await asyncio.sleep(0)
        faults.extend([RecursionError(), KeyError("uid")])
        hooks = NamedHooks(
            lambda _, metadata: woken.append(metadata["name"]),
            lambda _: False,
            lambda *_: None,
            lambda what, _: failed.append(what),
            lambda: 0.0,
            at_once,
        )
        named = Named(Faulty(), hooks)
        labels, notes = record([Awaited(CONFIG_MAP, "default", "x", awaited=True)])
        named.record(kind("goods"), {"name": "one", "uid": "u", "labels": labels, "annotations": notes}, gone=False)
        while not woken:
            await asyncio.sleep(0)
        for task in named.tasks:
            task.cancel()
        await looks.close()

    run(scene())
    assert failed == ["look at a CRD"] * 4 + ["watch of configmaps x"] * 2
