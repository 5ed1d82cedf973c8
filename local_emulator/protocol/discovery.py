"""Discovery documents, plain (``/api``, ``/apis/…``) and aggregated in one request, and ``/version``."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from local_emulator.core.registry import Registry, Resource

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

VERSION: dict[str, str] = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26.8",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def core_versions(address: str) -> dict[str, Any]:
    """``GET /api``."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def _group(group: str, versions: list[str]) -> dict[str, Any]:
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def group_list(registry: Registry) -> dict[str, Any]:
    """``GET /apis``."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(g, versions) for g, versions in registry.groups().items() if g]}


def group(registry: Registry, name: str) -> dict[str, Any] | None:
    """``GET /apis/GROUP``; None if there is no such group."""
    versions = registry.groups().get(name)
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)} if versions else None


def _storage_hash(resource: Resource) -> str:
    digest = hashlib.sha256(f"{resource.group}/{resource.version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def resource_list(registry: Registry, group_name: str, version: str) -> dict[str, Any]:
    """``GET /api/v1`` or ``/apis/GROUP/VERSION``."""
    resources: list[dict[str, Any]] = []
    for resource in registry.in_version(group_name, version):
        entry: dict[str, Any] = {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(_verbs(resource)),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        if "list" in resource.verbs:
            entry["storageVersionHash"] = _storage_hash(resource)
        resources.append(entry)
        for sub in resource.subresources:
            item: dict[str, Any] = {"name": f"{resource.plural}/{sub.name}", "singularName": "", "namespaced": resource.namespaced}
            if (sub.group, sub.version) != (resource.group, resource.version):
                item |= {"group": sub.group, "version": sub.version}
            resources.append({**item, "kind": sub.kind, "verbs": list(sub.verbs)})
    api_version = f"{group_name}/{version}" if group_name else version
    head = {"kind": "APIResourceList", "apiVersion": "v1"} if group_name else {"kind": "APIResourceList"}
    return {**head, "groupVersion": api_version, "resources": resources}


def _verbs(resource: Resource) -> tuple[str, ...]:
    return tuple(verb for verb in resource.verbs if verb not in ("create", "update", "patch")) if resource.terminating else resource.verbs


def aggregated(registry: Registry, core: bool) -> dict[str, Any]:
    """All groups (or the core group alone) as one APIGroupDiscoveryList."""
    items = []
    for name, versions in registry.groups().items():
        if (name == "") != core:
            continue
        metadata = {"name": name} if name else {}
        items.append({"metadata": metadata, "versions": [_aggregated_version(registry, name, version) for version in versions]})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _aggregated_version(registry: Registry, group_name: str, version: str) -> dict[str, Any]:
    resources = []
    for resource in registry.in_version(group_name, version):
        entry: dict[str, Any] = {
            "resource": resource.plural,
            "responseKind": _response_kind(resource, resource.group, resource.version, resource.kind),
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "singularResource": resource.singular,
            "verbs": list(_verbs(resource)),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        if resource.subresources:
            entry["subresources"] = [
                {"subresource": s.name, "responseKind": _response_kind(resource, s.group, s.version, s.kind), "verbs": list(s.verbs)}
                for s in resource.subresources
            ]
        resources.append(entry)
    return {"version": version, "resources": resources, "freshness": "Current"}


def _response_kind(resource: Resource, group_name: str, version: str, kind: str) -> dict[str, str]:
    """A built-in kind of the resource's own version is named alone."""
    own = not resource.custom and (group_name, version) == (resource.group, resource.version)
    return {"group": "" if own else group_name, "version": "" if own else version, "kind": kind}


def root_paths(registry: Registry) -> dict[str, Any]:
    """``GET /``."""
    paths = ["/api", "/api/v1", "/apis", "/apis/", "/healthz", "/livez", "/openapi/v3", "/openapi/v3/", "/readyz", "/version"]
    for name, versions in registry.groups().items():
        if name:
            paths.append(f"/apis/{name}")
            paths.extend(f"/apis/{name}/{version}" for version in versions)
    return {"paths": sorted(paths)}
