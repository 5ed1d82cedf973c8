"""Values that can never be written are refused with the definition: in the status, and where a template takes anything."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.errors import ProblemsError
from graphcore.graph import compile_graph
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import compiled, config_map, definition, problems, resource

SECRET = resource("secret", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}})
REFUSED = [
    "${secret.data.a}",
    "${secret.data.map(k, secret.data[k])}",
    "${[secret.data.a]}",
    "${secret.?data.a}",
    "${type(secret)}",
    "${url(schema.spec.text)}",
    "${quantity(schema.spec.text)}",
    "${[semver(schema.spec.text)]}",
    "${{'a': ip(schema.spec.text)}}",
    "${{1: schema.spec.text}}",
]
TAKEN = [
    "${string(secret.data.a)}",
    "${base64.encode(secret.data.a)}",
    "${secret.data}",
    "${secret.metadata.creationTimestamp}",
    "${quantity(schema.spec.text).asApproximateFloat()}",
    "${'a' in secret.data}",
    "${secret.type}",
]
SPEC = {"text": "string | default=x"}


@pytest.mark.parametrize("text", REFUSED)
def test_a_status_field_that_can_never_be_written_is_refused(text: str) -> None:
    (problem,) = problems(definition(SECRET, spec=SPEC, status={"a": text, "b": "${schema.spec.text}"}))
    assert (problem.code, problem.node, problem.path) == ("unwritable-type", "schema", "status.a")
    assert problem.hint


@pytest.mark.parametrize("text", TAKEN)
def test_a_status_field_that_can_be_written_is_taken(text: str) -> None:
    assert problems(definition(SECRET, spec=SPEC, status={"a": text})) == ()


def faults(text: Any) -> list[str]:
    """The codes for a template of a kind that takes any field below ``free``."""
    other = compiled(definition(config_map("a"), spec={"free": "object"}, kind="Free", name="free"))
    assert other.crd is not None
    body = {"apiVersion": "kro.run/v1alpha1", "kind": "Free", "metadata": {"name": "x"}, "spec": {"free": {"a": text}}}
    try:
        compile_graph(definition(SECRET, resource("free", body), spec=SPEC), offline_schemas().with_crd(other.crd))
    except ProblemsError as error:
        return [problem.code for problem in error.problems]
    return []


@pytest.mark.parametrize("text", REFUSED)
def test_a_template_field_that_takes_anything_does_not_take_it_either(text: str) -> None:
    assert faults(text) == ["unwritable-type"]


@pytest.mark.parametrize("text", [*TAKEN, "text ${secret.type}"])
def test_a_template_field_that_takes_anything_takes_the_rest(text: str) -> None:
    assert faults(text) == []


def test_bytes_are_written_where_base64_is_wanted() -> None:
    copy = resource(
        "copy", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "c"}, "data": {"a": "${secret.data.a}", "b": "${b'x'}"}}
    )
    assert problems(definition(SECRET, copy)) == ()
    assert problems(definition(SECRET, config_map("m", data={"a": "${secret.data.a}"}))) != ()
