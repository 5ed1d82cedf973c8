"""A function as an ASGI application: requests become deliveries, the end of a run becomes a status code.

* 204 without a body: acknowledged. Anything with a body that is no CloudEvent would be a failure to the broker. ``Retry-After`` says when
  the object wants to be looked at again although nothing happened; only the bridge reads it, so with a broker in between the bridge's
  inlet is asked as well.
* 503: a transient fault; every source and the broker deliver again. Never 500, which the stock source drops at once.
* 400: no event of the contract; delivering it again cannot help.

The header ``Krofn-Answer`` says who answered and what was done: ``done`` (a run ended), ``echo``, ``again``, ``refused``. A 400 without it
is some proxy's and says nothing about the event.

The application is functions-framework's, with the *http* signature: its own ``cloudevent`` signature always answers with a body.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import functions_framework.aio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from functions.platform.events import Event, EventError, Reference, parse
from functions.platform.platform import Platform
from functions.platform.post import AGAIN, ANSWER_HEADER, DONE, ECHO, REFUSED, UNTOLD
from functions.platform.runs import Answer, Run, Runs
from functions.platform.settings import SettingsError
from functions.platform.telemetry import Telemetry, first_line
from functions.platform.waiting import Clock

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
Opener: TypeAlias = Callable[[], Platform]
Maker: TypeAlias = Callable[[Platform], Run]


class Function:
    """One function of one process.

    open_platform is called when the first request or the start of the server needs it, never at import. jitter: a number in [0, 1).
    """

    def __init__(
        self, make: Maker, open_platform: Opener, *, clock: Clock = time.monotonic, jitter: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._make = make
        self._open = open_platform
        self._platform: Platform | None = None
        self._runs: Runs | None = None

    def start(self) -> tuple[Platform, Runs]:
        """The function's platform and runs, made when first asked for. Raises SettingsError."""
        if self._platform is None or self._runs is None:
            self._platform = self._open()
            self._runs = Runs(self._make(self._platform), clock=self._clock, jitter=self._jitter, on_error=self._failed)
        return self._platform, self._runs

    async def stop(self) -> None:
        if self._platform is not None:
            await self._platform.close()

    async def handle(self, request: Request) -> Response:
        platform, _ = self.start()
        if request.method == "GET":
            return PlainTextResponse(platform.telemetry.exposition()) if request.url.path == "/metrics" else Response(status_code=204)
        try:
            return await self.take(parse(request.headers, await request.body()))
        except EventError as error:
            platform.telemetry.log("warning", "refused", reason=str(error))
            return _respond(400, REFUSED)

    async def take(self, event: Event) -> Response:
        """The answer to one event. Raises EventError for one whose target cannot be formed."""
        platform, runs = self.start()
        answer = await runs.deliver(event)
        word = _word(answer)
        platform.telemetry.count("deliveries_total", role=event.role.value, answer=word)
        if not answer.acknowledged:
            return _respond(503, word)
        if answer.retry_after is None and not answer.untold:
            return _respond(204, word)
        # Rounded up: a header of whole seconds is what every HTTP client understands.
        delay = None if answer.retry_after is None else max(1, math.ceil(answer.retry_after))
        if not await platform.remind(event, delay, word):
            # Nobody would come back: whoever delivered has to.
            platform.telemetry.count("reminders_refused_total")
            return _respond(503, AGAIN)
        return _respond(204, word, {} if delay is None else {"Retry-After": str(delay)})

    def _failed(self, target: Reference, error: Exception) -> None:
        if self._platform is not None:
            self._platform.telemetry.count("run_errors_total", error=type(error).__name__)
            self._platform.telemetry.log("error", "run failed", object=str(target), error=first_line(error))


def application(target: Handler, function: Function) -> Application:
    """The ASGI application that functions-framework makes of a target; it starts and stops with ``function``."""
    name = target.__name__
    app: Starlette = functions_framework.aio.create_asgi_app_from_module(
        target=name, source=__file__, signature_type="http", source_module=SimpleNamespace(**{name: target}), spec=None
    )
    app.router.lifespan_context = lambda _app: _lifespan(function)

    async def checked(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            try:
                function.start()
            except SettingsError as error:
                await refuse_start(name, error, receive, send)
                return
        await app(scope, receive, send)

    return checked


async def refuse_start(name: str, error: SettingsError, receive: Receive, send: Send) -> None:
    """Tells the server that the application cannot start, and people why, in one line."""
    Telemetry(name).log("error", "bad setting", reason=str(error))
    await receive()
    await send({"type": "lifespan.startup.failed", "message": ""})


@contextlib.asynccontextmanager
async def _lifespan(function: Function) -> AsyncIterator[None]:
    platform, _ = function.start()
    mark_ready(platform.settings.ready_file)
    try:
        yield
    finally:
        await function.stop()


def mark_ready(path: str) -> None:
    """Tells whoever started the process that it can serve."""
    if path:
        Path(path).write_text(f"{os.getpid()}\n", encoding="ascii")


def _word(answer: Answer) -> str:
    if answer.echo:
        return ECHO
    if answer.untold:
        return UNTOLD
    return DONE if answer.acknowledged else AGAIN


def _respond(status: int, word: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status_code=status, headers={ANSWER_HEADER: word, **(headers or {})})
