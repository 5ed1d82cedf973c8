"""GraphRevisions: numbered, immutable copies of what a definition said, each with its compiled facts.

An instance is served from a revision, never from the definition. Numbers only rise within the life of one definition; the name makes two
invocations that issue the same number collide, so that one of them looks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphcore import names
from graphcore.converge.conditions import ConditionSet
from graphcore.converge.effects import REVISIONS, Create, Delete, Found, List, Listed, Patch, Refused, Replace
from graphcore.converge.metadata import annotations_of, labels_of, meta
from graphcore.converge.safety.attempt import Object, Restart
from graphcore.converge.steps import Steps, every, one
from graphcore.converge.values import same
from graphcore.graph import encode_facts, revision_name
from graphcore.graph.graph import Graph
from graphcore.numbers import whole

DEPENDENTS = (names.GRAPH_VERIFIED,)


class RevisionRefused(Exception):
    """The API server refused to create or change a revision; the text says what and why."""


def list_revisions(definition: str) -> Steps[list[Object]]:
    """All revisions of a definition, going ones included, by rising number. Raises RevisionRefused."""
    result = yield from one(List(REVISIONS, fields=f"spec.snapshot.name={definition}"))
    match result:
        case Listed():
            return sorted(result.items, key=number)
        case Refused():
            raise RevisionRefused(f"listing graph revisions: {result.message}")
        case _:
            return []


def number(revision: Object) -> int:
    """``spec.revision``."""
    return whole((revision.get("spec") or {}).get("revision")) or 0


def issued(status: Mapping[str, Any]) -> int:
    """``lastIssuedRevision`` of a definition's status; 0 where there is none."""
    return whole(status.get("lastIssuedRevision")) or 0


def is_going(revision: Object) -> bool:
    return bool(meta(revision).get("deletionTimestamp"))


def information(graph: Graph) -> dict[str, Any]:
    """``topologicalOrder`` and ``resources`` as statuses carry them; what is empty is left out."""
    order = list(graph.topological_order)
    resources = [{"id": node.id, "dependencies": [{"id": name} for name in node.dependencies]} for node in graph.nodes if node.dependencies]
    return ({"topologicalOrder": order} if order else {}) | ({"resources": resources} if resources else {})


def issue(definition: Object, revision: int, graph: Graph, version_label: str) -> Steps[Object]:
    """Create a revision. Raises Restart where somebody else did, RevisionRefused."""
    name = meta(definition)["name"]
    metadata: dict[str, Any] = {
        "name": revision_name(name, revision),
        "labels": {
            names.OWNED: "true",
            names.KRO_VERSION: version_label,
            names.RGD_NAME: name,
            names.REVISION_HASH: graph.revision_hash,
        },
        "finalizers": [names.FINALIZER],
        "ownerReferences": [owner_reference(definition)],
    }
    facts = encode_facts(graph.facts())
    if facts is not None:
        metadata["annotations"] = {names.COMPILED: facts}
    snapshot = {"name": name, "generation": meta(definition).get("generation", 1), "spec": without_empty_lists(definition["spec"])}
    body = {
        "apiVersion": REVISIONS.api_version,
        "kind": REVISIONS.kind,
        "metadata": metadata,
        "spec": {"revision": revision, "snapshot": snapshot},
    }
    result = yield from one(Create(REVISIONS, None, body))
    if isinstance(result, Found):
        return result.object
    if isinstance(result, Refused) and result.conflict:
        raise Restart
    message = result.message if isinstance(result, Refused) else "the kind GraphRevision is not installed"
    raise RevisionRefused(f'creating graph revision "{metadata["name"]}": {message}')


def without_empty_lists(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A definition's spec as kro stores it: ``resources`` and the lists of a resource that are empty mean the same as absent."""
    resources = [{key: value for key, value in resource.items() if value not in ([], None)} for resource in spec.get("resources") or ()]
    kept = {key: value for key, value in spec.items() if key != "resources"}
    return kept | ({"resources": resources} if resources else {})


def owner_reference(definition: Object) -> dict[str, Any]:
    metadata = meta(definition)
    return {"apiVersion": names.API_VERSION, "kind": names.RGD_KIND, "name": metadata["name"], "uid": metadata["uid"], "controller": True}


def adopt(definition: Object, revisions: Sequence[Object], graph: Graph | None) -> Steps[list[Object]]:
    """Live revisions, all controlled by the definition as it is now; the newest, if it is this graph's, with its compiled facts."""
    live = [revision for revision in revisions if not is_going(revision)]
    wanted = owner_reference(definition)
    adopted: list[Object] = []
    for revision in live:
        change: dict[str, Any] = {}
        owners = list(meta(revision).get("ownerReferences") or ())
        if not any(owner.get("uid") == wanted["uid"] and owner.get("controller") for owner in owners):
            strangers = [item for item in owners if item.get("kind") != names.RGD_KIND or item.get("apiVersion") != names.API_VERSION]
            change["ownerReferences"] = [*strangers, wanted]
        if graph is not None and revision is live[-1] and labels_of(revision).get(names.REVISION_HASH) == graph.revision_hash:
            facts = encode_facts(graph.facts())
            if facts is not None and annotations_of(revision).get(names.COMPILED) != facts:
                change["annotations"] = {names.COMPILED: facts}
        adopted.append((yield from _change(revision, change)) if change else revision)
    return adopted


def _change(revision: Object, metadata: Mapping[str, Any]) -> Steps[Object]:
    body = {"metadata": {**metadata, "resourceVersion": meta(revision)["resourceVersion"]}}
    result = yield from one(Patch(REVISIONS, meta(revision)["name"], None, body))
    if isinstance(result, Found):
        return result.object
    if isinstance(result, Refused) and not result.conflict:
        raise RevisionRefused(f'changing graph revision "{meta(revision)["name"]}": {result.message}')
    raise Restart


def verify(revision: Object, graph: Graph, opened: ConditionSet) -> Steps[None]:
    """Say on the revision that it compiled. opened: its conditions. Raises RevisionRefused, Restart."""
    opened.set(names.GRAPH_VERIFIED, "True", "Verified", "graph revision compiled and verified")
    current = revision.get("status") or {}
    known = {key: current[key] for key in ("topologicalOrder", "resources") if key in current}
    status = {**(known or information(graph)), "conditions": opened.to_json()}
    if same(current, status):
        return
    body = {**revision, "status": status, "metadata": {key: value for key, value in meta(revision).items() if key != "managedFields"}}
    result = yield from one(Replace(REVISIONS, meta(revision)["name"], None, body, subresource="status"))
    if isinstance(result, Refused) and not result.conflict:
        raise RevisionRefused(f'status of graph revision "{meta(revision)["name"]}": {result.message}')
    if not isinstance(result, Found):
        raise Restart


def release(revisions: Sequence[Object]) -> Steps[None]:
    """Let go of revisions that are being deleted: nothing has to be cleaned up for them. Best effort; a conflict brings another event."""
    going = [item for item in revisions if is_going(item) and names.FINALIZER in (meta(item).get("finalizers") or ())]
    if going:
        yield tuple(_without_finalizer(revision) for revision in going)


def _without_finalizer(revision: Object) -> Patch:
    metadata = meta(revision)
    rest = [name for name in metadata.get("finalizers") or () if name != names.FINALIZER]
    return Patch(REVISIONS, metadata["name"], None, {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": rest}})


def retire(live: Sequence[Object], served: int, keep: int) -> Steps[None]:
    """Delete the oldest revisions beyond ``keep``, never the served one or a newer one. keep ≤ 0 keeps all. Best effort."""
    old = [item for item in live[: max(0, len(live) - keep)] if number(item) < served] if keep > 0 else []
    if not old:
        return
    results = yield from every(
        Delete(REVISIONS, meta(item)["name"], None, meta(item)["uid"], meta(item)["resourceVersion"]) for item in old
    )
    yield from release([result.object for result in results if isinstance(result, Found)])
