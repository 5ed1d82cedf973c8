"""Properties and fuzz: what is printed reads back the same, and nothing but ProblemsError ever comes out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcore.errors import Problem, ProblemsError
from graphcore.simpleschema import to_openapi
from graphcore.simpleschema.grammar import FieldType, Map, Slice, Word, parse_type, print_type
from graphcore.simpleschema.tokenizer import MARKERS, tokenize

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=6)
ATOMS = {"string": "string", "integer": "integer", "boolean": "boolean", "float": "number"}
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def types() -> st.SearchStrategy[FieldType]:
    words = st.sampled_from([*ATOMS, "object", "Custom"]).map(Word)
    return st.recursive(words, lambda inner: inner.map(Slice) | inner.map(Map), max_leaves=6)


@QUIET
@given(types())
def test_types_read_back(field: FieldType) -> None:
    assert parse_type(print_type(field)) == field


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@QUIET
@given(st.lists(st.tuples(st.sampled_from(MARKERS), st.text(max_size=12)), max_size=4), st.sampled_from([" ", "\n", "  \t"]))
def test_quoted_markers_read_back(markers: list[tuple[str, str]], blank: str) -> None:
    found, faults = tokenize(blank.join(f"{key}={quoted(value)}" for key, value in markers))
    assert faults == ()
    assert [(marker.key, marker.value) for marker in found] == markers


@st.composite
def fields(draw: st.DrawFn) -> tuple[str, dict[str, Any], bool]:
    """A field's text, its schema, whether it is required."""
    kind = draw(st.sampled_from([*ATOMS, "object", "[]string", "map[string]integer"]))
    base: dict[str, Any] = {
        "object": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "[]string": {"type": "array", "items": {"type": "string"}},
        "map[string]integer": {"type": "object", "additionalProperties": {"type": "integer"}},
    }.get(kind) or {"type": ATOMS[kind]}
    texts, schema, required = [], dict(base), False
    if draw(st.booleans()):
        description = draw(st.text(min_size=1, max_size=20))
        texts.append(f"description={quoted(description)}")
        schema["description"] = description
    if kind == "integer" and draw(st.booleans()):
        values = draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3))
        texts.append(f'enum="{",".join(map(str, values))}"')
        schema["enum"] = values
    if kind == "float" and draw(st.booleans()):
        limit = draw(st.floats(-1e6, 1e6))
        texts.append(f"minimum={limit!r}")
        schema["minimum"] = limit
    default = {
        "integer": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "[]string": st.lists(st.text(max_size=4), max_size=3),
        "map[string]integer": st.dictionaries(st.text(max_size=3), st.integers(-9, 9), max_size=3),
    }.get(kind)
    if default is not None and draw(st.booleans()):
        value = draw(default)
        texts.append(f"default={quoted(json.dumps(value, ensure_ascii=False))}")
        schema["default"] = value
    if draw(st.booleans()):
        texts.append("required=true")
        required = True
    return f"{kind} | {' '.join(draw(st.permutations(texts)))}", schema, required


@QUIET
@given(st.dictionaries(NAMES, fields(), max_size=4))
def test_printed_schemas_read_back(found: dict[str, tuple[str, dict[str, Any], bool]]) -> None:
    schema = to_openapi({name: text for name, (text, _, _) in found.items()}, None)
    assert schema.get("properties", {}) == {name: part for name, (_, part, _) in found.items()}
    required = sorted(name for name, (_, _, needed) in found.items() if needed)
    assert schema.get("required", []) == required
    assert ("default" in schema) == (not required and any("default" in part for _, part, _ in found.values()))


@QUIET
@given(st.permutations(["b", "a", "c"]))
def test_order_of_keys_changes_nothing(order: list[str]) -> None:
    spec = {"a": "string | required=true", "b": "B", "c": "integer | default=1"}
    types = {"B": "[]C", "C": {"x": "string | required=true"}}
    shuffled = to_openapi({name: spec[name] for name in order}, dict(sorted(types.items(), key=lambda item: item[0] in order)))
    assert json.dumps(shuffled) == json.dumps(to_openapi(spec, types))


PIECES = st.sampled_from(
    [*MARKERS, "=", " ", "\n", '"', "\\", "{", "}", "[", "]", "|", ",", "1", "-1", "true", "a", "NaN", "1e400", "0x1p4", "set", "map", "é"]
)
TYPES = st.sampled_from(
    ["string", "integer", "float", "boolean", "object", "[]string", "map[string]S", "S", "A", "B", "[]A", "", "[]", "map["]
)
TEXTS = st.builds("{}{}{}".format, TYPES, st.sampled_from([" | ", "|", " "]), st.lists(PIECES, max_size=14).map("".join)) | st.text(
    max_size=30
)
SPECS: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats() | st.lists(TEXTS, max_size=2),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "a.b", "", "1"]) | st.integers(0, 3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    SPECS,
    st.none() | st.dictionaries(st.sampled_from(["S", "A", "B", "C"]), SPECS | st.sampled_from(["A", "B", "[]C", "S | required=true"])),
)
def test_random_definitions_raise_nothing_but_problems(spec: Any, types: Any) -> None:
    problems: tuple[Problem, ...] = ()
    schema: dict[str, Any] = {"type": "object"}
    try:
        schema = to_openapi(spec, types)
    except ProblemsError as error:
        problems = error.problems
    assert all(problem.code and problem.message and problem.node == "schema" and problem.path for problem in problems)
    assert schema["type"] == "object"
    json.dumps(schema, allow_nan=False)
