"""``krofn up`` takes no port, file or directory that somebody else has, and says whose it is; what it writes it removes, and nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from local_emulator.cli import supervisor as module
from local_emulator.cli.console import Misuse
from local_emulator.cli.kubeconfig_file import check, handed_out
from local_emulator.cli.main import group
from local_emulator.cli.supervisor import Command, Supervisor, free_ports
from local_emulator.core.persistence import Database
from local_emulator.protocol.kubeconfig import content

FOREIGN = "apiVersion: v1\nkind: Config\nclusters: [{name: production, cluster: {server: https://10.0.0.1}}]\n"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def krofn_up(*arguments: str) -> tuple[int, str]:
    """Exit code and all that was said."""
    result = CliRunner().invoke(group, ["up", *arguments])
    return result.exit_code, result.output + (result.stderr if result.stderr not in result.output else "")


@pytest.mark.parametrize(
    "before",
    [None, "", FOREIGN, content("http://127.0.0.1:1")],
    ids=["no file", "an empty file", "another cluster's kubeconfig", "a kubeconfig of a local API that is gone"],
)
def test_a_port_that_is_taken_is_named_and_nothing_is_touched(before: str | None, taken: int, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    if before is not None:
        file.write_text(before)
    ready, data = tmp_path / "ready", tmp_path / "data"
    code, said = krofn_up("--port", str(taken), "--kubeconfig", str(file), "--ready-file", str(ready), "--data-dir", str(data))
    assert code != 0
    assert f"port {taken} of 127.0.0.1 is taken" in " ".join(said.split())
    assert ".log" not in said
    assert (file.read_text() if file.exists() else None) == before
    assert not ready.exists()
    assert not data.exists()


@pytest.mark.parametrize(
    "text",
    [FOREIGN, "{}", "notes\n", content("http://127.0.0.1:1", "token").replace("krofn", "kind"), "[" * 5000, '{"clusters": 7}'],
)
def test_a_file_of_somebody_else_is_refused_and_stays(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    code, said = krofn_up("--kubeconfig", str(file))
    assert code != 0
    assert "is not from krofn up" in " ".join(said.split())
    assert file.read_text() == text


def test_the_kubeconfig_of_a_local_api_that_serves_is_refused(taken: int, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(content(f"http://127.0.0.1:{taken}"))
    with pytest.raises(Misuse, match=f"serves at http://127.0.0.1:{taken}"):
        check(file)


@pytest.mark.parametrize("text", [None, "", " \n", content("http://127.0.0.1:1")])
def test_what_is_nobodys_may_be_written(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "config"
    if text is not None:
        file.write_text(text)
    check(file)


@pytest.mark.parametrize("path", ["missing/config", "."])
def test_a_place_that_takes_no_file_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse):
        check(tmp_path / path)


def test_the_file_is_there_while_it_is_true_and_only_ones_own_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "config"
    with handed_out(file, "http://127.0.0.1:7"):
        assert file.read_text() == content("http://127.0.0.1:7")
    assert not file.exists()
    with handed_out(file, "http://127.0.0.1:7"):
        file.write_text(FOREIGN)
    assert file.read_text() == FOREIGN
    with handed_out(file, "http://127.0.0.1:7"):
        file.unlink()


def test_a_directory_of_objects_has_one_server(tmp_path: Path) -> None:
    first = Database(tmp_path)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Database(tmp_path)
    first.close()
    Database(tmp_path).close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "import sys; sys.exit('cannot serve on 127.0.0.1:6443: Address already in use')",
            ": cannot serve on 127.0.0.1:6443: Address already",
        ),
        ("import sys; print('why'); print(); sys.exit(3)", "ended with code 3 before it was ready: why"),
        ("raise SystemExit(4)", "ended with code 4 before it was ready"),
    ],
)
def test_a_child_that_ends_at_once_has_its_last_words_told(script: str, words: str, tmp_path: Path) -> None:
    async def scene() -> None:
        ready = tmp_path / "ready"
        supervisor = Supervisor(lambda _: None, log_directory=tmp_path)
        try:
            with pytest.raises(module.StartError) as caught:
                await supervisor.start(Command("child", (sys.executable, "-c", script), dict(os.environ), ready))
        finally:
            await supervisor.stop()
        assert words in str(caught.value)
        assert ".log" not in str(caught.value)

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_child_that_was_started_again_is_told_when_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    script = "import pathlib, sys, time; time.sleep(0.2); pathlib.Path(sys.argv[1]).write_text('x'); time.sleep(60)"
    ready = tmp_path / "ready"

    async def scene() -> None:
        told = asyncio.Event()

        async def again() -> None:
            assert ready.exists()
            told.set()

        supervisor = Supervisor(lambda _: None)
        try:
            await supervisor.start(Command("child", (sys.executable, "-c", script, str(ready)), dict(os.environ), ready, again))
            assert not told.is_set()
            process = supervisor.children["child"].process
            assert process is not None
            process.kill()
            await told.wait()
        finally:
            await supervisor.stop()

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_free_port_is_nobodys() -> None:
    from local_emulator.cli.commands.up import check_port

    check_port(0)
    check_port(*free_ports(1))
