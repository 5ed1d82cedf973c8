"""From API changes to events: what a change means, and who has to hear of it.

What is followed, :mod:`functions.bridge.watchset` knows. Objects that instances only refer to are matched here against what the instances
have recorded, so that unrelated objects cost nobody a request.

Nothing here decides what to do about a change. A change that cannot matter, because nothing but the status of a definition, revision, CRD
or instance moved, makes no event; every other does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from functions.bridge.assurance import HOLD, SAID, Assurance, Saying
from functions.bridge.changes import differs, label
from functions.bridge.definitions import Definitions
from functions.bridge.named import Hooks as NamedHooks
from functions.bridge.named import Named
from functions.bridge.outage import Outage
from functions.bridge.owners import Owners
from functions.bridge.queue import Queue
from functions.bridge.references import References
from functions.bridge.served import Served
from functions.bridge.tasks import forever
from functions.bridge.watcher import Change, Trouble, Watched
from functions.bridge.watchset import Hooks, WatchSet
from functions.platform.cluster import Cluster
from functions.platform.events import EVENT_ADD, EVENT_CONVERGE, EVENT_DELETE, EVENT_UPDATE, Event, Role, from_object
from functions.platform.graphs import Kinds
from functions.platform.paths import CRDS, DEFINITIONS, REVISIONS
from functions.platform.post import Sent
from functions.platform.waiting import Clock, Sleep
from graphcore.graph.model import Resource
from graphcore.names import RGD_NAME

_TYPES = {"listed": EVENT_CONVERGE, "added": EVENT_ADD, "updated": EVENT_UPDATE, "deleted": EVENT_DELETE}
FORBIDDEN = 403


@dataclass(slots=True)
class Outside:
    """Everything that is not computation, as arguments: a test replaces each.

    send: delivers an event. kinds: what a CRD serves for a definition (name, UID) at a revision; None if
    that cannot be read now. clock: seconds, monotonic.
    jitter: a number in [0, 1). identifier: 32 hex digits, new at each call. trouble: one line for the log.
    """

    send: Callable[[Event], Awaitable[Sent]]
    kinds: Callable[[str, str, str, int], Awaitable[Kinds | None]]
    clock: Clock
    jitter: Callable[[], float]
    identifier: Callable[[], str]
    trouble: Callable[[str], None]
    sleep: Sleep = asyncio.sleep


class Bridge:
    """Runs between :meth:`start` and :meth:`stop`, inside one event loop."""

    def __init__(self, cluster: Cluster, outside: Outside, *, resync_period: float, retry_delay: float) -> None:
        clock, sleep, jitter = outside.clock, outside.sleep, outside.jitter
        self._outage = Outage(cluster, clock=clock, sleep=sleep, jitter=jitter, failed=self._failed)
        self.queue = Queue(self._send, clock=clock, sleep=sleep, jitter=jitter, failed=self._failed, outage=self._outage)
        self._outside = outside
        self._resync_period = resync_period
        self._references = References()
        hooks = Hooks(
            outside.kinds,
            self._changed,
            self._listed,
            self._refreshed,
            self._instances,
            self._dropped,
            self._trouble,
            self._failed,
            outside.jitter,
            self._outage.sleep,
            outside.clock,
            self._gap,
        )
        self._set = WatchSet(self._outage, hooks, retry_delay=retry_delay)
        self._assurance = Assurance(self._wake, self._set, outside.clock)
        self._holding = asyncio.Event()
        self._unclaimed: list[Change] = []
        self._definitions = Definitions(self._set, self._emit, self._report, self._outage, clock, sleep, self._failed)
        self._owners = Owners(lambda group, kind: served.kinds.instance if (served := self._set.serving(group, kind)) else None)
        hooks_of_named = NamedHooks(self._wake, self._set.whole, self._trouble, self._failed, outside.jitter, self._outage.sleep)
        self._named = Named(self._outage, hooks_of_named)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns when definitions, revisions and CRDs are followed; their objects have been told by then."""
        self._set.begin()
        self._tasks = [
            asyncio.create_task(forever(work, partial(self._failed, name), self._outside.sleep))
            for name, work in (("watch set", self._set.keep), ("first tellings", self._hold), ("resync", self._resync))
        ]
        await self._set.synced()

    async def stop(self) -> None:
        tasks = self.tasks
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._definitions.looks.close()
        await self.queue.close()
        await self._outage.close()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What runs between start and stop; none of it ends by itself, but the resync where it is off."""
        return [*self._tasks, *self._set.tasks, *self._named.tasks]

    def inject(self, event: Event) -> None:
        """Takes an event: of a change, or made elsewhere by fan-out without a broker."""
        self.queue.put(event)
        if event.role in (Role.INSTANCE, Role.MEMBER) and not (event.watched and event.changes):
            self._assurance.told(event.partition)

    async def _send(self, event: Event) -> Sent:
        if event.role in (Role.INSTANCE, Role.MEMBER):
            self._assurance.asked(event.partition)
        return await self._outside.send(event)

    @property
    def watches(self) -> int:
        """Kinds followed."""
        return len(self._set)

    @property
    def outages(self) -> int:
        """Outages of the API server that are over."""
        return self._outage.ended

    @property
    def named(self) -> int:
        """Single objects followed by name."""
        return len(self._named)

    def known(self, resource: Resource) -> Iterable[dict[str, Any]]:
        """Metadata of the objects of a followed kind."""
        return self._set.known(resource)

    # what a change means

    def _changed(self, change: Change) -> None:
        """Each reader by itself: what one cannot read keeps nothing from the others."""
        readers: list[Callable[[Change], None]] = []
        if change.resource == DEFINITIONS:
            readers.append(self._definitions.definition_changed)
        elif change.resource == REVISIONS:
            readers.append(self._definitions.revision_changed)
        elif change.resource == CRDS:
            readers += [self._definitions.crd_changed, self._definitions.kind_changed]
        elif any(served.kinds.instance == change.resource for served in self._set.served.values()):
            readers.append(self._instance_changed)
        # Any of them may be a member of an instance, or referred to by one.
        for read in (*readers, self._member_changed, self._referred_changed):
            try:
                read(change)
            except Exception as error:  # others write what is read here, and one of them must not deafen the rest
                self._failed(f"change of {change.resource.plural}", error)

    def _instance_changed(self, change: Change) -> None:
        gone = change.kind == "deleted"
        for book in (self._references, self._owners, self._named):
            book.record(change.resource, change.metadata, gone=gone)
        saying = self._assurance.see(change, self._set.note_places(change))
        if saying.event:
            self._report(change, Role.INSTANCE, served=self._set.serving(change.resource.group, change.resource.kind), saying=saying)
        if self._assurance.holding:
            self._holding.set()

    def _instances(self, resource: Resource) -> None:
        """A kind that was followed for another reason is one of instances: what is known of it is told as at a first list."""
        for metadata in self.known(resource):
            if not self._assurance.knows(str(metadata["uid"])):
                self._instance_changed(Change("listed", resource, metadata))
        self._claim()

    def _member_changed(self, change: Change, *, waits: bool = True) -> None:
        owners = self._owners.of(change)
        if change.kind == "listed":
            # Who owns what is there when following begins is known when the instances are, and they look by themselves.
            if waits and any(not self._assurance.knows(owner.uid) and self._set.unsettled(owner.group, owner.kind) for owner in owners):
                self._unclaimed.append(change)
                self._holding.set()
                return
            owners = [owner for owner in owners if not self._assurance.will_look(owner.uid, change.resource)]
        for owner in owners:
            routed = {**change.metadata, "labels": owner.routed(change.metadata.get("labels") or {})}
            served = self._set.serving(owner.group, owner.kind)
            self._emit(replace(change, metadata=routed), Role.MEMBER, served=served, partition=owner.key)

    def _claim(self, *, waits: bool = True) -> None:
        """More is known of instances: looks again whose the members are that lists showed before."""
        unclaimed, self._unclaimed = self._unclaimed, []
        for change in unclaimed:
            self._member_changed(change, waits=waits)

    def _listed(self, kind: Resource, members: bool, whole: bool) -> None:
        self._assurance.listed(kind, members=members, whole=whole)
        self._claim()

    def _gap(self, kind: Resource, heard: float) -> None:
        self._assurance.gap(kind, heard)
        if self._assurance.holding:
            self._holding.set()

    def _refreshed(self) -> None:
        self._assurance.advance()
        self._claim()

    async def _hold(self) -> None:
        """Lists that do not come hold up nobody's first telling for longer."""
        while True:
            await self._holding.wait()
            self._holding.clear()
            await self._outside.sleep(HOLD)
            self._assurance.release()
            self._claim(waits=False)

    def _referred_changed(self, change: Change) -> None:
        if change.kind != "listed":
            if self._set.whole(change.resource):
                self._assurance.depart(change)
            for instance, metadata in self._references.matching(change):
                self._wake(instance, metadata)

    def _wake(self, instance: Resource, metadata: dict[str, Any]) -> None:
        """An instance has to look, though nothing of its own changed."""
        self._emit(Change("listed", instance, metadata), Role.INSTANCE, served=self._set.serving(instance.group, instance.kind))

    def _dropped(self, resource: Resource, followed: bool) -> None:
        """A kind is no kind of instances any more, and no longer followed at all unless ``followed``."""
        self._references.forget(resource)
        self._named.forget(resource)
        self._owners.forget(resource, followed=followed)
        self._assurance.dropped(resource, followed=followed)

    def _report(self, change: Change, role: Role, **fields: Any) -> None:
        """Emits unless nothing but the resourceVersion differs: metadata cannot show a status, and nobody waits for these kinds' status."""
        if change.kind != "updated" or change.before is None or differs(change):
            self._emit(change, role, **fields)

    def _emit(
        self,
        change: Change,
        role: Role,
        *,
        served: Served | None = None,
        partition: str = "",
        refused: bool = False,
        saying: Saying = SAID,
    ) -> None:
        metadata = change.metadata
        if role in (Role.REVISION, Role.CRD):
            metadata = {**metadata, "labels": {**(metadata.get("labels") or {}), RGD_NAME: label(change, RGD_NAME)}}
        identifier = self._outside.identifier()
        event = from_object(_TYPES[change.kind], role, change.resource, metadata, traceparent=f"00-{identifier}-{identifier[:16]}-01")
        event = replace(event, id=identifier, partition=partition or event.partition, refused=refused)
        # What lists no changes is never an echo.
        event = replace(event, changes=(*event.changes, *saying.missed) if saying.echo else ())
        if event.watched and any(found.deleted for found in saying.missed):
            event = replace(event, type=EVENT_DELETE)
        self.inject(replace(event, **served.naming) if served else event)

    def _trouble(self, watched: Watched, trouble: Trouble) -> None:
        self.queue.counts["watch_breaks"] += 1
        if trouble.again:
            return
        self._outside.trouble(f"{watched.resource.plural}.{watched.resource.group or 'core'}: {trouble.reason}")
        if trouble.code == FORBIDDEN:
            self._definitions.refused(lambda kinds: watched.resource in {kinds.instance, *kinds.members, *kinds.references})

    def refused(self, group: str, kind: str) -> None:
        """An instance of a kind could not be told what is wrong with it: its definition asks which right is missing."""
        self._definitions.refused(lambda kinds: (kinds.instance.group, kinds.instance.kind) == (group, kind))

    def _failed(self, what: str, error: Exception) -> None:
        """Nobody expected this: it is told and counted, and the work goes on."""
        self.queue.counts["bridge_errors"] += 1
        self._outside.trouble(f"{what}: unexpected {type(error).__name__}")

    async def _resync(self) -> None:
        """Tells everything again, spread over a tenth of the period."""
        if not self._resync_period:
            return
        while True:
            await self._outside.sleep(self._resync_period * (0.9 + 0.1 * self._outside.jitter()))
            self._set.recheck()
            kinds = [(DEFINITIONS, Role.DEFINITION), *((served.kinds.instance, Role.INSTANCE) for served in self._set.served.values())]
            items = [(resource, role, metadata) for resource, role in kinds for metadata in self.known(resource)]
            for resource, role, metadata in items:
                served = self._set.serving(resource.group, resource.kind) if role is Role.INSTANCE else None
                self._emit(Change("listed", resource, metadata), role, served=served)
                await self._outside.sleep(self._resync_period * 0.1 / len(items) * self._outside.jitter())
