"""The entry of the room: ``schema.spec`` and ``schema.types`` in, one OpenAPI schema out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore.errors import Problem, ProblemsError
from graphcore.simpleschema.builder import UNKNOWN, Builder, Place
from graphcore.simpleschema.custom import load_types
from graphcore.simpleschema.documents import type_name

_HINT = "write an object: a name for every field, and its type"


def to_openapi(spec: Any, types: Any) -> dict[str, Any]:
    """The OpenAPI v3 schema of an instance's ``spec``.

    spec, types: ``schema.spec`` and ``schema.types`` of a definition, as decoded from YAML or JSON; None counts as absent.
    Sub-schemas of custom types are shared inside the result: copy before changing anything.
    Raises :class:`ProblemsError` with every fault, each with field path, the field's text and the position of the marker in it.
    """
    schema, problems = read_schema(spec, types)
    if problems:
        raise ProblemsError(problems)
    return schema


def read_schema(spec: Any, types: Any) -> tuple[dict[str, Any], list[Problem]]:
    """The same, with the faults beside it: where a field is faulty, the schema says as much of it as is known."""
    builder = Builder()
    if isinstance(types, Mapping):
        load_types(types, builder)
    elif types is not None:
        builder.report(Place("types"), f"failed to unmarshal predefined types: got {type_name(types)}", "invalid-type", hint=_HINT)
    result: dict[str, Any] = {"type": "object"}
    builder.served = True
    if isinstance(spec, Mapping):
        result = builder.object(spec, Place("spec")).schema
    elif spec is not None:
        builder.report(Place("spec"), f"failed to unmarshal spec schema: got {type_name(spec)}", "invalid-type", hint=_HINT)
        result = UNKNOWN.schema
    return result, builder.problems
