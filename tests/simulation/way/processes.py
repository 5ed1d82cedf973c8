"""The processes of one schedule: a bridge, and two of each function; each can be killed, frozen and begun anew, knowing nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from functions.bridge.main import Inlet
from functions.definition import main as definition
from functions.fanout.main import Fanout
from functions.instance import main as instance
from functions.platform.delivery import Function
from functions.platform.events import FUNCTION_OF, Event, EventError, Reference
from functions.platform.platform import Platform, assemble
from functions.platform.post import ANSWER_HEADER, REFUSED, Sent, seconds
from functions.platform.runs import Report, Run
from functions.platform.settings import Settings
from functions.platform.telemetry import Telemetry
from tests.simulation.way.clock import gone
from tests.simulation.way.network import Faults, Link, Mail
from tests.simulation.way.world import World

PAGE = 2
"""Instances told in one delivery of a fan-out."""
COPIES = 2
MOST_RUNS = 1000
"""Runs of a schedule, some thirty of which are needed; who makes more goes on without end."""
ROLES = ("definition", "instance", "fanout")
BRIDGE = "http://bridge.local"
SETTINGS = Settings(
    resync_period=0.0,
    definition_url="http://definition.local",
    instance_url="http://instance.local",
    fanout_url="http://fanout.local",
)
BROKER = "http://broker.local"
RETRIED = frozenset({0, 404, 408, 409, 429})
ATTEMPTS = (0.2, 0.4, 0.8, None)
"""Pauses behind a broker's attempts."""


def _silent(_line: str) -> None:
    return


@dataclass(slots=True)
class Started:
    """A run that began: of which object, by which process, when."""

    moment: float
    role: str
    target: Reference
    events: tuple[Event, ...]


@dataclass(slots=True)
class Site:
    """Everything that runs. runs: every run begun. lines: what the processes logged, where it is kept."""

    world: World
    faults: Faults
    seed: int
    runs: list[Started] = field(default_factory=list)
    lines: list[str] | None = None
    functions: list[FunctionProcess] = field(default_factory=list)
    bridge: BridgeProcess | None = None
    balance: Random = field(default_factory=Random)
    numbers: count[int] = field(default_factory=count)
    broker: bool = False
    stock: bool = False
    carried: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.balance = self.random("balance")

    @staticmethod
    def chance(seed: int) -> Random:
        return Random(f"{seed}/faults")

    def random(self, channel: str) -> Random:
        """A source of chance of its own for each use, so that what is left out elsewhere does not move it."""
        return Random(f"{self.seed}/{channel}")

    def start(self) -> None:
        self.functions = [FunctionProcess(self, role, number) for role in ROLES for number in range(COPIES)]
        self.bridge = BridgeProcess(self)

    async def stop(self) -> None:
        for task in list(self.carried):
            task.cancel()
        for process in self.functions:
            await process.kill()
        if self.bridge is not None:
            await self.bridge.kill()

    def telemetry(self, role: str) -> Telemetry:
        return Telemetry(role, self.lines.append if self.lines is not None else _silent)

    @property
    def settings(self) -> Settings:
        """Of the bridge; and of the functions, where they need no address of the bridge."""
        return replace(SETTINGS, sink=BROKER if self.broker else "")

    async def _carry(self, event: Event) -> None:
        """What a broker has accepted: some attempts, then the dead letters, as often as it takes."""
        address = f"http://{FUNCTION_OF[event.role]}.local"
        for pause in ATTEMPTS:
            sent = await self.deliver(address, event, {})
            if sent.done:
                return
            if sent.status not in RETRIED and sent.status < 500:
                break
            if pause is not None:
                await asyncio.sleep(pause)
        while self.bridge is None:
            await asyncio.sleep(1.0)
        self.bridge.inlet.receive(event, None, None, dead=True)

    async def deliver(self, url: str, event: Event, headers: Mapping[str, str]) -> Sent:
        """To one of the processes behind an address."""
        if self.stock and event.watched:
            event = replace(event, revision=None, definition="", asof="")
        if url.startswith(BRIDGE):
            return Sent(0) if self.bridge is None else self.bridge.take(event, headers)
        if url == BROKER:
            task = asyncio.ensure_future(self._carry(event))
            self.carried.add(task)
            task.add_done_callback(self.carried.discard)
            return Sent(202)
        role = url.removeprefix("http://").partition(".")[0]
        return await self.balance.choice([process for process in self.functions if process.role == role]).take(event)


class FunctionProcess:
    """One process of a function."""

    def __init__(self, site: Site, role: str, number: int) -> None:
        self.site, self.role, self.number = site, role, number
        self.thaw = asyncio.Event()
        self.thaw.set()
        self.alive = False
        self.births = 0
        self.boot()

    def boot(self) -> None:
        """Begins anew, knowing nothing."""
        self.births += 1
        site, random = self.site, self.site.random(f"{self.role}/{self.number}/{self.births}")
        loop = asyncio.get_running_loop()
        link = Link(site.world, site.faults, self, random)
        mail = Mail(site.faults, self, random, site.deliver)
        settings = replace(site.settings, bridge_url=BRIDGE if site.broker or self.role == "fanout" else "")
        platform = assemble(
            self.role, settings, link, mail, site.telemetry(self.role), now=site.world.now, clock=loop.time, sleep=asyncio.sleep
        )
        self.function = Function(self._make, lambda: platform, clock=loop.time, jitter=random.random)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.alive = True

    def _make(self, platform: Platform) -> Run:
        if self.role == "fanout":
            run = Fanout(platform, page=PAGE, clock=platform.clock).run
        else:
            run = {"definition": definition, "instance": instance}[self.role].make(platform)

        async def counted(target: Reference, events: tuple[Event, ...]) -> Report:
            if len(self.site.runs) >= MOST_RUNS:
                await asyncio.Event().wait()
            self.site.runs.append(Started(asyncio.get_running_loop().time(), self.role, target, events))
            return await run(target, events)

        return counted

    async def take(self, event: Event) -> Sent:
        if not self.alive:
            return Sent(0)
        await self.thaw.wait()
        task = asyncio.ensure_future(self.function.take(event))
        self.tasks.add(task)
        try:
            response = await task
        except EventError:
            return Sent(400, None, REFUSED)
        except asyncio.CancelledError:
            if task.cancelled() and not self.alive:
                return Sent(0)
            raise
        finally:
            self.tasks.discard(task)
        return Sent(response.status_code, seconds(response.headers.get("Retry-After")), response.headers.get(ANSWER_HEADER, ""))

    async def kill(self) -> None:
        """The process is gone, whatever it was doing."""
        self.alive = False
        self.thaw.set()
        _, runs = self.function.start()
        tasks = [*self.tasks, *runs._tasks]
        for task in tasks:
            task.cancel()
        await gone(*tasks)


class BridgeProcess:
    """The bridge."""

    def __init__(self, site: Site) -> None:
        self.site, self.role = site, "bridge"
        self.thaw = asyncio.Event()
        self.thaw.set()
        number = next(site.numbers)
        random = site.random(f"bridge/{number}")
        loop = asyncio.get_running_loop()
        link = Link(site.world, site.faults, self, random)
        identifiers = count(1)
        self.inlet = Inlet(
            site.settings,
            link,
            Mail(site.faults, self, random, site.deliver),
            site.telemetry("bridge"),
            clock=loop.time,
            sleep=asyncio.sleep,
            jitter=random.random,
            identifier=lambda: f"{next(identifiers):032x}",
        )
        self.starting = asyncio.ensure_future(self.inlet.start())

    def take(self, event: Event, headers: Mapping[str, str]) -> Sent:
        self.inlet.receive(event, seconds(headers.get("Retry-After")), headers.get(ANSWER_HEADER))
        return Sent(204)

    async def kill(self) -> None:
        self.thaw.set()
        self.starting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.starting
        await self.inlet.stop()
