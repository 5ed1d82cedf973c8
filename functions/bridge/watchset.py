"""What is followed: definitions, revisions and CRDs, always; and the kinds of every generated CRD that serves a revision.

Those are the instances, the kinds of the revision's resources (only objects that carry kro's ``owned`` label), the kinds that it refers to
(all objects) and the kinds that instances still have members of, whatever their revision says now. The set follows the CRDs without a
restart.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from functions.bridge.served import Served, active_revision
from functions.bridge.served import watched as wanted_of
from functions.bridge.tasks import forever
from functions.bridge.watcher import Change, Follower, Trouble, Watched
from functions.platform.cluster import Cluster
from functions.platform.graphs import Kinds
from functions.platform.paths import CRDS, DEFINITIONS
from functions.platform.waiting import Clock, Sleep
from graphcore.converge.safety.mark import read_mark
from graphcore.graph.model import Resource
from graphcore.names import RGD_ID, RGD_NAME

REREAD = 3.0
AT_ONCE = 16
"""Revisions read at once."""
_NONE = Kinds(CRDS, frozenset(), frozenset())


@dataclass(slots=True)
class _Followed:
    """members: no change of a member of an instance is missed any more. whole: nor of any other object of the kind."""

    watched: Watched
    follower: Follower
    task: asyncio.Task[None]
    members: bool = False
    whole: bool = False


@dataclass(slots=True)
class Hooks:
    """What a watch set calls.

    kinds: what a CRD serves for a definition (name, UID) at a revision; None if that cannot be read now, and not the whole if no more than
    the kind of its instances can be told. changed: each change of a followed object. listed: a kind's list is in; from now on its members,
    or all its objects, are followed without a gap. gap: a list came after a break, and since the time given the server had not been heard.
    refreshed: the set is in line with the CRDs, or a kind that was awaited is not served.
    instances: a kind is one of instances now, and what is there of it known. dropped: it is not any more; and still followed, or not.
    trouble: a kind's watch broke, and why. failed: an error that nobody expected. jitter: a number in [0, 1).
    """

    kinds: Callable[[str, str, str, int], Awaitable[Kinds | None]]
    changed: Callable[[Change], None]
    listed: Callable[[Resource, bool, bool], None]
    refreshed: Callable[[], None]
    instances: Callable[[Resource], None]
    dropped: Callable[[Resource, bool], None]
    trouble: Callable[[Watched, Trouble], None]
    failed: Callable[[str, Exception], None]
    jitter: Callable[[], float]
    sleep: Sleep = asyncio.sleep
    clock: Clock = time.monotonic
    gap: Callable[[Resource, float], None] = lambda _kind, _heard: None


class WatchSet:
    """Runs inside one event loop. served: by UID of the CRD."""

    def __init__(self, cluster: Cluster, hooks: Hooks, *, retry_delay: float) -> None:
        self.served: dict[str, Served] = {}
        self._cluster = cluster
        self._hooks = hooks
        self._retry_delay = retry_delay
        self._followed: dict[Resource, _Followed] = {}
        self._places: dict[str, tuple[Resource, frozenset[Resource]]] = {}
        self._left: set[str] = set()
        self._announced: set[Resource] = set()
        self._settled = False
        self._stale = asyncio.Event()

    def begin(self) -> None:
        """Follows what is always followed."""
        self._follow(())

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

    def get(self, resource: Resource, uid: str) -> dict[str, Any] | None:
        """Metadata of one object of a followed kind."""
        followed = self._followed.get(resource)
        return followed.follower.known.get(uid) if followed else None

    def whole(self, resource: Resource) -> bool:
        """Whether every object of a kind is followed."""
        followed = self._followed.get(resource)
        return followed is not None and not followed.watched.selector

    def coming(self, resource: Resource, *, whole: bool) -> bool:
        """Whether a first list of a kind is awaited that shows the objects of instances, or all of them."""
        followed = self._followed.get(resource)
        if followed is None or (whole and followed.watched.selector):
            # What instances have members of is followed at the next refresh; what they refer to with their revision, or not at all.
            return followed is None and not whole
        return not (followed.whole if whole else followed.members) and not followed.follower.absent

    def unsettled(self, group: str, kind: str) -> bool:
        """Whether instances of a kind may be there that are not known yet."""
        served = self.serving(group, kind)
        if served is None:
            return not self._settled
        return served.kinds.instance not in self._announced and self.coming(served.kinds.instance, whole=True)

    def serving(self, group: str, kind: str) -> Served | None:
        """What serves a kind of instances."""
        for served in self.served.values():
            if (served.kinds.instance.group, served.kinds.instance.kind) == (group, kind):
                return served
        return None

    def users(self, group: str, plural: str) -> set[str]:
        """Names of the definitions whose served revision has resources of a kind, or refers to it."""
        return {
            served.definition
            for served in self.served.values()
            if any((kind.group, kind.plural) == (group, plural) for kind in served.kinds.members | served.kinds.references)
        }

    def stale(self) -> None:
        """Something has changed that the set depends on."""
        self._stale.set()

    def recheck(self) -> None:
        """Looks again at the kinds that were let go: an instance may have been made by hand since."""
        self._left.clear()
        self._stale.set()

    def kick(self, group: str, plural: str, *, gone: bool = False) -> None:
        """The CRD of a kind has changed, or is gone: who follows the kind in vain looks at once, whoever follows it looks whether it is."""
        for resource, followed in self._followed.items():
            if (resource.group, resource.plural) != (group, plural):
                continue
            if gone and not followed.follower.absent:
                # A watch of the old kind says nothing of a new one, and ends only a second later: what is made again by then
                # would look as if it had always been there.
                self._start(followed.watched, absent=True)
            else:
                followed.follower.kick()

    def note_places(self, change: Change) -> frozenset[Resource]:
        """Kinds that an instance still has members of, whatever its revision says now: a deletion waits for their events."""
        uid = str(change.metadata["uid"])
        places = (
            frozenset(place.resource for place in read_mark({"metadata": change.metadata}).places)
            if change.kind != "deleted"
            else frozenset()
        )
        if places:
            self._places[uid] = (change.resource, places)
        else:
            self._places.pop(uid, None)
        if change.kind == "deleted" or any(place not in self._followed for place in places):
            self._stale.set()
        return places

    async def keep(self) -> None:
        """Follows the CRDs for ever; runs in a task."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                complete = await self._refresh()
            except Exception:
                self._stale.set()
                raise
            self._settled = True
            self._hooks.refreshed()
            if not complete:
                # An interval of 0 turns repeated runs off; the bridge has to read what it follows all the same.
                await self._hooks.sleep(self._retry_delay or REREAD)
                self._stale.set()

    async def _refresh(self) -> bool:
        """Brings what is followed in line with the CRDs; False if a revision could not be read yet."""
        served: dict[str, Served] = {}
        unread: list[tuple[str, str, Served]] = []
        current: set[str] = set()
        for metadata in self.known(CRDS):
            labels = metadata.get("labels") or {}
            uid, name, revision = str(metadata["uid"]), labels.get(RGD_NAME), active_revision(metadata)
            current.add(uid)
            if not name or revision is None or self._let_go(uid, name):
                continue
            known = self.served.get(uid)
            kinds_until_read = known.kinds if known else _NONE
            wanted = Served(name, str(labels.get(RGD_ID, "")), revision, kinds_until_read, str(metadata["resourceVersion"]))
            if known:
                served[uid] = known
            if known != wanted or not known.kinds.whole:
                unread.append((uid, str(metadata["name"]), wanted))
        self._left &= current
        self.served = served
        self._follow(served.values())
        complete = True
        for start in range(0, len(unread), AT_ONCE):
            some = unread[start : start + AT_ONCE]
            found = await asyncio.gather(*(self._read(crd, wanted) for _, crd, wanted in some))
            for (uid, _, wanted), kinds in zip(some, found, strict=True):
                if kinds is not None and (kinds.whole or uid not in served):
                    served[uid] = replace(wanted, kinds=kinds)
                complete = complete and kinds is not None and kinds.whole
            self._follow(served.values())
        return complete

    async def _read(self, crd: str, wanted: Served) -> Kinds | None:
        """What a CRD serves; one that nobody can read must not keep the others from being followed."""
        try:
            return await self._hooks.kinds(crd, wanted.definition, wanted.definition_uid, wanted.revision)
        except Exception as error:
            self._hooks.failed("revision", error)
            return None

    def _let_go(self, uid: str, definition: str) -> bool:
        """Whether neither the definition of a CRD nor an instance of its kind is left: then nobody can be served, and nothing has to end.

        Whoever makes an instance afterwards has no definition to serve it; one that comes back changes its CRD, or is there to be seen.
        """
        definitions = self._followed.get(DEFINITIONS)
        if definitions is None or not definitions.follower.synced.is_set():
            return False
        if any(metadata.get("name") == definition for metadata in definitions.follower.known.values()):
            self._left.discard(uid)
            return False
        known = self.served.get(uid)
        instances = self._followed.get(known.kinds.instance) if known else None
        if instances is not None and instances.follower.synced.is_set() and not instances.follower.known:
            self._left.add(uid)
        return uid in self._left

    def _follow(self, served: Collection[Served]) -> None:
        wanted = {watched.resource: watched for watched in wanted_of(served, (places for _, places in self._places.values()))}
        for resource in [resource for resource in self._followed if resource not in wanted]:
            self._followed.pop(resource).task.cancel()
            self._places = {uid: entry for uid, entry in self._places.items() if entry[0] != resource}
            self._announced.discard(resource)
            self._hooks.dropped(resource, False)
        for resource, watched in wanted.items():
            running = self._followed.get(resource)
            if not running or running.watched != watched:
                self._start(watched)
        self._announce()

    def _announce(self) -> None:
        """Tells which kinds have become kinds of instances, or are none any more, while they were followed for another reason, too."""
        instances = {served.kinds.instance for served in self.served.values()}
        for resource in sorted(self._announced - instances, key=str):
            self._announced.discard(resource)
            self._places = {uid: entry for uid, entry in self._places.items() if entry[0] != resource}
            self._hooks.dropped(resource, True)
        for resource in sorted(instances - self._announced, key=str):
            followed = self._followed.get(resource)
            if followed is not None and followed.whole:
                self._announced.add(resource)
                self._hooks.instances(resource)

    def _start(self, watched: Watched, *, absent: bool = False) -> None:
        """Follows a kind from now on; what has been told stays told, the next list reports the difference."""
        hooks = self._hooks
        running = self._followed.get(watched.resource)
        # A generated kind is followed otherwise while it is gone; that it appears has to be told by whoever sees it then.
        absent = absent or (running is not None and running.follower.absent)
        follower = Follower(
            self._cluster,
            watched,
            hooks.changed,
            self._troubled,
            hooks.jitter,
            on_synced=self._synced,
            on_gap=self._gap,
            absent=absent,
            sleep=hooks.sleep,
            clock=hooks.clock,
        )
        if running:
            running.task.cancel()
            follower.known, follower.heard = running.follower.known, running.follower.heard
            if absent and running.follower.synced.is_set():
                follower.synced.set()
        failed = partial(hooks.failed, f"watch of {watched.resource.plural}")
        task = asyncio.create_task(forever(follower.follow, failed, hooks.sleep))
        followed = self._followed[watched.resource] = _Followed(watched, follower, task)
        if running:
            followed.members, followed.whole = running.members, running.whole and not watched.selector

    def _troubled(self, watched: Watched, trouble: Trouble) -> None:
        self._hooks.trouble(watched, trouble)
        followed = self._followed.get(watched.resource)
        if followed is not None and followed.follower.absent:
            self._hooks.refreshed()

    def _gap(self, watched: Watched, heard: float) -> None:
        self._hooks.gap(watched.resource, heard)

    def _synced(self, watched: Watched, appeared: bool) -> None:
        self._stale.set()
        followed = self._followed.get(watched.resource)
        if followed is None or followed.watched != watched:
            return
        whole = not watched.selector
        members_anew, whole_anew = appeared or not followed.members, whole and (appeared or not followed.whole)
        followed.members, followed.whole = True, whole
        self._announce()
        self._hooks.listed(watched.resource, members_anew, whole_anew)
