"""One malformed field hides no other fault of the file, and brings none either."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.definitions import Object, config_map, definition, problems, resource

TYPO = config_map("typo", data={"x": "${schema.spec.nmae}"})
FINE = config_map("fine", data={"x": "${schema.spec.name}"})
SPEC = {"name": "string | required=true", "list": "[]string | required=true"}
REFERENCE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": "x"}


def told(*resources: Any, **schema: Any) -> list[tuple[str, str | None, str | None]]:
    return [(problem.code, problem.node, problem.path) for problem in problems(definition(*resources, spec=SPEC, **schema))]


def malformed(path: str) -> tuple[str, str | None, str | None]:
    return ("malformed-definition", None, path)


OTHER = ("type-check", "typo", "data.x")


@pytest.mark.parametrize(
    ("resources", "schema", "expected"),
    [
        ([FINE, TYPO], {"shortNames": "t"}, [malformed("spec.schema.shortNames"), OTHER]),
        ([FINE, TYPO], {"kind": 5}, [malformed("spec.schema.kind"), OTHER]),
        ([FINE, TYPO], {"apiVersion": 1}, [malformed("spec.schema.apiVersion"), OTHER]),
        ([FINE, TYPO], {"metadata": {"labels": {"a": 1}}}, [malformed("spec.schema.metadata.labels.a"), OTHER]),
        ([config_map("a", readyWhen=True), TYPO], {}, [malformed("spec.resources[0].readyWhen"), OTHER]),
        ([config_map("a", includeWhen=[1], data={"y": 1}), TYPO], {}, [malformed("spec.resources[0].includeWhen[0]"), ("literal-type", "a", "data.y"), OTHER]),
        ([None, TYPO], {}, [malformed("spec.resources[0]"), OTHER]),
        # What refers to a resource that cannot be read is not at fault.
        (
            [config_map("a", forEach={"r": "${schema.spec.list}"}), config_map("b", data={"x": "${a.map(i, i.metadata.name).join('')}"}), TYPO],
            {},
            [malformed("spec.resources[0].forEach"), OTHER],
        ),
        (
            [resource("ref", externalRef=REFERENCE), config_map("b", data={"x": "${ref.data.y}"}), TYPO],
            {},
            [malformed("spec.resources[0].externalRef.metadata"), OTHER],
        ),
        ([{**FINE, "id": 7}, config_map("b", data={"x": "${fine.data.x}"}), TYPO], {}, [malformed("spec.resources[0].id"), OTHER]),
    ],
)  # fmt: skip
def test_the_other_faults_are_told_beside_it(resources: list[Any], schema: Object, expected: list[Any]) -> None:
    assert told(*resources, **schema) == expected


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ('string | validation="self.foo == 1"', "spec.a"),
        ("integer | minimum=3 default=1", "spec.a"),
        ({"b": 'string | enum="x,y" default=z'}, "spec.a.b"),
    ],
)
def test_what_the_api_server_would_say_of_the_schema_is_told_beside_faults_of_resources(field: Any, path: str) -> None:
    found = problems(definition(TYPO, spec={**SPEC, "a": field}))
    assert [(problem.code, problem.path) for problem in found] == [("type-check", "data.x"), ("crd-refused", path)]


PLACES = st.sampled_from(
    [
        ("metadata",), ("metadata", "name"), ("spec",), ("spec", "schema"), ("spec", "schema", "kind"), ("spec", "schema", "apiVersion"),
        ("spec", "schema", "group"), ("spec", "schema", "scope"), ("spec", "schema", "shortNames"), ("spec", "schema", "additionalPrinterColumns"),
        ("spec", "resources"), ("spec", "resources", 0), ("spec", "resources", 1, "id"), ("spec", "resources", 2, "externalRef"),
        ("spec", "resources", 1, "forEach"), ("spec", "resources", 0, "readyWhen"), ("spec", "resources", 1, "includeWhen"),
    ]
)  # fmt: skip
WHOLE = definition(
    config_map("a", data={"x": "${schema.spec.name}"}, readyWhen=["${a.metadata.name != ''}"]),
    config_map("b", "b-${each1}", forEach=[{"each1": "${schema.spec.list}"}], includeWhen=["${a.metadata.name != ''}"]),
    resource("c", externalRef={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}),
    config_map("d", data={"x": "${b.map(i, i.metadata.name).join('') + c.data.y + a.data.x}"}),
    spec=SPEC,
    status={"all": "${b.map(i, i.metadata.name)}", "one": "${c.data.y}"},
)


@given(st.lists(PLACES, min_size=1, max_size=3), st.sampled_from([5, True, 1.5]))
@settings(max_examples=150, deadline=None)
def test_a_definition_without_other_faults_gets_no_others(places: list[tuple[Any, ...]], wrong: Any) -> None:
    rgd = copy.deepcopy(WHOLE)
    for place in places:
        node: Any = rgd
        try:
            for part in place[:-1]:
                node = node[part]
            node[place[-1]] = copy.deepcopy(wrong)
        except (KeyError, IndexError, TypeError):
            return
    assert {problem.code for problem in problems(rgd)} == {"malformed-definition"}
