"""Warnings about fields that an instance may leave out: one for each field, none where a condition asks first, each with a cure that works."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.cel import Environment, compile_unchecked
from graphcore.cel.errors import EvaluationError
from graphcore.errors import Problem
from graphcore.graph.presence import gaps
from tests.support.definitions import Object, compiled, config_map, definition

SPEC: Object = {
    "name": "string | required=true",
    "text": "string",
    "on": "boolean",
    "count": "integer",
    "list": "[]string",
    "map": "map[string]string",
    "free": "object",
    "mode": 'string | enum="fast,slow"',
    "o": {"x": "string", "y": "string | required=true", "z": "string | default=1", "deep": {"n": "integer"}},
    "sure": {"x": "string", "z": "string | default=1"},
    "rows": "[]Row",
}
TYPES = {"Row": {"cell": "string"}}


def warnings(*resources: Object, status: Object | None = None) -> list[Problem]:
    found = compiled(definition(*resources, spec=SPEC, types=TYPES, status=status)).warnings
    assert {warning.code for warning in found} <= {"optional-field", "empty-object"}
    return list(found)


def fields(found: list[Problem]) -> list[tuple[str, str]]:
    return [
        (warning.code, re.findall(r"schema\.spec[\w.]*", warning.message)[-1 if warning.code == "empty-object" else 0]) for warning in found
    ]


OPTIONAL, EMPTY = "optional-field", "empty-object"
EXPRESSIONS: list[tuple[str, list[tuple[str, str]]]] = [
    ("schema.spec.name", []),
    ("schema.spec.text", [(OPTIONAL, "schema.spec.text")]),
    ("schema.spec.text + schema.spec.text", [(OPTIONAL, "schema.spec.text")]),
    ("has(schema.spec.text) ? schema.spec.text : ''", []),
    ("!has(schema.spec.text) ? '' : schema.spec.text", []),
    ("has(schema.spec.text) ? '' : schema.spec.text", [(OPTIONAL, "schema.spec.text")]),
    ("has(schema.spec.on) ? schema.spec.text : ''", [(OPTIONAL, "schema.spec.text")]),
    ("string(has(schema.spec.text) && schema.spec.text == 'a')", []),
    ("string(schema.spec.text == 'a' && has(schema.spec.text))", []),
    ("string(!has(schema.spec.text) || schema.spec.text == 'a')", []),
    ("string(has(schema.spec.text) || schema.spec.text == 'a')", [(OPTIONAL, "schema.spec.text")]),
    ("string(has(schema.spec.text) && has(schema.spec.on) ? schema.spec.on : false)", []),
    ("has(schema.spec.text) || has(schema.spec.on) ? schema.spec.text : ''", [(OPTIONAL, "schema.spec.text")]),
    ("has(schema.spec.text) == true ? schema.spec.text : ''", []),
    ("has(schema.spec.text) != true ? '' : schema.spec.text", []),
    ("schema.spec.?text.hasValue() ? schema.spec.text : ''", []),
    ("cel.bind(there, has(schema.spec.text), there ? schema.spec.text : '')", []),
    ("cel.bind(t, schema.spec.text, t)", [(OPTIONAL, "schema.spec.text")]),
    ("cel.bind(s, schema.spec, has(s.text) ? s.text : '')", []),
    ("schema.spec.?text.orValue('')", []),
    ("schema.spec.?o.?x.orValue('')", []),
    ("schema.?spec.?o.x.orValue('')", []),
    ("schema.spec.o.?x.orValue('')", [(OPTIONAL, "schema.spec.o")]),
    ("schema.spec.o.y", [(OPTIONAL, "schema.spec.o")]),
    ("has(schema.spec.o) ? schema.spec.o.y + schema.spec.o.z : ''", []),
    ("has(schema.spec.o) ? schema.spec.o.x : ''", [(EMPTY, "schema.spec.o.x")]),
    ("string(has(schema.spec.o) && schema.spec.o.x == 'a')", [(EMPTY, "schema.spec.o.x")]),
    ("has(schema.spec.o) && has(schema.spec.o.x) ? schema.spec.o.x : ''", []),
    ("has(schema.spec.o.x) ? schema.spec.o.x : ''", [(OPTIONAL, "schema.spec.o")]),
    ("string(has(schema.spec.o) && has(schema.spec.o.deep) ? schema.spec.o.deep.n : 0)", [(EMPTY, "schema.spec.o.deep.n")]),
    ("schema.spec.sure.z", []),
    ("schema.spec.sure.x", [(OPTIONAL, "schema.spec.sure.x")]),
    ("has(schema.spec.sure.x) ? schema.spec.sure.x : ''", []),
    ("schema.spec.list.join(',')", [(OPTIONAL, "schema.spec.list")]),
    ("schema.spec.?list.orValue([]).map(each, each + schema.spec.text).join('')", [(OPTIONAL, "schema.spec.text")]),
    ("has(schema.spec.list) ? schema.spec.list.filter(i, i != '').join('') : ''", []),
    ("schema.spec.?list.orValue([]).exists(i, has(schema.spec.text) && i == schema.spec.text) ? 'a' : 'b'", []),
    ("schema.metadata.name", []),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[expression for expression, _ in EXPRESSIONS])
def test_reads_of_an_expression(expression: str, expected: list[tuple[str, str]]) -> None:
    assert fields(warnings(config_map("a", data={"x": f"${{{expression}}}"}))) == expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([config_map("a", data={"x": "${schema.spec.text}"}, includeWhen=["${has(schema.spec.text)}"])], []),
        ([config_map("a", data={"x": "${schema.spec.text}"}, includeWhen=["${has(schema.spec.on) && has(schema.spec.text)}"])], []),
        ([config_map("a", includeWhen=["${has(schema.spec.on)}", "${schema.spec.on}"])], []),
        ([config_map("a", includeWhen=["${schema.spec.on}", "${has(schema.spec.on)}"])], [(OPTIONAL, "schema.spec.on")]),
        ([config_map("a", data={"x": "${schema.spec.text}"}, includeWhen=["${!has(schema.spec.text)}"])], [(OPTIONAL, "schema.spec.text")]),
        ([config_map("a", data={"x": "${schema.spec.o.x}"}, includeWhen=["${has(schema.spec.o)}"])], [(EMPTY, "schema.spec.o.x")]),
        # A node is made only where those that it refers to are.
        (
            [
                config_map("a", includeWhen=["${has(schema.spec.text)}"]),
                config_map("b", data={"x": "${a.metadata.name}"}),
                config_map("c", data={"x": "${b.metadata.name + schema.spec.text}"}),
            ],
            [],
        ),
        (
            [config_map("a", includeWhen=["${has(schema.spec.text)}"]), config_map("b", data={"x": "${schema.spec.text}"})],
            [(OPTIONAL, "schema.spec.text")],
        ),
        ([config_map("a", "a-${r}", forEach=[{"r": "${schema.spec.list}"}])], [(OPTIONAL, "schema.spec.list")]),
        ([config_map("a", "a-${r}", forEach=[{"r": "${schema.spec.list}"}], includeWhen=["${has(schema.spec.list)}"])], []),
    ],
)
def test_conditions_of_nodes(resources: list[Object], expected: list[tuple[str, str]]) -> None:
    assert fields(warnings(*resources)) == expected


CONDITION = "${{runtime.newCondition({{type: 'Fine', status: 'True', reason: 'R', message: {}}})}}"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"x": "${schema.spec.name}"}, []),
        # What only repeats a field is absent where the field is.
        ({"x": "${schema.spec.text}", "y": "${schema.spec.o.x}"}, []),
        ({"x": "http://${schema.spec.text}"}, [(OPTIONAL, "schema.spec.text")]),
        ({"x": "${schema.spec.text + 'a'}", "y": {"z": "${schema.spec.list.size() + schema.spec.count}"}}, [
            (OPTIONAL, "schema.spec.text"), (OPTIONAL, "schema.spec.list"), (OPTIONAL, "schema.spec.count"),
        ]),
        ({"x": "${has(schema.spec.text) ? schema.spec.text + 'a' : 'b'}"}, []),
        ({"x": "${has(schema.spec.o) ? schema.spec.o.x + 'a' : 'b'}"}, [(EMPTY, "schema.spec.o.x")]),
        # A node that is there says what its conditions say.
        ({"x": "${a.metadata.name + string(schema.spec.on)}"}, []),
        ({"x": "${b.metadata.name + string(schema.spec.on)}"}, [(OPTIONAL, "schema.spec.on")]),
        ({"conditions": [CONDITION.format("schema.spec.text")]}, [(OPTIONAL, "schema.spec.text")]),
        ({"conditions": [CONDITION.format("schema.spec.?text.orValue('')")]}, []),
    ],
)  # fmt: skip
def test_reads_of_the_status(status: Object, expected: list[tuple[str, str]]) -> None:
    found = warnings(config_map("a", includeWhen=["${has(schema.spec.on) && schema.spec.on}"]), config_map("b"), status=status)
    assert fields(found) == expected
    assert all("expression of the status" in warning.message and "without it, it has no value" in warning.message for warning in found)


def test_a_read_of_the_status_is_not_told_beside_one_of_a_node() -> None:
    """The cure is the same."""
    (found,) = warnings(config_map("a", data={"x": "${schema.spec.text}"}), status={"x": "${schema.spec.text + 'a'}"})
    assert "an expression of a reads it: without it, it waits for ever" in found.message


def test_a_field_is_told_once_with_its_uses_counted() -> None:
    data = {f"k{number}": "${schema.spec.text}" for number in range(50)}
    found = warnings(*(config_map(f"c{number}", data=data) for number in range(5)), config_map("last", data={"x": "${schema.spec.mode}"}))
    assert fields(found) == [(OPTIONAL, "schema.spec.text"), (OPTIONAL, "schema.spec.mode")]
    assert "yet 250 expressions of c0, c1, c2 and 2 more read it: without it, they wait for ever" in found[0].message
    assert "yet an expression of last reads it" in found[1].message
    assert (found[0].node, found[0].path) == ("c0", "data.k0")


def test_an_absent_field_in_a_condition_is_an_error_not_a_wait() -> None:
    (warning,) = warnings(config_map("a", includeWhen=["${schema.spec.on}"]))
    assert "without it, the instance is in error" in warning.message
    (warning,) = warnings(config_map("a", data={"x": "${schema.spec.text}"}))
    assert "without it, it waits for ever" in warning.message


CURED = [
    "schema.spec.text", "string(schema.spec.on)", "string(schema.spec.count)", "json.marshal(schema.spec.list)", "schema.spec.list[0]",
    "schema.spec.map.a", "json.marshal(schema.spec.map)", "json.marshal(schema.spec.free)", "schema.spec.free.a", "schema.spec.mode",
    "json.marshal(schema.spec.o)", "schema.spec.o.x", "schema.spec.o.y", "string(schema.spec.o.deep.n)", "json.marshal(schema.spec.o.deep)",
    "schema.spec.sure.x", "json.marshal(schema.spec.rows)", "schema.spec.rows[0].cell", "schema.spec.rows.map(r, r.?cell.orValue('')).join('')",
    "has(schema.spec.o) ? schema.spec.o.x : ''",
]  # fmt: skip


@pytest.mark.parametrize("expression", CURED)
def test_the_hint_compiles_when_it_is_followed_and_ends_the_warning(expression: str) -> None:
    (warning,) = warnings(config_map("a", data={"x": f"${{{expression}}}"}))
    assert warning.hint is not None
    safe = warning.hint.rpartition("write ")[2]
    read = re.sub(r"\.orValue\(.*\)$", "", safe).replace("?", "")
    assert read in expression
    before, _, after = expression.rpartition(read)
    cured = f"{before}{safe}{after}"
    assert warnings(config_map("a", data={"x": f"${{{cured}}}"})) == []


def test_a_name_cannot_be_empty_so_its_hint_gives_no_such_value() -> None:
    (warning,) = warnings(config_map("a", "${schema.spec.text}"))
    assert warning.hint == "mark it required=true or give it a default"


def test_the_other_cure_ends_the_warning_too() -> None:
    for field, text in (("text", "string | default=a"), ("o", {"x": "string | default=a"}), ("list", "[]string | default=[]")):
        spec = {**SPEC, field: text}
        read = {"o": "schema.spec.o.x", "list": "schema.spec.list.join('')"}.get(field, f"schema.spec.{field}")
        assert compiled(definition(config_map("a", data={"x": f"${{{read}}}"}), spec=spec, types=TYPES)).warnings == ()


BOOLEANS = st.recursive(
    st.sampled_from(
        [
            "has(schema.spec.a)", "has(schema.spec.o)", "has(schema.spec.o.x)", "schema.spec.a == 'v'", "schema.spec.o.x == 'v'",
            "schema.spec.o.y == 'v'", "true", "schema.spec.?a.hasValue()", "schema.spec.?o.?x.hasValue()", "'a' in schema.spec",
        ]
    ),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("cel.bind(b, {}, b && {})".format, inner, inner),
        st.builds("({} == true)".format, inner),
        st.builds("['v'].exists(i, {} && i != '')".format, inner),
    ),
    max_leaves=6,
)  # fmt: skip
STRING = {"type": "string"}
SCHEMA: Any = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {"a": STRING, "o": {"type": "object", "properties": {"x": STRING, "y": STRING}, "required": ["y"]}},
        }
    },
}
INSTANCES = [
    {"spec": {**({"a": "v"} if a else {}), **({"o": {"y": "v", **({"x": "w"} if x else {})}} if o else {})}}
    for a, o, x in itertools.product((True, False), repeat=3)
]


@given(BOOLEANS)
@settings(max_examples=300, deadline=None)
def test_what_has_no_gap_never_misses_a_field(expression: str) -> None:
    if gaps(Environment({}).parse(expression), SCHEMA):
        return
    program = compile_unchecked(expression)
    for instance in INSTANCES:
        try:
            program.evaluate({"schema": instance})
        except EvaluationError as error:
            pytest.fail(f"{expression} over {instance}: {error}")


def test_what_would_take_too_long_to_follow_is_left_alone() -> None:
    deep = "schema.spec.text == 'a'"
    for number in range(40):
        deep = f"({deep} {'&&' if number % 2 else '||'} schema.spec.on)"
    reader_sees = gaps(Environment({}).parse(deep), {"properties": {"spec": {"properties": {"text": STRING, "on": {"type": "boolean"}}}}})
    assert {gap.field for gap in reader_sees} <= {("spec", "text"), ("spec", "on")}
