"""The API server over HTTP: a bare ASGI application, and how it is assembled, started and stopped.

``create_app`` builds everything around a store and returns the application (tests call it in process); ``serve`` runs it under uvicorn
until it is told to stop; ``python -m local_emulator.protocol.server --port N --kubeconfig FILE`` is a server on its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from graphcore.openapi.crd_validation import validate_crd
from local_emulator.auth.access import Access, Mode
from local_emulator.controllers.cleanup import Controllers, Schedule
from local_emulator.controllers.keepers import Keepers
from local_emulator.controllers.kubelet import Kubelet
from local_emulator.core.persistence import Database
from local_emulator.core.registry import Registry
from local_emulator.core.requestlog import RequestLog
from local_emulator.core.requests import Request, User
from local_emulator.core.store import Store
from local_emulator.kinds.bootstrap import bootstrap, builtin_resources
from local_emulator.kinds.crds import CrdController
from local_emulator.kinds.rules import builtin_rules
from local_emulator.protocol import kubeconfig
from local_emulator.protocol.api import Api
from local_emulator.protocol.openapi import OpenApi
from local_emulator.protocol.responses import Response
from local_emulator.protocol.watch import Watch
from local_emulator.writes.engine import Engine, custom_model
from local_emulator.writes.gates import Gates
from local_emulator.writes.policies import Policies
from local_emulator.writes.transactions import Transactions

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def on_loop(seconds: float, step: Callable[[], None]) -> None:
    """Schedules a step on the running event loop."""
    asyncio.get_running_loop().call_later(seconds, step)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server behaves.

    tokens: bearer token → user; empty means that everybody is admin. authorization: AlwaysAllow or RBAC.
    schedule: when the controllers' steps run; controller_delay: seconds between cause and effect.
    ready_after: seconds until workloads become ready by themselves; None: they never do, their status is the clients' business.
    """

    tokens: Mapping[str, User] = field(default_factory=dict)
    authorization: Mode = "RBAC"
    schedule: Schedule = on_loop
    controller_delay: float = 0.0
    ready_after: float | None = None


class App:
    """The ASGI application. ``api`` is the server behind it; ``close`` ends every watch."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.watches: set[Watch] = set()
        self.closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        response = self.api.handle(await _read(scope, receive))
        headers = [(b"content-type", response.content_type.encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in response.headers]
        if response.watch is None:
            headers.append((b"content-length", str(len(response.body)).encode()))
            await send({"type": "http.response.start", "status": response.code, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})
            return
        await self._stream(response, headers, receive, send)

    async def _stream(self, response: Response, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
        watch = response.watch
        assert watch is not None
        await send({"type": "http.response.start", "status": response.code, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        self.watches.add(watch)
        if self.closed:
            watch.stop()

        async def disconnected() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            watch.stop()

        listener = asyncio.ensure_future(disconnected())
        try:
            async for chunk in watch.events():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if not listener.done():
                await send({"type": "http.response.body", "body": b""})
        finally:
            self.watches.discard(watch)
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    def close(self) -> None:
        """Ends every watch, now and later, so that the server can stop."""
        self.closed = True
        for watch in list(self.watches):
            watch.stop()


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(scope: Scope, receive: Receive) -> Request:
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = raw.decode("latin-1")
        headers[name] = f"{headers[name]},{value.decode('latin-1')}" if name in headers else value.decode("latin-1")
    query: dict[str, str] = {}
    raw_query = scope.get("query_string", b"").decode("latin-1")
    for name, value in parse_qsl(raw_query, keep_blank_values=True) if raw_query else ():
        query.setdefault(name, value)
    body = b""
    if scope["method"] not in ("GET", "HEAD"):
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
    raw_path = scope.get("raw_path")
    path = raw_path.decode("latin-1").partition("?")[0] if raw_path else scope["path"]
    return Request(scope["method"], path if "%" in path else unquote(path), query, headers, body, raw_query)


def create_app(store: Store | None = None, settings: Settings | None = None, log: RequestLog | None = None) -> App:
    """An API server over a store (a new one by default), bootstrapped and ready for requests."""
    store = store or Store()
    settings = settings or Settings()
    registry = Registry(builtin_resources())
    machinery = Engine()
    access = Access(store, settings.tokens, settings.authorization)
    gates = Gates(Policies(store, registry), access)
    transactions = Transactions(store, machinery, builtin_rules(store, validate_crd), gates)
    crds = CrdController(store, registry, transactions, custom_model)
    late: list[tuple[float, Callable[[], None]]] = []
    controllers = Controllers(store, registry, transactions, lambda seconds, step: late.append((seconds, step)), settings.controller_delay)
    keepers = Keepers(controllers)
    crds.resume()
    bootstrap(registry, transactions)
    keepers.resume()
    controllers.resume()
    controllers.run()
    controllers.schedule = settings.schedule
    if settings.ready_after is not None:
        Kubelet(store, registry, transactions, settings.schedule, settings.ready_after)
    api = Api(store, registry, machinery, transactions, access, gates, crds, controllers, OpenApi(registry), log or RequestLog())
    return App(api)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """A server process.

    port 0: any free one. kubeconfig: file to write, empty for none. data: directory to keep objects in, None for memory alone.
    ready_file: made when it answers, empty for none. ready: called with the URL then.
    """

    host: str = "127.0.0.1"
    port: int = 0
    kubeconfig: str = ""
    ready_file: str = ""
    data: Path | None = None
    settings: Settings = field(default_factory=Settings)
    ready: Callable[[str], None] | None = None
    log: RequestLog | None = None


async def serve(config: ServerConfig, stop: asyncio.Event | None = None) -> None:
    """Serves until ``stop`` is set (or the task is cancelled); open watches are ended, requests in flight finish.

    Raises OSError if the address is taken.
    """
    import uvicorn

    listener = _listen(config.host, config.port)
    store = Store()
    database = Database(config.data) if config.data is not None else None
    if database is not None:
        database.attach(store)
    app = create_app(store, config.settings, config.log)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=5, timeout_keep_alive=75)
    )
    stop = stop or asyncio.Event()
    async with _running(server, app, listener) as address:
        app.api.address = address.removeprefix("http://")
        if config.kubeconfig:
            Path(config.kubeconfig).write_text(kubeconfig.content(address, next(iter(config.settings.tokens), "")), encoding="utf-8")
        if config.ready_file:
            Path(config.ready_file).touch()
        if config.ready is not None:
            config.ready(address)
        await stop.wait()
    if database is not None:
        database.close()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket that names its protocol: only then asyncio switches Nagle off, which costs 40 ms an answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.asynccontextmanager
async def _running(server: Any, app: App, listener: socket.socket) -> AsyncIterator[str]:
    # The public serve() would take over the process's signal handlers; they are the caller's.
    task = asyncio.ensure_future(server._serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the API server did not start")
            await asyncio.sleep(0.01)
        host, port = listener.getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        app.close()
        server.should_exit = True
        await task


def main(arguments: list[str] | None = None) -> int:
    """``python -m local_emulator.protocol.server``: a server on its own until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m local_emulator.protocol.server", description="A Kubernetes API server in memory, on loopback."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--kubeconfig", default="", help="file to write")
    parser.add_argument("--ready-file", default="", metavar="FILE", help="file to make when requests are answered")
    parser.add_argument(
        "--token", action="append", default=[], metavar="TOKEN=USER[,GROUP...]", help="a bearer token and who it stands for; repeatable"
    )
    parser.add_argument(
        "--audit-log", default="", metavar="FILE", help="where to append one line per request, in the format of kube-apiserver"
    )
    parser.add_argument(
        "--ready-after",
        type=float,
        default=None,
        metavar="SECONDS",
        help="make workloads ready by themselves after this time (default: never)",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIRECTORY", help="keep objects here across restarts (default: in memory alone)")
    parser.add_argument("--authorization", choices=("RBAC", "AlwaysAllow"), default="RBAC")
    options = parser.parse_args(arguments)
    settings = Settings(
        tokens=dict(parse_token(text) for text in options.token), authorization=options.authorization, ready_after=options.ready_after
    )

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        with contextlib.ExitStack() as stack:
            sink = stack.enter_context(Path(options.audit_log).open("ab", buffering=0)).write if options.audit_log else None
            log = RequestLog(sink=sink)
            config = ServerConfig(
                options.host, options.port, options.kubeconfig, options.ready_file, options.data_dir, settings, _announce, log
            )
            await serve(config, stop)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run())
    except OSError as error:
        print(f"cannot serve on {options.host}:{options.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"cannot keep objects in {options.data_dir}: {error}", file=sys.stderr)
        return 1
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where the platform has it."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _announce(address: str) -> None:
    print(f"ready: {address}", file=sys.stderr, flush=True)


def parse_token(text: str) -> tuple[str, User]:
    """``TOKEN=USER[,GROUP...]`` as an entry of ``Settings.tokens``."""
    token, _, rest = text.partition("=")
    name, *groups = rest.split(",")
    return token, User(name, tuple(dict.fromkeys((*groups, "system:authenticated"))))


if __name__ == "__main__":
    sys.exit(main())
