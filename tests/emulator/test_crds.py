"""CustomResourceDefinitions take effect at once, change what is served, and take their instances with them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.emulator.client import TABLE, Client
from tests.emulator.test_watch import run, watching
from tests.exchanges.objects_of import CRDS, FOOS, definition, foo

NAME = CRDS + "/foos.example.krofn.dev"


@pytest.fixture
def serving(client: Client) -> Client:
    client.create(CRDS, definition("foos"))
    return client


def conditions(obj: Any) -> dict[str, tuple[str, str]]:
    return {condition["type"]: (condition["status"], condition["reason"]) for condition in obj["status"]["conditions"]}


def test_established_when_the_next_request_comes(serving: Client) -> None:
    assert conditions(serving.get(NAME).body) == {"NamesAccepted": ("True", "NoConflicts"), "Established": ("True", "InitialNamesAccepted")}
    assert serving.get(FOOS).body["kind"] == "FooList"


def test_a_schema_change_holds_for_the_next_request(serving: Client) -> None:
    assert "size" not in serving.create(FOOS, foo("a", {"color": "x", "size": 3}))["spec"]
    changed = deepcopy(serving.get(NAME).body)
    properties = changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    properties["size"] = {"type": "integer", "default": 1}
    assert serving.call("PUT", NAME, changed).code == 200
    assert serving.create(FOOS, foo("b", {"color": "x", "size": 3}))["spec"]["size"] == 3
    assert serving.create(FOOS, foo("c"))["spec"]["size"] == 1


def test_generation_follows_the_spec_alone(serving: Client) -> None:
    def generation(answer: Any) -> int:
        return int(answer.body["metadata"]["generation"])

    serving.create(FOOS, foo("a"))
    assert generation(serving.merge(FOOS + "/a", {"metadata": {"labels": {"x": "y"}}})) == 1
    assert generation(serving.merge(FOOS + "/a/status", {"status": {"replicas": 2}})) == 1
    assert generation(serving.merge(FOOS + "/a", {"spec": {"color": "blue"}})) == 2


def test_printer_columns(serving: Client) -> None:
    serving.create(FOOS, foo("a"))
    serving.merge(FOOS + "/a/status", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    table = serving.get(FOOS, accept=TABLE).body
    assert [(column["name"], column["type"], column["priority"]) for column in table["columnDefinitions"]] == [
        ("Name", "string", 0), ("Color", "string", 0), ("Ready", "string", 0), ("Replicas", "integer", 1),
    ]  # fmt: skip
    assert table["rows"][0]["cells"] == ["a", "red", "True", 1]


def test_two_versions_share_their_objects(client: Client) -> None:
    both = definition("foos")
    first = both["spec"]["versions"][0]
    both["spec"]["versions"] = [first, {**first, "name": "v1beta1", "storage": False}]
    client.create(CRDS, both)
    client.create(FOOS, foo("a"))
    other = client.get(FOOS.replace("/v1/", "/v1beta1/") + "/a").body
    assert (other["apiVersion"], other["spec"]["color"]) == ("example.krofn.dev/v1beta1", "red")
    versions = client.get("/apis/example.krofn.dev").body
    assert [version["version"] for version in versions["versions"]] == ["v1", "v1beta1"]


def test_taken_names_are_accepted_once_they_are_free(serving: Client) -> None:
    serving.create(CRDS, definition("bars"))
    other = CRDS + "/bars.example.krofn.dev"
    assert conditions(serving.get(other).body)["Established"] == ("False", "NotAccepted")
    serving.delete(NAME)
    serving.settle()
    assert conditions(serving.get(other).body)["Established"][0] == "True"


def test_deletion_takes_the_instances_and_waits_for_finalizers(serving: Client) -> None:
    serving.create(FOOS, foo("free"))
    serving.create(FOOS, foo("held", finalizers=["a.b/c"]))
    serving.delete(NAME)
    serving.settle()
    assert [item["metadata"]["name"] for item in serving.get(FOOS).body["items"]] == ["held"]
    assert conditions(serving.get(NAME).body)["Terminating"] == ("True", "InstanceDeletionInProgress")
    serving.merge(FOOS + "/held", {"metadata": {"finalizers": None}})
    serving.settle()
    assert serving.get(NAME).code == 404
    assert serving.get(FOOS).code == 404
    assert serving.get("/apis/example.krofn.dev").code == 404


def test_a_wrong_definition_is_refused(client: Client) -> None:
    wrong = definition("foos")
    wrong["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["color"]["type"] = "text"
    answer = client.call("POST", CRDS, wrong)
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")


def test_openapi_document(serving: Client) -> None:
    index = serving.get("/openapi/v3").body["paths"]
    url = index["apis/example.krofn.dev/v1"]["serverRelativeURL"]
    answer = serving.get(url)
    assert answer.headers["Cache-Control"] == "public, immutable"
    kind = answer.body["components"]["schemas"]["dev.krofn.example.v1.Foo"]
    assert kind["x-kubernetes-group-version-kind"] == [{"group": "example.krofn.dev", "kind": "Foo", "version": "v1"}]
    assert "/apis/example.krofn.dev/v1/namespaces/{namespace}/foos/{name}" in answer.body["paths"]


def test_the_hash_moves_with_the_schema(serving: Client) -> None:
    def url() -> str:
        return str(serving.get("/openapi/v3").body["paths"]["apis/example.krofn.dev/v1"]["serverRelativeURL"])

    before = url()
    changed = serving.get(NAME).body
    changed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"] = {"type": "integer"}
    serving.call("PUT", NAME, changed)
    assert url() != before
    assert serving.get(before).code == 301


def test_aggregated_discovery(serving: Client) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    answer = serving.get("/apis", accept=accept)
    assert answer.response.content_type == accept
    group = next(item for item in answer.body["items"] if item["metadata"]["name"] == "example.krofn.dev")
    resource = group["versions"][0]["resources"][0]
    assert (resource["resource"], resource["scope"], resource["shortNames"]) == ("foos", "Namespaced", ["fo"])
    assert [sub["subresource"] for sub in resource["subresources"]] == ["status", "scale"]


def test_a_watch_of_a_retired_kind_ends(serving: Client) -> None:
    async def scenario() -> None:
        serving.create(FOOS, foo("a"))
        async with watching(serving, FOOS) as stream:
            await stream.take(1)
            serving.delete(NAME)
            serving.settle()
            assert await stream.take(1) == [("DELETED", "a")]
            assert await stream.next() is None

    run(scenario())
