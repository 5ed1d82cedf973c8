"""Rule 8, the gate: may anything be pruned after this run, and what do nodes want that the run could not bring about?

Nothing is pruned while an object that a node wants is unknown or could not be made: what is missing may be the replacement of what would
be taken away. An object that is there and cannot be brought up to date replaces nothing, so its refusal holds nothing back. Nodes that
wait behind such a refusal are not applied, but what they want is known: it is rendered from the objects as they are, which is how the
objects of those nodes came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore.converge.instance.gating import GOOD, Record, State
from graphcore.converge.instance.members import Members
from graphcore.converge.metadata import identity, meta
from graphcore.converge.safety.attempt import Identity
from graphcore.graph.expression import NodeError
from graphcore.graph.node import Node


def wanted_behind_refusals(records: Mapping[str, Record], scope: Mapping[str, Any], members: Members) -> dict[Identity, Record] | None:
    """What blocked nodes want as things stand; None where something wanted is unknown or not there, so that nothing may be pruned."""
    seen = dict(scope)
    wanted: dict[Identity, Record] = {}
    skipped = {record.id for record in records.values() if record.state is State.SKIPPED}
    passable = {record.id for record in records.values() if record.state in GOOD or _stands(record, seen)}
    for record in records.values():
        if record.state in GOOD or record.state is State.WAITING or (record.state is State.FAILED and not record.absent):
            continue
        if record.state is not State.BLOCKED:
            return None
        node = record.node
        if not skipped.isdisjoint(node.dependencies):
            skipped.add(record.id)
            passable.add(record.id)
            continue
        if node.type.external:
            # It wants nothing; what depends on it cannot pass it.
            continue
        if not passable.issuperset(node.dependencies):
            return None
        try:
            if not node.included(seen):
                skipped.add(record.id)
                passable.add(record.id)
                continue
            rendered = node.render(seen)
        except NodeError:
            return None
        keys = [identity(item) for item in (rendered if node.type.plural else [rendered])]
        if any(key not in members.objects or meta(members.objects[key]).get("deletionTimestamp") for key in keys):
            return None
        wanted |= dict.fromkeys(keys, record)
        seen[record.id] = [members.objects[key] for key in keys] if node.type.plural else members.objects[keys[0]]
        if _ready(node, seen[record.id]):
            passable.add(record.id)
    return wanted


def _stands(record: Record, scope: Mapping[str, Any]) -> bool:
    """Whether a node failed only because the API server refuses to change what is there, and would let others pass as it is."""
    outdated = record.state is State.FAILED and record.outdated and not record.absent
    return outdated and record.id in scope and _ready(record.node, scope[record.id])


def _ready(node: Node, seen: Any) -> bool:
    try:
        return node.ready(seen)
    except NodeError:
        return False
