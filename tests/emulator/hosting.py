"""Small helpers for tests that run the whole product in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from functions.platform.cluster import APPLY_PATCH, MERGE_PATCH, Request
from functions.platform.paths import CRDS, DEFINITIONS, member
from functions.platform.settings import Settings
from graphcore.graph import Resource
from graphcore.names import READY
from graphcore.names.plural import pluralize
from local_emulator.hosting.host import Host, hosted
from local_emulator.hosting.inprocess import AsgiCluster
from local_emulator.protocol.server import Settings as ServerSettings
from local_emulator.protocol.server import create_app

Object = dict[str, Any]


def play(
    scene: Callable[[Host], Awaitable[None]],
    *,
    ready_after: float | None = None,
    within: float = 30.0,
    time: Mapping[str, Any] | None = None,
    **settings: Any,
) -> None:
    """Runs a scene in a world of its own, with the resync off so that requests can be counted. time: what everything waits by."""

    async def run() -> None:
        async with hosted(
            Settings(**{"resync_period": 0.0, **settings}),
            lambda: create_app(settings=ServerSettings(ready_after=ready_after)),
            **(time or {}),
        ) as host:
            await scene(host)

    asyncio.run(asyncio.wait_for(run(), within))


def resource_of(body: Mapping[str, Any]) -> Resource:
    """How a manifest's kind is addressed."""
    cluster_scoped = body["kind"] in (DEFINITIONS.kind, CRDS.kind)
    return Resource(body["apiVersion"], body["kind"], pluralize(body["kind"].lower()), namespaced=not cluster_scoped)


def path_of(body: Mapping[str, Any]) -> str:
    return member(resource_of(body), body["metadata"].get("namespace"), body["metadata"]["name"])


async def apply(client: AsgiCluster, body: Object) -> Object:
    answer = await client.send(Request("PATCH", path_of(body), {"fieldManager": "test", "force": "true"}, body, APPLY_PATCH))
    assert answer.ok, answer.message
    return answer.body


async def patch(client: AsgiCluster, body: Object, change: Object) -> Object:
    answer = await client.send(Request("PATCH", path_of(body), {"fieldManager": "test"}, change, MERGE_PATCH))
    assert answer.ok, answer.message
    return answer.body


async def read(client: AsgiCluster, body: Object) -> Object | None:
    answer = await client.send(Request("GET", path_of(body)))
    assert answer.status in (200, 404), answer.message
    return answer.body if answer.ok else None


async def delete(client: AsgiCluster, body: Object) -> None:
    answer = await client.send(Request("DELETE", path_of(body)))
    assert answer.ok, answer.message


def condition(body: Object | None, name: str = READY) -> Object:
    return next((item for item in ((body or {}).get("status") or {}).get("conditions") or () if item["type"] == name), {})


def ready(body: Object | None) -> bool:
    """Ready at the newest generation."""
    found = condition(body)
    return bool(body) and found.get("status") == "True" and found.get("observedGeneration") == body["metadata"]["generation"]  # type: ignore[index]
