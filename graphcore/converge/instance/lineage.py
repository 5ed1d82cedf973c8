"""Instances inside instances: no instance is its own child, nor a child of what it is inside of, and nesting has an end.

An instance that is a child carries the labels of its instance, and that one, if it is a child too, those of the next. Others can change
labels, so each has recorded its parent besides, before it made anything (``fence``). This chain is read before an object is written that
could be an instance, that is, of a kind that the API server does not bring along; an instance that is nobody's child reads nothing. A link
counts only as long as the inventory of the upper one covers the lower one's kind, so labels that were left behind, or written by hand,
hold nobody up.

So a child that is an ancestor is never written, and since every level of a chain is made by an object written here, no chain is longer
than :data:`MOST_NESTED`, through however many definitions it goes. Loops made by somebody else (kro does not look) are not torn down by a
prune, and a deletion does not wait for its own ancestor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphcore import names
from graphcore.converge.effects import Found, Get, Refused
from graphcore.converge.instance.applying import Wanted, must_write
from graphcore.converge.instance.members import describe
from graphcore.converge.metadata import identity, meta, recorded_inventory, reference
from graphcore.converge.parents import Parent, labelled_parent
from graphcore.converge.safety.attempt import Blocked, Identity, Object, Session
from graphcore.converge.safety.mark import read_mark
from graphcore.converge.steps import Steps, one
from graphcore.errors import Problem
from graphcore.graph.model import Resource

MOST_NESTED = 16
"""Instances one inside the other. Compositions in use have three or four."""
BUILT_IN = frozenset(
    f"{name}.k8s.io"
    for name in (
        "admissionregistration",
        "apiextensions",
        "apiregistration",
        "authentication",
        "authorization",
        "certificates",
        "coordination",
        "discovery",
        "events",
        "flowcontrol.apiserver",
        "networking",
        "node",
        "rbac.authorization",
        "resource",
        "scheduling",
        "storage",
        "storagemigration",
    )
)
"""Groups with a dot that the API server brings along; those without one can hold no generated kind either."""


def parents_of(obj: Object) -> tuple[Parent, ...]:
    """What an instance is a child of: as it has recorded, and as its labels say; mostly the same."""
    return tuple(dict.fromkeys(parent for parent in (read_mark(obj).inside, labelled_parent(obj)) if parent is not None))


def lineage(session: Session) -> Steps[tuple[Identity, ...]]:
    """The instance and what it is inside of, innermost first, at most one more than :data:`MOST_NESTED`. Raises Blocked."""
    if session.lineage:
        return session.lineage
    chain = [identity(session.instance)]
    open_ends: list[tuple[Object, Resource]] = [(session.instance, session.resource)]
    while open_ends:
        current, kind = open_ends.pop(0)
        for parent in parents_of(current):
            if len(chain) > MOST_NESTED or parent.identity in chain:
                continue
            read = yield from one(Get(parent.resource, parent.name, parent.namespace, metadata_only=True, look=True))
            if isinstance(read, Refused) and read.code not in (403, 404):
                what = f"{parent.resource.kind} {parent.name}, which this instance is inside of,"
                raise Blocked(f"reading {what} failed: {read.message}", retry=True)
            if isinstance(read, Found) and kind.group_kind in recorded_inventory(read.object).group_kinds:
                chain.append(parent.identity)
                open_ends.append((read.object, parent.resource))
    session.lineage = tuple(chain)
    return session.lineage


def refuse(session: Session, wanted: Iterable[Wanted]) -> Steps[set[Identity]]:
    """Fails what would be written over the instance itself or an ancestor, or nested too deep; their identities. Raises Blocked."""
    refused: set[Identity] = set()
    own = identity(session.instance)
    for item in wanted:
        if item.identity == own:
            _fail(item, "is this instance itself", "give it another name")
            refused.add(item.identity)
        elif _may_be_instance(item.identity) and must_write(session, item) and parents_of(session.instance):
            chain = yield from lineage(session)
            if item.identity in chain:
                _fail(item, f"is what {reference(session.instance)} is inside of", "give it another name", retry=True)
                refused.add(item.identity)
            elif len(chain) >= MOST_NESTED:
                _fail(item, f"would be the {len(chain) + 1}th instance one inside the other", f"nest at most {MOST_NESTED}", retry=True)
                refused.add(item.identity)
    return refused


def _fail(item: Wanted, what: str, hint: str, *, retry: bool = False) -> None:
    kind = item.record.node.resource.kind
    message = f"{kind} {reference(item.desired)} {what} and cannot be its child"
    item.record.fail(message, Problem("own-ancestor", message, item.record.id, "metadata.name", hint=hint), retry=retry)


def _may_be_instance(key: Identity) -> bool:
    return "." in key[0] and key[0] not in BUILT_IN


def spared(session: Session, doomed: list[Object]) -> Steps[list[Object]]:
    """``doomed`` without what the instance is inside of: pruning that would take away the instance itself. Raises Blocked."""
    if not parents_of(session.instance) or not any(_may_be_instance(identity(obj)) for obj in doomed):
        return doomed
    chain = yield from lineage(session)
    for obj in doomed:
        if identity(obj) in chain:
            session.event("Warning", "LeftBehind", f"{describe(obj)} is what this instance is inside of and is not deleted")
    return [obj for obj in doomed if identity(obj) not in chain]


def ends_without(session: Session, members: list[Object]) -> Steps[list[Object]]:
    """``members`` without the ancestors that are going themselves: they wait for this instance, and it need not wait for them."""
    going = [obj for obj in members if _may_be_instance(identity(obj)) and _releases_itself(meta(obj))]
    if not going or not parents_of(session.instance):
        return members
    chain = yield from lineage(session)
    return [obj for obj in members if not (obj in going and identity(obj) in chain)]


def _releases_itself(metadata: Mapping[str, Any]) -> bool:
    return bool(metadata.get("deletionTimestamp")) and names.FINALIZER in (metadata.get("finalizers") or ())
