"""What metadata cannot show of a CustomResourceDefinition: whether its kind is served.

The bridge follows CRDs by their metadata alone, since a schema may have a megabyte and a cluster thousands of them. A change of status
alone (Established, NamesAccepted) arrives all the same, as a new resourceVersion (measured on a kube-apiserver 1.36: two after each
creation, the second with Established). So one CRD is read when it may matter to somebody, and reduced at once to what is needed.

A kind that is established is described in ``/openapi/v3`` only a moment later (measured: 0.2 to 1 s), and each server of a control plane
has a moment of its own; so what waits for the kind is told again a few times, as long as it goes on waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from functions.bridge.tasks import forever
from functions.platform.cluster import Cluster, ClusterError, Request
from functions.platform.paths import CRDS, member
from functions.platform.waiting import Sleep

SETTLE = 0.02
"""Seconds before a CRD is read; its first two changes come within a few milliseconds."""
AGAIN = (0.3, 0.4, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between the times that an established kind is told."""
GONE_AFTER = 2.0
"""Seconds after which a kind that is gone has left ``/openapi/v3``, too."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0


@dataclass(frozen=True, slots=True)
class Crd:
    """A CRD, reduced. established: its kind is served. refused: another one has its names."""

    name: str
    uid: str
    group: str
    kind: str
    established: bool = False
    refused: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Crd:
        spec = body.get("spec") or {}
        conditions = {item.get("type"): item.get("status") for item in (body.get("status") or {}).get("conditions") or ()}
        return cls(
            str(body["metadata"]["name"]),
            str(body["metadata"]["uid"]),
            str(spec.get("group", "")),
            str((spec.get("names") or {}).get("kind", "")),
            conditions.get("Established") == "True",
            conditions.get("NamesAccepted") == "False",
        )


class Looks:
    """At most one look per CRD at a time; a new one takes the place of the old one.

    found: called with what was read, and again (``first`` false) while the kind may not be described yet. gone: called with the name of a
    CRD that stayed away for a moment. failed: an error that nobody expected. pause: how to wait before a CRD that could not be
    read is tried again.
    """

    def __init__(
        self,
        cluster: Cluster,
        found: Callable[[Crd, bool], None],
        gone: Callable[[str], None],
        failed: Callable[[str, Exception], None],
        sleep: Sleep = asyncio.sleep,
        pause: Sleep = asyncio.sleep,
    ) -> None:
        self._cluster = cluster
        self._found = found
        self._gone = gone
        self._failed = failed
        self._sleep = sleep
        self._pause = pause
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def look(self, name: str) -> None:
        """A CRD has changed in a way that metadata does not show."""
        self._begin(name, partial(self._look, name))

    def deleted(self, name: str) -> None:
        """A CRD is gone."""
        self._begin(name, partial(self._miss, name))

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        running = self._tasks.pop(name, None)
        if running:
            running.cancel()
        task = self._tasks[name] = asyncio.create_task(forever(work, partial(self._failed, "look at a CRD"), self._sleep))
        task.add_done_callback(lambda done: self._tasks.pop(name) if self._tasks.get(name) is done else None)

    async def _look(self, name: str) -> None:
        await self._sleep(SETTLE)
        crd = await self._read(name)
        if crd is None:
            return
        self._found(crd, True)
        if crd.established:
            for pause in AGAIN:
                await self._sleep(pause)
                self._found(crd, False)

    async def _miss(self, name: str) -> None:
        await self._sleep(GONE_AFTER)
        self._gone(name)

    async def _read(self, name: str) -> Crd | None:
        """The CRD as it is, however long the API server takes to answer; None if there is none."""
        pause = FIRST_PAUSE
        while True:
            try:
                answer = await self._cluster.send(Request("GET", member(CRDS, None, name)))
            except ClusterError:
                answer = None
            if answer is not None and answer.ok:
                return Crd.of(answer.body)
            if answer is not None and answer.status == 404:
                return None
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
