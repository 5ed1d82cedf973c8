"""The scale subresource: a view of two numbers and a selector of another object."""

from __future__ import annotations

from typing import Any

from local_emulator import status
from local_emulator.registry import Resource, ScalePaths
from local_emulator.selectors import value_at
from local_emulator.status import Cause

Object = dict[str, Any]
SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _number(obj: Object, path: tuple[str, ...]) -> int:
    text = value_at(obj, path)
    return int(text) if text.lstrip("-").isdecimal() else 0


def _selector(resource: Resource, paths: ScalePaths, obj: Object) -> str:
    if resource.custom:
        return value_at(obj, paths.selector) if paths.selector else ""
    selector = obj.get("spec", {}).get("selector") or {}
    labels = selector.get("matchLabels", {}) if resource.group == "apps" else selector
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def read(resource: Resource, obj: Object) -> Object:
    """The Scale of an object."""
    paths = resource.scale or ScalePaths()
    shown: Object = {"replicas": _number(obj, paths.status)}
    selector = _selector(resource, paths, obj)
    if selector:
        shown["selector"] = selector
    metadata = {key: obj["metadata"][key] for key in SHOWN if key in obj["metadata"]}
    replicas = _number(obj, paths.spec)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": replicas} if replicas else {},
        "status": shown,
    }


def write(resource: Resource, obj: Object, scale: Any) -> Object:
    """The object with the Scale's replicas; ``obj`` is not changed."""
    spec = scale.get("spec") if isinstance(scale, dict) else None
    replicas = (spec or {}).get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise status.bad_request(
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal into Go struct field '
            "ScaleSpec.spec.replicas of type int32"
        )
    if replicas < 0:
        cause = Cause("spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0")
        raise status.invalid("autoscaling", "Scale", obj["metadata"]["name"], [cause])
    return _set(obj, (resource.scale or ScalePaths()).spec, replicas)


def _set(obj: Object, path: tuple[str, ...], value: Any) -> Object:
    head, *rest = path
    if not rest:
        return {**obj, head: value}
    child = obj.get(head)
    return {**obj, head: _set(child if isinstance(child, dict) else {}, tuple(rest), value)}
