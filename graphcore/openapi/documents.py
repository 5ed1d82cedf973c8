"""Kinds and their schemas, found in the OpenAPI v3 documents of an API server.

One document describes one group and version; whoever provides them may fetch or decode them only when asked, so a definition costs what
its own kinds cost. Plural and scope are read off the documents' ``paths``, which makes discovery requests unnecessary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphcore.openapi import jsontext
from graphcore.openapi.metadata import OBJECT_META
from graphcore.openapi.references import Resolver

_KIND_OF = "x-kubernetes-group-version-kind"


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A kind that an API server serves.

    schema: plain JSON schema without references; parts are shared, so it must never be changed. plural: as in request paths.
    """

    api_version: str
    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    schema: Mapping[str, Any]


class Document:
    """The OpenAPI document of one ``group/version``. body: decoded, or the JSON text, of which only what is asked for gets decoded."""

    def __init__(self, group_version: str, body: Mapping[str, Any] | str | bytes) -> None:
        self.group_version = group_version
        self._body: Mapping[str, Any] | str = body.decode() if isinstance(body, bytes) else body
        self._kinds: dict[str, ResourceKind | None] = {}

    def kind(self, kind: str) -> ResourceKind | None:
        """The served kind of that name; None for list kinds, options and everything else that has no path of its own."""
        if kind not in self._kinds:
            self._kinds[kind] = self._find(kind)
        return self._kinds[kind]

    def kinds(self) -> tuple[str, ...]:
        """Names of all served kinds, sorted."""
        return tuple(sorted(self._served))

    def _find(self, kind: str) -> ResourceKind | None:
        component = self._components.get(kind)
        served = self._served.get(kind)
        if component is None or served is None:
            return None
        group, _, version = self.group_version.rpartition("/")
        schema = self._resolver.component(component)
        return ResourceKind(self.group_version, group, version, kind, served[0], served[1], schema)

    @cached_property
    def _resolver(self) -> Resolver:
        return Resolver(self._load)

    def _load(self, name: str) -> Mapping[str, Any] | None:
        if isinstance(self._body, str):
            start = self._index.get(name)
            return None if start is None else jsontext.value(self._body, start)[0]
        component = self._decoded_schemas.get(name)
        return component if isinstance(component, Mapping) else None

    @property
    def _decoded_schemas(self) -> Mapping[str, Any]:
        assert not isinstance(self._body, str)
        components = self._body.get("components") or {}
        return components.get("schemas") or {}

    @cached_property
    def _scanned(self) -> tuple[dict[str, int], dict[str, str], dict[str, tuple[str, bool]]]:
        """Positions of components, component by kind, plural and scope by kind: one pass over the text, keeping nothing else."""
        index: dict[str, int] = {}
        components: dict[str, str] = {}
        served: dict[str, tuple[str, bool]] = {}
        if not isinstance(self._body, str):
            for name, schema in self._decoded_schemas.items():
                self._note_component(name, schema, components)
            for template, item in (self._body.get("paths") or {}).items():
                self._note_path(template, item, served)
            return index, components, served
        text = self._body

        def path(name: str, at: int) -> int:
            item, end = jsontext.value(text, at)
            self._note_path(name, item, served)
            return end

        def component(name: str, at: int) -> int:
            schema, end = jsontext.value(text, at)
            index[name] = at
            self._note_component(name, schema, components)
            return end

        def schemas(name: str, at: int) -> int:
            return jsontext.each_member(text, at, component) if name == "schemas" else jsontext.value(text, at)[1]

        def root(name: str, at: int) -> int:
            part = {"paths": path, "components": schemas}.get(name)
            return jsontext.each_member(text, at, part) if part else jsontext.value(text, at)[1]

        jsontext.each_member(text, 0, root)
        return index, components, served

    @property
    def _index(self) -> dict[str, int]:
        return self._scanned[0]

    @property
    def _components(self) -> dict[str, str]:
        return self._scanned[1]

    @property
    def _served(self) -> dict[str, tuple[str, bool]]:
        return self._scanned[2]

    def _note_component(self, name: str, schema: Any, components: dict[str, str]) -> None:
        for kind in _kinds_of(schema):
            if self._own(kind):
                known = components.get(str(kind["kind"]))
                components[str(kind["kind"])] = name if known is None else min(known, name)

    def _note_path(self, path: str, item: Any, served: dict[str, tuple[str, bool]]) -> None:
        place = _resource_of(path)
        if place is None or not isinstance(item, Mapping):
            return
        for operation in item.values():
            for kind in _kinds_of(operation):
                if self._own(kind):
                    plural, namespaced = place
                    known = served.get(str(kind["kind"]))
                    served[str(kind["kind"])] = (plural, namespaced or bool(known and known[1]))

    def _own(self, kind: Mapping[str, Any]) -> bool:
        group, version = kind.get("group") or "", kind.get("version")
        return self.group_version == (f"{group}/{version}" if group else version)


def _kinds_of(value: Any) -> Iterator[Mapping[str, Any]]:
    """The group-version-kind extension: a list on components, one entry on operations."""
    found = value.get(_KIND_OF) if isinstance(value, Mapping) else None
    for kind in found if isinstance(found, list) else [found]:
        if isinstance(kind, Mapping) and kind.get("kind"):
            yield kind


def _resource_of(path: str) -> tuple[str, bool] | None:
    """Plural and scope from a path of a collection or object; None for subresources, watches and anything else."""
    parts = path.strip("/").split("/")
    prefix = 2 if parts[:1] == ["api"] else 3 if parts[:1] == ["apis"] else None
    if prefix is None or len(parts) <= prefix:
        return None
    rest = parts[prefix:]
    namespaced = rest[:2] == ["namespaces", "{namespace}"] and len(rest) > 2
    if namespaced:
        rest = rest[2:]
    if rest[0] == "watch" or rest[0].startswith("{") or len(rest) > 2 or (len(rest) == 2 and rest[1] != "{name}"):
        return None
    return rest[0], namespaced


@dataclass(frozen=True, slots=True)
class Schemas:
    """All kinds a definition may use. documents: by ``group/version`` (``v1`` for the core group), taken when first asked.

    served: group versions that exist beside those of ``documents``, to tell what a misspelt one was meant to be.
    """

    documents: Mapping[str, Document | Mapping[str, Any] | str | bytes]
    _custom: Mapping[tuple[str, str], ResourceKind] = field(default_factory=dict)
    _opened: dict[str, Document] = field(default_factory=dict, compare=False)
    served: frozenset[str] = frozenset()

    def kind(self, api_version: str, kind: str) -> ResourceKind | None:
        """The kind as served, or None when the group, version or kind is unknown. A CRD given by :meth:`with_crd` wins."""
        custom = self._custom.get((api_version, kind))
        if custom is not None:
            return custom
        document = self._document(api_version)
        return document.kind(kind) if document is not None else None

    def has_group_version(self, group_version: str) -> bool:
        """Whether anything is served there (to tell an unknown kind from an unknown API)."""
        return group_version in self.documents or any(known == group_version for known, _ in self._custom)

    def kinds(self, group_version: str) -> tuple[str, ...]:
        """Names of the kinds that are served there, sorted; none where the group version is unknown."""
        document = self._document(group_version)
        custom = {kind for version, kind in self._custom if version == group_version}
        return tuple(sorted({*(document.kinds() if document is not None else ()), *custom}))

    def group_versions(self) -> frozenset[str]:
        """All group versions that are known to exist."""
        return frozenset(self.documents) | self.served | frozenset(self.custom_group_versions())

    def custom_group_versions(self) -> tuple[str, ...]:
        """Those of the CRDs given by :meth:`with_crd`, sorted."""
        return tuple(sorted({version for version, _ in self._custom}))

    def with_crd(self, crd: Mapping[str, Any]) -> Schemas:
        """These kinds and those that ``crd`` serves; used for definitions that build on one another, and for CRDs read from files."""
        custom = {**self._custom, **{(kind.api_version, kind.kind): kind for kind in crd_kinds(crd)}}
        return Schemas(self.documents, custom, self._opened, self.served)

    def _document(self, group_version: str) -> Document | None:
        opened = self._opened.get(group_version)
        if opened is None and group_version in self.documents:
            body = self.documents[group_version]
            opened = body if isinstance(body, Document) else Document(group_version, body)
            self._opened[group_version] = opened
        return opened


def crd_kinds(crd: Mapping[str, Any]) -> tuple[ResourceKind, ...]:
    """What the API server publishes for each served version of a CRD: its schema, with the metadata every object has."""
    spec = crd["spec"]
    names = spec["names"]
    kinds = []
    for version in spec.get("versions") or ():
        if not version.get("served"):
            continue
        schema = (version.get("schema") or {}).get("openAPIV3Schema") or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        properties = {
            **(schema.get("properties") or {}),
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": OBJECT_META,
        }
        api_version = f"{spec['group']}/{version['name']}"
        whole = {**schema, "properties": properties}
        kinds.append(
            ResourceKind(api_version, spec["group"], version["name"], names["kind"], names["plural"], spec.get("scope") != "Cluster", whole)
        )
    return tuple(kinds)
