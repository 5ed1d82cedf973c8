"""A definition that is going: what happens to its kind, its revisions and its finalizer.

Without the setting ``allow-crd-deletion`` the generated CRD and the instances stay. The CRD says that no revision is active any more, which
every instance is told as it is told of a new one: it is not served until a definition of that name is accepted again, says so, and can be
deleted, since that needs no definition. With the setting, the CRD is deleted, which deletes its instances, each in order; the definition
stays until all of that is done, so that nothing hangs unseen.
"""

from __future__ import annotations

from graphcore import names
from graphcore.converge.definition import revisions
from graphcore.converge.definition.crd import retire
from graphcore.converge.definition.revisions import RevisionRefused
from graphcore.converge.effects import (
    CRDS,
    DEFINITIONS,
    Converged,
    Delete,
    Failed,
    Found,
    Get,
    List,
    Listed,
    Missing,
    Outcome,
    Patch,
    Refused,
    Waiting,
)
from graphcore.converge.metadata import labels_of, meta
from graphcore.converge.safety.attempt import Object, Restart
from graphcore.converge.steps import Steps, one
from graphcore.errors import Problem
from graphcore.names.plural import pluralize


def definition_gone(name: str, interval: float) -> Steps[Outcome]:
    """No definition (any more): let go of its revisions, which garbage collection is taking away.

    interval: seconds before a run that nothing else wakes is repeated; 0: never.
    """
    try:
        yield from revisions.release((yield from revisions.list_revisions(name)))
    except RevisionRefused as refused:
        return _refused("revision-refused", str(refused), interval)
    return (yield from _retire_crds(name, interval)) or Converged(gone=True)


def retire_definition(definition: Object, interval: float, *, allow_crd_deletion: bool) -> Steps[Outcome]:
    """Delete the CRD if that is allowed and it is this definition's, then give up the finalizer. interval: as above. Raises Restart."""
    finalizers = list(meta(definition).get("finalizers") or ())
    try:
        yield from revisions.release((yield from revisions.list_revisions(meta(definition)["name"])))
    except RevisionRefused as refused:
        return _refused("revision-refused", str(refused), interval)
    if names.FINALIZER not in finalizers:
        return Converged()
    if allow_crd_deletion:
        outcome = yield from _delete_crd(definition, interval)
        if outcome is not None:
            return outcome
    outcome = yield from _retire_crds(meta(definition)["name"], interval)
    if outcome is not None:
        return outcome
    rest = [name for name in finalizers if name != names.FINALIZER]
    body = {"metadata": {"resourceVersion": meta(definition)["resourceVersion"], "finalizers": rest}}
    result = yield from one(Patch(DEFINITIONS, meta(definition)["name"], None, body))
    if isinstance(result, Refused):
        if result.conflict:
            raise Restart
        return _refused("management-failed", f"removing the finalizer failed: {result.message}", interval)
    return Converged(gone=not rest)


def _retire_crds(name: str, interval: float) -> Steps[Outcome | None]:
    """None when no CRD names the definition as one that serves it. Raises Restart."""
    found = yield from one(List(CRDS, labels=f"{names.RGD_NAME}={name}", metadata_only=True))
    if isinstance(found, Refused):
        return _refused("crd-refused", f"listing the CRDs of {name} failed: {found.message}", interval)
    for crd in found.items if isinstance(found, Listed) else ():
        refusal = yield from retire(crd)
        if refusal is not None:
            return _refused("crd-refused", refusal, interval)
    return None


def _refused(code: str, message: str, interval: float) -> Failed:
    """A definition that is going has no condition for it."""
    return Failed((Problem(code, message),), interval or None, backs_off=True)


def crd_name(definition: Object) -> str:
    """Name of the CRD that a definition generates."""
    schema = definition["spec"]["schema"]
    return f"{pluralize(schema['kind'].lower())}.{schema.get('group') or names.GROUP}"


def _delete_crd(definition: Object, interval: float) -> Steps[Outcome | None]:
    """None when the CRD is gone, or not ours to delete."""
    name = crd_name(definition)
    read = yield from one(Get(CRDS, name, metadata_only=True))
    if isinstance(read, Refused):
        return _refused("crd-refused", f"reading CRD {name} failed: {read.message}", interval)
    if not isinstance(read, Found) or labels_of(read.object).get(names.RGD_NAME) != meta(definition)["name"]:
        return None
    metadata = meta(read.object)
    if not metadata.get("deletionTimestamp"):
        result = yield from one(Delete(CRDS, name, None, metadata["uid"], metadata["resourceVersion"]))
        if isinstance(result, Missing):
            return None
        if isinstance(result, Refused):
            if result.conflict:
                raise Restart
            return _refused("crd-refused", f"deleting CRD {name} failed: {result.message}", interval)
    return Waiting((f"CRD {name} and its instances to be gone",))
