"""What a compiled definition is made of: plain immutable values that the rest of the room fills and ``converge`` reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Resource:
    """How the API server addresses a kind: everything a request path needs, so that no discovery is asked at run time."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        return self.api_version.rpartition("/")[2]

    @property
    def group_kind(self) -> str:
        """``Kind`` or ``Kind.group``, as ApplySet inventories write it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


class NodeType(Enum):
    """The node types of a definition; the instance itself is the virtual node ``schema``."""

    RESOURCE = "resource"
    COLLECTION = "collection"
    EXTERNAL = "external"
    EXTERNAL_COLLECTION = "external-collection"

    @property
    def external(self) -> bool:
        return self in (NodeType.EXTERNAL, NodeType.EXTERNAL_COLLECTION)

    @property
    def plural(self) -> bool:
        """True where other nodes see a list of objects."""
        return self in (NodeType.COLLECTION, NodeType.EXTERNAL_COLLECTION)


@dataclass(frozen=True, slots=True)
class Limits:
    """Settings that decide what compiles and renders; defaults are kro's.

    omit: the feature gate ``CELOmitFunction``. version_label: value of ``kro.run/kro-version``.
    """

    collection_size: int = 1000
    collection_dimensions: int = 10
    omit: bool = False
    version_label: str = "devel"
