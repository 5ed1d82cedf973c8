"""What README tells a person to type works as it stands there, on both APIs."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.build import find
from tests.cluster.control_plane import write_kubeconfig
from tests.scenarios.conftest import World
from tests.scenarios.test_main_job import Kubelet
from tests.support.backends import ROOT, Backend, FunctionProcesses


def blocks(heading: str) -> list[list[str]]:
    """The commands of each indented block of a section, without their comments."""
    text = (ROOT / "README.md").read_text().partition(f"\n{heading}\n")[2].partition("\n#")[0]
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("    "):
            found[-1].append(line.partition(" #")[0].strip())
        elif found[-1]:
            found.append([])
    return [block for block in found if block]


@pytest.fixture
def kubeconfig(backend: Backend, functions: FunctionProcesses, tmp_path: Path) -> Iterator[Path]:
    """A cluster administrator's kubeconfig of an API that nothing of ours runs beside."""
    functions.stop()
    path = tmp_path / "kubeconfig"
    write_kubeconfig(path, backend.access.server, {"admin": backend.access.token}, ca=backend.access.ca)
    yield path
    functions.start()


@pytest.fixture
def kubectl() -> Path:
    binary = find("kubectl")
    if binary is None:
        if os.environ.get("KROFN_REQUIRE_CLUSTER"):
            pytest.fail("kubectl is not built: run `make cluster-tools`")
        pytest.skip("kubectl is not built: run `make cluster-tools`")
    return binary


@pytest.mark.feature(1, 55, 97)
def test_krofn_run_on_a_cluster_as_readme_says(
    backend: Backend, functions: FunctionProcesses, kubeconfig: Path, kubectl: Path, tmp_path: Path
) -> None:
    (run,), commands, *_ = blocks("### On a cluster")
    assert run.split()[1:3] == ["run", "--install"]
    environment = {
        "PATH": f"{kubectl.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "KUBECONFIG": str(kubeconfig),
    }
    ready = tmp_path / "ready"
    words = [sys.executable, "-m", "local_emulator.cli.main", *run.split()[1:], "--ready-file", str(ready)]
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    world = World(backend, functions, backend.admin("default"), "default", "readme")
    try:
        deadline = time.monotonic() + 60
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ready.exists(), process.communicate(timeout=10)[1]
        with Kubelet(world):
            for command in commands:
                done = subprocess.run(command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90)
                assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}\n{process.poll()}"
        header, row = done.stdout.splitlines()
        assert header.split()[:3] == ["NAME", "STATE", "READY"]
        assert row.split()[:3] == ["hello", "ACTIVE", "True"]
        for kind in ("webapp/hello", "rgd/web-app"):
            subprocess.run([str(kubectl), "delete", kind], cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            said = process.communicate(timeout=30)[1]
        process.kill()
    assert process.returncode == 0
    assert not ready.exists()
    assert "ready: definition, instance, fanout and bridge are running; Ctrl-C ends them" in said
