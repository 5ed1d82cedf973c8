"""What an API server refuses for good, on both APIs: a field that never changes holds nothing else back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, names, stored
from tests.support.client import Object, Refused, condition

LABELS = {"app": "web"}
POD: Object = {"containers": [{"name": "web", "image": "registry.example.com/web:1", "command": ["run", "${schema.spec.v}"]}]}
STEADY: Object = {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]}
UNCHANGEABLE: dict[str, Object] = {
    "command of a Pod": {"apiVersion": "v1", "kind": "Pod", "spec": POD},
    "type of a Secret": {"apiVersion": "v1", "kind": "Secret", "type": "example.com/${schema.spec.v}"},
    "data of an immutable ConfigMap": {"apiVersion": "v1", "kind": "ConfigMap", "immutable": True, "data": {"v": "${schema.spec.v}"}},
    "selector of a Deployment": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web", "v": "${schema.spec.v}"}},
            "template": {"metadata": {"labels": {"app": "web", "v": "${schema.spec.v}"}}, "spec": STEADY},
        },
    },
}


@pytest.mark.parametrize("template", UNCHANGEABLE.values(), ids=UNCHANGEABLE.keys())
def test_a_refused_update_does_not_stop_pruning(world: World, template: Any) -> None:
    fixed = {**template, "metadata": {"name": "${schema.metadata.name}-${n}"}}
    rgd = world.rgd(
        "Fixed",
        spec={"v": "string", "names": "[]string"},
        resources=[
            {"id": "fixed", "forEach": [{"n": "${['one']}"}], "template": fixed},
            config_map("waits", "waits-${fixed[0].metadata.name}"),
            config_map("rest", "item-${n}", {"n": "${n}"}, forEach=[{"n": "${schema.spec.names}"}]),
        ],
    )
    world.install(rgd)
    instance = world.instance(rgd, "a", {"v": "x", "names": ["kept", "unwanted"]})
    world.create(instance)
    child = {**fixed, "metadata": {"name": "a-one", "namespace": world.namespace}}
    before = world.client.refresh(child)
    assert before is not None

    world.client.apply({**instance, "spec": {"v": "y", "names": ["kept", "new"]}})
    world.client.wait_gone(stored(world, "item-unwanted"))
    refused = world.client.wait(instance, lambda found: condition(found, "Ready").get("status") == "False", what="refused")
    assert (refused or {})["status"]["state"] == "ERROR"
    assert names(world) - {"a-one"} == {"item-kept", "item-new", "waits-a-one"}
    after = world.client.refresh(child)
    assert after is not None
    assert after["metadata"]["uid"] == before["metadata"]["uid"]

    world.client.apply({**instance, "spec": {"v": "x", "names": ["kept"]}})
    world.client.wait_condition(instance)
    assert names(world) - {"a-one"} == {"item-kept", "waits-a-one"}


def test_a_refused_create_keeps_what_it_would_replace(world: World) -> None:
    rgd = world.rgd("Replaced", spec={"name": "string"}, resources=[config_map("only", "${schema.spec.name}")])
    world.install(rgd)
    instance = world.instance(rgd, "a", {"name": "old"})
    world.create(instance)
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": world.tag},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
                "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}],
            },
            "validations": [{"expression": "object.metadata.name != 'new'", "message": "not that name"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": world.tag},
        "spec": {"policyName": world.tag, "validationActions": ["Deny"]},
    }
    world.client.apply(policy, binding)
    world.cleanup += [policy, binding]
    probe = stored(world, "new", data={})
    world.client.wait(probe, lambda _: _denied(world, probe), what="denied")
    world.client.apply({**instance, "spec": {"name": "new"}})
    world.client.wait(instance, lambda found: condition(found, "Ready").get("status") == "False", what="refused")
    assert names(world) == {"old"}
    world.client.delete(binding)
    world.client.wait_condition(instance, timeout=60)
    assert names(world) == {"new"}


def _denied(world: World, probe: Object) -> bool:
    """A policy takes effect a moment after it is stored."""
    try:
        world.client.apply(probe)
    except Refused:
        return True
    world.client.delete(probe)
    return False
