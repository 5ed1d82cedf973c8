"""One kind, followed without gaps: list, then watch, and after any break list again and report the difference.

Stock sources report only watch deltas, so that what exists when they start, and what happens while they are cut off, is never told. A
follower keeps the metadata of the objects that it has told about; a new list is compared with them, so that every change is reported at
least once, a disappearance included. Identity is the UID: an object deleted and created again under its name is two changes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from functions.platform.cluster import METADATA, METADATA_LIST, Cluster, ClusterError, Request
from functions.platform.paths import collection
from functions.platform.waiting import Clock, Sleep, either
from graphcore.graph.model import Resource

PAGE = 500
WATCH_SECONDS = 290
"""The server ends a watch after this long; below the usual idle limits of load balancers."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
ABSENT, UNREACHABLE = -404, -1
"""Kinds of trouble that are no refusal, beside the status codes of those that are."""


@dataclass(frozen=True, slots=True)
class Change:
    """kind:

    ``listed`` for what was there when following began. metadata: of the newest known state. before: what was known until now, if
    anything.
    """

    kind: Literal["listed", "added", "updated", "deleted"]
    resource: Resource
    metadata: dict[str, Any]
    before: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """What to follow. selector: label selector; empty means every object of the kind. name, namespace: one object only."""

    resource: Resource
    selector: str = ""
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a kind's list or watch broke. code: HTTP status of a refusal, else 0. again: the same as before, with nothing achieved since."""

    reason: str
    code: int = 0
    again: bool = False


class _Stale(Exception):
    """The list failed or the watch's position is too old; the reason is the text. code: HTTP status of what was refused, else 0."""

    def __init__(self, reason: str, code: int = 0) -> None:
        self.code = code
        super().__init__(reason)


class _Absent(Exception):
    """The server does not serve the kind (now)."""


@dataclass(slots=True)
class Follower:
    """Follows one kind for ever. Runs in a task; cancelling it is how it ends.

    on_change is called for every change in order, never concurrently. on_synced is called after a first list, and after a list that found
    the kind served again; then with ``True``. on_gap is called after every later list, with the time (of ``clock``) at which the server was
    heard last before it: what came and went since then, no list shows. absent: the server does not serve the kind (yet). synced: the first
    list is done. heard: see on_gap; None if there was no list yet.
    """

    cluster: Cluster
    watched: Watched
    on_change: Callable[[Change], None]
    on_trouble: Callable[[Watched, Trouble], None]
    jitter: Callable[[], float]
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    synced: asyncio.Event = field(default_factory=asyncio.Event)
    on_synced: Callable[[Watched, bool], None] = lambda _watched, _appeared: None
    on_gap: Callable[[Watched, float], None] = lambda _watched, _heard: None
    absent: bool = False
    sleep: Sleep = asyncio.sleep
    clock: Clock = time.monotonic
    heard: float | None = None
    _kick: asyncio.Event = field(default_factory=asyncio.Event)
    _told: str = ""

    def kick(self) -> None:
        """The kind may be served by now: look at once."""
        self._kick.set()

    async def follow(self) -> None:
        pause, before = FIRST_PAUSE, 0
        while True:
            listed, code = False, 0
            try:
                version = await self._list()
                self._listed()
                listed = True
                while True:
                    version = await self._watch(version)
            except _Absent:
                reason = "" if self.absent else "the API server does not serve this kind"
                if self.absent:
                    self._vanished()
                self.absent, code = True, ABSENT
            except _Stale as error:
                reason, code = str(error), error.code
            except ClusterError as error:
                reason, code = str(error), UNREACHABLE
            if listed and code <= 0:
                # A list alone achieves nothing where the watch is refused.
                pause, self._told = FIRST_PAUSE, ""
            if code != before:
                # After an outage, say: how long that lasted says nothing of how long this will.
                pause, before = FIRST_PAUSE, code
            if reason:
                self.on_trouble(self.watched, Trouble(reason, max(code, 0), reason == self._told))
                self._told = reason
            if await self._kicked(pause * (0.75 + 0.5 * self.jitter())):
                pause = FIRST_PAUSE
            else:
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _kicked(self, seconds: float) -> bool:
        """Waits for the time to pass or for a kick, whichever comes first."""
        await either(self._kick, seconds, self.sleep)
        kicked = self._kick.is_set()
        self._kick.clear()
        return kicked

    def _vanished(self) -> None:
        """The kind is not served for the second time in a row, or its CRD is gone: so are its objects."""
        while self.known:
            uid = next(iter(self.known))
            before = self.known.pop(uid)
            self.on_change(Change("deleted", self.watched.resource, before, before))

    def _listed(self) -> None:
        first, appeared = not self.synced.is_set(), self.absent
        self.absent = False
        self._kick.clear()
        self.synced.set()
        before, self.heard = self.heard, self.clock()
        if first or appeared:
            self.on_synced(self.watched, appeared)
        if before is not None:
            self.on_gap(self.watched, before)

    async def _list(self) -> str:
        """Reports the difference to what is known; the list's resourceVersion. Raises _Stale."""
        found: dict[str, dict[str, Any]] = {}
        version = ""
        async for page in self._pages():
            version = str(page["metadata"]["resourceVersion"])
            for item in page.get("items") or ():
                found[item["metadata"]["uid"]] = _trim(item["metadata"])
        for uid in [uid for uid in self.known if uid not in found]:
            before = self.known.pop(uid)
            self.on_change(Change("deleted", self.watched.resource, before, before))
        for uid, metadata in found.items():
            before_or_none = self.known.get(uid)
            self.known[uid] = metadata
            if before_or_none is None:
                self.on_change(Change("added" if self.synced.is_set() else "listed", self.watched.resource, metadata))
            elif before_or_none["resourceVersion"] != metadata["resourceVersion"]:
                self.on_change(Change("updated", self.watched.resource, metadata, before_or_none))
        return version

    async def _pages(self) -> AsyncIterator[dict[str, Any]]:
        query = {"limit": str(PAGE)} | self._selection()
        while True:
            answer = await self.cluster.send(Request("GET", self._path(), query, accept=METADATA_LIST))
            if answer.status == 404:
                raise _Absent
            if not answer.ok:
                raise _Stale(f"list: {_refusal(answer.status, answer.message)}", answer.status)
            yield answer.body
            position = answer.body["metadata"].get("continue")
            if not position:
                return
            query = query | {"continue": position}

    async def _watch(self, version: str) -> str:
        """Reports changes until the server ends the watch; the resourceVersion to go on from. Raises _Stale, ClusterError."""
        query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version, "timeoutSeconds": str(WATCH_SECONDS)}
        request = Request("GET", self._path(), query | self._selection(), accept=METADATA)
        async for event in self.cluster.stream(request):
            self.heard = self.clock()
            kind, body = event.get("type"), event.get("object") or {}
            if kind == "ERROR":
                # 410: the position was compacted away. Not a fault: the next list tells the difference, whether the kind is gone, too.
                if body.get("code") in (404, 410):
                    raise _Stale("")
                code = body.get("code")
                text = f"watch: {_refusal(code, body.get('message') or body.get('reason') or 'refused')}"
                raise _Stale(text, code if isinstance(code, int) else 0)
            metadata = body.get("metadata") or {}
            version = str(metadata.get("resourceVersion", version))
            if kind in ("ADDED", "MODIFIED"):
                self._report(_trim(metadata))
            elif kind == "DELETED":
                before = self.known.pop(metadata["uid"], None)
                self.on_change(Change("deleted", self.watched.resource, _trim(metadata), before))
        return version

    def _report(self, metadata: dict[str, Any]) -> None:
        before = self.known.get(metadata["uid"])
        self.known[metadata["uid"]] = metadata
        if before is None:
            self.on_change(Change("added", self.watched.resource, metadata))
        elif before["resourceVersion"] != metadata["resourceVersion"]:
            self.on_change(Change("updated", self.watched.resource, metadata, before))

    def _path(self) -> str:
        return collection(self.watched.resource, self.watched.namespace)

    def _selection(self) -> dict[str, str]:
        if self.watched.name:
            return {"fieldSelector": f"metadata.name={self.watched.name}"}
        return {"labelSelector": self.watched.selector} if self.watched.selector else {}


def _refusal(code: object, message: str) -> str:
    """The server's no; where it is about a limit of its own, with the limit."""
    if code == 429:
        return f"the API server takes no more requests of this user now (429; priority and fairness, --max-requests-inflight): {message}"
    return message


def _trim(metadata: dict[str, Any]) -> dict[str, Any]:
    """managedFields are the larger part of an object's metadata, and nobody downstream reads them."""
    return {key: value for key, value in metadata.items() if key != "managedFields"}
