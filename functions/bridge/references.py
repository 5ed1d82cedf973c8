"""Which instances a changed object matters to although it carries no label of theirs: the instances' own records, matched here.

With a stock source ``fanout`` has to list the candidates for every change of a referenced kind; the bridge knows the instances' metadata
anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from functions.bridge.watcher import Change
from graphcore.converge.references import Reference, recorded
from graphcore.graph.model import Resource


@dataclass(slots=True)
class References:
    """By instance UID: the instance's kind, its metadata and what it refers to. Instances that refer to nothing are not kept."""

    _entries: dict[str, tuple[Resource, dict[str, Any], tuple[Reference, ...]]] = field(default_factory=dict)

    def record(self, resource: Resource, metadata: dict[str, Any], *, gone: bool) -> None:
        """Takes note of an instance as it is now."""
        references = () if gone else recorded({"metadata": metadata})
        if references:
            self._entries[str(metadata["uid"])] = (resource, metadata, references)
        else:
            self._entries.pop(str(metadata["uid"]), None)

    def forget(self, resource: Resource) -> None:
        """A kind of instances is no longer followed."""
        self._entries = {uid: entry for uid, entry in self._entries.items() if entry[0] != resource}

    def matching(self, change: Change) -> Iterator[tuple[Resource, dict[str, Any]]]:
        """Kind and metadata of each instance that refers to the changed object, or did before the change."""
        former = (change.before or {}).get("labels")
        for resource, metadata, references in self._entries.values():
            if any(reference.matches(change.resource, {"metadata": change.metadata}, former) for reference in references):
                yield resource, metadata
