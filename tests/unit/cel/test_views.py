"""Observed objects as typed values (docs/explanation/cel.md), decoded only where an expression reads."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from graphcore.cel import EvaluationError, compile_unchecked
from graphcore.cel.checking.declared import PRESERVE
from graphcore.cel.runtime.conversion import to_json
from graphcore.cel.runtime.values import Duration, Timestamp, equals, type_name
from graphcore.cel.runtime.views import decode_plan, decoder, element_plan

STRINGS = {"type": "string"}
TIME = {"type": "string", "format": "date-time"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "metadata": {
            "type": "object",
            "properties": {
                "name": STRINGS,
                "namespace": STRINGS,
                "creationTimestamp": TIME,
                "finalizers": {"type": "array", "items": STRINGS, "x-kubernetes-list-type": "set"},
            },
        },
        "data": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}},
        "ratio": {"type": "number"},
        "count": {"type": "integer"},
        "a-b": STRINGS,
        "day": {"type": "string", "format": "date"},
        "span": {"type": "string", "format": "duration"},
        "port": {"x-kubernetes-int-or-string": True},
        "maybe": {"type": "string", "nullable": True},
        "rules": {"type": "array", "items": STRINGS},
        "numbers": {"type": "array", "items": {"type": "number"}},
        "conditions": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            "items": {"type": "object", "properties": {"type": STRINGS, "at": TIME}},
        },
        "free": {"type": "object", PRESERVE: True},
    },
}
OBJECT: dict[str, Any] = {
    "metadata": {
        "name": "web",
        "namespace": "team",
        "creationTimestamp": "2024-01-01T00:00:00Z",
        "finalizers": ["a", "b"],
    },
    "data": {"password": "aHVudGVy"},
    "ratio": 3,
    "count": 2.0,
    "a-b": "dashed",
    "day": "2024-01-01",
    "span": "90s",
    "port": 80,
    "maybe": None,
    "rules": None,
    "numbers": [1, 2.5],
    "conditions": [{"type": "A", "at": "2024-01-01T00:00:00Z"}, {"type": "B"}],
    "free": {"time": "2024-01-01T00:00:00Z", "nothing": None},
}
NEW_YEAR = Timestamp(1_704_067_200_000_000_000)


def view(source: str) -> Any:
    """The object as that expression sees it; the plan goes through JSON, as it does when a definition is stored."""
    plan = decode_plan(SCHEMA, compile_unchecked(source).paths.get("o", ()))
    return decoder(json.loads(json.dumps(plan)))(OBJECT)


def value(source: str) -> Any:
    return compile_unchecked(source).evaluate({"o": view(source)})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("o.data.password", b"hunter"),
        ("string(o.data.password)", "hunter"),
        ('o.data["password"]', b"hunter"),
        ("o.data.map(k, string(o.data[k]))", ["hunter"]),
        ("o.data.transformMap(k, v, string(v))", {"password": "hunter"}),
        ("o.metadata.creationTimestamp", NEW_YEAR),
        ('o.metadata.creationTimestamp + duration("1h") > o.metadata.creationTimestamp', True),
        ("o.?metadata.?creationTimestamp.value()", NEW_YEAR),
        ("o.day", NEW_YEAR),
        ("o.span", Duration(90_000_000_000)),
        ("o.ratio", 3.0),
        ("o.numbers.map(n, n / 2.0)", [0.5, 1.25]),
        ("o.count", 2),
        ("o.count + 1", 3),
        ("o.port", 80),
        ("o.a__dash__b", "dashed"),
        ("o.metadata.namespace + o.metadata.__namespace__", "teamteam"),
        ("has(o.maybe)", False),
        ("has(o.rules)", False),
        ('o.?maybe.orValue("none")', "none"),
        ("o.conditions[0].at", NEW_YEAR),
        ('o.conditions.filter(c, c.type == "A")[0].at', NEW_YEAR),
        ("o.conditions.exists(c, has(c.at) && c.at.getFullYear() == 2024)", True),
        ("o.free.time", "2024-01-01T00:00:00Z"),
        ("o.free.nothing == null", True),
        ("cel.bind(m, o.metadata, m.creationTimestamp)", NEW_YEAR),
        ('o.metadata.finalizers == ["b", "a"]', True),
        ('o.metadata.finalizers == ["b"]', False),
        ('o.metadata.finalizers + ["b", "c"]', ["a", "b", "c"]),
        ('o.metadata.finalizers + ["c", "c"]', ["a", "b", "c"]),
        ('o.conditions.map(c, c.type) == ["B", "A"]', False),
        ("o.conditions == [o.conditions[1], o.conditions[0]]", True),
        ("o == o", True),
    ],
)
def test_values_are_typed(source: str, expected: Any) -> None:
    found = value(source)
    assert type_name(found) == type_name(expected)
    assert equals(found, expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("json.unmarshal(json.marshal(o)) == raw", True),
        ("o.size() == raw.size()", True),  # with the properties that are null, which cannot be asked for
        ("'maybe' in o || has(o.maybe) || o != o || o == raw", False),
        ("o.filter(k, k.startsWith('a'))", ["a-b"]),
        ("'a__dash__b' in o && has(o.a__dash__b) && o['a__dash__b'] == o['a-b']", True),
        ("o.?a__dash__b.value() + o.a__dash__b", "dasheddashed"),
        ("[has(o.maybe), has(o.rules), o == o]", [False, False, True]),
        ("[o][0].?maybe.hasValue()", False),
        ("[o].map(x, x.a__dash__b)", ["dashed"]),
    ],
)
def test_the_whole_object_is_the_same_object(source: str, expected: Any) -> None:
    decode = decoder(decode_plan(SCHEMA, compile_unchecked(source).paths["o"]))
    raw = decode_numbers(OBJECT)
    assert compile_unchecked(source).evaluate({"o": decode(OBJECT), "raw": raw}) == expected


def decode_numbers(value: Any) -> Any:
    """Numbers as doubles, which is what JSON's become."""
    if isinstance(value, dict):
        return {key: decode_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode_numbers(item) for item in value]
    return float(value) if type(value) is int else value


def test_elements_of_a_map_list_are_replaced_by_key() -> None:
    merged = value('o.conditions + [{"type": "B", "at": "new"}, {"type": "C"}]')
    assert [element["type"] for element in merged] == ["A", "B", "C"]
    assert merged[1]["at"] == "new"


@pytest.mark.parametrize(
    "source", ["o.metadata.name", "o.port", "o.free", "o.free.time", "1 + 1", "has(o.metadata.name)", "o.missing", "o.data.x.y"]
)
def test_the_object_itself_where_nothing_changes(source: str) -> None:
    assert view(source) is OBJECT or source.startswith("o.data")


@pytest.mark.parametrize("source", ["o.metadata.name", "o.free.x", "o.metadata.missing"])
def test_no_plan_where_nothing_is_to_decode(source: str) -> None:
    assert decode_plan(SCHEMA, compile_unchecked(source).paths["o"]) is None
    assert decode_plan(SCHEMA, ()) is None


@pytest.mark.parametrize("source", ["o", "o.metadata", "o.data", "o.conditions", "o.conditions[0]", "[o.metadata]", "{'x': o.data}"])
def test_what_came_from_the_object_is_written_as_it_was(source: str) -> None:
    written = to_json(value(source))
    raw = to_json(compile_unchecked(source).evaluate({"o": OBJECT}))
    assert written == raw


def test_the_object_is_not_changed() -> None:
    before = copy.deepcopy(OBJECT)
    for source in ("o", "o.data", "o.a__dash__b", "o.metadata.finalizers + ['x']", "o.conditions + [{'type': 'A'}]"):
        value(source)
    assert before == OBJECT


def test_a_plan_covers_all_expressions() -> None:
    paths = [path for source in ("o.ratio", "string(o.data.a)", "o.data.b") for path in compile_unchecked(source).paths["o"]]
    assert decode_plan(SCHEMA, paths) == {"f": {"data": {"m": "bytes"}, "ratio": "double"}}


def test_lists_of_objects_and_their_elements() -> None:
    plan = decode_plan({"type": "array", "items": SCHEMA}, [(None, "metadata", "creationTimestamp")])
    (seen,) = decoder(plan)([OBJECT])
    assert seen["metadata"]["creationTimestamp"] == NEW_YEAR
    assert decoder(element_plan(plan))(OBJECT)["metadata"]["creationTimestamp"] == NEW_YEAR
    assert decoder(element_plan(None))(OBJECT) is OBJECT


@pytest.mark.parametrize(
    "broken",
    [
        {"metadata": None},
        {"metadata": "text"},
        {"metadata": {"creationTimestamp": "soon"}},
        {"data": {"x": "!"}},
        {"data": []},
        {"ratio": "x"},
        {"conditions": {}},
        None,
        [],
        "x",
    ],
)
def test_what_does_not_follow_its_schema_stays_as_it_is(broken: Any) -> None:
    paths = [("metadata", "creationTimestamp"), ("data",), ("ratio",), ("conditions",)]
    assert to_json(decoder(decode_plan(SCHEMA, paths))(broken)) == ({} if broken == {"metadata": None} else broken) or broken == {
        "metadata": None
    }


def test_a_schema_that_contains_itself_has_a_plan() -> None:
    node: dict[str, Any] = {"type": "object", "properties": {"at": TIME}}
    node["properties"]["next"] = node
    decode = decoder(decode_plan(node, [("next", "next", "at"), ("next",)]))
    assert isinstance(decode({"next": {"at": "2024-01-01T00:00:00Z"}})["next"]["at"], Timestamp)


def test_a_null_property_is_absent_and_therefore_pending() -> None:
    with pytest.raises(EvaluationError) as caught:
        value("o.rules[0]")
    assert caught.value.pending
