"""The ``fanout`` function: one event in, one converge event per instance concerned out.

* ``activation``: a generated CRD serves another revision; every instance of it has to be rendered anew.
* ``external``: an object changed that instances may refer to (stock sources only; the bridge matches references itself): the instances
  with the index label of its kind, filtered by what they have recorded.
* ``resync``: a tick; every instance and every definition.

Instances are listed in pages, metadata only; each delivery passes one and hands the rest on in an event. Progress belongs to what is told:
one activation (the CRD's UID, the definition and the revision), one version of an object that is referred to, one tick.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import functions_framework.aio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from functions.fanout.telling import PAGE, Audience, Metadata, RefusedError, Telling
from functions.platform.cluster import Request
from functions.platform.delivery import Function, application
from functions.platform.events import Event, Progress, Reference, Role, from_object
from functions.platform.merging import UNSETTLED, least
from functions.platform.paths import CRDS, DEFINITIONS, collection, instance_kind, member
from functions.platform.platform import Platform, opener
from functions.platform.post import Sent
from functions.platform.runs import Report, Run
from functions.platform.waiting import Clock
from graphcore.converge.references import index_label, recorded
from graphcore.graph.model import Resource
from graphcore.names import ACTIVE_REVISION, EVENT_CONVERGE, NO_REVISION, OWNED, RGD_ID, RGD_NAME
from graphcore.numbers import whole


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated CRD: how its instances are addressed and what serves them. version: resourceVersion of the CRD that says so."""

    resource: Resource
    revision: int | None
    definition_uid: str
    version: str


@dataclass(slots=True)
class Fanout:
    """page: objects told in one delivery. clock: seconds, monotonic."""

    platform: Platform
    page: int = PAGE
    clock: Clock = time.monotonic

    async def run(self, target: Reference, events: tuple[Event, ...]) -> Report:
        """A part of what these events about one object ask for; the rest goes on in events of its own.

        Raises RefusedError, ClusterError, TimeoutError.
        """
        deadline = self.platform.settings.run_deadline
        until = self.clock() + deadline / 2
        async with asyncio.timeout(deadline):
            for several in _alike(events):
                event = several[-1]
                telling = Telling(self.platform.driver, self._send, self.clock, until, self.page)
                progress = least(event.role, (item.progress for item in several))
                match event.role:
                    case Role.ACTIVATION:
                        rest = await self._activation(target, telling, progress)
                    case Role.EXTERNAL:
                        rest = await self._external(event, telling, progress)
                    case _:
                        rest = await self._resync(telling, progress)
                if rest is not None:
                    await self._hand_on(event, rest)
        return Report("converged")

    async def _activation(self, target: Reference, telling: Telling, progress: Progress | None) -> Progress | None:
        """Every instance of the kind is told of the revision that its CRD serves now."""
        answer = await self.platform.driver.request(Request("GET", member(CRDS, None, target.name)))
        if answer.missing(target.name):
            return None
        if not answer.ok:
            raise RefusedError(answer.message)
        generated = _generated(answer.body)
        about = (str(answer.body["metadata"]["uid"]), generated.definition_uid, str(generated.revision))
        if progress is None or progress.about != about:
            # Whom an interrupted telling of an older revision has passed knows nothing of this one.
            progress = Progress(about)
        return await telling.advance([_instances(generated)], progress)

    async def _external(self, event: Event, telling: Telling, progress: Progress | None) -> Progress | None:
        subject = event.subject
        resource = Resource(subject.api_version, subject.kind, event.plural, namespaced=bool(subject.namespace))
        changed = {"metadata": dict(event.metadata)}

        def concerned(metadata: Metadata) -> bool:
            return any(item.matches(resource, changed) for item in recorded({"metadata": metadata}))

        audiences = [_instances(item, f"{index_label(resource)}=true", concerned) for item in await self._all_generated()]
        return await telling.advance(audiences, progress or Progress(_version(event)))

    async def _resync(self, telling: Telling, progress: Progress | None) -> Progress | None:
        audiences = [Audience(DEFINITIONS, _converge(Role.DEFINITION, DEFINITIONS)), *map(_instances, await self._all_generated())]
        return await telling.advance(audiences, progress or Progress(("resync",)))

    async def _all_generated(self) -> list[Generated]:
        answer = await self.platform.driver.request(Request("GET", collection(CRDS), {"labelSelector": f"{OWNED}=true,{RGD_NAME}"}))
        if not answer.ok:
            raise RefusedError(answer.message)
        return [_generated(item) for item in answer.body.get("items") or ()]

    async def _hand_on(self, event: Event, rest: Progress) -> None:
        sent = await self._send(replace(event, type=EVENT_CONVERGE, changes=(), progress=rest))
        if not sent.done:
            raise RefusedError("the rest was not accepted")

    async def _send(self, event: Event) -> Sent:
        identifier = uuid.uuid4().hex
        named = replace(event, id=identifier, traceparent=f"00-{identifier}-{identifier[:16]}-01")
        return await self.platform.post.send(self.platform.settings.sink or self.platform.settings.bridge_url, named)


def _alike(events: tuple[Event, ...]) -> list[list[Event]]:
    """Events that one telling serves: of one role, and for an object that instances refer to of one version."""
    found: dict[tuple[str, ...], list[Event]] = {}
    for event in events:
        about = event.progress.about if event.progress else _version(event)
        found.setdefault((event.role, *(about if event.role is Role.EXTERNAL else ())), []).append(event)
    return list(found.values())


def _version(event: Event) -> tuple[str, ...]:
    return (str(event.metadata.get("uid", "")), str(event.metadata.get("resourceVersion", "")))


def _instances(generated: Generated, selector: str = "", concerned: Callable[[Metadata], bool] = lambda _: True) -> Audience:
    made = _converge(Role.INSTANCE, generated.resource)

    def event(metadata: Metadata) -> Event:
        if generated.revision == NO_REVISION:
            return replace(made(metadata), definition=UNSETTLED, asof=generated.version)
        return replace(made(metadata), revision=generated.revision, definition=generated.definition_uid, asof=generated.version)

    return Audience(generated.resource, event, selector, concerned)


def _converge(role: Role, resource: Resource) -> Callable[[Metadata], Event]:
    return lambda metadata: from_object(EVENT_CONVERGE, role, resource, metadata, traceparent="")


def make(platform: Platform) -> Run:
    """Runs of fan-out on a platform."""
    return Fanout(platform, clock=platform.clock).run


def _generated(crd: Mapping[str, Any]) -> Generated:
    metadata = crd["metadata"]
    return Generated(
        instance_kind(crd),
        whole((metadata.get("annotations") or {}).get(ACTIVE_REVISION)),
        str((metadata.get("labels") or {}).get(RGD_ID, "")),
        str(metadata.get("resourceVersion", "")),
    )


function = Function(make, opener("fanout"))


@functions_framework.aio.http  # type: ignore[untyped-decorator]
async def fanout(request: HttpRequest) -> Response:
    """The target."""
    return await function.handle(request)


app = application(fanout, function)
