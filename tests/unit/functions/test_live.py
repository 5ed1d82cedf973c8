"""The live cluster over a real socket: how many connections it takes, and what it says where there are no more."""

from __future__ import annotations

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from functions.platform.cluster import ClusterError, Request
from functions.platform.files import raise_file_limit
from functions.platform.live import AT_ONCE, LiveCluster

WATCH = Request("GET", "/api/v1/configmaps", {"watch": "true", "timeoutSeconds": "60"})


class Api:
    """Watches that say one thing and stay open; a list; as many things counted. tokens: those accepted."""

    def __init__(self) -> None:
        self.open = self.most = self.asking = self.most_asking = 0
        self.tokens = {"first", "second"}
        self.hold, self.end = asyncio.Event(), asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.tokens:
            return web.json_response({"kind": "Status", "code": 401, "reason": "Unauthorized"}, status=401)
        if "watch" not in request.query:
            self.asking += 1
            self.most_asking = max(self.most_asking, self.asking)
            if request.path == "/slow":
                await self.hold.wait()
            self.asking -= 1
            return web.json_response({"kind": "ConfigMapList", "items": []})
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"type": "BOOKMARK", "object": {}}\n')
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await self.end.wait()
        finally:
            self.open -= 1
        return response


@asynccontextmanager
async def served(directory: Path) -> AsyncIterator[tuple[Api, LiveCluster]]:
    api = Api()
    app = web.Application()
    app.router.add_get("/{path:.*}", api.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    cluster = LiveCluster("test", kubeconfig=str(write_kubeconfig(directory, f"http://{host}:{port}", "first")))
    try:
        yield api, cluster
    finally:
        api.end.set()
        await cluster.close()
        await runner.cleanup()


def write_kubeconfig(directory: Path, server: str, token: str) -> Path:
    path = directory / "kubeconfig"
    config = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(yaml.safe_dump(config))
    return path


@asynccontextmanager
async def watching(cluster: LiveCluster, count: int) -> AsyncIterator[list[asyncio.Task[None]]]:
    """``count`` watches, each of which has received its first event."""
    arrived = asyncio.Semaphore(0)

    async def follow() -> None:
        async for _ in cluster.stream(WATCH):
            arrived.release()

    tasks = [asyncio.create_task(follow()) for _ in range(count)]
    try:
        for _ in range(count):
            await asyncio.wait_for(arrived.acquire(), 20)
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def play(directory: Path, scene: Callable[[Api, LiveCluster], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served(directory) as (api, cluster):
            await scene(api, cluster)

    asyncio.run(asyncio.wait_for(run(), 60))


@contextmanager
def no_more_files() -> Iterator[int]:
    """The process has as many files open as it may; the limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = max(int(item.name) for item in Path("/proc/self/fd").iterdir()) + 10
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
    taken: list[int] = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        yield limit
    finally:
        for file in taken:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("watches", [1, 99, 100, 101, 250])
def test_a_request_never_waits_behind_watches(tmp_path: Path, watches: int) -> None:
    async def scene(api: Api, cluster: LiveCluster) -> None:
        async with watching(cluster, watches):
            assert api.open == watches
            assert (await cluster.send(Request("GET", "/api/v1/configmaps"))).ok

    play(tmp_path, scene)


def test_watches_are_opened_while_all_turns_for_requests_are_taken(tmp_path: Path) -> None:
    async def scene(api: Api, cluster: LiveCluster) -> None:
        requests = [asyncio.create_task(cluster.send(Request("GET", "/slow"))) for _ in range(AT_ONCE + 20)]
        async with watching(cluster, 30):
            assert api.open == 30
            api.hold.set()
            assert all(answer.ok for answer in await asyncio.gather(*requests))
            assert api.most_asking <= AT_ONCE

    play(tmp_path, scene)


def test_the_error_names_the_limit_of_open_files(tmp_path: Path) -> None:
    async def scene(api: Api, cluster: LiveCluster) -> None:
        async with watching(cluster, 1):
            with no_more_files() as limit, pytest.raises(ClusterError, match=rf"RLIMIT_NOFILE, {limit}\)"):
                async for _ in cluster.stream(WATCH):
                    pass
            # The neighbours go on, and so does this process once there is room again.
            assert api.open == 1
            assert (await cluster.send(Request("GET", "/api/v1/configmaps"))).ok

    play(tmp_path, scene)


def test_the_soft_limit_of_open_files_is_lifted_to_the_hard_one() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with no_more_files():
        raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_new_credentials_leave_open_watches_alone(tmp_path: Path) -> None:
    async def scene(api: Api, cluster: LiveCluster) -> None:
        async with watching(cluster, 3) as tasks:
            host = cluster._configuration.host
            write_kubeconfig(tmp_path, host, "second")
            api.tokens = {"second"}
            answers = await asyncio.gather(*(cluster.send(Request("GET", "/api/v1/configmaps")) for _ in range(20)))
            assert all(answer.ok for answer in answers)
            assert api.open == 3
            assert not any(task.done() for task in tasks)

    play(tmp_path, scene)


@pytest.mark.parametrize("verb", ["send", "stream"])
def test_credentials_that_stay_wrong_are_the_servers_answer(tmp_path: Path, verb: str) -> None:
    async def scene(api: Api, cluster: LiveCluster) -> None:
        api.tokens = set()
        if verb == "send":
            assert (await cluster.send(Request("GET", "/api/v1/configmaps"))).status == 401
        else:
            events: list[Any] = [event async for event in cluster.stream(WATCH)]
            assert [event["object"]["code"] for event in events] == [401]

    play(tmp_path, scene)
