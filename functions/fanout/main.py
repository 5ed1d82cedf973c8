"""The ``fanout`` function: one event in, one converge event per instance concerned out.

* ``activation``: a generated CRD serves another revision; every instance of it has to be rendered anew.
* ``external``: an object changed that instances may refer to (stock sources only; the bridge matches references itself): the instances
  with the index label of its kind, filtered by what they have recorded.
* ``resync``: a tick; every instance and every definition.

Instances are listed in pages, metadata only. A run that cannot finish remembers how far it got, so that a large kind gets through in
several deliveries.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import functions_framework.aio
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from functions.platform.cluster import METADATA_LIST, Request
from functions.platform.delivery import Function, application
from functions.platform.events import Event, Reference, Role, from_object
from functions.platform.paths import CRDS, DEFINITIONS, collection, instance_kind, member
from functions.platform.platform import Platform, opener
from functions.platform.runs import Report, Run
from graphcore.converge.references import index_label, recorded
from graphcore.graph.model import Resource
from graphcore.names import ACTIVE_REVISION, EVENT_CONVERGE, OWNED, RGD_ID, RGD_NAME
from graphcore.numbers import whole

PAGE = 200
AT_ONCE = 16
"""Events posted at the same time."""


class RefusedError(Exception):
    """A list or a delivery failed; the event is to be delivered again."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated CRD: how its instances are addressed and what serves them."""

    resource: Resource
    revision: int | None
    definition_uid: str


@dataclass(slots=True)
class Fanout:
    """positions: where interrupted lists go on, by what they are about; forgotten with the process, which only means to begin again."""

    platform: Platform
    positions: dict[tuple[str, str], str] = field(default_factory=dict)

    async def run(self, target: Reference, events: tuple[Event, ...]) -> Report:
        """Everything that these events about one object ask for. Raises RefusedError, ClusterError, TimeoutError."""
        async with asyncio.timeout(self.platform.settings.run_deadline):
            for event in {event.role: event for event in events}.values():
                match event.role:
                    case Role.ACTIVATION:
                        await self._activation(target)
                    case Role.EXTERNAL:
                        await self._external(event)
                    case _:
                        await self._resync()
        return Report("converged")

    async def _activation(self, target: Reference) -> None:
        answer = await self.platform.driver.request(Request("GET", member(CRDS, None, target.name)))
        if answer.status == 404:
            return
        if not answer.ok:
            raise RefusedError(answer.message)
        await self._tell_all(_generated(answer.body), f"activation/{target.name}")

    async def _external(self, event: Event) -> None:
        subject = event.subject
        resource = Resource(subject.api_version, subject.kind, event.plural, namespaced=bool(subject.namespace))
        changed = {"metadata": dict(event.metadata)}
        for generated in await self._all_generated():
            await self._tell_all(
                generated,
                f"external/{subject}",
                selector=f"{index_label(resource)}=true",
                concerned=lambda metadata: any(item.matches(resource, changed) for item in recorded({"metadata": metadata})),
            )

    async def _resync(self) -> None:
        async for page in self._pages(DEFINITIONS, "", "resync"):
            await self._tell([from_object(EVENT_CONVERGE, Role.DEFINITION, DEFINITIONS, metadata, traceparent="") for metadata in page])
        for generated in await self._all_generated():
            await self._tell_all(generated, "resync")

    async def _all_generated(self) -> list[Generated]:
        answer = await self.platform.driver.request(Request("GET", collection(CRDS), {"labelSelector": f"{OWNED}=true,{RGD_NAME}"}))
        if not answer.ok:
            raise RefusedError(answer.message)
        return [_generated(item) for item in answer.body.get("items") or ()]

    async def _tell_all(
        self, generated: Generated, purpose: str, *, selector: str = "", concerned: Callable[[Mapping[str, Any]], bool] = lambda _: True
    ) -> None:
        """One converge event per instance of the kind that is concerned."""
        async for page in self._pages(generated.resource, selector, purpose):
            events = [
                replace(
                    from_object(EVENT_CONVERGE, Role.INSTANCE, generated.resource, metadata, traceparent=""),
                    revision=generated.revision,
                    definition=generated.definition_uid,
                )
                for metadata in page
                if concerned(metadata)
            ]
            await self._tell(events)

    async def _pages(self, resource: Resource, selector: str, purpose: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Metadata of the kind's objects, page by page; a page counts as done when the next one is asked for."""
        key = (purpose, f"{resource.plural}.{resource.group}")
        while True:
            query = {"limit": str(PAGE)} | ({"labelSelector": selector} if selector else {})
            if key in self.positions:
                query["continue"] = self.positions[key]
            answer = await self.platform.driver.request(Request("GET", collection(resource), query, accept=METADATA_LIST))
            if answer.status == 410 and key in self.positions:
                del self.positions[key]
                continue
            if answer.status == 404:
                return
            if not answer.ok:
                raise RefusedError(answer.message)
            yield [item["metadata"] for item in answer.body.get("items") or ()]
            position = (answer.body.get("metadata") or {}).get("continue")
            if not position:
                self.positions.pop(key, None)
                return
            self.positions[key] = str(position)

    async def _tell(self, events: list[Event]) -> None:
        url = self.platform.settings.sink or self.platform.settings.bridge_url
        for first in range(0, len(events), AT_ONCE):
            sent = await asyncio.gather(*(self.platform.post.send(url, _identified(event)) for event in events[first : first + AT_ONCE]))
            if not all(item.done for item in sent):
                raise RefusedError("an event was not accepted")


def make(platform: Platform) -> Run:
    """Runs of fan-out on a platform."""
    return Fanout(platform).run


def _generated(crd: Mapping[str, Any]) -> Generated:
    metadata = crd["metadata"]
    return Generated(
        instance_kind(crd),
        whole((metadata.get("annotations") or {}).get(ACTIVE_REVISION)),
        str((metadata.get("labels") or {}).get(RGD_ID, "")),
    )


def _identified(event: Event) -> Event:
    identifier = uuid.uuid4().hex
    return replace(event, id=identifier, traceparent=f"00-{identifier}-{identifier[:16]}-01")


function = Function(make, opener("fanout"))


@functions_framework.aio.http  # type: ignore[untyped-decorator]
async def fanout(request: HttpRequest) -> Response:
    """The target."""
    return await function.handle(request)


app = application(fanout, function)
