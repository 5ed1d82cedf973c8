"""One test per warning: what compiles, and hurts later."""

from __future__ import annotations

import pytest

from tests.support.definitions import Object, compiled, config_map, definition, deployment, resource


def codes(rgd: Object) -> list[str]:
    return [warning.code for warning in compiled(rgd).warnings]


def gateway(name: str = "x") -> Object:
    return resource("g", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}})


def annotated(id: str, annotations: Object) -> Object:
    return resource(id, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": id, "annotations": annotations}})


CASES: list[tuple[str, Object, list[str]]] = [
    (
        "nothing to say",
        definition(config_map("a", "${schema.metadata.name}", {"x": "${schema.spec.x}"}), spec={"x": "string | default=y"}),
        [],
    ),
    ("a name with the generation", definition(config_map("a"), config_map("b", "b-${string(a.metadata.generation)}")), ["volatile-name"]),
    ("a name with the resourceVersion", definition(config_map("a"), config_map("b", "b-${a.metadata.resourceVersion}")), ["volatile-name"]),
    ("a name with the uid", definition(config_map("a"), config_map("b", "b-${a.metadata.uid}")), []),
    ("a Service name that can grow", definition(gateway("${schema.metadata.name}-service")), ["long-name"]),
    ("the instance's own name", definition(gateway("${schema.metadata.name}")), []),
    ("an optional field", definition(config_map("a", data={"x": "${schema.spec.x}"}), spec={"x": "string"}), ["optional-field"]),
    ("an optional field, guarded", definition(config_map("a", data={"x": "${schema.spec.?x.orValue('')}"}), spec={"x": "string"}), []),
    ("a required field", definition(config_map("a", data={"x": "${schema.spec.x}"}), spec={"x": "string | required=true"}), []),
    (
        "an optional object",
        definition(config_map("a", data={"x": "${schema.spec.o.x}"}), spec={"o": {"x": "string | required=true"}}),
        ["optional-field"],
    ),
    ("text like a shell variable that ends nowhere", definition(config_map("a", data={"x": "echo ${HOME"})), ["stray-marker"]),
    ("a whole object in the status", definition(deployment("d"), status={"all": "${d.status}"}), ["status-whole-object"]),
    ("an order that nobody keeps", definition(config_map("a"), annotated("b", {"kro.run/depends-on": "a"})), ["kro-annotation"]),
    (
        "an order beside one that is kept",
        definition(config_map("a"), annotated("b", {"kro.run/depends-on": "${a.metadata.name}"})),
        ["kro-annotation"],
    ),
    ("an annotation that means nothing", definition(annotated("b", {"kro.run/x": "y", "example.com/x": "y"})), ["kro-annotation"]),
    ("a suspended child", definition(annotated("b", {"kro.run/reconcile": "suspended"})), []),
    ("an order in somebody else's words", definition(annotated("b", {"argocd.argoproj.io/depends-on": "a"})), []),
    ("a field in the status", definition(deployment("d"), status={"n": "${d.status.replicas}"}), []),
]


@pytest.mark.parametrize("name, rgd, expected", CASES, ids=[case[0] for case in CASES])
def test_warning(name: str, rgd: Object, expected: list[str]) -> None:
    found = compiled(rgd).warnings
    assert [warning.code for warning in found] == expected
    for warning in found:
        assert warning.severity == "warning"
        assert warning.hint
        assert warning.node


def test_a_shell_variable_gets_a_hint_how_to_keep_it() -> None:
    from tests.support.definitions import problems

    (problem,) = problems(definition(config_map("a", data={"x": "echo ${HOME}"})))
    assert problem.code == "unknown-identifier"
    assert problem.hint is not None
    assert '${"${HOME}"}' in problem.hint
