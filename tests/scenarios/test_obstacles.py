"""What is in the way of an instance, and how soon it goes on when it is not any more; on both APIs, with the resync off."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter

from tests.scenarios.conftest import World
from tests.support.client import Object, Refused, condition

PART_OF = "applyset.kubernetes.io/part-of"
LASTING = 60.0
"""Seconds for which something is in the way."""
PATIENCE = 60.0
"""Seconds after which a wait has failed."""


def config_map(world: World, name: str, **metadata: object) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": world.namespace, **metadata}}


def looks(world: World, mark: int, plural: str, namespace: str) -> Counter[str]:
    """Reads of each instance by the instance function."""
    calls = world.accounting.calls(mark, agent="krofn-instance", namespace=namespace)
    return Counter(call.name for call in calls if (call.verb, call.resource) == ("get", plural))


def test_a_foreign_object_that_was_in_the_way_for_a_minute_holds_nobody_up_after_that(world: World) -> None:
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${schema.metadata.name}"}, "data": {"k": "v"}}
    rgd = world.rgd("Obstructed", resources=[{"id": "notes", "template": notes}])
    world.install(rgd)
    foreign = {PART_OF: "applyset-of-somebody-else-v1"}
    ends = {
        "deleted": lambda obj: world.client.delete(obj),
        "given-away": lambda obj: world.client.patch(obj, {"metadata": {"labels": {PART_OF: None}}}),
        "replaced": lambda obj: (world.client.delete(obj), world.client.apply(config_map(world, "replaced"))),
    }
    objects = {name: config_map(world, name, labels=foreign) for name in ends}
    instances = {name: world.instance(rgd, name) for name in ends}
    world.client.apply(*objects.values())
    mark = world.accounting.mark()
    world.client.apply(*instances.values())
    world.cleanup += instances.values()
    for instance in instances.values():
        failed = world.client.wait_condition(instance, "ResourcesReady", "False")
        assert "belongs to a different ApplySet" in condition(failed, "ResourcesReady")["message"]
    versions = {name: world.client.refresh(instance)["metadata"]["resourceVersion"] for name, instance in instances.items()}  # type: ignore[index]
    time.sleep(LASTING)
    for name, instance in instances.items():
        found = world.client.refresh(instance)
        assert found is not None
        assert found["metadata"]["resourceVersion"] == versions[name], "recorded once, not at each try"
    tried = looks(world, mark, "obstructeds", world.namespace)
    assert all(count <= 12 for count in tried.values()), tried
    for name, end in ends.items():
        end(objects[name])
        began = time.monotonic()
        world.client.wait_condition(instances[name], timeout=PATIENCE)
        print(f"{name}: ready {time.monotonic() - began:.2f} s after {LASTING:g} s on {world.backend.name}; looks before: {tried[name]}")


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def remove(world: World, name: str) -> None:
    """Takes a namespace away and leaves what is in it."""
    path = f"/api/v1/namespaces/{name}"
    world.client.call("PUT", f"{path}/finalize", json={**namespace(name), "spec": {"finalizers": []}})
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            world.client.call("DELETE", path)
        except Refused as error:
            if error.code == 404:
                return
        time.sleep(0.05)
    raise AssertionError(f"namespace {name} is still there")


def test_instances_in_a_namespace_that_is_gone_are_looked_at_rarely_and_go_on_when_it_is_back(world: World) -> None:
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${schema.metadata.name}"}, "data": {"k": "v"}}
    rgd = world.rgd("Stranded", spec={"text": "string | default=a"}, resources=[{"id": "notes", "template": notes}])
    world.install(rgd)
    place = f"{world.tag}-gone"
    world.client.apply(namespace(place))
    world.cleanup.append(namespace(place))
    # One bears the name of its namespace; of some a child is deleted, others go themselves.
    instances = {name: world.instance(rgd, name) for name in ("a", place, "going-a", "going-b")}
    for instance in instances.values():
        instance["metadata"]["namespace"] = place
    beside = world.instance(rgd, "beside")
    for instance in (*instances.values(), beside):
        world.create(instance)
    start = world.functions.log_size()
    remove(world, place)
    for name, instance in instances.items():
        world.client.delete(instance if name.startswith("going") else config_map(world, name, namespace=place))
    time.sleep(60)
    mark = world.accounting.mark()
    time.sleep(60)
    seen = looks(world, mark, "strandeds", place)
    calls = world.accounting.calls(mark, namespace=place)
    print(f"in the second minute {sum(seen.values())} looks, {len(calls)} requests on {world.backend.name}")
    assert all(count <= 1 for count in seen.values()), seen
    assert len(calls) <= 4 * len(instances), [str(call) for call in calls]
    said = Counter(line["object"].rpartition("/")[2] for line in _lines(world, start) if line["event"] == "namespace gone")
    assert set(said) == set(instances), said
    # The neighbour is served meanwhile.
    world.client.apply({**beside, "spec": {"text": "b"}})
    world.client.wait_condition(beside, timeout=PATIENCE)
    world.client.apply(namespace(place))
    for name, instance in instances.items():
        began = time.monotonic()
        # What brings the next look; without it, it comes within five minutes.
        with contextlib.suppress(Refused):
            world.client.patch(instance, {"metadata": {"annotations": {"touched": "yes"}}})
        if name.startswith("going"):
            world.client.wait_gone(instance, timeout=PATIENCE)
        else:
            made = config_map(world, name, namespace=place)
            world.client.wait(made, lambda found: found is not None, timeout=PATIENCE, what="made again")
            world.client.wait_condition(instance, timeout=PATIENCE)
        print(f"{name}: done {time.monotonic() - began:.2f} s after the next look")


def _lines(world: World, start: int) -> list[Object]:
    found = []
    with (world.functions.directory / "run.log").open("rb") as log:
        log.seek(start)
        for line in log:
            with contextlib.suppress(ValueError):
                item = json.loads(line)
                if isinstance(item, dict) and "event" in item:
                    found.append(item)
    return found
