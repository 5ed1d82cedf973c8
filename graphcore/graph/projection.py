"""``spec.schema.status``: which fields it projects, what the author's conditions are, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from graphcore import names
from graphcore.cel import Environment, Program
from graphcore.cel.ast import Call, Expr, Ident, Literal, MapExpr
from graphcore.cel.library.conditions import CONDITION_TYPE, RUNTIME_TYPE
from graphcore.cel.syntax.analysis import walk
from graphcore.cel.types import Kind, Type
from graphcore.cel.writable import unwritable
from graphcore.errors import Problem
from graphcore.graph.checks import Typing, cannot_be_written, compile_use
from graphcore.graph.drafts import standalone
from graphcore.graph.infer import CyclicTypeError, schema_of, status_schema
from graphcore.graph.inspection import RUNTIME, Position, Use, empty_messages, omit_misplaced, parse_use, unknown_functions, unknown_names
from graphcore.graph.node import SCHEMA
from graphcore.graph.paths import Path, format_path
from graphcore.graph.templates import Field, fields_of, literal_paths

STATUSES = ("True", "False", "Unknown")
BUILT_IN_CONDITIONS = (names.INSTANCE_MANAGED, names.GRAPH_RESOLVED, names.RESOURCES_READY, names.READY)


@dataclass(slots=True)
class Projection:
    """fields: status fields in order. conditions: the author's entries, None when the key is absent."""

    fields: list[tuple[Field, Use]] = field(default_factory=list)
    conditions: list[Use] | None = None
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "object"})
    programs: dict[Use, Program] = field(default_factory=dict)
    leaves: list[tuple[Path, dict[str, Any], Use]] = field(default_factory=list)


def read_status(status: Any, environment: Environment) -> tuple[Projection, list[Problem]]:
    """Splits the status tree into projected fields and conditions; parses every expression."""
    projection = Projection()
    if status is None:
        return projection, []
    if not isinstance(status, Mapping):
        return projection, [
            Problem(
                "status-not-object",
                "failed to unmarshal status schema: it is not an object",
                SCHEMA,
                "status",
                hint="write a map of fields",
            )
        ]
    problems = list(_conditions(status, projection, environment)) if "conditions" in status else []
    tree = {key: value for key, value in status.items() if key != "conditions"}
    constants = [format_path(path) for path in literal_paths(tree)]
    if constants:
        message = f"status fields without expressions are not supported: [{' '.join(constants)}]"
        problems.append(
            Problem(
                "status-constant",
                message,
                SCHEMA,
                f"status.{constants[0]}",
                hint="every status field must be computed from a resource or schema",
            )
        )
    fields, found = fields_of(tree, None, node=SCHEMA)
    problems.extend(found)
    for item in fields:
        use = parse_use(
            environment, SCHEMA, Position.STATUS, f"status.{format_path(item.path)}", item.expression, item.shown, problems, item
        )
        if use is not None:
            projection.fields.append((item, use))
    return projection, problems


def _conditions(status: Mapping[str, Any], projection: Projection, environment: Environment) -> Iterator[Problem]:
    entries = status["conditions"]
    if not isinstance(entries, list):
        yield Problem(
            "conditions-not-list",
            f"status.conditions must be a list, got {_go_type(entries)}",
            SCHEMA,
            "status.conditions",
            hint="write a list of ${…}",
        )
        return
    uses: list[Use] = []
    for index, entry in enumerate(entries):
        path = f"status.conditions[{index}]"
        if not isinstance(entry, str):
            yield Problem("condition-not-string", f"{path} must be a CEL expression string, got {_go_type(entry)}", SCHEMA, path)
            continue
        expression = standalone(entry, "invalid conditions block", path)
        if isinstance(expression, Problem):
            yield expression.at(node=SCHEMA)
            continue
        problems: list[Problem] = []
        use = parse_use(environment, SCHEMA, Position.CONDITION, path, expression, expression, problems)
        yield from problems
        if use is not None:
            uses.append(use)
    if uses or not entries:
        projection.conditions = uses if entries else None


def _go_type(value: Any) -> str:
    names_ = {type(None): "<nil>", bool: "bool", int: "int64", float: "float64", str: "string", list: "[]interface {}"}
    return names_.get(type(value), "map[string]interface {}")


def judge_status(projection: Projection, ids: Sequence[str], known_functions: frozenset[str]) -> Iterator[tuple[Problem, Use]]:
    """Names in status fields and conditions, and the rules of conditions that need no types; each problem with the use it is about."""
    for _, use in projection.fields:
        yield from _judge(use, [*ids, SCHEMA], known_functions)
        if not use.references:
            message = f"instance status field must refer to a resource or schema: {use.path}"
            yield use.problem("status-without-reference", message, "a constant belongs into the schema, as a default"), use
    declared: dict[str, Use] = {}
    for use in projection.conditions or []:
        for name in sorted(literal_types(use.ast)):
            if name in declared:
                message = f'condition type "{name}" is declared by more than one conditions entry'
                yield use.problem("duplicate-condition", message, "produce it in one entry, or rename one"), use
            declared.setdefault(name, use)
    for use in projection.conditions or []:
        yield from ((problem, use) for problem in _runtime_calls(use, declared))
        yield from _judge(use, [*ids, SCHEMA, RUNTIME], known_functions)


def _judge(use: Use, known: Sequence[str], known_functions: frozenset[str]) -> Iterator[tuple[Problem, Use]]:
    yield from ((problem, use) for problem in unknown_names(use, known, known_functions))
    yield from ((problem, use) for problem in (*unknown_functions(use, known_functions), *empty_messages(use)))
    if "omit" in use.functions:
        yield omit_misplaced(use), use


def _runtime_calls(use: Use, declared: Mapping[str, Use]) -> Iterator[Problem]:
    for expr in walk(use.ast):
        if _is_runtime(expr, "newCondition") and len(expr.args) == 1:
            status, type_ = (_entry(expr.args[0], key) for key in ("status", "type"))
            if status is not None and status not in STATUSES:
                yield use.problem(
                    "condition-status",
                    f'runtime.newCondition: status must be one of True, False, Unknown (got "{status}")',
                    "status is a string",
                )
            if type_ == "":
                yield use.problem("condition-type", "runtime.newCondition: type must not be empty")
        elif _is_runtime(expr, "condition") and len(expr.args) == 2 and isinstance(expr.args[0], Ident) and expr.args[0].name == SCHEMA:
            wanted = expr.args[1].value if isinstance(expr.args[1], Literal) else None
            if not isinstance(wanted, str) or wanted in BUILT_IN_CONDITIONS:
                continue
            if wanted in declared:
                yield use.problem(
                    "condition-cross-reference", f'runtime.condition(schema, "{wanted}"): custom conditions cannot reference each other'
                )
            else:
                known = ", ".join(BUILT_IN_CONDITIONS)
                yield use.problem(
                    "condition-unknown",
                    f'runtime.condition(schema, "{wanted}"): unknown condition type; only {known} can be read from schema',
                )


def _is_runtime(expr: Expr, method: str) -> TypeGuard[Call]:
    return isinstance(expr, Call) and expr.function == method and isinstance(expr.target, Ident) and expr.target.name == RUNTIME


def _entry(expr: Expr, key: str) -> str | None:
    if isinstance(expr, MapExpr):
        for entry in expr.entries:
            if (
                isinstance(entry.key, Literal)
                and entry.key.value == key
                and isinstance(entry.value, Literal)
                and isinstance(entry.value.value, str)
            ):
                return entry.value.value
    return None


def literal_types(ast: Expr) -> set[str]:
    """The condition types that ``runtime.newCondition`` calls name literally."""
    found = {_entry(expr.args[0], "type") for expr in walk(ast) if _is_runtime(expr, "newCondition") and len(expr.args) == 1}
    return {name for name in found if name is not None}


def check_status(projection: Projection, environment: Environment, typing: Typing, faulty: Collection[Use]) -> Iterator[Problem]:
    """Types of status fields, the schema they give, and types of conditions; what is ``faulty`` already is passed over."""
    for item, use in projection.fields:
        if use in faulty:
            continue
        program = compile_use(use, environment)
        if isinstance(program, list):
            yield from program
            continue
        projection.programs[use] = program
        unfit = unwritable(program)
        if unfit is not None:
            yield cannot_be_written(use, program, unfit)
            continue
        try:
            leaf = schema_of(program.type, typing.declarations)
        except CyclicTypeError as error:
            yield use.problem("cyclic-status-type", str(error), "project the fields you need instead of the whole object")
            continue
        projection.leaves.append((item.path, leaf, use))
        if item.path == ("state",) and not _takes_states(leaf):
            yield use.problem(
                "status-state-type", "status.state is written by krofn and must be a string", "choose another name for the field"
            )
    projection.schema, found = status_schema((path, leaf) for path, leaf, _ in projection.leaves)
    yield from found
    conditions = typing.environment({RUNTIME: RUNTIME_TYPE}) if projection.conditions else environment
    for use in projection.conditions or []:
        if use in faulty:
            continue
        program = compile_use(use, conditions)
        if isinstance(program, list):
            yield from program
        elif _is_condition(program.type):
            projection.programs[use] = program
        else:
            yield use.problem(
                "condition-return-type",
                f'condition expressions must return runtime.newCondition(...) or a list of them, got "{program.type.text}"',
                "use .orValue([]) to unwrap an optional",
            )


def _takes_states(leaf: Mapping[str, Any]) -> bool:
    """Whether a field of this schema can hold what is written to ``status.state``."""
    return "type" not in leaf or (leaf["type"] == "string" and "format" not in leaf)


def _is_condition(type_: Type) -> bool:
    item = type_.parameters[0] if type_.kind is Kind.LIST else type_
    return item.kind is Kind.DYN or item == CONDITION_TYPE
