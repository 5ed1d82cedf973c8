"""Children whose labels others change or take away: their instance hears of them all the same, without resync and without repeats."""

from __future__ import annotations

from typing import Any

import pytest

from functions.platform.cluster import Request
from functions.platform.paths import collection
from graphcore.converge.references import recorded
from graphcore.names import (
    APPLYSET_PART_OF,
    INSTANCE_GROUP,
    INSTANCE_ID,
    INSTANCE_KIND,
    INSTANCE_NAME,
    INSTANCE_NAMESPACE,
    INSTANCE_VERSION,
    OWNED,
)
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, delete, patch, play, read, ready, resource_of
from tests.emulator.test_bridge_in_process import CONFIG, INSTANCE, THING, restart

ROUTING = (INSTANCE_GROUP, INSTANCE_VERSION, INSTANCE_KIND, INSTANCE_NAMESPACE, INSTANCE_NAME, INSTANCE_ID)
QUIET: dict[str, Any] = {"instance_requeue_interval": 0.0, "rgd_progress_requeue_delay": 0.0}
"""Without repeats: only an event can have done it."""
NEIGHBOUR: Object = {**INSTANCE, "metadata": {"name": "neighbour", "namespace": "default"}}
HOLD = {"metadata": {"finalizers": ["example.com/hold"]}}


def relabelled(values: dict[str, str | None]) -> Object:
    return {"metadata": {"labels": values}}


async def started(host: Host) -> Any:
    client = host.client()
    for item in (THING, INSTANCE, NEIGHBOUR):
        await apply(client, item)
        await host.quiet()
    assert ready(await read(client, INSTANCE))
    return client


CHANGES: dict[str, dict[str, str | None]] = {
    **{f"{key.partition('/')[2]} changed": {key: "forged"} for key in ROUTING},
    **{f"{key.partition('/')[2]} lost": {key: None} for key in ROUTING},
    "all changed": dict.fromkeys(ROUTING, "forged"),
    "all lost": dict.fromkeys(ROUTING, None),
    "all but the mark": {**dict.fromkeys(ROUTING, None), APPLYSET_PART_OF: None},
    "everything": {**dict.fromkeys(ROUTING, None), APPLYSET_PART_OF: None, OWNED: None},
    "the neighbour's name": {INSTANCE_NAME: "neighbour"},
}


@pytest.mark.parametrize("values", CHANGES.values(), ids=CHANGES.keys())
def test_labels_of_a_child_come_back_and_its_deletion_is_noticed(values: dict[str, str | None]) -> None:
    async def scene(host: Host) -> None:
        client = await started(host)
        before = (await read(client, CONFIG) or {})["metadata"]
        neighbour = await read(client, {**CONFIG, "metadata": NEIGHBOUR["metadata"]})
        await patch(client, CONFIG, relabelled(values))
        await host.quiet()
        after = (await read(client, CONFIG) or {})["metadata"]
        assert (after["uid"], after["labels"]) == (before["uid"], before["labels"])
        await patch(client, CONFIG, relabelled(values))
        await delete(client, CONFIG)
        await host.quiet()
        again = (await read(client, CONFIG) or {})["metadata"]
        assert again["uid"] != before["uid"]
        assert again["labels"] == before["labels"]
        assert await read(client, {**CONFIG, "metadata": NEIGHBOUR["metadata"]}) == neighbour

    play(scene, **QUIET)


FOUND = {name: values for name, values in CHANGES.items() if APPLYSET_PART_OF not in values}
"""Of these the ApplySet label is left, by which a deletion finds its children."""
WAITED_FOR: dict[str, list[dict[str, str | None]]] = {
    **{name: [values] for name, values in FOUND.items()},
    "one after the other": [{key: None} for key in ROUTING],
    "owned lost": [{OWNED: None}],
    "owned changed": [{OWNED: "no"}],
    "owned and all that route": [dict.fromkeys((*ROUTING, OWNED), None)],
    "first what routes, then owned": [dict.fromkeys(ROUTING, None), {OWNED: None}],
}


@pytest.mark.parametrize("restarted", [False, True], ids=["", "bridge restarted"])
@pytest.mark.parametrize("changes", WAITED_FOR.values(), ids=WAITED_FOR.keys())
def test_a_deletion_waits_for_a_child_whatever_its_labels_say(changes: list[dict[str, str | None]], restarted: bool) -> None:
    async def scene(host: Host) -> None:
        client = await started(host)
        await patch(client, CONFIG, HOLD)
        await host.quiet()
        await delete(client, INSTANCE)
        await host.quiet()
        for values in changes:
            await patch(client, CONFIG, relabelled(values))
            await host.quiet()
        if restarted:
            await restart(host)
            await host.quiet()
        assert await read(client, INSTANCE) is not None
        await patch(client, CONFIG, {"metadata": {"finalizers": None}})
        await host.quiet()
        assert await read(client, INSTANCE) is None
        assert await read(client, CONFIG) is None
        assert ready(await read(client, NEIGHBOUR))
        # Whoever waits no longer follows nothing.
        assert host.inlet is not None
        assert host.inlet.bridge.named == 0

    play(scene, **QUIET)


def test_a_child_that_is_to_be_made_anew_and_one_that_is_pruned_are_followed_by_name() -> None:
    """Both are going, held by a finalizer, and have lost the label by which their kind is followed."""
    pruned = {"id": "extra", "includeWhen": ["${schema.spec.text == 'hello'}"], "template": {**THING["spec"]["resources"][0]["template"]}}
    pruned["template"] = {**pruned["template"], "metadata": {"name": "${schema.metadata.name}-extra"}}
    both = {**THING, "spec": {**THING["spec"], "resources": [*THING["spec"]["resources"], pruned]}}
    extra = {**CONFIG, "metadata": {"name": "one-extra", "namespace": "default"}}

    async def scene(host: Host) -> None:
        client = host.client()
        for item in (both, INSTANCE):
            await apply(client, item)
            await host.quiet()
        for child in (CONFIG, extra):
            await patch(client, child, HOLD)
        await delete(client, CONFIG)
        await apply(client, {**INSTANCE, "spec": {"text": "other"}})
        await host.quiet()
        for child in (CONFIG, extra):
            await patch(client, child, relabelled({OWNED: None}))
        await host.quiet()
        instance = await read(client, INSTANCE) or {}
        assert [item.name for item in recorded(instance)] == ["one"]
        before = (await read(client, CONFIG) or {})["metadata"]["uid"]
        await patch(client, CONFIG, {"metadata": {"finalizers": None}})
        await host.quiet()
        assert (await read(client, CONFIG) or {})["metadata"]["uid"] != before
        await delete(client, extra)
        await host.quiet()
        assert [item.name for item in recorded(await read(client, INSTANCE) or {})] == ["one-extra"]
        assert not ready(await read(client, INSTANCE))
        await patch(client, extra, {"metadata": {"finalizers": None}})
        await host.quiet()
        assert ready(await read(client, INSTANCE))
        assert recorded(await read(client, INSTANCE) or {}) == ()
        assert await read(client, extra) is None

    play(scene, **QUIET)


def test_what_is_waited_for_by_name_is_watched_by_name_and_only_while_it_is_waited_for() -> None:
    async def scene(host: Host) -> None:
        client = await started(host)
        await patch(client, CONFIG, HOLD)
        await delete(client, INSTANCE)
        await host.quiet()
        bridge = host.clusters["bridge"].requests
        assert not [request for request in bridge if "fieldSelector" in request.query]
        await patch(client, CONFIG, relabelled({OWNED: None}))
        await host.quiet()
        path = collection(resource_of(CONFIG), "default")
        asked = [request for request in bridge if "fieldSelector" in request.query]
        assert {(request.path, request.query["fieldSelector"]) for request in asked} == {(path, "metadata.name=one")}
        assert host.inlet is not None
        assert host.inlet.bridge.named == 1
        delivered = len(host.deliveries)
        for name in ("two", "three"):
            await apply(client, {**CONFIG, "metadata": {"name": name, "namespace": "default"}})
        await host.quiet()
        assert len(host.deliveries) == delivered
        await patch(client, CONFIG, {"metadata": {"finalizers": None}})
        await host.quiet()
        assert host.inlet.bridge.named == 0
        assert (await client.send(Request("GET", path))).ok

    play(scene, **QUIET)
