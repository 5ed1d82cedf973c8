"""Rules 4 and 8: delete members that nothing wants any more, without ever guessing.

Only called where ``outstanding`` knows everything that is wanted and finds it in place. What is deleted was listed before the fence in
which its UID is claimed, and is deleted only as it was listed (uid and resourceVersion): an invocation that wants the object after all
rewrites it first, and our delete fails. Dependents go before what they depend on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from graphcore import names
from graphcore.converge.effects import Delete, Found, Get, Missing, Refused
from graphcore.converge.instance.members import Members, describe, is_member
from graphcore.converge.metadata import annotations_of, identity, labels_of, meta, namespace_of
from graphcore.converge.safety.attempt import Identity, Object, Restart, Session
from graphcore.converge.safety.claims import claim
from graphcore.converge.safety.fencing import due, fence
from graphcore.converge.steps import Steps, every, one
from graphcore.graph.model import Resource

RETRIES = 4


@dataclass(slots=True)
class Removal:
    """held: accepted for deletion but still there. refused: one message per object that may not be deleted."""

    held: list[Object] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def descriptions(self) -> list[str]:
        return sorted(describe(obj) for obj in self.held)


def candidates(members: Members, wanted: Iterable[Identity]) -> list[Object]:
    """Members that no node wants, those already going included."""
    kept = set(wanted)
    return [obj for key, obj in members.objects.items() if key not in kept]


def prune(session: Session, members: Members, doomed: Sequence[Object], order: Sequence[str]) -> Steps[Removal]:
    """Delete ``doomed`` in reverse of ``order`` (node ids, topological; unknown nodes first). Raises Restart, Blocked."""
    removal = Removal()
    if (session.instance.get("status") or {}).get("state") == names.ERROR:
        yield from _rehearse(members, doomed, removal)
        if removal.refused:
            return removal
    claims = claim(doomed)
    if due(session, prunes=claims):
        yield from fence(session, pruning=claims)
    position = {name: index for index, name in enumerate(order)}
    waves: dict[int, list[Object]] = {}
    for obj in doomed:
        waves.setdefault(position.get(labels_of(obj).get(names.NODE_ID, ""), len(order)), []).append(obj)
    for _, wave in sorted(waves.items(), reverse=True):
        yield from remove(session, wave, members.resource_of, removal)
    for obj in doomed:
        members.objects.pop(identity(obj), None)
    return removal


def _rehearse(members: Members, doomed: Sequence[Object], removal: Removal) -> Steps[None]:
    """Where the last run failed, see first whether deletes would be refused again: a claim in vain is an event for every other process."""
    fresh = [obj for obj in doomed if not meta(obj).get("deletionTimestamp")]
    if not fresh:
        return
    results = yield from every(replace(_delete(members.resource_of(obj), obj), dry_run=True) for obj in fresh)
    for obj, result in zip(fresh, results, strict=True):
        if isinstance(result, Refused) and not result.conflict and not (result.code == 400 and "dry" in result.message.lower()):
            removal.refused.append(_refusal(obj, result))


def _refusal(obj: Object, result: Refused) -> str:
    """Whose deletion was refused, and why."""
    node = labels_of(obj).get(names.NODE_ID)
    return f"{f'node {json.dumps(node)}: ' if node else ''}deleting {describe(obj)} failed: {result.message}"


def remove(session: Session, wave: Iterable[Object], find: Callable[[Object], Resource], removal: Removal) -> Steps[None]:
    """Delete objects as they were listed, in one batch; each at most once. find: how to address an object. Raises Restart."""
    going = [obj for obj in wave if meta(obj).get("deletionTimestamp")]
    fresh = [obj for obj in wave if not meta(obj).get("deletionTimestamp")]
    removal.held += going
    if not fresh:
        return
    results = yield from every(_delete(find(obj), obj) for obj in fresh)
    for obj, result in zip(fresh, results, strict=True):
        yield from _settle_one(session, find(obj), obj, result, removal)


def _delete(resource: Resource, obj: Object) -> Delete:
    metadata = meta(obj)
    return Delete(resource, metadata["name"], namespace_of(obj) or None, metadata["uid"], metadata["resourceVersion"])


def _settle_one(session: Session, resource: Resource, listed: Object, result: Found | Missing | Refused, removal: Removal) -> Steps[None]:
    for _ in range(RETRIES):
        match result:
            case Missing():
                session.wrote = True
                return
            case Found():
                session.wrote = True
                removal.held.append(result.object)
                return
            case Refused() if not result.conflict:
                removal.refused.append(_refusal(listed, result))
                return
            case Refused():
                current = yield from one(Get(resource, meta(listed)["name"], namespace_of(listed) or None))
        match current:
            case Missing():
                return
            case Found() if meta(current.object)["uid"] != meta(listed)["uid"] or not is_member(session, current.object):
                raise Restart
            case Found() if _rewritten(listed, current.object):
                raise Restart
            case Found() if meta(current.object).get("deletionTimestamp"):
                removal.held.append(current.object)
                return
            case Found():
                result = yield from one(_delete(resource, current.object))
            case Refused():
                removal.refused.append(_refusal(listed, current))
                return
    raise Restart


def _rewritten(listed: Object, current: Object) -> bool:
    """Another invocation applied the object since it was listed: it wants it. Anything else (a status) moved it."""
    return annotations_of(listed).get(names.APPLIED) != annotations_of(current).get(names.APPLIED)
