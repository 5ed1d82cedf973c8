"""The API server over HTTP: a bare ASGI application, and how it is assembled, started and stopped.

``create_app`` builds everything around a store and returns the application (tests call it in process); ``serve`` runs it under uvicorn
until it is told to stop; ``python -m local_emulator.server --port N --kubeconfig FILE`` is a server on its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from local_emulator.access import Access, Mode
from local_emulator.api import Api
from local_emulator.bootstrap import bootstrap, builtin_resources
from local_emulator.controllers import Controllers, Schedule
from local_emulator.crds import CrdController
from local_emulator.engine import Engine, custom_model
from local_emulator.openapi import OpenApi
from local_emulator.registry import Registry
from local_emulator.requestlog import RequestLog
from local_emulator.requests import Request, Response, User
from local_emulator.rules import builtin_rules
from local_emulator.store import Store
from local_emulator.transactions import Transactions
from local_emulator.watch import Watch

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
    """

    tokens: Mapping[str, User] = field(default_factory=dict)
    authorization: Mode = "RBAC"
    schedule: Schedule = on_loop
    controller_delay: float = 0.0


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
    if scope.get("query_string"):
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
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
    return Request(scope["method"], path if "%" in path else unquote(path), query, headers, body)


def create_app(store: Store | None = None, settings: Settings | None = None, log: RequestLog | None = None) -> App:
    """An API server over a store (a new one by default), bootstrapped and ready for requests."""
    store = store or Store()
    settings = settings or Settings()
    registry = Registry(builtin_resources())
    machinery = Engine()
    transactions = Transactions(store, machinery, builtin_rules(store, lambda crd: ()))
    access = Access(store, settings.tokens, settings.authorization)
    crds = CrdController(store, registry, transactions, custom_model)
    late: list[tuple[float, Callable[[], None]]] = []
    controllers = Controllers(store, registry, transactions, lambda seconds, step: late.append((seconds, step)), settings.controller_delay)
    bootstrap(registry, transactions)
    controllers.run()
    controllers.schedule = settings.schedule
    api = Api(store, registry, machinery, transactions, access, crds, controllers, OpenApi(registry), log or RequestLog())
    return App(api)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """A server process. port 0: any free one. kubeconfig: file to write, empty for none. ready: called with the URL when it answers."""

    host: str = "127.0.0.1"
    port: int = 0
    kubeconfig: str = ""
    settings: Settings = field(default_factory=Settings)
    ready: Callable[[str], None] | None = None
    log: RequestLog | None = None


async def serve(config: ServerConfig, stop: asyncio.Event | None = None) -> None:
    """Serves until ``stop`` is set (or the task is cancelled); open watches are ended, requests in flight finish."""
    import uvicorn

    app = create_app(settings=config.settings, log=config.log)
    server = uvicorn.Server(
        uvicorn.Config(app, host=config.host, port=config.port, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=5, timeout_keep_alive=75)
    )
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals are the caller's
    stop = stop or asyncio.Event()
    async with _running(server, app) as address:
        app.api.address = address.removeprefix("http://")
        if config.kubeconfig:
            write_kubeconfig(config.kubeconfig, address, next(iter(config.settings.tokens), ""))
        if config.ready is not None:
            config.ready(address)
        await stop.wait()


@contextlib.asynccontextmanager
async def _running(server: Any, app: App) -> AsyncIterator[str]:
    task = asyncio.ensure_future(server._serve() if hasattr(server, "_serve") else server.serve())
    try:
        while not server.started:
            if task.done():
                task.result()
                raise RuntimeError("the API server did not start")
            await asyncio.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        app.close()
        server.should_exit = True
        await task


def write_kubeconfig(path: str, server: str, token: str) -> None:
    """A kubeconfig with one context, ``krofn``."""
    user = {"token": token} if token else {}
    body = {
        "apiVersion": "v1", "kind": "Config", "current-context": "krofn",
        "clusters": [{"name": "krofn", "cluster": {"server": server}}], "users": [{"name": "krofn", "user": user}],
        "contexts": [{"name": "krofn", "context": {"cluster": "krofn", "user": "krofn", "namespace": "default"}}],
    }  # fmt: skip
    Path(path).write_text(json.dumps(body, indent=2) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """``python -m local_emulator.server``: a server on its own until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m local_emulator.server", description="A Kubernetes API server in memory, on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--kubeconfig", default="", help="file to write")
    parser.add_argument("--token", action="append", default=[], metavar="TOKEN=USER[,GROUP...]", help="a bearer token and who it stands for; repeatable")
    parser.add_argument("--authorization", choices=("RBAC", "AlwaysAllow"), default="RBAC")
    options = parser.parse_args(arguments)
    settings = Settings(tokens=dict(parse_token(text) for text in options.token), authorization=options.authorization)

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        config = ServerConfig(options.host, options.port, options.kubeconfig, settings, lambda address: print(f"ready: {address}", file=sys.stderr, flush=True))
        await serve(config, stop)

    asyncio.run(run())
    return 0


def parse_token(text: str) -> tuple[str, User]:
    """``TOKEN=USER[,GROUP...]`` as an entry of ``Settings.tokens``."""
    token, _, rest = text.partition("=")
    name, *groups = rest.split(",")
    return token, User(name, tuple(dict.fromkeys((*groups, "system:authenticated"))))


if __name__ == "__main__":
    sys.exit(main())
