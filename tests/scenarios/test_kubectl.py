"""Real kubectl against both APIs: apply, get as a table, describe, wait, delete."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.cluster.build import find
from tests.cluster.control_plane import write_kubeconfig
from tests.scenarios.conftest import World


class Kubectl:
    def __init__(self, binary: Path, kubeconfig: Path, namespace: str) -> None:
        self.command = [
            str(binary),
            f"--kubeconfig={kubeconfig}",
            f"--namespace={namespace}",
            "--insecure-skip-tls-verify",
            f"--cache-dir={kubeconfig.parent / 'cache'}",
        ]

    def __call__(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        done = subprocess.run(
            [*self.command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        )
        if check:
            assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout if check else done.stderr


@pytest.fixture
def kubectl(world: World, tmp_path: Path) -> Kubectl:
    binary = find("kubectl")
    if binary is None:
        if os.environ.get("KROFN_REQUIRE_CLUSTER"):
            pytest.fail("kubectl is not built: run `make cluster-tools`")
        pytest.skip("kubectl is not built: run `make cluster-tools`")
    kubeconfig = tmp_path / "kubeconfig"
    write_kubeconfig(kubeconfig, world.backend.access.server, {"admin": world.backend.access.token})
    return Kubectl(binary, kubeconfig, world.namespace)


@pytest.mark.feature(7, 121)
def test_kubectl_applies_gets_describes_waits_and_deletes(world: World, kubectl: Kubectl) -> None:
    rgd = world.rgd(
        "Note",
        spec={"text": "string | default=hello"},
        status={"shown": "${config.data.text}"},
        shortNames=["nt"],
        resources=[
            {
                "id": "config",
                "template": {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "${schema.metadata.name}"},
                    "data": {"text": "${schema.spec.text}"},
                },
            }
        ],
    )
    instance = world.instance(rgd, "first")
    world.cleanup.extend([rgd, instance])
    world.backend.grant(world.group, rgd)

    assert "created" in kubectl("apply", "-f", "-", stdin=yaml.safe_dump(rgd))
    assert "condition met" in kubectl("wait", "--for=condition=Ready", f"rgd/{rgd['metadata']['name']}", "--timeout=30s")
    columns = kubectl("get", "rgd", rgd["metadata"]["name"]).splitlines()[0].split()
    assert columns == ["NAME", "APIVERSION", "KIND", "STATE", "READY", "AGE"]

    assert "created" in kubectl("apply", "-f", "-", stdin=yaml.safe_dump(instance))
    assert "condition met" in kubectl("wait", "--for=condition=Ready", f"note.{world.group}/first", "--timeout=30s")
    header, row = kubectl("get", f"notes.{world.group}").splitlines()
    assert header.split() == ["NAME", "STATE", "READY", "AGE"]
    assert row.split()[:3] == ["first", "ACTIVE", "True"]
    assert "first" in kubectl("get", "nt")

    described = kubectl("describe", f"notes.{world.group}", "first")
    for words in ("Name:         first", "State:", "ACTIVE", "Conditions:", "ResourcesReady"):
        assert words in described

    assert "configured" in kubectl("apply", "-f", "-", stdin=yaml.safe_dump({**instance, "spec": {"text": "bye"}}))
    kubectl("wait", "--for=jsonpath={.status.shown}=bye", f"notes.{world.group}/first", "--timeout=30s")
    assert json.loads(kubectl("get", "configmap", "first", "-o", "json"))["data"]["text"] == "bye"
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=yaml.safe_dump({**instance, "spec": {"text": "bye"}}))

    assert "deleted" in kubectl("delete", f"notes.{world.group}", "first", "--timeout=30s")
    assert "not found" in kubectl("get", "configmap", "first", check=False)
