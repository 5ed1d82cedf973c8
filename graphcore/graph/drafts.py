"""From ``spec.resources`` to drafts: decoded templates with their kinds and expressions, before references or types are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphcore import names
from graphcore.cel.syntax.lexer import position
from graphcore.cel.syntax.scanner import ScanError, is_standalone, to_expression
from graphcore.errors import Problem
from graphcore.graph.applicable import never_applied
from graphcore.graph.model import NodeType
from graphcore.graph.paths import format_path
from graphcore.graph.templates import Field, fields_of, schema_at
from graphcore.openapi import ResourceKind, Schemas
from graphcore.openapi.builtin_kinds import kind_hint

_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_RESERVED_KEYS = {"labels": ("kro.run/", "internal.kro.run/"), "annotations": ("internal.kro.run/",)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One expression of ``includeWhen``, ``readyWhen`` or ``forEach``. path: where it stands below the resource. name: the iterator's."""

    path: str
    expression: str
    name: str = ""


@dataclass(slots=True)
class Draft:
    """One resource on its way to a node.

    kind: None when its schema could not be found (reported already). namespace_required: no instance namespace can stand in.
    """

    id: str
    index: int
    type: NodeType
    template: dict[str, Any]
    kind: ResourceKind | None = None
    namespace_required: bool = False
    fields: list[Field] = field(default_factory=list)
    include_when: list[Entry] = field(default_factory=list)
    ready_when: list[Entry] = field(default_factory=list)
    for_each: list[Entry] = field(default_factory=list)
    iterators: tuple[str, ...] = ()


def draft_resources(spec: Mapping[str, Any], schemas: Schemas, *, instance_namespaced: bool) -> tuple[list[Draft], list[Problem]]:
    """Drafts in declaration order and every problem found on the way."""
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for index, resource in enumerate(spec.get("resources") or ()):
        draft, found = _draft(resource, index)
        if draft is not None:
            found.extend(_resolve(draft, schemas, instance_namespaced))
            if draft.kind is not None:
                found.extend(never_applied(draft.id, draft.type, draft.template, draft.kind, list(found)))
            drafts.append(draft)
        node = str(resource.get("id") or "")
        problems.extend(problem.at(node=node) for problem in found)
    return drafts, problems


def group_versions(spec: Mapping[str, Any]) -> frozenset[str]:
    """The group versions whose schemas a definition needs."""
    found = set()
    resources = spec.get("resources")
    # What is of another form is the compile's to refuse.
    for resource in resources if isinstance(resources, list) else ():
        if not isinstance(resource, Mapping):
            continue
        body = resource.get("template") if resource.get("template") is not None else resource.get("externalRef")
        if isinstance(body, Mapping) and isinstance(body.get("apiVersion"), str) and "${" not in body["apiVersion"]:
            found.add(body["apiVersion"])
    return frozenset(found)


def _draft(resource: Mapping[str, Any], index: int) -> tuple[Draft | None, list[Problem]]:
    node = str(resource.get("id") or "")
    template, reference, for_each = resource.get("template"), resource.get("externalRef"), resource.get("forEach") or ()
    wrong = _combination(node, template is not None, reference is not None, bool(for_each))
    if wrong:
        return None, [wrong]
    problems: list[Problem] = []
    if reference is not None:
        body, type_ = _external(reference)
    elif isinstance(template, Mapping):
        body, type_ = dict(template), NodeType.COLLECTION if for_each else NodeType.RESOURCE
    else:
        return None, [
            Problem("template-not-object", f"failed to unmarshal resource {node}: the template is not an object", path="template")
        ]
    draft = Draft(node, index, type_, body)
    draft.include_when = _entries(resource.get("includeWhen") or (), "includeWhen", problems)
    draft.ready_when = _entries(resource.get("readyWhen") or (), "readyWhen", problems)
    draft.for_each = _dimensions(for_each, problems)
    draft.iterators = tuple(name for dimension in for_each for name in sorted(dimension))
    return draft, problems


def _combination(node: str, template: bool, reference: bool, for_each: bool) -> Problem | None:
    prefix = f'invalid combination of resource fields: resource "{node}": '
    if not template and not reference:
        return Problem(
            "no-template", prefix + "exactly one of template or externalRef must be provided", hint="add a template or an externalRef"
        )
    if template and reference:
        return Problem("template-and-reference", prefix + "cannot use externalRef with template", hint="split it into two resources")
    if reference and for_each:
        return Problem(
            "reference-with-for-each", prefix + "cannot use externalRef with forEach", hint="use a selector to refer to several objects"
        )
    return None


def _external(reference: Mapping[str, Any]) -> tuple[dict[str, Any], NodeType]:
    metadata = reference.get("metadata") or {}
    kept = {key: metadata[key] for key in ("name", "namespace", "selector") if metadata.get(key) not in (None, "")}
    body = {"apiVersion": reference.get("apiVersion", ""), "kind": reference.get("kind", ""), "metadata": kept}
    return body, NodeType.EXTERNAL_COLLECTION if metadata.get("selector") is not None else NodeType.EXTERNAL


def standalone(text: Any, what: str, path: str) -> str | Problem:
    """The bare expression of a string that must be exactly one ``${…}``."""
    problem = Problem(
        "not-standalone",
        f"{what}: only standalone expressions are allowed",
        path=path,
        expression=str(text),
        hint="write exactly one ${…}, nothing around it",
    )
    if not isinstance(text, str):
        return problem
    try:
        return to_expression(text) if is_standalone(text) else problem
    except ScanError as error:
        line, column = position(text, error.offset)
        return Problem("scan-error", error.message, None, path, text, line, column, 'write a literal ${ as ${"${"}')


def _entries(texts: Sequence[Any], what: str, problems: list[Problem]) -> list[Entry]:
    entries = []
    for index, text in enumerate(texts):
        path = f"{what}[{index}]"
        found = standalone(text, f"failed to parse {what} expressions", path)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            entries.append(Entry(path, found))
    return entries


def _dimensions(for_each: Sequence[Mapping[str, Any]], problems: list[Problem]) -> list[Entry]:
    entries = []
    for index, dimension in enumerate(for_each):
        for name in sorted(dimension):
            path = f"forEach[{index}].{name}"
            found = standalone(
                dimension[name], f'failed to parse forEach dimensions: invalid forEach expression for dimension "{name}"', path
            )
            if isinstance(found, Problem):
                problems.append(found)
            else:
                entries.append(Entry(path, found, name))
    return entries


def _resolve(draft: Draft, schemas: Schemas, instance_namespaced: bool) -> list[Problem]:
    problems = list(_structure(draft)) or list(_address(draft)) or list(_find_kind(draft, schemas))
    if problems or draft.kind is None:
        return problems
    draft.namespace_required = draft.kind.namespaced and not instance_namespaced
    problems.extend(_constraints(draft, draft.kind))
    is_crd = (draft.kind.api_version, draft.kind.kind) == (names.CRD_API_VERSION, names.CRD_KIND)
    schema = None if draft.type.external or is_crd else draft.kind.schema
    body = draft.template if schema is None else {key: value for key, value in draft.template.items() if key not in ("apiVersion", "kind")}
    draft.fields, found = fields_of(body, schema)
    problems.extend(found)
    if schema is None:
        draft.fields = [replace(item, schema=schema_at(draft.kind.schema, item.path)) for item in draft.fields]
    if is_crd and not draft.type.external:
        problems.extend(_crd_expressions(draft))
    return problems


def _structure(draft: Draft) -> Iterator[Problem]:
    prefix = f"resource {draft.id} is not a valid Kubernetes object: "
    for key, type_, name in (("apiVersion", str, "string"), ("kind", str, "string"), ("metadata", Mapping, "map")):
        if key not in draft.template:
            yield Problem("not-an-object", f"{prefix}{key} field not found", path=key, hint=f"add {key} to the template")
        elif not isinstance(draft.template[key], type_):
            yield Problem("not-an-object", f"{prefix}{key} field is not a {name}", path=key, hint=f"{key} must be a literal {name}")


def _address(draft: Draft) -> Iterator[Problem]:
    prefix = f"failed to extract GVK from resource {draft.id}: "
    for key in ("apiVersion", "kind"):
        if "${" in draft.template[key]:
            yield Problem(
                "expression-in-kind",
                f"{prefix}expressions are not allowed in {key}",
                path=key,
                hint=f"write {key} literally; the kind decides the schema",
            )
            return
    if draft.template["apiVersion"].count("/") > 1:
        yield Problem(
            "invalid-api-version",
            f'{prefix}invalid apiVersion format "{draft.template["apiVersion"]}"',
            path="apiVersion",
            hint="write group/version, or v1",
        )
    kind = draft.template["kind"]
    if not _DNS_1035.match(kind.lower()):
        yield Problem(
            "invalid-kind-name",
            f'{prefix}invalid kind "{kind}": it must be letters, digits and dashes, starting with a letter',
            path="kind",
        )


def _find_kind(draft: Draft, schemas: Schemas) -> Iterator[Problem]:
    api_version, kind = draft.template["apiVersion"], draft.template["kind"]
    draft.kind = schemas.kind(api_version, kind)
    if draft.kind is not None:
        return
    group, _, version = api_version.rpartition("/")
    prefix = f"failed to get schema for resource {draft.id}: cannot resolve group version "
    if not schemas.has_group_version(api_version):
        yield Problem(
            "unknown-group-version",
            f'{prefix}"{api_version}": schema not found',
            path="apiVersion",
            hint=kind_hint(api_version, kind, schemas) or "install the CRD that provides it, or check the spelling",
        )
        return
    shown = f"{group}/{version}" if group else f"/{version}"
    yield Problem(
        "unknown-kind",
        f'{prefix}kind "{shown}, Kind={kind}": schema not found',
        path="kind",
        hint=kind_hint(api_version, kind, schemas) or "install the CRD that provides it; kinds are case-sensitive",
    )


def _constraints(draft: Draft, kind: ResourceKind) -> Iterator[Problem]:
    metadata = draft.template["metadata"]
    subject = f'resource "{draft.id}" is '
    if not kind.namespaced and "namespace" in metadata:
        yield Problem(
            "namespace-on-cluster-kind",
            subject + "cluster-scoped and must not set metadata.namespace",
            path="metadata.namespace",
            hint="remove metadata.namespace",
        )
    if draft.namespace_required and draft.type is not NodeType.EXTERNAL_COLLECTION:
        namespace = metadata.get("namespace")
        if not isinstance(namespace, str) or not namespace.strip():
            message = subject + "namespaced and must set metadata.namespace when the instance CRD is cluster-scoped"
            yield Problem("namespace-missing", message, path="metadata.namespace", hint="name a namespace, or take it from schema.spec")
    for key, word in (("labels", "label"), ("annotations", "annotation")):
        values = metadata.get(key)
        if not isinstance(values, Mapping):
            continue
        for name in sorted(values):
            prefix = next((prefix for prefix in _RESERVED_KEYS[key] if str(name).startswith(prefix)), None)
            if prefix:
                yield Problem(
                    f"reserved-{word}",
                    f'invalid {word} for resource "{draft.id}". {key} with prefix "{prefix}" are reserved for internal use',
                    path=f'metadata.{key}["{name}"]',
                    hint=f"use another prefix for your own {key}",
                )


def _crd_expressions(draft: Draft) -> Iterator[Problem]:
    for item in draft.fields:
        if item.path[0] != "metadata":
            path = format_path(item.path)
            yield Problem(
                "expression-in-crd",
                f'CEL expressions in CRDs are only supported for metadata fields, found in path "{path}", resource {draft.id}',
                path=path,
                expression=item.shown,
                hint="write the CRD's spec literally",
            )
