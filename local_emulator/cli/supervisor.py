"""Bridge and functions as local processes: started, watched, restarted when they crash, stopped together.

What a person uses to try krofn on a cluster without Knative, and what ``krofn up`` runs beside the emulator. Every function is the same
ASGI application under the same server as in a cluster, in a process of its own; only the broker is left out, the bridge posts to the
functions directly.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from functions.platform.settings import UNKNOWN_ACCOUNTS

FUNCTIONS = ("definition", "instance", "fanout")
BRIDGE = "bridge"
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
STEADY = 10.0
"""A process that lived for this many seconds is no longer counted as crashing."""
DRAIN = 15.0
"""Seconds between SIGTERM and SIGKILL."""
LONGEST_START = 60.0
LONGEST_WORDS = 400


class StartError(Exception):
    """A process cannot be started; the text is one line and names it."""


@dataclass(frozen=True, slots=True)
class Command:
    """One process to keep running. ready_file: exists as soon as it can serve. again: called when it can, after it had to be restarted."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    ready_file: Path
    again: Callable[[], Awaitable[None]] | None = None


@dataclass(slots=True)
class Child:
    """A supervised process. starts: how often it has been started."""

    command: Command
    process: asyncio.subprocess.Process | None = None
    starts: int = 0


@dataclass(slots=True)
class Supervisor:
    """log: where the children's stderr goes; None means ours. say: takes one line for people."""

    say: Callable[[str], None]
    log_directory: Path | None = None
    children: dict[str, Child] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: bool = False

    async def start(self, command: Command, *, within: float = LONGEST_START) -> None:
        """Starts a process and returns when it is ready. Raises StartError if it ends before, or takes longer than ``within`` seconds."""
        child = self.children[command.name] = Child(command)
        await self._spawn(child)
        await self._until_ready(child, within)
        self._tasks.append(asyncio.create_task(self._keep(child)))

    async def _until_ready(self, child: Child, within: float) -> None:
        name, end = child.command.name, time.monotonic() + within
        while not child.command.ready_file.exists():
            assert child.process is not None
            if child.process.returncode is not None:
                raise StartError(f"{name} ended with code {child.process.returncode} before it was ready{self._last_words(name)}")
            if time.monotonic() > end:
                raise StartError(f"{name} was not ready after {within:g} s{self._last_words(name)}")
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Asks all processes to end, the youngest first, and waits; kills what does not listen."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for child in reversed(self.children.values()):
            await _end(child.process)

    async def _keep(self, child: Child) -> None:
        pause = FIRST_PAUSE
        while child.process is not None:
            began = time.monotonic()
            code = await child.process.wait()
            if self._stopping:
                return
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
            self.say(f"{child.command.name} ended with code {code}; starting it again")
            await asyncio.sleep(pause)
            try:
                await self._spawn(child)
                if child.command.again is not None:
                    await self._until_ready(child, LONGEST_START)
                    await child.command.again()
            except StartError as error:
                self.say(str(error))

    async def _spawn(self, child: Child) -> None:
        child.command.ready_file.unlink(missing_ok=True)
        log: IO[bytes] | None = None
        if self.log_directory is not None:
            log = (self.log_directory / f"{child.command.name}.log").open("ab")
        try:
            child.process = await asyncio.create_subprocess_exec(
                *child.command.arguments,
                env=dict(child.command.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal is for us alone; we pass it on in order.
                start_new_session=True,
            )
        except OSError as error:
            raise StartError(f"{child.command.name}: {error.strerror or error}") from None
        finally:
            if log is not None:
                log.close()
        child.starts += 1

    def _last_words(self, name: str) -> str:
        """The end of its log, which may be gone by the time somebody reads this."""
        if self.log_directory is None:
            return ""
        lines = (self.log_directory / f"{name}.log").read_text(encoding="utf-8", errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return f": {said[:LONGEST_WORDS]}" if said else ""


async def _end(process: asyncio.subprocess.Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), DRAIN)
    except TimeoutError:
        process.kill()
        await process.wait()


def function_commands(environment: Mapping[str, str], directory: Path) -> list[Command]:
    """The commands of all functions and, last, of the bridge, wired to each other on free loopback ports.

    environment: for all of them; ``KROFN_<NAME>_CONTEXT`` in it is the kubeconfig context of one process, so that each can have the
    rights of its own ServiceAccount. directory: where their ready files go.
    """
    ports = dict(zip((*FUNCTIONS, BRIDGE), free_ports(len(FUNCTIONS) + 1), strict=True))
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    commands = []
    several = any(environment.get(f"KROFN_{name.upper()}_CONTEXT") for name in ports)
    for name, port in ports.items():
        own = {"KROFN_READY_FILE": str(directory / f"{name}.ready")}
        if several and not environment.get("KROFN_SERVICE_ACCOUNTS"):
            # Its own rights say nothing about those of the others.
            own["KROFN_SERVICE_ACCOUNTS"] = UNKNOWN_ACCOUNTS
        context = environment.get(f"KROFN_{name.upper()}_CONTEXT")
        if context:
            own["KROFN_CONTEXT"] = context
        if name == BRIDGE:
            own |= {f"KROFN_{function.upper()}_URL": addresses[function] for function in FUNCTIONS}
        elif name == "fanout":
            own["KROFN_BRIDGE_URL"] = addresses[BRIDGE]
        commands.append(Command(name, uvicorn(f"functions.{name}.main:app", port), {**environment, **own}, directory / f"{name}.ready"))
    return commands


def uvicorn(application: str, port: int) -> tuple[str, ...]:
    """Command line that serves an application on a loopback port, as the image does on all addresses."""
    options = ("--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "12")
    return (sys.executable, "-m", "uvicorn", application, *options)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [int(item.getsockname()[1]) for item in sockets]
    finally:
        for item in sockets:
            with closing(item):
                pass


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A directory for ready files and logs that goes away with the process."""
    return tempfile.TemporaryDirectory(prefix="krofn-")


def inherited() -> dict[str, str]:
    """Our environment for children, without what would address another broker."""
    return {key: value for key, value in os.environ.items() if key != "K_SINK"}
