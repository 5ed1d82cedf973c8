"""Single objects, followed by name because an instance waits for them and no watch of their kind shows them.

An instance records which objects it waits for (``graphcore.converge.references``). Each gets a watch of its own, however many instances
wait for it, and its end and every change of its metadata, except of what only numbers its states, wake all of them. What the instance
read may have changed before the watch began, or before its record was known here, so each instance looks once more for each object that
it waits for. At most :data:`MOST` objects are followed at a time, the others as soon as there is room; an instance that waits for one of
those asks again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from functions.bridge.tasks import forever
from functions.bridge.watcher import Change, Follower, Trouble, Watched
from functions.platform.cluster import Cluster
from functions.platform.waiting import Sleep
from graphcore.converge.references import recorded
from graphcore.graph.model import Resource

MOST = 100
"""Watches of single objects, for all purposes together."""
_NUMBERS = frozenset({"resourceVersion", "generation"})
"""Who owns an object and whether it is going shows in its other metadata; its spec and status may move all the time."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is called.

    wake: with kind and metadata of an instance whose object changed. covered: whether a kind is followed as a whole anyway. trouble: a
    watch broke, and why. failed: an error that nobody expected. jitter: a number in [0, 1).
    """

    wake: Callable[[Resource, dict[str, Any]], None]
    covered: Callable[[Resource], bool]
    trouble: Callable[[Watched, Trouble], None]
    failed: Callable[[str, Exception], None]
    jitter: Callable[[], float]
    sleep: Sleep = asyncio.sleep


class Named:
    """Runs inside one event loop."""

    def __init__(self, cluster: Cluster, hooks: Hooks) -> None:
        self._cluster = cluster
        self._hooks = hooks
        self._waiting: dict[str, tuple[Resource, dict[str, Any]]] = {}
        self._wanted: dict[Watched, dict[str, None]] = {}
        self._tasks: dict[Watched, asyncio.Task[None]] = {}
        self._synced: set[Watched] = set()

    def __len__(self) -> int:
        """Objects followed."""
        return len(self._tasks)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return list(self._tasks.values())

    def record(self, resource: Resource, metadata: dict[str, Any], *, gone: bool) -> None:
        """Takes note of an instance, of the kind ``resource``, as it is now."""
        uid = str(metadata["uid"])
        objects = set() if gone else self._objects(metadata)
        if not objects and uid not in self._waiting:
            return
        if objects:
            self._waiting[uid] = (resource, metadata)
        else:
            del self._waiting[uid]
        for watched in [watched for watched, holders in self._wanted.items() if uid in holders and watched not in objects]:
            del self._wanted[watched][uid]
            if not self._wanted[watched]:
                del self._wanted[watched]
        for watched in sorted(objects, key=str):
            holders = self._wanted.setdefault(watched, {})
            if uid not in holders and watched in self._synced:
                self._hooks.wake(resource, metadata)
            holders[uid] = None
        self._adjust()

    def forget(self, resource: Resource) -> None:
        """A kind of instances is no longer followed."""
        for kind, metadata in [entry for entry in self._waiting.values() if entry[0] == resource]:
            self.record(kind, metadata, gone=True)

    def _objects(self, metadata: Mapping[str, Any]) -> set[Watched]:
        return {
            Watched(item.resource, name=item.name, namespace=item.namespace)
            for item in recorded({"metadata": metadata})
            if item.awaited and item.name and not self._hooks.covered(item.resource)
        }

    def _adjust(self) -> None:
        for watched in [watched for watched in self._tasks if watched not in self._wanted]:
            self._tasks.pop(watched).cancel()
            self._synced.discard(watched)
        for watched in self._wanted:
            if len(self._tasks) >= MOST:
                return
            if watched not in self._tasks:
                self._tasks[watched] = asyncio.create_task(self._follow(watched))

    async def _follow(self, watched: Watched) -> None:
        hooks = self._hooks

        def synced(_watched: Watched, _appeared: bool) -> None:
            self._synced.add(watched)
            self._tell(watched)

        def changed(change: Change) -> None:
            self._changed(watched, change)

        follower = Follower(self._cluster, watched, changed, hooks.trouble, hooks.jitter, on_synced=synced, sleep=hooks.sleep)
        what = f"watch of {watched.resource.plural} {watched.name}"
        await forever(follower.follow, partial(hooks.failed, what), hooks.sleep)

    def _changed(self, watched: Watched, change: Change) -> None:
        # What is there when following begins is told by ``synced``.
        if change.kind in ("added", "deleted") or (change.before is not None and _differs(change.metadata, change.before)):
            self._tell(watched)

    def _tell(self, watched: Watched) -> None:
        for uid in list(self._wanted.get(watched, ())):
            self._hooks.wake(*self._waiting[uid])


def _differs(metadata: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return any(metadata.get(name) != before.get(name) for name in (metadata.keys() | before.keys()) - _NUMBERS)
