"""The rows of docs/reference/differences-from-kro.md that a definition alone shows: what krofn's column says, row by row.

What an instance or a definition shows at run time is shown by the tests that are marked ``difference``. ``tests/unit/test_differences_page.py``
fails for a row without a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from graphcore.graph import Graph, compile_graph
from graphcore.openapi import Schemas
from local_emulator.cli.offline import offline_schemas
from tests.support.definitions import Object, compiled, config_map, definition, deployment, problems, resource

ODD: Object = {
    "spec": {
        "group": "example.com",
        "names": {"kind": "Odd", "plural": "odds"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "any": {"x-kubernetes-preserve-unknown-fields": True},
                                    "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "loose": {"type": "object", "additionalProperties": True},
                                    "closed": {"type": "object", "properties": {"namespace": {"type": "string"}, "in": {"type": "string"}}},
                                },
                            }
                        },
                    }
                },
            }
        ],
    }
}
FIELDS = {"name": "string", "names": "[]string", "map": "map[string]string", "number": "integer", "object": "object"}


@dataclass(frozen=True)
class Refused:
    """words: of the first fault's message; path: where it is."""

    words: str = ""
    path: str | None = None


Check = Callable[[Graph], bool]
Case = tuple[str, Object, Refused | Check | None]
"""What it is, a definition, and how it is refused, what its graph must show, or None where it is enough that it compiles."""


def field(text: str, **types: Any) -> Object:
    return definition(spec={"x": text}, **({"types": types} if types else {}))


def status(**fields: Any) -> Object:
    return definition(config_map("a"), deployment("d"), spec=FIELDS, status=fields)


def text(value: str) -> Object:
    return definition(config_map("a"), config_map("b", data={"v": value}), spec=FIELDS)


def containers(value: Any) -> Object:
    made = deployment("d")
    made["template"]["spec"]["template"]["spec"]["containers"] = value
    return definition(made, spec=FIELDS)


def secret(data: Any) -> Object:
    return definition(resource("s", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}), spec=FIELDS)


def odd(**fields: str) -> Object:
    template = {"apiVersion": "example.com/v1", "kind": "Odd", "metadata": {"name": "o"}}
    return definition(resource("o", template), status={name: f"${{{value}}}" for name, value in fields.items()})


def metadata(**more: Any) -> Object:
    return definition(resource("a", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **more}}))


def template(kind: str, metadata: Object, spec: Object | None = None) -> Object:
    body = {"apiVersion": "v1", "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}
    return definition(resource("a", body), spec=FIELDS)


def many(ready: str) -> Object:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"selector": {"matchLabels": {"a": "b"}}}}
    return definition(resource("many", externalRef=reference, readyWhen=[ready]))


def properties(graph: Graph, part: str) -> Mapping[str, Any]:
    assert graph.crd is not None
    found: Mapping[str, Any] = graph.crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][part]["properties"]
    return found


def spec_is(**expected: Any) -> Check:
    return lambda graph: dict(properties(graph, "spec")) == expected


def status_has(**expected: Any) -> Check:
    return lambda graph: {name: properties(graph, "status")[name] for name in expected} == expected


def warns(*codes: str) -> Check:
    return lambda graph: [warning.code for warning in graph.warnings] == list(codes)


TIME = {"description": "Timestamp representing a creation time", "format": "date-time", "type": "string"}
STRING = {"type": "string"}
FREE = {"x-kubernetes-preserve-unknown-fields": True}
CONTAINER = {"name": "x", "image": "y"}
ITEM = {"A": {"a": "string | immutable=true"}}

ROWS: dict[str, tuple[Case, ...]] = {
    "10": (
        ("a truth value", field("boolean | default=T"), Refused("default value must be a valid boolean, got: T", "spec.x")),
        ("an integer", field("integer | default=+5"), Refused("default value must be a valid integer, got: +5", "spec.x")),
        ("a float", field("float | default=.5"), Refused("default value must be a valid number, got: .5", "spec.x")),
        ("a bare quote", field('string | default=a"b'), Refused("unclosed quote", "spec.x")),
        ("hexadecimal", field("integer | default=0x5"), Refused("default value must be a valid integer", "spec.x")),
    ),
    "11": (
        ("an object", field("object | default="), spec_is(x={"type": "object", **FREE})),
        ("a list", field("[]string | default="), spec_is(x={"type": "array", "items": STRING})),
        ("a map", field("map[string]string | default="), spec_is(x={"type": "object", "additionalProperties": STRING})),
        ("a struct", field("A | default=", A={"a": "string"}), spec_is(x={"type": "object", "properties": {"a": STRING}})),
    ),
    "12": (
        ("enum", field('string | enum="a,b" default=c'), Refused('Unsupported value: "c"', "spec.x")),
        ("pattern", field('string | pattern="^a" default=b'), Refused("should match '^a'", "spec.x")),
        ("length", field("string | maxLength=1 default=ab"), Refused("Too long", "spec.x")),
        ("limit", field("integer | minimum=5 default=1"), Refused("greater than or equal to 5", "spec.x")),
        ("list type", field("[]string | listType=set listMapKey=a"), Refused("listType must be set to map", "spec.x")),
        ("list key", field("[]A | listType=map listMapKey=z", A={"a": "string"}), Refused("names of item properties", "spec.x")),
        ("immutable items", definition(spec={"x": "[]A"}, types=ITEM), Refused("x-kubernetes-validations[0].rule", "types.A.a")),
        ("a rule", field('string | validation="self.foo"'), Refused("x-kubernetes-validations[0].rule", "spec.x")),
    ),
    "13": (
        ("minimum of text", field("string | minimum=1"), spec_is(x={"type": "string", "minimum": 1})),
        ("maximum of a list", field("[]string | maximum=3"), spec_is(x={"type": "array", "items": STRING, "maximum": 3})),
        ("a negative length", field("string | minLength=-1"), spec_is(x={"type": "string", "minLength": -1})),
        ("crossed limits", field("integer | minimum=5 maximum=1"), spec_is(x={"type": "integer", "minimum": 5, "maximum": 1})),
    ),
    "14": tuple((marker, field(f'string | {marker}="'), Refused("unclosed quote", "spec.x")) for marker in ("default", "description", "enum")),
    "15": tuple((repr(tail), field(f"string |{tail}"), None) for tail in ("", " ", "\n", " required=true ", " required=true\n")),
    "16": (
        ("minimum", field("integer | minimum=a"), Refused('failed to parse minimum value: "a" is not a number', "spec.x")),
        ("maximum", field("float | maximum=x"), Refused('failed to parse maximum value: "x" is not a number', "spec.x")),
        ("an empty rule", field('string | validation=""'), Refused("the validation marker has no rule", "spec.x")),
    ),
    "17": (
        ("DNS", definition(kind="DNS"), Refused('"dnsDNSes.kro.run"', "kind")),
        ("HTTPS", definition(kind="HTTPS"), Refused('"httpsHTTPSes.kro.run"', "kind")),
        ("Dns", definition(kind="Dns"), Refused('"dnsDNSes.kro.run"', "kind")),
        ("TLS, which is no acronym to kro", definition(kind="TLS"), None),
    ),
    "18": (
        ("no dot", definition(group="example"), Refused("at least one dot", "group")),
        ("upper case", definition(group="Example.com"), Refused("lowercase RFC 1123 subdomain")),
        ("column type", definition(additionalPrinterColumns=[{"name": "a", "type": "text", "jsonPath": ".spec.x"}]), Refused("must be one of")),
        ("column path", definition(additionalPrinterColumns=[{"name": "a", "type": "string", "jsonPath": "spec.x"}]), Refused("json path")),
    ),
    "58": (
        ("scope", definition(scope="Global"), Refused('Unsupported value: "Global"', "scope")),
        ("version", definition(apiVersion="beta"), Refused("should match", "spec.schema.apiVersion")),
        ("an unknown field", definition(shortName=["a"]), Refused("unknown field spec.schema.shortName", "spec.schema.shortName")),
        (
            "name and selector",
            definition(resource("r", externalRef={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "selector": {}}})),
            Refused("exactly one of name or selector", "spec.resources[0].externalRef.metadata"),
        ),
    ),
    "1": (
        ("a list of texts", containers("${schema.spec.names}"), Refused('returns type "list(string)"', "spec.template.spec.containers")),
        ("a text", containers("${schema.spec.name}"), Refused('returns type "string"', "spec.template.spec.containers")),
        ("a list for an object", definition(resource("s", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": "${schema.spec.names}"}), spec=FIELDS), Refused('returns type "list(string)"', "spec")),
    ),
    "2": (
        ("of the instance", containers([{**CONTAINER, "args": "${schema.spec.map}"}]), Refused('returns type "map(string, string)"')),
        ("a literal", containers([{**CONTAINER, "command": "${{'a': 'b'}}"}]), Refused('returns type "map(string, string)"')),
        ("of labels", containers([{**CONTAINER, "args": "${schema.metadata.labels}"}]), Refused('returns type "map(string, string)"')),
    ),
    "3": (
        ("base64 text", secret({"a": "${base64.encode(b'x')}"}), None),
        ("bytes", secret({"a": "${b'x'}"}), None),
        ("a whole map of bytes", secret("${{'a': b'x'}}"), None),
    ),
    "4": (
        ("of texts", containers("${[{'name': 'x', 'image': 'y'}]}"), None),
        ("empty", containers("${[{}]}"), None),
        ("a map of texts", containers("${[schema.spec.map]}"), None),
        ("null", containers("${[{'name': 'x', 'image': null}]}"), None),
        ("a typo", containers("${[{'name': 'x', 'imagee': 'y'}]}"), Refused("imagee")),
        ("a wrong type", containers("${[{'name': 'x', 'image': 3}]}"), Refused("image")),
        ("one item", containers(["${{'name': 'x', 'image': 'y', 'tty': true}}"]), None),
    ),
    "5": (
        ("an object of anything", odd(v="o.spec.open"), status_has(v={"type": "object", **FREE})),
        ("with any names", odd(v="o.spec.loose"), status_has(v={"type": "object", **FREE})),
        ("a field of it", odd(v="o.spec.loose.some.thing"), status_has(v=FREE)),
        ("a field of the instance", status(v="${schema.spec.object}"), status_has(v={"type": "object", **FREE})),
    ),
    "6": (
        ("reserved words", odd(v="o.spec.closed"), status_has(v={"type": "object", "properties": {"namespace": STRING, "in": STRING}})),
        ("metadata", status(v="${d.metadata}"), lambda graph: "namespace" in properties(graph, "status")["v"]["properties"]),
        ("metadata of a reference", odd(v="o.metadata"), lambda graph: "namespace" in properties(graph, "status")["v"]["properties"]),
    ),
    "7": (
        ("a timestamp in an object", odd(v="o.metadata"), lambda graph: properties(graph, "status")["v"]["properties"]["creationTimestamp"] == TIME),
        ("an optional text", status(v="${d.spec.template.spec.?hostname}"), status_has(v=STRING)),
        ("an optional timestamp", status(v="${d.metadata.?deletionTimestamp}"), status_has(v=TIME)),
    ),
    "8": (
        ("text and number", status(v=["${a.metadata.name}", "${schema.spec.number}"]), status_has(v={"type": "array", "items": FREE})),
        ("number and text", status(v=["${schema.spec.number}", "${a.metadata.name}"]), status_has(v={"type": "array", "items": FREE})),
        ("texts", status(v=["${a.metadata.name}", "${d.metadata.name}"]), status_has(v={"type": "array", "items": STRING})),
    ),
    "9": (
        ("a brace", text("${'a}b'}"), warns()),
        ("a brace in a raw text", text('${r"a}b"}'), warns()),
        ("a quote of the other kind", text("${\"a'}b\"}"), warns()),
        ("three quotes", text("${'''a}'''}"), warns()),
        ("a literal without end", text('${"abc}'), Refused("string literal is not closed", "data.v")),
        ("another literal without end", text("x ${r'abc}"), Refused("string literal is not closed", "data.v")),
        ("no closing brace", text("echo ${HOME"), warns("stray-marker")),
        ("no closing brace behind a literal", text("x ${ 'a' "), warns("stray-marker")),
    ),
    "21": (
        ("a number", status(state="${schema.spec.number}"), Refused("must be a string", "status.state")),
        ("a list", status(state="${[a.metadata.name]}"), Refused("must be a string", "status.state")),
        ("a truth value", status(state="${a.metadata.name == 'x'}"), Refused("must be a string", "status.state")),
        ("text", status(state="${a.metadata.name}"), None),
        ("perhaps text", status(state="${a.metadata.?name}"), None),
    ),
    "57": (
        ("kro's label", metadata(labels={"kro.run/x": "y"}), Refused('labels with prefix "kro.run/"')),
        ("an internal label", metadata(labels={"internal.kro.run/x": "y"}), Refused('labels with prefix "internal.kro.run/"')),
        ("an internal annotation", metadata(annotations={"internal.kro.run/x": "y"}), Refused('annotations with prefix "internal.kro.run/"')),
        ("kro's annotation", metadata(annotations={"kro.run/depends-on": "y"}), warns("kro-annotation")),
        ("somebody else's", metadata(labels={"x.kro.run/y": "z"}, annotations={"notkro.run/x": "y"}), warns()),
    ),
    "59": (
        ("deepMerge", text("${json.marshal({'a': 'b'}.deepMerge({'c': 'd'}))}"), None),
        ("shortNames", definition(shortNames=["th"]), lambda graph: graph.crd["spec"]["names"]["shortNames"] == ["th"]),
        ("categories", definition(categories=["all"]), lambda graph: graph.crd["spec"]["names"]["categories"] == ["all"]),
    ),
    "60": (
        ("a variable of the resource's name", text("${[a.metadata.name].map(a, a + 'x')[0]}"), None),
        ("it is the element", text("${[1].map(a, a.metadata.name)[0]}"), Refused("type 'int' does not support field selection")),
        ("a leading dot", text("${.a.metadata.name}"), lambda graph: next(node for node in graph.nodes if node.id == "b").dependencies == ("a",)),
    ),
    "61": (
        ("an index", status(**{"a[0]": "${a.metadata.name}"}), status_has(**{"a[0]": STRING})),
        ("a dot", status(**{"b.c": "${a.metadata.name}"}), status_has(**{"b.c": STRING})),
        ("a bracket", status(**{"[x": "${a.metadata.name}"}), status_has(**{"[x": STRING})),
    ),
    "62": (
        *(
            (name, text(f"${{string(google.protobuf.{name}{{}} == google.protobuf.{name}{{}})}}"), Refused(f"google.protobuf.{name}"))
            for name in ("StringValue", "Int64Value", "Timestamp", "Duration", "Struct")
        ),
        ("with a field", text("${string(google.protobuf.Timestamp{seconds: 1})}"), Refused("google.protobuf.Timestamp")),
        ("in the status", status(v="${[google.protobuf.Duration{}, schema.metadata.name].size()}"), Refused("google.protobuf.Duration")),
    ),
    "72": (
        ("no name", template("ConfigMap", {}), Refused("name is required", "metadata.name")),
        ("a name that cannot be", template("ConfigMap", {"name": "My_Map"}), Refused("RFC 1123 subdomain", "metadata.name")),
        ("a namespace that cannot be", template("ConfigMap", {"name": "a", "namespace": "A"}), Refused("RFC 1123 label", "metadata.namespace")),
        ("a label that cannot be", template("ConfigMap", {"name": "a", "labels": {"a": "b c"}}), Refused("a valid label", "metadata.labels")),
        ("a port", template("Service", {"name": "a"}, {"ports": [{"port": 0}]}), Refused("between 1 and 65535", "spec.ports[0].port")),
        ("a field that is absent", template("Pod", {"name": "a"}, {"containers": [{"name": "a"}]}), Refused("", "spec.containers[0].image")),
        ("a computed name", template("ConfigMap", {"name": "${schema.spec.name}"}), None),
        ("a computed port", template("Service", {"name": "a"}, {"ports": [{"port": "${schema.spec.number}"}]}), None),
        ("a part that is not written", template("Service", {"name": "a"}), None),
    ),
    "63": (
        ("bytes", status(v="${bytes(a.metadata.name)}"), Refused('returns type "bytes"', "status.v")),
        ("a list of bytes", status(v="${[bytes(a.metadata.name)]}"), Refused('"bytes" in it', "status.v")),
        ("a type", status(v="${type(a.metadata.name)}"), Refused("has no JSON form", "status.v")),
        ("a URL", status(v="${url(a.metadata.name)}"), Refused("has no JSON form", "status.v")),
        ("keys that are no text", status(v="${{1: a.metadata.name}}"), Refused('"map(int, string)"', "status.v")),
    ),
    "64": (
        ("read", odd(v="o.spec.any"), status_has(v=FREE)),
        ("a field of it", odd(v="o.spec.any.deep.field[0]"), status_has(v=FREE)),
        ("compared", odd(v="o.spec.any == 'x'"), status_has(v={"type": "boolean"})),
    ),
    "25": (
        ("no group", definition(), lambda graph: (graph.crd["metadata"]["name"], graph.crd["spec"]["group"]) == ("things.kro.run", "kro.run")),
        ("a group", definition(group="x.io"), lambda graph: graph.crd["metadata"]["name"] == "things.x.io"),
        ("another kind", definition(kind="Box"), lambda graph: graph.crd["metadata"]["name"] == "boxes.kro.run"),
    ),
}  # fmt: skip
"""Rows by number."""

READY = {
    "each": "${each.metadata.name != ''}",
    "all": "${many.all(m, m.metadata.name != '')}",
    "counted": "${size(many) > 0}",
}


def schemas() -> Schemas:
    return offline_schemas().with_crd(ODD)


def cases() -> Iterator[Any]:
    for number, listed in ROWS.items():
        for name, rgd, expected in listed:
            yield pytest.param(rgd, expected, id=f"{number}: {name}")


@pytest.mark.parametrize(("rgd", "expected"), list(cases()))
def test_a_definition_is_judged_as_the_page_says(rgd: Object, expected: Refused | Check | None) -> None:
    if isinstance(expected, Refused):
        found = problems(rgd)
        assert found, "it is accepted"
        assert expected.words in found[0].message
        assert expected.path in (None, found[0].path)
        return
    graph = compile_graph(rgd, schemas())
    if expected is not None:
        assert expected(graph), (graph.crd, graph.warnings)


def test_every_row_has_three_cases() -> None:
    assert [number for number, listed in ROWS.items() if len(listed) < 3] == []


@pytest.mark.difference("19")
@pytest.mark.parametrize("ready", READY.values(), ids=READY)
def test_readiness_of_a_selection_is_told_for_each_object_or_over_all(ready: str) -> None:
    assert compiled(many(ready)).nodes[0].ready_when


@pytest.mark.difference("26")
def test_faults_are_told_all_at_once_and_always_in_one_order() -> None:
    rgd = definition(
        config_map("a", data={"v": "${nosuch}", "w": "${1 +}"}), config_map("A"), spec={"x": "strin", "y": "integer | minimum=a"}
    )
    first = [problem.message for problem in problems(rgd)]
    assert len(first) == 5
    assert all([problem.message for problem in problems(rgd)] == first for _ in range(3))
