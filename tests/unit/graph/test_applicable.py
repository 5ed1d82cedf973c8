"""Templates that can never be applied are refused with the definition, and none that can be."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.errors import Problem, ProblemsError
from graphcore.graph import compile_graph
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import Object, config_map, definition, deployment, problems, resource
from tests.support.refused_templates import COMPUTED, PROBES, REFUSED, TAKEN, workload

SCHEMAS = offline_schemas().with_crd(PROBES)
SPEC = {
    "text": "string | default=x",
    "count": "integer | default=1",
    "map": "map[string]string | default={}",
    "names": "[]string | default=[]",
    "ports": "[]Port | default=[]",
    "object": "object | default={}",
}


def faults(template: Object) -> tuple[Problem, ...]:
    try:
        compile_graph(definition(resource("a", template), spec=SPEC, types={"Port": {"port": "integer"}}), SCHEMAS)
    except ProblemsError as error:
        return error.problems
    return ()


@pytest.mark.parametrize(("template", "path", "words"), REFUSED.values(), ids=REFUSED)
def test_a_template_that_can_never_be_applied_is_refused(template: Object, path: str, words: str) -> None:
    found = faults(template)
    assert {problem.code for problem in found} == {"never-applied"}
    assert path in [problem.path for problem in found]
    assert any(words in problem.message for problem in found if problem.path == path)
    assert all(problem.node == "a" and problem.hint for problem in found)


@pytest.mark.parametrize("template", TAKEN.values(), ids=TAKEN)
def test_a_template_that_can_be_applied_is_taken(template: Object) -> None:
    assert faults(template) == ()


@pytest.mark.parametrize("template", COMPUTED.values(), ids=COMPUTED)
def test_what_is_computed_is_never_held_against_a_template(template: Object) -> None:
    assert faults(template) == ()


def computed(value: Any, draw: Any, path: tuple[Any, ...] = ()) -> Any:
    """The template with some parts of it computed by expressions of the right type."""
    free = len(path) > 1 and path[0] != "metadata"
    if free and draw(st.integers(0, 5)) == 0:
        return "${dyn(schema.spec.object)}"
    if isinstance(value, dict):
        return {key: computed(member, draw, (*path, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [computed(item, draw, (*path, index)) for index, item in enumerate(value)]
    return value


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TAKEN)), st.data())
def test_computing_a_part_of_what_is_taken_makes_nothing_refused(name: str, data: st.DataObject) -> None:
    template = computed(copy.deepcopy(TAKEN[name]), data.draw)
    assert [problem.message for problem in faults(template) if problem.code == "never-applied"] == []


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(REFUSED)), st.data())
def test_a_refusal_of_what_is_computed_in_part_can_be_told(name: str, data: st.DataObject) -> None:
    for problem in faults(computed(copy.deepcopy(REFUSED[name][0]), data.draw)):
        assert str(problem)


ODD = [None, {}, [], "", "x", 0, -1, 1.5, True, [None], {"": 1}, "${dyn(schema.spec.object)}", "512mb", "\x00", 2**70]


def odd(value: Any, draw: Any, depth: int = 0) -> Any:
    """The template with some parts of it as no kind has them."""
    if depth > 1 and draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ODD))
    if isinstance(value, dict):
        return {key: odd(member, draw, depth + 1) for key, member in value.items()}
    if isinstance(value, list):
        return [odd(item, draw, depth + 1) for item in value]
    return value


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*(case[0] for case in REFUSED.values()), *TAKEN.values()]), st.data())
def test_a_template_of_any_shape_is_judged(template: Object, data: st.DataObject) -> None:
    for problem in faults(odd(copy.deepcopy(template), data.draw)):
        assert str(problem)


@pytest.mark.parametrize("names", ["each", [], 7, {"plural": ["x"]}, {"plural": 7}, None, True])
def test_a_crd_with_names_of_any_shape_is_judged(names: Any) -> None:
    found = faults({**PROBES, "spec": {**PROBES["spec"], "names": names}})
    assert all(str(problem) for problem in found)


MIXED = {"app": "${schema.spec.text}"}


@pytest.mark.parametrize(
    ("template", "told"),
    [
        (workload(labels=MIXED, selects={**MIXED, "tier": "web"}), 'Invalid value: {"app":"(computed)"}: `selector` does not match'),
        (workload("StatefulSet", labels={**MIXED, "a": "<b>"}, selects={"c": "d"}), '{"a":"\\u003cb\\u003e","app":"(computed)"}'),
        (workload("DaemonSet", labels=MIXED, selects={"c": ""}), '{"app":"(computed)"}: `selector` does not match'),
    ],
)
def test_what_is_computed_is_told_as_such_in_a_refused_value(template: Object, told: str) -> None:
    assert any(told in problem.message for problem in faults(template)), [problem.message for problem in faults(template)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("My-${schema.spec.text}", "may not contain 'M'"),
        ("${schema.spec.text}_x", "may not contain '_'"),
        ("a ${schema.spec.text}", "may not contain ' '"),
        ("${schema.spec.text}-x", None),
        ("${schema.spec.text}.x", None),
        ("-${schema.spec.text}", None),
        ("${'${HOME}'}", None),
    ],
)
def test_a_name_is_judged_by_what_is_written_around_its_expressions(name: str, words: str | None) -> None:
    found = faults({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
    assert [words in problem.message for problem in found] == ([True] if words else [])


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"name": "My_Map"}, "metadata.name"),
        ({"name": "-x.Y-"}, "metadata.name"),
        ({"name": "x", "namespace": "a.b"}, "metadata.namespace"),
        ({"name": "x", "namespace": "Team.A/B"}, "metadata.namespace"),
    ],
)
def test_the_name_that_a_hint_gives_is_taken(metadata: Object, path: str) -> None:
    (problem,) = faults({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    assert problem.path == path
    assert problem.hint is not None
    better = {**metadata, path.partition(".")[2]: problem.hint.removeprefix("write ")}
    assert faults({"apiVersion": "v1", "kind": "ConfigMap", "metadata": better}) == ()


def test_a_reference_to_a_name_that_nothing_can_have_is_refused() -> None:
    def reference(**metadata: Any) -> Object:
        return definition(resource("a", externalRef={"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}), config_map("b"))

    (problem,) = problems(reference(name="My_Map"))
    assert (problem.code, problem.path) == ("never-applied", "metadata.name")
    assert "can never refer to anything" in problem.message
    assert [problem.path for problem in problems(reference(name="x", namespace="Prod"))] == ["metadata.namespace"]
    assert problems(reference(selector={"matchLabels": {"a": "b"}})) == ()


def test_a_field_that_is_misspelt_is_not_missed_as_well() -> None:
    wrong = deployment("d")
    wrong["template"]["spec"]["selectr"] = wrong["template"]["spec"].pop("selector")
    wrong["template"]["spec"]["template"]["spec"]["containers"] = [{"name": "main", "imagee": "nginx"}]
    assert [problem.code for problem in problems(definition(wrong))] == ["unknown-field", "unknown-field"]
    assert [problem.code for problem in problems(definition(deployment("d", replicas="3")))] == ["literal-type"]


def test_faults_of_several_templates_and_of_expressions_are_in_one_report() -> None:
    rgd = definition(
        resource("a", REFUSED["no name"][0]),
        resource("b", REFUSED["a service port out of range"][0]),
        config_map("c", data={"x": "${nosuch}", "a/b": "y"}),
    )
    assert [(problem.node, problem.code) for problem in problems(rgd)] == [
        ("a", "never-applied"),
        ("b", "never-applied"),
        ("c", "never-applied"),
        ("c", "unknown-identifier"),
    ]


@pytest.mark.parametrize(
    "members",
    [
        {"data": {"a": "s3cr3t value!"}},
        {"data": {"a": ["s3cr3t"]}},
        {"data": {"a": {"b": "s3cr3t"}}},
        {"data": "s3cr3t"},
        {"stringData": {"a/b": "s3cr3t"}},
        {"stringData": ["s3cr3t"]},
        {"stringData": {"a": "s3cr3t"}, "type": "kubernetes.io/ssh-auth"},
    ],
)
def test_no_fault_shows_a_value_of_a_secret(members: Object) -> None:
    found = faults({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, **members})
    assert found
    assert all("s3cr3t" not in repr(problem) for problem in found)
