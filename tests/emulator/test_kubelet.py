"""The kubelet of convenience: what becomes ready, when, and what it writes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Client

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}
JOB_TEMPLATE = {"spec": {"containers": [{"name": "c", "image": "busybox"}], "restartPolicy": "Never"}}
TIME = "2026-01-01T00:00:02Z"


@pytest.fixture
def ready() -> Client:
    return Client(ready_after=2.0)


def manifest(api_version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}


DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def deployment(replicas: int = 2) -> dict[str, Any]:
    return manifest("apps/v1", "Deployment", {"replicas": replicas, "selector": SELECTOR, "template": TEMPLATE})


def test_a_deployment_is_available_after_the_delay(ready: Client) -> None:
    ready.create(DEPLOYMENTS, deployment())
    ready.settle(1)
    assert ready.get(DEPLOYMENTS + "/x").body["status"] == {}
    ready.settle(1)
    status = ready.get(DEPLOYMENTS + "/x").body["status"]
    conditions = {condition.pop("type"): condition for condition in status.pop("conditions")}
    assert status == {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}
    assert conditions["Available"] == {
        "status": "True", "lastUpdateTime": TIME, "lastTransitionTime": TIME, "reason": "MinimumReplicasAvailable",
        "message": "Deployment has minimum availability.",
    }  # fmt: skip
    assert conditions["Progressing"]["reason"] == "NewReplicaSetAvailable"


def test_without_replicas_the_counts_are_left_out(ready: Client) -> None:
    ready.create(DEPLOYMENTS, deployment(0))
    ready.settle(2)
    assert set(ready.get(DEPLOYMENTS + "/x").body["status"]) == {"observedGeneration", "conditions"}


def test_a_change_is_observed_after_the_delay_and_once(ready: Client) -> None:
    ready.create(DEPLOYMENTS, deployment())
    ready.settle(10)
    ready.merge(DEPLOYMENTS + "/x", {"spec": {"replicas": 5}})
    ready.settle(1)
    assert ready.get(DEPLOYMENTS + "/x").body["status"]["observedGeneration"] == 1
    ready.settle(1)
    after = ready.get(DEPLOYMENTS + "/x").body
    assert (after["status"]["observedGeneration"], after["status"]["readyReplicas"]) == (2, 5)
    ready.settle(100)
    assert ready.get(DEPLOYMENTS + "/x").body == after


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/apis/apps/v1/namespaces/default/statefulsets", manifest("apps/v1", "StatefulSet", {"serviceName": "s", "replicas": 2, "selector": SELECTOR, "template": TEMPLATE}),
         {"replicas": 2, "readyReplicas": 2, "currentReplicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "observedGeneration": 1}),
        ("/apis/apps/v1/namespaces/default/daemonsets", manifest("apps/v1", "DaemonSet", {"selector": SELECTOR, "template": TEMPLATE}),
         {"desiredNumberScheduled": 1, "numberReady": 1, "numberAvailable": 1, "observedGeneration": 1}),
        ("/apis/apps/v1/namespaces/default/replicasets", manifest("apps/v1", "ReplicaSet", {"replicas": 3, "selector": SELECTOR, "template": TEMPLATE}),
         {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "observedGeneration": 1}),
        ("/apis/batch/v1/namespaces/default/jobs", manifest("batch/v1", "Job", {"completions": 3, "template": JOB_TEMPLATE}),
         {"succeeded": 3, "startTime": TIME, "completionTime": TIME}),
        ("/api/v1/namespaces/default/pods", manifest("v1", "Pod", TEMPLATE["spec"]), {"phase": "Running", "startTime": TIME}),
        ("/api/v1/namespaces/default/persistentvolumeclaims",
         manifest("v1", "PersistentVolumeClaim", {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}),
         {"phase": "Bound", "capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteOnce"]}),
    ],
    ids=lambda value: value.get("kind", "status") if isinstance(value, dict) else "",
)  # fmt: skip
def test_other_workloads(ready: Client, path: str, body: dict[str, Any], expected: dict[str, Any]) -> None:
    ready.create(path, body)
    ready.settle(2)
    status = ready.get(path + "/x").body["status"]
    assert {key: status.get(key) for key in expected} == expected


SCALERS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"


def scaler(least: int, most: int, kind: str = "Deployment", api_version: str = "apps/v1") -> dict[str, Any]:
    target = {"apiVersion": api_version, "kind": kind, "name": "x"}
    return manifest("autoscaling/v2", "HorizontalPodAutoscaler", {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": target})


@pytest.mark.parametrize(
    ("replicas", "least", "most", "kept", "reason"),
    [
        (None, 3, 5, 3, "SucceededRescale"),
        (1, 2, 5, 2, "SucceededRescale"),
        (9, 1, 4, 4, "SucceededRescale"),
        (3, 2, 5, 3, "ReadyForNewScale"),
        (2, 2, 2, 2, "ReadyForNewScale"),
    ],
)
def test_an_autoscaler_keeps_its_target_within_its_limits(
    ready: Client, replicas: int | None, least: int, most: int, kept: int, reason: str
) -> None:
    body = deployment(replicas or 0)
    if replicas is None:
        del body["spec"]["replicas"]
    ready.create(DEPLOYMENTS, body)
    ready.create(SCALERS, scaler(least, most))
    ready.settle(2)
    status = ready.get(SCALERS + "/x").body["status"]
    assert next(one["reason"] for one in status["conditions"] if one["type"] == "AbleToScale") == reason
    ready.settle(10)
    found = ready.get(DEPLOYMENTS + "/x").body
    assert (found["spec"]["replicas"], found["status"]["availableReplicas"]) == (kept, kept)
    status = ready.get(SCALERS + "/x").body["status"]
    assert (status["currentReplicas"], status["desiredReplicas"]) == (kept, kept)
    revision = ready.get(SCALERS + "/x").body["metadata"]["resourceVersion"]
    ready.settle(100)
    assert ready.get(SCALERS + "/x").body["metadata"]["resourceVersion"] == revision


def test_an_autoscaler_follows_its_limits_and_its_target(ready: Client) -> None:
    ready.create(SCALERS, scaler(2, 4))
    ready.settle(10)
    status = ready.get(SCALERS + "/x").body["status"]
    assert [(one["type"], one["reason"]) for one in status["conditions"]] == [("AbleToScale", "FailedGetScale")]
    assert 'deployments.apps "x" not found' in status["conditions"][0]["message"]
    ready.create(DEPLOYMENTS, deployment(1))
    ready.settle(10)
    assert ready.get(DEPLOYMENTS + "/x").body["spec"]["replicas"] == 2
    ready.merge(DEPLOYMENTS + "/x", {"spec": {"replicas": 7}})
    ready.settle(10)
    assert ready.get(DEPLOYMENTS + "/x").body["spec"]["replicas"] == 4
    ready.merge(SCALERS + "/x", {"spec": {"maxReplicas": 3}})
    ready.settle(10)
    found = ready.get(DEPLOYMENTS + "/x").body
    assert (found["spec"]["replicas"], found["status"]["availableReplicas"]) == (3, 3)
    entries = {entry["manager"] for entry in found["metadata"]["managedFields"] if entry.get("subresource") == "scale"}
    assert entries == {"kube-controller-manager"}


@pytest.mark.parametrize(("kind", "api_version"), [("Deployment", "apps/v1"), ("Foo", "none.example.com/v1"), ("DaemonSet", "apps/v1")])
def test_an_autoscaler_leaves_alone_what_it_cannot_scale(ready: Client, kind: str, api_version: str) -> None:
    ready.create(DEPLOYMENTS, deployment(0))
    ready.create(SCALERS, scaler(2, 4, kind, api_version))
    ready.settle(10)
    assert ready.get(DEPLOYMENTS + "/x").body["spec"]["replicas"] == 0
    status = ready.get(SCALERS + "/x").body["status"]
    assert (status["desiredReplicas"], any(one["status"] == "False" for one in status["conditions"])) == (0, True)


def test_a_pod_gets_a_node_and_a_claim_a_volume(ready: Client) -> None:
    pods, claims = "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/persistentvolumeclaims"
    ready.create(pods, manifest("v1", "Pod", TEMPLATE["spec"]))
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    claim = ready.create(claims, manifest("v1", "PersistentVolumeClaim", spec))
    ready.settle(2)
    assert ready.get(pods + "/x").body["spec"]["nodeName"] == "local"
    assert ready.get(claims + "/x").body["spec"]["volumeName"] == f"pvc-{claim['metadata']['uid']}"


def test_a_load_balancer_gets_an_address_and_a_plain_service_nothing(ready: Client) -> None:
    path = "/api/v1/namespaces/default/services"
    ready.create(path, manifest("v1", "Service", {"type": "LoadBalancer", "ports": [{"port": 80}]}))
    plain = ready.create(path, {**manifest("v1", "Service", {"ports": [{"port": 80}]}), "metadata": {"name": "y"}})
    ready.settle(2)
    assert ready.get(path + "/x").body["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("192.0.2.")
    assert ready.get(path + "/y").body == plain


def test_what_is_going_is_left_alone(ready: Client) -> None:
    ready.create(DEPLOYMENTS, {**deployment(), "metadata": {"name": "x", "finalizers": ["a.b/c"]}})
    ready.delete(DEPLOYMENTS + "/x")
    ready.settle(5)
    assert ready.get(DEPLOYMENTS + "/x").body["status"] == {}


def test_switched_off_it_writes_nothing(client: Client) -> None:
    client.create(DEPLOYMENTS, deployment())
    client.settle(100)
    assert client.get(DEPLOYMENTS + "/x").body["status"] == {}
