"""Everything in one process and on no port: the emulator, the bridge and the functions, for tests.

The applications are the real ones; only what carries requests and events is :mod:`local_emulator.hosting.inprocess`. A function can be
lost and started again between two deliveries, which forgets all its caches, as a crash or scaling to zero would.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

from functions.bridge.main import Inlet
from functions.bridge.main import application as bridge_application
from functions.definition import main as definition
from functions.fanout import main as fanout
from functions.instance import main as instance
from functions.platform.delivery import Function, application
from functions.platform.platform import assemble
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from functions.platform.waiting import Clock, Sleep
from local_emulator.cli.install import ensure_crds
from local_emulator.hosting.inprocess import App, AsgiCluster, AsgiPost, Delivered
from local_emulator.protocol.server import create_app

MODULES: Mapping[str, ModuleType] = {"definition": definition, "instance": instance, "fanout": fanout}
BRIDGE_URL = "http://bridge.local"


@dataclass(slots=True)
class Host:
    """A running world. api: the emulator's application. deliveries: every event delivered. clusters: what each function asked, by name.

    clock, sleep, jitter: what bridge and functions wait by.
    """

    api: App
    settings: Settings
    deliveries: list[Delivered] = field(default_factory=list)
    clusters: dict[str, AsgiCluster] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    apps: dict[str, App] = field(default_factory=dict)
    inlet: Inlet | None = None
    clock: Clock = time.monotonic
    sleep: Sleep = asyncio.sleep
    jitter: Callable[[], float] = random.random

    async def quiet(self, still: float = 0.05) -> None:
        """Returns when nothing has been asked or delivered for ``still`` seconds and nothing is queued."""
        before: tuple[int, ...] = ()
        while True:
            depth = self.inlet.bridge.queue.depth if self.inlet else 0
            now = (depth, len(self.deliveries), *(len(cluster.requests) for cluster in self.clusters.values()))
            if depth == 0 and now == before:
                return
            before = now
            await asyncio.sleep(still)

    def client(self, user_agent: str = "test") -> AsgiCluster:
        """A client of the API of one's own."""
        return AsgiCluster(self.api, user_agent)

    def boot(self, name: str) -> None:
        """Starts a function anew, without anything it knew."""
        cluster = self.clusters.get(name) or AsgiCluster(self.api, f"krofn-{name}/test")
        self.clusters[name] = cluster
        post = AsgiPost(self.apps, f"krofn/{name}", self.deliveries)
        settings = replace(self.settings, bridge_url=BRIDGE_URL if name == "fanout" else "")
        platform = assemble(name, settings, cluster, post, Telemetry(name, self.lines.append))
        module = MODULES[name]
        function = Function(module.make, lambda: platform, clock=self.clock, jitter=self.jitter)

        async def target(request: object) -> object:
            return await function.handle(request)  # type: ignore[arg-type]

        target.__name__ = name
        self.apps[address(name)] = application(target, function)  # type: ignore[arg-type]

    async def start_bridge(self, sink: str = "") -> None:
        """A bridge that knows nothing. sink: address of a broker, instead of the functions directly."""
        addressed = replace(
            self.settings, definition_url=address("definition"), instance_url=address("instance"), fanout_url=address("fanout"), sink=sink
        )
        cluster = self.clusters.setdefault("bridge", AsgiCluster(self.api, "krofn-bridge/test"))
        post = AsgiPost(self.apps, "krofn/bridge", self.deliveries)
        telemetry = Telemetry("bridge", self.lines.append)
        self.inlet = Inlet(addressed, cluster, post, telemetry, clock=self.clock, sleep=self.sleep, jitter=self.jitter)
        self.apps[BRIDGE_URL] = bridge_application(self.inlet)
        await self.inlet.start()

    async def stop_bridge(self) -> None:
        """The bridge is gone, with all it knew."""
        if self.inlet is not None:
            del self.apps[BRIDGE_URL]
            await self.inlet.stop()
            self.inlet = None

    def lose(self, name: str) -> None:
        """The function is gone: deliveries to it get no answer until it is booted again."""
        del self.apps[address(name)]


def address(name: str) -> str:
    """Where a function is."""
    return f"http://{name}.local"


@contextlib.asynccontextmanager
async def hosted(settings: Settings | None = None, make_app: Callable[[], App] = create_app, **time: Any) -> AsyncIterator[Host]:
    """A world with the CRDs installed and everything started. time: clock, sleep and jitter of :class:`Host`."""
    host = Host(make_app(), settings or Settings(resync_period=0.0), **time)
    await ensure_crds(host.client("krofn-install"), install=True)
    for name in MODULES:
        host.boot(name)
    await host.start_bridge()
    try:
        yield host
    finally:
        await host.stop_bridge()
