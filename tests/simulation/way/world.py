"""The API server of one schedule: the emulator's own, called directly, filled from a world that was prepared once.

Time and UIDs are the schedule's: the same seed makes the same world, byte for byte.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from functions.platform.cluster import APPLY_PATCH, JSON, MERGE_PATCH, Answer, Request, answer_of
from functions.platform.paths import CRDS, DEFINITIONS, collection, member
from graphcore.graph.model import Resource
from local_emulator.core.requests import Request as ApiRequest
from local_emulator.core.store import CollectionKey, Entry, Event, Store
from local_emulator.protocol.api import Api
from local_emulator.protocol.responses import Response
from local_emulator.protocol.server import Settings as ServerSettings
from local_emulator.protocol.server import create_app
from tests.simulation.way.memory import BUILTIN_DOCUMENTS
from tests.simulation.way.shapes import Object

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
NAMESPACES = Resource("v1", "Namespace", "namespaces", namespaced=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A filled store, to be copied. uids: how many were given out. seconds: of virtual time that its making took."""

    entries: tuple[tuple[CollectionKey, Entry], ...]
    revision: int
    uids: int
    seconds: float


@dataclass(slots=True)
class World:
    """api: the emulator. asked: requests by who asked. seconds: age of the world when its loop began."""

    api: Api
    store: Store
    loop: asyncio.AbstractEventLoop
    uids: int = 0
    seconds: float = 0.0
    asked: Counter[str] = field(default_factory=Counter)
    history: list[tuple[CollectionKey, Event]] = field(default_factory=list)

    @classmethod
    def make(cls, prepared: Prepared | None = None) -> World:
        """Inside a running loop."""
        loop = asyncio.get_running_loop()
        world: World | None = None
        age = prepared.seconds if prepared else 0.0
        given = prepared.uids if prepared else 0

        def uid() -> str:
            nonlocal given
            given += 1
            if world is not None:
                world.uids = given
            return f"00000000-0000-4000-8000-{given:012x}"

        store = Store(lambda: BEGINNING + timedelta(seconds=age + loop.time()), uid)
        if prepared:
            for key, entry in prepared.entries:
                store.restore(key, entry)
            store.revision = prepared.revision
        settings = ServerSettings(
            schedule=lambda seconds, step: loop.call_later(seconds, step), authorization="AlwaysAllow", controller_delay=0.05
        )
        world = cls(create_app(store, settings).api, store, loop, given, age)
        world.api.openapi._builtin = BUILTIN_DOCUMENTS
        store.listeners.append(lambda key, event: world.history.append((key, event)))
        return world

    def prepared(self) -> Prepared:
        """This world as it is now, to be copied."""
        entries = tuple((key, entry) for key, content in self.store.collections.items() for entry in content.entries.values())
        return Prepared(entries, self.store.revision, self.uids, self.seconds + self.loop.time())

    def now(self) -> datetime:
        return self.store.now()

    def open(self, request: Request, agent: str) -> Response:
        """The emulator's answer, which may be a watch."""
        headers = {"user-agent": agent, "accept": request.accept, "content-type": request.content_type}
        body = b"" if request.body is None else json.dumps(request.body).encode()
        return self.api.handle(ApiRequest(request.verb, request.path, request.query, headers, body, urlencode(request.query)))

    def ask(self, request: Request, agent: str) -> Answer:
        """The answer to anything but a watch."""
        response = self.open(request, agent)
        return answer_of(request, response.code, response.body, next((v for k, v in response.headers if k == "Retry-After"), None))

    # what users do

    def user(self, verb: Any, path: str, body: Any = None, content_type: str = JSON, **query: str) -> Answer:
        return self.ask(Request(verb, path, {"fieldManager": "user", **query}, body, content_type), "user")

    def apply(self, resource: Resource, body: Object) -> Answer:
        return self.user(
            "PATCH", member(resource, body["metadata"].get("namespace"), body["metadata"]["name"]), body, APPLY_PATCH, force="true"
        )

    def patch(self, resource: Resource, namespace: str | None, name: str, change: Object) -> Answer:
        return self.user("PATCH", member(resource, namespace, name), change, MERGE_PATCH)

    def delete(self, resource: Resource, namespace: str | None, name: str) -> Answer:
        return self.user("DELETE", member(resource, namespace, name))

    def get(self, resource: Resource, namespace: str | None, name: str) -> Object | None:
        """Read past everything that a client could be refused."""
        entry = self.store.get((resource.group, resource.plural), (namespace or "", name))
        return None if entry is None else {"apiVersion": resource.api_version, "kind": resource.kind, **entry.object()}

    def all(self, resource: Resource, namespace: str = "") -> Iterator[Object]:
        for entry in self.store.scan((resource.group, resource.plural), namespace):
            yield {"apiVersion": resource.api_version, "kind": resource.kind, **entry.object()}

    def has_namespace(self, name: str) -> bool:
        return self.store.get(("", "namespaces"), ("", name)) is not None

    def vanish(self, namespace: str) -> None:
        """A namespace ends although it is not empty."""
        self.delete(NAMESPACES, None, namespace)
        body = self.get(NAMESPACES, None, namespace)
        if body is not None:
            self.user("PUT", f"{member(NAMESPACES, None, namespace)}/finalize", {**body, "spec": {"finalizers": []}})


def served(world: World, resource: Resource) -> bool:
    """Whether the API server knows a kind."""
    return world.ask(Request("GET", collection(resource), {"limit": "1"}), "user").status == 200


__all__ = ["CRDS", "DEFINITIONS", "NAMESPACES", "Prepared", "World", "served"]
