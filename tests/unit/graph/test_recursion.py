"""Templates of the definition's own kind: what can be proved to be the instance itself, or to have no end, is refused."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.errors import ProblemsError
from graphcore.graph import compile_graph
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import Object, compiled, config_map, definition, resource

SPEC = {"on": "boolean", "names": "[]string", "depth": "integer", "other": "string"}


def thing(name: str, *, api_version: str = "kro.run/v1alpha1", namespace: str | None = None, spec: Any = None, **rest: Any) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return resource("child", {"apiVersion": api_version, "kind": "Thing", "metadata": metadata, "spec": spec or {}}, **rest)


def codes(*resources: Object, served: bool, **schema: Any) -> list[str]:
    """served: the kind exists already, as it does when the definition is changed."""
    schemas = offline_schemas()
    if served:
        schemas = schemas.with_crd(compiled(definition(spec=SPEC, **schema)).crd or {})
    try:
        compile_graph(definition(*resources, spec=SPEC, **schema), schemas)
    except ProblemsError as error:
        return [problem.code for problem in error.problems]
    return []


REFUSED: dict[str, tuple[str, list[Object], Object]] = {
    "its own name": ("own-child", [thing("${schema.metadata.name}")], {}),
    "its own name and namespace": ("own-child", [thing("${schema.metadata.name}", namespace="${schema.metadata.namespace}")], {}),
    "its own name under a condition": ("own-child", [thing("${ schema.metadata.name }", includeWhen=["${schema.spec.on}"])], {}),
    "its own name, cluster-scoped": ("own-child", [thing("${schema.metadata.name}")], {"scope": "Cluster"}),
    "its own name in a group of its own": (
        "own-child",
        [thing("${schema.metadata.name}", api_version="example.com/v1alpha1")],
        {"group": "example.com"},
    ),
    "a name that grows": ("endless-children", [thing("${schema.metadata.name}-x")], {}),
    "a fixed name": ("endless-children", [thing("always")], {}),
    "a name from the spec": ("endless-children", [thing("${schema.spec.other}")], {}),
    "a condition that always holds": ("endless-children", [thing("a", includeWhen=["${true}"])], {}),
    "behind what is never left out": ("endless-children", [config_map("c", "c"), thing("${c.metadata.name}-x")], {}),
    "for each of a list that is never empty": ("endless-children", [thing("a-${n}", forEach=[{"n": "${['x', schema.spec.other]}"}])], {}),
}
ACCEPTED: dict[str, list[Object]] = {
    "under a condition": [
        thing("${schema.metadata.name}-x", spec={"depth": "${schema.spec.depth - 1}"}, includeWhen=["${schema.spec.on}"])
    ],
    "behind what may be left out": [config_map("c", "c", includeWhen=["${schema.spec.on}"]), thing("${c.metadata.name}-x")],
    "for each of a list of the spec": [thing("a-${n}", forEach=[{"n": "${schema.spec.names}"}])],
    "its own name elsewhere, by condition": [thing("${schema.metadata.name}", namespace="else", includeWhen=["${schema.spec.on}"])],
    "a reference": [resource("other", externalRef={"apiVersion": "kro.run/v1alpha1", "kind": "Thing", "metadata": {"name": "other"}})],
}


@pytest.mark.difference("68")
@pytest.mark.parametrize("served", [False, True], ids=["new", "changed"])
@pytest.mark.parametrize(("code", "resources", "schema"), REFUSED.values(), ids=REFUSED.keys())
def test_children_that_can_never_be_are_refused(code: str, resources: list[Object], schema: Object, served: bool) -> None:
    assert codes(*resources, served=served, **schema) == [code]


@pytest.mark.parametrize("resources", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_children_of_the_own_kind_that_end_somewhere_are_accepted(resources: list[Object]) -> None:
    assert codes(*resources, served=True) == []


def test_a_kind_of_the_same_name_in_another_group_is_another_kind() -> None:
    assert codes(thing("${schema.metadata.name}", api_version="example.com/v1alpha1"), served=False) == ["unknown-group-version"]
