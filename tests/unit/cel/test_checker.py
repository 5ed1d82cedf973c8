"""Types, overload resolution and faults of the checker in kro's environment."""

from __future__ import annotations

import pytest

from graphcore.cel import CelError, Environment, EvaluationError, compile_unchecked
from graphcore.cel.checking.checker import describe
from graphcore.cel.syntax.analysis import walk
from graphcore.cel.types import BOOL, BYTES, DOUBLE, DYN, INT, STRING, TIMESTAMP, UINT, Type, list_of, map_of, object_type, optional_of

FIELDS = {
    "Web": {"name": STRING, "replicas": INT, "labels": map_of(STRING, STRING), "spec": object_type("Web.spec"), "anything": DYN},
    "Web.spec": {"image": STRING, "ports": list_of(object_type("Web.port")), "created": TIMESTAMP},
    "Web.port": {"number": INT},
}


class Fields:
    """Declared objects from a table."""

    def fields(self, type_name: str) -> dict[str, Type] | None:
        return FIELDS.get(type_name)

    def field(self, type_name: str, field: str) -> Type | None:
        return FIELDS.get(type_name, {}).get(field)


ENVIRONMENT = Environment(
    {
        "web": object_type("Web"),
        "webs": list_of(object_type("Web")),
        "d": DYN,
        "s": STRING,
        "i": INT,
        "u": UINT,
        "x": DOUBLE,
        "b": BOOL,
        "raw": BYTES,
        "m": map_of(STRING, INT),
        "o": optional_of(INT),
        "lost": object_type("Unknown"),
        "runtime": object_type("kro.run.Runtime"),
        "int": STRING,
    },
    Fields(),
)

TYPES = [
    ("web.name + s", "string"),
    ("web.spec.ports[0].number", "int"),
    ("web.spec.ports.map(p, p.number)", "list(int)"),
    ("webs.filter(w, w.replicas > 1)", "list(Web)"),
    ("web.labels.a", "string"),
    ("web.labels['a']", "string"),
    ("web.labels.map(k, k)", "list(string)"),
    ("web.labels.transformMap(k, v, size(v))", "map(string, int)"),
    ("web.labels.transformList(k, v, v)", "list(string)"),
    ("web.labels.transformMapEntry(k, v, {v: 1})", "map(string, int)"),
    ("web.anything.a.b", "dyn"),
    ("web.?spec", "optional_type(Web.spec)"),
    ("web.?spec.?image.orValue('a')", "string"),
    ("o.optMap(v, string(v))", "optional_type(string)"),
    ("m[?'a']", "optional_type(int)"),
    ("[1, 'a']", "list(dyn)"),
    ("[1, 2u, dyn(1)]", "list(dyn)"),
    ("{'a': 1, 'b': 'c'}", "map(string, dyn)"),
    ("[]", "list(dyn)"),
    ("[[], [1]]", "list(list(int))"),
    ("[?o]", "list(int)"),
    ("b ? web : null", "Web"),
    ("b ? null : web", "null_type"),
    ("d ? d : 1", "dyn"),
    ("d + 1", "int"),
    ("d + d", "dyn"),
    ("d == 1 && d", "bool"),
    ("has(web.name)", "bool"),
    ("cel.bind(t, web.name, t + t)", "string"),
    ("type(s)", "type(string)"),
    ("type(s) == type(i)", "bool"),
    ("string", "type(string)"),
    ("int", "string"),
    ("web.spec.created.getFullYear()", "int"),
    ("timestamp(s) - timestamp(s)", "google.protobuf.Duration"),
    ("json.unmarshal(s).a", "dyn"),
    ("runtime.newCondition({type: 'A', status: 'True'}).reason", "string"),
    ("runtime.condition(d, 'A')", "kro.run.Condition"),
    ("quantity(s).add(quantity(s))", "kubernetes.Quantity"),
    ("[3, 1].sort()", "list(int)"),
    ("[s].join(',')", "string"),
    ("base64.encode(raw)", "string"),
    ("webs.sortBy(w, w.name)", "list(Web)"),
    ("[1].exists(v, v < 1.5)", "bool"),
]


@pytest.mark.parametrize(("source", "expected"), TYPES)
def test_types(source: str, expected: str) -> None:
    assert ENVIRONMENT.check(source).type.text == expected


def _overload(function: str, arguments: str) -> str:
    return f"found no matching overload for '{function}' applied to '{arguments}'"


def _unknown(name: str) -> str:
    return f"undeclared reference to '{name}' (in container '')"


FAULTS = [
    ("nope", [f"1:1: {_unknown('nope')}"]),
    ("s + i", [f"1:3: {_overload('_+_', '(string, int)')}"]),
    ("1 + 1.5", [f"1:3: {_overload('_+_', '(int, double)')}"]),
    ("i == x", [f"1:3: {_overload('_==_', '(int, double)')}"]),
    ("i < u", [f"1:3: {_overload('_<_', '(int, uint)')}"]),
    ("b ? s : i", [f"1:3: {_overload('_?_:_', '(bool, string, int)')}"]),
    ("b ? s : null", [f"1:3: {_overload('_?_:_', '(bool, string, null)')}"]),
    ("web['name']", [f"1:4: {_overload('_[_]', '(Web, string)')}"]),
    ("web == {}", [f"1:5: {_overload('_==_', '(Web, map(dyn, dyn))')}"]),
    ("web.nope.nope", ["1:4: undefined field 'nope'"]),
    ("s.nope", ["1:2: type 'string' does not support field selection"]),
    ("[1].nope", ["1:4: type 'list(int)' does not support field selection"]),
    (
        "true + ip('::1').nope",
        ["1:6: found no matching overload for '_+_' applied to '(bool, dyn)'", "1:17: type 'net.IP' does not support field selection"],
    ),
    (
        "true + url('/').nope",
        [
            "1:6: found no matching overload for '_+_' applied to '(bool, !error!)'",
            "1:16: type 'kubernetes.URL' does not support field selection",
        ],
    ),
    ("lost.a", ["1:5: unexpected failed resolution of 'Unknown'"]),
    ("s.nope()", [f"1:7: {_unknown('nope')}"]),
    ("nope(s)", [f"1:5: {_unknown('nope')}"]),
    ("math.greatest(1, 2)", [f"1:1: {_unknown('math')}", f"1:14: {_unknown('greatest')}"]),
    ("i && b", ["1:1: expected type 'bool' but found 'int'"]),
    ("b || (s)", ["1:7: expected type 'bool' but found 'string'"]),
    ("webs.all(w, w.name)", ["1:14: expected type 'bool' but found 'string'"]),
    ("s.all(c, true)", ["1:1: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)"]),
    ("webs.map(w, w.nope)", ["1:14: undefined field 'nope'"]),
    ("[?s]", ["1:3: expected type 'optional_type(string)' but found 'string'"]),
    ("o.orValue('a')", [f"1:10: {_overload('orValue', 'optional_type(int).(string)')}"]),
    ("duration(s) + s", [f"1:13: {_overload('_+_', '(duration, string)')}"]),
    ("base64.encode(s)", [f"1:14: {_overload('base64.encode', '(string)')}"]),
    ("[1, 2].join(',')", [f"1:12: {_overload('join', 'list(int).(string)')}"]),
    ("Nope{}", [f"1:5: {_unknown('Nope')}"]),
    ("bool{}", ["1:5: 'bool' is not a message type"]),
    ("web.name +\n  web.replicas +\n  nope", ["1:10: " + _overload("_+_", "(string, int)"), f"3:3: {_unknown('nope')}"]),
    ("runtime.newCondition({type: 1, status: 2})", [f"1:21: {_overload('newCondition', 'kro.run.Runtime.(map(string, int))')}"]),
]


@pytest.mark.parametrize(("source", "expected"), FAULTS)
def test_faults_have_cel_gos_words_and_positions(source: str, expected: list[str]) -> None:
    with pytest.raises(CelError) as caught:
        ENVIRONMENT.check(source)
    assert caught.value.phase == "check"
    assert [f"{issue.line}:{issue.column + 1}: {issue.message}" for issue in caught.value.issues] == expected


def test_overloads_are_noted_for_the_compiler() -> None:
    checked = ENVIRONMENT.check("i + 1")
    assert checked.overloads[checked.expr.id] == ("add_int64",)
    checked = ENVIRONMENT.check("d + d")
    assert set(checked.overloads[checked.expr.id]) >= {"add_string", "add_list"}


def test_every_node_has_a_type() -> None:
    checked = ENVIRONMENT.check("web.labels.filter(k, k != 'a').map(k, {k: [web.?spec]})[0].size() > 0 ? s : 'b'")
    assert {node.id for node in walk(checked.expr)} == set(checked.types)


def test_qualified_variables_are_found_before_fields() -> None:
    environment = Environment({"a.b": INT, "a": map_of(STRING, STRING)})
    assert list(environment.check("a.b + 1").names.values()) == ["a.b"]
    assert environment.check("a.c").type == STRING
    assert environment.compile("a.b + 1").evaluate({"a.b": 2, "a": {}}) == 3


def test_names_are_looked_up_in_the_container_first() -> None:
    environment = Environment({"x.y": BOOL, "y": STRING}, container="x")
    assert environment.check("y").type == BOOL
    assert environment.check(".y").type == STRING
    assert environment.compile(".y").evaluate({"y": "root", "x.y": True}) == "root"


def test_a_variable_hides_a_type_of_its_name() -> None:
    assert Environment({"string": INT}).check("string + 1").type == INT


def test_comprehension_variables_hide_and_end() -> None:
    assert ENVIRONMENT.check("[1].map(s, s)").type.text == "list(int)"
    with pytest.raises(CelError, match="undeclared reference to 'q'"):
        ENVIRONMENT.check("[1].all(q, q > 0) && q > 0")


def test_errors_are_shown_as_cel_go_does() -> None:
    with pytest.raises(CelError) as caught:
        ENVIRONMENT.check("s + i")
    assert str(caught.value) == "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(string, int)'\n | s + i\n | ..^"


def test_messages_call_times_by_their_short_names() -> None:
    assert describe(list_of(TIMESTAMP)) == "list(timestamp)"
    assert list_of(TIMESTAMP).text == "list(google.protobuf.Timestamp)"


@pytest.mark.parametrize(
    "source", ["1 + 2", "web.name + 'x'", "webs.map(w, w.name)", "json.marshal({'a': 1})", "optional.of(1).orValue(2)"]
)
def test_an_unchecked_program_gives_the_same(source: str) -> None:
    variables = {"web": {"name": "n"}, "webs": [{"name": "n"}]}
    assert compile_unchecked(source).evaluate(variables) == ENVIRONMENT.compile(source).evaluate(variables)


def test_an_unchecked_program_still_refuses_wrong_types() -> None:
    with pytest.raises(EvaluationError, match="no such overload"):
        compile_unchecked("1 + 'a'").evaluate({})
