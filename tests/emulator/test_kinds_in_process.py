"""Which kinds the bridge follows, who hears of a kind that appears, and that nothing makes it deaf."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from functions.bridge.bridge import Bridge
from functions.bridge.definitions import Definitions
from functions.bridge.tasks import forever
from functions.platform.cluster import Request
from functions.platform.events import Role
from functions.platform.paths import CRDS, member
from graphcore.names import CONVERGENCE, FINALIZER, REFERENCES, WAITS_FOR
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, condition, delete, patch, play, read, ready
from tests.emulator.test_bridge_in_process import BUCKETS, CONFIG, INSTANCE, THING, restart

BASE = 3
"""Definitions, revisions and CRDs."""


def definition(kind: str, *resources: Object, group: str = "kro.run") -> Object:
    schema = {"apiVersion": "v1alpha1", "kind": kind, "group": group, "spec": {"text": "string | default=hello"}}
    return {**THING, "metadata": {"name": kind.lower()}, "spec": {"schema": schema, "resources": list(resources)}}


def using(api_version: str, kind: str) -> Object:
    return {"id": "used", "template": {"apiVersion": api_version, "kind": kind, "metadata": {"name": "${schema.metadata.name}"}}}


def crd(kind: str, group: str, plural: str = "") -> Object:
    plural = plural or f"{kind.lower()}s"
    return {
        **BUCKETS,
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {**BUCKETS["spec"], "group": group, "names": {"kind": kind, "plural": plural}},
    }


CONFIG_NODE: Object = {**THING["spec"]["resources"][0]}


@pytest.mark.parametrize(
    ("appearing", "waited"),
    [
        (crd("Kind7", "example.com"), ("example.com/v1", "Kind{}")),
        (crd("Kind7", "example.com", "kynd"), ("example.com/v1", "Kind{}")),
        (crd("Same", "g7.example.com"), ("g{}.example.com/v1", "Same")),
        (definition("Kind7", CONFIG_NODE), ("kro.run/v1alpha1", "Kind{}")),
    ],
    ids=["of one group", "irregular plural", "of many groups", "generated"],
)
def test_a_kind_that_appears_wakes_who_waits_for_it_and_nobody_else(appearing: Object, waited: tuple[str, str]) -> None:
    definitions = [definition(f"Waiting{n}", using(*(part.format(n) for part in waited)), group="waiting.io") for n in range(20)]

    async def scene(host: Host) -> None:
        client = host.client()
        for each in definitions:
            await apply(client, each)
        await host.quiet()
        told = len(host.deliveries)
        await apply(client, appearing)
        await host.quiet()
        assert ready(await read(client, definitions[7]))
        names = {sent.event.target.name for sent in host.deliveries[told:] if sent.event.role is not Role.ACTIVATION}
        assert names <= {"waiting7", "kind7"}
        assert condition(await read(client, definitions[8]), "GraphAccepted")["status"] == "False"

    play(scene, rgd_progress_requeue_delay=0.0)


def test_a_definition_hears_of_the_end_of_a_kind_that_it_uses_and_of_its_return() -> None:
    using_it, other = definition("Using", using("example.com/v1", "Bucket")), definition("Other", CONFIG_NODE)

    async def scene(host: Host) -> None:
        client = host.client()
        for each in (BUCKETS, using_it, other):
            await apply(client, each)
        await host.quiet()
        assert ready(await read(client, using_it))
        await delete(client, BUCKETS)
        await asyncio.sleep(2.2)
        await host.quiet()
        assert condition(await read(client, using_it), "GraphAccepted")["status"] == "False"
        assert ready(await read(client, other))
        await apply(client, BUCKETS)
        await host.quiet()
        assert ready(await read(client, using_it))

    play(scene, rgd_progress_requeue_delay=0.0)


CHAIN: list[Object] = [
    definition("Base", CONFIG_NODE),
    definition("Middle", using("kro.run/v1alpha1", "Base")),
    definition("Top", using("kro.run/v1alpha1", "Middle")),
]
LEVELS: list[Object] = [{**INSTANCE, "kind": each["spec"]["schema"]["kind"]} for each in CHAIN]


@pytest.mark.parametrize("what", ["in use", "going", "going, restarted"])
@pytest.mark.parametrize("level", [0, 1, 2], ids=["base", "middle", "top"])
def test_instances_of_a_chain_go_on_when_the_crd_of_one_of_its_kinds_was_deleted_and_is_made_again(level: int, what: str) -> None:
    """The bridge follows such a kind as a child's in between, and as a kind of instances again afterwards."""
    kind = f"{CHAIN[level]['metadata']['name']}s.kro.run"

    async def scene(host: Host) -> None:
        client = host.client()
        for each in CHAIN:
            await apply(client, each)
            await host.quiet()
        await apply(client, LEVELS[-1])
        await host.quiet()
        assert ready(await read(client, LEVELS[0]))
        if what != "in use":
            await delete(client, LEVELS[-1])
        assert (await client.send(Request("DELETE", member(CRDS, None, kind)))).ok
        if what == "going, restarted":
            await restart(host)
        await host.quiet()
        await asyncio.sleep(2.1)
        await host.quiet()
        assert [ready(await read(client, each)) for each in CHAIN] == [True] * len(CHAIN)
        there = [await read(client, each) is not None for each in (*LEVELS, CONFIG)]
        assert there == [what == "in use" and level != len(CHAIN) - 1] * len(there)
        if all(there):
            assert [ready(await read(client, each)) for each in LEVELS] == [True] * len(LEVELS)

    play(scene, rgd_progress_requeue_delay=0.0, instance_requeue_interval=0.0)


@pytest.mark.parametrize("first", ["definitions", "instances"])
@pytest.mark.parametrize("restarted", ["never", "between", "at the end"])
def test_kinds_whose_definition_and_instances_are_gone_are_let_go(first: str, restarted: str) -> None:
    kinds = [f"Thing{number}" for number in range(5)]
    definitions = [definition(kind, CONFIG_NODE, {**using("example.com/v1", "Bucket")}) for kind in kinds]
    instances = [{**INSTANCE, "kind": kind, "metadata": {"name": kind.lower(), "namespace": "default"}} for kind in kinds]

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, BUCKETS)
        for each in definitions:
            await apply(client, each)
        await host.quiet()
        for each in instances:
            await apply(client, each)
        await host.quiet()
        assert host.inlet is not None
        assert host.inlet.bridge.watches == BASE + len(kinds) + 2
        ends = [definitions, instances] if first == "definitions" else [instances, definitions]
        for each in ends[0]:
            await delete(client, each)
        await host.quiet()
        if restarted == "between":
            await restart(host)
            await host.quiet()
        for each in ends[1]:
            await delete(client, each)
        await host.quiet()
        if restarted == "at the end":
            await restart(host)
            await host.quiet()
        assert [await read(client, each) for each in instances] == [None] * len(kinds)
        assert host.inlet.bridge.watches == BASE
        assert (await client.send(Request("GET", member(CRDS, None, "thing0s.kro.run")))).ok, "the CRDs stay"
        # A definition that comes back is served as ever, and so are instances that were made in between.
        await apply(client, instances[0])
        await apply(client, definitions[0])
        await host.quiet()
        assert ready(await read(client, instances[0]))
        assert host.inlet.bridge.watches == BASE + 3

    play(scene)


def test_an_instance_made_by_hand_of_a_kind_that_was_let_go_is_found_at_the_next_resync() -> None:
    restored = {**INSTANCE, "metadata": {**INSTANCE["metadata"], "finalizers": [FINALIZER]}}

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await delete(client, THING)
        await host.quiet()
        await apply(client, restored)
        await delete(client, restored)
        while ((await read(client, restored)) or {}).get("status", {}).get("state") != "DELETING":
            await asyncio.sleep(0.05)

    play(scene, resync_period=0.5)


NESTED = "[" * 50_000


@pytest.mark.parametrize(
    "annotations",
    [
        {REFERENCES: NESTED},
        {CONVERGENCE: NESTED},
        {REFERENCES: json.dumps([[[]] * 7]), CONVERGENCE: '{"places": 5}'},
        {REFERENCES: "null", CONVERGENCE: '{"revision": "¹", "fence": {}}'},
    ],
    ids=["references", "convergence", "shapes", "values"],
)
def test_what_nobody_can_read_on_an_instance_keeps_nothing_from_its_neighbours(annotations: dict[str, str]) -> None:
    hostile = {**INSTANCE, "metadata": {"name": "hostile", "namespace": "default", "annotations": annotations}}

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, hostile)
        await apply(client, INSTANCE)
        await host.quiet()
        assert ready(await read(client, INSTANCE))
        await restart(host)
        await host.quiet()
        await delete(client, CONFIG)
        await host.quiet()
        assert await read(client, CONFIG) is not None

    play(scene)


def test_what_nobody_can_read_on_a_definition_keeps_nothing_from_its_neighbours() -> None:
    hostile = {**THING, "metadata": {"name": "hostile", "annotations": {WAITS_FOR: NESTED}}, "spec": {**THING["spec"]}}
    hostile["spec"] = {**THING["spec"], "schema": {**THING["spec"]["schema"], "kind": "Hostile"}}
    waiting = definition("Waiting", using("example.com/v1", "Bucket"))

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, hostile)
        await apply(client, waiting)
        await host.quiet()
        await apply(client, BUCKETS)
        await host.quiet()
        assert ready(await read(client, waiting))
        assert ready(await read(client, hostile))

    play(scene, rgd_progress_requeue_delay=0.0)


@pytest.mark.parametrize(
    ("of", "reader"),
    [
        (Definitions, "crd_changed"),
        (Definitions, "kind_changed"),
        (Definitions, "definition_changed"),
        (Bridge, "_instance_changed"),
        (Bridge, "_member_changed"),
    ],
)
def test_a_fault_of_one_reader_is_counted_and_keeps_nothing_from_the_others(of: type, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = getattr(of, reader)

    def broken(self: Any, change: Any) -> None:
        real(self, change)
        raise ZeroDivisionError

    monkeypatch.setattr(of, reader, broken)

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        await patch(client, CONFIG, {"data": {"text": "edited"}})
        await host.quiet()
        assert ((await read(client, CONFIG)) or {})["data"] == {"text": "hello"}
        assert host.inlet is not None
        assert host.inlet.bridge.queue.counts["bridge_errors"] > 0
        assert any("unexpected ZeroDivisionError" in line for line in host.lines)

    play(scene)


def test_work_that_fails_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.bridge.tasks.PAUSE", 0.0)
    errors: list[Exception] = []
    left = [RecursionError(), KeyError("x"), ValueError()]

    async def work() -> None:
        if left:
            raise left.pop()

    asyncio.run(asyncio.wait_for(forever(work, errors.append), 5))
    assert [type(error).__name__ for error in errors] == ["ValueError", "KeyError", "RecursionError"]
