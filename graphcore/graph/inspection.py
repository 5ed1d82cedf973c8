"""Who refers to whom: every expression parsed once, its identifiers judged by where it stands, and the dependencies that follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from graphcore.cel import CelError, Environment
from graphcore.cel.ast import Call, Expr, StructExpr
from graphcore.cel.checking.hints import function_hint
from graphcore.cel.syntax.analysis import analyse, walk
from graphcore.cel.syntax.lexer import offset_of
from graphcore.cel.syntax.lexer import position as position_of
from graphcore.cel.syntax.scanner import place_in_template
from graphcore.errors import Problem
from graphcore.errors.suggestions import closest
from graphcore.graph.callables import functions_meant
from graphcore.graph.drafts import Draft
from graphcore.graph.model import NodeType
from graphcore.graph.node import EACH, SCHEMA
from graphcore.graph.paths import format_path
from graphcore.graph.templates import Field

RUNTIME = "runtime"
_LITERALS = {"google.protobuf.Timestamp": "timestamp('1970-01-01T00:00:00Z')", "google.protobuf.Duration": "duration('0s')"}
_SHELL_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


class Position(Enum):
    """Where an expression stands; the value names it in messages."""

    TEMPLATE = "template"
    FOR_EACH = "forEach"
    INCLUDE_WHEN = "includeWhen"
    READY_WHEN = "readyWhen"
    STATUS = "status"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A parsed expression in its place. references: free identifiers; functions: global ones, both sorted. field: of a template."""

    node: str
    position: Position
    path: str
    expression: str
    shown: str
    ast: Expr
    references: tuple[str, ...]
    functions: tuple[str, ...]
    field: Field | None = None
    name: str = ""

    def problem(self, code: str, message: str, hint: str | None = None) -> Problem:
        return Problem(code, message, self.node, self.path, self.shown, hint=hint)


def cel_problems(error: CelError, use_code: str, *, node: str, path: str, shown: str, hint: str | None = None) -> Iterator[Problem]:
    """One problem per fault that the parser or the checker found, with its position in the text that is shown."""
    for issue in error.issues:
        line, column, message = issue.line, issue.column, issue.message
        if error.source != shown and line > 0:
            offset = offset_of(error.source, line, column)
            place = place_in_template(shown, offset)
            line, column = position_of(shown, place)
            if error.source[offset : offset + 1] == ")" and shown[place : place + 1] == "}":
                # The parenthesis around an expression of a text is not the author's.
                message = message.replace("input ')'", "input '}'")
        yield Problem(use_code, message, node, path, shown, line, column, issue.hint or hint)


def uses_of(draft: Draft, environment: Environment) -> tuple[list[Use], list[Problem]]:
    """All expressions of a draft: fields, then ``forEach``, ``includeWhen``, ``readyWhen``; and their syntax errors."""
    uses: list[Use] = []
    problems: list[Problem] = []

    def add(position: Position, path: str, expression: str, shown: str, field: Field | None = None, name: str = "") -> None:
        use = parse_use(environment, draft.id, position, path, expression, shown, problems, field, name)
        if use is not None:
            uses.append(use)

    for item in draft.fields:
        add(Position.TEMPLATE, format_path(item.path), item.expression, item.shown, item)
    for position, entries in (
        (Position.FOR_EACH, draft.for_each),
        (Position.INCLUDE_WHEN, draft.include_when),
        (Position.READY_WHEN, draft.ready_when),
    ):
        for entry in entries:
            add(position, entry.path, entry.expression, entry.expression, name=entry.name)
    return uses, problems


def parse_use(
    environment: Environment,
    node: str,
    position: Position,
    path: str,
    expression: str,
    shown: str,
    problems: list[Problem],
    field: Field | None = None,
    name: str = "",
) -> Use | None:
    """A Use, or None after adding its syntax errors to ``problems``."""
    try:
        ast = environment.parse(expression)
    except CelError as error:
        problems.extend(cel_problems(error, "syntax-error", node=node, path=path, shown=shown))
        return None
    return Use(node, position, path, expression, shown, ast, analyse(ast).references, _global_functions(ast), field, name)


def _global_functions(ast: Expr) -> tuple[str, ...]:
    """Functions that are called as such; an unknown method is the checker's to report."""
    called = {node.function.lstrip(".") for node in walk(ast) if isinstance(node, Call) and node.target is None}
    return tuple(sorted(name for name in called if name[0].isalpha()))


def judge(use: Use, draft: Draft, ids: Sequence[str], *, omit: bool, known_functions: frozenset[str]) -> list[Problem]:
    """What is wrong with the names that one expression of a resource uses."""
    return [
        *_names(use, draft, ids, known_functions),
        *unknown_functions(use, known_functions),
        *empty_messages(use),
        *_omit(use, draft, omit),
    ]


def _names(use: Use, draft: Draft, ids: Sequence[str], functions: frozenset[str]) -> Iterator[Problem]:
    if use.position is Position.READY_WHEN:
        allowed = {EACH} if draft.type is NodeType.COLLECTION else {draft.id}
        if draft.type is NodeType.EXTERNAL_COLLECTION:
            allowed = {draft.id, EACH}
        unknown, misspelt = _split(use, [name for name in use.references if name not in allowed], [*ids, SCHEMA], functions)
        yield from misspelt
        if unknown:
            wanted = " or ".join(sorted(allowed))
            yield use.problem(
                "ready-when-scope",
                f'resource "{draft.id}" readyWhen: references unknown identifiers: [{" ".join(unknown)}]',
                hint=f"readyWhen sees only {wanted}",
            )
        return
    iterators = draft.iterators
    unknown = []
    for name in use.references:
        if name == SCHEMA or (name in iterators and use.position is Position.TEMPLATE):
            continue
        if name in iterators and use.position is Position.FOR_EACH:
            crossed = " ".join(each for each in use.references if each in iterators)
            yield use.problem(
                "iterator-references-iterator",
                f'node "{draft.id}": forEach iterator "{use.name}" cannot reference other iterators [{crossed}] - '
                "forEach iterators are independent (cartesian product)",
                hint="compute the combined list in one iterator",
            )
            return
        if name == draft.id:
            yield use.problem(
                "self-reference",
                "self references are not allowed",
                hint="a template cannot read its own object; use readyWhen for its state",
            )
        elif name == RUNTIME:
            yield use.problem("runtime-outside-conditions", "runtime is only available in status.conditions expressions")
        elif name == EACH:
            yield use.problem(
                "each-outside-ready-when",
                "node each does not exist: references unknown identifiers: [each]",
                hint="each is the item in readyWhen of a collection",
            )
        elif name not in ids:
            unknown.append(name)
    known = [*ids, SCHEMA, *iterators]
    unknown, misspelt = _split(use, unknown, known, functions)
    yield from misspelt
    if unknown:
        yield _unknown(use, unknown, known)


def _split(use: Use, unknown: list[str], known: Sequence[str], functions: frozenset[str]) -> tuple[list[str], list[Problem]]:
    """The names that really are unknown identifiers, and one problem for the functions that the others belong to."""
    meant = functions_meant(use.ast, unknown, known, functions) if unknown else {}
    called = list(dict.fromkeys(meant.values()))
    return [name for name in unknown if name not in meant], [_no_functions(use, called, functions)] if called else []


def _unknown(use: Use, unknown: list[str], known: Sequence[str]) -> Problem:
    near = closest(unknown[0], known)
    if near is None and _SHELL_VARIABLE.fullmatch(unknown[0]):
        hint = f'a shell variable? write it as a CEL string: ${{"${{{unknown[0]}}}"}}'
        return use.problem("unknown-identifier", f"references unknown identifiers: [{' '.join(unknown)}]", hint)
    hint = f"did you mean {near}?" if near else f"known here: {', '.join(sorted(set(known)))}"
    return use.problem("unknown-identifier", f"references unknown identifiers: [{' '.join(unknown)}]", hint)


def unknown_names(use: Use, known: Sequence[str], known_functions: frozenset[str]) -> Iterator[Problem]:
    """For status and conditions: every identifier that is not in ``known``."""
    unknown, misspelt = _split(use, [name for name in use.references if name not in known], known, known_functions)
    yield from misspelt
    if unknown:
        yield _unknown(use, unknown, known)


def unknown_functions(use: Use, known: frozenset[str]) -> Iterator[Problem]:
    missing = [name for name in use.functions if name not in known]
    if missing:
        yield _no_functions(use, missing, known)


def empty_messages(use: Use) -> Iterator[Problem]:
    """``google.protobuf.Timestamp{}`` and the like: CEL knows the types, so such a literal passes its checks; but nothing makes one."""
    for node in walk(use.ast):
        if isinstance(node, StructExpr) and not node.fields and node.type_name.lstrip(".") in _LITERALS:
            name = node.type_name.lstrip(".")
            yield use.problem("message-literal", f"messages cannot be made: {name}{{}}", hint=f"write {_LITERALS[name]}")


def _no_functions(use: Use, missing: Sequence[str], known: frozenset[str]) -> Problem:
    names = " ".join(f"{{{name}}}" for name in missing)
    return use.problem("unknown-function", f"uses unknown functions: [{names}]", function_hint(missing[0], known))


def _omit(use: Use, draft: Draft, enabled: bool) -> Iterator[Problem]:
    if "omit" not in use.functions:
        return
    if use.position in (Position.TEMPLATE, Position.FOR_EACH, Position.INCLUDE_WHEN) and not enabled:
        yield use.problem(
            "omit-disabled",
            "omit() requires the CELOmitFunction feature gate to be enabled",
            "start with feature-gates CELOmitFunction=true",
        )
    elif use.position is not Position.TEMPLATE:
        yield omit_misplaced(use)
    elif use.field is not None and use.path in ("metadata.name", "metadata.namespace") and _identity(use.path, draft):
        yield use.problem(
            "omit-in-identity",
            f'resource "{draft.id}": omit() cannot be used at path "{use.path}": the field is required and must have a concrete value',
        )


def omit_misplaced(use: Use) -> Problem:
    return use.problem("omit-misplaced", "omit() can only be used in resource template expressions")


def _identity(path: str, draft: Draft) -> bool:
    if path == "metadata.name":
        return True
    return draft.namespace_required


def dependencies(uses: Sequence[Use], ids: Sequence[str]) -> tuple[str, ...]:
    """Ids that the node's templates, ``forEach`` and ``includeWhen`` refer to, first seen first; ``readyWhen`` adds none."""
    found: dict[str, None] = {}
    for use in uses:
        if use.position is not Position.READY_WHEN:
            found |= dict.fromkeys(name for name in use.references if name in ids and name != use.node)
    return tuple(found)


def unused_iterators(draft: Draft, uses: Sequence[Use]) -> Problem | None:
    """Iterators that do not take part in the identity of the items."""
    places = {"metadata.name"} | ({"metadata.namespace"} if draft.kind is None or draft.kind.namespaced else set())
    used = {name for use in uses if use.position is Position.TEMPLATE and use.path in places for name in use.references}
    missing = [name for name in draft.iterators if name not in used]
    if not missing:
        return None
    return Problem(
        "iterator-not-in-identity",
        f'node "{draft.id}": all forEach dimensions must be used to produce a unique resource identity, missing: [{" ".join(missing)}]',
        draft.id,
        "metadata.name",
        hint=f"use {missing[0]} in metadata.name" + (" or metadata.namespace" if len(places) > 1 else ""),
    )
