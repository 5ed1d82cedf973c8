"""Kinds out of OpenAPI documents: plural, scope, references, laziness and memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from graphcore.openapi import Document, Schemas

pytestmark = pytest.mark.feature(124)

TEXT = {"type": "string"}
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def gvk(group: str, version: str, kind: str) -> dict[str, str]:
    return {"group": group, "version": version, "kind": kind}


def operation(*kind: str) -> dict[str, Any]:
    return {"get": {"x-kubernetes-group-version-kind": gvk(*kind)}}


APPS: dict[str, Any] = {
    "openapi": "3.0.0",
    "paths": {
        "/apis/apps/v1/": {"get": {}},
        "/apis/apps/v1/deployments": operation("apps", "v1", "Deployment"),
        "/apis/apps/v1/namespaces/{namespace}/deployments": operation("apps", "v1", "Deployment"),
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}": operation("apps", "v1", "Deployment"),
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale": operation("autoscaling", "v1", "Scale"),
        "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/rollback": operation("apps", "v1", "Rollback"),
        "/apis/apps/v1/watch/oddities": operation("apps", "v1", "Oddity"),
        "/apis/apps/v1/classes": operation("apps", "v1", "Class"),
        "/apis/apps/v1/classes/{name}": operation("apps", "v1", "Class"),
    },
    "components": {
        "schemas": {
            META: {"type": "object", "properties": {"name": TEXT}},
            "Deployment": {
                "type": "object",
                "properties": {
                    "metadata": {"allOf": [reference(META)], "default": {}, "description": "what it is"},
                    "spec": reference("Spec"),
                    "port": reference("IntOrString"),
                },
                "x-kubernetes-group-version-kind": [gvk("apps", "v1", "Deployment")],
            },
            "Spec": {
                "type": "object",
                "properties": {"children": {"type": "array", "items": reference("Node")}, "lost": reference("Missing")},
            },
            "Node": {"type": "object", "properties": {"next": reference("Node"), "peer": reference("Peer"), "name": TEXT}},
            "Peer": {"type": "object", "properties": {"node": reference("Node"), "self": reference("Peer")}},
            "IntOrString": {"format": "int-or-string", "oneOf": [{"type": "integer"}, TEXT]},
            "Class": {"type": "object", "x-kubernetes-group-version-kind": [gvk("apps", "v1", "Class")]},
            "Options": {"type": "object", "x-kubernetes-group-version-kind": [gvk("", "v1", "Options"), gvk("apps", "v1", "Options")]},
            "Rollback": {"type": "object", "x-kubernetes-group-version-kind": [gvk("apps", "v1", "Rollback")]},
            "Oddity": {"type": "object", "x-kubernetes-group-version-kind": [gvk("apps", "v1", "Oddity")]},
        }
    },
}
CORE: dict[str, Any] = {
    "paths": {
        "/api/v1/namespaces": operation("", "v1", "Namespace"),
        "/api/v1/namespaces/{name}": operation("", "v1", "Namespace"),
        "/api/v1/namespaces/{name}/finalize": operation("", "v1", "Namespace"),
        "/api/v1/namespaces/{namespace}/pods": operation("", "v1", "Pod"),
    },
    "components": {
        "schemas": {
            "Namespace": {"type": "object", "x-kubernetes-group-version-kind": [gvk("", "v1", "Namespace")]},
            "Pod": {"type": "object", "x-kubernetes-group-version-kind": [gvk("", "v1", "Pod")]},
        }
    },
}


@pytest.fixture(params=["decoded", "text", "bytes"])
def schemas(request: pytest.FixtureRequest) -> Schemas:
    encode = {
        "decoded": lambda body: body,
        "text": lambda body: json.dumps(body, indent=1),
        "bytes": lambda body: json.dumps(body).encode(),
    }
    return Schemas({"apps/v1": encode[request.param](APPS), "v1": encode[request.param](CORE)})


def test_plural_and_scope_come_from_paths(schemas: Schemas) -> None:
    found = [schemas.kind(*name) for name in (("apps/v1", "Deployment"), ("apps/v1", "Class"), ("v1", "Namespace"), ("v1", "Pod"))]
    assert [kind and (kind.group, kind.version, kind.plural, kind.namespaced) for kind in found] == [
        ("apps", "v1", "deployments", True),
        ("apps", "v1", "classes", False),
        ("", "v1", "namespaces", False),
        ("", "v1", "pods", True),
    ]


@pytest.mark.parametrize("kind", ["Options", "Rollback", "Oddity", "Scale", "Nothing"])
def test_what_has_no_path_of_its_own_is_no_kind(schemas: Schemas, kind: str) -> None:
    assert schemas.kind("apps/v1", kind) is None


def test_group_versions(schemas: Schemas) -> None:
    assert schemas.has_group_version("apps/v1")
    assert not schemas.has_group_version("apps/v2")
    assert schemas.kind("apps/v2", "Deployment") is None
    assert Document("apps/v1", APPS).kinds() == ("Class", "Deployment")


def test_references_are_resolved_and_shared(schemas: Schemas) -> None:
    kind = schemas.kind("apps/v1", "Deployment")
    assert kind is not None
    properties = kind.schema["properties"]
    assert properties["metadata"] == {"type": "object", "properties": {"name": TEXT}, "default": {}, "description": "what it is"}
    assert properties["port"]["x-kubernetes-int-or-string"] is True
    assert properties["spec"]["properties"]["lost"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert schemas.kind("apps/v1", "Deployment") is kind
    assert "$ref" not in json.dumps(kind.schema)


def test_cycles_are_cut_where_they_repeat_whatever_was_asked_before() -> None:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    nodes = {"properties": {**APPS["components"]["schemas"]["Node"]["properties"]}, "type": "object"}
    peer = {"type": "object", "properties": {"node": anything, "self": anything}}
    expected = {**nodes, "properties": {"next": anything, "peer": peer, "name": TEXT}}
    kind = Schemas({"apps/v1": APPS}).kind("apps/v1", "Deployment")
    assert kind is not None
    assert kind.schema["properties"]["spec"]["properties"]["children"]["items"] == expected


CRD = {
    "spec": {
        "group": "x.io",
        "scope": "Cluster",
        "names": {"kind": "Thing", "plural": "things"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": TEXT, "metadata": {"type": "object"}}}},
            },
            {"name": "v2", "served": False},
            {"name": "v3", "served": True},
        ],
    }
}


def test_crds_add_kinds_with_the_metadata_of_every_object() -> None:
    schemas = Schemas({"apps/v1": APPS}).with_crd(CRD)
    thing = schemas.kind("x.io/v1", "Thing")
    assert thing is not None
    assert (thing.plural, thing.namespaced) == ("things", False)
    assert thing.schema["properties"]["spec"] == TEXT
    assert thing.schema["properties"]["metadata"]["properties"]["labels"]["additionalProperties"] == TEXT
    assert schemas.kind("x.io/v2", "Thing") is None
    untyped = schemas.kind("x.io/v3", "Thing")
    assert untyped is not None
    assert untyped.schema["x-kubernetes-preserve-unknown-fields"] is True
    assert schemas.has_group_version("x.io/v1")
    assert schemas.kind("apps/v1", "Deployment") is not None


def test_only_documents_in_use_are_asked_for() -> None:
    asked: list[str] = []

    class Lazy(Mapping[str, Any]):
        def __getitem__(self, name: str) -> Any:
            asked.append(name)
            return APPS

        def __contains__(self, name: object) -> bool:
            return name in ("apps/v1", "v1")

        def __iter__(self) -> Iterator[str]:
            return iter(("apps/v1", "v1"))

        def __len__(self) -> int:
            return 2

    schemas = Schemas(Lazy())
    schemas.with_crd(CRD).kind("apps/v1", "Deployment")
    schemas.kind("apps/v1", "Class")
    assert asked == ["apps/v1"]


def _large_group(number: int, kinds: int) -> bytes:
    """A document as an API server publishes it for CRDs: about 400 kB of schema for each kind."""
    group = f"group{number}.example.com"
    words = "A sentence that explains the field to its readers, as long as such sentences usually are in published schemas. " * 2
    leaf = {
        "type": "object",
        "description": words,
        "properties": {f"field{n}": {"type": "string", "description": words} for n in range(20)},
    }
    paths, components = {}, {}
    for index in range(kinds):
        kind = f"Kind{index}"
        spec = {"type": "object", "properties": {f"part{n}": {"type": "array", "items": leaf} for n in range(70)}}
        components[kind] = {"type": "object", "properties": {"spec": spec}, "x-kubernetes-group-version-kind": [gvk(group, "v1", kind)]}
        paths[f"/apis/{group}/v1/namespaces/{{namespace}}/kind{index}s"] = operation(group, "v1", kind)
    return json.dumps({"paths": paths, "components": {"schemas": components}}).encode()


def test_five_kinds_in_a_cluster_with_200_large_crds_take_less_than_50_megabytes() -> None:
    """20 groups of 10 CRDs, 80 MB of published schemas; five kinds of five groups are used. Peak included."""
    large = _large_group(0, 10)
    assert len(large) > 3_500_000

    class Cluster(Mapping[str, Document]):
        """Documents as a server would give them: fetched when asked for."""

        def __getitem__(self, name: str) -> Document:
            return Document(name, large.replace(b"group0.", f"group{int(name[5:].split('.')[0])}.".encode()))

        def __iter__(self) -> Iterator[str]:
            return iter(f"group{n}.example.com/v1" for n in range(20))

        def __len__(self) -> int:
            return 20

    tracemalloc.start()
    try:
        schemas = Schemas(Cluster())
        found = [schemas.kind(f"group{n}.example.com/v1", f"Kind{n}") for n in range(5)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert all(kind is not None and len(kind.schema["properties"]["spec"]["properties"]) == 70 for kind in found)
    assert peak < 50 * 1024 * 1024, f"{peak / 1024 / 1024:.1f} MB"
