"""Evaluation: operators, errors as values, optionals, comprehensions. Every case runs checked and unchecked, with the same outcome."""

from __future__ import annotations

from typing import Any

import pytest

from graphcore.cel import CelError, Environment, EvaluationError, compile_unchecked
from graphcore.cel.ast import Call, Comprehension, Expr, Ident, Literal, StructExpr
from graphcore.cel.errors import Reason
from graphcore.cel.program import Program
from graphcore.cel.runtime.values import NONE, Duration, Optional, Timestamp, TypeValue, Uint, equals, type_name
from graphcore.cel.types import DYN

VARIABLES: dict[str, Any] = {
    "d": {
        "name": "web",
        "replicas": 3,
        "ratio": 0.5,
        "on": True,
        "none": None,
        "labels": {"app": "shop", "a.b/c": "dotted"},
        "conditions": [
            {"type": "Progressing", "status": "True"},
            {"type": "Available", "status": "True"},
            {"type": "Stuck"},
        ],
    },
    "l": [3, 1, 2],
    "s": "text",
}
ENVIRONMENT = Environment(dict.fromkeys(VARIABLES, DYN))


def outcomes(source: str) -> list[Any]:
    """The value, or the reason it has none: checked and unchecked."""
    found: list[Any] = []
    try:
        programs = [ENVIRONMENT.compile(source), compile_unchecked(source)]
    except CelError as error:
        pytest.fail(str(error))
    for program in programs:
        try:
            found.append(program.evaluate(VARIABLES))
        except EvaluationError as error:
            found.append(error.reason)
    return found


VALUES: list[tuple[str, Any]] = [
    # arithmetic
    ("1 + 2 * 3", 7),
    ("-7 / 2", -3),
    ("-7 % 2", -1),
    ("7 % -2", 1),
    ("7u / 2u", Uint(3)),
    ("1.5 + 2.0", 3.5),
    ("2.0 / 0.0 > 1.0", True),
    ('"a" + "b" + s', "abtext"),
    ('b"a" + b"b"', b"ab"),
    ("[1] + [2]", [1, 2]),
    ("d.replicas + 1", 4),
    ('timestamp("2024-01-01T00:00:00Z") + duration("1h") == timestamp("2024-01-01T01:00:00Z")', True),
    ('timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z")', Duration(86_400_000_000_000)),
    ('duration("1m") - duration("90s")', Duration(-30_000_000_000)),
    # comparison
    ("dyn(1) == 1.0", True),
    ("dyn(true) == 1", False),
    ("dyn(1) == 1u", True),
    ('dyn("1") == 1', False),
    ("d.none == null", True),
    ('d.name == "web" && "web" == d.name', True),
    ('d.name != "web"', False),
    ("d.replicas > 2 && d.replicas <= 3", True),
    ("dyn(1) < 1.5 && dyn(2u) > 1", True),
    ("[1, [2]] == [1, [2]]", True),
    ('{"a": 1} == {"a": 1}', True),
    ("[0.0 / 0.0] == [0.0 / 0.0]", False),
    # a leading dot skips the variables of macros
    (".d.name", "web"),
    ('.size(.s) + .d["name"].size()', 7),
    ('.base64.encode(b"a")', "YQ=="),
    ('["a"].exists(s, .s == "text" && s == "a")', True),
    ('cel.bind(s, "a", s + .s)', "atext"),
    # logic: an operand that fails does not decide
    ("true || 1 / 0 == 1", True),
    ("1 / 0 == 1 || true", True),
    ("false && 1 / 0 == 1", False),
    ("1 / 0 == 1 && false", False),
    ("1 / 0 == 1 || d.missing || true", True),
    ("d.missing && d.on && false", False),
    ("!(d.missing && false)", True),
    ('d.on ? "yes" : "no"', "yes"),
    ("false ? 1 / 0 : 2", 2),
    # access
    ("d.labels.app", "shop"),
    ('d.labels["a.b/c"]', "dotted"),
    ("d.labels.`a.b/c`", "dotted"),
    ("d.conditions[1].type", "Available"),
    ("l[dyn(1.0)]", 1),
    ("{1: 2}[dyn(1.0)]", 2),
    ('{true: "b", false: "c"}[true]', "b"),
    ('dyn({true: "bool", 1: "int"})[1]', "int"),
    ("has(d.name) && !has(d.missing)", True),
    ("has(d.labels.x)", False),
    ("has(d.none)", True),
    ('"app" in d.labels && !("x" in d.labels)', True),
    ("2 in l && !(5 in l)", True),
    ('d.name in ["api", "web"]', True),
    ("dyn(1) in [1.0]", True),
    ("dyn(true) in [1]", False),
    # optionals
    ("d.?name", Optional.of("web")),
    ("d.?missing.?deeper", NONE),
    ("d.?missing.deeper", NONE),
    ('d.?missing.orValue("none")', "none"),
    ("d.?name.orValue(1 / 0 == 1 ? 'a' : 'b')", "web"),
    ("l[?7].orValue(9)", 9),
    ("l[?0].or(optional.of(9)).value()", 3),
    ('d.labels[?"app"].hasValue()', True),
    ("[?d.?missing, ?d.?name]", ["web"]),
    ('{?"a": d.?missing, ?"b": d.?name}', {"b": "web"}),
    ("optional.none().optMap(x, x).hasValue()", False),
    ("d.?name.optMap(x, x + '!')", Optional.of("web!")),
    ("d.?labels.optFlatMap(x, x.?app)", Optional.of("shop")),
    # comprehensions
    ('d.conditions.exists(c, c.type == "Available" && c.status == "True")', True),
    ('d.conditions.exists(c, c.status == "True")', True),
    ('d.conditions.all(c, c.type != "")', True),
    ('d.conditions.all(c, c.status == "False")', False),
    ('d.conditions.exists_one(c, c.type == "Stuck")', True),
    ("l.map(x, x * 2)", [6, 2, 4]),
    ("l.map(x, x > 1, x * 2)", [6, 4]),
    ("l.filter(x, x > 1)", [3, 2]),
    ("d.labels.map(k, k)", ["app", "a.b/c"]),
    ("d.labels.all(k, v, k != v)", True),
    ("l.transformList(i, v, i + v)", [3, 2, 4]),
    ("l.transformList(i, v, i > 0, v)", [1, 2]),
    ("d.labels.transformMap(k, v, v + '!')", {"app": "shop!", "a.b/c": "dotted!"}),
    ("d.labels.transformMap(k, v, k == 'app', v)", {"app": "shop"}),
    ("d.labels.transformMapEntry(k, v, {v: k})", {"shop": "app", "dotted": "a.b/c"}),
    ("l.exists(i, v, i == 1 && v == 1)", True),
    ("[1, 2].map(x, [10, 20].map(x, x))", [[10, 20], [10, 20]]),
    ("[1, 2].map(x, [10].map(y, x + y))", [[11], [12]]),
    ("[[1, 2].map(x, x), l.map(x, x)]", [[1, 2], [3, 1, 2]]),
    ("{true: 1}.map(k, k)", [True]),
    ("cel.bind(x, d.replicas, x * x)", 9),
    ("cel.bind(x, 1 / 0, true)", True),
    ("cel.bind(x, 1 / 0, x == 1 || true)", True),
    ("cel.bind(x, 1, cel.bind(x, x + 1, x)) + cel.bind(x, 5, x)", 7),
    # conversions
    ('int("42") + int(3.9) + int(-3.9) + int(2u)', 44),
    ('uint("7")', Uint(7)),
    ('double("1e3")', 1000.0),
    ("string(1.0) + string(1e6) + string(0.00001)", "11e+061e-05"),
    ("string(true) + string(b'x') + string(1u)", "truex1"),
    ('string(duration("1h30m"))', "5400s"),
    ('string(timestamp("2024-01-01T00:00:00.5Z"))', "2024-01-01T00:00:00.5Z"),
    ('bool("true") && !bool("0")', True),
    ('bytes("é").size()', 2),
    ('"é😀".size()', 2),
    ("timestamp(0)", Timestamp(0)),
    ('timestamp("2024-02-03T04:05:06Z").getDate() + timestamp("2024-02-03T04:05:06Z").getMonth()', 4),
    ('timestamp("2024-02-03T23:00:00Z").getDate("+02:00")', 4),
    ('duration("90m").getHours()', 1),
    ("type(1)", TypeValue("int")),
    ("type(1) == int && type(type(1)) == type", True),
    ('"abc".matches("b.") && !"abc".matches("^b")', True),
    ('"abc".startsWith("ab") && "abc".endsWith("bc") && "abc".contains("b")', True),
    # templates
    ('"app-" + d.name + "-" + string(d.replicas)', "app-web-3"),
    ('d.name + "-x"', "web-x"),
]

FAULTS: list[tuple[str, Reason]] = [
    ("d.missing", Reason.NO_SUCH_KEY),
    ("d.missing.deeper", Reason.NO_SUCH_KEY),
    ('d["missing"]', Reason.NO_SUCH_KEY),
    ("d.none.field", Reason.NO_SUCH_KEY),
    ("has(d.missing.deeper)", Reason.NO_SUCH_KEY),
    ("l[7]", Reason.INDEX_OUT_OF_BOUNDS),
    ("l[-1]", Reason.INDEX_OUT_OF_BOUNDS),
    ("d.conditions[9].type", Reason.INDEX_OUT_OF_BOUNDS),
    ("1 / 0", Reason.DIVIDE_BY_ZERO),
    ("1 % 0", Reason.MODULUS_BY_ZERO),
    ("9223372036854775807 + 1", Reason.OVERFLOW),
    ("semver('1.18446744073709551615.0').minor()", Reason.OVERFLOW),
    ("timestamp(0).getHours('24:00')", Reason.CONVERSION),
    ("timestamp(0).getHours('utc')", Reason.CONVERSION),
    ("-9223372036854775808 / -1", Reason.OVERFLOW),
    ("-dyn(-9223372036854775808)", Reason.OVERFLOW),
    ("0u - 1u", Reason.OVERFLOW),
    ("9223372036854775807 * 2", Reason.OVERFLOW),
    ("int(1e30)", Reason.OVERFLOW),
    ("uint(-1)", Reason.OVERFLOW),
    ('int("x")', Reason.CONVERSION),
    ('timestamp("yesterday")', Reason.CONVERSION),
    ('duration("soon")', Reason.CONVERSION),
    ('bool("yes")', Reason.CONVERSION),
    (r'string(b"\xff")', Reason.CONVERSION),
    ('dyn(1) + "a"', Reason.NO_SUCH_OVERLOAD),
    ('d.replicas + "a" + d.missing', Reason.NO_SUCH_OVERLOAD),
    ("dyn(1) + 1.0", Reason.NO_SUCH_OVERLOAD),
    ('dyn(1) < "a"', Reason.NO_SUCH_OVERLOAD),
    ("!d.name", Reason.NO_SUCH_OVERLOAD),
    ("d.name && true", Reason.NO_SUCH_OVERLOAD),
    ("d.replicas ? 1 : 2", Reason.NO_SUCH_OVERLOAD),
    ("d.replicas.map(x, x)", Reason.NO_SUCH_OVERLOAD),
    ("d.conditions.filter(c, c.type)", Reason.NO_SUCH_OVERLOAD),
    ("d.name.exists(c, true)", Reason.NO_SUCH_OVERLOAD),
    ('d.replicas.startsWith("a")', Reason.NO_SUCH_OVERLOAD),
    ("size(d.replicas)", Reason.NO_SUCH_OVERLOAD),
    ("d.replicas.orValue(1)", Reason.NO_SUCH_OVERLOAD),
    ('d.conditions.all(c, c.status == "True")', Reason.NO_SUCH_KEY),
    ("d.conditions.exists_one(c, c.missing == 1)", Reason.NO_SUCH_KEY),
    ("d.missing || false", Reason.NO_SUCH_KEY),
    ("d.missing && true", Reason.NO_SUCH_KEY),
    ("d.labels.transformMapEntry(k, v, {'same': v})", Reason.OTHER),
    ('s.matches("(")', Reason.OTHER),
    ("cel.bind(x, d.missing, x)", Reason.NO_SUCH_KEY),
    ("cel.bind(x, 1 / 0, x) + 1", Reason.DIVIDE_BY_ZERO),
    ("omit() == 1", Reason.NO_SUCH_OVERLOAD),
    ('"a" + omit()', Reason.NO_SUCH_OVERLOAD),
]


@pytest.mark.parametrize(("source", "expected"), VALUES)
def test_values(source: str, expected: Any) -> None:
    for value in outcomes(source):
        assert type_name(value) == type_name(expected), value
        assert equals(value, expected), value


@pytest.mark.parametrize(("source", "reason"), FAULTS)
def test_faults(source: str, reason: Reason) -> None:
    assert outcomes(source) == [reason, reason]


@pytest.mark.parametrize(
    ("source", "path"),
    [("d.missing.deeper", "d.missing"), ('d.labels["x"]', "d.labels.x"), ("d.conditions.map(c, c.missing)", "c.missing")],
)
def test_an_error_names_what_was_read(source: str, path: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_unchecked(source).evaluate(VARIABLES)
    assert caught.value.path == path
    assert caught.value.pending


def test_a_variable_that_is_absent_is_pending() -> None:
    with pytest.raises(EvaluationError, match=r"^no such attribute\(s\): other$") as caught:
        compile_unchecked("other.field").evaluate({})
    assert caught.value.reason is Reason.NO_SUCH_ATTRIBUTE
    assert caught.value.pending


SECRET = "tOp-s3cret"


@pytest.mark.parametrize(
    "source",
    [
        "x.key.deeper",
        "x[x.key]",
        "int(x.key)",
        "timestamp(x.key)",
        "duration(x.key)",
        "x.key + 1",
        "x.list[x.key]",
        "x.key.matches(x.key + '(')",
        "{x.key: 1}[x.key + 'y']",
        "[1].transformMapEntry(i, v, {x.key: v}).transformMapEntry(k, v, {x.key: 1, 2.0: 2})",
        "x.key.map(y, y)",
        "json.unmarshal(x.key)",
        "quantity(x.key)",
        "url(x.key)",
        "ip(x.key)",
        "semver(x.key)",
        "base64.decode(x.key + '!')",
        "x.key.charAt(99)",
        "'%d'.format([x.key])",
        "timestamp('2024-01-01T00:00:00Z').getHours(x.key)",
    ],
)
def test_errors_never_contain_data(source: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        compile_unchecked(source).evaluate({"x": {"key": SECRET, "list": [1]}})
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.path)


def test_variables_are_left_alone() -> None:
    variables = {"l": [1, 2], "x": "outer"}
    program = compile_unchecked("l.map(x, x) == [1, 2] && x == 'outer'")
    assert program.evaluate(variables) is True
    assert variables == {"l": [1, 2], "x": "outer"}


def test_a_program_says_what_it_reads() -> None:
    program = compile_unchecked('d.conditions.exists(c, c.type == "A" && has(c.status)) ? l[0] : string(d.?a.b.orValue(s))')
    assert program.references == ("d", "l", "s")
    assert program.functions == ("orValue", "string")
    assert program.paths == {
        "d": (("a", "b"), ("conditions", None, "status"), ("conditions", None, "type")),
        "l": ((None,),),
        "s": ((),),
    }


def test_a_fold_that_no_macro_makes() -> None:
    """The compiler takes every comprehension, whatever expands to it in future: here a sum that stops at 3."""

    def fold(names: tuple[str, str], step: Expr) -> Expr:
        condition = Call(10, 0, "_<_", (Ident(11, 0, "sum"), Literal(12, 0, 3)))
        result = Call(13, 0, "_*_", (Ident(14, 0, "sum"), Literal(15, 0, 10)))
        return Comprehension(1, 0, Ident(2, 0, "l"), names[0], names[1], "sum", Literal(3, 0, 0), condition, step, result)

    add = Call(4, 0, "_+_", (Ident(5, 0, "sum"), Ident(6, 0, "x")))
    assert Program("", fold(("x", ""), add)).evaluate({"l": [1, 2, 100]}) == 30
    assert Program("", fold(("i", "x"), add)).evaluate({"l": [2, 2, 100]}) == 40
    assert Program("", fold(("x", ""), add)).evaluate({"l": []}) == 0
    with pytest.raises(EvaluationError):
        Program("", fold(("x", ""), add)).evaluate({"l": ["text", 1]})


def test_objects_cannot_be_made_by_name() -> None:
    with pytest.raises(EvaluationError, match=r"^unknown type: pkg\.Type$"):
        Program("", StructExpr(1, 0, "pkg.Type", ())).evaluate({})
