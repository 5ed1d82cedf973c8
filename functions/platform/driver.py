"""Runs a generator against a cluster: batches become requests, answers become results.

The only place where an effect meets HTTP. Nothing is decided here except what is mechanical: paging, repeating a request that the server
was too busy for, and telling an object that is gone from one that is going. What the run saw (UIDs, resourceVersions, disappearances) is
noted on the way, because the judge of echoes needs it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from functions.platform.cluster import APPLY_PATCH, MERGE_PATCH, METADATA, METADATA_LIST, Answer, Cluster, ClusterError, Request
from functions.platform.paths import collection, member
from functions.platform.refusals import not_served, refusal
from functions.platform.telemetry import ToldError
from functions.platform.waiting import Sleep
from graphcore.converge.effects import (
    CRDS,
    Apply,
    Create,
    Delete,
    Documents,
    Effect,
    FetchSchemas,
    FindKinds,
    Found,
    Get,
    Kinds,
    List,
    Listed,
    Missing,
    NeedGraph,
    Outcome,
    Patch,
    Record,
    Recorded,
    Refused,
    Replace,
    Result,
    Run,
    Served,
)
from graphcore.numbers import ordered

PAGE = 500
ATTEMPTS = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
BUSY = frozenset({429, 502, 503, 504})
"""Answers that are about the server and not about the object: worth another attempt at once."""


FORBIDDEN = 403
_VERBS: Mapping[type, str] = {
    Get: "get",
    List: "list",
    Apply: "patch",
    Patch: "patch",
    Replace: "update",
    Create: "create",
    Delete: "delete",
}


class Sources(Protocol):
    """What a run needs besides objects; kept by the process, shared by its runs."""

    async def graph(self, definition: str, revision: int, definition_uid: str) -> Served | Missing | Refused: ...

    async def documents(self, group_versions: tuple[str, ...]) -> Documents | Refused: ...

    async def kinds(self, group_kinds: tuple[str, ...]) -> Kinds | Refused: ...


@dataclass(slots=True)
class Sight:
    """What a run has acted on so far.

    seen: newest resourceVersion per UID. ended: UIDs that are gone. graph: as in :class:`functions.platform.runs.Report`. told: the Events
    that it made. forbidden: (verb, kind, namespace) of what was answered with 403.
    """

    seen: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    graph: tuple[str, int | None] | None = None
    told: list[Record] = field(default_factory=list)
    forbidden: dict[tuple[str, str, str], None] = field(default_factory=dict)

    def note(self, item: Mapping[str, Any]) -> None:
        metadata = item.get("metadata") or {}
        uid, version = str(metadata.get("uid", "")), str(metadata.get("resourceVersion", ""))
        if not uid:
            return
        known = self.seen.get(uid)
        if known is None or ordered(version, known) is not True:
            self.seen[uid] = version

    def note_written(self, item: Mapping[str, Any]) -> bool:
        """Notes the answer to a write; whether that write ended the object: nothing held it any more."""
        self.note(item)
        metadata = item.get("metadata") or {}
        # A Namespace is held by what its spec lists.
        held = metadata.get("finalizers") or metadata.get("deletionGracePeriodSeconds") or (item.get("spec") or {}).get("finalizers")
        ended = bool(metadata.get("deletionTimestamp")) and not held
        if ended:
            self.ended.add(str(metadata.get("uid", "")))
        return ended


class DeadlineError(ToldError):
    """The run took longer than its deadline; everything it did stands, the next one goes on from there."""


@dataclass(frozen=True, slots=True)
class Driver:
    """Drives runs. stamp: the current time as RFC 3339 with microseconds, for Events."""

    cluster: Cluster
    sources: Sources
    stamp: Callable[[], str]
    component: str
    sleep: Sleep = asyncio.sleep

    async def drive(self, run: Run, sight: Sight, deadline: float) -> Outcome:
        """The outcome of ``run``. deadline: seconds. Raises DeadlineError, ClusterError."""
        try:
            async with asyncio.timeout(deadline):
                batch = next(run)
                while True:
                    batch = run.send(await self._perform(batch, sight))
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        except TimeoutError:
            raise DeadlineError(f"not done within {deadline:g} s") from None
        finally:
            run.close()

    async def _perform(self, batch: tuple[Effect, ...], sight: Sight) -> list[Result]:
        results = await self._results(batch, sight)
        for effect, result in zip(batch, results, strict=True):
            if isinstance(result, Refused) and result.code == FORBIDDEN and type(effect) in _VERBS:
                resource = effect.resource  # type: ignore[union-attr]
                kind = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
                sight.forbidden[(_VERBS[type(effect)], kind, effect.namespace or "")] = None  # type: ignore[union-attr]
        return results

    async def _results(self, batch: tuple[Effect, ...], sight: Sight) -> list[Result]:
        if len(batch) == 1:
            return [await self._one(batch[0], sight)]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(effect, sight)) for effect in batch]
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _one(self, effect: Effect, sight: Sight) -> Result:
        match effect:
            case NeedGraph():
                found = await self.sources.graph(effect.definition, effect.revision, effect.definition_uid)
                sight.graph = (found.definition_uid, found.revision) if isinstance(found, Served) else ("", None)
                return found
            case FetchSchemas():
                return await self.sources.documents(effect.group_versions)
            case FindKinds():
                return await self.sources.kinds(effect.group_kinds)
            case List():
                return await self._list(effect, sight)
            case Delete():
                return await self._delete(effect, sight)
            case Record():
                sight.told.append(effect)
                await self._record(effect)
                return Recorded()
            case _:
                answer = await self.request(request_of(effect))
        if answer.ok:
            if isinstance(effect, Get):
                if not effect.look:
                    sight.note(answer.body)
                elif effect.resource == CRDS:
                    # The first step of finding a graph; there may be none.
                    sight.graph = sight.graph or ("", None)
            elif not (isinstance(effect, Apply) and effect.dry_run):
                sight.note_written(answer.body)
            return Found(answer.body)
        # An apply never finds "nothing": a missing kind or namespace is a refusal that the user has to hear of.
        refused = refusal(answer)
        if answer.status != 404 or isinstance(effect, Apply | Create):
            return refused
        if refused.namespace_gone and effect.resource.plural != "namespaces":
            # Also where the object has the namespace's own name.
            return refused
        return Missing() if answer.missing(effect.name) else not_served(effect.resource)

    async def _list(self, effect: List, sight: Sight) -> Result:
        query = {"limit": str(PAGE)}
        if effect.labels:
            query["labelSelector"] = effect.labels
        if effect.fields:
            query["fieldSelector"] = effect.fields
        request = Request(
            "GET",
            collection(effect.resource, effect.namespace),
            query,
            accept=METADATA_LIST if effect.metadata_only else "application/json",
        )
        items: list[dict[str, Any]] = []
        position = ""
        while True:
            answer = await self.request(_at(request, position))
            if answer.status == 410 and position:
                # The list took longer than the server keeps its beginning: begin again.
                items, position = [], ""
                continue
            if answer.status == 404:
                return Missing()
            if not answer.ok:
                return refusal(answer)
            for item in answer.body.get("items") or ():
                whole = {**item, "apiVersion": effect.resource.api_version, "kind": effect.resource.kind}
                sight.note(whole)
                items.append(whole)
            position = str((answer.body.get("metadata") or {}).get("continue") or "")
            if not position:
                return Listed(tuple(items))

    async def _delete(self, effect: Delete, sight: Sight) -> Result:
        answer = await self.request(request_of(effect))
        if answer.missing(effect.name):
            sight.ended.add(effect.uid)
            return Missing()
        if not answer.ok:
            return not_served(effect.resource) if answer.status == 404 else refusal(answer)
        if effect.dry_run:
            return Missing()
        going = (answer.body.get("metadata") or {}).get("deletionTimestamp")
        if answer.body.get("kind") == "Status" or not going or sight.note_written(answer.body):
            sight.ended.add(effect.uid)
            return Missing()
        return Found(answer.body)

    async def _record(self, effect: Record) -> None:
        regarding = effect.regarding
        namespace = regarding.get("namespace") or "default"
        stamp = self.stamp()
        seconds = f"{stamp[:19]}Z"
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {**_event_name(effect), "namespace": namespace},
            "involvedObject": dict(regarding),
            "type": effect.type,
            "reason": effect.reason,
            "message": effect.message[:1024],
            "source": {"component": self.component},
            "firstTimestamp": seconds,
            "lastTimestamp": seconds,
            "count": 1,
        }
        try:
            await self.cluster.send(Request("POST", f"/api/v1/namespaces/{namespace}/events", body=body))
        except ClusterError:
            return

    async def request(self, request: Request) -> Answer:
        """The answer, after waiting out a busy server for a moment. Raises ClusterError."""
        pause = FIRST_PAUSE
        for attempt in range(ATTEMPTS):
            answer = await self.cluster.send(request)
            if answer.status not in BUSY or attempt == ATTEMPTS - 1:
                break
            await self.sleep(min(answer.retry_after or pause, LONGEST_PAUSE))
            pause *= 3
        return answer


def _event_name(effect: Record) -> dict[str, str]:
    """A name of its own; or the same for the same Event, which the API server then keeps only once."""
    name = effect.regarding.get("name", "")[:200]
    if not effect.once:
        return {"generateName": f"{name}."}
    content = "\0".join((effect.regarding.get("uid", ""), effect.type, effect.reason, effect.message))
    return {"name": f"{name}.{hashlib.sha256(content.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"}


def request_of(effect: Get | Apply | Patch | Replace | Create | Delete) -> Request:
    """The request that an effect about one object stands for."""
    match effect:
        case Get():
            accept = METADATA if effect.metadata_only else "application/json"
            return Request("GET", member(effect.resource, effect.namespace, effect.name), accept=accept)
        case Apply():
            query = {"fieldManager": effect.manager}
            query |= ({"force": "true"} if effect.force else {}) | ({"dryRun": "All"} if effect.dry_run else {})
            return Request("PATCH", member(effect.resource, effect.namespace, effect.name), query, effect.body, APPLY_PATCH)
        case Patch():
            path = member(effect.resource, effect.namespace, effect.name, effect.subresource)
            return Request("PATCH", path, {"fieldManager": effect.manager}, effect.body, MERGE_PATCH)
        case Replace():
            path = member(effect.resource, effect.namespace, effect.name, effect.subresource)
            return Request("PUT", path, {"fieldManager": effect.manager}, effect.body)
        case Create():
            return Request("POST", collection(effect.resource, effect.namespace), {"fieldManager": effect.manager}, effect.body)
        case Delete():
            preconditions = {"uid": effect.uid} | ({"resourceVersion": effect.resource_version} if effect.resource_version else {})
            body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
            if effect.propagation:
                body["propagationPolicy"] = effect.propagation
            if effect.dry_run:
                body["dryRun"] = ["All"]
            return Request("DELETE", member(effect.resource, effect.namespace, effect.name), body=body)


def _at(request: Request, position: str) -> Request:
    if not position:
        return request
    return Request(request.verb, request.path, {**request.query, "continue": position}, accept=request.accept)
