"""Conditions that authors write, and events about conditions, on both APIs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, stored
from tests.support.backends import FunctionProcesses
from tests.support.client import Object, condition


def conditions(found: Object | None) -> dict[str, tuple[str, str]]:
    """Type → (status, reason)."""
    return {item["type"]: (item["status"], item.get("reason", "")) for item in ((found or {}).get("status") or {}).get("conditions") or ()}


AUTHORED = [
    "${runtime.newCondition({type: 'ConfigReady', status: has(config.data.ready) ? 'True' : 'False', reason: 'Looked'})}",
    "${runtime.newCondition({type: 'Ready', status: runtime.condition(schema, 'ResourcesReady').status, reason: 'Copied'})}",
    "${items1.map(i, runtime.newCondition({type: 'Item' + i.data.n, status: 'True', reason: i.metadata.name}))}",
]


@pytest.mark.feature(30, 31, 32)
def test_an_author_owns_the_conditions(world: World) -> None:
    """One from a child, one from a built-in condition, one per item of a loop; they follow what they look at."""
    rgd = world.rgd(
        "Told",
        spec={"names": "[]string"},
        status={"conditions": AUTHORED},
        resources=[
            config_map("config", "config"),
            config_map("items1", "item-${n}", {"n": "${n}"}, forEach=[{"n": "${schema.spec.names}"}]),
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"names": ["a", "b"]})
    ready = world.create(instance)
    assert conditions(ready) == {
        "ConfigReady": ("False", "Looked"),
        "Ready": ("True", "Copied"),
        "Itema": ("True", "item-a"),
        "Itemb": ("True", "item-b"),
    }
    before = condition(ready, "Ready")["lastTransitionTime"]
    world.client.patch(stored(world, "config"), {"data": {"ready": "yes"}})
    told = world.client.wait(instance, lambda found: condition(found, "ConfigReady").get("status") == "True", what="told")
    assert condition(told, "Ready")["lastTransitionTime"] == before
    world.client.apply({**instance, "spec": {"names": ["b"]}})
    world.client.wait(instance, lambda found: set(conditions(found)) == {"ConfigReady", "Ready", "Itemb"}, what="without the item")


@pytest.mark.feature(33)
def test_a_condition_that_cannot_be_told_keeps_its_last_answer(world: World) -> None:
    rgd = world.rgd(
        "Degraded",
        spec={"n": "integer"},
        status={
            "conditions": [
                "${runtime.newCondition({type: 'Even', status: 10 % schema.spec.n == 0 ? 'True' : 'False'})}",
                "${runtime.newCondition({type: 'Ready', status: runtime.condition(schema, 'ResourcesReady').status})}",
            ]
        },
        resources=[config_map("config", "config")],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"n": 5})
    ready = world.create(instance)
    assert conditions(ready)["Even"][0] == "True"
    world.client.apply({**instance, "spec": {"n": 0}})
    failed = world.client.wait(instance, lambda found: (found or {})["status"]["state"] == "ERROR", what="in error")
    assert {name: status for name, (status, _) in conditions(failed).items()} == {"Even": "True", "Ready": "True"}
    world.client.apply({**instance, "spec": {"n": 3}})
    world.client.wait(
        instance, lambda found: conditions(found)["Even"][0] == "False" and (found or {})["status"]["state"] == "ACTIVE", what="mended"
    )


@pytest.fixture
def telling(functions: FunctionProcesses) -> Iterator[None]:
    """The functions with ``InstanceConditionEvents``; the others are told what they cost without."""
    usual = functions.settings
    functions.stop()
    functions.settings = {**usual, "KROFN_FEATURE_GATES": "CELOmitFunction=true,InstanceConditionEvents=true"}
    functions.start()
    yield
    functions.stop()
    functions.settings = usual


@pytest.mark.feature(116)
def test_conditions_that_change_are_events(telling: None, world: World) -> None:
    world.install(
        rgd := world.rgd(
            "Eventful", spec={"n": "integer"}, resources=[config_map("config", "config", {"v": "${string(10 / schema.spec.n)}"})]
        )
    )
    instance = world.instance(rgd, "a", {"n": 1})
    world.create(instance)

    def told(_: Object | None) -> set[tuple[str, str, str]]:
        events = [event for event in world.client.list("v1", "Event") if event["involvedObject"]["kind"] == "Eventful"]
        return {(event["type"], event["reason"], event["message"].partition(" -> ")[2]) for event in events}

    world.client.wait(instance, lambda found: ("Normal", "Ready", "True: Ready") in told(found), what="told to be ready")
    world.client.apply({**instance, "spec": {"n": 0}})
    world.client.wait(instance, lambda found: ("Warning", "ResourcesReady", "False: NotReady") in told(found), what="told to have failed")
