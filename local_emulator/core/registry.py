"""Which resources the server serves: the built-in table plus one entry per served version of each established CRD.

A :class:`Resource` is everything the protocol needs to know about a (group, version, plural); whether it is built in or comes from a CRD
shows only in ``custom``. Versions of one kind share ``storage``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphcore.numbers import whole
from local_emulator.core.codec import decode, encode
from local_emulator.core.store import CollectionKey

Object = dict[str, Any]
ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
CUSTOM_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


@dataclass(frozen=True, slots=True)
class Conversion:
    """A version of a kind that is not stored. show: from the stored form; store: back. Objects come without kind and apiVersion."""

    show: Callable[[Object], Object]
    store: Callable[[Object], Object]


@dataclass(frozen=True, slots=True)
class Subresource:
    """``status``, ``scale``, …; group, version and kind are those of its body."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...] = ("get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Column:
    """A printer column. ``path``: JSONPath for columns that a CRD declares."""

    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Dotted paths inside the object that the scale subresource shows and writes."""

    spec: tuple[str, ...] = ("spec", "replicas")
    status: tuple[str, ...] = ("status", "replicas")
    selector: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One served resource. ``model`` is what validation and apply compiled for this version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...] = ALL_VERBS
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    columns: tuple[Column, ...] = ()
    list_kind: str = ""
    storage: CollectionKey = ("", "")
    custom: bool = False
    scale: ScalePaths | None = None
    selectable: tuple[str, ...] = ()
    terminating: bool = False
    schema: Any = None  # of a custom kind: its structural schema
    model: Any = None
    conversion: Conversion | None = None
    prefix: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "list_kind", self.list_kind or self.kind + "List")
        object.__setattr__(self, "storage", self.storage if self.storage[1] else (self.group, self.plural))
        object.__setattr__(self, "prefix", f'{{"kind":"{self.kind}","apiVersion":"{self.api_version}",'.encode())

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def show(self, tail: bytes) -> bytes:
        """Stored bytes as an object of this version."""
        if self.conversion is not None:
            tail = encode(self.conversion.show(decode(b"{" + tail)))[1:]
        return self.prefix + tail

    @property
    def has_status(self) -> bool:
        return any(sub.name == "status" for sub in self.subresources)

    def subresource(self, name: str) -> Subresource | None:
        return next((sub for sub in self.subresources if sub.name == name), None)


# Clients prefer the first of several kinds that a name may mean.
_ORDER = (
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
)
_KUBE_VERSION = re.compile(r"^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$")


def version_priority(version: str) -> tuple[int, int, int, str]:
    """Sort key: v2, v1, v1beta1, v1alpha1, then other names by letter (most preferred first)."""
    match = _KUBE_VERSION.match(version)
    if not match:
        return (3, 0, 0, version)
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    major, minor = whole(match[1]), whole(match[3] or "0")
    if major is None or minor is None:
        return (3, 0, 0, version)
    return (stage, -major, -minor, version)


class Registry:
    """Served resources by (group, version, plural); ``epoch`` moves with every change, so that discovery documents can be cached."""

    def __init__(self, builtin: Iterable[Resource]) -> None:
        self.resources: dict[tuple[str, str, str], Resource] = {}
        self.collections: dict[CollectionKey, Resource] = {}
        self.builtin_versions: dict[str, list[str]] = {}
        self.epoch = 0
        for resource in builtin:
            self._add(resource)
            versions = self.builtin_versions.setdefault(resource.group, [])
            if resource.version not in versions:
                versions.append(resource.version)

    def _add(self, resource: Resource) -> None:
        self.resources[resource.group, resource.version, resource.plural] = resource
        if resource.conversion is None:
            self.collections.setdefault(resource.storage, resource)

    def of_collection(self, collection: CollectionKey) -> Resource | None:
        """A resource that shows the objects of a collection as they are stored; None if nothing serves it."""
        return self.collections.get(collection)

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self.resources.get((group, version, plural))

    def of_kind(self, group: str, kind: str) -> Resource | None:
        """Any served version of a kind."""
        return next((r for r in self.resources.values() if r.group == group and r.kind == kind), None)

    def serves(self, group: str, version: str) -> bool:
        return any(key[0] == group and key[1] == version for key in self.resources)

    def builtin_group(self, group: str) -> bool:
        return group in self.builtin_versions

    def builtin(self, group: str, version: str) -> bool:
        return version in self.builtin_versions.get(group, ())

    def groups(self) -> dict[str, list[str]]:
        """Group → its versions, most preferred first; built-in groups as a real server orders them, the CRDs' by name. ``""``: core."""
        ranks = {group: rank for rank, group in enumerate(_ORDER)}
        order = sorted(self.builtin_versions, key=lambda group: ranks.get(group, len(ranks)))
        found = {group: sorted(self.builtin_versions[group], key=version_priority) for group in order}
        custom: dict[str, set[str]] = {}
        for group, version, _ in self.resources:
            if version not in found.get(group, ()):
                custom.setdefault(group, set()).add(version)
        for group in sorted(custom):
            found.setdefault(group, []).extend(sorted(custom[group], key=version_priority))
        return found

    def group_versions(self) -> Iterator[tuple[str, str]]:
        for group, versions in self.groups().items():
            for version in versions:
                yield group, version

    def in_version(self, group: str, version: str) -> list[Resource]:
        return sorted((r for (g, v, _), r in self.resources.items() if g == group and v == version), key=lambda r: r.plural)

    def replace(self, storage: CollectionKey, resources: Iterable[Resource]) -> None:
        """Serves exactly ``resources`` for a collection from now on."""
        for key in [key for key, resource in self.resources.items() if resource.storage == storage]:
            del self.resources[key]
        self.collections.pop(storage, None)
        for resource in resources:
            self._add(resource)
        self.epoch += 1
