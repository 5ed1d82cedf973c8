"""Kinds and names that come late, go, or come back: who waits for one is woken when it is served, in whatever order things are applied.

The functions here never repeat a run by themselves, so that only an event can have woken whoever went on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map
from tests.support.backends import Backend, FunctionProcesses
from tests.support.client import Object, condition

CRD = "apiextensions.k8s.io/v1"
WITHIN = 20.0


@pytest.fixture(scope="module")
def functions(functions: FunctionProcesses, backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FunctionProcesses]:
    """Without repeats, in place of the functions of the other scenarios, which start again when they are needed."""
    functions.stop()
    never = {"KROFN_RGD_PROGRESS_REQUEUE_DELAY": "0", "KROFN_INSTANCE_REQUEUE_INTERVAL": "0"}
    with FunctionProcesses(backend, tmp_path_factory.mktemp("never"), **never) as processes:
        yield processes


def crd(world: World, kind: str, plural: str = "", *versions: str, short: str = "", group: str = "") -> Object:
    plural, group = plural or f"{kind.lower()}s", group or world.group
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    made = [
        {"name": name, "served": True, "storage": index == 0, "schema": {"openAPIV3Schema": schema}}
        for index, name in enumerate(versions or ("v1",))
    ]
    names: Object = {"kind": kind, "plural": plural, "singular": kind.lower()} | ({"shortNames": [short]} if short else {})
    return {
        "apiVersion": CRD,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": made},
    }


def child(world: World, kind: str, version: str = "v1", **spec: Any) -> Object:
    return {
        "id": kind.lower(),
        "template": {
            "apiVersion": f"{world.group}/{version}",
            "kind": kind,
            "metadata": {"name": "${schema.metadata.name}"},
            "spec": spec or {"v": "x"},
        },
    }


def waits_for(world: World, rgd: Object) -> None:
    """Applies a definition that cannot be accepted yet, and waits until that is said."""
    world.cleanup.append(rgd)
    world.client.apply(rgd)
    world.client.wait(rgd, lambda found: condition(found, "GraphAccepted").get("status") == "False", what="waiting", timeout=WITHIN)


def grant(world: World, rgd: Object) -> None:
    """Rights to everything of the scenario's group."""
    world.backend.grant(world.group, {**rgd, "spec": {**rgd["spec"], "resources": [config_map("any", "any")]}})


def test_a_chain_of_five_applied_in_reverse_is_active_within_seconds(world: World) -> None:
    chain = [world.rgd("Link5", spec={"v": "string | default=x"}, resources=[config_map("end", "${schema.metadata.name}")])]
    for number in (4, 3, 2, 1):
        chain.append(
            world.rgd(
                f"Link{number}",
                spec={"v": "string | default=x"},
                resources=[child(world, f"Link{number + 1}", "v1alpha1", v="${schema.spec.v}")],
            )
        )
    grant(world, chain[0])
    for rgd in reversed(chain[1:]):
        waits_for(world, rgd)
    world.cleanup.append(chain[0])
    started = time.monotonic()
    world.client.apply(chain[0])
    for rgd in chain:
        world.client.wait_condition(rgd, timeout=WITHIN)
    print(f"\nchain of five in reverse on {world.backend.name}: {time.monotonic() - started:.2f} s")
    instance = world.instance(chain[-1], "first")
    world.create(instance, timeout=WITHIN)
    end = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "first"}}
    world.client.wait(end, lambda found: found is not None, what="made by the last of the chain", timeout=WITHIN)


@pytest.mark.difference("56")
@pytest.mark.parametrize("what", ["an irregular plural", "a version added later", "a second kind of a known group"])
def test_a_definition_is_woken_by_the_kind_that_it_waits_for(world: World, what: str) -> None:
    before, after, version = {
        "an irregular plural": (None, crd(world, "Sheep", "flocks"), "v1"),
        "a version added later": (crd(world, "Sheep", "sheeps", "v1"), crd(world, "Sheep", "sheeps", "v1", "v2"), "v2"),
        "a second kind of a known group": (crd(world, "Goat"), crd(world, "Sheep"), "v1"),
    }[what]
    rgd = world.rgd("Herd", resources=[child(world, "Sheep", version)])
    grant(world, rgd)
    if before is not None:
        world.cleanup.append(before)
        world.client.apply(before)
        world.client.wait_condition(before, "Established")
    waits_for(world, rgd)
    world.cleanup.append(after)
    started = time.monotonic()
    world.client.apply(after)
    world.client.wait_condition(rgd, timeout=WITHIN)
    print(f"\n{what} on {world.backend.name}: {time.monotonic() - started:.2f} s")
    found = world.client.refresh(rgd)
    assert "krofn.kro.run/waits-for" not in ((found or {})["metadata"].get("annotations") or {})


@pytest.mark.parametrize("taken", ["kind", "short name"])
def test_a_definition_is_woken_by_names_that_become_free(world: World, taken: str) -> None:
    first = crd(world, "Cart" if taken == "kind" else "Wagon", "wagons", short="" if taken == "kind" else "crt")
    world.cleanup.append(first)
    world.client.apply(first)
    world.client.wait_condition(first, "Established")
    rgd = world.rgd("Cart", resources=[config_map("a", "${schema.metadata.name}")], **({"shortNames": ["crt"]} if taken != "kind" else {}))
    grant(world, rgd)
    world.cleanup.append(rgd)
    world.client.apply(rgd)
    refused = world.client.wait(rgd, lambda found: condition(found, "KindReady").get("status") == "False", what="refused", timeout=WITHIN)
    assert "is not accepted" in condition(refused, "KindReady")["message"]
    started = time.monotonic()
    world.client.delete(first)
    world.client.wait_condition(rgd, timeout=WITHIN)
    print(f"\n{taken} freed on {world.backend.name}: {time.monotonic() - started:.2f} s")


@pytest.mark.parametrize("pause", [0.0, 0.4, 3.0])
def test_instances_are_woken_by_the_kind_of_a_child_that_comes_back(world: World, pause: float) -> None:
    sheep = crd(world, "Sheep")
    rgd = world.rgd("Farm", resources=[child(world, "Sheep"), config_map("note", "${schema.metadata.name}")])
    grant(world, rgd)
    waits_for(world, rgd)
    world.cleanup.append(sheep)
    world.client.apply(sheep)
    world.client.wait_condition(rgd, timeout=WITHIN)
    instance = world.instance(rgd, "first")
    made = world.create(instance)
    flock = {"apiVersion": f"{world.group}/v1", "kind": "Sheep", "metadata": {"name": "first"}}
    old = world.client.refresh(flock)
    world.client.delete(sheep)
    world.client.wait_gone(sheep)
    if pause > 1:
        failed = world.client.wait(instance, lambda found: (found or {})["status"]["state"] == "ERROR", what="in error", timeout=WITHIN)
        message = condition(failed, "ResourcesReady")["message"]
        assert all(word in message for word in ('node "sheep"', "Sheep", "first", "does not serve this kind"))
        assert world.client.refresh({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "first"}}) is not None
    time.sleep(pause)
    started = time.monotonic()
    world.client.apply(sheep)
    world.client.wait_condition(rgd, timeout=WITHIN)
    world.client.wait_condition(instance, timeout=WITHIN)
    new = world.client.wait(flock, lambda found: found is not None, what="made again", timeout=WITHIN)
    print(f"\nCRD made again after {pause} s on {world.backend.name}: {time.monotonic() - started:.2f} s")
    assert (new or {})["metadata"]["uid"] != (old or {})["metadata"]["uid"]
    assert made["metadata"]["uid"] == (world.client.refresh(instance) or {})["metadata"]["uid"]


def test_an_instance_is_woken_by_the_kind_that_it_refers_to(world: World) -> None:
    sheep = crd(world, "Sheep")
    reference = {"apiVersion": f"{world.group}/v1", "kind": "Sheep", "metadata": {"name": "dolly"}}
    rgd = world.rgd(
        "Shepherd",
        resources=[{"id": "dolly", "externalRef": reference}, config_map("note", "${schema.metadata.name}", {"v": "${dolly.spec.v}"})],
    )
    grant(world, rgd)
    waits_for(world, rgd)
    world.cleanup.append(sheep)
    world.client.apply(sheep)
    world.client.wait_condition(rgd, timeout=WITHIN)
    world.client.delete(sheep)
    world.client.wait_gone(sheep)
    instance = world.instance(rgd, "first")
    world.cleanup.append(instance)
    world.client.apply(instance)
    world.client.wait(instance, lambda found: condition(found, "ResourcesReady").get("status") == "False", what="waiting", timeout=WITHIN)
    world.client.apply(sheep)
    world.client.wait_condition(sheep, "Established")
    world.client.apply({**reference, "spec": {"v": "baa"}})
    world.client.wait_condition(instance, timeout=WITHIN)
