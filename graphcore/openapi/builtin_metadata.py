"""What the API server asks of owners and finalizers, as far as it is certain from what is written down.

Owners are asked of every kind, finalizers of the built-in ones: a custom kind takes any word.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphcore.errors import Problem
from graphcore.openapi.fielderrors import invalid
from graphcore.openapi.object_names import label_key_faults
from graphcore.openapi.partial import Part

STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def owner_faults(metadata: Part) -> Iterator[Problem]:
    """Owners that name no object. What is not written is what the API server takes for empty."""
    for owner in metadata["ownerReferences"].items:
        if not owner.written:
            continue
        version = owner["apiVersion"]
        if version.absent or (version.text or "").count("/") > 1:
            yield invalid(version.path, version.text or "", "version must not be empty")
        for name in ("kind", "name", "uid"):
            if owner[name].absent:
                yield invalid(owner[name].path, "", "must not be empty")


def finalizer_faults(metadata: Part, *, plain: bool) -> Iterator[Problem]:
    """Finalizers that are no qualified names. plain: words without a domain are taken, too."""
    for item in metadata["finalizers"].items:
        if item.text is None:
            continue
        faults = label_key_faults(item.text)
        yield from (invalid(item.path, item.text, fault) for fault in faults)
        if not faults and not plain and "/" not in item.text and item.text not in STANDARD_FINALIZERS:
            yield invalid(item.path, item.text, "name is neither a standard finalizer name nor is it fully qualified")
