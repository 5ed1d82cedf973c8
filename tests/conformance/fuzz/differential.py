"""Asks cel-go and graphcore the same question and says where they differ.

A difference is either one of :data:`CLASSES`, each with its reason and a minimal example that ``test_differential.py`` asserts, or a defect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest.mock import patch

from graphcore.cel import CelError, Environment, EvaluationError, compile_unchecked
from graphcore.cel.ast import Call, Expr
from graphcore.cel.checking.declared import Declarations
from graphcore.cel.compiler import building, loops
from graphcore.cel.errors import Reason
from graphcore.cel.library import comprehensions, optionals
from graphcore.cel.program import Program
from graphcore.cel.runtime.keys import _BoolKey, map_key
from graphcore.cel.runtime.values import Uint
from graphcore.cel.runtime.views import decode_plan, decoder
from graphcore.cel.syntax.analysis import walk
from graphcore.cel.types import Kind, Type
from tests.conformance.fuzz.grammar import VARIABLES
from tests.conformance.fuzz.oracle import IDENTIFIERS, Answer, Oracle, Question, decode, encode, normal, parse_type
from tests.conformance.fuzz.schemas import SCHEMAS

DECLARED: dict[str, dict[str, Any]] = {
    **{name: {"type": kind} for name, kind in VARIABLES.items()},
    **{name: {"schema": schema} for name, schema in SCHEMAS.items()},
}
"""The variables of generated questions, as the oracle reads them."""
_REPEATED = 100
_PENDING = ("no such key", "no such field", "no such attribute", "index out of bounds")


@cache
def _declared() -> Environment:
    objects = Declarations()
    types = {name: parse_type(kind) for name, kind in VARIABLES.items()}
    types |= {name: objects.declare(name, schema) for name, schema in SCHEMAS.items()}
    return Environment(types, objects)


def _environment(question: Question) -> Environment:
    if "values" in question:
        return _declared()
    types = {name: parse_type(variable["type"]) for name, variable in question.get("variables", {}).items()}
    return Environment(types)


def answer(question: Question) -> Answer:
    """graphcore's answer, with ``pending`` and ``reason`` beside an error and ``unchecked`` for the program that nothing checked."""
    try:
        program = _environment(question).compile(question["expression"])
    except CelError as error:
        return {"issues": [{"message": issue.message, "line": issue.line, "column": issue.column} for issue in error.issues]}
    result: Answer = {"type": program.type.text}
    result |= evaluate(program, question)
    result["unchecked"] = evaluate(compile_unchecked(question["expression"], program.zeros), question)
    return result


def evaluate(program: Program, question: Question) -> Answer:
    """The value, or the error with its reason."""
    values: dict[str, Any] = {}
    for name, variable in question.get("variables", {}).items():
        values[name] = decode(variable["type"], variable["value"])
    for name, value in question.get("values", {}).items():
        if name in SCHEMAS:
            values[name] = decoder(decode_plan(SCHEMAS[name], program.paths.get(name, ())))(value)
        else:
            values[name] = decode(VARIABLES[name], value)
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
        if theirs["issues"][0]["line"] == 0:
            return None  # refused when cel-go makes a program, without a place
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
    """A kind of difference that is meant. example: a minimal expression that shows it; values: of the variables that it uses."""

    name: str
    reason: str
    example: str
    values: Mapping[str, Any] = field(default_factory=dict)


CLASSES: tuple[Class, ...] = (
    Class(
        "budget",
        "Evaluations that would build or compute too much end in an error here; cel-go goes on.",
        "lists.range(1000).map(v, lists.range(3000)).size()",
    ),
    Class(
        "order",
        "cel-go goes through maps in random order; here it is the order of the data, which is one of those in which cel-go goes.",
        "{'a': 1, 'b': 2, 'c': 3}.map(k, k)",
    ),
    Class(
        "syntax errors",
        "cel-go's parser guesses what would mend a syntax error and goes on; here the first counts, at the same place.",
        "[1) , 2]",
    ),
    Class(
        "opaque fields",
        "Selecting a field of a quantity, URL or version is refused by both; cel-go's message is about its own tables.",
        "quantity('1').value",
    ),
    Class(
        "bound types",
        "Types can be named, and be the value of a variable; cel-go takes any such name for that of a type that is not declared.",
        "cel.bind(v, type(1), v == type(2))",
    ),
    Class(
        "map keys",
        "A map literal takes bool, int, uint and string as keys; cel-go takes anything until the entry is looked for.",
        "{dyn(1.5): 1}.size()",
    ),
    Class(
        "lost overloads",
        "cel-go's checker settles a call on one overload when the type of an argument is open, and then misses it with a value of another type.",
        "string(dyn(oi).value())",
        {"oi": 1},
    ),
    Class(
        "equality",
        "cel-go cannot compare a quantity, address, URL or version with a value of another kind, nor with the result of add() or sub().",
        "quantity('2') == quantity('1').add(1)",
    ),
    Class(
        "objects",
        "Maps and lists of observed objects are like any other; in Kubernetes' form of them json.encode refuses them, ofNonZeroValue finds none"
        " of them empty, a double is no position, what is no string is no key, and what is formatted has identifiers for names.",
        "json.encode(schema.spec)",
        {"schema": {"spec": {"name": "a"}}},
    ),
    Class(
        "representation",
        "Text is Unicode, and a version's numbers do not wrap around; Go keeps bytes that are none in formatted text, and makes numbers from"
        " 2**63 on negative.",
        "semver('18446744073709551615.0.0').major()",
    ),
)


def judge(oracle: Oracle, question: Question) -> tuple[Difference | None, str | None, Answer]:
    """The difference that a question shows, its class, and cel-go's answer. Both None: no difference; class None: a defect."""
    ours, theirs = answer(question), oracle.ask(question)
    difference = compare(question, ours, theirs)
    if difference is None:
        return None, None, theirs
    kind = classify(difference)
    if kind is None and "issues" not in theirs and "issues" not in ours:
        # Go visits maps in random order; ours must be one of its answers
        again = (oracle.ask(question) for _ in range(_REPEATED))
        if any(compare(question, ours, other) is None for other in again):
            return difference, "order", theirs
    return difference, kind, theirs


def classify(difference: Difference) -> str | None:
    """The name of the class that a difference belongs to; None for a defect. ``order`` takes more questions: see :func:`judge`."""
    ours, theirs = difference.ours, difference.theirs
    if any(issue["message"].startswith(_NO_TYPE) for issue in theirs.get("issues", ())):
        return "bound types"
    if "issues" in ours or "issues" in theirs:
        return _class_of_refusals(ours["issues"], theirs["issues"]) if difference.aspect == "issues" else None
    if ours.get("reason") is Reason.BUDGET or ours["unchecked"].get("reason") is Reason.BUDGET:
        return "budget"
    error, their_error = ours.get("error", ""), theirs.get("error", "")
    expression = difference.question["expression"]
    if _agrees_with_any_key(difference):
        return "map keys"
    if ".format(" in expression and any(f'"{name}"' in json.dumps(difference.question.get("values")) for name in IDENTIFIERS.values()):
        return "objects"
    if (error, their_error) == ("no such key", "no such overload") and SCHEMAS.keys() & difference.question.get("values", {}).keys():
        return "objects"
    if their_error.startswith("unsupported index: ") or (
        their_error.startswith("type conversion error from 'map(") and "json.encode(" in expression
    ):
        return "objects"
    if "ofNonZeroValue(" in expression and _agrees_on_empty(difference):
        return "objects"
    if error == "integer overflow" and "18446744073709551615" in expression and re.search(r"\.(major|minor|patch)\(", expression):
        return "representation"
    if ".format(" in expression and _NO_TEXT.search(json.dumps(difference.question)):
        return "representation"
    lost = re.match(r"no such overload: (\w+)\(", their_error)
    if lost and _is_settled(difference.question, lost[1]):
        return "lost overloads"
    if "error" in ours:
        return None
    if their_error == "no such overload" and re.search(r"\b(quantity|ip|cidr|url|semver)\(", expression) and _COMPARES.search(expression):
        return "equality"
    return None


_NO_TYPE = ("reference to undefined type: ", "undeclared reference to 'type' ", "undeclared reference to '.type' ")
_NO_TEXT = re.compile(r"/wA=|\\xff")
"""Bytes of the grammar that are not UTF-8."""
_COMPARES = re.compile(r"==|!=| in |\b(?:indexOf|lastIndexOf|distinct)\(")


def _class_of_refusals(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str | None:
    if (first := _first_syntax_error(ours)) is not None and first == _first_syntax_error(theirs):
        return "syntax errors"
    inner = "unexpected failed resolution of 'kubernetes."
    ours, theirs = (
        [issue for issue in issues if not _SELECTS.match(issue["message"]) and not issue["message"].startswith(inner)]
        for issues in (ours, theirs)
    )
    return "opaque fields" if ours == theirs else None


_SELECTS = re.compile(r"type 'kubernetes\.\w+' does not support field selection")


def _first_syntax_error(issues: list[dict[str, Any]]) -> tuple[int, int] | None:
    return next(((issue["line"], issue["column"]) for issue in issues if issue["message"].startswith("Syntax error: ")), None)


def _agrees_with_any_key(difference: Difference) -> bool:
    """Whether both answers are one when every value can be the key of a map, which then nothing finds."""

    def key(value: Any) -> Any:
        return map_key(value) if type(value) in (bool, int, Uint, str) else _BoolKey(value)

    with patch.object(building, "map_key", key), patch.object(loops, "map_key", key), patch.object(comprehensions, "map_key", key):
        return compare(difference.question, answer(difference.question), difference.theirs) is None


def _agrees_on_empty(difference: Difference) -> bool:
    """Whether both answers are one when no map and no list counts as a zero value."""
    is_zero = optionals.is_zero_value
    with patch.object(optionals, "is_zero_value", lambda value: not isinstance(value, (dict, list)) and is_zero(value)):
        return compare(difference.question, answer(difference.question), difference.theirs) is None


def _is_settled(question: Question, function: str) -> bool:
    """Whether a call of the function has one overload left of several, although what it is called with was computed from ``dyn``."""
    checked = _environment(question).check(question["expression"])
    for node in walk(checked.expr):
        if isinstance(node, Call) and node.function == function and len(checked.overloads[node.id]) == 1:
            below = (part for argument in _arguments(node) for part in walk(argument) if isinstance(part, Call))
            if any(_is_open(checked.types[argument.id]) for part in (node, *below) for argument in _arguments(part)):
                return True
    return False


def _arguments(call: Call) -> tuple[Expr, ...]:
    return call.args if call.target is None else (call.target, *call.args)


def _is_open(kind: Type) -> bool:
    return kind.kind is Kind.DYN or any(map(_is_open, kind.parameters))
