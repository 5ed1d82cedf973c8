"""What lies between the processes and the API server, and between each other: latency, refusals, lags and breaks, all in virtual time.

Every process asks through a :class:`Link` of its own and posts through a :class:`Mail`. Which faults there are now, :class:`Faults` knows;
the schedule sets and takes them away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from functions.platform.cluster import Answer, ClusterError, Request, decode
from functions.platform.events import Event, encode, parse
from functions.platform.post import AGAIN, REFUSED, TIMEOUT, Sent
from local_emulator.core.requests import parse_path
from tests.simulation.way.world import World

REASONS = {403: "Forbidden", 404: "NotFound", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with some requests.

    what: ``refuse`` (answered with ``code``; 0: no answer), ``slow`` (answered ``seconds`` late), ``lag`` (of a watch's events),
    ``away`` (watches break and cannot be opened), ``post`` (an event is answered with ``code``; 0: nobody answers), ``late`` (events
    arrive ``seconds`` late). who: a process's role or "" for all. plurals: of the kinds, none for all. verb: ``read``, ``list``, ``write``
    or "". share: of what it meets, the part that it hits. spared: end of the names that it does not hit.
    """

    what: str
    who: str = ""
    plurals: tuple[str, ...] = ()
    verb: str = ""
    code: int = 0
    seconds: float = 0.0
    share: float = 1.0
    spared: str = ""


@dataclass(slots=True)
class Faults:
    """now: the faults, by number."""

    random: Random
    now: dict[int, Fault] = field(default_factory=dict)
    breaks: asyncio.Event = field(default_factory=asyncio.Event)

    def met(self, what: str, who: str, plural: str, verbs: tuple[str, ...] = (), name: str = "") -> Fault | None:
        """A fault that hits this, if any."""
        for fault in self.now.values():
            if (
                fault.what == what
                and fault.who in ("", who)
                and (not fault.plurals or plural in fault.plurals)
                and (not fault.verb or fault.verb in verbs)
                and not (fault.spared and name.endswith(fault.spared))
                and (fault.share >= 1.0 or self.random.random() < fault.share)
            ):
                return fault
        return None

    def change(self) -> None:
        """Tells open watches that what is wrong has changed."""
        self.breaks.set()
        self.breaks = asyncio.Event()


class Process(Protocol):
    """Where requests come from. role: bridge, definition, instance or fanout. frozen: set while it does not run."""

    role: str
    thaw: asyncio.Event


def _verbs(request: Request, name: str) -> tuple[str, ...]:
    if request.verb == "GET":
        return ("read",) if name else ("read", "list")
    return ("write",)


@dataclass(slots=True)
class Link:
    """A :class:`functions.platform.cluster.Cluster`. random: of this process's latencies."""

    world: World
    faults: Faults
    process: Process
    random: Random

    async def send(self, request: Request) -> Answer:
        target = parse_path(request.path)
        role, verbs = self.process.role, _verbs(request, target.name)
        await self._pass(0.002)
        fault = self.faults.met("slow", role, target.plural, verbs, target.name)
        before, after = (0.0, 0.0) if fault is None else _halves(self.random, fault.seconds)
        if before and request.verb != "GET":
            # What has been sent arrives, whatever becomes of who sent it.
            return await asyncio.shield(self._arriving(request, before))
        if before:
            await asyncio.sleep(before)
        refused = self.faults.met("refuse", role, target.plural, verbs)
        self.world.asked[role] += 1
        if refused is not None:
            if refused.code == 0:
                raise ClusterError("no answer")
            status = {"kind": "Status", "status": "Failure", "code": refused.code, "reason": REASONS[refused.code], "message": "a fault"}
            return Answer(refused.code, status)
        answer = self.world.ask(request, f"krofn-{role}")
        await self._pass(0.002 + after)
        return answer

    async def _arriving(self, request: Request, seconds: float) -> Answer:
        await asyncio.sleep(seconds)
        return self.world.ask(request, f"krofn-{self.process.role}")

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        target = parse_path(request.path)
        plural = target.plural
        await self._pass(0.002)
        if self.faults.met("away", self.process.role, plural):
            raise ClusterError("no connection")
        watch = self.world.open(request, f"krofn-{self.process.role}").watch
        if watch is None:
            body = decode(self.world.open(request, "krofn").body)
            yield {"type": "ERROR", "object": body}
            return
        source = watch.events()
        chunks: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def pump() -> None:
            async for chunk in source:
                lag = self.faults.met("lag", self.process.role, plural)
                chunks.put_nowait((loop.time() + (lag.seconds * self.random.random() if lag else 0.002 * self.random.random()), chunk))
            chunks.put_nowait(None)

        pumping = asyncio.ensure_future(pump())
        try:
            while True:
                item = await self._next(chunks, plural)
                if item is None:
                    return
                due, chunk = item
                if due > loop.time():
                    await asyncio.sleep(due - loop.time())
                if self.faults.met("away", self.process.role, plural):
                    raise ClusterError("connection lost")
                await self.process.thaw.wait()
                for line in chunk.split(b"\n"):
                    if line:
                        yield decode(line)
        finally:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
            await source.aclose()  # type: ignore[attr-defined]

    async def _next(self, chunks: asyncio.Queue[tuple[float, bytes] | None], plural: str) -> tuple[float, bytes] | None:
        """What comes next; raises ClusterError if the connection breaks first."""
        if not chunks.empty():
            return chunks.get_nowait()
        getting = asyncio.ensure_future(chunks.get())
        try:
            while True:
                breaking = asyncio.ensure_future(self.faults.breaks.wait())
                await asyncio.wait([getting, breaking], return_when=asyncio.FIRST_COMPLETED)
                breaking.cancel()
                if getting.done():
                    return getting.result()
                if self.faults.met("away", self.process.role, plural):
                    raise ClusterError("connection lost")
        finally:
            getting.cancel()

    async def _pass(self, seconds: float) -> None:
        """The way to the server and back; longer for a process that does not run."""
        await asyncio.sleep(seconds * self.random.random())
        await self.process.thaw.wait()

    async def close(self) -> None:
        return


def _halves(random: Random, seconds: float) -> tuple[float, float]:
    """A delay before the server looks, or after it: what an answer says may be old when it comes."""
    return (seconds, 0.0) if random.random() < 0.5 else (0.0, seconds)


Take = Callable[[Event, float | None, str | None], Any]


@dataclass(slots=True)
class Mail:
    """A :class:`functions.platform.post.Post`. deliver: takes an event to an address, with the headers of a reminder."""

    faults: Faults
    process: Process
    random: Random
    deliver: Callable[[str, Event, Mapping[str, str]], Any]

    async def send(self, url: str, event: Event, headers: Mapping[str, str] | None = None) -> Sent:
        own, body = encode(event, f"krofn/{self.process.role}")
        await self._pass()
        fault = self.faults.met("post", self.process.role, "", (event.role.value,))
        if fault is not None:
            return Sent(fault.code)
        late = self.faults.met("late", self.process.role, "", (event.role.value,))
        if late is not None:
            await asyncio.sleep(late.seconds * self.random.random())
        try:
            async with asyncio.timeout(TIMEOUT):
                sent: Sent = await self.deliver(url, parse(own, body), headers or {})
        except TimeoutError:
            return Sent(0)
        await self._pass()
        return sent

    async def _pass(self) -> None:
        await asyncio.sleep(0.002 * self.random.random())
        await self.process.thaw.wait()

    async def close(self) -> None:
        return


__all__ = ["AGAIN", "REFUSED", "Fault", "Faults", "Link", "Mail", "Process"]
