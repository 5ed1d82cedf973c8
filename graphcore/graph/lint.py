"""Warnings: what compiles and still hurts its users later. Never a reason to refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore import names
from graphcore.cel import Program
from graphcore.cel.syntax.scanner import scan
from graphcore.errors import Problem
from graphcore.graph.drafts import Draft
from graphcore.graph.exclusion import never_made
from graphcore.graph.inspection import Position, Use
from graphcore.graph.node import OWN_PREFIX, SCHEMA
from graphcore.graph.optional_fields import optional_fields
from graphcore.graph.order import topological_order
from graphcore.graph.paths import Path, format_path
from graphcore.graph.projection import Projection
from graphcore.simpleschema.foreign import cure, is_openapi

_VOLATILE = frozenset({"resourceVersion", "generation"})
_NAME_LIMITS = {"Service": 63, "Namespace": 63, "Job": 63, "StatefulSet": 52, "CronJob": 52}
_INSTANCE_NAME_LIMIT = 63


def warnings_of(
    drafts: Sequence[Draft],
    uses: Mapping[str, Sequence[Use]],
    programs: Mapping[Use, Program],
    edges: Mapping[str, Sequence[str]],
    spec: Any,
    instance_schema: Mapping[str, Any],
    projection: Projection,
) -> Iterator[Problem]:
    """All warnings, in order of resources, then status."""
    for draft in drafts:
        yield from _stray_markers(draft.template, draft)
        yield from _kro_annotations(draft)
        for use in uses[draft.id]:
            program = programs.get(use)
            if program is None:
                continue
            if use.position is Position.TEMPLATE and use.path in ("metadata.name", "metadata.namespace"):
                yield from _volatile(use, program)
            if use.position is Position.TEMPLATE and use.path == "metadata.name":
                yield from _too_long(use, draft)
    yield from _openapi(spec, programs)
    yield from optional_fields(drafts, uses, edges, instance_schema, projection)
    yield from _never_made(drafts, uses, edges)
    for path, leaf, use in projection.leaves:
        if leaf.get("type") == "object" and "properties" in leaf:
            yield use.problem(
                "status-whole-object",
                f"status.{format_path(path)} copies a whole object's schema into the CRD; a change of that kind will be breaking",
                "project the fields that users need",
            ).as_warning()


def _openapi(spec: Any, programs: Mapping[Use, Program]) -> Iterator[Problem]:
    """Objects of ``schema.spec`` that look like a schema of OpenAPI, and whose words no expression reads as fields."""
    read = {path for program in programs.values() for path in program.paths.get(SCHEMA, ())}
    pending: list[tuple[Path, Any]] = [(("spec",), spec)]
    while pending:
        path, part = pending.pop()
        if not isinstance(part, Mapping):
            continue
        whole = any(path[: len(each)] == each for each in read)
        if (
            is_openapi(part)
            and not any(each[: len(path)] == path and len(each) > len(path) for each in read)
            and (len(part) > 1 or not whole)
        ):
            yield Problem(
                "openapi-schema",
                f"this is an object with the {'field' if len(part) == 1 else 'fields'} {', '.join(map(str, part))}; no expression reads "
                f"{'it' if len(part) == 1 else 'them'}, and it looks like a schema of OpenAPI",
                SCHEMA,
                format_path(path),
                hint=cure(str(path[-1]), part),
                severity="warning",
            )
        else:
            pending += [((*path, str(key)), part[key]) for key in sorted(part, reverse=True, key=str)]


def _never_made(drafts: Sequence[Draft], uses: Mapping[str, Sequence[Use]], edges: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    conditions = {draft.id: [use for use in uses[draft.id] if use.position is Position.INCLUDE_WHEN] for draft in drafts}
    for never in never_made(topological_order(edges), edges, {node: [use.ast for use in found] for node, found in conditions.items()}):
        told = [f"{node} ({' and '.join(use.expression for use in conditions[node])})" for node in never.because]
        others = [node for node in never.because if node != never.node]
        reading = [use for use in uses[never.node] if use.position is not Position.READY_WHEN]
        use = max(reading, key=lambda use: sum(name in use.references for name in others), default=None)
        place = use if others else next(iter(conditions[never.node]), None)
        if not others:
            message, hint = f"no instance has this node: its conditions cannot hold: {told[0]}", "correct includeWhen"
        else:
            message = (
                f"no instance has this node: it is left out with any node that it needs, and the conditions of {', '.join(told)} exclude "
                "each other"
            )
            hint = "make one node for each case, with the same includeWhen as the node that it reads"
        yield Problem(
            "never-made",
            message,
            never.node,
            place.path if place else None,
            place.shown if place else None,
            hint=hint,
            severity="warning",
        )


def _volatile(use: Use, program: Program) -> Iterator[Problem]:
    for name, paths in program.paths.items():
        for path in paths:
            if len(path) >= 2 and path[0] == "metadata" and path[1] in _VOLATILE:
                yield use.problem(
                    "volatile-name",
                    f"{use.path} depends on {name}.metadata.{path[1]}, which changes with every write: the object is made anew each time",
                    "use metadata.name, metadata.uid or a hash of the spec",
                ).as_warning()


def _too_long(use: Use, draft: Draft) -> Iterator[Problem]:
    limit = _NAME_LIMITS.get(draft.kind.kind if draft.kind else "")
    if limit is None or use.field is None or use.field.standalone:
        return
    literal = len(use.field.text) - sum(len(part) for part in _expressions(use.field.text))
    if "schema.metadata.name" in use.expression and literal and _INSTANCE_NAME_LIMIT + literal > limit:
        yield use.problem(
            "long-name",
            f"the name of this {draft.template['kind']} can exceed {limit} characters: {literal} of its own and an instance name of up to "
            f"{_INSTANCE_NAME_LIMIT}",
            "shorten it, or limit the instance's name with a validation",
        ).as_warning()


def _expressions(text: str) -> list[str]:
    return ["${" + segment.text + "}" for segment in scan(text) if segment.expression]


def _stray_markers(value: Any, draft: Draft, path: Path = ()) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _stray_markers(value[key], draft, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _stray_markers(item, draft, (*path, index))
    elif isinstance(value, str) and "${" in value and any("${" in segment.text for segment in scan(value) if not segment.expression):
        yield Problem(
            "stray-marker",
            "this text has a ${ that begins no expression and stays as it is",
            draft.id,
            format_path(path),
            value,
            hint='close it with }, or write a literal ${ as ${"${"}',
            severity="warning",
        )


def _kro_annotations(draft: Draft) -> Iterator[Problem]:
    """Annotations under kro's prefix that mean nothing on this child; those that mean something on a definition or an instance do there."""
    annotations = draft.template["metadata"].get("annotations")
    for name in sorted(annotations) if isinstance(annotations, Mapping) else ():
        if str(name).startswith(OWN_PREFIX) and name not in (names.RECONCILE, names.ALLOW_BREAKING_CHANGES):
            order = "; what a resource waits for follows from its expressions" if "depend" in name else ""
            yield Problem(
                "kro-annotation",
                f"the annotation {name} has no meaning here: the object carries it and nobody reads it{order}",
                draft.id,
                f'metadata.annotations["{name}"]',
                hint="refer to the other resource in an expression, and remove the annotation" if order else "remove the annotation",
                severity="warning",
            )
