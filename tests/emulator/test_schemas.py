"""Schemas and the discovery table of built-in kinds."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import local_emulator
from local_emulator.objects.builtin import schemas
from local_emulator.objects.builtin.facts import DEFAULTS, ENUMS
from local_emulator.objects.builtin.kinds import BuiltinKind, load_kinds
from local_emulator.objects.builtin.wire import EMBEDDED, PLAIN, POINTERS, PRESENT

DATA = Path(local_emulator.__file__).parent / "data"


@pytest.mark.skipif(find_spec("kubernetes_validate") is None, reason="the dependency group 'generate' is not installed")
def test_generating_again_gives_the_committed_bytes() -> None:
    from local_emulator.objects.builtin.generate import DESCRIPTIONS_FILE, SCHEMAS_FILE, build, pack

    definitions, descriptions = build()
    assert pack(definitions) == (DATA / SCHEMAS_FILE).read_bytes()
    assert pack(descriptions) == (DATA / DESCRIPTIONS_FILE).read_bytes()


def test_the_data_is_small() -> None:
    assert (DATA / "schemas.json.gz").stat().st_size < 25_000


@pytest.mark.parametrize("kind", load_kinds(), ids=lambda kind: f"{kind.group_version}-{kind.kind}")
def test_every_kind_has_a_schema_and_paths(kind: BuiltinKind) -> None:
    assert schemas.schema_for(kind.group, kind.version, kind.kind)["type"] == "object"
    document = schemas.openapi_document(kind.group_version)
    assert document is not None
    found = [
        (path, operations)
        for path, operations in document["paths"].items()
        if any(operation["x-kubernetes-group-version-kind"]["kind"] == kind.kind for operation in operations.values())
    ]
    assert any(path.endswith(f"/{kind.plural}") for path, _ in found)
    assert kind.namespaced == any("{namespace}" in path for path, _ in found)


def test_documents_hold_all_they_refer_to() -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            here = {node["$ref"].rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
            return here.union(*(references(value) for value in node.values()))
        return set().union(*(references(value) for value in node)) if isinstance(node, list) else set()

    for group_version in schemas.group_versions():
        document = schemas.openapi_document(group_version)
        assert document is not None
        assert references(document) <= document["components"]["schemas"].keys()


@pytest.mark.parametrize(
    ("definition", "member", "expected"),
    [
        ("core.v1.ServiceSpec", "ports", {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"]}),
        ("core.v1.Container", "ports", {"x-kubernetes-patch-merge-key": "containerPort", "x-kubernetes-patch-strategy": "merge"}),
        ("core.v1.ServicePort", "protocol", {"default": "TCP", "enum": ["SCTP", "TCP", "UDP"]}),
        ("core.v1.ContainerPort", "protocol", {"default": "TCP"}),
        ("core.v1.ServiceSpec", "selector", {"x-kubernetes-map-type": "atomic"}),
        ("core.v1.PodSpec", "restartPolicy", {"enum": ["Always", "Never", "OnFailure"]}),
        ("core.v1.Container", "args", {"type": "array", "x-kubernetes-list-type": "atomic"}),
    ],
)
def test_what_the_server_says_of_a_property(definition: str, member: str, expected: dict[str, Any]) -> None:
    document = schemas.openapi_document("v1")
    assert document is not None
    shown = document["components"]["schemas"][f"io.k8s.api.{definition}"]["properties"][member]
    assert {key: shown.get(key) for key in expected} == expected


def test_references_are_wrapped_and_prose_is_apart() -> None:
    bare, told = schemas.openapi_document("apps/v1"), schemas.openapi_document("apps/v1", prose=True)
    assert bare is not None
    assert told is not None
    name = "io.k8s.api.apps.v1.Deployment"
    reference = {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec"}]}
    assert bare["components"]["schemas"][name]["properties"]["spec"] == reference
    assert "description" in told["components"]["schemas"][name]["properties"]["spec"]
    assert "description" not in bare["components"]["schemas"][name]


def test_unknown_names() -> None:
    assert schemas.openapi_document("nope/v1") is None
    with pytest.raises(KeyError):
        schemas.schema_for("apps", "v1", "Nope")


def test_every_fact_speaks_of_a_property_that_exists() -> None:
    properties: dict[str, set[str]] = {}
    for name, definition in schemas.definitions().items():
        properties.setdefault(name.rpartition(".")[2], set()).update(definition.get("properties", ()))
    for key in (*ENUMS, *DEFAULTS):
        definition, _, member = key.partition(".")
        assert member.removesuffix("[]") in properties[definition], key
    for table in (EMBEDDED, PLAIN, POINTERS, PRESENT):
        for definition, members in table.items():
            assert set(members.split()) <= properties[definition], definition
