"""Converging one instance: the whole of what to do next, from one fresh read to one status.

Rule 1 (level, not edge): the event only says which instance; it is read first, and everything else after it. Rule 2 (waves in one pass):
a wave of nodes is rendered, written, and its answers are the observations from which the next wave, and at the end the status, are
computed, until nothing more can be done. Rule 7 (the last writer checks): an attempt that wrote anything ends with a status write under
the resourceVersion it is based on, or with one more read; if the instance has moved on, everything starts again.

The other rules live where they act: 3 in ``ownership``, 4 and 5 in ``safety`` and ``resolving``, 6 in ``applying``, 8 in ``prune`` and
``deletion``, 10 in the outcome and in ``references``, 11 in ``orphans``; 9 is the driver's (``echoes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import Any

from graphcore import names
from graphcore.converge import references
from graphcore.converge.conditions import ConditionSet
from graphcore.converge.effects import Conflict, Converged, Failed, Found, Get, Missing, Outcome, Refused, Run, Waiting
from graphcore.converge.instance import lineage, orphans
from graphcore.converge.instance.applying import index_by_kind
from graphcore.converge.instance.deletion import delete_instance
from graphcore.converge.instance.gating import Record, State, open_records
from graphcore.converge.instance.members import Members, kind_gone, read_members, recorded_places
from graphcore.converge.instance.outstanding import wanted_behind_refusals
from graphcore.converge.instance.prune import Removal, candidates, prune
from graphcore.converge.instance.resolving import NoGraph, resolve_graph
from graphcore.converge.instance.status import (
    BUILT_IN,
    MANAGED,
    RESOLVED,
    Report,
    compose,
    current_status,
    mark_nodes,
    open_conditions,
    repeat_of,
    tell_unseen,
    write_status,
)
from graphcore.converge.instance.waves import Waves
from graphcore.converge.masking import masked
from graphcore.converge.metadata import (
    annotations_of,
    has_inventory,
    identity,
    inventory_fault,
    meta,
    name_problem,
)
from graphcore.converge.references import Reference
from graphcore.converge.repeats import NEVER, sooner
from graphcore.converge.safety.attempt import Blocked, Created, InstanceRequest, Object, Options, Restart, Session, Vanished, undelivered
from graphcore.converge.safety.fencing import due, fence, give_up, settle
from graphcore.converge.safety.last_writer import look_again
from graphcore.converge.safety.mark import Place, unique
from graphcore.converge.safety.trust import settling_is_due
from graphcore.converge.steps import Steps, one
from graphcore.errors import Problem
from graphcore.graph.graph import Graph

__all__ = ["Created", "InstanceRequest", "Options", "converge_instance"]

ATTEMPTS = 6
VANISHED_RETRY = 300.0
"""Seconds between two looks at an instance whose namespace is gone."""


def converge_instance(request: InstanceRequest, now: datetime, options: Options | None = None) -> Run:
    """Converge, or delete in order, the instance that ``request`` names. now: time of this invocation, with time zone."""
    return (yield from masked(_attempts(request, now, options or Options())))


def _attempts(request: InstanceRequest, now: datetime, options: Options) -> Run:
    created = Created()
    for _ in range(ATTEMPTS):
        try:
            return (yield from _attempt(request, now, options, created))
        except Restart:
            request = replace(request, failed="")
        except Vanished as gone:
            return _vanished(gone.namespace, options)
    return Conflict("other writers changed the instance or its children during every attempt")


def _vanished(namespace: str, options: Options) -> Failed:
    """Kubernetes can leave objects behind when a namespace ends. Neither a status nor an Event can say so there."""
    message = f"namespace {namespace} does not exist: what is left in it can only be deleted until it is made again"
    problem = Problem("namespace-gone", message, "schema")
    return Failed((problem,), VANISHED_RETRY if options.requeue_interval > 0 else None, vanished=namespace)


def _attempt(request: InstanceRequest, now: datetime, options: Options, created: Created) -> Steps[Outcome]:
    result = yield from one(Get(request.resource, request.name, request.namespace))
    match result:
        case Found():
            session = Session(request, options, now, created, result.object)
        case Missing():
            return (yield from orphans.instance_gone(request, now, options, created))
        case Refused(code=404) if (yield from kind_gone(request.resource)) is None:
            return (yield from orphans.instance_gone(request, now, options, created))
        case Refused():
            problem = Problem("unreadable", f"reading the instance failed: {result.message}", "schema")
            return Failed((problem,), options.requeue_interval or None, backs_off=True, untold=True)
    if request.failed:
        yield (undelivered(session.instance, request.failed),)
    if meta(session.instance).get("deletionTimestamp"):
        return (yield from delete_instance(session))
    try:
        outcome = yield from _converge(session)
    except Blocked as blocked:
        outcome = yield from _management_failed(session, blocked.message, retry=blocked.retry)
    if session.events:
        yield tuple(session.events)
    return outcome


def _converge(session: Session) -> Steps[Outcome]:
    graph = yield from resolve_graph(session)
    if isinstance(graph, NoGraph):
        return (yield from _unresolved(session, graph))
    finalizer = names.FINALIZER in (meta(session.instance).get("finalizers") or ())
    if not finalizer and has_inventory(session.instance):
        fault = inventory_fault(session.instance)
        if fault:
            advice = "repair the metadata, or remove it only after confirming no managed members remain"
            message = f"finalizer/labeling failed: cannot install finalizer with invalid ApplySet inventory; {advice}: {fault}"
            return (yield from _management_failed(session, message, retry=False))
    if annotations_of(session.instance).get(names.RECONCILE, "").lower() in names.RECONCILE_SUSPENDED:
        return (yield from _suspended(session, graph))
    problem = name_problem(session.instance)
    if problem and any(not node.type.external for node in graph.nodes):
        return (yield from _unusable_name(session, graph, problem))
    return (yield from _nodes(session, graph))


def _nodes(session: Session, graph: Graph) -> Steps[Outcome]:
    records = open_records(graph.nodes)
    places = yield from recorded_places(session, index_by_kind(records.values()))
    members = yield from read_members(session, places)
    for place, obj in (yield from orphans.strays(session, places)):
        members.places = (*members.places, place)
        members.objects[identity(obj)] = obj
    # Where kro let an instance adopt itself, it is no child of ours.
    members.objects.pop(identity(session.instance), None)
    for record in records.values():
        for place, message in members.unread.items():
            if place.resource.group_kind == record.node.resource.group_kind and not record.node.type.external:
                record.fail(f"listing {place.resource.plural} failed: {message}", retry=True)
    waves = Waves(session, members, records)
    yield from waves.run()
    removal = Removal()
    behind = None if members.unread else wanted_behind_refusals(records, waves.scope, members)
    if behind is not None:
        waves.claimed = {**behind, **waves.claimed}
        removal = yield from _finish(session, graph, waves, members)
    unheard = references.unheard((obj, members.resource_of(obj)) for obj in _going(waves, members, removal))
    recorded = references.recorded(session.instance)
    awaited = (*unheard, *_obstacles(records.values()))
    if due(session, refers=awaited, writes=behind is None):
        yield from fence(session, refers=references.renewed(recorded, awaited, members.objects))
    conditions = open_conditions(session)
    unread = [f"listing {place.resource.plural} failed: {message}" for place, message in members.unread.items()]
    state = mark_nodes(conditions, records.values(), removal.descriptions, [*removal.refused, *unread])
    report = compose(session, graph, waves.scope, conditions, state)
    yield from _conclude(session, report)
    retry = bool(removal.refused or unread or unheard) or any(record.retry for record in records.values())
    return _outcome(session, records, report, removal, unread, retry=retry)


def _finish(session: Session, graph: Graph, waves: Waves, members: Members) -> Steps[Removal]:
    """Everything wanted is in place: remove the rest, then let the records say exactly what is there."""
    doomed = yield from lineage.spared(session, candidates(members, waves.claimed))
    removal = Removal()
    if doomed:
        removal = yield from prune(session, members, doomed, graph.topological_order)
    if removal.refused:
        return removal
    wanted = [Place(record.node.resource, key[2]) for key, record in waves.claimed.items()]
    held = [Place(members.resource_of(obj), meta(obj).get("namespace") or "") for obj in removal.held]
    exact = unique([*wanted, *held])
    refers = {*waves.references, *references.unheard((obj, members.resource_of(obj)) for obj in removal.held)}
    if any(record.state is State.BLOCKED for record in waves.records.values()):
        # What a blocked node refers to was not read, and is not forgotten either.
        refers.update(item for item in references.recorded(session.instance) if not item.awaited)
    if settling_is_due(session, exact, refers, edited=_edited(session)):
        yield from settle(session, exact, refers)
    return removal


def _obstacles(records: Iterable[Record]) -> list[Reference]:
    """Objects of others in the place of what is wanted: the same ones at each try."""
    found = dict.fromkeys(item for record in records for item in record.obstacles)
    return list(found)[: references.MOST_OBSTACLES]


def _going(waves: Waves, members: Members, removal: Removal) -> list[Object]:
    """Children that are on their way out and waited for: nothing wants them, or they have to go before they are made anew."""
    wanted = [members.objects[key] for key in waves.claimed if key in members.objects]
    return [*removal.held, *(obj for obj in wanted if meta(obj).get("deletionTimestamp"))]


def _edited(session: Session) -> bool:
    """Whether the spec was edited since the last status: then, as in kro, an inventory damaged by hand is put right."""
    generation = meta(session.instance).get("generation")
    return any(item.get("observedGeneration") != generation for item in current_status(session).get("conditions") or ())


def _conclude(session: Session, report: Report) -> Steps[None]:
    """Write the status; where it is unchanged although something was written, look once more at what it was based on. Raises Restart."""
    written = yield from write_status(session, report.status)
    if session.wrote and not written:
        yield from look_again(session)


def _outcome(
    session: Session, records: Mapping[str, Record], report: Report, removal: Removal, unread: list[str], *, retry: bool
) -> Outcome:
    problems = [problem for record in records.values() if record.state is State.FAILED for problem in record.problems]
    problems += [Problem("prune-refused", message) for message in removal.refused]
    problems += [Problem("list-refused", message) for message in unread]
    problems += report.problems
    fights = [fight for record in records.values() for fight in record.fights]
    again = repeat_of(session) if retry else NEVER
    if session.options.requeue_interval > 0:
        again = reduce(sooner, (repair for _, repair in fights), again)
    if problems:
        return Failed(tuple(problems), *again)
    waits = [record.message for record in records.values() if record.state in (State.WAITING, State.DELETING, State.PENDING)]
    waits += removal.descriptions + report.waits + [text for text, _ in fights]
    return Waiting(tuple(waits), *again) if waits else Converged()


def _suspended(session: Session, graph: Graph) -> Steps[Outcome]:
    """Nothing is observed or written but the instance itself; what the status said of the resources stays as it was."""
    if due(session, touches=True):
        yield from fence(session)
    conditions = open_conditions(session)
    conditions.set(names.INSTANCE_MANAGED, "True", *MANAGED)
    conditions.set(names.GRAPH_RESOLVED, "True", *RESOLVED)
    message = f"reconciliation suspended via {names.RECONCILE} annotation"
    conditions.set(names.RESOURCES_READY, "False", "ReconciliationSuspended", message)
    status = dict(current_status(session))
    if graph.conditions is None:
        status["conditions"] = conditions.to_json()
    else:
        tell_unseen(session, conditions)
    status.setdefault("state", names.IN_PROGRESS)
    yield from _conclude(session, Report(status))
    return Converged()


def _unusable_name(session: Session, graph: Graph, problem: Problem) -> Steps[Outcome]:
    if due(session, touches=True):
        yield from fence(session)
    conditions = open_conditions(session)
    conditions.set(names.INSTANCE_MANAGED, "True", *MANAGED)
    conditions.set(names.GRAPH_RESOLVED, "True", *RESOLVED)
    conditions.set(names.RESOURCES_READY, "False", "NotReady", f"resource reconciliation failed: {problem.message}")
    scope: dict[str, Any] = {"schema": session.instance}
    yield from _conclude(session, compose(session, graph, scope, conditions, names.ERROR))
    return Failed((problem,))


def _unresolved(session: Session, missing: NoGraph) -> Steps[Outcome]:
    """No graph: say so and wait for the activation of a revision, which is fanned out to every instance."""
    if missing.retired:
        yield from give_up(session)
    if not missing.quiet:
        conditions = open_conditions(session)
        conditions.set(names.GRAPH_RESOLVED, "False", "ResolutionFailed", missing.message)
        _tell_if_authored(session, conditions)
        yield from _conclude(session, Report(_built_in_status(session, conditions.to_json())))
    return Waiting((missing.message,), *(repeat_of(session) if missing.retry else NEVER))


def _management_failed(session: Session, message: str, *, retry: bool) -> Steps[Outcome]:
    conditions = open_conditions(session)
    conditions.set_unknown_type(names.GRAPH_RESOLVED)
    conditions.set_unknown_type(names.RESOURCES_READY)
    conditions.set(names.INSTANCE_MANAGED, "False", "ManagementFailed", message)
    _tell_if_authored(session, conditions)
    try:
        yield from _conclude(session, Report(_built_in_status(session, conditions.to_json())))
    except Blocked as blocked:
        both = message if blocked.message == message else f"{message}; {blocked.message}"
        problem = Problem("management-failed", both, "schema")
        return Failed((problem,), session.options.requeue_interval or None, backs_off=True, untold=True)
    problem = Problem("management-failed", message, "schema")
    return Failed((problem,), *(repeat_of(session) if retry else NEVER))


def _authored(held: Iterable[Mapping[str, Any]]) -> bool:
    return any(item.get("type") not in BUILT_IN for item in held)


def _tell_if_authored(session: Session, conditions: ConditionSet) -> None:
    if _authored(current_status(session).get("conditions") or ()):
        tell_unseen(session, conditions)


def _built_in_status(session: Session, conditions: list[dict[str, Any]]) -> dict[str, Any]:
    """ERROR with the built-in conditions, unless the conditions are the author's: those cannot be computed now and stay."""
    status = dict(current_status(session))
    held = status.get("conditions") or ()
    if not _authored(held):
        status["conditions"] = conditions
    status["state"] = names.ERROR
    return status
