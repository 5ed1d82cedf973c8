"""Null where an object is due, in every way to write it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import APPLY, MERGE, Ask, Object
from tests.exchanges.autoscalers import TARGET
from tests.exchanges.objects_of import CRDS, core, definition, deployment, established, foo, grouped

GROUP = "nulls.krofn.dev"
POD = {"containers": [{"name": "c", "image": "nginx"}]}
CLOSED: Object = {
    "type": "object",
    "required": ["spec"],
    "properties": {"spec": {"type": "object", "properties": {"color": {"type": "string"}}}, "status": {"type": "object"}},
}


def _object(api_version: str, kind: str, spec: Any, field: str = "spec") -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one"}, field: spec}


OBJECTS: dict[str, tuple[str, Object]] = {
    "Deployment": (grouped("nulls", "apps/v1", "deployments"), {**deployment("one")}),
    "StatefulSet": (
        grouped("nulls", "apps/v1", "statefulsets"),
        _object("apps/v1", "StatefulSet", {**deployment()["spec"], "serviceName": "one"}),
    ),
    "DaemonSet": (
        grouped("nulls", "apps/v1", "daemonsets"),
        _object("apps/v1", "DaemonSet", {key: value for key, value in deployment()["spec"].items() if key != "replicas"}),
    ),
    "Job": (
        grouped("nulls", "batch/v1", "jobs"),
        _object("batch/v1", "Job", {"template": {"spec": {**POD, "restartPolicy": "Never"}}}),
    ),
    "Pod": (core("nulls", "pods"), _object("v1", "Pod", POD)),
    "Service": (core("nulls", "services"), _object("v1", "Service", {"ports": [{"port": 80}]})),
    "PersistentVolumeClaim": (
        core("nulls", "persistentvolumeclaims"),
        _object("v1", "PersistentVolumeClaim", {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}),
    ),
    "Ingress": (
        grouped("nulls", "networking.k8s.io/v1", "ingresses"),
        _object("networking.k8s.io/v1", "Ingress", {"defaultBackend": {"service": {"name": "a", "port": {"number": 80}}}}),
    ),
    "NetworkPolicy": (
        grouped("nulls", "networking.k8s.io/v1", "networkpolicies"),
        _object("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {}}),
    ),
    "HorizontalPodAutoscaler": (
        grouped("nulls", "autoscaling/v2", "horizontalpodautoscalers"),
        _object("autoscaling/v2", "HorizontalPodAutoscaler", {"scaleTargetRef": TARGET, "maxReplicas": 5}),
    ),
    "PodDisruptionBudget": (
        grouped("nulls", "policy/v1", "poddisruptionbudgets"),
        _object("policy/v1", "PodDisruptionBudget", {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}),
    ),
    "ResourceQuota": (core("nulls", "resourcequotas"), _object("v1", "ResourceQuota", {"hard": {"pods": "5"}})),
    "Foo": (grouped("nulls", f"{GROUP}/v1", "foos"), foo("one", {"color": "red"}, GROUP)),
    "ConfigMap": (core("nulls", "configmaps"), _object("v1", "ConfigMap", {"a": "1"}, "data")),
    "Secret": (core("nulls", "secrets"), _object("v1", "Secret", {"a": "MQ=="}, "data")),
    "Role": (grouped("nulls", "rbac.authorization.k8s.io/v1", "roles"), _object("rbac.authorization.k8s.io/v1", "Role", [], "rules")),
}


def asks() -> Iterator[Ask]:
    yield Ask("create a CRD", "POST", CRDS, definition("foos", GROUP, CLOSED), only=("code",))
    yield Ask("it is established", "GET", f"{CRDS}/foos.{GROUP}", until=established, only=("code",))
    yield Ask("it is served", "GET", OBJECTS["Foo"][0], until=lambda code, _: code == 200, only=("code",))
    for kind, (path, body) in OBJECTS.items():
        field = next(key for key in ("spec", "data", "rules") if key in body)
        one = f"{path}/one"
        null = {**body, field: None}
        without = {key: value for key, value in body.items() if key != field}
        yield Ask(f"{kind}: apply null to nothing", "PATCH", one + "?fieldManager=m&dryRun=All", null, APPLY)
        yield Ask(f"{kind}: apply nothing to nothing", "PATCH", one + "?fieldManager=m&dryRun=All", without, APPLY)
        yield Ask(f"{kind}: create with null", "POST", path + "?dryRun=All", null)
        yield Ask(f"{kind}: create without", "POST", path + "?dryRun=All", without)
        yield Ask(f"{kind}: apply", "PATCH", one + "?fieldManager=m", body, APPLY, only=("code",))
        yield Ask(f"{kind}: apply null", "PATCH", one + "?fieldManager=m&dryRun=All", null, APPLY)
        yield Ask(f"{kind}: another applies null", "PATCH", one + "?fieldManager=other&dryRun=All", null, APPLY)
        yield Ask(f"{kind}: another applies null by force", "PATCH", one + "?fieldManager=other&force=true&dryRun=All", null, APPLY)
        yield Ask(f"{kind}: apply without", "PATCH", one + "?fieldManager=m&dryRun=All", without, APPLY)
        yield Ask(f"{kind}: merge null", "PATCH", one + "?dryRun=All", {field: None}, MERGE)
        yield Ask(f"{kind}: apply null for metadata", "PATCH", one + "?fieldManager=m&dryRun=All", {**body, "metadata": None}, APPLY)
        yield Ask(f"{kind}: apply null for labels", "PATCH", one + "?fieldManager=m&dryRun=All", _labels(body), APPLY)
    yield from _open()
    yield Ask("delete the CRD", "DELETE", f"{CRDS}/foos.{GROUP}", only=("code",))
    yield Ask("it is gone", "GET", f"{CRDS}/foos.{GROUP}", until=lambda code, _: code == 404, only=("code",))


OPEN: Object = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "count": {"type": "integer"},
                "nullable": {"type": "string", "nullable": True},
                "preset": {"type": "string", "default": "x"},
                "nullablePreset": {"type": "string", "default": "x", "nullable": True},
                "list": {"type": "array", "items": {"type": "string"}},
                "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
                "struct": {"type": "object", "properties": {"a": {"type": "string"}}},
                "atomic": {"type": "object", "properties": {"a": {"type": "string"}}, "x-kubernetes-map-type": "atomic"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "port": {"x-kubernetes-int-or-string": True},
            },
        },
        "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
    },
}
BARS = grouped("nulls", f"{GROUP}/v1", "bars")


def _bar(**body: Any) -> Object:
    return {"apiVersion": f"{GROUP}/v1", "kind": "Bar", "metadata": {"name": "one"}, **body}


def _open() -> Iterator[Ask]:
    """Where nothing is required: null is refused because it is no object, text or list, not because something is missing."""
    yield Ask("create another CRD", "POST", CRDS, definition("bars", GROUP, OPEN, kind="Bar", shortNames=["ba"]), only=("code",))
    yield Ask("it is established, too", "GET", f"{CRDS}/bars.{GROUP}", until=established, only=("code",))
    yield Ask("it is served, too", "GET", BARS, until=lambda code, _: code == 200, only=("code",))
    one = BARS + "/one"
    bodies: dict[str, Object] = {"spec": {"spec": None}, "status": {"status": None}, "an unknown field": {"more": None}}
    bodies |= {f"spec.{name}": {"spec": {name: None}} for name in OPEN["properties"]["spec"]["properties"]}
    bodies |= {
        "an unknown field of spec": {"spec": {"more": None}},
        "an item": {"spec": {"list": ["a", None]}},
        "a value of a map": {"spec": {"map": {"a": None}}},
        "a field of a struct": {"spec": {"struct": {"a": None}}},
        "a field of what is free": {"spec": {"free": {"a": None}}},
        "a field of what is atomic": {"spec": {"atomic": {"a": None}}},
    }
    for name, body in bodies.items():
        yield Ask(f"Bar: apply null to nothing: {name}", "PATCH", one + "?fieldManager=m&dryRun=All", _bar(**body), APPLY)
        yield Ask(f"Bar: create with null: {name}", "POST", BARS + "?dryRun=All", _bar(**body))
    full = {"text": "a", "count": 1, "list": ["a"], "set": ["a"], "map": {"a": "b"}, "struct": {"a": "b"}, "free": {"a": 1}, "port": 1}
    yield Ask("Bar: apply", "PATCH", one + "?fieldManager=m", _bar(spec=full), APPLY, only=("code",), keep="bar")
    for name, body in bodies.items():
        yield Ask(f"Bar: apply null: {name}", "PATCH", one + "?fieldManager=m&dryRun=All", _bar(**body), APPLY)
        yield Ask(f"Bar: another applies null: {name}", "PATCH", one + "?fieldManager=n&dryRun=All", _bar(**body), APPLY)
        yield Ask(
            f"Bar: another applies null by force: {name}", "PATCH", one + "?fieldManager=n&dryRun=All&force=true", _bar(**body), APPLY
        )
        put = _bar(**body)
        put["metadata"] = {"name": "one", "resourceVersion": "<<bar.resourceVersion>>"}
        yield Ask(f"Bar: update with null: {name}", "PUT", one + "?dryRun=All", put)
    yield Ask("delete the other CRD", "DELETE", f"{CRDS}/bars.{GROUP}", only=("code",))
    yield Ask("it is gone, too", "GET", f"{CRDS}/bars.{GROUP}", until=lambda code, _: code == 404, only=("code",))


def _labels(body: Object) -> Object:
    return {**body, "metadata": {**body["metadata"], "labels": None}}
