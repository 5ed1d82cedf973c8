"""What a namespace that is being deleted says about the objects that are still in it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from local_emulator.core.registry import Resource
from local_emulator.core.status import qualified
from local_emulator.core.store import Store
from local_emulator.objects.metadata import timestamp

Object = dict[str, Any]
_FINE = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    ("NamespaceDeletionContentFailure", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
)


def remaining(store: Store, left: list[Resource], namespace: str, obj: Object) -> list[Object]:
    """The conditions of a namespace in which objects of these resources are left; times move only where a status does."""
    counts, finalizers = [], Counter[str]()
    for resource in left:
        entries = list(store.scan(resource.storage, namespace))
        # A kind of the core group ends with the dot that separates it from its empty group.
        name = qualified(resource.group, resource.plural) if resource.group else f"{resource.plural}."
        counts.append(f"{name} has {len(entries)} resource instances")
        for entry in entries:
            metadata: Any = entry.object()["metadata"]
            finalizers.update(set(metadata.get("finalizers") or ()))
    told = [f"{name} in {number} resource instances" for name, number in sorted(finalizers.items())]
    content = f"Some resources are remaining: {', '.join(sorted(counts))}"
    held = f"Some content in the namespace has finalizers remaining: {', '.join(told)}"
    wanted = [(*fine, "False") for fine in _FINE]
    wanted.append(("NamespaceContentRemaining", "SomeResourcesRemain", content, "True"))
    if told:
        wanted.append(("NamespaceFinalizersRemaining", "SomeFinalizersRemain", held, "True"))
    else:
        wanted.append(("NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished", "False"))
    before = {one["type"]: one for one in (obj.get("status") or {}).get("conditions") or ()}
    now = timestamp(store.now())
    conditions = []
    for kind, reason, message, state in wanted:
        old = before.get(kind)
        since = old["lastTransitionTime"] if old and old["status"] == state else now
        conditions.append({"type": kind, "status": state, "lastTransitionTime": since, "reason": reason, "message": message})
    return conditions
