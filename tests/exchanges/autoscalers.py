"""HorizontalPodAutoscalers in both versions: what v1 cannot say travels in annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import MERGE, Ask
from tests.exchanges.objects_of import grouped

FIRST, SECOND = (grouped("autoscalers", f"autoscaling/{version}", "horizontalpodautoscalers") for version in ("v1", "v2"))
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def _scaler(version: str, name: str, **spec: Any) -> dict[str, Any]:
    spec = {"scaleTargetRef": TARGET, "maxReplicas": 5, **spec}
    return {"apiVersion": f"autoscaling/{version}", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}


def _of(kind: str, member: str, target: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, member: {**more, "target": target}}


METRICS = [
    _of("Resource", "resource", {"type": "Utilization", "averageUtilization": 60}, name="cpu"),
    _of("Resource", "resource", {"type": "AverageValue", "averageValue": "1Gi"}, name="memory"),
    _of("ContainerResource", "containerResource", {"type": "Utilization", "averageUtilization": 50}, name="cpu", container="c"),
    _of(
        "Pods", "pods", {"type": "AverageValue", "averageValue": "10"}, metric={"name": "requests", "selector": {"matchLabels": {"a": "b"}}}
    ),
    _of("Object", "object", {"type": "Value", "value": "5"}, metric={"name": "hits"}, describedObject=TARGET),
    _of("External", "external", {"type": "AverageValue", "averageValue": "3"}, metric={"name": "queue"}),
]
BEHAVIOR = {"scaleDown": {"stabilizationWindowSeconds": 60, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}


def asks() -> Iterator[Ask]:
    yield Ask("create in version 2", "POST", SECOND, _scaler("v2", "two", metrics=METRICS, behavior=BEHAVIOR))
    yield Ask("read in version 1", "GET", FIRST + "/two")
    yield Ask("list in version 1", "GET", FIRST)
    yield Ask("write in version 1", "PATCH", FIRST + "/two", {"spec": {"maxReplicas": 7, "targetCPUUtilizationPercentage": 33}}, MERGE)
    yield Ask("read in version 2", "GET", SECOND + "/two")
    yield Ask("an annotation in version 1", "PATCH", FIRST + "/two", {"metadata": {"annotations": {"mine": "x"}}}, MERGE)
    yield Ask("read it in version 2", "GET", SECOND + "/two")
    yield Ask("create in version 1", "POST", FIRST, _scaler("v1", "one", targetCPUUtilizationPercentage=40))
    yield Ask("read that in version 2", "GET", SECOND + "/one")
    yield Ask("create in version 1 without target", "POST", FIRST, _scaler("v1", "none"))
    yield Ask("read that in version 2 as well", "GET", SECOND + "/none")
