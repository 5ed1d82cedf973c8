"""Built-in kinds whose versions differ in shape: how one stored form is shown and written in each.

Events are stored as core ``v1`` and autoscalers as ``autoscaling/v2``. Every other kind with several versions (all custom ones) differs
by its apiVersion alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversion:
    """``show``: stored form to this version; ``store``: back. Objects come without kind and apiVersion."""

    show: Callable[[Object], Object]
    store: Callable[[Object], Object]


_EVENT = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def _renamed(names: dict[str, str]) -> Callable[[Object], Object]:
    return lambda obj: {names.get(key, key): value for key, value in obj.items()}


def _to_v1_autoscaler(obj: Object) -> Object:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    target = _cpu(spec.pop("metrics", None), "target")
    if target is not None:
        spec["targetCPUUtilizationPercentage"] = target
    spec.pop("behavior", None)
    current = _cpu(status.pop("currentMetrics", None), "current")
    if current is not None:
        status["currentCPUUtilizationPercentage"] = current
    status.pop("conditions", None)
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    return {**obj, "spec": spec, "status": status}


def _cpu(metrics: Any, member: str) -> int | None:
    for metric in metrics or ():
        resource = metric.get("resource") or {}
        if metric.get("type") == "Resource" and resource.get("name") == "cpu":
            value = (resource.get(member) or {}).get("averageUtilization")
            return value if isinstance(value, int) else None
    return None


def _from_v1_autoscaler(obj: Object) -> Object:
    spec = dict(obj.get("spec") or {})
    target = spec.pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        measured = {"type": "Utilization", "averageUtilization": target}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": measured}}]
    status = {key: value for key, value in (obj.get("status") or {}).items() if key != "currentCPUUtilizationPercentage"}
    return {**obj, "spec": spec, **({"status": status} if "status" in obj else {})}


CONVERSIONS: dict[tuple[str, str, str], Conversion] = {
    ("events.k8s.io", "v1", "Event"): Conversion(_renamed(_EVENT), _renamed({new: old for old, new in _EVENT.items()})),
    ("autoscaling", "v1", "HorizontalPodAutoscaler"): Conversion(_to_v1_autoscaler, _from_v1_autoscaler),
}
