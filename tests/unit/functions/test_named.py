"""Objects that are waited for by name: who is woken by what, and how many are watched at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from functions.bridge.named import MOST, Hooks, Named
from functions.platform.cluster import Answer, Request
from graphcore.converge.references import Reference, record
from tests.support.graphs import APP, CLUSTER_APP, CONFIG_MAP, SECRET, SERVICE


class Objects:
    """An API of single objects. watches: the names that are being watched, each with what it is to be told."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.watches: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.requests: list[Request] = []
        self.told = 0

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        items = [{"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": "1"}}] if name in self.there else []
        return Answer(200, {"metadata": {"resourceVersion": "5"}, "items": items})

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        queue = self.watches[name] = asyncio.Queue()
        try:
            while True:
                yield await queue.get()
        finally:
            self.watches.pop(name, None)

    def tell(self, kind: str, name: str, **metadata: Any) -> None:
        self.told += 1
        version = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(9 + self.told)}
        self.watches[name].put_nowait({"type": kind, "object": {"metadata": {**version, **metadata}}})

    async def close(self) -> None:
        return None


def instance(name: str, *references: Reference) -> dict[str, Any]:
    labels, annotations = record(references)
    return {"name": name, "namespace": "default", "uid": f"uid-{name}", "labels": labels, "annotations": annotations}


def awaited(name: str, resource: Any = CONFIG_MAP) -> Reference:
    return Reference(resource, "default", name, awaited=True)


def play(scene: Callable[[Objects, Named, list[str]], Awaitable[None]], *there: str) -> None:
    async def run() -> None:
        objects, woken = Objects(*there), list[str]()
        hooks = Hooks(
            lambda _, metadata: woken.append(metadata["name"]),
            lambda resource: resource == SERVICE,
            lambda *_: None,
            lambda what, error: pytest.fail(f"{what}: {error}"),
            lambda: 0.5,
        )
        named = Named(objects, hooks)  # type: ignore[arg-type]
        try:
            await scene(objects, named, woken)
        finally:
            for task in named.tasks:
                task.cancel()

    asyncio.run(run())


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


def test_everybody_who_waits_for_an_object_is_woken_by_its_change_and_by_its_end() -> None:
    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        for name in ("first", "second"):
            named.record(APP, instance(name, awaited("held")), gone=False)
        await settle()
        assert len(named) == 1
        woken.clear()
        objects.tell("MODIFIED", "held", labels={"owner": "another"})
        await settle()
        assert woken == ["first", "second"]
        objects.tell("DELETED", "held")
        await settle()
        assert woken == ["first", "second"] * 2
        named.record(APP, instance("first"), gone=False)
        assert len(named) == 1
        named.record(APP, instance("second", awaited("held")), gone=True)
        assert len(named) == 0

    play(scene, "held")


def test_an_object_that_has_gone_before_the_watch_began_wakes_at_once() -> None:
    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        named.record(APP, instance("first", awaited("gone")), gone=False)
        await settle()
        assert woken == ["first"]
        objects.tell("ADDED", "gone")
        await settle()
        assert woken == ["first", "first"]

    play(scene)


@pytest.mark.parametrize(
    ("metadata", "news"),
    [
        ({"labels": {"a": "b"}}, True),
        ({"annotations": {"take": "it"}}, True),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, True),
        ({"finalizers": ["a"]}, True),
        ({"ownerReferences": [{"uid": "u"}]}, True),
        ({"generation": 7}, False),
        ({}, False),
        ({"managedFields": [{"manager": "m"}]}, False),
    ],
    ids=lambda value: next(iter(value), "status") if isinstance(value, dict) else "",
)
def test_what_only_numbers_the_states_of_an_object_wakes_nobody(metadata: dict[str, Any], news: bool) -> None:
    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        named.record(APP, instance("first", awaited("held")), gone=False)
        await settle()
        woken.clear()
        objects.tell("MODIFIED", "held", **metadata)
        await settle()
        assert woken == ["first"] * news

    play(scene, "held")


def test_an_instance_looks_once_after_its_record_and_the_watch_are_both_there() -> None:
    """What it read before may have changed since."""

    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        first = instance("first", awaited("held"))
        named.record(APP, first, gone=False)
        assert woken == []
        await settle()
        assert woken == ["first"]
        named.record(APP, instance("second", awaited("held")), gone=False)
        assert woken == ["first", "second"]
        for _ in range(3):
            named.record(APP, first, gone=False)
        await settle()
        assert woken == ["first", "second"]
        named.record(APP, instance("first"), gone=False)
        named.record(APP, first, gone=False)
        assert woken == ["first", "second", "first"], "a new wait"

    play(scene, "held")


def test_only_what_is_awaited_and_not_followed_anyway_is_watched_by_name() -> None:
    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        ordinary = Reference(CONFIG_MAP, "default", "referred")
        many = Reference(CONFIG_MAP, "default", "", "app=web", awaited=True)
        named.record(APP, instance("first", ordinary, many, awaited("whole", SERVICE), awaited("one", SECRET)), gone=False)
        await settle()
        assert [request.path for request in objects.requests] == ["/api/v1/namespaces/default/secrets"]

    play(scene, "one")


def test_no_more_than_the_most_are_watched_and_the_next_gets_the_room() -> None:
    names = [f"held-{number:03}" for number in range(MOST + 3)]

    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        for name in names:
            named.record(APP, instance(name, awaited(name)), gone=False)
        await settle()
        assert len(named) == len(objects.watches) == MOST
        assert woken == names[:MOST]
        woken.clear()
        named.record(APP, instance(names[0]), gone=False)
        await settle()
        assert len(named) == MOST
        assert names[MOST] in objects.watches
        assert names[0] not in objects.watches
        objects.tell("DELETED", names[MOST])
        await settle()
        assert woken == [names[MOST]] * 2

    play(scene, *names)


def test_a_kind_of_instances_that_is_no_longer_followed_waits_for_nothing() -> None:
    async def scene(objects: Objects, named: Named, woken: list[str]) -> None:
        named.record(APP, instance("first", awaited("a")), gone=False)
        named.record(CLUSTER_APP, instance("second", awaited("b")), gone=False)
        await settle()
        named.forget(APP)
        await settle()
        assert set(objects.watches) == {"b"}

    play(scene, "a", "b")
