"""Objects that several suites write."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.exchanges.asking import Object

GROUP = "example.krofn.dev"
STRANGER = "11111111-1111-1111-1111-111111111111"
FOOS = f"/apis/{GROUP}/v1/namespaces/default/foos"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SCHEMA: Object = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["color"],
            "properties": {"color": {"type": "string", "default": "red"}, "replicas": {"type": "integer", "default": 1, "minimum": 0}},
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"replicas": {"type": "integer"}}},
    },
}
VERSION: Object = {
    "name": "v1",
    "served": True,
    "storage": True,
    "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
    "selectableFields": [{"jsonPath": ".spec.color"}],
    "additionalPrinterColumns": [
        {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
        {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas", "priority": 1},
    ],
    "schema": {"openAPIV3Schema": SCHEMA},
}


def maps(suite: str) -> str:
    """ConfigMaps in a suite's namespace."""
    return f"/api/v1/namespaces/{namespace(suite)}/configmaps"


def namespace(suite: str) -> str:
    return f"exchange-{suite}"


def core(suite: str, plural: str) -> str:
    return f"/api/v1/namespaces/{namespace(suite)}/{plural}"


def grouped(suite: str, group_version: str, plural: str) -> str:
    return f"/apis/{group_version}/namespaces/{namespace(suite)}/{plural}"


def config_map(name: str, **metadata: Any) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": {"a": "1"}}


def foo(name: str, spec: Any = None, group: str = GROUP, **metadata: Any) -> Object:
    return {"apiVersion": f"{group}/v1", "kind": "Foo", "metadata": {"name": name, **metadata}, "spec": {} if spec is None else spec}


def definition(plural: str, group: str = GROUP, schema: Object | None = None, **names: Any) -> Object:
    version = deepcopy(VERSION)
    if schema is not None:
        version["schema"]["openAPIV3Schema"] = schema
        del version["selectableFields"], version["additionalPrinterColumns"], version["subresources"]["scale"]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": "Foo", "shortNames": ["fo"], **names},
            "versions": [version],
        },
    }


def established(_code: int, body: Any) -> bool:
    """A CRD whose instances can be written."""
    return has_condition(body, "Established")


def has_condition(body: Any, kind: str, status: str = "True") -> bool:
    state = body.get("status") if isinstance(body, dict) else None
    conditions = (state.get("conditions") if isinstance(state, dict) else None) or ()
    return any(one["type"] == kind and one["status"] == status for one in conditions)


def deployment(name: str = "web", **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
            **spec,
        },
    }
