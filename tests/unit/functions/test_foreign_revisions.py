"""A GraphRevision of any form is a graph, or a refusal: whoever reads one reads the next."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.platform.cluster import Answer, Request
from functions.platform.graphs import Graphs, Kinds
from functions.platform.schemas import ClusterSchemas
from graphcore.converge.effects import Documents, Missing, Refused, Served
from graphcore.graph import Limits, encode_facts
from graphcore.names import COMPILED
from tests.support.definitions import offline_schemas
from tests.support.foreign import replaced, values
from tests.unit.graph.test_foreign_facts import FACTS, SPEC

REVISION: dict[str, Any] = {
    "apiVersion": "internal.kro.run/v1alpha1",
    "kind": "GraphRevision",
    "metadata": {
        "name": "thing-r00001",
        "annotations": {COMPILED: encode_facts(FACTS)},
        "ownerReferences": [{"kind": "ResourceGraphDefinition", "name": "thing", "uid": "rgd-uid", "controller": True}],
    },
    "spec": {"revision": 1, "snapshot": {"name": "thing", "generation": 1, "spec": SPEC}},
}
PARTS = [("spec",), ("spec", "snapshot"), ("spec", "snapshot", "spec"), ("spec", "snapshot", "spec", "schema")]


class One:
    """An API server that has one revision."""

    def __init__(self, revision: Any) -> None:
        self.revision = revision

    async def send(self, _request: Request) -> Answer:
        return Answer(200, self.revision)


class Known(ClusterSchemas):
    async def documents(self, _group_versions: Any) -> Documents:
        return Documents(offline_schemas())


def load(revision: Any) -> Served | Missing | Refused:
    cluster: Any = One(revision)
    return asyncio.run(Graphs(cluster, Known(cluster), Limits()).load("thing", 1))


def test_it_can_be_read_as_it_is() -> None:
    found = load(REVISION)
    assert isinstance(found, Served)
    assert (found.definition_uid, len(found.graph.nodes)) == ("rgd-uid", 3)


@settings(max_examples=100)
@given(st.sampled_from(PARTS), st.integers(0, 1 << 30), values(("spec", "resources", "schema", "id", "template")))
@example(("spec",), 0, None)
@example(("spec",), 0, [])
@example(("spec", "snapshot"), 0, {"spec": 5})
@example(("spec", "snapshot", "spec"), 0, {"resources": {"a": 1}, "schema": []})
def test_one_of_any_form_is_a_graph_or_a_refusal(part: tuple[str, ...], which: int, by: Any) -> None:
    revision = json.loads(json.dumps(REVISION))
    holder = revision
    for key in part[:-1]:
        holder = holder[key]
    holder[part[-1]] = replaced(holder[part[-1]], which, by)
    found = load(revision)
    assert isinstance(found, Served | Refused)
    if isinstance(found, Served):
        assert isinstance(Kinds.of(found.graph), Kinds)
        assert isinstance(found.definition_uid, str)
    else:
        assert found.message


@pytest.mark.parametrize("body", [{"metadata": {}}, {"metadata": {}, "spec": None}, {"metadata": {}, "spec": {"snapshot": {"spec": {}}}}])
def test_one_without_content_is_refused(body: dict[str, Any]) -> None:
    assert isinstance(load(body), Refused)
