"""What is followed: definitions, revisions and CRDs, always; and the kinds of every generated CRD that serves a revision.

Those are the instances, the kinds of the revision's resources (only objects that carry kro's ``owned`` label), the kinds that it refers to
(all objects) and the kinds that instances still have members of, whatever their revision says now. The set follows the CRDs without a
restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from functions.bridge.watcher import Change, Follower, Watched
from functions.platform.cluster import Cluster
from functions.platform.graphs import Kinds
from functions.platform.paths import CRDS, DEFINITIONS, REVISIONS
from graphcore.converge.fence import read_mark
from graphcore.graph.model import Resource
from graphcore.names import ACTIVE_REVISION, OWNED, RGD_ID, RGD_NAME
from graphcore.numbers import whole

SELECT_OWNED = f"{OWNED}=true"


@dataclass(frozen=True, slots=True)
class Served:
    """What one generated CRD serves."""

    definition: str
    definition_uid: str
    revision: int
    kinds: Kinds


@dataclass(slots=True)
class _Followed:
    watched: Watched
    follower: Follower
    task: asyncio.Task[None]


@dataclass(slots=True)
class Hooks:
    """What a watch set calls.

    kinds: what a CRD serves for a definition (name, UID) at a revision; None if that cannot be read now. changed: each change of a followed
    object. dropped: a kind is no longer followed. trouble: a kind's watch broke, and why. jitter: a number in [0, 1).
    """

    kinds: Callable[[str, str, str, int], Awaitable[Kinds | None]]
    changed: Callable[[Change], None]
    dropped: Callable[[Resource], None]
    trouble: Callable[[Watched, str], None]
    jitter: Callable[[], float]


class WatchSet:
    """Runs inside one event loop. served: by UID of the CRD."""

    def __init__(self, cluster: Cluster, hooks: Hooks, *, retry_delay: float) -> None:
        self.served: dict[str, Served] = {}
        self._cluster = cluster
        self._hooks = hooks
        self._retry_delay = retry_delay
        self._followed: dict[Resource, _Followed] = {}
        self._places: dict[str, frozenset[Resource]] = {}
        self._stale = asyncio.Event()

    def begin(self) -> None:
        """Follows what is always followed."""
        self._follow(_watched((), ()))

    async def synced(self) -> None:
        """Returns when everything followed now has been listed once."""
        for followed in list(self._followed.values()):
            await followed.follower.synced.wait()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        return [followed.task for followed in self._followed.values()]

    def __len__(self) -> int:
        """Kinds followed."""
        return len(self._followed)

    def known(self, resource: Resource) -> Iterable[dict[str, Any]]:
        """Metadata of the objects of a followed kind."""
        followed = self._followed.get(resource)
        return list(followed.follower.known.values()) if followed else []

    def serving(self, group: str, kind: str) -> Served | None:
        """What serves a kind of instances."""
        for served in self.served.values():
            if (served.kinds.instance.group, served.kinds.instance.kind) == (group, kind):
                return served
        return None

    def stale(self) -> None:
        """Something has changed that the set depends on."""
        self._stale.set()

    def note_places(self, change: Change) -> None:
        """Kinds that an instance still has members of, whatever its revision says now: a deletion waits for their events."""
        uid = str(change.metadata["uid"])
        places = (
            frozenset(place.resource for place in read_mark({"metadata": change.metadata}).places)
            if change.kind != "deleted"
            else frozenset()
        )
        if places:
            self._places[uid] = places
        else:
            self._places.pop(uid, None)
        if any(place not in self._followed for place in places):
            self._stale.set()

    async def keep(self) -> None:
        """Follows the CRDs for ever; runs in a task."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            if not await self._refresh():
                await asyncio.sleep(self._retry_delay)
                self._stale.set()

    async def _refresh(self) -> bool:
        """Brings what is followed in line with the CRDs; False if a revision could not be read yet."""
        complete = True
        served: dict[str, Served] = {}
        for metadata in self.known(CRDS):
            labels = metadata.get("labels") or {}
            uid, name, revision = str(metadata["uid"]), labels.get(RGD_NAME), active_revision(metadata)
            if not name or revision is None:
                continue
            known = self.served.get(uid)
            definition_uid = str(labels.get(RGD_ID, ""))
            if known and (known.definition, known.definition_uid, known.revision) == (name, definition_uid, revision):
                served[uid] = known
                continue
            kinds = await self._hooks.kinds(str(metadata["name"]), name, definition_uid, revision)
            if kinds is not None:
                served[uid] = Served(name, definition_uid, revision, kinds)
            else:
                complete = False
                if known:
                    served[uid] = known
        self.served = served
        self._follow(_watched(served.values(), self._places.values()))
        return complete

    def _follow(self, wanted: list[Watched]) -> None:
        selected = {watched.resource: watched for watched in wanted}
        for resource in [resource for resource in self._followed if resource not in selected]:
            self._followed.pop(resource).task.cancel()
            self._hooks.dropped(resource)
        for resource, watched in selected.items():
            running = self._followed.get(resource)
            if running and running.watched == watched:
                continue
            follower = Follower(self._cluster, watched, self._hooks.changed, self._hooks.trouble, self._hooks.jitter)
            if running:
                # Another selector: what has been told stays told, the next list reports the difference.
                running.task.cancel()
                follower.known = running.follower.known
            self._followed[resource] = _Followed(watched, follower, asyncio.create_task(follower.follow()))


def _watched(served: Collection[Served], places: Iterable[frozenset[Resource]]) -> list[Watched]:
    """What is always followed, and the kinds of the served revisions and of what there is.

    Where a kind has several parts to play (definitions and CRDs can be members, too), the widest selection wins.
    """
    selectors = {resource: SELECT_OWNED for members in (*(item.kinds.members for item in served), *places) for resource in members}
    for item in served:
        for resource in (item.kinds.instance, *item.kinds.references):
            selectors[resource] = ""
    selectors |= dict.fromkeys((DEFINITIONS, REVISIONS, CRDS), "")
    return [
        Watched(resource, selector)
        for resource, selector in sorted(selectors.items(), key=lambda pair: (pair[0].api_version, pair[0].plural))
    ]


def active_revision(metadata: dict[str, Any] | None) -> int | None:
    """The revision that a generated CRD serves, by its metadata."""
    value = ((metadata or {}).get("annotations") or {}).get(ACTIVE_REVISION, "")
    return whole(value)
