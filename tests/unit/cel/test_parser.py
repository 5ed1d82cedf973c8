"""Trees, positions and syntax faults."""

from __future__ import annotations

import pytest

from graphcore.cel import CelError
from graphcore.cel.ast import Call, Expr, Ident, ListExpr, Literal, MapExpr, Select, StructExpr, children, qualified_name
from graphcore.cel.runtime.values import Uint
from graphcore.cel.syntax.analysis import walk
from graphcore.cel.syntax.parser import parse


def shape(expr: Expr) -> str:
    """The tree in prefix notation."""
    match expr:
        case Literal():
            return repr(expr.value)
        case Ident():
            return expr.name
        case Select():
            return f"{shape(expr.operand)}.{expr.field}{'?' if expr.test_only else ''}"
        case Call():
            target = "" if expr.target is None else f"{shape(expr.target)}."
            return f"{target}{expr.function}({', '.join(map(shape, expr.args))})"
        case ListExpr():
            return f"[{', '.join(('?' if i in expr.optional else '') + shape(e) for i, e in enumerate(expr.elements))}]"
        case MapExpr():
            return "{" + ", ".join(f"{'?' if e.optional else ''}{shape(e.key)}: {shape(e.value)}" for e in expr.entries) + "}"
        case StructExpr():
            return expr.type_name + "{" + ", ".join(f"{'?' if f.optional else ''}{f.name}: {shape(f.value)}" for f in expr.fields) + "}"
    return type(expr).__name__


SHAPES = [
    ("a + b * c - d", "_-_(_+_(a, _*_(b, c)), d)"),
    ("a - b - c", "_-_(_-_(a, b), c)"),
    ("a < b == c", "_==_(_<_(a, b), c)"),
    ("a in b && !c || d", "_||_(_&&_(@in(a, b), !_(c)), d)"),
    ("a && b && c && d && e", "_&&_(_&&_(_&&_(a, b), c), _&&_(d, e))"),
    ("a || b || c", "_||_(_||_(a, b), c)"),
    ("a ? b : c ? d : e", "_?_:_(a, b, _?_:_(c, d, e))"),
    ("(a ? b : c) ? d : e", "_?_:_(_?_:_(a, b, c), d, e)"),
    ("-1", "-1"),
    ("- 1", "-1"),
    ("--1", "1"),
    ("---a", "-_(a)"),
    ("!!a", "a"),
    ("4--4", "_-_(4, -4)"),
    ("-1.5e3", "-1500.0"),
    ("-a.b", "-_(a.b)"),
    ("!-1 == a", "_==_(!_(-1), a)"),
    ("a.b.c[0].d", "_[_](a.b.c, 0).d"),
    ("a.?b[?0]", "_[?_](_?._(a, 'b'), 0)"),
    ("a.`b-c.d/e f`", "a.b-c.d/e f"),
    ("a.?`b.c`", "_?._(a, 'b.c')"),
    ("a.namespace.if", "a.namespace.if"),
    (".a.b", ".a.b"),
    (".f(x)", ".f(x)"),
    ("f()", "f()"),
    ("a.f(1, g(x))", "a.f(1, g(x))"),
    ("[1, ?a, 2,]", "[1, ?a, 2]"),
    ("[,]", "[]"),
    ("{'a': 1, ?'b': c,}", "{'a': 1, ?'b': c}"),
    ("{,}", "{}"),
    ("a.b.C{x: 1, ?`y-z`: 2,}", "a.b.C{x: 1, ?y-z: 2}"),
    (".C{}", ".C{}"),
    ("a // note\n + b", "_+_(a, b)"),
    ("\t a\r\n\f", "a"),
    ("has(a.b)", "a.b?"),
    ("has(a.b.c) && has(d[0].e)", "_&&_(a.b.c?, _[_](d, 0).e?)"),
]


@pytest.mark.parametrize(("source", "expected"), SHAPES)
def test_trees(source: str, expected: str) -> None:
    assert shape(parse(source)) == expected


LITERALS = [
    ("0x1F", 31),
    ("-0x1f", -31),
    ("9223372036854775807", 2**63 - 1),
    ("-9223372036854775808", -(2**63)),
    ("18446744073709551615u", Uint(2**64 - 1)),
    ("0xFFu", Uint(255)),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1.25E-2", 0.0125),
    ('"a\\n\\t\\"\\\\"', 'a\n\t"\\'),
    ("'a\"b'", 'a"b'),
    ('"""a\n"b" c"""', 'a\n"b" c'),
    ("'''it's'''", "it's"),
    ("''", ""),
    ('""""""', ""),
    ('r"\\n\\d"', "\\n\\d"),
    ("R'''\\'''", "\\"),
    ('"\\x41\\u00e9\\U0001F600\\101"', "Aé😀A"),
    ('"\\a\\b\\f\\v\\?\\`"', "\a\b\f\v?`"),
    ('"""a\r\nb\rc"""', "a\nb\nc"),
    ('b"é"', "é".encode()),
    ('b"\\xff\\377"', b"\xff\xff"),
    ("br'\\xff'", b"\\xff"),
    ("true", True),
    ("null", None),
]


@pytest.mark.parametrize(("source", "value"), LITERALS)
def test_literals(source: str, value: object) -> None:
    expr = parse(source)
    assert isinstance(expr, Literal)
    assert expr.value == value
    assert type(expr.value) is type(value)


OPERAND = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
FAULTS = [
    ("", [f"1:0: Syntax error: mismatched input '<EOF>' expecting {OPERAND}"]),
    ("1 +", [f"1:4: Syntax error: mismatched input '<EOF>' expecting {OPERAND}"]),
    ("a b", ["1:3: Syntax error: extraneous input 'b' expecting <EOF>"]),
    ("a b c", ["1:3: Syntax error: mismatched input 'b' expecting <EOF>"]),
    ("(a", ["1:3: Syntax error: missing ')' at '<EOF>'"]),
    ("f(a]", ["1:4: Syntax error: mismatched input ']' expecting ')'"]),
    ("[(a]", ["1:4: Syntax error: missing ')' at ']'"]),
    ("((a", ["1:4: Syntax error: mismatched input '<EOF>' expecting ')'"]),
    ("{'a' 1}", ["1:6: Syntax error: missing ':' at '1'"]),
    ("[1,", ["1:4: Syntax error: missing ']' at '<EOF>'"]),
    ("[1,,2]", ["1:4: Syntax error: mismatched input ',' expecting ']'"]),
    ("!-a", ["1:3: Syntax error: no viable alternative at input '-a'"]),
    ("a. [0]", ["1:4: Syntax error: no viable alternative at input '. ['"]),
    ("[1 2]", ["1:4: Syntax error: extraneous input '2' expecting {']', ','}"]),
    ("{a}", ["1:3: Syntax error: mismatched input '}' expecting ':'"]),
    ("a ? b", ["1:6: Syntax error: mismatched input '<EOF>' expecting ':'"]),
    ("a.true", ["1:3: Syntax error: mismatched input 'true' expecting IDENTIFIER"]),
    ("a.", ["1:3: Syntax error: no viable alternative at input '.'"]),
    ('{}."a"', ["1:4: Syntax error: no viable alternative at input '.\"a\"'"]),
    ("a = b", ["1:3: Syntax error: token recognition error at: '= '", "1:5: Syntax error: extraneous input 'b' expecting <EOF>"]),
    (
        'a + "b',
        ["1:5: Syntax error: token recognition error at: '\"b'", f"1:7: Syntax error: mismatched input '<EOF>' expecting {OPERAND}"],
    ),
    ("if", ["1:1: reserved identifier: if"]),
    ("a + var + let", ["1:5: reserved identifier: var", "1:11: reserved identifier: let"]),
    ("9223372036854775808", ["1:1: invalid int literal"]),
    ("-9223372036854775809", ["1:1: invalid int literal"]),
    ("18446744073709551616u", ["1:1: invalid uint literal"]),
    ("1e999", ["1:1: invalid double literal"]),
    ("'\\ud800'", ["1:1: invalid unicode code point"]),
    ("b'\\u00e9'", ["1:1: unable to unescape string"]),
    ("a\n  .b(\n  )  )", ["3:6: Syntax error: extraneous input ')' expecting <EOF>"]),
    ("has(a)", ["1:5: invalid argument to has() macro"]),
    ("f(1,)", [f"1:5: Syntax error: mismatched input ')' expecting {OPERAND}"]),
]


@pytest.mark.parametrize(("source", "expected"), FAULTS)
def test_faults_have_cel_gos_words_and_positions(source: str, expected: list[str]) -> None:
    with pytest.raises(CelError) as caught:
        parse(source)
    assert caught.value.phase == "parse"
    assert [f"{issue.line}:{issue.column + 1}: {issue.message}" for issue in caught.value.issues] == expected


OFFSETS = [
    ("a + b", "_+_", 2),
    ("a ? b : c", "_?_:_", 2),
    ("a.b(c)", "b", 3),
    ("f(x)", "f", 1),
    ("a[b]", "_[_]", 1),
    ("a.?b", "_?._", 1),
    ("  -a", "-_", 2),
    ("'é😁' + a", "_+_", 5),
]


@pytest.mark.parametrize(("source", "function", "offset"), OFFSETS)
def test_calls_stand_at_their_operator_or_parenthesis(source: str, function: str, offset: int) -> None:
    assert [node.offset for node in walk(parse(source)) if isinstance(node, Call) and node.function == function] == [offset]


def test_selections_stand_at_their_dot() -> None:
    assert [node.offset for node in walk(parse("ab.cd.ef")) if isinstance(node, Select)] == [5, 2]


def test_every_node_has_an_id_of_its_own() -> None:
    expr = parse("a.map(x, x + 1).filter(y, y > 2 && y < 9) == [1, {'a': b.optMap(z, z)}][0]")
    ids = [node.id for node in walk(expr)]
    assert len(ids) == len(set(ids))
    assert all(child in list(walk(expr)) for child in children(expr))


def test_functions_of_a_namespace_are_resolved() -> None:
    assert shape(parse("json.marshal(a)", frozenset({"json.marshal"}))) == "json.marshal(a)"
    found = parse("json.marshal(a)", frozenset({"json.marshal"}))
    assert isinstance(found, Call)
    assert found.target is None
    other = parse("json.marshal(a)")
    assert isinstance(other, Call)
    assert other.target is not None


@pytest.mark.parametrize(("source", "expected"), [("a", "a"), ("a.b.c", "a.b.c"), ("a[0].b", None), ("a.b()", None), ("has(a.b)", None)])
def test_qualified_names(source: str, expected: str | None) -> None:
    assert qualified_name(parse(source)) == expected


def test_a_fault_is_shown_in_its_line() -> None:
    with pytest.raises(CelError) as caught:
        parse("a +\n\tb é c")
    lines = str(caught.value).split("\n")
    assert lines[0].startswith("ERROR: <input>:2:4: Syntax error: token recognition error at: 'é'")
    assert lines[1:3] == [" |  b é c", " | ...＾"]
