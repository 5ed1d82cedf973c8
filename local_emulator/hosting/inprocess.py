"""ASGI applications called in process: the same requests and answers as over HTTP, without a port.

Only the transport is replaced. Paths, content types, status codes, bodies and event headers are made by the same code as in production.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from functions.platform.cluster import Answer, Request, answer_of, decode
from functions.platform.events import Event, encode
from functions.platform.post import ANSWER_HEADER, Sent, seconds

App: TypeAlias = Callable[[dict[str, Any], Any, Any], Any]


@dataclass(slots=True)
class Reply:
    """An answer as it comes: status and headers first, then chunks until None."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    chunks: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)


@contextlib.asynccontextmanager
async def calling(
    app: App, verb: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> AsyncIterator[Reply]:
    """Calls an application; leaving the block early is a client that hangs up."""
    reply = Reply()
    gone = asyncio.Event()
    received = False

    async def receive() -> dict[str, Any]:
        nonlocal received
        if received:
            await gone.wait()
            return {"type": "http.disconnect"}
        received = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            reply.status = int(message["status"])
            reply.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message.get("headers") or ()}
            reply.started.set()
        elif message["type"] == "http.response.body":
            if message.get("body"):
                reply.chunks.put_nowait(message["body"])
            if not message.get("more_body"):
                reply.chunks.put_nowait(None)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": verb,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": urlencode(sorted(query.items())).encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
        "state": {},
    }

    def ended(_: object) -> None:
        reply.started.set()
        reply.chunks.put_nowait(None)

    task = asyncio.ensure_future(app(scope, receive, send))
    task.add_done_callback(ended)
    try:
        await reply.started.wait()
        yield reply
    finally:
        gone.set()
        if not task.done():
            # An application that does not notice the disconnect is cut off, as a server would at the end of its patience.
            await asyncio.wait([task], timeout=1.0)
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def call(
    app: App, verb: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers, body) of one request."""
    async with calling(app, verb, path, query or {}, headers, body) as reply:
        content = b""
        while (chunk := await reply.chunks.get()) is not None:
            content += chunk
        return reply.status, reply.headers, content


class AsgiCluster:
    """The API server as an application. counts: requests by ``verb kind``, for budgets."""

    def __init__(self, app: App, user_agent: str) -> None:
        self._app = app
        self._user_agent = user_agent
        self.requests: list[Request] = []

    @property
    def counts(self) -> Counter[str]:
        """Requests so far by HTTP verb."""
        return Counter(request.verb for request in self.requests)

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        headers, body = self._message(request)
        status, answered, content = await call(self._app, request.verb, request.path, headers, body, request.query)
        return answer_of(request, status, content, answered.get("retry-after"))

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        headers, body = self._message(request)
        async with calling(self._app, request.verb, request.path, request.query, headers, body) as reply:
            rest = b""
            while (chunk := await reply.chunks.get()) is not None:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        yield decode(line, shallow=True)
            if reply.status >= 300:
                yield {"type": "ERROR", "object": {**decode(rest), "code": reply.status}}

    async def close(self) -> None:
        return

    def _message(self, request: Request) -> tuple[dict[str, str], bytes]:
        headers = {"user-agent": self._user_agent, "accept": request.accept}
        if request.body is None:
            return headers, b""
        return {**headers, "content-type": request.content_type}, json.dumps(request.body).encode()


@dataclass(slots=True)
class Delivered:
    """One delivery of an event and what it was answered; status 0: nobody answered."""

    event: Event
    status: int


class AsgiPost:
    """Delivers events to applications by their address. log: every delivery, in the order of the answers."""

    def __init__(self, apps: Mapping[str, App], source: str, log: list[Delivered]) -> None:
        self._apps = apps
        self._source = source
        self._log = log

    async def send(self, url: str, event: Event, headers: Mapping[str, str] | None = None) -> Sent:
        parts = urlsplit(url)
        app = self._apps.get(f"{parts.scheme}://{parts.netloc}")
        if app is None:
            self._log.append(Delivered(event, 0))
            return Sent(0)
        own, body = encode(event, self._source)
        status, answered, _ = await call(app, "POST", parts.path or "/", {**own, **(headers or {})}, body)
        self._log.append(Delivered(event, status))
        return Sent(status, seconds(answered.get("retry-after")), answered.get(ANSWER_HEADER.lower(), ""))

    async def close(self) -> None:
        return
