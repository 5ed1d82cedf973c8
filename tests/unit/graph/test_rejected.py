"""Every situation in which kro refuses a definition, and what the refusal says: code, node, place, text."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.graph import Limits, render, render_all
from tests.support.definitions import Object, config_map, definition, deployment, problems, resource

NAME = "${schema.metadata.name}"


def external(id: str, **metadata: Any) -> Object:
    return resource(id, externalRef={"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


# number, name, definition, code, node, path, words of the message
CASES: list[tuple[int, str, Object, str, str | None, str | None, str]] = [
    (1, "kind not upper camel", definition(kind="thing"), "invalid-kind", None, "spec.schema.kind", "kind 'thing' is not a valid KRO kind name: must be UpperCamelCase"),
    (2, "id reserved", definition(config_map("spec")), "reserved-id", "spec", "spec.resources[0].id", "id spec is a reserved keyword in KRO"),
    (3, "id with dash", definition(config_map("a-b")), "invalid-id", "a-b", "spec.resources[0].id", "id a-b is not a valid KRO resource id: must be lower camelCase"),
    (3, "id upper case", definition(config_map("App")), "invalid-id", "App", "spec.resources[0].id", "must be lower camelCase"),
    (3, "id empty", definition(config_map("", "x")), "invalid-id", "", "spec.resources[0].id", "must be lower camelCase"),
    (4, "duplicate id", definition(config_map("a"), config_map("a", "b")), "duplicate-id", "a", "spec.resources[1].id", "found duplicate resource IDs a"),
    (5, "too many dimensions", definition(config_map("a", "-".join(f"${{i{n}}}" for n in range(11)), forEach=[{f"i{n}": "${['x']}"} for n in range(11)])), "too-many-dimensions", "a", "spec.resources[0].forEach", "forEach cannot have more than 10 dimensions, got 11"),
    (6, "iterator upper case", definition(config_map("a", "${X}", forEach=[{"X": "${['x']}"}])), "invalid-iterator", "a", "spec.resources[0].forEach[0]", 'forEach iterator name "X" is not valid: must be lowerCamelCase'),
    (6, "iterator reserved", definition(config_map("a", "${item}", forEach=[{"item": "${['x']}"}])), "reserved-iterator", "a", "spec.resources[0].forEach[0]", "is a reserved keyword"),
    (6, "iterator is id", definition(config_map("b"), config_map("a", "${b}", forEach=[{"b": "${['x']}"}])), "iterator-is-id", "a", "spec.resources[1].forEach[0]", "conflicts with resource ID"),
    (6, "iterator twice", definition(config_map("a", "${x}", forEach=[{"x": "${['x']}"}, {"x": "${['y']}"}])), "duplicate-iterator", "a", "spec.resources[0].forEach[1]", 'duplicate forEach iterator name "x"'),
    (7, "no template", definition(resource("r")), "no-template", "r", None, "exactly one of template or externalRef must be provided"),
    (7, "both", definition({**config_map("r"), **external("r", name="x")}), "template-and-reference", "r", None, "cannot use externalRef with template"),
    (7, "reference with forEach", definition({**external("r", name="x"), "forEach": [{"x": "${['a']}"}]}), "reference-with-for-each", "r", None, "cannot use externalRef with forEach"),
    (8, "no apiVersion", definition(resource("a", {"kind": "ConfigMap", "metadata": {"name": "x"}})), "not-an-object", "a", "apiVersion", "apiVersion field not found"),
    (8, "kind not a string", definition(resource("a", {"apiVersion": "v1", "kind": 1, "metadata": {"name": "x"}})), "not-an-object", "a", "kind", "kind field is not a string"),
    (8, "metadata not a map", definition(resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": "${schema.metadata}"})), "not-an-object", "a", "metadata", "metadata field is not a map"),
    (8, "template no object", definition(resource("a", "text")), "template-not-object", "a", "template", "failed to unmarshal resource a"),  # type: ignore[arg-type]
    (9, "two slashes", definition(resource("a", {"apiVersion": "a/b/c", "kind": "X", "metadata": {"name": "x"}})), "invalid-api-version", "a", "apiVersion", 'invalid apiVersion format "a/b/c"'),
    (9, "bad kind", definition(resource("a", {"apiVersion": "v1", "kind": "a_b", "metadata": {"name": "x"}})), "invalid-kind-name", "a", "kind", 'invalid kind "a_b"'),
    (9, "kind expression", definition(resource("a", {"apiVersion": "v1", "kind": "${schema.kind}", "metadata": {"name": "x"}})), "expression-in-kind", "a", "kind", "expressions are not allowed in kind"),
    (10, "unknown kind", definition(resource("a", {"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "x"}})), "unknown-kind", "a", "kind", 'cannot resolve group version kind "/v1, Kind=Foo": schema not found'),
    (10, "unknown group", definition(resource("a", {"apiVersion": "g.example/v1", "kind": "Foo", "metadata": {"name": "x"}})), "unknown-group-version", "a", "apiVersion", 'cannot resolve group version "g.example/v1": schema not found'),
    (11, "namespace on cluster kind", definition(resource("a", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x", "namespace": "y"}})), "namespace-on-cluster-kind", "a", "metadata.namespace", "is cluster-scoped and must not set metadata.namespace"),
    (11, "namespace missing", definition(config_map("a"), scope="Cluster"), "namespace-missing", "a", "metadata.namespace", "is namespaced and must set metadata.namespace when the instance CRD is cluster-scoped"),
    (12, "reserved label", definition(resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "labels": {"kro.run/x": "y"}}})), "reserved-label", "a", 'metadata.labels["kro.run/x"]', 'labels with prefix "kro.run/" are reserved for internal use'),
    (12, "reserved annotation", definition(resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "annotations": {"internal.kro.run/x": "y"}}})), "reserved-annotation", "a", 'metadata.annotations["internal.kro.run/x"]', 'annotations with prefix "internal.kro.run/" are reserved'),
    (13, "literal type", definition(deployment("a", replicas="3")), "literal-type", "a", "spec.replicas", "expected integer type for path spec.replicas, got string"),
    (13, "literal object", definition(deployment("a", replicas={"x": 1})), "literal-type", "a", "spec.replicas", "expected integer type for path spec.replicas, got object"),
    (13, "unknown field", definition(resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "dta": {}})), "unknown-field", "a", "dta", "error getting field schema for path .dta: schema not found for field dta"),
    (14, "expression in a CRD", definition(resource("c", {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"}, "spec": {"group": "${schema.spec.g}"}}), spec={"g": "string"}), "expression-in-crd", "c", "spec.group", 'only supported for metadata fields, found in path "spec.group"'),
    (15, "nested", definition(config_map("a", data={"x": "${schema.spec.${y}}"})), "scan-error", "a", "data.x", "nested expressions are not allowed unless inside string literals"),
    (16, "readyWhen not standalone", definition(config_map("a", readyWhen=["x ${true}"])), "not-standalone", "a", "readyWhen[0]", "failed to parse readyWhen expressions: only standalone expressions are allowed"),
    (16, "includeWhen empty", definition(config_map("a", includeWhen=[""])), "not-standalone", "a", "includeWhen[0]", "failed to parse includeWhen expressions"),
    (16, "forEach blank around", definition(config_map("a", "${x}", forEach=[{"x": " ${['a']}"}])), "not-standalone", "a", "forEach[0].x", 'invalid forEach expression for dimension "x"'),
    (16, "conditions not standalone", definition(config_map("a"), status={"conditions": ["x"]}), "not-standalone", "schema", "status.conditions[0]", "invalid conditions block: only standalone expressions are allowed"),
    (17, "unknown identifier", definition(config_map("a", data={"x": "${nosuch.y}"})), "unknown-identifier", "a", "data.x", "references unknown identifiers: [nosuch]"),
    (18, "unknown function", definition(config_map("a", data={"x": "${f('x')}"})), "unknown-function", "a", "data.x", "uses unknown functions: [{f}]"),
    (18, "unknown method", definition(config_map("a", data={"x": "${'x'.f()}"})), "type-check", "a", "data.x", "undeclared reference to 'f'"),
    (19, "syntax", definition(config_map("a", data={"x": "${1 +}"})), "syntax-error", "a", "data.x", "Syntax error"),
    (19, "empty", definition(config_map("a", data={"x": "${}"})), "syntax-error", "a", "data.x", "Syntax error"),
    (20, "self reference", definition(config_map("a", data={"x": "${a.metadata.name}"})), "self-reference", "a", "data.x", "self references are not allowed"),
    (20, "cycle", definition(config_map("a", data={"x": "${b.metadata.name}"}), config_map("b", data={"x": "${a.metadata.name}"})), "cycle", "a", "data.x", "graph contains a cycle: a -> b -> a"),
    (21, "iterator not in identity", definition(config_map("a", "n-${x}", forEach=[{"x": "${['a']}"}, {"y": "${['b']}"}])), "iterator-not-in-identity", "a", "metadata.name", "missing: [y]"),
    (22, "iterator in iterator", definition(config_map("a", "${x}-${y}", forEach=[{"x": "${['a']}"}, {"y": "${[x]}"}])), "iterator-references-iterator", "a", "forEach[1].y", 'forEach iterator "y" cannot reference other iterators [x]'),
    (23, "forEach not a list", definition(config_map("a", "${x}", forEach=[{"x": "${schema.metadata.name}"}])), "for-each-not-list", "a", "forEach[0].x", 'must return a list, got "string"'),
    (24, "readyWhen sees others", definition(config_map("b"), config_map("a", readyWhen=["${b.metadata.name == 'x'}"])), "ready-when-scope", "a", "readyWhen[0]", "readyWhen: references unknown identifiers: [b]"),
    (24, "readyWhen sees schema", definition(config_map("a", readyWhen=["${schema.metadata.name == 'x'}"])), "ready-when-scope", "a", "readyWhen[0]", "references unknown identifiers: [schema]"),
    (25, "includeWhen no bool", definition(config_map("a", includeWhen=["${schema.metadata.name}"])), "not-bool", "a", "includeWhen[0]", 'must return bool or optional_type(bool), but returns "string"'),
    (26, "undefined field", definition(config_map("a", data={"x": "${schema.spec.y}"}), spec={"x": "string"}), "type-check", "a", "data.x", "undefined field 'y'"),
    (26, "no overload", definition(config_map("a", data={"x": "${'a' + 1}"})), "type-check", "a", "data.x", "found no matching overload for '_+_' applied to '(string, int)'"),
    (27, "type mismatch", definition(deployment("a", replicas=NAME)), "type-mismatch", "a", "spec.replicas", 'expression "schema.metadata.name" returns type "string" but expected "int"'),
    (28, "omit without gate", definition(config_map("a", data={"x": "${omit()}"})), "omit-disabled", "a", "data.x", "omit() requires the CELOmitFunction feature gate"),
    (29, "runtime in template", definition(config_map("a", data={"x": "${runtime.condition(schema, 'Ready').status}"})), "runtime-outside-conditions", "a", "data.x", "runtime is only available in status.conditions expressions"),
    (29, "runtime in status", definition(config_map("a"), status={"x": "${runtime.condition(a, 'Ready').status}"}), "unknown-identifier", "schema", "status.x", "references unknown identifiers: [runtime]"),
    (30, "status constant", definition(config_map("a"), status={"x": "lit", "y": {"z": 1}}), "status-constant", "schema", "status.x", "status fields without expressions are not supported: [x y.z]"),
    (31, "status without reference", definition(config_map("a"), status={"x": "${1}"}), "status-without-reference", "schema", "status.x", "instance status field must refer to a resource or schema: status.x"),
    (32, "conditions no list", definition(config_map("a"), status={"conditions": "x"}), "conditions-not-list", "schema", "status.conditions", "status.conditions must be a list, got string"),
    (32, "condition no string", definition(config_map("a"), status={"conditions": [1]}), "condition-not-string", "schema", "status.conditions[0]", "must be a CEL expression string, got int64"),
    (33, "condition literal status", definition(config_map("a"), status={"conditions": ["${runtime.newCondition({type: 'A', status: 'Yes'})}"]}), "condition-status", "schema", "status.conditions[0]", "status must be one of True, False, Unknown"),
    (33, "condition key", definition(config_map("a"), status={"conditions": ["${runtime.newCondition({type: 'A', status: 'True', why: 'x'})}"]}), "syntax-error", "schema", "status.conditions[0]", "why"),
    (33, "condition twice", definition(config_map("a"), status={"conditions": ["${runtime.newCondition({type: 'A', status: 'True'})}"] * 2}), "duplicate-condition", "schema", "status.conditions[1]", 'condition type "A" is declared by more than one'),
    (33, "condition lookup", definition(config_map("a"), status={"conditions": ["${runtime.newCondition({type: 'A', status: runtime.condition(schema, 'Redy').status})}"]}), "condition-unknown", "schema", "status.conditions[0]", 'runtime.condition(schema, "Redy"): unknown condition type'),
    (34, "condition type", definition(config_map("a"), status={"conditions": ["${a.metadata.name}"]}), "condition-return-type", "schema", "status.conditions[0]", "must return runtime.newCondition(...) or a list of them"),
    (35, "simple schema", definition(spec={"x": "strin"}), "unknown-type", "schema", "spec.x", "unknown type: strin"),
    (36, "custom type cycle", definition(spec={"x": "A"}, types={"A": {"b": "B"}, "B": {"a": "A"}}), "cyclic-type", "schema", None, "cyclic"),
    (37, "namespace of cluster instance", definition(resource("a", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "${schema.metadata.namespace}"}}), scope="Cluster"), "type-check", "a", "metadata.name", "undefined field 'namespace'"),
]  # fmt: skip


@pytest.mark.difference("C")
@pytest.mark.feature(38, 40, 60, 62, 63, 67, 68, 72, 74, 76, 77)
@pytest.mark.parametrize("row, name, rgd, code, node, path, words", CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_refused(row: int, name: str, rgd: Object, code: str, node: str | None, path: str | None, words: str) -> None:
    found = problems(rgd)
    assert len(found) == 1, [render(problem) for problem in found]
    problem = found[0]
    assert words in problem.message
    assert problem.node == node
    if code not in ("unknown-type", "cyclic-type"):
        assert problem.code == code
    if path is not None and code != "unknown-type":
        assert problem.path == path
    assert problem.message in render(problem)


@pytest.mark.difference("26")
def test_all_faults_are_in_one_report() -> None:
    rgd = definition(
        config_map("a", data={"x": "${nosuch}", "y": "${schema.spec.missing}"}),
        deployment("b", replicas="3", image="${1}"),
        config_map("c-d"),
        resource("e", {"apiVersion": "v1", "kind": "Nothing", "metadata": {"name": "x"}}),
        spec={"n": "strin"},
        status={"k": "constant", "l": "${a.nosuch}"},
    )
    found = problems(rgd)
    assert [problem.code for problem in found if problem.code != "unknown-type"] == [
        "invalid-id", "literal-type", "unknown-kind", "unknown-identifier", "type-check", "type-mismatch", "status-constant", "type-check",
    ]  # fmt: skip
    assert any("strin" in problem.message for problem in found)
    text = render_all(found)
    assert text.splitlines()[0] == f"failed to validate resourcegraphdefinition: {len(found)} problems:"
    assert len(text.splitlines()) == len(found) + 1
    for problem in found:
        assert problem.message in text


def test_omit_rules() -> None:
    on = Limits(omit=True)
    assert not problems(definition(config_map("a", data={"x": "${omit()}"})), on)
    assert [p.code for p in problems(definition(config_map("a", "${omit()}")), on)] == ["omit-in-identity"]
    for rgd in (
        definition(config_map("a", "${x}", forEach=[{"x": "${[omit()]}"}])),
        definition(config_map("a", includeWhen=["${omit() == 1}"])),
        definition(config_map("a"), status={"x": "${a.metadata.name == '' ? omit() : dyn(1)}"}),
    ):
        assert [p.code for p in problems(rgd, on)] == ["omit-misplaced"]
