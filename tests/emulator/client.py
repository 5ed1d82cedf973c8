"""An emulator in process for tests: requests without HTTP, controllers stepped by hand, time and uids that repeat."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from local_emulator.core.requests import Request
from local_emulator.core.store import Store
from local_emulator.protocol.responses import Response
from local_emulator.protocol.server import App, Settings, create_app

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A clock that moves only when told, and steps that wait for it."""

    now: datetime = START
    steps: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def schedule(self, seconds: float, step: Callable[[], None]) -> None:
        self.steps.append((self.now + timedelta(seconds=seconds), step))

    def advance(self, seconds: float = 0.0) -> None:
        """Moves on and runs every step that is due, in order, including those that they cause."""
        until = self.now + timedelta(seconds=seconds)
        while due := sorted((item for item in self.steps if item[0] <= until), key=lambda item: item[0]):
            self.steps.remove(due[0])
            self.now = max(self.now, due[0][0])
            due[0][1]()
        self.now = until


@dataclass(slots=True)
class Answer:
    """A decoded answer."""

    code: int
    body: Any
    headers: dict[str, str]
    response: Response


class Client:
    """One emulator and a user of it."""

    def __init__(self, prepare: Callable[[Store], None] = lambda store: None, **settings: Any) -> None:
        self.clock = Clock()
        numbers = count(1)
        self.store = Store(now=lambda: self.clock.now, new_uid=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}")
        prepare(self.store)
        self.app: App = create_app(self.store, Settings(schedule=self.clock.schedule, **settings))
        self.api = self.app.api

    def call(
        self, method: str, path: str, body: Any = None, media: str = "application/json", accept: str = "application/json", **headers: str
    ) -> Answer:
        """One request; ``body`` is encoded as JSON unless it is bytes or text."""
        bare, _, query = path.partition("?")
        data = (
            body
            if isinstance(body, bytes)
            else b""
            if body is None
            else body.encode()
            if isinstance(body, str)
            else json.dumps(body).encode()
        )
        sent = {
            "content-type": media,
            "accept": accept,
            "user-agent": "tester/1.0",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        response = self.api.handle(Request(method, bare, dict(parse_qsl(query, keep_blank_values=True)), sent, data))
        try:
            decoded = json.loads(response.body)
        except ValueError:
            decoded = response.body.decode()
        return Answer(response.code, decoded, dict(response.headers), response)

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def create(self, path: str, body: Any, **options: Any) -> Any:
        answer = self.call("POST", path, body, **options)
        assert answer.code == 201, answer.body
        return answer.body

    def apply(self, path: str, body: Any, manager: str = "tester", *, force: bool = False) -> Answer:
        return self.call("PATCH", f"{path}?fieldManager={manager}&force={str(force).lower()}", body, APPLY)

    def merge(self, path: str, body: Any) -> Answer:
        return self.call("PATCH", path, body, MERGE)

    def delete(self, path: str, body: Any = None) -> Answer:
        return self.call("DELETE", path, body)

    def settle(self, seconds: float = 0.0) -> None:
        """Lets the controllers do what is due."""
        self.clock.advance(seconds)


def config_map(name: str, data: Mapping[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **metadata},
        "data": {"a": "1"} if data is None else dict(data),
    }
