"""Where objects live: what may be written in a namespace that ends or is gone."""

from __future__ import annotations

from local_emulator.core import status
from local_emulator.core.registry import Resource
from local_emulator.core.store import Entry, Store
from local_emulator.core.writing import NAMESPACES


def namespace_of(store: Store, resource: Resource, namespace: str) -> Entry | None:
    """The namespace of an object that is to be written; None for what has none.

    Raises ApiError 404 where it is gone: nothing there can be created or changed, only deleted.
    """
    if not resource.namespaced:
        return None
    found = store.get(NAMESPACES, ("", namespace))
    if found is None:
        raise status.not_found("", "namespaces", namespace)
    return found


def check_new(store: Store, resource: Resource, namespace: str, name: str) -> None:
    """Refuses to create in a namespace that is gone, or that is being deleted."""
    found = namespace_of(store, resource, namespace)
    if found is None or b'"deletionTimestamp"' not in found.tail or not found.object()["metadata"].get("deletionTimestamp"):
        return
    why = f"unable to create new content in namespace {namespace} because it is being terminated"
    cause = {"reason": "NamespaceTerminating", "message": f"namespace {namespace} is being terminated", "field": "metadata.namespace"}
    raise status.forbidden(resource.group, resource.plural, name, why, [cause])
