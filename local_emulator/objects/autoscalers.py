"""HorizontalPodAutoscalers as ``autoscaling/v1`` shows them: one CPU target, and everything else in annotations.

Writing what was read keeps all metrics, because they travel in those annotations.
"""

from __future__ import annotations

import json
from typing import Any

Object = dict[str, Any]
_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, STATUSES, BEHAVIOR, CONDITIONS = (f"{_PREFIX}{name}" for name in ("metrics", "current-metrics", "behavior", "conditions"))
_ANNOTATIONS = (METRICS, STATUSES, BEHAVIOR, CONDITIONS)
_SOURCES = {"Object": "object", "Pods": "pods", "Resource": "resource", "ContainerResource": "containerResource", "External": "external"}
# The annotation of the behaviour is Go's own spelling of a struct without names for JSON.
_RULES = {
    "stabilizationWindowSeconds": "StabilizationWindowSeconds",
    "selectPolicy": "SelectPolicy",
    "policies": "Policies",
    "tolerance": "Tolerance",
}
_POLICY = {"type": "Type", "value": "Value", "periodSeconds": "PeriodSeconds"}
_DIRECTIONS = {"scaleUp": "ScaleUp", "scaleDown": "ScaleDown"}


def to_v1(obj: Object) -> Object:
    """A stored autoscaler (``autoscaling/v2``) in version 1."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    metadata = dict(obj.get("metadata") or {})
    notes = {name: value for name, value in (metadata.get("annotations") or {}).items() if name not in _ANNOTATIONS}
    others = []
    for metric in spec.pop("metrics", None) or ():
        target = _cpu(metric, "target")
        if target is None:
            others.append(_spec_to_v1(metric))
        else:
            spec["targetCPUUtilizationPercentage"] = target
    if others:
        notes[METRICS] = _compact(others)
    behavior = spec.pop("behavior", None)
    if behavior is not None:
        notes[BEHAVIOR] = _compact(_behavior_to_go(behavior))
    current = status.pop("currentMetrics", None) or []
    for metric in current:
        if _cpu(metric, "current") is not None:
            status["currentCPUUtilizationPercentage"] = _cpu(metric, "current")
    if current:
        notes[STATUSES] = _compact([_status_to_v1(metric) for metric in current])
    conditions = status.pop("conditions", None)
    if conditions:
        notes[CONDITIONS] = _compact(conditions)
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    metadata.pop("annotations", None)
    if notes:
        metadata["annotations"] = notes
    return {**obj, "metadata": metadata, "spec": spec, "status": status}


def from_v1(obj: Object) -> Object:
    """An autoscaler written in version 1 as it is stored."""
    spec, metadata = dict(obj.get("spec") or {}), dict(obj.get("metadata") or {})
    notes = metadata.get("annotations") or {}
    metrics = [_spec_from_v1(metric) for metric in _read(notes.get(METRICS), list) if isinstance(metric, dict)]
    target = spec.pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        measured = {"type": "Utilization", "averageUtilization": target}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": measured}})
    if metrics:
        spec["metrics"] = metrics
    behavior = _read(notes.get(BEHAVIOR), dict)
    if behavior:
        spec["behavior"] = _behavior_from_go(behavior)
    status = {key: value for key, value in (obj.get("status") or {}).items() if key != "currentCPUUtilizationPercentage"}
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    conditions = _read(notes.get(CONDITIONS), list)
    if conditions:
        status["conditions"] = conditions
    kept = {name: value for name, value in notes.items() if name not in _ANNOTATIONS}
    metadata.pop("annotations", None)
    if kept:
        metadata["annotations"] = kept
    return {**obj, "metadata": metadata, "spec": spec, **({"status": status} if "status" in obj else {})}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _read(text: Any, kind: type) -> Any:
    try:
        value = json.loads(text) if isinstance(text, str) else kind()
    except ValueError:
        return kind()
    return value if isinstance(value, kind) else kind()


def _cpu(metric: Object, member: str) -> int | None:
    resource = metric.get("resource") or {}
    if metric.get("type") == "Resource" and resource.get("name") == "cpu":
        value = (resource.get(member) or {}).get("averageUtilization")
        return value if isinstance(value, int) else None
    return None


def _spec_to_v1(metric: Object) -> Object:
    kind = metric.get("type", "")
    source = metric.get(_SOURCES.get(kind, "")) or {}
    target, named = source.get("target") or {}, source.get("metric") or {}
    shown: Object
    match kind:
        case "Resource" | "ContainerResource":
            shown = {
                "name": source.get("name"),
                "targetAverageUtilization": target.get("averageUtilization"),
                "targetAverageValue": target.get("averageValue"),
                "container": source.get("container"),
            }
        case "Pods":
            shown = {"metricName": named.get("name"), "targetAverageValue": target.get("averageValue"), "selector": named.get("selector")}
        case "Object":
            shown = {
                "target": {
                    key: source["describedObject"][key] for key in ("kind", "name", "apiVersion") if key in source["describedObject"]
                },
                "metricName": named.get("name"),
                "targetValue": target.get("value", "0"),
                "selector": named.get("selector"),
                "averageValue": target.get("averageValue"),
            }
        case _:
            shown = {
                "metricName": named.get("name"),
                "metricSelector": named.get("selector"),
                "targetValue": target.get("value"),
                "targetAverageValue": target.get("averageValue"),
            }
    return {"type": kind, _SOURCES.get(kind, "external"): {key: value for key, value in shown.items() if value is not None}}


def _spec_from_v1(metric: Object) -> Object:
    kind = metric.get("type", "")
    source = metric.get(_SOURCES.get(kind, "")) or {}
    named = {"name": source.get("metricName", "")}
    selector = source.get("selector") or source.get("metricSelector")
    if selector:
        named["selector"] = selector
    shown: Object
    if kind in ("Resource", "ContainerResource"):
        utilization = source.get("targetAverageUtilization")
        target = (
            {"type": "AverageValue", "averageValue": source.get("targetAverageValue")}
            if utilization is None
            else {"type": "Utilization", "averageUtilization": utilization}
        )
        shown = {"name": source.get("name", ""), "target": target}
        if kind == "ContainerResource":
            shown["container"] = source.get("container", "")
    elif kind == "Pods":
        shown = {"metric": named, "target": {"type": "AverageValue", "averageValue": source.get("targetAverageValue", "0")}}
    else:
        average = source.get("averageValue") if kind == "Object" else source.get("targetAverageValue")
        target = {"type": "Value", "value": source.get("targetValue", "0")}
        if average is not None:
            target = {"type": "AverageValue", "averageValue": average}
        shown = {"metric": named, "target": target}
        if kind == "Object":
            shown["describedObject"] = source.get("target") or {}
    return {"type": kind, _SOURCES.get(kind, "external"): shown}


def _status_to_v1(metric: Object) -> Object:
    kind = metric.get("type", "")
    source = metric.get(_SOURCES.get(kind, "")) or {}
    current = source.get("current") or {}
    shown = {
        "name": source.get("name"),
        "currentAverageUtilization": current.get("averageUtilization"),
        "currentAverageValue": current.get("averageValue", "0"),
        "container": source.get("container"),
    }
    return {"type": kind, _SOURCES.get(kind, "external"): {key: value for key, value in shown.items() if value is not None}}


def _behavior_to_go(behavior: Object) -> Object:
    def rules(value: Any) -> Any:
        if value is None:
            return None
        shown = {go: value.get(name) for name, go in _RULES.items()}
        if shown["Policies"] is not None:
            shown["Policies"] = [{go: policy.get(name) for name, go in _POLICY.items()} for policy in shown["Policies"]]
        return shown

    return {go: rules(behavior.get(name)) for name, go in _DIRECTIONS.items()}


def _behavior_from_go(behavior: Object) -> Object:
    found: Object = {}
    for name, go in _DIRECTIONS.items():
        value = behavior.get(go)
        if isinstance(value, dict):
            rules = {key: value[spelled] for key, spelled in _RULES.items() if value.get(spelled) is not None}
            if "policies" in rules:
                rules["policies"] = [{key: policy.get(spelled) for key, spelled in _POLICY.items()} for policy in rules["policies"]]
            found[name] = rules
    return found
