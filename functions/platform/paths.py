"""Request paths of the Kubernetes API, built from what the compiled definition already knows, so that nothing is discovered at run time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from graphcore.graph.model import Resource
from graphcore.names import (
    API_VERSION,
    CRD_API_VERSION,
    CRD_KIND,
    CRD_PLURAL,
    INTERNAL_API_VERSION,
    REVISION_KIND,
    REVISION_PLURAL,
    RGD_KIND,
    RGD_PLURAL,
)

DEFINITIONS = Resource(API_VERSION, RGD_KIND, RGD_PLURAL, namespaced=False)
REVISIONS = Resource(INTERNAL_API_VERSION, REVISION_KIND, REVISION_PLURAL, namespaced=False)
CRDS = Resource(CRD_API_VERSION, CRD_KIND, CRD_PLURAL, namespaced=False)


def collection(resource: Resource, namespace: str | None = None) -> str:
    """Path of the kind's list; all namespaces when ``namespace`` is empty or the kind is cluster-scoped."""
    root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.api_version}"
    if resource.namespaced and namespace:
        return f"{root}/namespaces/{quote(namespace, safe='')}/{resource.plural}"
    return f"{root}/{resource.plural}"


def member(resource: Resource, namespace: str | None, name: str, subresource: str | None = None) -> str:
    """Path of one object, or of its subresource."""
    path = f"{collection(resource, namespace)}/{quote(name, safe='')}"
    return f"{path}/{subresource}" if subresource else path


def instance_kind(crd: Mapping[str, Any]) -> Resource:
    """How the kind that a CRD defines is addressed, at its storage version."""
    spec = crd["spec"]
    version = next(item["name"] for item in spec["versions"] if item.get("storage"))
    return Resource(f"{spec['group']}/{version}", spec["names"]["kind"], spec["names"]["plural"], namespaced=spec["scope"] == "Namespaced")
