"""Processes are started, restarted and stopped; what goes wrong is one line."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local_emulator.cli import supervisor as module
from local_emulator.cli.supervisor import Command, StartError, Supervisor, free_ports, function_commands

READY = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text('x'); time.sleep(60)"


def command(directory: Path, script: str) -> Command:
    ready = directory / "child.ready"
    return Command("child", (sys.executable, "-c", script, str(ready)), dict(os.environ), ready)


def test_a_crashed_child_is_started_again_and_all_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    said: list[str] = []

    async def scene() -> None:
        supervisor = Supervisor(said.append, log_directory=tmp_path)
        await supervisor.start(command(tmp_path, READY))
        first = supervisor.children["child"].process
        assert first is not None
        first.kill()
        while supervisor.children["child"].starts < 2:
            await asyncio.sleep(0.01)
        second = supervisor.children["child"].process
        await supervisor.stop()
        assert second is not None
        assert second.returncode == -signal.SIGTERM

    asyncio.run(asyncio.wait_for(scene(), 20))
    assert said == ["child ended with code -9; starting it again"]


@pytest.mark.parametrize(
    ("script", "words"),
    [("raise SystemExit(3)", "child ended with code 3 before it was ready"), ("import time; time.sleep(60)", "not ready after")],
)
def test_a_child_that_does_not_come_up_is_named(script: str, words: str, tmp_path: Path) -> None:
    async def scene() -> None:
        supervisor = Supervisor(lambda _: None, log_directory=tmp_path)
        try:
            with pytest.raises(StartError, match=words):
                await supervisor.start(command(tmp_path, script), within=2.0)
        finally:
            await supervisor.stop()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_functions_and_bridge_know_each_other_and_nobody_else(tmp_path: Path) -> None:
    made = {item.name: item for item in function_commands({"KUBECONFIG": "k", "KROFN_INSTANCE_CONTEXT": "narrow"}, tmp_path)}
    assert list(made) == ["definition", "instance", "fanout", "bridge"]
    addresses = {name: f"http://127.0.0.1:{item.arguments[item.arguments.index('--port') + 1]}" for name, item in made.items()}
    assert len(set(addresses.values())) == 4
    assert {key: value for key, value in made["bridge"].environment.items() if key.endswith("_URL")} == {
        f"KROFN_{name.upper()}_URL": addresses[name] for name in ("definition", "instance", "fanout")
    }
    assert made["fanout"].environment["KROFN_BRIDGE_URL"] == addresses["bridge"]
    assert "KROFN_BRIDGE_URL" not in made["instance"].environment
    assert (made["instance"].environment["KROFN_CONTEXT"], made["fanout"].environment.get("KROFN_CONTEXT")) == ("narrow", None)


@pytest.mark.parametrize(
    ("environment", "accounts"),
    [
        ({}, None),
        ({"KROFN_CONTEXT": "one"}, None),
        ({"KROFN_BRIDGE_CONTEXT": "narrow"}, "unknown"),
        ({"KROFN_BRIDGE_CONTEXT": "narrow", "KROFN_SERVICE_ACCOUNTS": "bridge=a/b"}, "bridge=a/b"),
    ],
    ids=["one identity", "one context", "several, not named", "several, named"],
)
def test_nobody_takes_its_own_rights_for_those_of_another_identity(
    environment: dict[str, str], accounts: str | None, tmp_path: Path
) -> None:
    made = {item.name: item for item in function_commands(environment, tmp_path)}
    assert made["definition"].environment.get("KROFN_SERVICE_ACCOUNTS") == accounts


def test_free_ports_differ() -> None:
    assert len(set(free_ports(5))) == 5


@pytest.mark.parametrize("name", ["instance", "bridge"])
def test_a_bad_setting_stops_a_function_with_one_line(name: str) -> None:
    (port,) = free_ports(1)
    started = subprocess.run(
        [*module.uvicorn(f"functions.{name}.main:app", port)],
        env={**os.environ, "KROFN_RUN_DEADLINE": "soon"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode != 0
    assert "KROFN_RUN_DEADLINE: 'soon' is not a duration" in started.stderr
    assert "Traceback" not in started.stderr


def test_up_serves_says_so_and_ends_on_sigterm(tmp_path: Path) -> None:
    kubeconfig, ready = tmp_path / "kubeconfig", tmp_path / "ready"
    arguments = [sys.executable, "-m", "local_emulator.cli.main", "up", "--kubeconfig", str(kubeconfig), "--ready-file", str(ready)]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 120
        while not ready.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        assert ready.exists()
        assert kubeconfig.exists()
        process.send_signal(signal.SIGTERM)
        out, talk = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert out == f"export KUBECONFIG={kubeconfig}\n"
    assert talk.startswith("ready: a Kubernetes API at http://127.0.0.1:")
    assert len(talk.splitlines()) == 1
    assert not ready.exists()
    assert not kubeconfig.exists()
