"""What instances do, on both APIs: conditions, loops, references, suspension, ownership, ordered deletion, missing rights."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.support.client import Object, Refused, condition


def config_map(id: str, name: str, data: Any = None, **rest: Any) -> Object:
    return {"id": id, "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data or {"k": "v"}}, **rest}


def stored(world: World, name: str, **extra: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": world.namespace}, **extra}


def names(world: World) -> set[str]:
    """ConfigMaps of the scenario's namespace."""
    return {each["metadata"]["name"] for each in world.client.list("v1", "ConfigMap")} - {"kube-root-ca.crt"}


def until(world: World, instance: Object, expected: set[str]) -> None:
    world.client.wait(instance, lambda _: names(world) == expected, what=f"with ConfigMaps {sorted(expected)}")


@pytest.mark.feature(71, 73, 79, 88)
def test_includes_come_and_go_with_what_depends_on_them(world: World) -> None:
    rgd = world.rgd(
        "Flip",
        spec={"on": "boolean | default=false"},
        resources=[
            config_map("base", "base"),
            config_map("extra", "extra", includeWhen=["${schema.spec.on}"]),
            config_map("tail", "tail", {"of": "${extra.metadata.name}"}),
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    assert names(world) == {"base"}
    for on, expected in ((True, {"base", "extra", "tail"}), (False, {"base"})):
        world.client.apply({**instance, "spec": {"on": on}})
        until(world, instance, expected)
        world.client.wait_condition(instance)


@pytest.mark.feature(68, 74, 78, 79)
def test_collections_grow_shrink_and_label_their_items(world: World) -> None:
    rgd = world.rgd(
        "Fleet",
        spec={"names": "[]string", "sizes": "[]integer"},
        status={"count": "${items1.size()}"},
        resources=[
            config_map("items1", "${n}-${string(s)}", {"n": "${n}"}, forEach=[{"n": "${schema.spec.names}"}, {"s": "${schema.spec.sizes}"}])
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"names": ["x", "y"], "sizes": [1, 2]})
    ready = world.create(instance)
    assert names(world) == {"x-1", "x-2", "y-1", "y-2"}
    assert ready["status"]["count"] == 4
    labels = [each["metadata"]["labels"] for each in world.client.list("v1", "ConfigMap", labels="kro.run/node-id=items1")]
    assert sorted((label["kro.run/collection-index"], label["kro.run/collection-size"]) for label in labels) == [
        (str(n), "4") for n in range(4)
    ]
    world.client.apply({**instance, "spec": {"names": ["y"], "sizes": [2, 3]}})
    until(world, instance, {"y-2", "y-3"})
    world.client.wait_condition(instance)
    world.client.apply({**instance, "spec": {"names": [], "sizes": [1]}})
    until(world, instance, set())


@pytest.mark.difference("52")
@pytest.mark.feature(78)
def test_an_item_in_another_namespace_is_followed_like_the_others(world: World) -> None:
    elsewhere = f"{world.namespace}-b"
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": elsewhere}}
    world.cleanup.append(space)
    world.client.apply(space)
    item = config_map("items1", "item", forEach=[{"n": "${schema.spec.spaces}"}])
    item["template"]["metadata"]["namespace"] = "${n}"
    rgd = world.rgd("Spread", spec={"spaces": "[]string"}, resources=[item])
    world.install(rgd)
    world.create(world.instance(rgd, "a", {"spaces": [world.namespace, elsewhere]}))
    there = stored(world, "item")
    there["metadata"]["namespace"] = elsewhere
    world.client.patch(there, {"data": {"k": "by hand"}}, manager="hand")
    world.client.wait(there, lambda found: (found or {}).get("data") == {"k": "v"}, what="repaired")
    world.client.delete(there)
    world.client.wait(there, lambda found: found is not None, what="made again")


@pytest.mark.feature(80, 82, 95)
def test_a_reference_is_waited_for_followed_and_left_alone(world: World) -> None:
    reference = {"id": "platform", "externalRef": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "platform"}}}
    rgd = world.rgd("Consumer", resources=[reference, config_map("copy", "copy", {"v": "${platform.data.v}"})])
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.cleanup.append(instance)
    world.client.apply(instance)
    waiting = world.client.wait_condition(instance, "ResourcesReady", "False")
    assert waiting["status"]["state"] == "IN_PROGRESS"
    assert "platform" in condition(waiting, "ResourcesReady")["message"]
    world.client.apply(stored(world, "platform", data={"v": "1"}))
    world.client.wait_condition(instance)
    world.client.apply(stored(world, "platform", data={"v": "2"}))
    world.client.wait(stored(world, "copy"), lambda found: (found or {}).get("data") == {"v": "2"}, what="updated")
    world.client.delete(instance)
    world.client.wait_gone(instance)
    assert names(world) == {"platform"}


@pytest.mark.feature(81, 82)
def test_a_selector_follows_labels_that_come_and_go(world: World) -> None:
    reference = {
        "id": "teams",
        "externalRef": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"selector": {"matchLabels": {"team": "${schema.spec.team}"}}},
        },
    }
    rgd = world.rgd(
        "Catalog",
        spec={"team": "string"},
        resources=[reference, config_map("index", "index", {"names": "${teams.map(t, t.metadata.name).join(',')}"})],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"team": world.tag})
    world.create(instance)
    for name in ("p", "q"):
        world.client.apply(stored(world, name) | {"metadata": {"name": name, "labels": {"team": world.tag}}})
    index = stored(world, "index")
    world.client.wait(index, lambda found: (found or {})["data"] == {"names": "p,q"}, what="with both")
    world.client.patch(stored(world, "p"), {"metadata": {"labels": {"team": None}}})
    world.client.wait(index, lambda found: (found or {})["data"] == {"names": "q"}, what="with one")


@pytest.mark.feature(96)
def test_suspended_instances_are_left_alone_until_resumed(world: World) -> None:
    rgd = world.rgd(
        "Pausable",
        spec={"v": "string | default=one"},
        status={"shown": "${config.data.v}"},
        resources=[config_map("config", "config", {"v": "${schema.spec.v}"})],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    paused = {**instance, "metadata": {**instance["metadata"], "annotations": {"kro.run/reconcile": "suspended"}}, "spec": {"v": "two"}}
    world.client.apply(paused)
    found = world.client.wait_condition(instance, "ResourcesReady", "False")
    assert condition(found, "ResourcesReady")["reason"] == "ReconciliationSuspended"
    assert (world.client.refresh(stored(world, "config")) or {})["data"] == {"v": "one"}
    world.client.apply({**instance, "spec": {"v": "two"}})
    world.client.wait_condition(instance)
    assert (world.client.refresh(stored(world, "config")) or {})["data"] == {"v": "two"}


@pytest.mark.feature(86, 54)
def test_objects_of_another_instance_are_refused_and_free_ones_adopted(world: World) -> None:
    rgd = world.rgd("Claim", spec={"name": "string"}, resources=[config_map("config", "${schema.spec.name}")])
    world.install(rgd)
    world.client.apply(stored(world, "free", data={"mine": "1"}))
    first, second = world.instance(rgd, "first", {"name": "free"}), world.instance(rgd, "second", {"name": "free"})
    world.create(first)
    assert (world.client.refresh(stored(world, "free")) or {})["data"] == {"mine": "1", "k": "v"}
    world.cleanup.append(second)
    world.client.apply(second)
    refused = world.client.wait_condition(second, "ResourcesReady", "False")
    assert refused["status"]["state"] == "ERROR"
    assert "free" in condition(refused, "ResourcesReady")["message"]
    world.client.delete(second)
    world.client.wait_gone(second)
    assert "free" in names(world)


@pytest.mark.feature(91, 93, 94)
def test_deletion_goes_wave_by_wave_and_waits_for_finalizers(world: World) -> None:
    rgd = world.rgd("Ordered", resources=[config_map("base", "base"), config_map("top", "top", {"of": "${base.metadata.name}"})])
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    world.client.patch(stored(world, "top"), {"metadata": {"finalizers": ["example.com/hold"]}})
    world.client.delete(instance)
    held = world.client.wait(
        instance, lambda found: (found or {}).get("status", {}).get("state") == "DELETING" and "example.com/hold" in str(found), what="held"
    )
    assert held is not None
    base = world.client.refresh(stored(world, "base"))
    assert base is not None
    assert "deletionTimestamp" not in base["metadata"]
    world.client.patch(stored(world, "top"), {"metadata": {"finalizers": None}})
    world.client.wait_gone(instance)
    assert names(world) == set()


@pytest.mark.feature(46, 97, 100)
def test_one_faulty_node_does_not_stop_the_others(world: World) -> None:
    rgd = world.rgd(
        "Partly",
        spec={"n": "integer | default=0"},
        resources=[
            config_map("bad", "bad", {"v": "${string(10 / schema.spec.n)}"}),
            config_map("good", "good"),
            config_map("after", "after", {"v": "${bad.data.v}"}),
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.cleanup.append(instance)
    world.client.apply(instance)
    failed = world.client.wait(instance, lambda found: (found or {}).get("status", {}).get("state") == "ERROR", what="in error")
    assert "division by zero" in condition(failed, "ResourcesReady")["message"]
    until(world, instance, {"good"})
    world.client.apply({**instance, "spec": {"n": 5}})
    world.client.wait_condition(instance)
    assert names(world) == {"good", "bad", "after"}


@pytest.mark.feature(119)
def test_a_missing_right_is_named_in_the_condition(world: World) -> None:
    secret = {"id": "secret", "template": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "v"}}}
    rgd = world.rgd("Rightless", resources=[secret])
    world.backend.grant(world.group, {**rgd, "spec": {**rgd["spec"], "resources": []}})
    world.cleanup.append(rgd)
    world.client.apply(rgd)
    world.client.wait_condition(rgd)
    instance = world.instance(rgd, "a")
    world.cleanup.append(instance)
    world.client.apply(instance)
    failed = world.client.wait_condition(instance, "ResourcesReady", "False")
    message = condition(failed, "ResourcesReady")["message"]
    assert "secrets" in message
    assert "forbidden" in message
    world.backend.grant(world.group, rgd)
    world.client.wait_condition(instance, timeout=40)


@pytest.mark.feature(97, 100)
def test_a_write_that_a_policy_denies_is_told_and_tried_again(world: World) -> None:
    """No event says that a policy has changed its mind: the retry finds out."""
    policy: Object = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": world.tag},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE", "UPDATE"]}
                ],
            },
            "validations": [{"expression": "object.metadata.name != 'secretive'", "message": "no secretive names here"}],
        },
    }
    binding: Object = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": world.tag},
        "spec": {"policyName": world.tag, "validationActions": ["Deny"]},
    }
    world.cleanup.extend([policy, binding])
    world.client.apply(policy, binding)

    def in_force(_: Object | None) -> bool:
        try:
            world.client.apply(stored(world, "secretive"))
        except Refused:
            return True
        world.client.delete(stored(world, "secretive"))
        return False

    world.client.wait(policy, in_force, what="in force")
    rgd = world.rgd(
        "Denied",
        resources=[config_map("bad", "secretive"), config_map("good", "good"), config_map("after", "after", {"of": "${bad.data.k}"})],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.cleanup.append(instance)
    world.client.apply(instance)
    denied = world.client.wait(instance, lambda found: (found or {}).get("status", {}).get("state") == "ERROR", what="in error")
    assert "no secretive names here" in condition(denied, "ResourcesReady")["message"]
    assert names(world) == {"good"}
    world.client.delete(binding)
    ready = world.client.wait_condition(instance, timeout=60)
    assert ready["status"]["state"] == "ACTIVE"
    assert names(world) == {"good", "secretive", "after"}
