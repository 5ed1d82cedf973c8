"""A fault brings no other: what follows from a fault that is reported is not reported as well."""

from __future__ import annotations

import pytest

from tests.support.definitions import Object, config_map, definition, deployment, problems, resource

NAME = "${schema.metadata.name}"
WHEN = ["${schema.spec.on}"]


def unknown_kind(id: str = "u") -> Object:
    return resource(id, {"apiVersion": "v1", "kind": "Foo", "metadata": {"name": "x"}})


CASES: list[tuple[str, Object, list[str]]] = [
    (
        "a wrong marker beside the field of includeWhen",
        definition(config_map("a", includeWhen=WHEN), spec={"on": "boolean", "size": "string | minimum=x"}),
        ["spec.size"],
    ),
    (
        "a wrong marker in another branch",
        definition(
            config_map("a", includeWhen=["${schema.spec.feature.enabled}"]),
            config_map("b", "${item1}", forEach=[{"item1": "${schema.spec.names}"}]),
            spec={"feature": {"enabled": "boolean", "size": "integer | pattern=x"}, "names": "[]string"},
        ),
        ["spec.feature.size"],
    ),
    (
        "a wrong marker at the very field",
        definition(config_map("a", includeWhen=WHEN), spec={"on": "boolean | default=maybe"}),
        ["spec.on"],
    ),
    ("a field of unknown type", definition(config_map("a", includeWhen=WHEN), spec={"on": "bol"}), ["spec.on"]),
    (
        "an unknown type that is gone through",
        definition(config_map("a", "${item1}", forEach=[{"item1": "${schema.spec.list}"}]), spec={"list": "Unknown"}),
        ["spec.list"],
    ),
    (
        "a custom type with a fault",
        definition(config_map("a", includeWhen=WHEN), config_map("b", data={"x": "${schema.spec.part.name}"}), spec={"on": "boolean", "part": "Part"}, types={"Part": {"name": "string", "size": "integer | maxLength=3"}}),
        ["types.Part.size"],
    ),
    (
        "custom types in a circle",
        definition(config_map("a", includeWhen=["${schema.spec.part.on}"]), spec={"part": "A"}, types={"A": {"b": "B"}, "B": {"a": "A"}}),
        ["types.A.b"],
    ),
    ("a kind that is unknown", definition(unknown_kind(), config_map("a", includeWhen=["${u.status.ok}"])), ["kind"]),
    ("an unknown kind that is gone through", definition(unknown_kind(), config_map("a", "${x1}", forEach=[{"x1": "${u.status.names}"}])), ["kind"]),
    ("an unknown kind that is waited for", definition({**unknown_kind(), "readyWhen": ["${u.status.ok}"]}), ["kind"]),
    ("a resource without template", definition(resource("u"), config_map("a", data={"x": "${u.metadata.name}"})), [None]),
    ("a resource without template in a condition", definition(resource("u"), config_map("a", includeWhen=["${u.ready}"])), [None]),
    (
        "a name that cannot be read, in a collection",
        definition(config_map("a", "${x1 + }", forEach=[{"x1": "${['a']}"}])),
        ["metadata.name"],
    ),
    (
        "a name with a nested expression, in a collection",
        definition(config_map("a", "a-${x1 ${y1}}", forEach=[{"x1": "${['a']}"}])),
        ["metadata.name"],
    ),
    ("a status field of a faulty one", definition(deployment("d"), spec={"a": "string | minLength=x"}, status={"a": "${schema.spec.a}"}), ["spec.a"]),
]  # fmt: skip


@pytest.mark.parametrize(("rgd", "paths"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_fault_brings_no_other(rgd: Object, paths: list[str | None]) -> None:
    assert [problem.path for problem in problems(rgd)] == paths


def test_faults_beside_it_are_still_found() -> None:
    spec = {"on": "string", "size": "integer | minimum=x"}
    rgd = definition(config_map("a", includeWhen=WHEN), config_map("b", data={"x": "${schema.spec.size}"}), spec=spec)
    assert [problem.code for problem in problems(rgd)] == ["invalid-marker-value", "not-bool", "type-mismatch"]
