"""The bridge against the API: nothing is missed, whatever starts, stops, breaks or is taken away in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from functions.platform.cluster import ClusterError, Request
from functions.platform.events import Event, Reference, Role
from functions.platform.graphs import Graphs
from functions.platform.paths import CRDS, REVISIONS, collection, member
from graphcore.converge.effects import Refused
from graphcore.names import EVENT_CONVERGE, FINALIZER
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, condition, delete, patch, play, read, ready

THING: Object = {
    "apiVersion": "kro.run/v1alpha1",
    "kind": "ResourceGraphDefinition",
    "metadata": {"name": "thing"},
    "spec": {
        "schema": {"apiVersion": "v1alpha1", "kind": "Thing", "spec": {"text": "string | default=hello"}},
        "resources": [
            {
                "id": "config",
                "template": {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "${schema.metadata.name}"},
                    "data": {"text": "${schema.spec.text}"},
                },
            }
        ],
    },
}
INSTANCE: Object = {"apiVersion": "kro.run/v1alpha1", "kind": "Thing", "metadata": {"name": "one", "namespace": "default"}, "spec": {}}
CONFIG: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "default"}}

BUCKETS: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "buckets.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"kind": "Bucket", "plural": "buckets"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}


async def restart(host: Host) -> None:
    """Another bridge process, which knows nothing."""
    await host.stop_bridge()
    await host.start_bridge()


@pytest.mark.feature(90)
def test_what_changed_while_no_bridge_ran_is_found_at_its_start() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        await host.stop_bridge()
        await delete(client, CONFIG)
        await apply(client, {**INSTANCE, "metadata": {"name": "two", "namespace": "default"}})
        await apply(
            client,
            {**THING, "metadata": {"name": "late"}, "spec": {**THING["spec"], "schema": {**THING["spec"]["schema"], "kind": "Late"}}},
        )
        await host.start_bridge()
        await host.quiet()
        for name in ("one", "two"):
            assert await read(client, {**CONFIG, "metadata": {**CONFIG["metadata"], "name": name}}) is not None
        assert ready(await read(client, {**THING, "metadata": {"name": "late"}}))

    play(scene)


def test_a_definition_that_waits_for_a_kind_is_woken_by_its_crd() -> None:
    template = {"apiVersion": "example.com/v1", "kind": "Bucket", "metadata": {"name": "${schema.metadata.name}"}}
    waiting = {**THING, "spec": {**THING["spec"], "resources": [{"id": "bucket", "template": template}]}}

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, waiting)
        await host.quiet()
        assert condition(await read(client, waiting), "GraphAccepted")["status"] == "False"
        await apply(client, BUCKETS)
        await host.quiet()
        assert ready(await read(client, waiting))

    # Without repeats: only the event can have woken it.
    play(scene, rgd_progress_requeue_delay=0.0)


def test_an_instance_can_be_deleted_after_its_definition_even_by_a_bridge_that_never_saw_that() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        await delete(client, THING)
        await host.quiet()
        assert await read(client, THING) is None
        assert (await client.send(Request("GET", collection(REVISIONS)))).body["items"] == []
        await restart(host)
        await host.quiet()
        # The child does not go at once: its end, a member's event, has to reach the instance.
        await patch(client, CONFIG, {"metadata": {"finalizers": ["example.com/hold"]}})
        await host.quiet()
        await delete(client, INSTANCE)
        await host.quiet()
        assert await read(client, INSTANCE) is not None
        await patch(client, CONFIG, {"metadata": {"finalizers": None}})
        await host.quiet()
        assert await read(client, INSTANCE) is None
        assert await read(client, CONFIG) is None

    play(scene)


@pytest.mark.feature(92)
def test_a_hand_that_takes_the_finalizer_away_is_noticed() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        await patch(client, INSTANCE, {"metadata": {"finalizers": None}})
        await host.quiet()
        instance = await read(client, INSTANCE)
        assert instance is not None
        assert instance["metadata"]["finalizers"] == [FINALIZER]

    play(scene)


def test_an_object_that_instances_refer_to_wakes_them_and_no_other_does() -> None:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}}
    copied = {"text": "${shared.data.text}"}
    resources = [{"id": "shared", "externalRef": reference}, {**THING["spec"]["resources"][0]}]
    resources[1] = {**resources[1], "template": {**resources[1]["template"], "data": copied}}
    referring = {**THING, "spec": {**THING["spec"], "resources": resources}}
    shared = {**CONFIG, "metadata": {"name": "shared", "namespace": "default"}, "data": {"text": "first"}}

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, referring)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        assert not ready(await read(client, INSTANCE))
        for text in ("first", "second"):
            await apply(client, {**shared, "data": {"text": text}})
            await host.quiet()
            config = await read(client, CONFIG)
            assert config is not None
            assert config["data"] == {"text": text}
        asked, delivered = len(host.clusters["instance"].requests), len(host.deliveries)
        await apply(client, {**shared, "metadata": {"name": "unrelated", "namespace": "default"}})
        await host.quiet()
        assert (len(host.clusters["instance"].requests), len(host.deliveries)) == (asked, delivered)

    play(scene, instance_requeue_interval=0.0)


def test_a_function_that_is_away_gets_its_events_when_it_is_back() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        host.lose("instance")
        await apply(client, INSTANCE)
        await asyncio.sleep(0.3)
        assert host.deliveries[-1].status == 0
        host.boot("instance")
        while not ready(await read(client, INSTANCE)):
            await asyncio.sleep(0.02)

    play(scene)


def test_resync_tells_every_instance_and_definition_again() -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        since = len(host.deliveries)
        host.clusters["instance"].requests.clear()
        await asyncio.sleep(0.5)
        told = {(item.event.type, item.event.role) for item in host.deliveries[since:]}
        assert told == {(EVENT_CONVERGE, Role.INSTANCE), (EVENT_CONVERGE, Role.DEFINITION)}
        assert {request.verb for request in host.clusters["instance"].requests} == {"GET"}

    play(scene, resync_period=0.2)


def test_fanout_serves_a_tick_and_a_stock_sources_external_event() -> None:
    reference = {"id": "shared", "externalRef": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}}}
    referring = {**THING, "spec": {**THING["spec"], "resources": [reference, *THING["spec"]["resources"]]}}

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, {**CONFIG, "metadata": {"name": "shared", "namespace": "default"}})
        await apply(client, referring)
        await host.quiet()
        for name in ("one", "two"):
            await apply(client, {**INSTANCE, "metadata": {"name": name, "namespace": "default"}})
        await host.quiet()
        nothing = Reference("", "", "", "")
        shared = Reference("v1", "ConfigMap", "default", "shared")
        events = [
            Event("tick", Role.RESYNC, nothing, "", {}, (), id="1"),
            Event("change", Role.EXTERNAL, shared, "s", {"name": "shared", "namespace": "default"}, (), plural="configmaps", id="2"),
            Event(
                "change",
                Role.EXTERNAL,
                Reference("v1", "ConfigMap", "default", "x"),
                "x",
                {"name": "x", "namespace": "default"},
                (),
                plural="configmaps",
                id="3",
            ),
        ]
        for event, expected in zip(events, ({"thing", "one", "two"}, {"one", "two"}, set()), strict=True):
            since = len(host.deliveries)
            assert host.inlet is not None
            host.inlet.take(event, None)
            await host.quiet(0.1)
            told = [item.event for item in host.deliveries[since:] if item.event.type == EVENT_CONVERGE]
            assert {item.subject.name for item in told} == expected

    play(scene)


def test_two_generated_kinds_are_followed_apart() -> None:
    other = {**THING, "metadata": {"name": "other"}, "spec": {**THING["spec"], "schema": {**THING["spec"]["schema"], "kind": "Other"}}}

    async def scene(host: Host) -> None:
        client = host.client()
        for item in (THING, other):
            await apply(client, item)
        await host.quiet()
        await apply(client, {**INSTANCE, "kind": "Other", "metadata": {"name": "two", "namespace": "default"}})
        await apply(client, INSTANCE)
        await host.quiet()
        assert {item.event.target.kind for item in host.deliveries if item.event.role is Role.MEMBER} == {"Thing", "Other"}
        crd = await client.send(Request("GET", member(CRDS, None, "things.kro.run")))
        assert crd.ok

    play(scene)


@pytest.mark.feature(109)
def test_a_kind_that_becomes_free_goes_to_the_definition_that_waits_for_it() -> None:
    second = {**THING, "metadata": {"name": "second"}}

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, second)
        await host.quiet()
        assert condition(await read(client, second), "KindReady")["status"] == "False"
        await delete(client, THING)
        await host.quiet()
        assert ready(await read(client, second))

    # Without repeats: only the event can have woken it.
    play(scene, rgd_progress_requeue_delay=0.0)


PART: Object = {**THING, "metadata": {"name": "part"}, "spec": {"schema": {"apiVersion": "v1alpha1", "kind": "Part"}, "resources": []}}


def maker(member: Object, **node: object) -> Object:
    """A definition whose instances make a definition or a CRD."""
    schema = {"apiVersion": "v1alpha1", "kind": "Maker"}
    return {**THING, "metadata": {"name": "maker"}, "spec": {"schema": schema, "resources": [{"id": "made", "template": member, **node}]}}


MADE: Object = {**INSTANCE, "kind": "Maker"}


@pytest.mark.feature(56, 57)
@pytest.mark.parametrize(
    ("child", "node"),
    [(BUCKETS, {}), (PART, {"readyWhen": ["${made.status.state == 'Active'}"]})],
    ids=["CustomResourceDefinition", "ResourceGraphDefinition"],
)
def test_definitions_and_crds_are_followed_as_members_too(child: Object, node: Object) -> None:
    """Their status, their edits and their end reach the instance; what is nobody's member is followed as before."""

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, maker(child, **node))
        await host.quiet()
        await apply(client, MADE)
        await host.quiet()
        assert ready(await read(client, MADE))
        before = await read(client, child)
        assert before is not None

        await delete(client, child)
        await host.quiet()
        after = await read(client, child)
        assert after is not None
        assert after["metadata"]["uid"] != before["metadata"]["uid"]

        await apply(client, THING)
        await host.quiet()
        assert ready(await read(client, THING))

        await delete(client, MADE)
        await host.quiet()
        assert await read(client, child) is None
        assert await read(client, MADE) is None

    # Without repeats: only events can have done it.
    play(scene, rgd_progress_requeue_delay=0.0, instance_requeue_interval=0.0)


@pytest.mark.feature(82)
def test_a_crd_that_an_instance_refers_to_is_followed() -> None:
    reference = {"apiVersion": BUCKETS["apiVersion"], "kind": BUCKETS["kind"], "metadata": BUCKETS["metadata"]}
    watching = {
        **THING,
        "spec": {
            "schema": {**THING["spec"]["schema"], "status": {"kind": "${crd.spec.names.kind}"}},
            "resources": [{"id": "crd", "externalRef": reference}],
        },
    }

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, watching)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        assert condition(await read(client, INSTANCE))["status"] == "False"
        await apply(client, BUCKETS)
        await host.quiet()
        found = await read(client, INSTANCE)
        assert ready(found)
        assert found is not None
        assert found["status"]["kind"] == "Bucket"

    play(scene, rgd_progress_requeue_delay=0.0, instance_requeue_interval=0.0)


def test_an_event_says_as_of_when_it_knows_who_serves_the_kind() -> None:
    """So that of two senders the one who knew better is believed, whatever comes last."""

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        changed = {**THING, "spec": {**THING["spec"], "resources": [{**THING["spec"]["resources"][0], "readyWhen": ["${true}"]}]}}
        await apply(client, changed)
        await host.quiet()
        await patch(client, CONFIG, {"data": {"text": "by hand"}})
        await host.quiet()
        told = [item.event for item in host.deliveries if item.event.role in (Role.INSTANCE, Role.MEMBER) and item.event.revision]
        named: dict[int, set[int]] = {}
        for event in told:
            named.setdefault(event.revision or 0, set()).add(int(event.asof))
        assert set(named) == {1, 2}
        assert max(named[1]) < min(named[2])

    play(scene)


@pytest.mark.parametrize(
    ("group", "kind", "asked"),
    [("kro.run", "Thing", 1), ("kro.run", "Other", 0), ("", "ConfigMap", 0)],
    ids=["served", "unknown", "a member"],
)
def test_an_instance_that_could_not_be_told_has_its_definition_ask_once_in_a_while(group: str, kind: str, asked: int) -> None:
    """However many instances of the kind meet the same refusal."""

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        assert host.inlet is not None
        before = len(host.deliveries)
        for _ in range(5):
            host.inlet.bridge.refused(group, kind)
            await host.quiet()
        told = [item.event for item in host.deliveries[before:]]
        assert [event.subject.name for event in told if event.refused] == ["thing"] * asked
        assert len(told) == asked

    play(scene)


@pytest.mark.parametrize(
    "answer",
    [Refused(422, "Invalid", "does not compile"), Refused(403, "Forbidden", "no"), ClusterError("away")],
    ids=["does not compile", "forbidden", "away"],
)
def test_instances_of_a_revision_that_the_bridge_cannot_read_are_told_and_can_be_deleted(
    answer: Refused | ClusterError, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says which one it is, once; when it can be read, its kinds are followed."""
    unreadable = False
    load = Graphs.load

    async def some(self: Graphs, definition: str, revision: int, definition_uid: str = "") -> Any:
        if not unreadable or not self._cluster._user_agent.startswith("krofn-bridge"):  # type: ignore[attr-defined]
            return await load(self, definition, revision, definition_uid)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Graphs, "load", some)

    async def scene(host: Host) -> None:
        nonlocal unreadable
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        for name in ("one", "two"):
            await apply(client, {**INSTANCE, "metadata": {"name": name, "namespace": "default"}})
        await host.quiet()
        unreadable = True
        await restart(host)
        await host.quiet()
        await patch(client, {**INSTANCE, "metadata": {"name": "two", "namespace": "default"}}, {"spec": {"text": "edited"}})
        await delete(client, INSTANCE)
        await host.quiet()
        assert await read(client, INSTANCE) is None
        assert await read(client, CONFIG) is None
        other = {**CONFIG, "metadata": {**CONFIG["metadata"], "name": "two"}}
        assert ((await read(client, other)) or {})["data"] == {"text": "edited"}
        told = [line for line in host.lines if '"event": "revision"' in line]
        assert len(told) == 1
        assert '"definition": "thing"' in told[0]
        assert host.inlet is not None
        assert host.inlet.bridge.queue.counts["revisions_unread"] > 0
        unreadable = False
        while host.inlet.bridge.watches < 5:
            await asyncio.sleep(0.05)

    play(scene, rgd_progress_requeue_delay=0.1)
