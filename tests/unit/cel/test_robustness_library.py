"""Library functions stay within bounds whatever they are asked for, and no error ever tells what is in the data."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphcore.cel import CelError, EvaluationError, compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.runtime.values import Duration, Optional, Timestamp, Uint
from tests.conformance.fuzz.grammar import Grammar

TEXT = "a" * 1_000_000
DOUBLED = "cel.bind(a, s + s, cel.bind(b, a + a, cel.bind(c, b + b, cel.bind(d, c + c, cel.bind(e, d + d, cel.bind(f, e + e, %s))))))"
TOO_MUCH = {
    "replace": "s.replace('', s)",
    "replace of each character": "s.replace('a', s)",
    "doubling": DOUBLED % "f + f",
    "join": "lists.range(1000).map(i, s).join(s)",
    "join of shared strings": "[s, s, s, s, s, s, s, s].map(x, [s, s, s, s, s, s].join(x)).join(s)",
    "format": "'%s%s%s%s%s%s'.format([[s, s, s, s, s, s, s], [s, s, s, s, s, s, s], s, [[s, s, s, s, s, s]], [s, s, s, s, s, s, s, s, s], [s, s, s, s]])",
    "shared lists": "cel.bind(a, [s, s, s, s, s, s], cel.bind(b, [a, a, a, a, a, a], cel.bind(c, [b, b, b, b, b], json.marshal(c))))",
    "quote": DOUBLED % "strings.quote(f).size() + strings.quote(f + '').size() + f.replace('a', '\"\"')",
    "split": "s.replace('a', 'bb').split('').map(x, s.split('')).size()",
    "matches": "s.findAll('')",
    "matches that look far ahead": "s.findAll('(?:a*b)?')",
    "ranges": "lists.range(1000000).map(i, lists.range(1000000))",
    "flatten": "lists.range(1000).map(i, lists.range(100000)).flatten()",
    "random text": "random.seededString(4000000000, 'seed')",
    "10⁸ steps": "lists.range(10000).all(i, lists.range(10000).all(j, i + j >= 0))",
    "elements that can only be compared": "lists.range(100000).map(i, double('NaN')).distinct()",
    "quantity of a billion digits": "quantity('1e1000000000').add(quantity('1'))",
    "many digits": "isQuantity(s.replace('a', '9'))",
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_too_much_is_refused_soon(name: str) -> None:
    program = compile_unchecked(TOO_MUCH[name])
    begun = time.process_time()
    with pytest.raises(EvaluationError) as failure:
        program.evaluate({"s": TEXT})
    assert failure.value.reason is Reason.BUDGET, failure.value.message
    assert time.process_time() - begun < 10


PATIENT = {
    "(a*)*b": "s.find('(a*)*b') == ''",
    "^(a+)+$": "s.find('^(a+)+$') == s",
    "(a|aa)+c": "s.findAll('(a|aa)+c') == []",
    "version": "isSemver('1.0.0-' + s)",
    "version with dots": "!isSemver('1.0.0-' + s.replace('a', '0.'))",
    "address": "!isIP(s.replace('a', ':'))",
    "range": "!isCIDR(s.replace('a', '1/'))",
    "URL": "isURL('http://h/' + s.replace('a', '%41'))",
    "JSON": "size(json.unmarshal('[' + s.substring(0, 300000).replace('a', '1,') + '1]')) == 300001",
    "hash": "size(hash.fnv64a(s)) == 8",
    "base64": "size(base64.decode(s)) == 750000",
    "trim": "s.replace('a', ' ').trim() == ''",
    "distinct": "lists.range(100000).map(i, {'n': i % 10}).distinct().size() == 10",
}


@pytest.mark.parametrize("name", PATIENT)
def test_long_input_takes_linear_time(name: str) -> None:
    begun = time.process_time()
    assert compile_unchecked(PATIENT[name]).evaluate({"s": TEXT}) is True
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("source", ["json.unmarshal(s)", "json.unmarshal(s.replace('[', '{\"a\":'))"])
def test_deep_json_is_refused(source: str) -> None:
    with pytest.raises(EvaluationError, match="failed to parse JSON"):
        compile_unchecked(source).evaluate({"s": "[" * 100_000})


@pytest.mark.parametrize("source", ["json.marshal(x)", "json.encode(x)", "'%s'.format([x])", "{'a': x}.deepMerge({'a': x})"])
def test_deep_data_is_refused(source: str) -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"a": deep}
    with pytest.raises(EvaluationError, match="nested too deeply"):
        compile_unchecked(source).evaluate({"x": deep})


WORDS = ("xhunter2x", "pa55-w0rd/é", "ssn:078-05-1120", "9ca3f1d2-token", "Basic cm9vdDpyb290")
NUMBERS = (918273645, 5647382910, -736281945)
TELLTALE = (*WORDS, *(word.upper() for word in WORDS), "918273645", "5647382910", "736281945", "9182.73645")
PLAINS: dict[str, Any] = {
    "int": NUMBERS,
    "uint": [Uint(918273645), Uint(5647382910)],
    "double": (918273645.5, 5647382910.25, 9182.73645),
    "string": WORDS,
    "bytes": [word.encode() for word in WORDS],
    "bool": (True, False),
    "timestamp": (Timestamp(918273645 * 10**9),),
    "duration": (Duration(918273645 * 10**9), Duration(-(10**9))),
}


def secret_value(source: random.Random, kind: str) -> Any:
    """Data of a type in which every text and number is one that must not show."""
    head, _, rest = kind.partition("(")
    if kind in PLAINS:
        return source.choice(PLAINS[kind])
    if head == "list":
        return [secret_value(source, rest[:-1]) for _ in range(source.randrange(4))]
    if head == "map":
        return {word: secret_value(source, rest[:-1].partition(", ")[2]) for word in WORDS[: source.randrange(4)]}
    if head == "optional":
        return Optional.of(secret_value(source, rest[:-1]))
    inner = source.choice(("string", "int", "double", "bool", "list(string)", "map(string, string)", "list(int)", "map(string, int)"))
    return secret_value(source, inner)


@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=st.randoms(use_true_random=True))
def test_errors_never_contain_data(source: random.Random) -> None:
    from tests.conformance.fuzz.grammar import VARIABLES

    expression = Grammar(source, wrong=0.15, dynamic=0.3, typos=0.0).expression()
    values = {name: secret_value(source, source.choice((kind, "dyn"))) for name, kind in VARIABLES.items()}
    try:
        program = compile_unchecked(expression)
    except CelError:  # macros whose variables have one name
        return
    try:
        program.evaluate(values)
    except EvaluationError as error:
        shown = f"{error} {error.message} {error.path} {error.args}"
        assert not [word for word in TELLTALE if word in shown], (expression, shown)


@pytest.mark.parametrize(
    "expression",
    [
        "o[s]", "o[i]", "l[i]", "int(s)", "uint(s)", "double(s)", "bool(s)", "timestamp(s)", "duration(s)", "string(y)", "quantity(s)", "url(s)",
        "ip(s)", "cidr(s)", "semver(s)", "json.unmarshal(s)", "base64.decode(s)", "s.matches(s + '(')", "s.find(s + '[')", "(s + '%d').format([s])",
        "('%' + s).format([s])", "('%.' + s + 'd').format([s])", "s.charAt(i)", "s.substring(i)", "s.substring(i, 1)", "l.slice(0, i)", "lists.range(i)",
        "lists.setAtIndex(l, i, s)", "[s, 1].sort()", "[s, {}].max()", "[s, 1].sum()", "[s].sum()", "[dyn(1), s].join()",
        "[1, 2].transformMapEntry(k, v, {s: v})", "random.seededInt(i, i, s)", "runtime.newCondition({type: 'A', status: s})", "i * i * i * i", "i / 0",
        "timestamp(i * 1000000)", "t.getHours(s)", "optional.unwrap([s])", "json.marshal({i: s})", "s == omit()", "cidr('10.0.0.0/8').containsIP(s)", "s.x.y",
        "ip.isCanonical(s)", "o.a[s].b", "bytes(i)", "s < i", "-s", "s + i", "i in s", "{[s]: 1}", "{s: 1, s: 2}[i]",
    ],
)  # fmt: skip
def test_known_failures_do_not_quote(expression: str) -> None:
    from graphcore.cel.library.conditions import RUNTIME

    values = {"s": WORDS[1], "i": NUMBERS[1], "o": {WORDS[0]: WORDS[1], "a": {}}, "l": list(WORDS), "y": b"\xff" + WORDS[0].encode()}
    with pytest.raises(EvaluationError) as failure:
        compile_unchecked(expression).evaluate({**values, "t": Timestamp(0), "runtime": RUNTIME})
    shown = f"{failure.value} {failure.value.message} {failure.value.path} {failure.value.args}"
    assert not [word for word in TELLTALE if word in shown], shown
