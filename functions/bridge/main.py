"""The bridge's process: watches on one side, deliveries on the other, an inlet for events made elsewhere.

POST / takes events of fan-out without a broker, reminders (with ``Retry-After``) and, under ``/dead-letters``, what a broker could not
deliver: all join the same queue, so a dead letter is tried again for as long as it takes. GET /healthz, /readyz and /metrics are for
whoever runs the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from functions.bridge.bridge import Bridge, Outside
from functions.platform.cluster import Cluster, ClusterError, Request
from functions.platform.delivery import Message, Receive, Send, mark_ready, refuse_start
from functions.platform.events import FUNCTION_ROLES, Event, EventError, Role, parse
from functions.platform.files import raise_file_limit
from functions.platform.graphs import Graphs, Kinds
from functions.platform.live import LiveCluster
from functions.platform.merging import Key, key_of
from functions.platform.paths import CRDS, instance_kind, member
from functions.platform.post import ANSWER_HEADER, REFUSED, UNTOLD, HttpPost, Post, Sent, seconds
from functions.platform.schemas import ClusterSchemas
from functions.platform.settings import Settings, SettingsError, load, version
from functions.platform.telemetry import Telemetry, first_line
from functions.platform.waiting import Clock, Sleep
from graphcore.converge.effects import Missing, Refused, Served
from graphcore.names import EVENT_CONVERGE, NO_REVISION

DEAD_LETTER_DELAY = 10.0
"""Seconds before what the broker gave up is delivered again; its own attempts take about one and a half."""
LONGEST_DEAD_LETTER_DELAY = 300.0
PATIENCE = 150.0
"""Seconds that a broker's own attempts may take: four times the Triggers' time limit and what lies between."""
DEAD_KEPT = 10_000
"""Keys whose dead letters are counted; forgetting one means that its next letter waits a short time again."""


class Inlet:
    """The bridge with its connections; one per process. clock, jitter, identifier, sleep: see :class:`functions.bridge.bridge.Outside`."""

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        post: Post,
        telemetry: Telemetry,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        identifier: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.settings = settings
        self.telemetry = telemetry
        self.started = asyncio.Event()
        self._cluster = cluster
        self._post = post
        self._graphs = Graphs(cluster, ClusterSchemas(cluster), settings.limits)
        self._clock = clock
        self._dead: OrderedDict[Key, tuple[int, float]] = OrderedDict()
        outside = Outside(
            send=self._send,
            kinds=self._kinds,
            clock=clock,
            jitter=jitter,
            identifier=identifier,
            trouble=lambda text: telemetry.log("warning", "watch", reason=text),
            sleep=sleep,
        )
        self.bridge = Bridge(cluster, outside, resync_period=settings.resync_period, retry_delay=settings.rgd_progress_requeue_delay)

    async def start(self) -> None:
        await self.bridge.start()
        self.started.set()
        mark_ready(self.settings.ready_file)

    async def stop(self) -> None:
        await self.bridge.stop()
        await self._post.close()
        await self._cluster.close()

    def receive(self, event: Event, delay: float | None, word: str | None, *, dead: bool = False) -> None:
        """Takes what was posted to the inlet. delay: seconds to wait. word: a function's answer to the event, None if it is none."""
        self.hear(event, word)
        if dead:
            self.take_dead(event)
        elif delay is not None or word is None:
            self.take(event, delay)

    def take(self, event: Event, delay: float | None) -> None:
        """Queues an event made elsewhere, after ``delay`` seconds. Whoever sent it saw no echo in it, so it is none."""
        event = replace(event, type=EVENT_CONVERGE) if event.watched else event
        if delay is None:
            self.bridge.inject(event)
        else:
            self.bridge.queue.remind(event, delay)

    def take_dead(self, event: Event) -> None:
        """Queues what a broker gave up: each time in a row that the same object's come, after twice the time.

        From the second time on it says so to whoever gets it, and what the broker was answered.
        """
        key, now = key_of(event), self._clock()
        times, last = self._dead.pop(key, (0, now))
        wait = min(DEAD_LETTER_DELAY * 2.0 ** min(times, 16), LONGEST_DEAD_LETTER_DELAY)
        if now - last > 2 * wait + PATIENCE:
            times, wait = 0, DEAD_LETTER_DELAY
        self._dead[key] = (times + 1, now)
        while len(self._dead) > DEAD_KEPT:
            self._dead.popitem(last=False)
        self.take(replace(event, failed=(event.failed or "0") if times else ""), wait)

    def hear(self, event: Event, word: str | None) -> None:
        """Takes the word with which a function ended its run for an event."""
        if word == UNTOLD and event.role in (Role.INSTANCE, Role.MEMBER):
            # None of ours answers so to an event without a target; whoever else may.
            with contextlib.suppress(EventError):
                self.bridge.refused(event.target.group, event.target.kind)

    async def _send(self, event: Event) -> Sent:
        sent = await self._post.send(self.settings.sink or address_of(event.role, self.settings), event)
        self.hear(event, sent.answer)
        return sent

    async def _kinds(self, crd: str, definition: str, definition_uid: str, revision: int) -> Kinds | None:
        """Of a revision that cannot be read no more than the kind of its instances: they are to be told of, and deleted, all the same."""
        reason = ""
        try:
            found = await self._graphs.load(definition, revision, definition_uid) if revision != NO_REVISION else Missing()
            if isinstance(found, Served):
                return Kinds.of(found.graph)
            if isinstance(found, Refused):
                reason = f"{found.code} {found.reason}"
        except ClusterError as error:
            reason = str(error)
        if reason:
            self.bridge.queue.counts["revisions_unread"] += 1
            self.telemetry.once("warning", "revision", definition=definition, revision=revision, reason=reason)
        try:
            # Where the definition is gone its instances can still be deleted, and someone has to notice.
            return await self._instances_of(crd, whole=not reason)
        except ClusterError:
            return None

    async def _instances_of(self, crd: str, *, whole: bool) -> Kinds | None:
        answer = await self._cluster.send(Request("GET", member(CRDS, None, crd)))
        return Kinds(instance_kind(answer.body), frozenset(), frozenset(), whole) if answer.ok else None


def address_of(role: Role, settings: Settings) -> str:
    """The function that takes a role, where there is no broker to ask."""
    function = next(name for name, roles in FUNCTION_ROLES.items() if role in roles)
    return {"definition": settings.definition_url, "instance": settings.instance_url, "fanout": settings.fanout_url}[function]


def application(inlet: Inlet, end: Callable[[], None] = lambda: signal.raise_signal(signal.SIGTERM)) -> Starlette:
    """The bridge's ASGI application; it starts watching when the server starts. end: ends the process, where it cannot."""

    async def take(request: HttpRequest) -> Response:
        asked = request.headers.get("Retry-After")
        try:
            delay = seconds(asked)
            if asked is not None and delay is None:
                raise EventError("header Retry-After is no whole number of seconds")
            event = parse(request.headers, await request.body())
        except EventError as error:
            inlet.telemetry.log("warning", "refused", reason=str(error))
            return Response(status_code=400, headers={ANSWER_HEADER: REFUSED})
        inlet.receive(event, delay, request.headers.get(ANSWER_HEADER), dead=request.url.path == "/dead-letters")
        return Response(status_code=204)

    async def health(_request: HttpRequest) -> Response:
        return Response(status_code=204)

    async def ready(_request: HttpRequest) -> Response:
        return Response(status_code=204 if inlet.started.is_set() else 503)

    async def metrics(_request: HttpRequest) -> Response:
        queue = inlet.bridge.queue
        gauges = [("queue_depth", float(queue.depth)), ("queue_lag_seconds", queue.lag()), ("watches", float(inlet.bridge.watches))]
        gauges += [("objects_watched_by_name", float(inlet.bridge.named)), ("outages_total", float(inlet.bridge.outages))]
        gauges += [(f"queue_{name}_total", float(value)) for name, value in sorted(queue.counts.items())]
        return PlainTextResponse(inlet.telemetry.exposition(gauges))

    async def begin() -> None:
        try:
            await inlet.start()
        except Exception as error:  # a bridge that follows nothing must not look as if it did
            inlet.telemetry.log("error", "start failed", error=first_line(error))
            end()

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # Not awaited: the inlet is open while the first lists are still being read, however long the API server takes to answer.
        starting = asyncio.create_task(begin())
        try:
            yield
        finally:
            starting.cancel()
            await inlet.stop()

    routes = [
        Route("/", take, methods=["POST"]),
        Route("/dead-letters", take, methods=["POST"]),
        Route("/healthz", health),
        Route("/readyz", ready),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class _Lazy:
    """Reads the environment when the server starts, not when the module is imported."""

    def __init__(self) -> None:
        self._app: Starlette | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if self._app is None:
            try:
                settings = load(os.environ)
            except SettingsError as error:
                await refuse_start("bridge", error, receive, send)
                return
            raise_file_limit()
            cluster = LiveCluster(f"krofn-bridge/{version()}", context=settings.context)
            self._app = application(Inlet(settings, cluster, HttpPost("krofn/bridge"), Telemetry("bridge")))
        await self._app(scope, receive, send)


app = _Lazy()
