"""The main job on both APIs: a definition becomes an API, an instance becomes objects, edits and accidents are converged, deletion is orderly."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest
import yaml

from tests.scenarios.conftest import World
from tests.support.client import Object, condition

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "web-app"


def web_app(world: World) -> tuple[Object, Object]:
    """The example's definition and instance, moved into the scenario's corner."""
    rgd = world.adopt(yaml.safe_load((EXAMPLE / "rgd.yaml").read_text()))
    example = yaml.safe_load((EXAMPLE / "instance.yaml").read_text())
    return rgd, world.instance(rgd, example["metadata"]["name"], example["spec"])


def chain_of_ten(world: World) -> tuple[Object, Object]:
    """Ten ConfigMaps, each naming the one before."""
    resources = [
        {
            "id": f"c{number}",
            "template": {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "${schema.metadata.name}-0" if number == 0 else f"${{schema.metadata.name}}-{number}"},
                "data": {"before": "nothing" if number == 0 else f"${{c{number - 1}.metadata.name}}"},
            },
        }
        for number in range(10)
    ]
    rgd = world.rgd("Chain", spec={"size": "integer | default=1"}, status={"last": "${c9.metadata.name}"}, resources=resources)
    return rgd, world.instance(rgd, "ten")


def children(world: World, instance: Object) -> dict[str, Object]:
    """Kind → object of everything labelled as belonging to the instance."""
    stored = world.client.refresh(instance)
    assert stored is not None
    selector = f"kro.run/instance-id={stored['metadata']['uid']}"
    kinds = [("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("v1", "Service"), ("networking.k8s.io/v1", "Ingress")]
    return {kind: found[0] for api, kind in kinds if (found := world.client.list(api, kind, labels=selector))}


class Kubelet(threading.Thread):
    """Makes Deployments of a namespace available, as nodes would."""

    def __init__(self, world: World, pause: float = 0.1) -> None:
        super().__init__(daemon=True)
        self.pause = pause
        self.client = world.client.within(world.namespace)
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.wait(self.pause):
            try:
                for each in self.client.list("apps/v1", "Deployment"):
                    replicas = each["spec"]["replicas"]
                    wanted = {
                        "observedGeneration": each["metadata"]["generation"],
                        "replicas": replicas,
                        "readyReplicas": replicas,
                        "availableReplicas": replicas,
                    }
                    if any(each.get("status", {}).get(key, 0) != value for key, value in wanted.items()):
                        available = {
                            "type": "Available",
                            "status": "True",
                            "reason": "MinimumReplicasAvailable",
                            "message": "",
                            "lastUpdateTime": "2024-01-01T00:00:00Z",
                            "lastTransitionTime": "2024-01-01T00:00:00Z",
                        }
                        self.client.patch(each, {"status": {**wanted, "conditions": [available]}}, subresource="status", manager="kubelet")
            except Exception as error:
                print("kubelet:", error)

    def __enter__(self) -> Kubelet:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self.join(5)
        self.client.close()


@pytest.mark.feature(1, 9, 35, 55, 59, 64, 67, 69, 71, 83, 84, 90, 92, 97, 98, 101, 102, 109)
def test_web_app_converges_is_edited_repaired_and_deleted(world: World) -> None:
    rgd, instance = web_app(world)
    stored = world.install(rgd)
    assert stored["status"]["state"] == "Active"
    with Kubelet(world):
        ready = world.create(instance)
        assert ready["status"]["state"] == "ACTIVE"
        made = children(world, instance)
        assert set(made) == {"ConfigMap", "Deployment", "Service"}
        for child in made.values():
            assert child["metadata"]["labels"]["kro.run/instance-name"] == instance["metadata"]["name"]
            assert "applyset.kubernetes.io/part-of" in child["metadata"]["labels"]

        edited = {**instance, "spec": {**instance["spec"], "replicas": 3}}
        world.client.apply(edited)
        world.client.wait(made["Deployment"], lambda found: found is not None and found["spec"]["replicas"] == 3, what="scaled")
        world.client.wait_condition(instance)

        world.client.delete(made["ConfigMap"])
        world.client.wait(
            made["ConfigMap"],
            lambda found: found is not None and found["metadata"]["uid"] != made["ConfigMap"]["metadata"]["uid"],
            what="restored",
        )
        world.client.wait_condition(instance)

        world.client.patch(made["Service"], {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody"}}})
        world.client.wait(
            made["Service"],
            lambda found: found is not None and found["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "kro",
            what="repaired",
        )

        world.client.delete(instance)
        world.client.wait_gone(instance)
        for child in made.values():
            world.client.wait_gone(child, timeout=5)


@pytest.mark.feature(83, 99)
def test_a_converged_instance_costs_one_read_and_one_per_kind(world: World) -> None:
    """Looked at again without a change of its own: at most 1 + G reads and no write."""
    rgd, instance = web_app(world)
    world.install(rgd)
    with Kubelet(world):
        world.create(instance)
        made = children(world, instance)
        world.client.settle([instance, *made.values()])
    time.sleep(0.5)
    since = world.accounting.mark()
    world.client.patch(instance, {"metadata": {"annotations": {"example.com/touched": "yes"}}})
    time.sleep(1.5)
    calls = world.accounting.calls(since, agent="krofn-instance", namespace=world.namespace, cluster=True)
    shown = [str(call) for call in calls]
    assert calls, "the touched instance was not looked at"
    assert not [call for call in calls if call.write], shown
    assert len(calls) <= 1 + 3, shown


@pytest.mark.feature(59, 61, 69)
def test_a_chain_of_ten_config_maps_converges_in_one_run(world: World) -> None:
    rgd, instance = chain_of_ten(world)
    world.install(rgd)
    since = world.accounting.mark()
    ready = world.create(instance)
    assert ready["status"]["last"] == "ten-9"
    world.client.settle([instance])
    time.sleep(0.5)
    counts = world.accounting.counts(since, agent="krofn-instance", namespace=world.namespace, cluster=True)
    shown = [str(call) for call in world.accounting.calls(since, agent="krofn-instance", namespace=world.namespace, cluster=True)]
    assert counts["writes"] <= 12, shown
    assert counts["all"] <= 15, shown


@pytest.mark.feature(90, 115)
@pytest.mark.parametrize("function", ["definition", "instance", "bridge"])
def test_killed_function_still_converges(world: World, function: str) -> None:
    """A process killed at a random moment of the main job does not keep it from converging."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    moment = random.Random(seed).uniform(0.02, 0.6)
    rgd, instance = web_app(world)
    world.backend.grant(world.group, rgd)
    world.cleanup.extend([rgd, instance])
    killer = threading.Timer(moment, lambda: world.functions.kill(function))
    with Kubelet(world):
        killer.start()
        world.client.apply(rgd)
        world.client.wait_condition(rgd, timeout=60)
        world.client.apply(instance)
        killer.join()
        ready = world.client.wait_condition(instance, timeout=60)
        assert ready["status"]["state"] == "ACTIVE"
        assert set(children(world, instance)) == {"ConfigMap", "Deployment", "Service"}


@pytest.mark.feature(38, 101, 107)
def test_a_broken_definition_says_what_and_where(world: World) -> None:
    rgd = world.rgd(
        "Broken",
        spec={"name": "string"},
        resources=[
            {
                "id": "config",
                "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "${schema.spec.nosuch}"}},
            }
        ],
    )
    world.cleanup.append(rgd)
    world.client.apply(rgd)

    def refused(found: Object | None) -> bool:
        return condition(found, "GraphAccepted").get("status") == "False"

    found = world.client.wait(rgd, refused, what="refused")
    verdict = condition(found, "GraphAccepted")
    assert verdict["reason"] == "InvalidResourceGraph"
    for word in ("config", "data.a", "schema.spec.nosuch", "nosuch"):
        assert word in verdict["message"]
    assert found is not None
    assert found["status"]["state"] == "Inactive"
