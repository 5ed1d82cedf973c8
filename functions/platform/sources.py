"""The caches of a process as what a driver asks for."""

from __future__ import annotations

from dataclasses import dataclass

from functions.platform.graphs import Graphs
from functions.platform.schemas import ClusterSchemas
from graphcore.converge.effects import Documents, Kinds, Missing, Refused, Served


@dataclass(frozen=True, slots=True)
class ClusterSources:
    """See :class:`functions.platform.driver.Sources`."""

    _graphs: Graphs
    _schemas: ClusterSchemas

    async def graph(self, definition: str, revision: int, definition_uid: str) -> Served | Missing | Refused:
        return await self._graphs.load(definition, revision, definition_uid)

    async def documents(self, group_versions: tuple[str, ...]) -> Documents | Refused:
        return await self._schemas.documents(group_versions)

    async def kinds(self, group_kinds: tuple[str, ...]) -> Kinds | Refused:
        return await self._schemas.kinds(group_kinds)
