"""What can never be written is known by its type: no evaluation of it gives JSON, and what is not refused does."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import Environment, EvaluationError
from graphcore.cel.checking.declared import declare
from graphcore.cel.runtime.conversion import to_json
from graphcore.cel.runtime.views import decode_plan, decoder
from graphcore.cel.writable import remedy, unwritable

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}},
        "blob": {"type": "string", "format": "byte"},
        "blobs": {"type": "array", "items": {"type": "string", "format": "byte"}},
        "when": {"type": "string", "format": "date-time"},
        "size": {"type": "integer"},
        "names": {"type": "array", "items": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
OBJECT = {
    "data": {"k": "aGk="},
    "blob": "aGk=",
    "blobs": ["aGk="],
    "when": "2026-01-02T03:04:05Z",
    "size": 3,
    "names": ["a", "b"],
    "free": {"x": 1},
}
TYPE, PROVIDER = declare("o", SCHEMA)
ENVIRONMENT = Environment({"o": TYPE}, PROVIDER)


def result(source: str) -> tuple[Any, str | None]:
    """The static verdict, and the JSON that evaluation gives or None."""
    program = ENVIRONMENT.compile(source)
    view = decoder(decode_plan(SCHEMA, program.paths["o"]) if "o" in program.paths else None)(OBJECT)
    value = program.evaluate({"o": view})
    try:
        written: Any = to_json(value)
    except EvaluationError:
        written = None
    return written, (found.text if (found := unwritable(program)) is not None else None)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("o.blob", "bytes"),
        ("o.data.k", "bytes"),
        ("o.data['k']", "bytes"),
        ("o.blobs", "bytes"),
        ("o.names.map(n, bytes(n))", "bytes"),
        ("[o.blob]", "bytes"),
        ("[dyn(o.size), dyn(o.blob)]", "bytes"),
        ("{'a': o.blob}", "bytes"),
        ("{'a': {'b': [o.blob]}}", "bytes"),
        ("o.names.transformMapEntry(i, n, {n: bytes(n)})", "bytes"),
        ("o.?blob", "bytes"),
        ("o.size > 1 ? o.blob : o.data.k", "bytes"),
        ("type(o.size)", "type(int)"),
        ("[type(o)]", "type(__type_o)"),
        ("url('https://a.b/c')", "kubernetes.URL"),
        ("quantity('1Gi')", "kubernetes.Quantity"),
        ("semver('1.2.3')", "kubernetes.Semver"),
        ("ip('10.0.0.1')", "net.IP"),
        ("optional.of(cidr('10.0.0.0/8'))", "net.CIDR"),
        ("{1: 'a'}", "map(int, string)"),
        ("o.names.transformMapEntry(i, n, {i: n})", "map(int, string)"),
    ],
)
def test_what_can_never_be_written_is_known(source: str, found: str) -> None:
    written, said = result(source)
    assert written is None
    assert said == found
    assert remedy(unwritable(ENVIRONMENT.compile(source)) or TYPE)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("o", OBJECT),
        ("o.data", {"k": "aGk="}),
        ("[o.data]", [{"k": "aGk="}]),
        ("{'a': o.data}", {"a": {"k": "aGk="}}),
        ("string(o.blob)", "hi"),
        ("base64.encode(o.data.k)", "aGk="),
        ("o.blobs.map(b, string(b))", ["hi"]),
        ("o.when", "2026-01-02T03:04:05Z"),
        ("[o.when - o.when]", ["0s"]),
        ("o.size > 5 ? dyn(o.blob) : dyn('text')", "text"),
        ("dyn(o.size)", 3),
        ("o.free", {"x": 1}),
        ("o.free.x", 1),
        ("type(o.size) == int", True),
        ("quantity('1Gi').asInteger()", 1073741824),
        ("url('https://a.b/c').getHost()", "a.b"),
        ("string(ip('10.0.0.1'))", "10.0.0.1"),
        ("{'a': [1, 2]}", {"a": [1, 2]}),
        ("[]", []),
        ("{}", {}),
        ("[null, optional.none()]", [None, None]),
    ],
)
def test_what_can_be_written_is_not_held_against_it(source: str, value: Any) -> None:
    assert result(source) == (value, None)
