"""What the API server says about its kinds: OpenAPI documents, fetched once per content hash, and how a kind is addressed.

Only the compile of a definition asks; converging an instance needs neither, since the compiled graph carries what it needs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from functions.platform.cluster import Cluster, Request
from functions.platform.refusals import refusal
from graphcore.converge.effects import Documents, Kinds, Refused
from graphcore.graph.model import Resource
from graphcore.openapi import Document, Schemas

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
KEPT_DOCUMENTS = 40


class ClusterSchemas:
    """Reads through ``cluster``; keeps a bounded number of documents, each under the hash that the server gives it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._documents: OrderedDict[str, Document] = OrderedDict()

    async def documents(self, group_versions: Iterable[str]) -> Documents | Refused:
        """The documents of these group versions as served now; those that the server lacks are left out. Raises ClusterError."""
        index = await self._cluster.send(Request("GET", "/openapi/v3"))
        if not index.ok:
            return refusal(index)
        found: dict[str, Document] = {}
        for group_version in sorted(group_versions):
            entry = (index.body.get("paths") or {}).get(f"apis/{group_version}" if "/" in group_version else f"api/{group_version}")
            if entry is None:
                continue
            document = await self._document(group_version, str(entry["serverRelativeURL"]))
            if isinstance(document, Refused):
                return document
            found[group_version] = document
        return Documents(Schemas(found, served=frozenset(_group_versions(index.body.get("paths") or {}))))

    async def _document(self, group_version: str, address: str) -> Document | Refused:
        known = self._documents.get(address)
        if known is not None:
            self._documents.move_to_end(address)
            return known
        path, _, query = address.partition("?")
        parameters = dict(item.partition("=")[::2] for item in query.split("&") if item)
        answer = await self._cluster.send(Request("GET", path, parameters, raw=True))
        if not answer.ok:
            return refusal(answer)
        document = self._documents[address] = Document(group_version, answer.content)
        while len(self._documents) > KEPT_DOCUMENTS:
            self._documents.popitem(last=False)
        return document

    async def kinds(self, group_kinds: tuple[str, ...]) -> Kinds | Refused:
        """Kinds by ``Kind`` or ``Kind.group``, at the server's preferred version. Raises ClusterError."""
        wanted = set(group_kinds)
        found: dict[str, Resource] = {}
        for path in ("/api", "/apis"):
            answer = await self._cluster.send(Request("GET", path, accept=AGGREGATED))
            if not answer.ok:
                return refusal(answer)
            for group in answer.body.get("items") or ():
                for name, resource in _resources(group):
                    if name in wanted:
                        found.setdefault(name, resource)
        return Kinds(found)


def _group_versions(paths: Iterable[str]) -> Iterator[str]:
    """``v1`` of ``api/v1``, ``apps/v1`` of ``apis/apps/v1``; paths of groups and others are passed over."""
    for path in paths:
        root, _, rest = path.partition("/")
        if rest.count("/") == {"api": 0, "apis": 1}.get(root):
            yield rest


def _resources(group: dict[str, Any]) -> list[tuple[str, Resource]]:
    """Kinds of one group of an aggregated discovery document; versions come in the server's order of preference."""
    group_name = str((group.get("metadata") or {}).get("name") or "")
    out = []
    for version in group.get("versions") or ():
        api_version = f"{group_name}/{version['version']}" if group_name else str(version["version"])
        for item in version.get("resources") or ():
            kind = str((item.get("responseKind") or {}).get("kind") or "")
            resource = Resource(api_version, kind, str(item["resource"]), namespaced=item.get("scope") == "Namespaced")
            out.append((resource.group_kind, resource))
    return out
