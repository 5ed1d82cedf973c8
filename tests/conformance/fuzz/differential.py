"""Asks cel-go and graphcore the same question and says where they differ.

A difference is either one of :data:`CLASSES`, each with its reason and a minimal example that ``test_differences.py`` asserts, or a defect.
"""

from __future__ import annotations

import base64
import json
import math
import re
import select
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from graphcore.cel import CelError, Environment, EvaluationError, compile_unchecked
from graphcore.cel.errors import Reason
from graphcore.cel.times import format_timestamp, parse_duration, parse_timestamp
from graphcore.cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, UINT, Type, list_of, map_of, optional_of
from graphcore.cel.values import NONE, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, key_value

Question = dict[str, Any]
Answer = dict[str, Any]

_TYPES = {
    "bool": BOOL,
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "dyn": DYN,
}
_PENDING = ("no such key", "no such field", "no such attribute", "index out of bounds")


class Oracle:
    """A running celoracle; one question, one answer. cel-go has no limits, so a question that it ponders too long is given up."""

    TOO_LONG = 10.0

    def __init__(self, binary: Path) -> None:
        self._binary = binary
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen([str(self._binary)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._process.kill()
        self._process.wait(timeout=10)
        self._in.close()
        self._out.close()

    def ask(self, question: Question) -> Answer:
        self._in.write(json.dumps(question).encode() + b"\n")
        self._in.flush()
        if not select.select([self._out], [], [], self.TOO_LONG)[0]:
            self.close()
            self._start()
            return {"too long": True}
        line = self._out.readline()
        if not line:
            raise RuntimeError(f"celoracle ended at {question}")
        answer: Answer = json.loads(line)
        return answer


@lru_cache(maxsize=256)
def parse_type(text: str) -> Type:
    """``map(string, list(int))`` as a type."""
    head, _, rest = text.partition("(")
    if not rest:
        return _TYPES[head]
    if head == "list":
        return list_of(parse_type(rest[:-1]))
    if head == "optional":
        return optional_of(parse_type(rest[:-1]))
    key, _, element = rest[:-1].partition(", ")
    return map_of(parse_type(key), parse_type(element))


def decode(kind: str, value: Any) -> Any:
    """A variable's value, read by its declared type as celoracle does."""
    head, _, rest = kind.partition("(")
    match head:
        case "uint":
            return Uint(value)
        case "double":
            return float(value)
        case "bytes":
            return base64.b64decode(value)
        case "timestamp":
            return parse_timestamp(value)
        case "duration":
            return parse_duration(value)
        case "list":
            return [decode(rest[:-1], item) for item in value]
        case "map":
            return {key: decode(rest[:-1].partition(", ")[2], item) for key, item in value.items()}
        case "optional":
            return NONE if value is None else Optional.of(decode(rest[:-1], value))
    return value


def encode(value: Any) -> Any:
    """A result as celoracle writes it, maps sorted, doubles as numbers."""
    match value:
        case None:
            return ["null"]
        case bool():
            return ["bool", value]
        case Uint():
            return ["uint", str(int(value))]
        case int():
            return ["int", str(value)]
        case float():
            return ["double", _double(value)]
        case str():
            return ["string", value]
        case bytes():
            return ["bytes", base64.b64encode(value).decode()]
        case Timestamp():
            return ["timestamp", format_timestamp(Timestamp(value.nanos))]
        case Duration():
            return ["duration", str(value.nanos)]
        case Optional():
            return ["optional", encode(value.value)] if value.present else ["optional"]
        case TypeValue():
            return ["type", value.name]
        case list():
            return ["list", [encode(item) for item in value]]
        case dict():
            return ["map", _entries([encode(key_value(key)), encode(item)] for key, item in value.items())]
        case Opaque():
            return ["opaque", value.cel_type.name]
    raise TypeError(f"no CEL value: {type(value)}")


def _entries(entries: Iterable[list[Any]]) -> list[list[Any]]:
    return sorted(entries, key=lambda entry: json.dumps(entry[0]))


def _double(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value)


def normal(value: Any) -> Any:
    """cel-go's result in the form of :func:`encode`."""
    match value:
        case ["double", text]:
            return ["double", _double(float(text))]
        case ["list", items]:
            return ["list", [normal(item) for item in items]]
        case ["map", entries]:
            return ["map", _entries([normal(key), normal(item)] for key, item in entries)]
        case ["optional", item]:
            return ["optional", normal(item)]
    return value


@lru_cache(maxsize=4096)
def _environment(declared: tuple[tuple[str, str], ...]) -> Environment:
    return Environment({name: parse_type(kind) for name, kind in declared})


def answer(question: Question) -> Answer:
    """graphcore's answer, with ``pending`` and ``reason`` beside an error and ``unchecked`` for the program that nothing checked."""
    declared = tuple(sorted((name, variable["type"]) for name, variable in question.get("variables", {}).items()))
    try:
        program = _environment(declared).compile(question["expression"])
    except CelError as error:
        return {"issues": [{"message": issue.message, "line": issue.line, "column": issue.column} for issue in error.issues]}
    values = {name: decode(variable["type"], variable["value"]) for name, variable in question.get("variables", {}).items()}
    result: Answer = {"type": program.type.text}
    result |= evaluate(program, values)
    result["unchecked"] = evaluate(compile_unchecked(question["expression"]), values)
    return result


def evaluate(program: Any, values: dict[str, Any]) -> Answer:
    """The value, or the error with its reason."""
    try:
        return {"value": encode(program.evaluate(values))}
    except EvaluationError as error:
        return {"error": error.message, "pending": error.pending, "reason": error.reason}


@dataclass(frozen=True)
class Difference:
    """Where the two answers part. aspect: ``check``, ``issues``, ``type``, ``value``, ``pending`` or ``unchecked``."""

    aspect: str
    question: Question
    ours: Answer
    theirs: Answer


def compare(question: Question, ours: Answer, theirs: Answer) -> Difference | None:
    """The first difference, None if there is none. Error texts are not compared, only whether more data may mend them."""
    if "too long" in theirs:
        return None
    if ("issues" in ours) != ("issues" in theirs):
        return Difference("check", question, ours, theirs)
    if "issues" in ours:
        return Difference("issues", question, ours, theirs) if _without_numbers(ours) != _without_numbers(theirs) else None
    if ours["type"] != theirs["type"]:
        return Difference("type", question, ours, theirs)
    if ("error" in ours) != ("error" in theirs):
        return Difference("value", question, ours, theirs)
    if "error" in ours:
        if ours["pending"] != any(text in theirs["error"] for text in _PENDING):
            return Difference("pending", question, ours, theirs)
    elif ours["value"] != normal(theirs["value"]):
        return Difference("value", question, ours, theirs)
    unchecked = ours["unchecked"]
    same = unchecked.get("value") == ours.get("value") and unchecked.get("pending") == ours.get("pending")
    return None if same else Difference("unchecked", question, ours, theirs)


def _without_numbers(answer: Answer) -> list[Any]:
    """The issues, without the running numbers that checkers give to types still unknown."""
    return [{**issue, "message": re.sub(r"\b_var\d+", "_var", issue["message"])} for issue in answer["issues"]]


@dataclass(frozen=True)
class Class:
    """A kind of difference that is meant. example: a minimal expression that shows it; variables: names that it uses."""

    name: str
    reason: str
    example: str
    variables: tuple[str, ...] = ()


VARIABLES_USED: dict[str, dict[str, Any]] = {
    "lf": {"type": "list(double)", "value": [1.5]},
    "oi": {"type": "optional(int)", "value": 1},
}
"""Values of the variables that the examples of the classes use."""


CLASSES: tuple[Class, ...] = (
    Class(
        "budget",
        "Evaluations that would build or compute too much end in an error here; cel-go goes on.",
        "lists.range(1000).map(v, lists.range(3000)).size()",
    ),
    Class(
        "bound types",
        "cel-go takes the value of a variable for a type that is not declared, if the value of another is a type.",
        "cel.bind(v, type(1), v == type(2))",
    ),
    Class(
        "opaque fields",
        "Selecting a field of a quantity, URL or version is refused by both; cel-go's message is about its own tables.",
        "quantity('1').value",
    ),
    Class(
        "mixed elements",
        "min(), max(), isSorted() and sum() refuse elements of kinds that do not go together; cel-go passes over some.",
        "[dyn(1), 'a'].max()",
    ),
    Class(
        "map keys",
        "A map literal takes bool, int, uint and string as keys; cel-go takes anything until the entry is looked for.",
        "{dyn(1.5): 1}.size()",
    ),
    Class(
        "lost overloads",
        "cel-go does not find the overload for some values that lost their static type: lists of strings that went through a list function,"
        " and what the value() of an optional gives.",
        "string(dyn(oi).value())",
        ("oi",),
    ),
    Class(
        "equality of Kubernetes values",
        "cel-go cannot compare a quantity, address, URL or version with a value of another kind, nor with the result of add() or sub().",
        "quantity('2') == quantity('1').add(1)",
    ),
    Class(
        "smallest int",
        "Kubernetes negates the smallest int when it is subtracted from a quantity, which overflows; here quantities are exact.",
        "quantity('1').sub(-9223372036854775808).asApproximateFloat()",
    ),
    Class(
        "order",
        "cel-go goes through maps in random order, here it is the order of the data; of several errors in a loop it gives the last, here the first; an impossible index it reports before a missing field.",
        "{'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': 8, 'i': 9}.map(k, k)",
    ),
    Class(
        "empty sums",
        "Without static types, as in a warm start, the sum of an empty list is the int 0 whatever the list was declared as.",
        "lf.filter(v, false).sum()",
        ("lf",),
    ),
)


def judge(oracle: Oracle, question: Question) -> tuple[Difference | None, str | None, Answer]:
    """The difference that a question shows, its class, and cel-go's answer. Both None: no difference; class None: a defect."""
    ours, theirs = answer(question), oracle.ask(question)
    difference = compare(question, ours, theirs)
    if difference is None:
        return None, None, theirs
    kind = classify(difference)
    if kind is None and "issues" not in theirs:
        again = [oracle.ask(question) for _ in range(10)]  # Go visits maps in random order
        if any(other != theirs or compare(question, ours, other) is None for other in again):
            return difference, "order", theirs
    return difference, kind, theirs


def classify(difference: Difference) -> str | None:
    """The name of the class that a difference belongs to; None for a defect."""
    ours, theirs = difference.ours, difference.theirs
    error, their_error = str(ours.get("error", "")), str(theirs.get("error", ""))
    if ours.get("reason") is Reason.BUDGET:
        return "budget"
    if "reference to undefined type: " in their_error:
        return "bound types"
    if "issues" in ours and "issues" in theirs:
        resolutions = any(issue["message"].startswith("unexpected failed resolution of 'kubernetes.") for issue in theirs["issues"])
        return "opaque fields" if resolutions else None
    if error.startswith("unsupported key type"):
        return "map keys"
    expression = difference.question["expression"]
    if difference.aspect == "value" and their_error.startswith("no such overload: ") and "value" in ours:
        lists = their_error.endswith("(list)")
        return "lost overloads" if lists or ".value()" in expression else None
    if difference.aspect == "unchecked" and their_error.startswith("no such overload: ") and ".value()" in expression:
        return "lost overloads"
    if their_error == "no such overload" and "value" in ours and re.search(r"\b(quantity|ip|cidr|url|semver)\(", expression):
        return "equality of Kubernetes values"
    if difference.aspect == "pending" and their_error.startswith("invalid qualifier type"):
        return "order"
    if difference.aspect == "pending" and re.search(r"\.(map|filter|exists_one|existsOne|transform\w+|sortBy)\(", expression):
        return "order"
    if ".sub(" in expression and "-9223372036854775808" in json.dumps(difference.question):
        return "smallest int"
    if difference.aspect == "unchecked" and ".sum()" in expression:
        return "empty sums"
    if "value" in theirs and re.search(r"\.(min|max|isSorted|sum)\(\)", expression) and error.startswith("no such overload"):
        return "mixed elements"
    return None
