"""Definitions as kro's users write them compile, warm and cold alike, and their CRDs are what an API server accepts."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import yaml

from graphcore.graph import compile_graph, graph_from_facts, synthesize_crd
from graphcore.openapi import Schemas
from graphcore.openapi.crd_validation import validate_crd
from graphcore.simpleschema import to_openapi
from local_emulator.cli.definitions import judge
from local_emulator.cli.files import Document
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import Object

HERE = Path(__file__).parent.parent.parent / "data" / "definitions"
DEFINITIONS: list[Object] = [
    each for file in sorted(HERE.glob("*.yaml")) if file.name != "kinds.yaml" for each in yaml.safe_load_all(file.read_text())
]


def stand_in(kind: Object) -> Object:
    """A CRD for a kind of another project."""
    group, _, version = kind["apiVersion"].partition("/")
    block = {"apiVersion": version, "group": group, "kind": kind["kind"], "scope": kind.get("scope", "Namespaced")}
    return synthesize_crd(block, "", "", to_openapi(kind["spec"], None), to_openapi(kind["status"], None), "devel")


@cache
def schemas() -> Schemas:
    """Built-in kinds, stand-ins, and the kinds that the definitions themselves bring."""
    found = offline_schemas()
    for kind in yaml.safe_load((HERE / "kinds.yaml").read_text()):
        found = found.with_crd(stand_in(kind))
    for verdict in judge([Document("", definition) for definition in DEFINITIONS], found):
        if verdict.graph is not None and verdict.graph.crd is not None:
            found = found.with_crd(verdict.graph.crd)
    return found


def test_there_are_enough() -> None:
    assert len(DEFINITIONS) >= 40
    assert len({definition["metadata"]["name"] for definition in DEFINITIONS}) == len(DEFINITIONS)


@pytest.mark.feature(55, 56, 57, 58, 59, 35)
@pytest.mark.parametrize("definition", DEFINITIONS, ids=[definition["metadata"]["name"] for definition in DEFINITIONS])
def test_definition_compiles(definition: Object) -> None:
    graph = compile_graph(definition, schemas())
    assert graph.crd is not None
    assert not validate_crd(graph.crd)
    warm = graph_from_facts(graph.rgd_name, definition["spec"], json.loads(json.dumps(graph.facts())))
    assert warm.topological_order == graph.topological_order
    assert [(node.id, node.type, node.resource, node.wave) for node in warm.nodes] == [
        (node.id, node.type, node.resource, node.wave) for node in graph.nodes
    ]
    assert compile_graph(definition, schemas()).facts() == graph.facts()
