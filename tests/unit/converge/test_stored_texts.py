"""Texts that released builds have stored stay readable: whoever upgrades finds every place, reference and wait again.

A build that changes a format adds a text here; none is taken away.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from graphcore import names
from graphcore.converge import references, waits
from graphcore.converge.instance.ownership import applied_digest
from graphcore.converge.instance.repair import Row, row_of
from graphcore.converge.metadata import active_revision
from graphcore.converge.parents import Parent
from graphcore.converge.references import Reference
from graphcore.converge.safety.mark import Mark, Place, read_mark
from graphcore.converge.waits import Waits
from graphcore.graph import Limits, decode_facts, graph_from_facts
from graphcore.graph.model import Resource

DATA = Path(__file__).parents[2] / "data" / "stored"
CONFIG_MAP = Resource("v1", "ConfigMap", "configmaps", True)
NAMESPACE = Resource("v1", "Namespace", "namespaces", False)
PLACES = (Place(CONFIG_MAP, "prod"), Place(CONFIG_MAP, "shared"), Place(NAMESPACE, ""))
PLACES_TEXT = '"places":[["v1","ConfigMap","configmaps",["prod","shared"]],["v1","Namespace","namespaces",null]]'
UID = "0b6d5c1e-2f8a-4f0e-9d5b-3f1c2a7e9b10"
WANTED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "prod"}, "data": {"k": "v"}}
REPAIRED = datetime(2026, 11, 28, 9, 30, 15, 250000, UTC)

TEXTS: dict[str, tuple[str, str, Callable[[Any], Any], Any]] = {
    "convergence": (
        names.CONVERGENCE,
        f'{{"revision":7,"fence":12,"pruning":["{UID}"],{PLACES_TEXT}}}',
        read_mark,
        Mark(7, 12, frozenset({UID}), PLACES),
    ),
    "convergence without a revision": (
        names.CONVERGENCE,
        f'{{"revision":null,"fence":3,"pruning":[],{PLACES_TEXT}}}',
        read_mark,
        Mark(None, 3, frozenset(), PLACES),
    ),
    "convergence of a child": (
        names.CONVERGENCE,
        f'{{"revision":7,"fence":12,"pruning":[],{PLACES_TEXT},"inside":["kro.run/v1alpha1","Shop","prod","main"]}}',
        read_mark,
        Mark(7, 12, frozenset(), PLACES, Parent.of("kro.run/v1alpha1", "Shop", "prod", "main")),
    ),
    "references": (
        names.REFERENCES,
        '[["v1","ConfigMap","configmaps",true,"","","team=web,tier in (a,b)"],["v1","ConfigMap","configmaps",true,"prod","settings",""]]',
        references.recorded,
        (Reference(CONFIG_MAP, "", "", "team=web,tier in (a,b)"), Reference(CONFIG_MAP, "prod", "settings")),
    ),
    "awaited references": (
        names.REFERENCES,
        '[["v1","ConfigMap","configmaps",true,"prod","going","",true]]',
        references.recorded,
        (Reference(CONFIG_MAP, "prod", "going", awaited=True),),
    ),
    "waits": (
        names.WAITS_FOR,
        '{"kinds":[["db.example.com","Database"]],"crds":["shops.kro.run"]}',
        waits.recorded,
        Waits(frozenset({("db.example.com", "Database")}), frozenset({"shops.kro.run"})),
    ),
    "digest": (names.APPLIED, "285bb8c2bb116e41", applied_digest, "285bb8c2bb116e41"),
    "digest of a rewrite": (names.APPLIED, "285bb8c2bb116e41/3", applied_digest, "285bb8c2bb116e41"),
    "active revision": (names.ACTIVE_REVISION, "7", active_revision, 7),
    "no active revision": (names.ACTIVE_REVISION, "0", active_revision, 0),
    "repairs": (names.REPAIRS, "6 2026-11-28T09:30:15.250Z", lambda found: row_of(WANTED, found, REPAIRED), Row(6, REPAIRED)),
}


@pytest.mark.parametrize(("annotation", "text", "read", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_a_stored_text_is_read(annotation: str, text: str, read: Callable[[Any], Any], expected: Any) -> None:
    assert read({"metadata": {"name": "a", "annotations": {annotation: text}}}) == expected


@pytest.mark.parametrize("file", sorted(DATA.glob("compiled-*.json")), ids=lambda file: file.stem)
def test_a_stored_graph_is_made_without_a_compile(file: Path) -> None:
    stored = json.loads(file.read_text())
    graph = graph_from_facts("thing", stored["spec"], decode_facts(stored[names.COMPILED]), Limits())
    assert {node.id: (node.resource.kind, node.dependencies) for node in graph.nodes} == {
        "shared": ("ConfigMap", ()),
        "a": ("ConfigMap", ("shared",)),
        "b": ("Secret", ("a",)),
    }


def test_each_annotation_that_is_stored_has_a_text() -> None:
    ours = {value for name, value in vars(names).items() if name.isupper() and str(value).startswith("krofn.kro.run/")}
    assert ours == {annotation for annotation, *_ in TEXTS.values()} | {names.COMPILED}
