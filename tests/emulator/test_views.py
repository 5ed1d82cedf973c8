"""What `kubectl get` shows, the other forms of an answer, and kinds whose versions differ in shape."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml

from local_emulator.core.durations import human
from local_emulator.core.jsonpath import find
from tests.emulator.client import PARTIAL, START, TABLE, Client, config_map

MAPS = "/api/v1/namespaces/default/configmaps"
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}


def manifest(api_version: str, kind: str, **body: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **body}


ROWS: list[tuple[str, dict[str, Any], list[Any]]] = [
    ("/api/v1/namespaces/default/configmaps", config_map("x", {"a": "1", "b": "2"}), ["x", 2, "65s"]),
    ("/api/v1/namespaces/default/secrets", manifest("v1", "Secret", stringData={"a": "1"}), ["x", "Opaque", 1, "65s"]),
    ("/api/v1/namespaces", manifest("v1", "Namespace"), ["x", "Active", "65s"]),
    ("/api/v1/namespaces/default/serviceaccounts", manifest("v1", "ServiceAccount"), ["x", "65s"]),
    (
        "/api/v1/namespaces/default/services",
        manifest("v1", "Service", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        ["x", "ClusterIP", "10.96.0.1", "<none>", "80/TCP", "65s", "app=web"],
    ),
    (
        "/api/v1/namespaces/default/services",
        manifest(
            "v1",
            "Service",
            spec={"type": "LoadBalancer", "ports": [{"port": 80, "name": "web"}, {"port": 53, "protocol": "UDP", "name": "dns"}]},
        ),
        None,  # type: ignore[list-item]
    ),
    (
        "/apis/apps/v1/namespaces/default/deployments",
        manifest("apps/v1", "Deployment", spec={"replicas": 2, "selector": SELECTOR, "template": TEMPLATE}),
        ["x", "0/2", 0, 0, "65s", "c", "nginx", "app=web"],
    ),
    (
        "/apis/apps/v1/namespaces/default/statefulsets",
        manifest("apps/v1", "StatefulSet", spec={"serviceName": "s", "selector": SELECTOR, "template": TEMPLATE}),
        ["x", "0/1", "65s", "c", "nginx"],
    ),
    ("/api/v1/namespaces/default/pods", manifest("v1", "Pod", spec=TEMPLATE["spec"]), ["x", "0/1", "Pending", "0", "65s", *["<none>"] * 4]),
    (
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
        manifest("networking.k8s.io/v1", "Ingress", spec={"rules": [{"host": "a.b"}], "tls": [{}]}),
        ["x", "<none>", "a.b", "", "80, 443", "65s"],
    ),
    (
        "/apis/batch/v1/namespaces/default/jobs",
        manifest("batch/v1", "Job", spec={"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}),
        None,  # type: ignore[list-item]
    ),
    (
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
        manifest("coordination.k8s.io/v1", "Lease", spec={"holderIdentity": "me"}),
        ["x", "me", "65s"],
    ),
    (
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
        manifest("rbac.authorization.k8s.io/v1", "Role", rules=[]),
        ["x", "2026-01-01T00:00:00Z"],
    ),
]


@pytest.mark.parametrize(("path", "body", "cells"), ROWS, ids=[f"{body['kind']}-{index}" for index, (_, body, _) in enumerate(ROWS)])
def test_rows(client: Client, path: str, body: dict[str, Any], cells: list[Any] | None) -> None:
    client.create(path, body)
    client.settle(65)
    table = client.get(f"{path}/x", accept=TABLE).body
    row = table["rows"][0]["cells"]
    assert len(row) == len(table["columnDefinitions"])
    if cells is not None:
        assert row == cells


def test_a_load_balancer_waits_for_its_address(client: Client) -> None:
    path = "/api/v1/namespaces/default/services"
    client.create(
        path,
        manifest(
            "v1",
            "Service",
            spec={"type": "LoadBalancer", "ports": [{"port": 80, "name": "web"}, {"port": 53, "protocol": "UDP", "name": "dns"}]},
        ),
    )
    assert client.get(path + "/x", accept=TABLE).body["rows"][0]["cells"][1:5] == [
        "LoadBalancer",
        "10.96.0.1",
        "<pending>",
        "80:30000/TCP,53:30001/UDP",
    ]


@pytest.mark.parametrize(("include", "kind"), [("Object", "ConfigMap"), ("Metadata", "PartialObjectMetadata"), ("None", None)])
def test_what_a_row_carries(client: Client, include: str, kind: str | None) -> None:
    client.create(MAPS, config_map("x"))
    row = client.get(f"{MAPS}?includeObject={include}", accept=TABLE).body["rows"][0]
    assert (row["object"] or {}).get("kind") == kind


def test_yaml(client: Client) -> None:
    client.create(MAPS, config_map("x"))
    answer = client.get(MAPS + "/x", accept="application/yaml")
    assert answer.response.content_type == "application/yaml"
    assert yaml.safe_load(answer.response.body)["data"] == {"a": "1"}


def test_partial_metadata_of_a_write(client: Client) -> None:
    answer = client.call("POST", MAPS, config_map("x"), accept=PARTIAL)
    assert (answer.code, answer.body["kind"], "data" in answer.body) == (201, "PartialObjectMetadata", False)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (700, "11m"),
        (10800, "3h"),
        (11100, "3h5m"),
        (50 * 3600, "2d2h"),
        (9 * 86400, "9d"),
        (800 * 86400, "2y70d"),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    assert human(timedelta(seconds=seconds).total_seconds()) == text


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".a.b", [1]), (".a['b']", [1]), (".l[0].n", ["x"]), (".l[-1].n", ["y"]), (".l[*].n", ["x", "y"]), ('.l[?(@.n=="y")].v', [2]), (".missing.b", []),
        ("{.a.b}", [1]), (r".k\.dot", [3]), (".l[7]", []), (".a[(1)]", []),
    ],
)  # fmt: skip
def test_json_paths(path: str, found: list[Any]) -> None:
    assert find({"a": {"b": 1}, "l": [{"n": "x", "v": 1}, {"n": "y", "v": 2}], "k.dot": 3}, path) == found


EVENT = {
    "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "reason": "Made", "message": "made it", "type": "Normal", "count": 2,
    "involvedObject": {"kind": "ConfigMap", "name": "x", "namespace": "default"}, "firstTimestamp": "2026-01-01T00:00:00Z",
    "lastTimestamp": "2026-01-01T00:00:00Z", "source": {"component": "me"},
}  # fmt: skip


def test_events_are_the_same_objects_in_both_groups(client: Client) -> None:
    client.create("/api/v1/namespaces/default/events", EVENT)
    path = "/apis/events.k8s.io/v1/namespaces/default/events"
    other = client.get(path + "/e").body
    assert (other["apiVersion"], other["note"], other["regarding"]["name"], other["deprecatedCount"]) == (
        "events.k8s.io/v1",
        "made it",
        "x",
        2,
    )
    assert client.get(path).body["items"][0]["note"] == "made it"
    client.merge(path + "/e", {"note": "made it again"})
    assert client.get("/api/v1/namespaces/default/events/e").body["message"] == "made it again"
    cells = client.get("/api/v1/namespaces/default/events/e", accept=TABLE).body["rows"][0]["cells"]
    assert cells == ["0s", "Normal", "Made", "configmap/x", "", "me", "made it again", "0s", "2", "e"]
    named = client.get("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dx,involvedObject.kind%3DConfigMap").body[
        "items"
    ]
    assert len(named) == 1


def test_autoscalers_in_both_versions(client: Client) -> None:
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
        "maxReplicas": 3,
        "targetCPUUtilizationPercentage": 70,
    }
    path = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers"
    client.create(path.format("v1"), manifest("autoscaling/v1", "HorizontalPodAutoscaler", spec=spec))
    newer = client.get(path.format("v2") + "/x").body
    assert newer["spec"]["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    ]
    assert client.get(path.format("v1") + "/x").body["spec"]["targetCPUUtilizationPercentage"] == 70
    assert client.get("/apis/autoscaling").body["preferredVersion"]["version"] == "v2"


def test_times_of_answers_come_from_the_store(client: Client) -> None:
    client.settle(60)
    made = client.create(MAPS, config_map("x"))
    assert made["metadata"]["creationTimestamp"] == (START + timedelta(seconds=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
