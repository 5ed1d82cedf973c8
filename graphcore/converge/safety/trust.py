"""What is recorded on the instance, and how far it is trusted: anybody who may edit the instance may edit that, too.

An inventory may grow at any time: what it covers in vain costs a list. It shrinks only to what is exactly known, and only where it is what
we wrote, or an edit of the spec asks for it to be put right, as in kro: whoever shrinks a damaged inventory forgets children for good.
"""

from __future__ import annotations

from collections.abc import Iterable

from graphcore.converge import references
from graphcore.converge.metadata import Inventory, inventory_fault, recorded_inventory
from graphcore.converge.references import Reference
from graphcore.converge.safety.attempt import Session
from graphcore.converge.safety.mark import Place


def may_shrink(session: Session, *, edited: bool) -> bool:
    """Whether the inventory may be made smaller. edited: the spec was edited since the last status."""
    return session.fenced or inventory_fault(session.instance) is None or (bool(session.mark.places) and edited)


def settling_is_due(session: Session, exact: tuple[Place, ...], refers: Iterable[Reference], *, edited: bool) -> bool:
    """Whether the record, now that everything is in place, says anything else than what is there and is referred to."""
    if not session.managed or session.mark.revision != session.revision or session.mark.pruning:
        return True
    if set(refers) != set(references.recorded(session.instance)):
        return True
    if not may_shrink(session, edited=edited):
        return False
    places_differ = {place.key for place in session.mark.places} != {place.key for place in exact}
    return places_differ or recorded_inventory(session.instance) != Inventory.of(exact, session.namespace)
