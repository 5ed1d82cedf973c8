"""A namespace removed by its ``finalize`` subresource under instances: how often they are looked at, and what happens when it is back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from functions.platform.cluster import Request
from functions.platform.paths import member
from graphcore.graph.model import Resource
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, delete, patch, play, read, ready
from tests.emulator.test_bridge_in_process import INSTANCE, THING
from tests.support.moments import Moments

NAMESPACE = Resource("v1", "Namespace", "namespaces", namespaced=False)
NAMES = ["left", "here", "home"]


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def instance(name: str, place: str) -> Object:
    return {**INSTANCE, "metadata": {"name": name, "namespace": place}}


async def make(host: Host, name: str) -> None:
    answer = await host.client().send(Request("POST", "/api/v1/namespaces", body=namespace(name)))
    assert answer.ok, answer.message


async def remove(host: Host, name: str) -> None:
    client, path = host.client(), member(NAMESPACE, None, name)
    answer = await client.send(Request("PUT", f"{path}/finalize", body={**namespace(name), "spec": {"finalizers": []}}))
    assert answer.ok, answer.message
    for _ in range(100):
        if (await client.send(Request("GET", path))).status == 404:
            return
        await client.send(Request("DELETE", path))
        await asyncio.sleep(0.01)
    raise AssertionError(f"namespace {name} is still there")


def looks(host: Host, place: str) -> dict[str, int]:
    """Reads of each instance by the instance function."""
    found: dict[str, int] = {}
    for request in host.clusters["instance"].requests:
        head, _, name = request.path.rpartition("/")
        if request.verb == "GET" and head.endswith(f"/namespaces/{place}/things"):
            found[name] = found.get(name, 0) + 1
    return found


def asked(host: Host, place: str) -> int:
    """Requests of all that concern a namespace, watches left out."""
    every = [request for cluster in host.clusters.values() for request in cluster.requests]
    return sum(f"/namespaces/{place}/" in f"{request.path}/" for request in every if "watch" not in request.query)


async def edited(host: Host, place: str) -> None:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": place}}
    for name in NAMES:
        await delete(host.client(), {**config, "metadata": {"name": name, "namespace": place}})


async def going(host: Host, place: str) -> None:
    for name in NAMES:
        await delete(host.client(), instance(name, place))


@pytest.mark.parametrize("what", [edited, going], ids=["children deleted", "instances deleted"])
@pytest.mark.parametrize("place", ["place", "home"], ids=["", "of the name of an instance"])
def test_instances_in_a_namespace_that_is_gone_are_looked_at_once_in_five_minutes_and_finished_when_it_is_back(
    what: Any, place: str
) -> None:
    moments = Moments()

    async def scene(host: Host) -> None:
        client = host.client()
        await apply(client, THING)
        await host.quiet()
        await make(host, place)
        for name in NAMES:
            await apply(client, instance(name, place))
        await apply(client, instance("beside", "default"))
        await host.quiet()
        for name in NAMES:
            assert ready(await read(client, instance(name, place)))
        await remove(host, place)
        await what(host, place)
        await host.quiet()
        await moments.advance(60, host.quiet)
        before, requests = looks(host, place), asked(host, place)
        await moments.advance(600, host.quiet)
        after = looks(host, place)
        assert set(after) == set(NAMES)
        counted = {name: after[name] - before.get(name, 0) for name in NAMES}
        assert set(counted.values()) == {2}, counted
        # Each look: the instance, its ConfigMaps (by two labels where it goes), and the one write that is refused.
        assert asked(host, place) - requests <= 2 * (4 if what is going else 3) * len(NAMES)
        said = [line for line in map(json.loads, host.lines) if line["event"] == "namespace gone"]
        assert {(line["object"].rpartition("/")[2], line["namespace"]) for line in said} == {(name, place) for name in NAMES}
        exposed = (await asgi(host)).decode()
        assert 'krofn_runs_total{outcome="namespace_gone",function="instance"}' in exposed
        # The neighbour is served meanwhile.
        await patch(client, instance("beside", "default"), {"spec": {"text": "new"}})
        await host.quiet()
        assert ready(await read(client, instance("beside", "default")))
        await make(host, place)
        await moments.advance(300, host.quiet)
        for name in NAMES:
            found = await read(client, instance(name, place))
            assert (found is None) if what is going else ready(found)

    play(scene, time=moments.time, within=60)


async def asgi(host: Host) -> bytes:
    """The metrics of the instance function."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/metrics", "raw_path": b"/metrics", "query_string": b"", "headers": []}
    await host.apps["http://instance.local"]({**scope, "http_version": "1.1", "scheme": "http", "server": ("x", 80)}, receive, send)
    return b"".join(message.get("body", b"") for message in sent)
