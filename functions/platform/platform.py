"""What a function's process keeps between runs: settings, connections, caches. All of it may vanish at any moment."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from functions.platform.cluster import Cluster
from functions.platform.driver import Driver
from functions.platform.events import EVENT_CONVERGE, Event
from functions.platform.graphs import Graphs
from functions.platform.live import LiveCluster
from functions.platform.post import ANSWER_HEADER, HttpPost, Post
from functions.platform.schemas import ClusterSchemas
from functions.platform.settings import Settings, load, version
from functions.platform.sources import ClusterSources
from functions.platform.telemetry import Telemetry, now, stamp
from functions.platform.waiting import Clock, Sleep


@dataclass(frozen=True, slots=True)
class Platform:
    """Shared by all runs of one function in one process. now: the current time. clock: seconds, monotonic."""

    settings: Settings
    cluster: Cluster
    graphs: Graphs
    driver: Driver
    post: Post
    telemetry: Telemetry
    now: Callable[[], datetime]
    clock: Clock = time.monotonic

    async def remind(self, event: Event, delay: int | None, word: str) -> bool:
        """Tells the bridge, where there is an address for it, how a run ended: it is to deliver ``event`` again after ``delay`` seconds.

        Whether it will. A broker keeps no such promise. word: the answer to the delivery.
        """
        if not self.settings.bridge_url:
            return True
        # Nothing happened: whoever gets it again has seen what it stood for.
        reminder = replace(event, type=EVENT_CONVERGE, changes=(), failed="")
        headers = {ANSWER_HEADER: word} | ({} if delay is None else {"Retry-After": str(delay)})
        return (await self.post.send(self.settings.bridge_url, reminder, headers)).done

    async def close(self) -> None:
        await self.post.close()
        await self.cluster.close()


def assemble(
    name: str,
    settings: Settings,
    cluster: Cluster,
    post: Post,
    telemetry: Telemetry | None = None,
    *,
    now: Callable[[], datetime] = now,
    clock: Clock = time.monotonic,
    sleep: Sleep = asyncio.sleep,
) -> Platform:
    """A platform from its parts; tests bring their own cluster, post and time."""
    schemas = ClusterSchemas(cluster)
    graphs = Graphs(cluster, schemas, settings.limits)
    return Platform(
        settings=settings,
        cluster=cluster,
        graphs=graphs,
        driver=Driver(cluster, ClusterSources(graphs, schemas), lambda: stamp(now()), f"krofn-{name}", sleep),
        post=post,
        telemetry=telemetry or Telemetry(name),
        now=now,
        clock=clock,
    )


def opener(name: str) -> Callable[[], Platform]:
    """Makes the platform of the function ``name`` from the environment, when called. The call raises SettingsError."""
    return partial(_open, name)


def _open(name: str) -> Platform:
    settings = load(os.environ)
    cluster = LiveCluster(f"krofn-{name}/{version()}", context=settings.context)
    return assemble(name, settings, cluster, HttpPost(f"krofn/{name}"))
