"""The real control plane of the tests: it comes up, plays nodes on request, counts requests, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster.build import FAMILIES, ToolsUnavailable, build, find
from tests.cluster.control_plane import NODE, ControlPlane
from tests.scenarios.conftest import World
from tests.scenarios.test_main_job import web_app
from tests.support.accounting import Accounting
from tests.support.backends import Backend, FunctionProcesses
from tests.support.client import Client, Object
from tests.support.contexts import Access

ROOT = Path(__file__).parent.parent.parent
DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"nodeName": NODE, "containers": [{"name": "web", "image": "example.com/web:1"}]},
        },
    },
}


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    """All tools are built: else the tests fail where they are required and are skipped elsewhere."""
    missing = sorted(name for family in FAMILIES for name in family.packages.values() if find(name) is None)
    if missing and os.environ.get("KROFN_REQUIRE_CLUSTER"):
        pytest.fail(f"not built: {', '.join(missing)}; run `make cluster-tools`", pytrace=False)
    if missing:
        pytest.skip(f"not built: {', '.join(missing)}; run `make cluster-tools`")


@pytest.fixture(scope="module")
def kwok_plane() -> Iterator[ControlPlane]:
    with ControlPlane(kwok=True) as plane:
        yield plane


def test_a_second_build_does_nothing() -> None:
    assert build(say=lambda text: pytest.fail(text)) == 0


def test_pods_run_on_the_node_that_kwok_plays(kwok_plane: ControlPlane) -> None:
    client = Client(kwok_plane.server, kwok_plane.token, namespace="default")
    client.apply(DEPLOYMENT)
    client.wait(
        DEPLOYMENT, lambda found: bool(found and found.get("status", {}).get("availableReplicas") == 2), what="available", timeout=60
    )
    assert {pod["status"]["phase"] for pod in client.list("v1", "Pod", labels="app=web")} == {"Running"}


class Scheduler(threading.Thread):
    """Binds every Pod of a namespace to the one node, as a scheduler would."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.ending = threading.Event()

    def run(self) -> None:
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        while not self.ending.wait(0.1):
            for pod in self.client.list("v1", "Pod"):
                if not pod["spec"].get("nodeName"):
                    path = self.client.path("v1", "Pod", pod["metadata"]["name"]) + "/binding"
                    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod["metadata"]["name"]}, "target": target}
                    self.client.call("POST", path, json=binding)


@pytest.mark.feature(55, 67, 69, 97)
def test_a_web_app_is_ready_when_its_pods_run(kwok_plane: ControlPlane, tmp_path: Path) -> None:
    """Nothing plays the Deployment controller here: the real one makes ReplicaSets and Pods, and the Service waits for them."""
    access = Access(kwok_plane.server, kwok_plane.token, kwok_plane.ca.read_bytes())
    backend = Backend("real", access, tmp_path, kwok_plane.audit_log)
    client = backend.admin("apps")
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps"}})
    scheduler = Scheduler(client.within("apps"))
    with FunctionProcesses(backend) as functions:
        world = World(backend, functions, client, "apps", "kwok")
        rgd, instance = web_app(world)
        world.install(rgd)
        client.apply(instance)
        waiting = client.wait_condition(instance, "ResourcesReady", "False")
        assert waiting["status"]["state"] == "IN_PROGRESS"
        assert client.list("v1", "Service") == []
        scheduler.start()
        try:
            ready = client.wait_condition(instance, timeout=60)
            assert ready["status"]["availableReplicas"] == 2
            assert len(client.list("v1", "Pod")) == 2
            client.delete(instance)
            client.wait_gone(instance, timeout=60)
        finally:
            scheduler.ending.set()
            scheduler.join(5)


def test_the_audit_log_names_agent_verb_and_object(kwok_plane: ControlPlane) -> None:
    accounting = Accounting(kwok_plane.audit_log)
    since = accounting.mark()
    client = Client(kwok_plane.server, kwok_plane.token, namespace="default")
    client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "counted"}})
    deadline = time.monotonic() + 5
    while not (calls := [call for call in accounting.calls(since, agent="") if call.name == "counted"]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [str(call) for call in calls] == ["patch configmaps default/counted -> 201"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_it_is_interrupted(number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-m", "tests.cluster", "up"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    kubeconfig = Path(line.strip().removeprefix("export KUBECONFIG="))
    server = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    assert server.startswith("https://127.0.0.1:")
    assert _running(kubeconfig.parent)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not kubeconfig.parent.exists()
    assert _running(kubeconfig.parent) == []


def _running(directory: Path) -> list[str]:
    """Command lines of processes that were started with something in a directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(str(directory).encode() in word for word in words):
            found.append(words[0].decode())
    return found


def test_a_missing_tool_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.cluster.build.CACHE", tmp_path)
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    with pytest.raises(ToolsUnavailable, match="etcd is not built: run `make cluster-tools`"):
        ControlPlane().__enter__()
