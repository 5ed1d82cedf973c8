"""How the nodes of a graph hang together, on both APIs: other kinds, other namespaces, other definitions, loops, limits, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, names, stored, until
from tests.support.client import Object, condition


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.mark.feature(64, 65, 66)
def test_children_live_in_other_namespaces_and_in_none(world: World) -> None:
    """A cluster-scoped child, one in the namespace that it makes, and one beside the instance; all go with the instance."""
    other = f"{world.tag}-other"
    inner = config_map("inner", "inner", {"in": "${space.metadata.name}"})
    inner["template"]["metadata"]["namespace"] = "${space.metadata.name}"
    role = {
        "id": "role",
        "template": {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"{world.tag}-role"},
            "rules": [],
        },
    }
    space = {"id": "space", "template": namespace("${schema.spec.space}")}
    rgd = world.rgd("Spread", spec={"space": "string"}, resources=[inner, role, space, config_map("beside", "beside")])
    world.install(rgd)
    instance = world.instance(rgd, "a", {"space": other})
    world.create(instance, timeout=60)
    found = world.client.get("v1", "ConfigMap", "inner", other)
    assert found is not None
    assert found["metadata"]["labels"]["kro.run/instance-namespace"] == world.namespace
    assert world.client.get("rbac.authorization.k8s.io/v1", "ClusterRole", f"{world.tag}-role") is not None
    assert names(world) == {"beside"}

    world.client.patch(found, {"data": {"in": "elsewhere"}})
    world.client.wait(found, lambda again: (again or {}).get("data") == {"in": other}, what="restored in the other namespace")

    world.client.delete(instance)
    world.client.wait_gone(instance, timeout=60)
    world.client.wait_gone(namespace(other), timeout=60)
    assert world.client.get("rbac.authorization.k8s.io/v1", "ClusterRole", f"{world.tag}-role") is None


@pytest.mark.feature(5, 65, 66)
def test_cluster_scoped_instances_have_namespaced_children(world: World) -> None:
    child = config_map("config", "${schema.metadata.name}")
    child["template"]["metadata"]["namespace"] = "${schema.spec.into}"
    rgd = world.rgd("Wide", scope="Cluster", spec={"into": "string"}, resources=[child])
    world.install(rgd)
    instance = world.instance(rgd, f"{world.tag}-wide", {"into": world.namespace})
    world.create(instance)
    assert names(world) == {f"{world.tag}-wide"}
    world.client.delete(instance)
    world.client.wait_gone(instance)
    assert names(world) == set()


@pytest.mark.feature(55, 56)
def test_a_definition_brings_a_crd_and_its_objects(world: World) -> None:
    """The kind of the second node exists only once the first is established, in a definition of its own."""
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"gadgets.sub.{world.group}", "labels": {"for": "${schema.metadata.name}"}},
        "spec": {
            "group": f"sub.{world.group}",
            "scope": "Namespaced",
            "names": {"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                        }
                    },
                }
            ],
        },
    }
    rgd = world.rgd(
        "Kindmaker",
        status={"established": "${crd.status.conditions.exists(c, c.type == 'Established' && c.status == 'True')}"},
        resources=[{"id": "crd", "template": crd}],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    world.client.wait(instance, lambda found: (found or {})["status"].get("established") is True, what="established")
    gadget = {
        "id": "gadget",
        "template": {
            "apiVersion": f"sub.{world.group}/v1",
            "kind": "Gadget",
            "metadata": {"name": "g"},
            "spec": {"size": "${schema.spec.size}"},
        },
    }
    user = world.rgd("Gadgeteer", spec={"size": "integer"}, status={"size": "${gadget.spec.size}"}, resources=[gadget])
    world.install(user)
    ready = world.create(world.instance(user, "b", {"size": 3}))
    assert ready["status"]["size"] == 3


@pytest.mark.feature(57, 58)
def test_definitions_make_definitions_and_instances_of_others(world: World) -> None:
    """An instance makes a definition, whose text stays text; another definition makes instances of that one and waits for them."""
    inner = world.rgd(
        "Leaf",
        spec={"text": "string"},
        status={"shown": '${"${config.data.text}"}'},
        resources=[
            {
                "id": "config",
                "template": {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": '${"${schema.metadata.name}"}'},
                    "data": {"text": '${"${schema.spec.text}"}'},
                },
            }
        ],
    )
    maker = world.rgd("Maker", resources=[{"id": "definition", "template": inner, "readyWhen": ["${definition.status.state == 'Active'}"]}])
    world.install(maker)
    made = world.instance(maker, "m")
    world.cleanup.append(inner)
    world.create(made, timeout=60)

    leaf: Object = {
        "id": "leaf",
        "template": {
            "apiVersion": f"{world.group}/v1alpha1",
            "kind": "Leaf",
            "metadata": {"name": "${schema.metadata.name}-leaf"},
            "spec": {"text": "${schema.spec.text}"},
        },
        "readyWhen": ["${leaf.status.state == 'ACTIVE'}"],
    }
    after = config_map("after", "${schema.metadata.name}-after", {"shown": "${leaf.status.shown}"})
    tree = world.rgd("Tree", spec={"text": "string"}, status={"shown": "${leaf.status.shown}"}, resources=[leaf, after])
    world.install(tree)
    instance = world.instance(tree, "t", {"text": "one"})
    ready = world.create(instance, timeout=60)
    assert ready["status"]["shown"] == "one"
    assert names(world) == {"t-leaf", "t-after"}
    world.client.apply({**instance, "spec": {"text": "two"}})
    world.client.wait(stored(world, "t-after"), lambda found: (found or {}).get("data") == {"shown": "two"}, what="passed on")
    world.client.delete(instance)
    world.client.wait_gone(instance, timeout=60)
    assert names(world) == set()


@pytest.mark.feature(72, 73)
def test_includes_that_depend_on_other_nodes_wait_for_them(world: World) -> None:
    rgd = world.rgd(
        "Gate",
        resources=[
            config_map("switch", "switch", {"own": "v"}, readyWhen=["${has(switch.data.ready)}"]),
            config_map("lamp", "lamp", includeWhen=["${switch.data.ready == 'yes'}"]),
            config_map("shade", "shade", {"of": "${lamp.metadata.name}"}),
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.cleanup.append(instance)
    world.client.apply(instance)
    world.client.wait_condition(instance, "ResourcesReady", "False")
    assert names(world) == {"switch"}
    for value, expected in (("yes", {"switch", "lamp", "shade"}), ("no", {"switch"}), ("yes", {"switch", "lamp", "shade"})):
        world.client.patch(stored(world, "switch"), {"data": {"ready": value}})
        until(world, instance, expected)
        world.client.wait_condition(instance)


@pytest.mark.feature(75, 76, 78)
def test_loops_follow_other_nodes_and_other_loops(world: World) -> None:
    """One loop over a list that another node holds, one over the objects of that loop."""
    rgd = world.rgd(
        "Loops",
        resources=[
            config_map("source", "source", {"list": "x"}),
            config_map("part", "item-${n}", {"n": "${n}"}, forEach=[{"n": "${source.data.list.split(',')}"}]),
            config_map("copy", "copy-${i.metadata.name}", {"of": "${i.data.n}"}, forEach=[{"i": "${part}"}]),
        ],
    )
    # The list is another manager's, so that it can be edited without being repaired.
    del rgd["spec"]["resources"][0]["template"]["data"]
    rgd["spec"]["resources"][1]["forEach"] = [{"n": "${source.?data.?list.orValue('x').split(',')}"}]
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    assert names(world) == {"source", "item-x", "copy-item-x"}
    world.client.patch(stored(world, "source"), {"data": {"list": "x,y"}})
    until(world, instance, {"source", "item-x", "item-y", "copy-item-x", "copy-item-y"})
    world.client.patch(stored(world, "source"), {"data": {"list": "y"}})
    until(world, instance, {"source", "item-y", "copy-item-y"})
    world.client.wait_condition(instance)


@pytest.mark.feature(77)
def test_a_loop_over_too_much_makes_nothing(world: World) -> None:
    rgd = world.rgd(
        "Huge", spec={"n": "integer"}, resources=[config_map("part", "item-${string(n)}", forEach=[{"n": "${lists.range(schema.spec.n)}"}])]
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"n": 1001})
    world.cleanup.append(instance)
    world.client.apply(instance)
    failed = world.client.wait(instance, lambda found: (found or {}).get("status", {}).get("state") == "ERROR", what="in error")
    message = condition(failed, "ResourcesReady")["message"]
    assert "1001" in message
    assert "1000" in message
    assert names(world) == set()


@pytest.mark.feature(84, 85)
def test_the_inventory_of_an_instance_is_on_the_instance(world: World) -> None:
    world.install(rgd := world.rgd("Listed", resources=[config_map("config", "config")]))
    ready = world.create(world.instance(rgd, "a"))
    metadata = ready["metadata"]
    assert metadata["labels"]["applyset.kubernetes.io/id"].startswith("applyset-")
    annotations = metadata["annotations"]
    assert annotations["applyset.kubernetes.io/contains-group-kinds"] == "ConfigMap"
    assert annotations["applyset.kubernetes.io/tooling"].startswith("kro/")
    assert annotations["internal.kro.run/applyset-inventory-hash"]


@pytest.mark.feature(87)
def test_two_nodes_of_one_object_write_neither(world: World) -> None:
    rgd = world.rgd(
        "Twins",
        spec={"a": "string", "b": "string"},
        resources=[config_map("one", "${schema.spec.a}"), config_map("two", "${schema.spec.b}"), config_map("free", "free")],
    )
    world.install(rgd)
    instance = world.instance(rgd, "i", {"a": "same", "b": "same"})
    world.cleanup.append(instance)
    world.client.apply(instance)
    failed = world.client.wait(instance, lambda found: (found or {}).get("status", {}).get("state") == "ERROR", what="in error")
    message = condition(failed, "ResourcesReady")["message"]
    for word in ("one", "two", "same"):
        assert word in message
    until(world, instance, {"free"})
    world.client.apply({**instance, "spec": {"a": "same", "b": "other"}})
    until(world, instance, {"free", "same", "other"})
    world.client.wait_condition(instance)


@pytest.mark.feature(89)
def test_what_is_not_ready_keeps_nothing_from_being_pruned(world: World) -> None:
    never = config_map("never", "never", readyWhen=["${never.data.k == 'other'}"])
    rgd = world.rgd("Unready", spec={"on": "boolean"}, resources=[never, config_map("extra", "extra", includeWhen=["${schema.spec.on}"])])
    world.install(rgd)
    instance = world.instance(rgd, "a", {"on": True})
    world.cleanup.append(instance)
    world.client.apply(instance)
    until(world, instance, {"never", "extra"})
    world.client.apply({**instance, "spec": {"on": False}})
    until(world, instance, {"never"})
    found = world.client.wait_condition(instance, "ResourcesReady", "False")
    assert found["status"]["state"] == "IN_PROGRESS"


def _self_reference() -> list[Object]:
    return [config_map("a", "a", {"k": "${a.metadata.uid}"})]


REFUSED: dict[str, tuple[list[Object], tuple[str, ...]]] = {
    "a cycle": ([config_map("a", "a", {"k": "${b.metadata.name}"}), config_map("b", "b", {"k": "${a.metadata.name}"})], ("a -> b -> a",)),
    "a reference to itself": (_self_reference(), ("a", "self")),
    "a reserved id": ([config_map("schema", "a")], ("schema", "reserved")),
    "an id with a dash": ([config_map("my-map", "a")], ("my-map",)),
    "the same id twice": ([config_map("a", "a"), config_map("a", "b")], ("duplicate", "a")),
    "a reserved label": (
        [{"id": "a", "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"kro.run/x": "y"}}}}],
        ("kro.run/",),
    ),
    "a reserved annotation": (
        [
            {
                "id": "a",
                "template": {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "a", "annotations": {"internal.kro.run/x": "y"}},
                },
            }
        ],
        ("internal.kro.run/",),
    ),
    "an iterator that names nothing": ([config_map("a", "fixed", {"n": "${n}"}, forEach=[{"n": "${schema.spec.names}"}])], ("n", "name")),
    "an unknown kind": ([{"id": "a", "template": {"apiVersion": "v1", "kind": "Nonesuch", "metadata": {"name": "a"}}}], ("Nonesuch",)),
    "a namespace for a cluster-scoped kind": (
        [{"id": "a", "template": {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "b"}}}],
        ("namespace",),
    ),
}


@pytest.mark.feature(55, 60, 62, 63, 76)
@pytest.mark.parametrize("what", sorted(REFUSED))
def test_graphs_that_cannot_be_are_refused(world: World, what: str) -> None:
    resources, words = REFUSED[what]
    rgd: Any = world.rgd("Refused", spec={"names": "[]string"}, resources=resources)
    world.cleanup.append(rgd)
    world.client.apply(rgd)
    verdict = condition(world.client.wait_condition(rgd, "GraphAccepted", "False"), "GraphAccepted")
    for word in words:
        assert word in verdict["message"]
