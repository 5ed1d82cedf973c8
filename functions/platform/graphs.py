"""Compiled graphs, kept by revision: a hit costs nothing, a miss one read and a warm start from the facts stored with the revision.

A revision never changes, so an entry never becomes wrong; what may change hands is the *name* of a revision, when a definition is deleted
and another one of its name begins at revision 1. Entries therefore remember the definition's UID, and :meth:`Graphs.newest` drops those
of a predecessor.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.platform.cluster import Cluster, Request
from functions.platform.paths import REVISIONS, member
from functions.platform.refusals import refusal
from functions.platform.schemas import ClusterSchemas
from graphcore.converge.effects import Missing, Refused, Served
from graphcore.errors import ProblemsError
from graphcore.graph import (
    Graph,
    Limits,
    Resource,
    UnusableFacts,
    compile_graph,
    decode_facts,
    graph_from_facts,
    group_versions,
    revision_name,
)
from graphcore.names import COMPILED

KEPT = 200
"""Compiled graphs kept by a process; one of twenty nodes takes some hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds a revision is about: its instances', its resources' and those that it only refers to.

    whole: whether the revision could be read; else only its instances' is known.
    """

    instance: Resource
    members: frozenset[Resource]
    references: frozenset[Resource]
    whole: bool = True

    @classmethod
    def of(cls, graph: Graph) -> Kinds:
        members = frozenset(node.resource for node in graph.nodes if not node.type.external)
        return cls(graph.instance, members, frozenset(node.resource for node in graph.nodes if node.type.external))


class Graphs:
    """Reads revisions through ``cluster``; ``schemas`` is asked only for a revision without usable facts."""

    def __init__(self, cluster: Cluster, schemas: ClusterSchemas, limits: Limits) -> None:
        self._cluster = cluster
        self._schemas = schemas
        self._limits = limits
        self._kept: OrderedDict[tuple[str, int], Served] = OrderedDict()

    async def load(self, definition: str, revision: int, definition_uid: str = "") -> Served | Missing | Refused:
        """The graph of a revision; one that was kept of another definition than ``definition_uid`` is read again.

        A revision that does not compile (any more) is Refused with code 422. Raises ClusterError.
        """
        known = self._kept.get((definition, revision))
        if known is not None and definition_uid in ("", known.definition_uid):
            self._kept.move_to_end((definition, revision))
            return known
        name = revision_name(definition, revision)
        answer = await self._cluster.send(Request("GET", member(REVISIONS, None, name)))
        if answer.missing(name):
            return Missing()
        if not answer.ok:
            return refusal(answer)
        graph = await self._graph(definition, answer.body)
        if isinstance(graph, Refused):
            return graph
        served = self._kept[(definition, revision)] = Served(graph, revision, _owner(answer.body))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return served

    def newest(self, group: str, kind: str, definition_uid: str = "") -> tuple[str, int] | None:
        """(definition, revision) of the newest graph kept for a kind of instances; those of another definition than ``definition_uid`` are
        dropped.
        """
        of_kind = [key for key, served in self._kept.items() if (served.graph.instance.group, served.graph.instance.kind) == (group, kind)]
        for key in [key for key in of_kind if definition_uid and self._kept[key].definition_uid != definition_uid]:
            del self._kept[key]
            of_kind.remove(key)
        return max(of_kind, key=lambda key: key[1], default=None)

    async def _graph(self, definition: str, revision: Mapping[str, Any]) -> Graph | Refused:
        spec = _snapshot(revision)
        if spec is None:
            return Refused(422, "Invalid", "the revision holds no definition")
        stored = (revision["metadata"].get("annotations") or {}).get(COMPILED)
        if stored:
            try:
                return graph_from_facts(definition, spec, decode_facts(stored), self._limits)
            except UnusableFacts:
                pass
        documents = await self._schemas.documents(group_versions(spec))
        if isinstance(documents, Refused):
            return documents
        try:
            return compile_graph({"metadata": {"name": definition}, "spec": spec}, documents.schemas, self._limits)
        except ProblemsError as error:
            return Refused(422, "Invalid", str(error))


def _snapshot(revision: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The definition's spec as the revision holds it; its CRD says that there is one."""
    value: Any = revision
    for key in ("spec", "snapshot", "spec"):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else None


def _owner(revision: Mapping[str, Any]) -> str:
    owners = revision["metadata"].get("ownerReferences") or ()
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")
