"""Rule 5: which revision of which definition this attempt works with.

The highest of what the instance has recorded, what the event names and what the process has cached. Only when nothing is recorded, or the
recorded one no longer exists, or nothing but the record names one (whoever may edit the instance may lower that), is the generated CRD
asked, which carries the active revision next to the schema that it serves. Numbers compare only within the life of one definition: a
definition that was deleted and made again starts at 1, and a kind may change hands.

When a definition goes, its CRD says :data:`graphcore.names.NO_REVISION`, and every instance is told. It gives up the revision that it has
recorded, so that from then on every process asks the CRD, whatever it has cached: one rule, the same cold and warm.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphcore import names
from graphcore.converge.effects import CRDS, DEFINITIONS, Found, Get, Missing, NeedGraph, Refused, Served
from graphcore.converge.metadata import active_revision, labels_of
from graphcore.converge.safety.attempt import Session
from graphcore.converge.steps import Steps, one
from graphcore.graph.graph import Graph

UNCOMPILABLE = 422
"""Code of the refusal that stands for a revision which does not compile; a read is never answered so."""


@dataclass(frozen=True, slots=True)
class NoGraph:
    """Why there is none. retry: the API server did not answer what was asked, and no event will tell that it does.

    quiet: nothing is said on the instance. It is going with its kind; or it was served before by somebody else, and its definition is about
    to be converged for the first time. retired: its definition is gone.
    """

    message: str
    quiet: bool = False
    retry: bool = False
    retired: bool = False


def resolve_graph(session: Session) -> Steps[Graph | NoGraph]:
    """The graph, with definition and revision noted on the session; or why there is none."""
    labelled = labels_of(session.instance).get(names.RGD_NAME)
    recorded = session.mark.revision if labelled else None
    named = session.request.revision
    definition = session.request.definition or labelled
    highest = max((number for number in (recorded, named) if number is not None), default=None)
    uid = labels_of(session.instance).get(names.RGD_ID, "")
    another_life = session.request.definition_uid not in ("", uid)
    if recorded is None or named is None or highest is None or definition is None or definition != labelled or another_life:
        return (yield from _from_crd(session, highest if recorded is None and definition else None, definition))
    result = yield from one(NeedGraph(definition, highest, uid))
    if isinstance(result, Served) and _same(uid, result.definition_uid):
        return _accept(session, definition, result)
    if isinstance(result, Refused):
        return _refused(highest, definition, result)
    return (yield from _from_crd(session, None, definition))


def _from_crd(session: Session, at_least: int | None, expected: str | None) -> Steps[Graph | NoGraph]:
    kind = session.resource
    result = yield from one(Get(CRDS, f"{kind.plural}.{kind.group}", metadata_only=True, look=True))
    match result:
        case Found():
            crd = result.object
        case Missing():
            return NoGraph(f"the definition of kind {kind.kind} is gone", quiet=True)
        case Refused():
            return NoGraph(f"reading the CustomResourceDefinition of {kind.kind} failed: {result.message}", retry=True)
    definition = labels_of(crd).get(names.RGD_NAME)
    active = active_revision(crd)
    if definition is None or active is None:
        served_before = bool((session.instance.get("status") or {}).get("state"))
        return NoGraph("latest issued graph revision not available", quiet=served_before)
    owner = labels_of(crd).get(names.RGD_ID, "")
    if active == names.NO_REVISION:
        return _retired(session, definition)
    if at_least is not None and definition == expected:
        active = max(active, at_least)
    served = yield from one(NeedGraph(definition, active, owner))
    if isinstance(served, Served):
        # A namesake's revision of that number is not what this CRD serves.
        return _accept(session, definition, served) if _same(owner, served.definition_uid) else _retired(session, definition)
    if isinstance(served, Refused):
        return _refused(active, definition, served)
    read = yield from one(Get(DEFINITIONS, definition, metadata_only=True, look=True))
    if isinstance(read, Missing):
        return _retired(session, definition)
    return NoGraph(f"graph revision {active} of {definition} does not exist", retry=isinstance(read, Refused))


def _same(wanted: str, found: str) -> bool:
    """Whether two UIDs are the same definition's; one that nobody knows is no contradiction."""
    return "" in (wanted, found) or wanted == found


def _retired(session: Session, definition: str) -> NoGraph:
    kind = session.resource.kind
    message = (
        f"ResourceGraphDefinition {definition} was deleted, and none of that name has been accepted for kind {kind} since: the instance is "
        "not served until one is, and can be deleted"
    )
    return NoGraph(message, retired=True)


def _refused(revision: int, definition: str, result: Refused) -> NoGraph:
    # What does not compile any more waits for another revision; every other refusal is the API server's, for now.
    message = f"graph revision {revision} of {definition} is not available: {result.message}"
    return NoGraph(message, retry=result.code != UNCOMPILABLE)


def _accept(session: Session, definition: str, served: Served) -> Graph:
    session.definition, session.definition_uid, session.revision = definition, served.definition_uid, served.revision
    return served.graph
