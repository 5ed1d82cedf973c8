"""Warnings: what compiles and still hurts its users later. Never a reason to refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore import names
from graphcore.cel import Program
from graphcore.cel.scanner import scan
from graphcore.errors import Problem
from graphcore.graph.drafts import Draft
from graphcore.graph.inspection import Position, Use
from graphcore.graph.node import OWN_PREFIX, SCHEMA
from graphcore.graph.paths import Path, format_path

_VOLATILE = frozenset({"resourceVersion", "generation"})
_NAME_LIMITS = {"Service": 63, "Namespace": 63, "Job": 63, "StatefulSet": 52, "CronJob": 52}
_INSTANCE_NAME_LIMIT = 63


def warnings_of(
    drafts: Sequence[Draft],
    uses: Mapping[str, Sequence[Use]],
    programs: Mapping[Use, Program],
    instance_schema: Mapping[str, Any],
    status_leaves: Sequence[tuple[Path, Mapping[str, Any], Use]],
) -> Iterator[Problem]:
    """All warnings, in order of resources, then status."""
    for draft in drafts:
        yield from _plural(draft)
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
            yield from _optional(use, program, instance_schema)
    for path, leaf, use in status_leaves:
        if leaf.get("type") == "object" and "properties" in leaf:
            yield use.problem(
                "status-whole-object",
                f"status.{format_path(path)} copies a whole object's schema into the CRD; a change of that kind will be breaking",
                "project the fields that users need",
            ).as_warning()


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


def _optional(use: Use, program: Program, instance_schema: Mapping[str, Any]) -> Iterator[Problem]:
    for path in program.paths.get(SCHEMA, ()):
        missing = _optional_field(path, instance_schema)
        if missing is None or f".?{missing}" in use.expression or f"has({SCHEMA}." in use.expression:
            continue
        dotted = ".".join([SCHEMA, *(str(part) for part in path[: path.index(missing) + 1])])
        yield use.problem(
            "optional-field",
            f"{dotted} may be absent (it is neither required nor defaulted); then this waits for ever",
            f"give it a default, or write {dotted[: -len(missing)]}?{missing}.orValue(…)",
        ).as_warning()


def _optional_field(path: Sequence[str | None], schema: Mapping[str, Any]) -> str | None:
    """The first part of ``spec…`` that an instance may leave out."""
    if not path or path[0] != "spec":
        return None
    node: Any = (schema.get("properties") or {}).get("spec") or {}
    for part in path[1:]:
        properties = node.get("properties") if isinstance(node, Mapping) else None
        if part is None or not properties or part not in properties:
            return None
        child = properties[part]
        if part not in (node.get("required") or ()) and "default" not in child:
            return part
        node = child
    return None


def _plural(draft: Draft) -> Iterator[Problem]:
    if draft.kind is None or guessed_plural(draft.kind.kind) == draft.kind.plural:
        return
    yield Problem(
        "plural-guess",
        f"Knative's ApiServerSource would watch {guessed_plural(draft.kind.kind)} instead of {draft.kind.plural}, so it never sees one",
        draft.id,
        "kind",
        hint="use the bridge (the default), or rely on the resync",
        severity="warning",
    )


def guessed_plural(kind: str) -> str:
    """The plural that Kubernetes' client library guesses when it asks nobody."""
    word = kind.lower()
    if word.endswith("endpoints"):
        return word
    if word.endswith("s"):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


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
