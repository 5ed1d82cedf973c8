"""The facts stored with a revision are an annotation like any other: what is not what a compile wrote there is not used."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.graph import UnusableFacts, compile_graph, decode_facts, encode_facts, graph_from_facts
from graphcore.graph.facts import MAX_DECODED
from tests.support.definitions import offline_schemas
from tests.support.foreign import replaced, texts, values

SPEC: dict[str, Any] = {
    "schema": {"apiVersion": "v1alpha1", "kind": "Thing", "spec": {"names": "[]string", "on": "boolean"}, "status": {"v": "${a.data.v}"}},
    "resources": [
        {"id": "shared", "externalRef": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}}},
        {
            "id": "a",
            "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"v": "${shared.data.v}"}},
            "includeWhen": ["${schema.spec.on}"],
        },
        {
            "id": "b",
            "template": {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "${n}"},
                "data": {"v": "${base64.encode(bytes(a.metadata.name))}"},
            },
            "forEach": [{"n": "${schema.spec.names}"}],
        },
    ],
}
FACTS: dict[str, Any] = json.loads(json.dumps(compile_graph({"metadata": {"name": "thing"}, "spec": SPEC}, offline_schemas()).facts()))
ENCODED = encode_facts(FACTS) or ""


@settings(max_examples=150)
@given(texts(ENCODED))
def test_text_that_is_no_facts_is_unusable(text: str) -> None:
    try:
        graph_from_facts("thing", SPEC, decode_facts(text))
    except UnusableFacts:
        return
    assert decode_facts(text) == FACTS


@settings(max_examples=400)
@given(st.integers(0, 1 << 30), st.one_of(values(FACTS), st.sampled_from(list(FACTS.values()))))
def test_facts_with_a_part_replaced_are_unusable_or_make_a_graph_of_the_same_nodes(which: int, by: Any) -> None:
    facts = replaced(FACTS, which, by)
    try:
        made = graph_from_facts("thing", SPEC, facts if isinstance(facts, dict) else {})
    except UnusableFacts:
        return
    kinds = [(node.id, node.resource.api_version, node.resource.kind) for node in made.nodes]
    assert sorted(kinds) == [("a", "v1", "ConfigMap"), ("b", "v1", "Secret"), ("shared", "v1", "ConfigMap")]


@pytest.mark.parametrize(
    "facts",
    [
        {**FACTS, "order": ["shared", "a"]},
        {**FACTS, "order": ["shared", "b", "a"]},
        {**FACTS, "order": ["shared", "a", "b", "b"]},
        {**FACTS, "order": []},
        {**FACTS, "nodes": {**FACTS["nodes"], "a": FACTS["nodes"]["b"]}},
        {**FACTS, "nodes": {**FACTS["nodes"], "shared": FACTS["nodes"]["a"]}},
        {**FACTS, "views": {"a": "no such decoding"}},
        {**FACTS, "views": {"a": {"f": 5}}},
        {key: value for key, value in FACTS.items() if key != "nodes"},
    ],
)
def test_facts_of_other_nodes_are_unusable(facts: dict[str, Any]) -> None:
    with pytest.raises(UnusableFacts):
        graph_from_facts("thing", SPEC, facts)


def test_facts_nested_without_end_are_unusable() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, "9" * MAX_DECODED):
        with pytest.raises(UnusableFacts):
            decode_facts(_packed(text))


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 1)).decode()
