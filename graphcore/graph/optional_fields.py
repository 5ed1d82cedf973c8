"""Warnings about fields that an instance may leave out and that are read as if they were there: one for each field, whatever reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcore.cel.ast import Expr, Ident, Select
from graphcore.errors import Problem
from graphcore.graph.drafts import Draft
from graphcore.graph.inspection import Position, Use
from graphcore.graph.node import SCHEMA
from graphcore.graph.order import topological_order
from graphcore.graph.presence import NOTHING, Facts, Gap, Place, facts_of, gaps, member, read_safely
from graphcore.graph.projection import Projection

_NAMED = 3
_NAMES = ("metadata.name", "metadata.namespace")
_STATUS = (Position.STATUS, Position.CONDITION)


def optional_fields(
    drafts: Sequence[Draft],
    uses: Mapping[str, Sequence[Use]],
    edges: Mapping[str, Sequence[str]],
    schema: Mapping[str, Any],
    projection: Projection,
) -> Iterator[Problem]:
    """In the order of the first reads, those of the status last. A node is made only where its own ``includeWhen`` hold and those of all
    that it refers to, so what these ask for is there; the same for what the status reads of a node. A field of the status that only repeats
    another field is absent where that is, which is nothing to warn of.
    """
    found: dict[Place, list[tuple[Use, Gap]]] = {}
    known = _known(drafts, uses, edges)
    for draft in drafts:
        facts = known[draft.id][0]
        for use in uses[draft.id]:
            if SCHEMA not in use.references:
                continue
            for gap in gaps(use.ast, schema, facts if use.position is Position.INCLUDE_WHEN else known[draft.id][1]):
                found.setdefault(gap.field, []).append((use, gap))
            if use.position is Position.INCLUDE_WHEN:
                facts |= facts_of([use.ast])
    for use in [use for _, use in projection.fields if not _repeats(use)] + (projection.conditions or []):
        facts = NOTHING.union(*(known[name][1] for name in use.references if name in known))
        for gap in gaps(use.ast, schema, facts):
            found.setdefault(gap.field, []).append((use, gap))
    for field, reads in found.items():
        yield _problem(field, reads, schema)


def _repeats(use: Use) -> bool:
    expr: Expr = use.ast
    if use.field is None or not use.field.standalone:
        return False
    while isinstance(expr, Select) and not expr.test_only:
        expr = expr.operand
    return isinstance(expr, Ident)


def _known(
    drafts: Sequence[Draft], uses: Mapping[str, Sequence[Use]], edges: Mapping[str, Sequence[str]]
) -> dict[str, tuple[Facts, Facts]]:
    """Node → what is there when its conditions are asked, and when it is rendered."""
    own = {draft.id: facts_of(use.ast for use in uses[draft.id] if use.position is Position.INCLUDE_WHEN) for draft in drafts}
    known: dict[str, tuple[Facts, Facts]] = {}
    for node in topological_order(edges):
        before = NOTHING.union(*(known[name][1] for name in edges[node]))
        known[node] = before, before | own[node]
    return known


def _problem(field: Place, reads: Sequence[tuple[Use, Gap]], schema: Mapping[str, Any]) -> Problem:
    reads = [(use, gap) for use, gap in reads if use.position not in _STATUS] or reads
    use, gap = reads[0]
    dotted = ".".join((SCHEMA, *field))
    count = len({id(each) for each, _ in reads})
    nodes = list(dict.fromkeys("the status" if each.position in _STATUS else each.node for each, _ in reads))
    others = f" and {len(nodes) - _NAMED} more" if len(nodes) > _NAMED else ""
    readers = f"{'an expression' if count == 1 else f'{count} expressions'} of {', '.join(nodes[:_NAMED])}{others}"
    end = _end([each for each, _ in reads])
    safe = read_safely(gap, schema)
    if all(each.supposed for _, each in reads):
        parent = ".".join((SCHEMA, *field[:-1]))
        return use.problem(
            "empty-object",
            f"has({parent}) is true of an object without {field[-1]}, too, yet {readers} then {'reads' if count == 1 else 'read'} "
            f"{dotted}: without it, {end}",
            f"ask for what is read: has({parent}) && has({dotted}), or write {safe}",
        ).as_warning()
    cure = f"mark it required=true or give {'its fields defaults' if _properties(field, schema) else 'it a default'}"
    if not any(each.path in _NAMES and each.position is Position.TEMPLATE for each, _ in reads):
        cure += f", or write {safe}"
    words = f"{dotted} is neither required nor defaulted, yet {readers} {'reads' if count == 1 else 'read'} it: without it, {end}"
    return use.problem("optional-field", words, cure).as_warning()


def _end(uses: Sequence[Use]) -> str:
    """What comes of it: only ``includeWhen`` that waits for nobody fails, and nobody waits for the status."""
    if uses[0].position in _STATUS:
        return "it has no value" if len(uses) == 1 else "they have no value"
    failing = [use for use in uses if use.position is Position.INCLUDE_WHEN and use.references == (SCHEMA,)]
    if len(failing) == len(uses):
        return "the instance is in error"
    return "it waits for ever" if len(uses) == 1 else "they wait for ever"


def _properties(field: Place, schema: Mapping[str, Any]) -> bool:
    node: Any = (schema.get("properties") or {}).get("spec") or {}
    for part in field[1:]:
        found = member(node, part)
        if found is None:
            return False
        node = found[1]
    return bool(node.get("properties"))
