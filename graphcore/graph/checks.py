"""What expressions return against what their places take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from graphcore.cel import CelError, Environment, Program
from graphcore.cel.checking.compatibility import incompatibility
from graphcore.cel.checking.declared import Declarations
from graphcore.cel.types import BOOL, DYN, Kind, Type, list_of, optional_of
from graphcore.cel.writable import remedy, unwritable
from graphcore.errors import Problem
from graphcore.graph.drafts import Draft
from graphcore.graph.inspection import Position, Use, cel_problems
from graphcore.graph.node import EACH, SCHEMA
from graphcore.graph.paths import Path
from graphcore.simpleschema.foreign import is_openapi


@dataclass(slots=True)
class Typing:
    """Declared types of a definition: variables by name, and the declarations their object types are found in.

    doubtful: variables that are dyn, or have fields that are, only because of a fault that is reported already.
    """

    declarations: Declarations
    variables: dict[str, Type] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def environment(self, extra: Mapping[str, Type] | None = None) -> Environment:
        return Environment({**self.variables, **(extra or {})}, self.declarations)


def declare(instance_schema: Mapping[str, object], drafts: Sequence[Draft], ids: Sequence[str], *, schema_known: bool) -> Typing:
    """Types of ``schema`` and of every resource; one whose kind is unknown, or that is no draft, is dyn, so that only its own fault is
    reported. ids: of all resources. schema_known: no field of the instance is faulty."""
    typing = Typing(Declarations())
    typing.variables[SCHEMA] = typing.declarations.declare(SCHEMA, instance_schema)
    if not schema_known:
        typing.doubtful.add(SCHEMA)
    for name in ids:
        typing.variables.setdefault(name, DYN)
    for draft in drafts:
        if draft.kind is None:
            typing.variables[draft.id] = list_of(DYN) if draft.type.plural else DYN
            typing.doubtful.add(draft.id)
        else:
            schema = draft.kind.schema
            typing.variables[draft.id] = typing.declarations.declare(
                draft.id, {"type": "array", "items": schema} if draft.type.plural else schema
            )
    typing.doubtful.update(set(ids) - {draft.id for draft in drafts})
    return typing


def check_node(draft: Draft, uses: Sequence[Use], typing: Typing, environment: Environment) -> tuple[dict[Use, Program], list[Problem]]:
    """Programs of all uses that check, and what is wrong with the others: ``forEach``, templates, ``includeWhen``, ``readyWhen``."""
    programs: dict[Use, Program] = {}
    problems: list[Problem] = []
    iterators: dict[str, Type] = dict.fromkeys(draft.iterators, DYN)
    for use in uses:
        if use.position is Position.FOR_EACH:
            problems.extend(_for_each(use, environment, typing, programs, iterators))
    item = typing.environment(iterators) if iterators else environment
    for use in uses:
        if use.position is Position.TEMPLATE:
            problems.extend(_template(use, draft, item, typing, programs))
    for use in uses:
        if use.position is Position.INCLUDE_WHEN:
            problems.extend(_bool(use, draft, environment, typing, programs))
    for use in uses:
        if use.position is Position.READY_WHEN:
            problems.extend(_bool(use, draft, _ready_environment(draft, typing, environment), typing, programs))
    return programs, problems


def _ready_environment(draft: Draft, typing: Typing, environment: Environment) -> Environment:
    if not draft.type.plural:
        return environment
    items = typing.variables[draft.id]
    each = items.parameters[0] if items.kind is Kind.LIST else DYN
    return typing.environment({EACH: each})


def compile_use(use: Use, environment: Environment, code: str = "type-check") -> Program | list[Problem]:
    """The checked program, or one problem per fault."""
    try:
        return environment.compile(use.expression)
    except CelError as error:
        return list(cel_problems(error, code, node=use.node, path=use.path, shown=use.shown))


def _for_each(
    use: Use, environment: Environment, typing: Typing, programs: dict[Use, Program], iterators: dict[str, Type]
) -> Iterator[Problem]:
    program = compile_use(use, environment)
    if isinstance(program, list):
        yield from program
    elif _unknown(program.type, use, typing):
        return
    elif program.type.kind is not Kind.LIST:
        text = program.type.text
        hint = (
            "wrap it: dyn(…) is no list either; use .map(x, x) or a typed field"
            if program.type.kind is Kind.DYN
            else "write an expression that returns a list"
        )
        yield use.problem(
            "for-each-not-list",
            f'node "{use.node}": forEach iterator "{use.name}" must return a list, got "{text}": type "{text}" is not a list type',
            hint,
        )
    else:
        programs[use] = program
        iterators[use.name] = program.type.parameters[0]


def _template(use: Use, draft: Draft, environment: Environment, typing: Typing, programs: dict[Use, Program]) -> Iterator[Problem]:
    program = compile_use(use, environment)
    if isinstance(program, list):
        yield from program
        return
    programs[use] = program
    if use.field is None:
        return
    unfit = unwritable(program, takes_bytes=takes_bytes(use.field.schema))
    if use.field.schema is None:
        if unfit is not None:
            yield cannot_be_written(use, program, unfit)
        return
    expected = typing.declarations.type_at(type_name(draft.id, use.field.path), use.field.schema)
    reason = incompatibility(program.type, expected, typing.declarations, program.ast, program.types)
    if reason is not None:
        detail = f": {reason}" if reason else ""
        yield use.problem(
            "type-mismatch",
            f'type mismatch in resource "{use.node}" at path "{use.path}": expression "{use.shown}" returns type "{program.type.text}" '
            f'but expected "{expected.text}"{detail}',
            _conversion_hint(program.type, expected) or _openapi_hint(program.type, use, typing),
        )
    elif unfit is not None:
        yield cannot_be_written(use, program, unfit)


def takes_bytes(schema: object) -> bool:
    """Whether a field, its elements or its values have the string format ``byte``."""
    while isinstance(schema, Mapping):
        if schema.get("format") == "byte":
            return True
        schema = schema.get("additionalProperties", schema.get("items"))
    return False


def cannot_be_written(use: Use, program: Program, unfit: Type) -> Problem:
    """A value that no object can hold, whatever the data are."""
    part = "" if unfit == program.type else f', and "{unfit.text}" in it'
    message = f'expression "{use.shown}" returns type "{program.type.text}"{part}, which has no JSON form and can never be written'
    return use.problem("unwritable-type", message, remedy(unfit))


def _conversion_hint(got: Type, expected: Type) -> str | None:
    if got.kind is Kind.BYTES and expected.kind is Kind.STRING:
        return "write base64.encode(…), or string(…) for text"
    if expected.kind in (Kind.STRING, Kind.INT, Kind.DOUBLE) and got.kind in (Kind.STRING, Kind.INT, Kind.UINT, Kind.DOUBLE, Kind.BOOL):
        return f"convert it: {expected.kind.value}(…)"
    return None


def _openapi_hint(got: Type, use: Use, typing: Typing) -> str | None:
    """For a field of the instance whose schema was written as in OpenAPI, and so is an object with a field ``type``."""
    prefix = type_name(SCHEMA, ("spec",))
    if got.kind is not Kind.OBJECT or not got.name.startswith(f"{prefix}."):
        return None
    if not is_openapi(dict.fromkeys(typing.declarations.properties(got.name), "string")):
        return None
    field = got.name.removeprefix(f"{prefix}.")
    return f"{use.expression} is an object with a field type; if {field} is to have that type, write {field}: string, in one text"


def _unknown(found: Type, use: Use, typing: Typing) -> bool:
    """Whether a type is dyn because of a fault somewhere else."""
    inner = found.parameters[0] if found.name == "optional_type" else found
    return inner.kind is Kind.DYN and not typing.doubtful.isdisjoint(use.node if name == EACH else name for name in use.references)


def _bool(use: Use, draft: Draft, environment: Environment, typing: Typing, programs: dict[Use, Program]) -> Iterator[Problem]:
    program = compile_use(use, environment)
    if isinstance(program, list):
        yield from program
        return
    programs[use] = program
    if program.type not in (BOOL, optional_of(BOOL)) and not _unknown(program.type, use, typing):
        hint = "write … == true, or bool(…)" if program.type.kind is Kind.DYN else "compare it with something"
        yield use.problem(
            "not-bool",
            f'{use.position.value} expression "{use.shown}" in resource "{draft.id}" must return bool or optional_type(bool), '
            f'but returns "{program.type.text}"',
            hint,
        )


def type_name(variable: str, path: Path) -> str:
    """The name kro gives the object type of a field: ``__type_deploy.spec.template.spec.containers.@idx``."""
    return f"__type_{variable}" + "".join(".@idx" if isinstance(part, int) else f".{part}" for part in path)
