"""Converging one definition: compile it, keep a revision of it, let the API server serve its kind, and say so in one status.

Compile first, then act: a definition that does not compile changes nothing but its own status, and a change that does compile never shows
as a moment of doubt. As with instances, everything starts from one fresh read; every write carries the resourceVersion it is based on, and
whoever finds that somebody else was faster starts again. Waiting never blocks: what is waited for is an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphcore import names
from graphcore.converge import waits
from graphcore.converge.conditions import ConditionSet
from graphcore.converge.definition import retirement, revisions
from graphcore.converge.definition.crd import Serving, Unserved, ensure_crd
from graphcore.converge.definition.revisions import RevisionRefused
from graphcore.converge.definition.rights import Rights, review_rights
from graphcore.converge.definition.work import Compile, DefinitionOptions, DefinitionRequest, Pass
from graphcore.converge.effects import (
    CRDS,
    DEFINITIONS,
    Conflict,
    Converged,
    Failed,
    FetchSchemas,
    Found,
    Get,
    Missing,
    Outcome,
    Patch,
    Record,
    Refused,
    Replace,
    Run,
    Waiting,
)
from graphcore.converge.masking import masked
from graphcore.converge.metadata import annotations_of, labels_of, meta, regarding
from graphcore.converge.repeats import NEVER, Repeat, since
from graphcore.converge.safety.attempt import Blocked, Object, Restart
from graphcore.converge.steps import Steps, every, one
from graphcore.converge.values import same
from graphcore.converge.waits import Waits
from graphcore.errors import Problem, ProblemsError
from graphcore.graph import group_versions
from graphcore.graph.graph import Graph
from graphcore.graph.report import render_all
from graphcore.openapi import Schemas

__all__ = ["RUNNING", "Compile", "DefinitionOptions", "DefinitionRequest", "converge_definition"]

ATTEMPTS = 6
RUNNING = "controller is running"
ASKED = 10
"""Missing kinds whose CRDs one run reads."""
DEPENDENTS = (names.GRAPH_REVISIONS_RESOLVED, names.GRAPH_ACCEPTED, names.KIND_READY, names.CONTROLLER_READY)


def converge_definition(request: DefinitionRequest, compile: Compile, now: datetime, options: DefinitionOptions | None = None) -> Run:
    """Converge, or release, the definition that ``request`` names. now: time of this invocation, with time zone."""
    return (yield from masked(_attempts(request, compile, now, options or DefinitionOptions())))


def _attempts(request: DefinitionRequest, compile: Compile, now: datetime, options: DefinitionOptions) -> Run:
    for _ in range(ATTEMPTS):
        try:
            return (yield from _attempt(request, compile, now, options))
        except Restart:
            continue
    return Conflict("other writers changed the definition, its revisions or its CRD during every attempt")


def _attempt(request: DefinitionRequest, compile: Compile, now: datetime, options: DefinitionOptions) -> Steps[Outcome]:
    read = yield from one(Get(DEFINITIONS, request.name))
    match read:
        case Missing():
            return (yield from retirement.definition_gone(request.name, options.retry_interval))
        case Refused():
            return _unable("unreadable", f"reading the definition failed: {read.message}", options)
        case Found():
            definition = read.object
    if meta(definition).get("deletionTimestamp"):
        return (yield from retirement.retire_definition(definition, options.retry_interval, allow_crd_deletion=options.allow_crd_deletion))
    try:
        if names.FINALIZER not in (meta(definition).get("finalizers") or ()):
            definition = yield from _manage(definition)
        opened = ConditionSet.open(definition, DEPENDENTS, now, keep_unknown=True)
        opened.drop(names.LEGACY_GRAPH_ACCEPTED)
        return (yield from _converge(Pass(request, definition, opened, compile, now, options)))
    except Blocked as blocked:
        return _unable("management-failed", blocked.message, options)


def _unable(code: str, message: str, options: DefinitionOptions) -> Failed:
    """The definition could not even be told what is wrong."""
    return Failed((Problem(code, message),), options.retry_interval or None, backs_off=True, untold=True)


def _manage(definition: Object) -> Steps[Object]:
    metadata = meta(definition)
    finalizers = [*(metadata.get("finalizers") or ()), names.FINALIZER]
    body = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": finalizers}}
    result = yield from one(Patch(DEFINITIONS, metadata["name"], None, body))
    if isinstance(result, Found):
        return result.object
    if isinstance(result, Refused) and not result.conflict:
        raise Blocked(f"setting the finalizer failed: {result.message}", retry=True)
    raise Restart


def _converge(work: Pass) -> Steps[Outcome]:
    conditions = work.conditions
    try:
        known = yield from revisions.list_revisions(work.name)
    except RevisionRefused as refused:
        return (yield from _unlisted(work, str(refused)))
    yield from revisions.release(known)
    fetched = yield from one(FetchSchemas(tuple(sorted(group_versions(work.definition["spec"])))))
    if isinstance(fetched, Refused):
        return _unable("schemas-unavailable", f"reading the API server's schemas failed: {fetched.message}", work.options)
    live = [revision for revision in known if not revisions.is_going(revision)]
    issued = max([revisions.issued(work.status), *map(revisions.number, known)])
    try:
        graph = work.compile(work.definition, fetched.schemas)
    except ProblemsError as error:
        return (yield from _rejected(work, error, live, issued))
    conditions.set(names.GRAPH_ACCEPTED, "True", "Valid", "resource graph and schema are valid")
    try:
        live = yield from revisions.adopt(work.definition, live, graph)
        if not live or labels_of(live[-1]).get(names.REVISION_HASH) != graph.revision_hash:
            yield from _still_current(work)
            issued += 1
            live.append((yield from revisions.issue(work.definition, issued, graph, work.options.version_label)))
        latest = live[-1]
        opened = ConditionSet.open(latest, revisions.DEPENDENTS, work.now, keep_unknown=True)
        yield from revisions.verify(latest, graph, opened)
    except RevisionRefused as refused:
        return (yield from _unissued(work, str(refused), issued))
    serving = revisions.number(latest)
    conditions.set(names.GRAPH_REVISIONS_RESOLVED, "True", "Resolved", f"revision {serving} compiled and active")

    def accepted(number: int) -> Mapping[str, Any] | None:
        return _crd_of(work, fetched.schemas, [item for item in live if revisions.number(item) == number])

    result = yield from ensure_crd(work.definition, graph.crd or {}, serving, accepted)
    information = _information(latest, graph)
    taken = result.taken if isinstance(result, Unserved) else ""
    yield from _record(work, Waits(crds=frozenset({taken} - {""})))
    if isinstance(result, Serving):
        message = f"kind {result.kind} has been accepted and ready"
        conditions.set(names.KIND_READY, "True", "Ready", message)
        rights = yield from _rights(work, graph, changed=result.changed)
        if rights.unserved:
            conditions.set(names.CONTROLLER_READY, "False", "FailedToStart", rights.text)
        else:
            conditions.set(names.CONTROLLER_READY, "True", "Running", f"{RUNNING}; {rights.text}" if rights.missing else RUNNING)
        yield from _write_status(work, information, issued)
        yield from revisions.retire(live, serving, work.options.max_revisions)
        if rights.missing:
            return Failed((Problem("missing-right", rights.text),), work.options.retry_interval or None, backs_off=True)
        return Converged()
    return (yield from _unserved(work, result, information, issued))


def _rights(work: Pass, graph: Graph, *, changed: bool) -> Steps[Rights]:
    """What those who serve the kind lack: asked when its CRD has just changed, after a failure, and until nothing is missing any more."""
    before = work.conditions.get(names.CONTROLLER_READY)
    if (before.status, before.message) == ("True", RUNNING) and not changed and not work.request.rights:
        return Rights()
    rights = yield from review_rights(graph, work.options.identities)
    if rights.unknown:
        yield (Record(regarding(work.definition), "Warning", "RightsUnknown", rights.unknown),)
    return rights


def _still_current(work: Pass) -> Steps[None]:
    """Before a revision is issued: nobody has changed the definition since it was read, so no newer revision can be among those unseen.

    Two invocations that get here at once compute the same number, and the name lets only one of them have it. Raises Restart.
    """
    read = yield from one(Get(DEFINITIONS, work.name, metadata_only=True))
    before, after = meta(work.definition), meta(read.object) if isinstance(read, Found) else {}
    if any(before.get(key) != after.get(key) for key in ("uid", "generation")):
        raise Restart


def _information(revision: Object, graph: Graph) -> dict[str, Any]:
    """Of the revision, as it was compiled: reordering a definition makes no revision and changes nothing here."""
    stored = revision.get("status") or {}
    known = {key: stored[key] for key in ("topologicalOrder", "resources") if stored.get(key)}
    return known or revisions.information(graph)


def _crd_of(work: Pass, schemas: Schemas, found: list[Object]) -> Mapping[str, Any] | None:
    """The CRD of an earlier revision, by compiling its snapshot; None where that is not possible any more."""
    for revision in found:
        snapshot = revision["spec"]["snapshot"]["spec"]
        try:
            return work.compile({**work.definition, "spec": snapshot}, schemas).crd
        except ProblemsError:
            return None
    return None


def _rejected(work: Pass, error: ProblemsError, live: list[Object], issued: int) -> Steps[Outcome]:
    """The definition does not compile: the last accepted revision goes on serving. A missing kind that appears is an event."""
    work.conditions.set(names.GRAPH_ACCEPTED, "False", "InvalidResourceGraph", render_all(error.problems))
    if live:
        number = revisions.number(live[-1])
        work.conditions.set(names.GRAPH_REVISIONS_RESOLVED, "True", "Resolved", f"revision {number} compiled and active")
    yield from _record(work, waits.custom_kinds(work.definition["spec"]))
    soon = yield from _described_soon(work, error)
    yield from _write_status(work, {}, issued)
    retry = _repeat(work, names.GRAPH_ACCEPTED)
    return Failed(tuple(error.problems), *(Repeat(min(retry.after, waits.SOON), prompt=True) if retry.after and soon else retry))


def _described_soon(work: Pass, error: ProblemsError) -> Steps[bool]:
    """Whether a kind that the compile did not find is served by now: its description follows within a second or so.

    Asked after the wait was recorded, so that a kind is either seen here or appears where the record is known.
    """
    missing = waits.missing_kinds(work.definition["spec"], error.problems)[:ASKED]
    if not missing:
        return False
    results = yield from every(Get(CRDS, waits.crd_name(*kind)) for kind in missing)
    return any(
        isinstance(result, Found) and waits.soon_described(result.object, *kind, work.now)
        for kind, result in zip(missing, results, strict=True)
    )


def _record(work: Pass, waiting: Waits) -> Steps[None]:
    """Say on the definition what it waits for; nothing is written where that is said already. Raises Restart.

    Where the API server does not take it, the repeats have to do.
    """
    text = waiting.to_text() or None
    if annotations_of(work.definition).get(names.WAITS_FOR) == text:
        return
    body = {"metadata": {"resourceVersion": meta(work.definition)["resourceVersion"], "annotations": {names.WAITS_FOR: text}}}
    result = yield from one(Patch(DEFINITIONS, work.name, None, body))
    if isinstance(result, Found):
        work.definition = result.object
    elif not isinstance(result, Refused) or result.conflict:
        raise Restart


def _unissued(work: Pass, message: str, issued: int) -> Steps[Outcome]:
    """The graph is fine, but its revision cannot be stored."""
    work.conditions.set(names.GRAPH_REVISIONS_RESOLVED, "False", "Failed", message)
    kept = {key: work.status[key] for key in ("topologicalOrder", "resources") if work.status.get(key)}
    yield from _write_status(work, kept, min(issued, revisions.issued(work.status)))
    return Failed((Problem("revision-refused", message),), *_repeat(work, names.GRAPH_REVISIONS_RESOLVED))


def _unlisted(work: Pass, message: str) -> Steps[Outcome]:
    return (yield from _unissued(work, message, revisions.issued(work.status)))


def _unserved(work: Pass, result: Unserved, information: Mapping[str, Any], issued: int) -> Steps[Outcome]:
    """The kind is not served with this revision. While the API server is merely busy establishing it, there is nothing to tell yet."""
    if result.message is None:
        return Waiting((result.waiting,), work.options.retry_interval or None, backs_off=True)
    before = work.conditions.get(names.KIND_READY)
    work.conditions.set(names.KIND_READY, "False", "Failed", result.message)
    if result.waiting and before.message != result.message:
        yield (Record(regarding(work.definition), "Warning", "CRDDeleted", result.message),)
    yield from _write_status(work, information, issued)
    again = _repeat(work, names.KIND_READY) if result.retry else NEVER
    if result.waiting:
        return Waiting((result.waiting,), *again)
    return Failed((Problem("crd-refused", result.message, "schema"),), *again)


def _repeat(work: Pass, condition: str) -> Repeat:
    """By the time that the condition has been as it is."""
    return since(work.conditions.get(condition).transition, work.now, work.options.retry_interval)


def _write_status(work: Pass, information: Mapping[str, Any], issued: int) -> Steps[None]:
    """One status write, under the resourceVersion that everything was computed from; none if nothing changed. Raises Restart."""
    conditions = work.conditions
    serving = all(conditions.is_true(name) for name in (names.GRAPH_ACCEPTED, names.KIND_READY, names.CONTROLLER_READY))
    status: dict[str, Any] = {
        **information,
        "state": names.RGD_ACTIVE if serving else names.RGD_INACTIVE,
        "conditions": conditions.to_json(),
    }
    if issued:
        status["lastIssuedRevision"] = issued
    if same(work.status, status):
        return
    body = {**work.definition, "status": status}
    body["metadata"] = {key: value for key, value in meta(work.definition).items() if key != "managedFields"}
    result = yield from one(Replace(DEFINITIONS, work.name, None, body, subresource="status"))
    if isinstance(result, Refused) and not result.conflict:
        raise Blocked(f"writing the status failed: {result.message}", retry=True)
    if not isinstance(result, Found):
        raise Restart
    work.definition = result.object
