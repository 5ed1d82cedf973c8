"""Where no Go is at hand: generated expressions of CEL's standard part give the same values as in Google's C++ implementation.

cel-expr-python lacks most of kro's libraries and cannot return optionals, so only expressions of the subset that it supports are compared,
and only values: its messages are its own. The full comparison is ``test_differential.py``.
"""

from __future__ import annotations

import datetime
import importlib.util
import json
import math
import random
import re
import subprocess
import sys
from typing import Any

import pytest

from graphcore.cel import Environment, EvaluationError
from graphcore.cel.runtime.values import Duration, Timestamp, Uint
from tests.cluster.build import find
from tests.conformance.fuzz.grammar import VARIABLES, question
from tests.conformance.fuzz.oracle import decode, parse_type
from tests.conformance.fuzz.productions import LITERALS

COUNT = 1_000
SUPPORTED = """size dyn int uint double string bytes bool timestamp duration contains startsWith endsWith matches all exists exists_one map
filter charAt lowerAscii upperAscii replace split substring trim reverse join getFullYear getMonth getDate getDayOfYear getDayOfWeek
getDayOfMonth getHours getMinutes getSeconds"""
_TAKEN_ALIKE = ("'1'", "'1.5'", "'10.0.0.1'")
_ODD = {text for kind in ("number text", "time text", "span text", "odd text") for text in LITERALS[kind]}.difference(_TAKEN_ALIKE)
"""Texts that Go and C++ read differently: underscores, leap seconds, blanks, large spans."""
UNSUPPORTED = re.compile(r"\?[^ ]|optional|\bo[is]\b|\[\?|\{\?")

pytestmark = [
    pytest.mark.skipif(find("celoracle") is not None, reason="celoracle is built: test_differential.py compares with cel-go itself"),
    pytest.mark.skipif(importlib.util.find_spec("cel_expr_python") is None, reason="cel-expr-python is not installed"),
]


def is_supported(expression: str) -> bool:
    """Whether the peer has what an expression uses. Texts of numbers differ in C++, and it returns microseconds."""
    if any(text in expression for text in _ODD) or "999999999Z" in expression:
        return False
    called = set(re.findall(r"\b([a-zA-Z_]\w*)\(", expression))
    return called <= set(SUPPORTED.split()) and not UNSUPPORTED.search(expression) and not re.search(r"string\(|NaN|ns'", expression)


def plain(value: Any) -> Any:
    """A value as the peer returns it, with everything compared that Python tells apart."""
    match value:
        case bool() | None | str():
            return value
        case bytes() | bytearray():
            return bytes(value)
        case Uint() | int():
            return int(value)
        case float():
            return "NaN" if math.isnan(value) else value
        case Timestamp():
            return ("timestamp", value.nanos // 1000)
        case Duration():
            return ("duration", value.nanos // 1000)
        case datetime.datetime():
            span = value.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)
            return ("timestamp", span // datetime.timedelta(microseconds=1))
        case datetime.timedelta():
            return ("duration", value // datetime.timedelta(microseconds=1))
        case list():
            return [plain(item) for item in value]
        case dict():
            return {plain(key): plain(item) for key, item in value.items()}
    return str(value)


def compare_with_peer(seed: int, count: int) -> list[str]:
    """Compares until ``count`` expressions gave a value on both sides; returns what differed."""
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_strings

    ours = Environment({name: parse_type(kind) for name, kind in VARIABLES.items()})
    peer = cel.NewEnv(variables=dict.fromkeys(VARIABLES, cel.Type.DYN), extensions=[ext_strings.ExtStrings()])
    source = random.Random(seed)
    differences: list[str] = []
    compared = 0
    while compared < count:
        asked = question(source)
        if (
            not is_supported(asked["expression"])
            or any(VARIABLES.get(name) not in _PLAIN for name in asked["values"])
            or "\\u0000" in json.dumps(asked)
        ):
            continue
        values = {name: decode(VARIABLES[name], value) for name, value in asked["values"].items()}
        try:
            program = ours.compile(asked["expression"])
            expected = peer.compile(asked["expression"]).eval(data=values)
        except Exception:  # verdicts of the checkers are not compared here, and the peer has an exception class of its own
            continue
        failed = "ERROR" in str(expected.type())
        if failed and "overload" in str(expected.plain_value()):  # a function that the peer has for other types only
            continue
        try:
            result = plain(program.evaluate(values))
        except EvaluationError as error:
            if not failed:
                differences.append(f"{asked}: {error.message}")
            continue
        compared += 1
        if failed or result != plain(expected.plain_value()):
            differences.append(f"{asked}: {result!r} here, {expected.plain_value()!r} there")
    return differences


def test_values_equal_those_of_the_c_plus_plus_implementation() -> None:
    # In a process of its own: the peer miscounts references to None and may abort the interpreter that ends.
    seed = random.SystemRandom().randrange(2**32)
    command = [sys.executable, "-m", "tests.conformance.fuzz.test_peer", str(seed), str(COUNT)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.stdout, run.stderr
    assert json.loads(run.stdout.splitlines()[0]) == [], f"seed {seed}"


_PLAIN = frozenset({"int", "double", "string", "bool", "dyn", "list(int)", "list(string)", "list(double)", "list(list(int))", "list(dyn)"})

if __name__ == "__main__":
    print(json.dumps(compare_with_peer(int(sys.argv[1]), int(sys.argv[2]))), flush=True)
