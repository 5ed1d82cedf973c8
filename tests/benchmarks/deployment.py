"""A Deployment of about 10 KB as a cluster holds it, and an instance: what the expressions of the benchmark read."""

from __future__ import annotations

from typing import Any

INSTANCE: dict[str, Any] = {
    "apiVersion": "kro.run/v1alpha1",
    "kind": "WebApp",
    "metadata": {"name": "shop", "namespace": "team-a", "labels": {"team": "a"}},
    "spec": {"replicas": 3, "environment": "production", "port": 8080, "tags": ["web", "public", "tier-1", "pci"]},
}

INSTANCE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "namespace": {"type": "string"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        },
        "spec": {
            "type": "object",
            "properties": {
                "replicas": {"type": "integer"},
                "environment": {"type": "string"},
                "port": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
}


def _container(index: int) -> dict[str, Any]:
    return {
        "name": f"container-{index}",
        "image": f"registry.example.com/team-a/component-{index}:2.{index}.0",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": f"port-{number}", "containerPort": 8000 + 10 * index + number, "protocol": "TCP"} for number in range(3)],
        "env": [{"name": f"SETTING_{number}", "value": f"value of setting {number} of container {index}"} for number in range(12)]
        + [{"name": "MODE", "value": "production" if index == 3 else "none"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": "port-0", "scheme": "HTTP"},
            "initialDelaySeconds": 5,
            "periodSeconds": 10,
            "timeoutSeconds": 1,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
        "volumeMounts": [{"name": f"volume-{number}", "mountPath": f"/var/lib/component/{number}"} for number in range(4)],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }


_LABELS = {"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "shop", "app.kubernetes.io/managed-by": "kro"}

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "shop-web",
        "namespace": "team-a",
        "uid": "0b5c8a52-7a3a-4f0c-9f7e-3a51f4f4b8d1",
        "resourceVersion": "123456",
        "generation": 4,
        "creationTimestamp": "2026-01-01T10:00:00Z",
        "labels": _LABELS,
        "annotations": {f"example.com/annotation-{number}": f"some text of annotation {number}, not short" for number in range(8)},
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": _LABELS},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "template": {
            "metadata": {"labels": _LABELS},
            "spec": {
                "containers": [_container(index) for index in range(4)],
                "volumes": [{"name": f"volume-{number}", "emptyDir": {}} for number in range(4)],
                "restartPolicy": "Always",
                "serviceAccountName": "shop",
                "terminationGracePeriodSeconds": 30,
            },
        },
    },
    "status": {
        "observedGeneration": 4,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "conditions": [
            {
                "type": kind,
                "status": "True",
                "reason": reason,
                "message": f"{reason}: as far as the controller can tell at this moment",
                "lastTransitionTime": "2026-01-01T10:00:30Z",
                "lastUpdateTime": "2026-01-01T10:00:30Z",
            }
            for kind, reason in (
                ("Progressing", "NewReplicaSetAvailable"),
                ("ReplicaFailure", "None"),
                ("Available", "MinimumReplicasAvailable"),
            )
        ],
    },
}
