"""The API server gives bridge and functions nothing but errors for a while; what happened meanwhile is done within seconds afterwards."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from functions.bridge.outage import PROBE, SPREAD
from functions.platform.settings import Settings
from local_emulator.hosting.host import hosted
from local_emulator.hosting.inprocess import App
from local_emulator.protocol.server import create_app
from tests.emulator.hosting import Object, apply, delete, patch, read, ready
from tests.emulator.test_bridge_in_process import INSTANCE, THING
from tests.support.moments import Moments, turns

NAMES = [f"i{number}" for number in range(12)]


def instance(name: str) -> Object:
    return {**INSTANCE, "metadata": {"name": name, "namespace": "default"}}


def config(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


class Failing:
    """The emulator, which answers those of krofn with 500 while it is down; others have it all the time."""

    def __init__(self) -> None:
        self.app: App = create_app()
        self.down = False
        self.running: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        agent = next((value for name, value in scope.get("headers", ()) if name == b"user-agent"), b"")
        if not agent.startswith((b"krofn-bridge", b"krofn-instance", b"krofn-definition", b"krofn-fanout")):
            await self.app(scope, receive, send)
            return
        if self.down:
            body = json.dumps({"kind": "Status", "code": 500, "message": "etcdserver: no leader"}).encode()
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": body})
            return
        task = asyncio.ensure_future(self.app(scope, receive, send))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        await task

    def fail(self) -> None:
        self.down = True
        for task in list(self.running):
            task.cancel()


@pytest.mark.parametrize("lasting", [10.0, 400.0])
def test_what_happened_during_an_outage_is_done_within_seconds_after_it(lasting: float) -> None:
    moments = Moments()
    server = Failing()

    async def scene() -> None:
        settings = Settings(resync_period=0.0, instance_requeue_interval=3.0)
        async with hosted(settings, lambda: server, **{**moments.time, "jitter": lambda: 0.5}) as host:
            client = host.client()
            await apply(client, THING)
            await host.quiet()
            for name in NAMES:
                await apply(client, instance(name))
            await host.quiet()
            # What is done just before shows to the bridge, and fails in the functions; what is done during it shows to nobody.
            await patch(client, instance(NAMES[0]), {"spec": {"text": "early"}})
            await asyncio.sleep(0)
            server.fail()
            await moments.advance(lasting / 2, turns)
            for name in NAMES[1:6]:
                await patch(client, instance(name), {"spec": {"text": "edited"}})
            for name in NAMES[6:]:
                await delete(client, config(name))
            await moments.advance(lasting / 2, turns)
            server.down = False
            await moments.advance(1.25 * PROBE + SPREAD, turns)
            await host.quiet()
            await moments.advance(1.0, turns)
            await host.quiet()
            for name in NAMES:
                wanted = {NAMES[0]: "early"}.get(name, "edited" if name in NAMES[1:6] else "hello")
                assert ready(await read(client, instance(name))), name
                assert (await read(client, config(name)) or {})["data"] == {"text": wanted}, name

    asyncio.run(asyncio.wait_for(scene(), 60))
