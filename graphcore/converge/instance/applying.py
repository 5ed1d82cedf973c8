"""Rules 2, 3 and 6: bring the objects of one wave to what they should be, and take the answers as observations.

An object that is current costs nothing. One that was seen is overwritten only as it was seen (uid and resourceVersion); one that was not
seen is created only if nobody has it (``resourceVersion: "1"``), so that creation needs no look beforehand. When the API server objects,
the object is read and it is decided again: ours and merely moved ⇒ once more; ours and rewritten by another invocation ⇒ start over;
nobody's ⇒ adopted; another ApplySet's ⇒ reported and left alone.

A create that was refused is tried again, but its fence must not be written again each time: that write is an event for every other
process, whose try would be an event for us, without end. So where the last run ended in an error, creates are rehearsed (dry run) first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphcore import names
from graphcore.converge.effects import Apply, Found, Get, Missing, Refused
from graphcore.converge.instance import repair
from graphcore.converge.instance.gating import Record, State
from graphcore.converge.instance.members import Members, is_member
from graphcore.converge.instance.ownership import applied_digest, is_current, with_digest
from graphcore.converge.metadata import applyset_id, identity, labels_of, meta, namespace_of, reference
from graphcore.converge.references import Reference
from graphcore.converge.repeats import Repeat
from graphcore.converge.safety.attempt import Identity, Object, Restart, Session
from graphcore.converge.safety.claims import is_claimed
from graphcore.converge.safety.mark import Place
from graphcore.converge.steps import Steps, every, one
from graphcore.masking import mask

CREATE_ONLY = "1"
"""The resourceVersion that no object ever has: an apply with it creates or answers 409."""
RETRIES = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object of a node.

    observed: the child as listed, if there is one. current: it is what it should be. wait: seconds until its repair may be made.
    """

    record: Record
    desired: dict[str, Any]
    observed: Object | None
    current: bool
    wait: float = 0.0

    @property
    def identity(self) -> Identity:
        return identity(self.desired)

    @property
    def place(self) -> Place:
        return Place(self.record.node.resource, namespace_of(self.desired))


def wanted_of(session: Session, wave: Iterable[Record], members: Members) -> list[Wanted]:
    """The objects that the rendered nodes of a wave want, beside what was observed of them."""
    wanted = []
    for record in wave:
        for desired in record.desired:
            observed = members.objects.get(identity(desired))
            current = observed is not None and is_current(desired, observed)
            wait = _wait(session, desired, observed) if observed is not None and not current else 0.0
            wanted.append(Wanted(record, desired, observed, current, wait))
    return wanted


def _wait(session: Session, desired: Object, observed: Object) -> float:
    """Seconds for which an object that is not current has to be left as it is. What a prune claims is rewritten at once."""
    if not repair.is_repair(desired, observed) or is_claimed(session, observed):
        return 0.0
    return repair.due(repair.row_of(desired, observed, session.now), session.now)


def refuse_duplicates(wanted: Iterable[Wanted], claimed: dict[Identity, Record]) -> set[Identity]:
    """Two nodes that render the same object: both fail and it is not written (any more). The identities of such objects."""
    refused = set()
    for item in wanted:
        other = claimed.setdefault(item.identity, item.record)
        if other is item.record:
            continue
        kind = item.record.node.resource.kind
        message = f'resources "{other.id}" and "{item.record.id}" both render {kind} {reference(item.desired)}; neither is applied'
        other.fail(message)
        item.record.fail(message)
        refused.add(item.identity)
    return refused


def must_write(session: Session, item: Wanted) -> bool:
    """Not there, not current and its repair not to wait, or claimed by somebody's prune and not yet rewritten since."""
    return item.observed is None or (not item.current and not item.wait) or is_claimed(session, item.observed)


def rehearse(session: Session, wanted: Iterable[Wanted]) -> Steps[set[Identity]]:
    """Where the last run failed, see first which creates would be refused again; those fail without a trace."""
    refused: set[Identity] = set()
    fresh = [item for item in wanted if item.observed is None]
    if not fresh or (session.instance.get("status") or {}).get("state") != names.ERROR:
        return refused
    results = yield from every(replace(_apply(session, item, None), dry_run=True) for item in fresh)
    for item, result in zip(fresh, results, strict=True):
        if not isinstance(result, Refused) or (result.code == 400 and "dry" in result.message.lower()):
            continue
        if result.unserved and not session.covered([item.place]):
            # Once it leaves a trace: the inventory that the fence writes is what the kind's appearance finds the instance by.
            continue
        if not result.conflict:
            _refused(session, item, result)
            refused.add(item.identity)
            continue
        current = yield from one(Get(item.record.node.resource, meta(item.desired)["name"], namespace_of(item.desired) or None))
        if isinstance(current, Found) and _belongs_elsewhere(session, item, current.object):
            refused.add(item.identity)
    return refused


def _belongs_elsewhere(session: Session, item: Wanted, current: Object) -> bool:
    """An object of another ApplySet is left alone; says so on the record, and which object it is."""
    owner = labels_of(current).get(names.APPLYSET_PART_OF)
    if not owner or owner == session.set_id:
        return False
    kind = item.record.node.resource
    item.record.obstacles.append(Reference(kind, namespace_of(current), str(meta(current).get("name", "")), awaited=True))
    what = f"{reference(current)} ({kind.group}/{kind.version}, Kind={kind.kind})"
    text = f'resource belongs to a different ApplySet: {what} belongs to ApplySet "{owner}"{_owner(current)}, '
    item.record.fail(f'node "{item.record.id}": {text}cannot reassign to "{session.set_id}"', retry=True)
    return True


def _owner(obj: Object) -> str:
    """The instance whose ApplySet a child belongs to, as a message names it; "" where its labels name another or none."""
    labels = labels_of(obj)
    kind, name, namespace = (labels.get(key) or "" for key in (names.INSTANCE_KIND, names.INSTANCE_NAME, names.INSTANCE_NAMESPACE))
    version = f"{labels.get(names.INSTANCE_GROUP) or ''}/{labels.get(names.INSTANCE_VERSION) or ''}"
    instance = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    return f" of {kind} {reference(instance)}" if labels.get(names.APPLYSET_PART_OF) == applyset_id(instance) else ""


def apply_wave(session: Session, wanted: list[Wanted], members: Members) -> Steps[None]:
    """Write what differs, in one batch; afterwards ``members`` holds the answers and failed records say why. Raises Restart."""
    writes = []
    for item in wanted:
        if item.observed is not None and meta(item.observed).get("deletionTimestamp"):
            item.record.wait(
                State.DELETING,
                f'resource "{reference(item.observed)}" for node "{item.record.id}" is currently being deleted; waiting for deletion to '
                f"complete before continuing reconciliation{_held_by(item.observed)}",
            )
            # Whatever else happens to the node's other objects.
            item.record.absent = True
        elif must_write(session, item):
            writes.append(item)
        elif item.wait and item.observed is not None:
            _postpone(session, item, item.observed, item.wait)
    if not writes:
        return
    results = yield from every(_apply(session, item, item.observed) for item in writes)
    for item, result in zip(writes, results, strict=True):
        yield from _settle_one(session, item, result, members)


def _postpone(session: Session, item: Wanted, observed: Object, seconds: float) -> None:
    row = repair.row_of(item.desired, observed, session.now)
    first = row is not None and row.count <= repair.AT_ONCE
    item.record.fights.append((repair.contest(item.desired, observed), Repeat(seconds, prompt=first)))


def _held_by(obj: Object) -> str:
    finalizers = meta(obj).get("finalizers")
    return f" (finalizers: {', '.join(sorted(finalizers))})" if finalizers else ""


def _apply(session: Session, item: Wanted, over: Object | None) -> Apply:
    rewrite = session.mark.fence if over is not None and is_claimed(session, over) else None
    body = with_digest(item.desired, rewrite)
    metadata = dict(body["metadata"])
    if over is None:
        metadata["resourceVersion"] = CREATE_ONLY
    else:
        metadata |= {"uid": meta(over)["uid"], "resourceVersion": meta(over)["resourceVersion"]}
        row = _row(session, item, over)
        if row is not None:
            metadata["annotations"] = {**metadata["annotations"], names.REPAIRS: row.to_text()}
    resource = item.record.node.resource
    namespace = namespace_of(item.desired) or None
    return Apply(resource, metadata["name"], namespace, {**body, "metadata": metadata}, names.MANAGER_APPLYSET)


def _row(session: Session, item: Wanted, over: Object) -> repair.Row | None:
    """The repairs in a row, as the write over ``over`` records them."""
    if applied_digest(over) is None:
        return None
    return repair.after(repair.row_of(item.desired, over, session.now), item.desired, over, session.now)


def _settle_one(session: Session, item: Wanted, result: Found | Refused, members: Members) -> Steps[None]:
    """Accept an answer, or read the object and decide again, a few times."""
    seen, over = item.observed, item.observed
    adopting = False
    for _ in range(RETRIES):
        match result:
            case Found():
                _accept(session, item, result.object, over, members)
                if over is not None:
                    _tell(session, item, over)
                if adopting:
                    session.event(
                        "Normal", "Adopted", f"took over {item.record.node.resource.kind} {reference(item.desired)}, which nobody owned"
                    )
                return
            case Refused() if result.conflict:
                resource, name = item.record.node.resource, meta(item.desired)["name"]
                current = yield from one(Get(resource, name, namespace_of(item.desired) or None))
            case Refused():
                _refused(session, item, result)
                return
        match current:
            case Found() if meta(current.object).get("deletionTimestamp"):
                raise Restart
            case Found():
                over = current.object
            case Missing():
                raise Restart
            case Refused():
                _refused(session, item, current)
                return
        if _belongs_elsewhere(session, item, over):
            return
        if seen is None and is_member(session, over):
            raise Restart
        if seen is not None and (meta(seen)["uid"] != meta(over)["uid"] or applied_digest(seen) != applied_digest(over)):
            raise Restart
        # What has only lost its labels is taken back, not taken over.
        adopting = not is_member(session, over) and not repair.is_repair(item.desired, over)
        if not adopting and not is_claimed(session, over) and _left(session, item, over):
            members.objects[item.identity] = over
            return
        result = yield from one(_apply(session, item, over))
    raise Restart


def _left(session: Session, item: Wanted, over: Object) -> bool:
    """Whether an object that moved since it was seen may stay: somebody has repaired it, or it has to wait."""
    if is_current(item.desired, over):
        return True
    seconds = _wait(session, item.desired, over)
    if seconds:
        _postpone(session, item, over, seconds)
    return bool(seconds)


def _tell(session: Session, item: Wanted, over: Object) -> None:
    """A fight is told when it begins to be damped, and then about once an hour."""
    row = _row(session, item, over)
    if row is not None and row.telling and repair.is_repair(item.desired, over):
        text = f"{repair.contest(item.desired, over)}; repairs now wait, up to {repair.LONGEST_WAIT:g} s"
        session.event("Warning", "FieldContested", text)


def _accept(session: Session, item: Wanted, stored: Object, over: Object | None, members: Members) -> None:
    members.objects[item.identity] = stored
    session.wrote = True
    if over is None:
        session.created.objects[meta(stored)["uid"]] = (item.record.node.resource, stored)


def _refused(session: Session, item: Wanted, result: Refused) -> None:
    session.check_namespace(result)
    # What is not a member yet, or is there no longer (404: its kind or namespace is gone), may replace what a prune would take away.
    absent = item.observed is None or result.code == 404
    item.record.fail(f"{_what(item)}: {result.cause}", retry=True, absent=absent)
    item.record.outdated = item.record.outdated or not absent


def _what(item: Wanted) -> str:
    """Node, item of a collection, kind and object; a name that is also a value of the Secret that it names is left out."""
    record = item.record
    index = next(i for i, desired in enumerate(record.desired) if desired is item.desired)
    place = f" (item {index})" if record.node.type.plural else ""
    resource = record.node.resource
    obj = f"{resource.kind} {reference(item.desired)}"
    if (resource.api_version, resource.kind) == ("v1", "Secret"):
        obj = mask(obj, (), [found for found in (item.desired, item.observed) if found is not None])
    return f'node "{record.id}"{place}: {obj}'


def observed_of(record: Record, members: Members) -> Any:
    """What other nodes see of a node: its object or None, or for a collection those of its objects that exist, in desired order."""
    found = [members.objects[key] for key in map(identity, record.desired) if key in members.objects]
    if record.node.type.plural:
        return found
    return found[0] if found else None


def index_by_kind(records: Iterable[Record]) -> Mapping[str, Any]:
    """Group-kind → resource for every kind that the graph writes."""
    return {record.node.resource.group_kind: record.node.resource for record in records if not record.node.type.external}
