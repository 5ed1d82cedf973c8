"""Garbage collection and the lives of namespaces."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client, config_map

MAPS = "/api/v1/namespaces/default/configmaps"


def owned(name: str, *owners: Any, block: bool = True, **metadata: Any) -> dict[str, Any]:
    references = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": block,
        }
        for owner in owners
    ]
    return config_map(name, ownerReferences=references, **metadata)


def names(client: Client) -> list[str]:
    return [item["metadata"]["name"] for item in client.get(MAPS).body["items"]]


@pytest.fixture
def family(client: Client) -> Client:
    parent = client.create(MAPS, config_map("parent"))
    child = client.create(MAPS, owned("child", parent))
    client.create(MAPS, owned("grandchild", child))
    client.settle()
    return client


def test_background_deletion_takes_dependents_afterwards(family: Client) -> None:
    family.delete(MAPS + "/parent", {"propagationPolicy": "Background"})
    assert names(family) == ["child", "grandchild"]
    family.settle()
    assert names(family) == []


def test_foreground_deletion_waits_for_dependents(family: Client) -> None:
    family.merge(MAPS + "/grandchild", {"metadata": {"finalizers": ["a.b/c"]}})
    answer = family.delete(MAPS + "/parent", {"propagationPolicy": "Foreground"})
    assert answer.body["metadata"]["finalizers"] == ["foregroundDeletion"]
    family.settle()
    assert names(family) == ["child", "grandchild", "parent"]
    family.merge(MAPS + "/grandchild", {"metadata": {"finalizers": None}})
    family.settle()
    assert names(family) == []


def test_foreground_deletion_does_not_wait_for_those_that_do_not_block(client: Client) -> None:
    parent = client.create(MAPS, config_map("parent"))
    client.create(MAPS, owned("child", parent, block=False, finalizers=["a.b/c"]))
    client.delete(MAPS + "/parent", {"propagationPolicy": "Foreground"})
    client.settle()
    assert names(client) == ["child"]


def test_orphans_lose_the_reference_and_stay(family: Client) -> None:
    family.delete(MAPS + "/parent", {"propagationPolicy": "Orphan"})
    family.settle()
    assert names(family) == ["child", "grandchild"]
    assert "ownerReferences" not in family.get(MAPS + "/child").body["metadata"]


def test_one_of_two_owners_is_enough(client: Client) -> None:
    first, second = client.create(MAPS, config_map("first")), client.create(MAPS, config_map("second"))
    client.create(MAPS, owned("child", first, second))
    client.delete(MAPS + "/first")
    client.settle()
    references = client.get(MAPS + "/child").body["metadata"]["ownerReferences"]
    assert [reference["name"] for reference in references] == ["second"]


def test_an_owner_of_the_same_name_is_not_the_owner(client: Client) -> None:
    parent = client.create(MAPS, config_map("parent"))
    client.delete(MAPS + "/parent")
    client.create(MAPS, config_map("parent"))
    client.create(MAPS, owned("child", parent))
    client.settle()
    assert names(client) == ["parent"]


def test_a_dependent_of_an_unknown_kind_stays(client: Client) -> None:
    reference = {"apiVersion": "nope.io/v1", "kind": "Nope", "name": "x", "uid": "x"}
    client.create(MAPS, config_map("child", ownerReferences=[reference]))
    client.settle()
    assert names(client) == ["child"]


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def test_a_namespace_is_made(client: Client) -> None:
    made = client.create("/api/v1/namespaces", namespace("team"))
    assert made["metadata"]["labels"] == {"kubernetes.io/metadata.name": "team"}
    assert (made["spec"], made["status"]) == ({"finalizers": ["kubernetes"]}, {"phase": "Active"})


def test_a_namespace_goes_with_its_contents(client: Client) -> None:
    client.create("/api/v1/namespaces", namespace("team"))
    inside = "/api/v1/namespaces/team/configmaps"
    client.create(inside, config_map("free"))
    client.create(inside, config_map("held", finalizers=["a.b/c"]))
    answer = client.delete("/api/v1/namespaces/team")
    assert (answer.code, answer.body["status"]["phase"]) == (200, "Terminating")
    client.settle()
    assert [item["metadata"]["name"] for item in client.get(inside).body["items"]] == ["held"]
    refused = client.call("POST", inside, config_map("new"))
    assert (refused.code, refused.body["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    client.merge(inside + "/held", {"metadata": {"finalizers": None}})
    client.settle()
    assert client.get("/api/v1/namespaces/team").code == 404


def test_cluster_roles_are_aggregated(client: Client) -> None:
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    rule = {"apiGroups": ["x"], "resources": ["ys"], "verbs": ["get"]}
    selector = {"clusterRoleSelectors": [{"matchLabels": {"to": "sum"}}]}
    client.create(path, {**head, "metadata": {"name": "sum"}, "aggregationRule": selector, "rules": []})
    client.create(path, {**head, "metadata": {"name": "part", "labels": {"to": "sum"}}, "rules": [rule]})
    client.settle()
    assert client.get(path + "/sum").body["rules"] == [rule]
    client.delete(path + "/part")
    client.settle()
    assert not client.get(path + "/sum").body.get("rules")
