"""What the expressions of a definition make of it: edges, fields, and what their places take."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.graph import compile_graph
from graphcore.openapi import Schemas
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import Object, compiled, config_map, definition, problems, resource

OPEN = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
    "properties": {"count": {"type": "integer"}, "deep": {"type": "object", "properties": {"name": {"type": "string"}}}},
}
SPEC = {"type": "object", "properties": {"open": OPEN, "any": {"type": "object", "additionalProperties": True}}}
CRD = {
    "spec": {
        "group": "example.com",
        "names": {"kind": "Odd", "plural": "odds"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}}}}],
    }
}


def schemas() -> Schemas:
    return offline_schemas().with_crd(CRD)


def odd(id: str, spec: Any = None) -> Object:
    return resource(id, {"apiVersion": "example.com/v1", "kind": "Odd", "metadata": {"name": id}, **({"spec": spec} if spec else {})})


def status_of(graph: Any) -> Any:
    return graph.crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]


@pytest.mark.parametrize("text", ["cel.bind(x, a.metadata.name, 'b')", "cel.bind(x, a.metadata.name, [1].map(x, string(x))[0])"])
def test_a_binding_that_is_not_used_still_is_a_dependency(text: str) -> None:
    graph = compiled(definition(config_map("b", data={"k": f"${{{text}}}"}), config_map("a")))
    assert graph.topological_order == ("a", "b")


def test_a_binding_that_is_not_used_refers_to_what_it_binds() -> None:
    assert problems(definition(config_map("a"), status={"v": "${cel.bind(x, a.metadata.name, 1)}"})) == ()


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("schema.metadata.name", True),
        ("json.unmarshal(schema.metadata.name).x", True),
        ("dyn(1)", True),
        ("schema.metadata.generation", False),
        ("schema.metadata", False),
        ("schema.metadata.creationTimestamp", False),
        ("schema.metadata.finalizers", False),
    ],
)
def test_a_projected_state_must_be_able_to_hold_the_states(expression: str, fits: bool) -> None:
    found = [problem.code for problem in problems(definition(status={"state": f"${{{expression}}}", "x": "${schema.kind}"}))]
    assert ("status-state-type" not in found) == fits


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"open": {"count": "${schema.metadata.generation}"}}, None),
        ({"open": {"count": "${schema.metadata.name}"}}, "type-mismatch"),
        ({"open": {"deep": {"name": "${schema.metadata.generation}"}}}, "type-mismatch"),
        ({"open": {"other": {"name": "${schema.metadata.generation}"}}}, None),
        ({"open": {"count": "no number"}}, "never-applied"),
    ],
)
def test_a_field_declared_among_unknown_ones_keeps_its_type(spec: Object, code: str | None) -> None:
    try:
        compile_graph(definition(odd("a", spec)), schemas())
        found = None
    except Exception as error:
        found = error.problems[0].code  # type: ignore[attr-defined]
    assert found == code


@pytest.mark.parametrize("text", ["a.spec.any.x", "a.spec.any != null", "has(a.spec.any.x)", "a.spec.any.x.y[0]"])
def test_an_object_with_additional_properties_of_any_kind_has_fields_of_any_name(text: str) -> None:
    graph = compile_graph(definition(odd("a"), status={"v": f"${{{text}}}"}), schemas())
    assert "v" in status_of(graph)


def test_such_an_object_keeps_its_fields_in_the_status() -> None:
    graph = compile_graph(definition(odd("a"), status={"v": "${a.spec.any}"}), schemas())
    assert status_of(graph)["v"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
