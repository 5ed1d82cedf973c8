"""Rule 8, deletion: take an instance's children away in reverse of their making, from what is recorded on them and on the instance alone.

Neither graph nor expressions are needed, so that a deletion works after the definition is gone or broken. A wave (children of the same
apply order) is deleted only when the one after it is gone. The finalizer goes when nothing is left; what was ours once but has lost its
membership label is not taken, but named.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from graphcore import names
from graphcore.converge import references
from graphcore.converge.effects import Converged, Failed, Found, Missing, Outcome, Patch, Refused, Waiting
from graphcore.converge.instance import lineage
from graphcore.converge.instance.members import deletion_wave, describe, is_member, list_places, recorded_places
from graphcore.converge.instance.prune import Removal, remove
from graphcore.converge.instance.status import BUILT_IN, DEPENDENTS, current_status, open_conditions, repeat_of, write_status
from graphcore.converge.metadata import identity, inventory_fault, meta
from graphcore.converge.references import Reference
from graphcore.converge.repeats import NEVER
from graphcore.converge.safety.attempt import Blocked, Object, Restart, Session
from graphcore.converge.safety.fencing import refer
from graphcore.converge.safety.mark import Place
from graphcore.converge.steps import Steps, one
from graphcore.errors import Problem
from graphcore.graph.model import Resource

DELETING_RESOURCES = "deleting resources"
ROUNDS = 8
Listing: TypeAlias = list[tuple[Object, Resource]]
"""Objects with how to address them."""


def delete_instance(session: Session) -> Steps[Outcome]:
    """Delete the children of an instance that is going, wave by wave, then its finalizer. Raises Restart."""
    if names.FINALIZER not in (meta(session.instance).get("finalizers") or ()):
        return Converged()
    try:
        outcome = yield from _delete(session)
    except Blocked as blocked:
        problem = Problem("management-failed", blocked.message, "schema")
        outcome = Failed((problem,), session.options.requeue_interval or None, backs_off=True, untold=True)
    if session.events:
        yield tuple(session.events)
    return outcome


def _delete(session: Session) -> Steps[Outcome]:
    fault = inventory_fault(session.instance)
    if fault:
        return (yield from _blocked(session, f"validate deletion inventory: {fault}", retry=False))
    places = yield from recorded_places(session, {})
    found = yield from _list(session, places, f"{names.APPLYSET_PART_OF}={session.set_id}")
    for _ in range(ROUNDS):
        if isinstance(found, str):
            return (yield from _blocked(session, f"list deletion inventory: {found}", retry=True))
        outcome = yield from _delete_waves(session, found)
        if outcome is not None:
            return outcome
        # Once more, by another label: what was created while we deleted, and what has lost its membership.
        found = yield from _list(session, places, f"{names.INSTANCE_ID}={meta(session.instance)['uid']}")
        if not isinstance(found, str) and not any(is_member(session, obj) for obj, _ in found):
            for obj, _ in found:
                text = f"{describe(obj)} no longer belongs to the ApplySet of this instance and is not deleted"
                session.event("Warning", "LeftBehind", text)
            return (yield from _release(session))
    raise Restart


def _delete_waves(session: Session, found: Listing) -> Steps[Outcome | None]:
    """Delete the members among ``found``, last wave first; an outcome where that cannot be finished now."""
    members = [obj for obj, _ in found if is_member(session, obj)]
    resources = {identity(obj): resource for obj, resource in found}

    def find(obj: Object) -> Resource:
        return resources[identity(obj)]

    for highest in sorted({deletion_wave(obj) for obj in members}, reverse=True):
        removal = Removal()
        yield from remove(session, [obj for obj in members if deletion_wave(obj) == highest], find, removal)
        if removal.refused:
            return (yield from _blocked(session, removal.refused[0], retry=True))
        if removal.held:
            return (yield from _waiting(session, removal, references.unheard((obj, find(obj)) for obj in removal.held)))
    return None


def _list(session: Session, places: tuple[Place, ...], selector: str) -> Steps[Listing | str]:
    """Metadata of matching objects with how to address them; the API server's message where it will not list. Raises Blocked.

    Without the instance itself, and without ancestors that are going: both would be waited for without end.
    """
    found: Listing = []
    for place, result in (yield from list_places(places, selector, metadata_only=True)):
        if isinstance(result, Refused):
            return result.message
        others = [item for item in result.items if meta(item)["uid"] != meta(session.instance)["uid"]]
        found += [(item, place.resource) for item in (yield from lineage.ends_without(session, others))]
    return found


def _release(session: Session) -> Steps[Outcome]:
    """Give up the finalizer. Others' finalizers are theirs: then the object stays, and says so."""
    metadata = meta(session.instance)
    rest = [name for name in metadata.get("finalizers") or () if name != names.FINALIZER]
    body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "uid": metadata["uid"], "finalizers": rest}}
    result = yield from one(Patch(session.resource, session.request.name, session.request.namespace, body))
    session.check_namespace(result)
    match result:
        case Missing():
            return Converged(gone=True)
        case Found() if rest:
            session.instance = result.object
            message = f"{DELETING_RESOURCES}: all are gone; held by finalizers {', '.join(sorted(rest))}"
            yield from write_status(session, _status(session, message))
            return Waiting((message,))
        case Found():
            return Converged(gone=True)
        case Refused() if result.conflict:
            raise Restart
        case Refused():
            return (yield from _blocked(session, f"removing the finalizer failed: {result.message}", retry=True))


def _waiting(session: Session, removal: Removal, unheard: tuple[Reference, ...]) -> Steps[Outcome]:
    """Children that are going, but not gone: their disappearance is an event. Only a finalizer is worth naming.

    unheard: those of them of which the watch of their kind tells nothing; they are recorded, so that they are followed by name, and asked
    for again in case they cannot be.
    """
    held = removal.descriptions
    message = DELETING_RESOURCES
    if any("finalizers: " in text for text in held):
        message += f": waiting for {', '.join(held)}"
    yield from refer(session, unheard)
    yield from write_status(session, _status(session, message))
    return Waiting(tuple(held), *(repeat_of(session) if unheard else NEVER))


def _blocked(session: Session, cause: str, *, retry: bool) -> Steps[Outcome]:
    message = f"deletion blocked: {cause}"
    yield from write_status(session, _status(session, message))
    problem = Problem("deletion-blocked", message, "schema")
    return Failed((problem,), (session.options.requeue_interval or None) if retry else None, backs_off=retry)


def _status(session: Session, message: str) -> dict[str, Any]:
    """State and ``ResourcesReady``; projected fields and the author's conditions stay as they are."""
    conditions = open_conditions(session)
    conditions.touch(DEPENDENTS)
    conditions.set(names.RESOURCES_READY, "Unknown", "UnderDeletion", message)
    status = dict(current_status(session))
    held = status.get("conditions") or ()
    if all(item.get("type") in BUILT_IN for item in held):
        status["conditions"] = conditions.to_json()
    else:
        kept = [item for item in held if item.get("type") != names.RESOURCES_READY]
        status["conditions"] = [conditions.get(names.RESOURCES_READY).to_json(), *kept]
    status["state"] = names.DELETING
    return status
