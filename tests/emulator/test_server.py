"""The server process: start, kubeconfig, answers over a real port, stop."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import aiohttp
import pytest

from local_emulator.core.requestlog import RequestLog
from local_emulator.core.requests import User
from local_emulator.protocol.server import ServerConfig, Settings, _listen, main, parse_token, serve
from tests.emulator.client import APPLY, config_map

MAPS = "/api/v1/namespaces/default/configmaps"


def test_answers_watches_and_stops(tmp_path: Path) -> None:
    async def scenario() -> None:
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        log = RequestLog()
        settings = Settings(tokens={"secret": User("root", ("system:masters",))})
        config = ServerConfig(kubeconfig=str(tmp_path / "kubeconfig"), settings=settings, ready=ready.set_result, log=log)
        server = asyncio.ensure_future(serve(config, stop))
        address = await asyncio.wait_for(ready, 20)
        written = json.loads((tmp_path / "kubeconfig").read_text())
        assert written["clusters"][0]["cluster"]["server"] == address
        headers = {"Authorization": f"Bearer {written['users'][0]['user']['token']}"}
        async with aiohttp.ClientSession(address, headers=headers) as client, client.get(f"{MAPS}?watch=1") as watch:
            body = json.dumps(config_map("a"))
            async with client.patch(f"{MAPS}/a?fieldManager=m", data=body, headers={"Content-Type": APPLY}) as answer:
                assert answer.status == 201
            assert json.loads(await watch.content.readline())["object"]["metadata"]["name"] == "a"
            stop.set()
            assert await watch.content.readline() == b""
        await asyncio.wait_for(server, 20)
        assert log.counts() == {"watch": 1, "apply": 1}

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_answers_are_not_held_back_by_nagle() -> None:
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_taken_port_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with _listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert capsys.readouterr().err == f"cannot serve on 127.0.0.1:{port}: Address already in use\n"


def test_a_directory_that_cannot_be_used_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data-dir", "/dev/null/x"]) == 1
    assert capsys.readouterr().err == "cannot keep objects in /dev/null/x: Not a directory\n"


def test_tokens_are_parsed() -> None:
    assert parse_token("t=bob,team") == ("t", User("bob", ("team", "system:authenticated")))
