"""Rules 4 and 5: when the instance has to be written before anything else is, and that write.

The write carries the resourceVersion under which the instance was read, so of two invocations that started from the same state one gets a
conflict and starts again. It raises the fence, so it is never a no-op; and it makes the record cover what comes after it: what is about
to be created, which revision is worked at, what is about to be pruned, and what is about to be read without being owned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from graphcore import names
from graphcore.converge import references
from graphcore.converge.effects import Apply, Found, Missing, Patch, Refused
from graphcore.converge.metadata import Inventory, annotations_of, instance_labels, labels_of, meta, recorded_inventory
from graphcore.converge.parents import Parent, labelled_parent
from graphcore.converge.references import Reference
from graphcore.converge.safety.attempt import Blocked, Restart, Session
from graphcore.converge.safety.mark import Mark, Place, unique
from graphcore.converge.steps import Steps, one


class Due(Enum):
    """Why a fence comes first."""

    REFERENCE = "something is referred to that is not recorded: whatever changes after the read has to find the record"
    FIRST_TOUCH = "finalizer or labels are missing: without them nothing of the instance is found again"
    REVISION = "another revision is recorded: nobody may act below this one any more"
    CREATION = "something is created that this attempt has not fenced, or that the recorded inventory does not cover"
    PRUNING = "something is deleted whose claim this attempt has not recorded"


def due(
    session: Session,
    *,
    refers: Iterable[Reference] = (),
    touches: bool = False,
    writes: bool = False,
    creates: Iterable[Place] | None = None,
    prunes: frozenset[str] = frozenset(),
) -> Due | None:
    """The first reason for a fence, None where none is needed.

    refers: what is read without being owned. touches: the instance is to be managed, whatever else happens. writes: anything of it is
    written, or its revision is to be acted upon. creates: where objects are made; None for no creation. prunes: UIDs.
    """
    if not set(references.recorded(session.instance)).issuperset(refers):
        return Due.REFERENCE
    if (touches or writes) and not session.managed:
        return Due.FIRST_TOUCH
    if writes and session.mark.revision != session.revision:
        return Due.REVISION
    if creates is not None and not (session.fenced and session.covered(creates)):
        return Due.CREATION
    if prunes and not (session.fenced and prunes <= session.mark.pruning):
        return Due.PRUNING
    return None


def fence(
    session: Session, places: Iterable[Place] = (), *, pruning: Iterable[str] = (), refers: Iterable[Reference] | None = None
) -> Steps[None]:
    """Write the instance: finalizer, labels, inventory, revision, claims, references in one request. Raises Restart, Blocked."""
    grown = unique([*places, *session.created.places, *session.mark.places])
    inventory = recorded_inventory(session.instance).union(Inventory.of(grown, session.namespace))
    mark = Mark(session.revision, session.mark.fence + 1, session.mark.pruning | frozenset(pruning), grown, _inside(session))
    yield from _write(session, mark, inventory, refers)
    session.fenced = True


def settle(session: Session, places: Iterable[Place], refers: Iterable[Reference]) -> Steps[None]:
    """Shrink the inventory to what is there and withdraw all claims. Raises Restart, Blocked."""
    exact = unique(places)
    mark = Mark(session.revision, session.mark.fence, frozenset(), exact, _inside(session))
    yield from _write(session, mark, Inventory.of(exact, session.namespace), refers)


def refer(session: Session, more: Iterable[Reference]) -> Steps[None]:
    """Record what is waited for besides, and nothing else: for an instance that is going. Nothing new, no write. Raises Restart."""
    known = references.recorded(session.instance)
    if set(known).issuperset(wanted := {*known, *more}):
        return
    index, record = references.record(wanted)
    metadata = {"uid": meta(session.instance)["uid"], "resourceVersion": meta(session.instance)["resourceVersion"]}
    body = {"metadata": {**metadata, "labels": index, "annotations": record}}
    result = yield from one(Patch(session.resource, session.request.name, session.request.namespace, body))
    _accept(session, result, session.mark)


def give_up(session: Session) -> Steps[None]:
    """Forget the revision and what it refers to; where members are stays known. Nothing recorded, no write. Raises Restart."""
    known = references.recorded(session.instance)
    if session.mark.revision is None and not known:
        return
    mark = Mark(None, session.mark.fence, session.mark.pruning, session.mark.places, _inside(session))
    notes = {names.CONVERGENCE: mark.to_text(), **({names.REFERENCES: None} if known else {})}
    metadata = {
        "uid": meta(session.instance)["uid"],
        "resourceVersion": meta(session.instance)["resourceVersion"],
        "labels": {key: None for key in labels_of(session.instance) if key.startswith(names.REFERS_PREFIX)},
        "annotations": notes,
    }
    result = yield from one(Patch(session.resource, session.request.name, session.request.namespace, {"metadata": metadata}))
    _accept(session, result, mark)


def _inside(session: Session) -> Parent | None:
    """What was recorded stays until it is known not to hold any more: labels may be anybody's."""
    recorded = session.mark.inside
    stands = recorded is not None and (not session.lineage or recorded.identity in session.lineage)
    return recorded if stands else labelled_parent(session.instance)


def _write(session: Session, mark: Mark, inventory: Inventory, refers: Iterable[Reference] | None) -> Steps[None]:
    kept = references.recorded(session.instance) if refers is None else tuple(refers)
    index, record = references.record(kept)
    first = not session.managed
    metadata: dict[str, Any] = {
        "name": session.request.name,
        "uid": meta(session.instance)["uid"],
        "resourceVersion": meta(session.instance)["resourceVersion"],
        "labels": {names.APPLYSET_ID: session.set_id, **index},
        "annotations": {
            **inventory.annotations(session.set_id, session.options.version_label),
            names.CONVERGENCE: mark.to_text(),
            **record,
        },
    }
    if session.namespace:
        metadata["namespace"] = session.namespace
    if first:
        metadata["labels"] |= instance_labels(session.definition, session.definition_uid, session.options.version_label)
        metadata["finalizers"] = [names.FINALIZER]
    body = {"apiVersion": session.resource.api_version, "kind": session.resource.kind, "metadata": metadata}
    manager = names.MANAGER_LABELLER if first else names.MANAGER_PARENT
    result = yield from one(Apply(session.resource, session.request.name, session.request.namespace, body, manager))
    _accept(session, result, mark)
    yield from _remove_leftovers(session, index, record)


def _remove_leftovers(session: Session, index: Mapping[str, str], record: Mapping[str, str]) -> Steps[None]:
    """References that are no longer recorded, but that another of our field managers still holds, do not go with an apply."""
    stale_labels = [key for key in labels_of(session.instance) if key.startswith(names.REFERS_PREFIX) and key not in index]
    stale_notes = [key for key in (names.REFERENCES,) if key in annotations_of(session.instance) and key not in record]
    if not stale_labels and not stale_notes:
        return
    metadata = {
        "resourceVersion": meta(session.instance)["resourceVersion"],
        "labels": dict.fromkeys(stale_labels),
        "annotations": dict.fromkeys(stale_notes),
    }
    result = yield from one(Patch(session.resource, session.request.name, session.request.namespace, {"metadata": metadata}))
    _accept(session, result, session.mark)


def _accept(session: Session, result: Found | Missing | Refused, mark: Mark) -> None:
    session.check_namespace(result)
    if isinstance(result, Found):
        session.instance, session.mark, session.wrote = result.object, mark, True
    elif isinstance(result, Missing) or result.conflict:
        raise Restart
    else:
        raise Blocked(f"finalizer/labeling failed: {result.message}", retry=True)
