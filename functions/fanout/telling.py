"""Telling many objects something, a page of a list at a time: what one delivery gets done, and from where the next one goes on.

How far the telling has got is kept by no process: it travels in the event that asks for the rest. So it ends although every delivery may
find another process, wherever it broke off, and begins anew where what it tells of has moved on. An event that is not taken holds up
nobody behind it: its object is noted in the progress and told again later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from functions.platform.cluster import METADATA_LIST, Request
from functions.platform.driver import Driver
from functions.platform.events import Event, Progress
from functions.platform.paths import CRDS, collection, member
from functions.platform.post import Sent
from functions.platform.telemetry import ToldError
from functions.platform.waiting import Clock
from graphcore.graph.model import Resource

PAGE = 200
"""Objects in a page of a list, and passed in one delivery before the rest is handed on."""
AT_ONCE = 16
"""Events posted at the same time."""
END = "~"
"""Behind every kind: all pages were told, only single objects are left."""

Metadata: TypeAlias = Mapping[str, Any]
Left: TypeAlias = tuple[str, str, str, str]


class RefusedError(ToldError):
    """A list failed, or nobody takes any event; this event is to be delivered again."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Objects of one kind that are to be told. event: what one of them is told. concerned: whether it is to be told at all."""

    resource: Resource
    event: Callable[[Metadata], Event]
    selector: str = ""
    concerned: Callable[[Metadata], bool] = lambda _: True

    @property
    def key(self) -> str:
        return f"{self.resource.plural}.{self.resource.group}"


@dataclass(slots=True)
class Telling:
    """One delivery's part. send: posts one event. until: when, by ``clock``, to begin nothing more. page: see PAGE.

    passed: objects listed so far. taken: events that somebody has accepted.
    """

    driver: Driver
    send: Callable[[Event], Awaitable[Sent]]
    clock: Clock
    until: float
    page: int = PAGE
    passed: int = 0
    taken: int = 0

    async def advance(self, audiences: Iterable[Audience], progress: Progress) -> Progress | None:
        """Tells the audiences, in the order of their keys, from ``progress`` on; where the next delivery goes on, None at the end.

        Raises RefusedError if nothing moves, ClusterError.
        """
        several = {audience.key: audience for audience in audiences}
        kind, position, left = await self._pages(several, progress)
        known = [item for item in progress.left if item[0] in several]
        left += await self._tell(several, {item: _metadata(item) for item in known})
        if kind == END and not left:
            return None
        if not self.passed and not self.taken:
            raise RefusedError("no event was accepted")
        return Progress(progress.about, kind, position, progress.told + self.passed, tuple(left))

    async def _pages(self, several: Mapping[str, Audience], progress: Progress) -> tuple[str, str, list[Left]]:
        """Where to go on, as (kind, continue token), and what was passed without having been told."""
        left: list[Left] = []
        for key in sorted(key for key in several if key >= progress.kind):
            position = progress.position if key == progress.kind else ""
            while True:
                if self.passed >= self.page or len(left) + len(progress.left) >= self.page or self.clock() >= self.until:
                    return key, position, left
                page = await self._page(several[key], position)
                if page is None:
                    break
                items, position = page
                self.passed += len(items)
                concerned = {_identity(key, item): item for item in items if several[key].concerned(item)}
                left += await self._tell(several, concerned)
                if not position:
                    break
        return END, "", left

    async def _page(self, audience: Audience, position: str) -> tuple[list[Metadata], str] | None:
        """Metadata of the next objects, and the token behind them; None if there is no such kind."""
        resource = audience.resource
        while True:
            query = {"limit": str(self.page)} | ({"labelSelector": audience.selector} if audience.selector else {})
            query |= {"continue": position} if position else {}
            answer = await self.driver.request(Request("GET", collection(resource), query, accept=METADATA_LIST))
            if answer.status == 410 and position:
                # The list took longer than the server keeps its beginning. It may say how to go on behind the last object all the same;
                # what is new since then has read the newest revision by itself.
                position = str((answer.body.get("metadata") or {}).get("continue") or "")
                continue
            if answer.status == 404:
                # A server that does not know the kind yet, or does not know it any more: its CRD tells.
                crd = await self.driver.request(Request("GET", member(CRDS, None, audience.key)))
                if crd.missing(audience.key):
                    return None
            if not answer.ok:
                raise RefusedError(answer.message)
            items = [item["metadata"] for item in answer.body.get("items") or ()]
            return items, str((answer.body.get("metadata") or {}).get("continue") or "")

    async def _tell(self, several: Mapping[str, Audience], objects: Mapping[Left, Metadata]) -> list[Left]:
        """Posts an event for each object; those whose event was not taken, those not even tried first."""
        refused: list[Left] = []
        waiting = list(objects.items())
        while waiting and self.clock() < self.until:
            chunk, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            tasks = [asyncio.ensure_future(self.send(several[item[0]].event(metadata))) for item, metadata in chunk]
            _, late = await asyncio.wait(tasks, timeout=max(0.0, self.until - self.clock()))
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            for (item, _), task in zip(chunk, tasks, strict=True):
                if not task.cancelled() and (task.result().done or task.result().hopeless):
                    self.taken += 1
                else:
                    refused.append(item)
        return [*(item for item, _ in waiting), *refused]


def _identity(key: str, metadata: Metadata) -> Left:
    return (key, str(metadata.get("namespace") or ""), str(metadata["name"]), str(metadata["uid"]))


def _metadata(item: Left) -> Metadata:
    _, namespace, name, uid = item
    return {"name": name, "uid": uid} | ({"namespace": namespace} if namespace else {})
