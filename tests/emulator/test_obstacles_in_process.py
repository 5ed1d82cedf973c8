"""An object of somebody else in the way of a child: its end wakes the instance at once, without a watch of its whole kind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from functions.platform.cluster import Request
from graphcore.names import APPLYSET_PART_OF
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, condition, delete, patch, play, read, ready
from tests.emulator.test_bridge_in_process import INSTANCE, THING, restart
from tests.emulator.test_kinds_in_process import definition

QUIET: dict[str, Any] = {"instance_requeue_interval": 0.0, "rgd_progress_requeue_delay": 0.0}
FOREIGN: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "one", "namespace": "default", "labels": {APPLYSET_PART_OF: "applyset-of-somebody-else-v1"}},
}


def looks(host: Host) -> int:
    """Reads of the instance by its function."""
    return sum(
        request.verb == "GET" and request.path.endswith("/namespaces/default/things/one") for request in host.clusters["instance"].requests
    )


async def until_ready(host: Host, body: Object) -> None:
    for _ in range(100):
        if ready(await read(host.client(), body)):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(await read(host.client(), body))


async def ended(host: Host) -> None:
    await delete(host.client(), FOREIGN)


async def given_away(host: Host) -> None:
    await patch(host.client(), FOREIGN, {"metadata": {"labels": {APPLYSET_PART_OF: None}}})


async def made_again_as_ours(host: Host) -> None:
    await delete(host.client(), FOREIGN)
    await apply(host.client(), {**FOREIGN, "metadata": {"name": "one", "namespace": "default"}})


@pytest.mark.parametrize("end", [ended, given_away, made_again_as_ours], ids=lambda end: end.__name__.replace("_", " "))
@pytest.mark.parametrize("before", ["", "bridge restarted", "function lost"])
def test_the_end_of_a_foreign_object_wakes_its_instance_at_once(end: Any, before: str) -> None:
    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await apply(client, FOREIGN)
        await host.quiet()
        await apply(client, INSTANCE)
        await host.quiet()
        assert "belongs to a different ApplySet" in condition(await read(client, INSTANCE))["message"]
        assert host.inlet is not None
        assert host.inlet.bridge.named == 1
        if before == "bridge restarted":
            await restart(host)
            await host.quiet()
        elif before == "function lost":
            host.lose("instance")
            host.boot("instance")
        seen = looks(host)
        await patch(client, FOREIGN, {"data": {"a": "b"}})
        await host.quiet()
        assert looks(host) == seen, "what it contains matters to nobody"
        await patch(client, FOREIGN, {"metadata": {"annotations": {"example.com/take": "it"}}})
        await host.quiet()
        assert looks(host) > seen
        await end(host)
        await until_ready(host, INSTANCE)
        await host.quiet()
        assert host.inlet.bridge.named == 0
        whole = [
            request
            for request in host.clusters["bridge"].requests
            if request.path.endswith("/configmaps") and not request.query.keys() & {"labelSelector", "fieldSelector"}
        ]
        assert whole == []

    play(scene, **QUIET)


def test_the_child_of_another_instance_is_taken_over_when_that_instance_is_gone() -> None:
    shared = {
        "id": "config",
        "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"a": "b"}},
    }
    rgd = definition("Sharing", shared)
    first, second = ({**INSTANCE, "kind": "Sharing", "metadata": {"name": name, "namespace": "default"}} for name in ("first", "second"))

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, rgd)
        await host.quiet()
        await apply(client, first)
        await host.quiet()
        await apply(client, second)
        await host.quiet()
        assert not ready(await read(client, second))
        await delete(client, first)
        await until_ready(host, second)

    play(scene, **QUIET)


def test_many_instances_that_wait_for_one_object_share_a_watch_and_write_once_each() -> None:
    shared = {"id": "config", "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"a": "b"}}}
    rgd = definition("Crowd", shared)
    crowd = [{**INSTANCE, "kind": "Crowd", "metadata": {"name": f"c{number}", "namespace": "default"}} for number in range(5)]

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, rgd)
        await apply(client, FOREIGN)
        await host.quiet()
        for body in crowd:
            await apply(client, body)
        await host.quiet()
        assert host.inlet is not None
        assert host.inlet.bridge.named == 1
        versions = [(await read(client, body) or {})["metadata"]["resourceVersion"] for body in crowd]
        for number in range(3):
            await patch(client, FOREIGN, {"metadata": {"annotations": {"n": str(number)}}})
            await host.quiet()
        assert versions == [(await read(client, body) or {})["metadata"]["resourceVersion"] for body in crowd]
        await delete(client, FOREIGN)
        for _ in range(100):
            states = [ready(await read(client, body)) for body in crowd]
            if any(states):
                break
            await asyncio.sleep(0.02)
        await host.quiet()
        states = [ready(await read(client, body)) for body in crowd]
        # One of them has it now, and is what the others wait for.
        assert states.count(True) == 1
        owner = (await client.send(Request("GET", "/api/v1/namespaces/default/configmaps/one"))).body["metadata"]["labels"]
        assert owner["kro.run/instance-name"] == crowd[states.index(True)]["metadata"]["name"]

    play(scene, **QUIET)
