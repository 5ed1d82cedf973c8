"""Templates against schemas: which fields hold expressions, what each must become, and which literals cannot be right.

Keys are never scanned, only string values. What lies below an object that preserves unknown fields is not checked.
Required fields, enums, patterns and limits are left to the API server, because an expression elsewhere may still provide them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.cel.syntax.lexer import position
from graphcore.cel.syntax.scanner import ScanError, has_expression, read_template
from graphcore.errors import Problem
from graphcore.errors.suggestions import did_you_mean
from graphcore.graph.paths import Path, format_path

Schema = Mapping[str, Any]

PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"


@dataclass(frozen=True, slots=True)
class Field:
    """A string of a template that holds expressions.

    text: the user's own. expression: the CEL that computes the field. standalone: the result replaces the field with its own type.
    schema: of the field; None where anything goes.
    """

    path: Path
    text: str
    expression: str
    standalone: bool
    schema: Schema | None = None

    @property
    def shown(self) -> str:
        """The expression as messages show it: the user's template, or the bare expression when it is alone."""
        return self.expression if self.standalone else self.text


def fields_of(value: Any, schema: Schema | None, *, node: str | None = None, path: Path = ()) -> tuple[list[Field], list[Problem]]:
    """All expression fields of a tree and all problems with its literals. schema None: nothing is known, nothing is checked."""
    fields: list[Field] = []
    problems: list[Problem] = []
    for item in _walk(value, schema, path):
        if isinstance(item, Field):
            fields.append(item)
        else:
            problems.append(item.at(node=node))
    return fields, problems


def literal_paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of the leaves that hold no expression."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from literal_paths(value[key], (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from literal_paths(item, (*path, index))
    elif not isinstance(value, str) or not _has_expression(value):
        yield path


def _walk(value: Any, schema: Schema | None, path: Path) -> Iterator[Field | Problem]:
    if schema is None or schema.get(PRESERVE) is True:
        yield from _walk_free(value, schema, path)
        return
    expected = expected_types(schema)
    if expected is None:
        yield Problem(
            "schema-unusable",
            f"schema at path {format_path(path)} has no valid type, OneOf, AnyOf, or AdditionalProperties",
            path=format_path(path),
            hint="the kind's own schema does not say what belongs here; leave the field out",
        )
    elif isinstance(value, Mapping):
        yield from _walk_object(value, schema, expected, path)
    elif isinstance(value, list):
        yield from _walk_list(value, schema, expected, path)
    elif isinstance(value, str):
        yield from _string(value, schema, expected, path)
    elif value is not None and not _fits(value, expected):
        yield _mismatch(expected, path, value)


def _walk_free(value: Any, schema: Schema | None, path: Path) -> Iterator[Field | Problem]:
    """Literals are not checked here; expressions still know the schema of a field that is declared among unknown ones."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _walk_free(value[key], _below(schema, str(key)), (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk_free(item, _below(schema, index), (*path, index))
    elif isinstance(value, str):
        yield from _string(value, schema, ("any",), path)


def _walk_object(value: Mapping[str, Any], schema: Schema, expected: tuple[str, ...], path: Path) -> Iterator[Field | Problem]:
    additional = schema.get("additionalProperties")
    if "object" not in expected and "any" not in expected and not additional:
        yield _mismatch(expected, path, value)
        return
    properties = schema.get("properties") or {}
    for key in sorted(value):
        inner = (*path, str(key))
        child = properties.get(key)
        if child is None and isinstance(additional, Mapping):
            child = additional
        if child is None:
            shown = format_path(inner) if path else f".{key}"
            yield Problem(
                "unknown-field",
                f"error getting field schema for path {shown}: schema not found for field {key}",
                path=format_path(inner),
                hint=did_you_mean(str(key), map(str, properties), "remove the field, or check apiVersion and kind"),
            )
        else:
            yield from _walk(value[key], child, inner)


def _walk_list(value: list[Any], schema: Schema, expected: tuple[str, ...], path: Path) -> Iterator[Field | Problem]:
    if "array" not in expected:
        yield _mismatch(expected, path, value)
        return
    items = schema.get("items")
    if not isinstance(items, Mapping):
        yield Problem(
            "schema-unusable", f"invalid array schema for path {format_path(path)}: it does not declare its items", path=format_path(path)
        )
        return
    for index, item in enumerate(value):
        yield from _walk(item, items, (*path, index))


def _string(value: str, schema: Schema | None, expected: tuple[str, ...], path: Path) -> Iterator[Field | Problem]:
    try:
        found = read_template(value)
    except ScanError as error:
        line, column = position(value, error.offset)
        yield Problem("scan-error", error.message, None, format_path(path), value, line, column, 'write a literal ${ as ${"${"}')
        return
    if (found is None or not found[1]) and "string" not in expected and "any" not in expected:
        yield _mismatch(expected, path, value)
    elif found is not None:
        yield Field(path, value, *found, schema)


def _has_expression(text: str) -> bool:
    try:
        return has_expression(text)
    except ScanError:
        return True


def expected_types(schema: Schema) -> tuple[str, ...] | None:
    """The JSON types a field takes, as kro reads a schema; ``any`` for everything; None when the schema says nothing."""
    if schema.get(PRESERVE) is True:
        return ("any",)
    if schema.get(INT_OR_STRING) is True:
        return ("string", "integer")
    for word in ("oneOf", "anyOf"):
        types = _union(schema.get(word) or ())
        if types:
            return types
    declared = schema.get("type")
    if declared:
        return (str(declared),) if isinstance(declared, str) else tuple(declared)
    if schema.get("additionalProperties"):
        return ("any",)
    return None


def schema_at(schema: Schema, path: Path) -> Schema | None:
    """The schema of a field, or None where the schema does not say."""
    found: Schema | None = schema
    for part in path:
        found = _below(found, part)
    return found


def _below(schema: Schema | None, part: str | int) -> Schema | None:
    if schema is None:
        return None
    found = schema.get("items") if isinstance(part, int) else (schema.get("properties") or {}).get(part, schema.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def _union(alternatives: Any) -> tuple[str, ...]:
    types: dict[str, None] = {}
    for alternative in alternatives:
        if alternative.get("required") or alternative.get("not") is not None:
            types["object"] = None
        if alternative.get("type"):
            types[str(alternative["type"])] = None
    return tuple(types)


def _fits(value: Any, expected: tuple[str, ...]) -> bool:
    if "any" in expected:
        return True
    if isinstance(value, bool):
        return "boolean" in expected
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer" in expected or "number" in expected
    return isinstance(value, float) and "number" in expected


def _mismatch(expected: tuple[str, ...], path: Path, value: Any) -> Problem:
    wanted, got = " or ".join(expected), _type_name(value)
    hint = f"write a value of type {wanted}, or one ${{…}} that returns it"
    if got == "string" and wanted in ("integer", "number", "boolean"):
        hint = f"write the {wanted} without quotes, or a single ${{…}} that returns it and nothing around it"
    return Problem("literal-type", f"expected {wanted} type for path {format_path(path)}, got {got}", path=format_path(path), hint=hint)


def _type_name(value: Any) -> str:
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) or value.is_integer() else "float64"
