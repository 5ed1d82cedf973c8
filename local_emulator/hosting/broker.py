"""How Knative's broker and triggers deliver, in process: enough to see what our functions' answers mean to them.

Measured on the multi-tenant broker's ingress and filter: an event is accepted at once and delivered to every trigger whose filter
matches; a trigger repeats with exponential backoff what is answered 404, 408, 409, 429 or with 500 and above, and what is not answered;
any other 4xx goes to the dead letters directly. A successful answer with a body that is no CloudEvent counts as 502. A CloudEvent in the
answer enters the broker again, until its time to live is used up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphcore.numbers import whole
from local_emulator.hosting.inprocess import App, call

TTL = 255
"""How often an event may enter a broker."""
TTL_HEADER = "knativebrokerttl"
RETRIED = frozenset({404, 408, 409, 429})


@dataclass(frozen=True, slots=True)
class Trigger:
    """attributes: all must be equal in the event. retry: attempts after the first. delay: seconds before the first of them, doubling."""

    name: str
    attributes: Mapping[str, str]
    subscriber: str
    dead_letters: str = ""
    retry: int = 3
    delay: float = 0.2
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a trigger. status: as the trigger understood it; 0: no answer."""

    trigger: str
    number: int
    status: int


@dataclass(slots=True)
class Broker:
    """apps: applications by address. sleep: waits between attempts. log: attempts, in the order in which they ended."""

    apps: Mapping[str, App]
    triggers: Sequence[Trigger]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    log: list[Attempt] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def application(self) -> Starlette:
        """The ingress."""

        async def take(request: Request) -> Response:
            headers = {name: value for name, value in request.headers.items() if name.startswith("ce-") or name == "content-type"}
            if "ce-id" not in headers or "ce-type" not in headers or _left(headers) is None:
                return Response(status_code=400)
            self.accept(headers, await request.body())
            return Response(status_code=202)

        return Starlette(routes=[Route("/", take, methods=["POST"])])

    def accept(self, headers: Mapping[str, str], body: bytes) -> None:
        """Takes an event of binary mode; deliveries go on in the background."""
        left = _left(headers)
        if not left:
            return
        marked = {**headers, f"ce-{TTL_HEADER}": str(left - 1)}
        for trigger in self.triggers:
            if all(headers.get(f"ce-{name}") == value for name, value in trigger.attributes.items()):
                task = asyncio.create_task(self._deliver(trigger, marked, body))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Returns when nothing is being delivered."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, trigger: Trigger, headers: Mapping[str, str], body: bytes) -> None:
        # The filter takes the mark off: subscribers see the event as it was sent.
        plain = {name: value for name, value in headers.items() if name != f"ce-{TTL_HEADER}"}
        for number in range(trigger.retry + 1):
            if number:
                await self.sleep(trigger.delay * 2.0 ** (number - 1))
            status, answered, content = await self._post(trigger.subscriber, plain, body, trigger.timeout)
            reply = "ce-id" in answered
            if 200 <= status < 300 and content and not reply:
                status = 502
            self.log.append(Attempt(trigger.name, number + 1, status))
            if 200 <= status < 300:
                if reply:
                    self.accept({**answered, f"ce-{TTL_HEADER}": headers[f"ce-{TTL_HEADER}"]}, content)
                return
            if status and status < 500 and status not in RETRIED:
                break
        if trigger.dead_letters:
            await self._post(trigger.dead_letters, plain, body, trigger.timeout)

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> tuple[int, Mapping[str, str], bytes]:
        parts = urlsplit(url)
        app = self.apps.get(f"{parts.scheme}://{parts.netloc}")
        if app is None:
            return 0, {}, b""
        try:
            return await asyncio.wait_for(call(app, "POST", parts.path or "/", headers, body), timeout)
        except TimeoutError:
            return 0, {}, b""


def _left(headers: Mapping[str, str]) -> int | None:
    """How often an event may still come back as an answer; None where its mark is no number."""
    return whole(headers.get(f"ce-{TTL_HEADER}", TTL))
