"""``--ready-file``: a file that says when everything can serve, made and removed, and never somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from local_emulator.cli.console import Misuse
from local_emulator.cli.main import group
from local_emulator.cli.ready_file import clear, ready_mark


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("command", ["up", "run"])
@pytest.mark.parametrize("text", ["notes\n", "ready", "ready 1\nand more", "ready 0\n", "\n", "\xff"])
def test_a_file_of_somebody_else_is_refused_before_anything_starts_and_stays(command: str, text: str, tmp_path: Path) -> None:
    file, other = tmp_path / "ready", tmp_path / "config"
    file.write_text(text, encoding="latin-1")
    options = [command, "--ready-file", str(file), *(["--kubeconfig", str(other)] if command == "up" else [])]
    result = CliRunner().invoke(group, options)
    assert result.exit_code != 0
    assert "is no ready file" in " ".join((result.output + result.stderr).split())
    assert file.read_text(encoding="latin-1") == text
    assert not other.exists()


@pytest.mark.parametrize("path", ["missing/ready", ".", os.devnull])
def test_a_place_that_takes_no_file_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse):
        clear(tmp_path / path)
    assert Path(os.devnull).exists()


def test_the_file_of_a_krofn_that_runs_is_refused_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    file.write_text(f"ready {os.getppid()}\n")
    with pytest.raises(Misuse, match="belongs to a krofn that runs"):
        clear(file)
    assert file.exists()


@pytest.mark.parametrize("text", [None, "", "ready {gone}\n", "ready {own}\n"])
def test_what_is_left_over_speaks_no_longer_before_it_is_true(text: str | None, gone: int, tmp_path: Path) -> None:
    """A process that serves in a container has the same number each time."""
    file = tmp_path / "ready"
    if text is not None:
        file.write_text(text.format(gone=gone, own=os.getpid()))
    clear(file)
    assert not file.exists()
    with ready_mark(file):
        assert file.read_text() == f"ready {os.getpid()}\n"
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "notes\n", "ready 1\n"])
def test_a_file_that_others_write_meanwhile_stays(text: str, tmp_path: Path) -> None:
    file = tmp_path / "ready"
    with ready_mark(file):
        file.write_text(text)
    assert file.read_text() == text
