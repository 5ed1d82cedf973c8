"""Correct without a leader: several bridges and functions converge the same objects at the same time, on both APIs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, names, until
from tests.scenarios.test_main_job import Kubelet, children, web_app
from tests.support.backends import FunctionProcesses
from tests.support.client import Object


@pytest.fixture
def twice(functions: FunctionProcesses, tmp_path: Path) -> Iterator[FunctionProcesses]:
    """A second set of processes that knows nothing of the first."""
    functions.ensure_running()
    with FunctionProcesses(functions.backend, tmp_path) as others:
        yield others


@pytest.mark.feature(84, 90, 92, 93)
def test_two_sets_of_processes_converge_one_instance_and_come_to_rest(twice: FunctionProcesses, world: World) -> None:
    rgd, instance = web_app(world)
    world.install(rgd)
    with Kubelet(world):
        world.create(instance)
        made = children(world, instance)
        assert set(made) == {"ConfigMap", "Deployment", "Service"}
        for replicas in (3, 1, 4, 2):
            world.client.apply({**instance, "spec": {**instance["spec"], "replicas": replicas}})
        world.client.delete(made["ConfigMap"])
        world.client.wait_condition(instance)
        world.client.settle([instance, *made.values()], quiet=1.5)
        found = children(world, instance)
        assert set(found) == {"ConfigMap", "Deployment", "Service"}
        assert found["Deployment"]["spec"]["replicas"] == 2
    world.client.delete(instance)
    world.client.wait_gone(instance)
    for child in made.values():
        world.client.wait_gone(child, timeout=5)


@pytest.mark.feature(71, 79, 88)
def test_quick_changes_of_mind_end_with_the_last_word(twice: FunctionProcesses, world: World) -> None:
    """Nothing that an older intent created outlives the newest one, and nothing that the newest wants was pruned by an older one."""
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    choose = random.Random(seed)
    rgd = world.rgd(
        "Mind",
        spec={"names": "[]string", "extra": "boolean"},
        resources=[
            config_map("item1", "item-${n}", {"n": "${n}"}, forEach=[{"n": "${schema.spec.names}"}]),
            config_map("extra", "extra", {"count": "${string(item1.size())}"}, includeWhen=["${schema.spec.extra}"]),
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"names": ["a"], "extra": False})
    world.create(instance)
    spec: Object = {}
    for _ in range(12):
        spec = {"names": sorted(choose.sample("abcdef", choose.randint(0, 5))), "extra": choose.random() < 0.5}
        world.client.apply({**instance, "spec": spec})
    expected = {f"item-{name}" for name in spec["names"]} | ({"extra"} if spec["extra"] else set())
    until(world, instance, expected)
    world.client.wait_condition(instance)
    world.client.settle([instance], quiet=1.5)
    assert names(world) == expected
