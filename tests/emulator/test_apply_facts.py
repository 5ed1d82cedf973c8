"""The facts about server-side apply that rules 3 and 6 rest on (docs/explanation/concurrency.md), as measured on a real kube-apiserver."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client, config_map

PATH = "/api/v1/namespaces/default/configmaps/one"
STRANGER = "11111111-1111-1111-1111-111111111111"


def owners(obj: Any, path: str) -> set[str]:
    """Managers that own a field like ``data.a``."""
    found = set()
    for entry in obj["metadata"].get("managedFields", ()):
        node = entry["fieldsV1"]
        for part in path.split("."):
            node = node.get(f"f:{part}") if node is not None else None
        if node is not None:
            found.add(entry["manager"])
    return found


@pytest.fixture
def existing(client: Client) -> Any:
    answer = client.apply(PATH, config_map("one"), "first")
    assert answer.code == 201
    return answer.body


def test_no_op_apply_keeps_the_resource_version(client: Client, existing: Any) -> None:
    client.settle(5)
    again = client.apply(PATH, config_map("one"), "first")
    assert (again.code, again.body) == (200, existing)


@pytest.mark.parametrize("data", [{"a": "1"}, {"a": "2"}], ids=["no-op", "change"])
def test_stale_resource_version_conflicts_even_for_a_no_op(client: Client, existing: Any, data: dict[str, str]) -> None:
    old = existing["metadata"]["resourceVersion"]
    client.merge(PATH, {"metadata": {"labels": {"x": "y"}}})
    answer = client.apply(PATH, config_map("one", data, resourceVersion=old), "first")
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert "the object has been modified" in answer.body["message"]


def test_current_resource_version_is_accepted(client: Client, existing: Any) -> None:
    current = existing["metadata"]["resourceVersion"]
    assert client.apply(PATH, config_map("one", {"a": "2"}, resourceVersion=current), "first").code == 200


def test_resource_version_one_creates_only(client: Client) -> None:
    only = config_map("one", resourceVersion="1")
    assert client.apply(PATH, only, "first").code == 201
    answer = client.apply(PATH, only, "first")
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")


def test_resource_version_alone_re_creates_a_deleted_object(client: Client, existing: Any) -> None:
    client.delete(PATH)
    again = client.apply(PATH, config_map("one", resourceVersion=existing["metadata"]["resourceVersion"]), "first")
    assert again.code == 201
    assert again.body["metadata"]["uid"] != existing["metadata"]["uid"]


def test_uid_of_a_deleted_object_conflicts(client: Client, existing: Any) -> None:
    client.delete(PATH)
    metadata = {key: existing["metadata"][key] for key in ("uid", "resourceVersion")}
    answer = client.apply(PATH, config_map("one", **metadata), "first")
    assert (answer.code, answer.body["reason"]) == (409, "Conflict")
    assert "no existing object was found" in answer.body["message"]


def test_uid_of_another_object_is_invalid(client: Client, existing: Any) -> None:
    answer = client.apply(PATH, config_map("one", uid=STRANGER), "first")
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")


@pytest.mark.parametrize("how", ["merge", "put", "forced apply", "json patch"])
def test_another_managers_change_takes_the_path_away(client: Client, existing: Any, how: str) -> None:
    changed = config_map("one", {"a": "2"})
    match how:
        case "merge":
            client.merge(PATH, {"data": {"a": "2"}})
        case "put":
            client.call("PUT", PATH, changed)
        case "forced apply":
            client.apply(PATH, changed, "second", force=True)
        case "json patch":
            client.call("PATCH", PATH, [{"op": "replace", "path": "/data/a", "value": "2"}], "application/json-patch+json")
    assert owners(existing, "data.a") == {"first"}
    assert "first" not in owners(client.get(PATH).body, "data.a")


def test_scale_takes_replicas_away(client: Client) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    assert (
        client.apply(path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}, "first").code == 201
    )
    assert client.merge(path + "/scale", {"spec": {"replicas": 3}}).body["spec"] == {"replicas": 3}
    after = client.get(path).body
    assert after["metadata"]["generation"] == 2
    assert owners(after, "spec.replicas") == {"tester"}


def test_another_managers_equal_value_leaves_the_path(client: Client, existing: Any) -> None:
    client.apply(PATH, config_map("one"), "second")
    assert owners(client.get(PATH).body, "data.a") == {"first", "second"}


def test_a_conflict_names_manager_and_field(client: Client, existing: Any) -> None:
    answer = client.apply(PATH, config_map("one", {"a": "2"}), "second")
    assert answer.code == 409
    assert answer.body["details"]["causes"] == [{"reason": "FieldManagerConflict", "message": 'conflict with "first"', "field": ".data.a"}]


def test_a_status_patch_that_changes_nothing_keeps_the_resource_version(client: Client) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    client.apply(path, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    first = client.merge(path + "/status", {"status": {"observedGeneration": 1}}).body
    client.settle(5)
    assert client.merge(path + "/status", {"status": {"observedGeneration": 1}}).body == first
