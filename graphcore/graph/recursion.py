"""Templates of the definition's own kind: an instance that would be its own child, and kinds that make themselves without end.

Refused is what can be proved from the definition alone. A template that gives the instance's own name is the instance itself, whatever its
conditions. One that nothing can leave out makes another instance for every instance. What depends on values, or goes through the
definition of another kind, is judged when it happens (``graphcore.converge.instance.lineage``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphcore import names
from graphcore.cel import Environment
from graphcore.cel.ast import Expr, Ident, ListExpr, Literal, Select
from graphcore.errors import Problem
from graphcore.graph.drafts import Draft
from graphcore.graph.inspection import Position, Use, dependencies, uses_of
from graphcore.graph.model import NodeType
from graphcore.graph.node import SCHEMA
from graphcore.graph.templates import fields_of

UNKNOWN = ("unknown-kind", "unknown-group-version")
"""Codes that say no more once a template of the own kind is refused: the kind is about to be made by this very definition."""


def own_children(
    block: Mapping[str, Any], drafts: Sequence[Draft], uses: Mapping[str, Sequence[Use]], environment: Environment
) -> Iterator[Problem]:
    """The faults of templates of the own kind. block: ``spec.schema``; uses: of each draft."""
    ids = [draft.id for draft in drafts]
    known = {draft.id: list(uses.get(draft.id, ())) for draft in drafts}
    own = [draft for draft in drafts if not draft.type.external and _is_own(draft, block)]
    for draft in own:
        if draft.kind is None:
            # Its template has not been read, as there is no schema for it (yet).
            known[draft.id], _ = uses_of(replace(draft, fields=fields_of(draft.template, None)[0]), environment)
    edges = {name: dependencies(found, ids) for name, found in known.items()}
    kind = block.get("kind")
    for draft in own:
        path = "metadata.name"
        if _is_self(draft, known[draft.id], cluster_scoped=block.get("scope") == "Cluster"):
            message = f"the template is the {kind} itself: it has the kind and the name of the instance that it is made for"
            yield Problem("own-child", message, draft.id, path, hint="make it of another kind, or give it another name")
        elif draft.id in _unconditional(drafts, known, edges):
            message = f"every {kind} would make another {kind}, without end"
            hint = f"make it of another kind, or give it an includeWhen that a {kind} at the end of the chain does not meet"
            yield Problem("endless-children", message, draft.id, "kind", hint=hint)


def _is_own(draft: Draft, block: Mapping[str, Any]) -> bool:
    api_version = draft.template.get("apiVersion")
    group = api_version.rpartition("/")[0] if isinstance(api_version, str) else None
    return group == (block.get("group") or names.GROUP) and draft.template.get("kind") == block.get("kind")


def _is_self(draft: Draft, uses: Sequence[Use], *, cluster_scoped: bool) -> bool:
    metadata = draft.template.get("metadata")
    if not isinstance(metadata, Mapping) or not _reads(uses, "name"):
        return False
    return cluster_scoped or not metadata.get("namespace") or _reads(uses, "namespace")


def _reads(uses: Sequence[Use], field: str) -> bool:
    """Whether a field of the template's metadata is exactly that of the instance."""
    return any(
        use.position is Position.TEMPLATE
        and use.field is not None
        and use.field.standalone
        and use.path == f"metadata.{field}"
        and _path(use.ast) == (SCHEMA, "metadata", field)
        for use in uses
    )


def _path(ast: Expr) -> tuple[str, ...]:
    parts: list[str] = []
    while isinstance(ast, Select) and not ast.test_only:
        parts.append(ast.field)
        ast = ast.operand
    return (ast.name, *reversed(parts)) if isinstance(ast, Ident) else ()


def _unconditional(drafts: Sequence[Draft], uses: Mapping[str, Sequence[Use]], edges: Mapping[str, Sequence[str]]) -> set[str]:
    """Resources that nothing leaves out, on whatever values: neither a condition of their own nor one of what they depend on."""
    certain: set[str] = set()
    for _ in drafts:
        certain |= {draft.id for draft in drafts if _certain(draft, uses[draft.id]) and certain.issuperset(edges[draft.id])}
    return {draft.id for draft in drafts if draft.id in certain and _makes_something(draft, uses[draft.id])}


def _certain(draft: Draft, uses: Sequence[Use]) -> bool:
    conditions = [use for use in uses if use.position is Position.INCLUDE_WHEN]
    return len(conditions) == len(draft.include_when) and all(isinstance(use.ast, Literal) and use.ast.value is True for use in conditions)


def _makes_something(draft: Draft, uses: Sequence[Use]) -> bool:
    if draft.type is not NodeType.COLLECTION:
        return True
    lists = [use.ast for use in uses if use.position is Position.FOR_EACH]
    return len(lists) == len(draft.for_each) and all(isinstance(ast, ListExpr) and len(ast.elements) > len(ast.optional) for ast in lists)
