"""What an instance's status says after an attempt, and writing it under the resourceVersion that the attempt is based on.

The vocabulary (states, condition types, reasons, message prefixes) is kro's, because tools rely on it. What differs is where kro's words
mislead: ``ACTIVE`` never stands beside a ``Ready`` that is not True, a status field that cannot be computed costs only itself, and the
message names what blocks, not what comes after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphcore import names
from graphcore.converge.conditions import Condition, ConditionSet, parse_all, timestamp
from graphcore.converge.effects import Found, Missing, Refused, Replace
from graphcore.converge.effects import Record as Event
from graphcore.converge.instance.gating import GOOD, Record, State, explain
from graphcore.converge.metadata import regarding
from graphcore.converge.repeats import Repeat, since
from graphcore.converge.safety.attempt import Blocked, Object, Restart, Session
from graphcore.converge.steps import Steps, one
from graphcore.converge.values import same
from graphcore.errors import Problem
from graphcore.graph.expression import NodeError
from graphcore.graph.graph import Graph
from graphcore.numbers import whole

DEPENDENTS = (names.INSTANCE_MANAGED, names.GRAPH_RESOLVED, names.RESOURCES_READY)
BUILT_IN = frozenset({names.READY, *DEPENDENTS})
MANAGED = ("Managed", "instance is properly managed with finalizers and labels")
RESOLVED = ("Resolved", "runtime graph created and all resources resolved")
FAILED = "resource reconciliation failed: "
ALL_READY = ("AllResourcesReady", "all resources are created and ready")


@dataclass(slots=True)
class Report:
    """The status to be. problems: what the author's conditions and fields could not compute. waits: what they wait for."""

    status: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)


def open_conditions(session: Session) -> ConditionSet:
    """The built-in conditions of the instance; all others belong to the author or to nobody."""
    return ConditionSet.open(session.instance, DEPENDENTS, session.now, keep_unknown=False)


def current_status(session: Session) -> Mapping[str, Any]:
    return session.instance.get("status") or {}


def mark_nodes(conditions: ConditionSet, records: Iterable[Record], held: Sequence[str], troubles: Sequence[str]) -> str:
    """Set ``ResourcesReady`` from the nodes; the state without regard to conditions.

    held: pruned objects that are still there. troubles: what the API server refused besides nodes.
    """
    every = list(records)
    conditions.set(names.INSTANCE_MANAGED, "True", *MANAGED)
    conditions.set(names.GRAPH_RESOLVED, "True", *RESOLVED)
    told = [record for record in every if record.state in (State.FAILED, State.WAITING)]
    going = [record for record in every if record.state is State.DELETING]
    pending = [record for record in every if record.state is State.PENDING]
    if going and not any(record.state is State.FAILED for record in every):
        conditions.set(names.RESOURCES_READY, "False", "ResourceDeleting", "; ".join(record.message for record in going))
        return names.IN_PROGRESS
    if troubles and not told:
        _not_ready(conditions, "\n".join(troubles))
        return names.ERROR
    if told or going:
        failed = [record for record in told if record.state is State.FAILED]
        waiting = [record for record in told if record.state is State.WAITING] + going + (pending if failed else [])
        messages = "\n".join(dict.fromkeys(record.message for record in [*failed, *waiting]))
        if not failed:
            return _waiting(conditions, messages)
        _not_ready(conditions, ("" if not waiting and all(map(_evaluation, failed)) else "apply results contain errors: ") + messages)
        return names.ERROR
    if pending:
        return _waiting(conditions, f"waiting for unresolved resource: {pending[0].message}")
    if held:
        return _waiting(conditions, f"waiting for pruned resources to be gone: {', '.join(held)}")
    if any(record.state not in GOOD for record in every):
        return _waiting(conditions, "waiting for unresolved resource: " + "; ".join(r.message for r in every if r.state not in GOOD))
    reason, message = ALL_READY
    conditions.set(names.RESOURCES_READY, "True", reason, message + _left_out(every))
    return names.ACTIVE


def _left_out(records: Iterable[Record]) -> str:
    """Which nodes are left out although no condition of theirs says so, and because of which."""
    groups: dict[str, list[str]] = {}
    for record in records:
        if record.state is State.SKIPPED and record.blocker:
            groups.setdefault(record.blocker, []).append(f'"{record.id}"')
    return "".join(f'; left out with "{cause}", which they depend on: {", ".join(nodes)}' for cause, nodes in groups.items())


def _evaluation(record: Record) -> bool:
    """kro tells errors of rendering without the prefix of apply errors."""
    return bool(record.problems) and record.problems[0].code != "apply-failed"


def _waiting(conditions: ConditionSet, message: str) -> str:
    """What has yet to come is no failure, and is not called one."""
    conditions.set(names.RESOURCES_READY, "False", "NotReady", message)
    return names.IN_PROGRESS


def _not_ready(conditions: ConditionSet, message: str) -> None:
    conditions.set(names.RESOURCES_READY, "False", "NotReady", FAILED + message)


def compose(session: Session, graph: Graph, scope: Mapping[str, Any], conditions: ConditionSet, state: str) -> Report:
    """Projected fields, conditions and state as of now, all from the same observations."""
    evaluated = graph.status.evaluate(scope)
    report = Report({key: value for key, value in evaluated.values.items() if key not in ("conditions", "state")})
    report.problems += evaluated.failed
    if evaluated.failed:
        told = [f'status field "{problem.path}": {explain(problem, "schema")}' for problem in evaluated.failed]
        resources = conditions.get(names.RESOURCES_READY)
        if resources.status == "True":
            _not_ready(conditions, "\n".join(told))
        else:
            rest = (resources.message or "").removeprefix(FAILED)
            conditions.set(names.RESOURCES_READY, "False", resources.reason or "NotReady", FAILED + "\n".join([*told, rest]))
    if graph.conditions is None:
        report.status["conditions"] = conditions.to_json()
        ready: str | None = conditions.get(names.READY).status
    else:
        authored = _author_conditions(session, graph, scope, conditions, report)
        report.status["conditions"] = [condition.to_json() for condition in authored]
        ready = next((condition.status for condition in authored if condition.type == names.READY), None)
        tell_unseen(session, conditions, [_of_condition(problem) for problem in report.problems[len(evaluated.failed) :]])
    if report.problems:
        state = names.ERROR
    elif state == names.ACTIVE and ready not in (None, "True"):
        state = names.IN_PROGRESS
    report.status["state"] = state
    return report


def _of_condition(problem: Problem) -> str:
    return f"condition {problem.path}: {explain(problem, 'schema')}"


def tell_unseen(session: Session, conditions: ConditionSet, troubles: Sequence[str] = ()) -> None:
    """Where the conditions are the author's, an Event says what the built-in ones would: why the instance is not ready.

    Once for each reason and hour, as long as it holds. troubles: what comes first.
    """
    ready = conditions.get(names.READY)
    texts = [*troubles, *([ready.message or ready.reason or ""] if ready.status != "True" else [])]
    if texts:
        session.event("Warning", ready.reason if ready.status != "True" and ready.reason else "NotReady", "\n".join(texts), once=True)


def _author_conditions(
    session: Session, graph: Graph, scope: Mapping[str, Any], conditions: ConditionSet, report: Report
) -> list[Condition]:
    """The author's own conditions. One that cannot be computed now keeps its previous value; types that occur twice are dropped."""
    builtins = conditions.to_json()
    found: list[Condition] = []
    incomplete = False
    for program in graph.conditions or ():
        try:
            outputs = program.evaluate(scope, builtins)
        except NodeError as error:
            incomplete = True
            texts = [f"condition {'/'.join(program.types) or problem.path}: {explain(problem, 'schema')}" for problem in error.problems]
            if error.pending:
                report.waits += texts
            else:
                report.problems += error.problems
            continue
        found += [Condition(item["type"], item["status"], item.get("reason") or None, item.get("message") or None) for item in outputs]
    types = [condition.type for condition in found]
    repeated = sorted({name for name in types if types.count(name) > 1})
    if repeated:
        incomplete = True
        message = f"condition types produced more than once: {', '.join(repeated)}"
        report.problems.append(
            Problem("duplicate-condition", message, "schema", "status.conditions", hint="give each condition its own type")
        )
    previous = {condition.type: condition for condition in parse_all(current_status(session).get("conditions"))}
    stamped = [_stamp(session, item, previous.get(item.type)) for item in found if item.type not in repeated]
    if incomplete:
        produced = {condition.type for condition in stamped}
        stamped += [condition for name, condition in previous.items() if name not in produced]
    return stamped


def _stamp(session: Session, condition: Condition, before: Condition | None) -> Condition:
    kept = before is not None and before.status == condition.status and before.transition
    transition = before.transition if before is not None and kept else timestamp(session.now)
    generation = whole((session.instance.get("metadata") or {}).get("generation")) or 0
    return Condition(condition.type, condition.status, condition.reason, condition.message, transition, generation)


def repeat_of(session: Session) -> Repeat:
    """When to try again: the condition remembers since when things have been wrong, and no process has to."""
    conditions = {item.get("type"): item for item in current_status(session).get("conditions") or ()}
    transition = conditions.get(names.RESOURCES_READY, {}).get("lastTransitionTime")
    return since(transition, session.now, session.options.requeue_interval)


def write_status(session: Session, status: Mapping[str, Any]) -> Steps[bool]:
    """Replace the status if it differs. True if it was written; then nobody else touched the instance since it was read.

    Raises Restart, Blocked, Vanished.
    """
    before = current_status(session)
    if same(before, status):
        return False
    body = {**session.instance, "status": status}
    body["metadata"] = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
    effect = Replace(session.resource, session.request.name, session.request.namespace, body, subresource="status")
    result = yield from one(effect)
    session.check_namespace(result)
    match result:
        case Found():
            if session.options.condition_events:
                session.events += condition_events(session.instance, before, status)
            session.instance = result.object
            session.wrote = True
            return True
        case Missing():
            raise Restart
        case Refused() if result.conflict:
            raise Restart
        case Refused():
            raise Blocked(f"writing the status failed: {result.message}", retry=True)


def condition_events(instance: Object, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Event]:
    """kro's Events for conditions whose status changed: reason is the type, the message tells from what to what and why."""
    known = {condition.type: condition.status for condition in parse_all(before.get("conditions"))}
    return [
        Event(
            regarding(instance),
            "Normal" if condition.status == "True" else "Warning",
            condition.type,
            f"{known.get(condition.type, 'none')} -> {condition.status}: {condition.reason or ''}",
        )
        for condition in parse_all(after.get("conditions"))
        if known.get(condition.type) != condition.status
    ]
