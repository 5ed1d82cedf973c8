"""``/openapi/v3``: the index with hashes, the documents of built-in groups, and documents made from CRDs."""

from __future__ import annotations

import hashlib
from typing import Any

from local_emulator.core import status
from local_emulator.core.codec import encode
from local_emulator.core.registry import Registry, Resource
from local_emulator.core.requests import Request
from local_emulator.objects.builtin.kinds import BuiltinKind
from local_emulator.objects.builtin.paths import document_paths
from local_emulator.objects.builtin.schemas import openapi_document
from local_emulator.protocol.responses import Response

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SHARED = (
    "DeleteOptions",
    "FieldsV1",
    "ListMeta",
    "ManagedFieldsEntry",
    "ObjectMeta",
    "OwnerReference",
    "Patch",
    "Preconditions",
    "Status",
    "StatusCause",
    "StatusDetails",
    "Time",
)
_PROTOBUF = "application/com.github.proto-openapi.spec.v3"


class OpenApi:
    """Documents by group version, each encoded once per change of what is served."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._builtin: dict[str, tuple[bytes, str]] = {}
        self._custom: dict[str, tuple[bytes, str]] = {}
        self._epoch = -1

    def answer(self, request: Request, path: str) -> Response:
        """``/openapi/v3`` or ``/openapi/v3/apis/GROUP/VERSION``."""
        accept = request.headers.get("accept", "")
        if accept.startswith(_PROTOBUF) and "json" not in accept.replace("proto", ""):
            raise status.not_acceptable()
        rest = path.removeprefix("/openapi/v3").strip("/")
        if not rest:
            return Response(
                200, encode({"paths": {_address(g, v): {"serverRelativeURL": self._url(g, v)} for g, v in self.registry.group_versions()}})
            )
        group, version = _split(rest)
        if version is None or not self.registry.serves(group, version):
            raise status.page_not_found()
        body, digest = self.document(group, version)
        headers = [("Etag", f'"{digest}"'), ("Vary", "Accept")]
        if request.query.get("hash"):
            if request.query["hash"] != digest:
                return Response(301, b"", headers=[("Location", self._url(group, version))])
            headers.append(("Cache-Control", "public, immutable"))
        return Response(200, body, headers=headers)

    def _url(self, group: str, version: str) -> str:
        return f"/openapi/v3/{_address(group, version)}?hash={self.document(group, version)[1]}"

    def document(self, group: str, version: str) -> tuple[bytes, str]:
        """(document, hash) of a served group version."""
        if self._epoch != self.registry.epoch:
            self._custom.clear()
            self._epoch = self.registry.epoch
        api_version = f"{group}/{version}" if group else version
        cache = self._builtin if self.registry.builtin(group, version) else self._custom
        if api_version not in cache:
            found = openapi_document(api_version, prose=True) if cache is self._builtin else None
            body = encode(found if found is not None else custom_document(self.registry.in_version(group, version)))
            cache[api_version] = (body, hashlib.sha512(body).hexdigest().upper())
        return cache[api_version]


def _address(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _split(rest: str) -> tuple[str, str | None]:
    parts = rest.split("/")
    if parts[0] == "api" and len(parts) == 2:
        return "", parts[1]
    if parts[0] == "apis" and len(parts) == 3:
        return parts[1], parts[2]
    return "", None


def component_name(group: str, version: str, kind: str) -> str:
    """``io.example.v1.Kind`` for group ``example.io``."""
    return ".".join([*reversed(group.split(".")), version, kind])


def custom_document(resources: list[Resource]) -> dict[str, Any]:
    """The document of a group version whose kinds all come from CRDs."""
    shared = (openapi_document("v1", prose=True) or {})["components"]["schemas"]
    schemas: dict[str, Any] = {_META + name: shared[_META + name] for name in _SHARED if _META + name in shared}
    scaled = (openapi_document("apps/v1", prose=True) or {})["components"]["schemas"]
    schemas |= {name: scaled[name] for name in scaled if name.startswith("io.k8s.api.autoscaling.v1.Scale")}
    for resource in resources:
        name = component_name(resource.group, resource.version, resource.kind)
        schemas[name] = _kind(resource)
        schemas[name + "List"] = _list(resource, name)
    kinds = [_as_kind(resource) for resource in resources]
    paths = document_paths(kinds, component_name)
    components = {"schemas": {name: schemas[name] for name in sorted(schemas)}}
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"}, "paths": paths, "components": components}


def _as_kind(resource: Resource) -> BuiltinKind:
    return BuiltinKind(
        resource.group,
        resource.version,
        resource.kind,
        resource.plural,
        resource.singular,
        resource.short_names,
        resource.categories,
        resource.namespaced,
        resource.verbs,
        tuple(sub.name for sub in resource.subresources),
    )


def _gvk(resource: Resource, kind: str) -> list[dict[str, str]]:
    return [{"group": resource.group, "kind": kind, "version": resource.version}]


def _reference(name: str) -> dict[str, Any]:
    return {"allOf": [{"$ref": f"#/components/schemas/{_META}{name}"}]}


def _kind(resource: Resource) -> dict[str, Any]:
    schema = dict(resource.schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    properties = dict(schema.get("properties") or {})
    properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": _reference("ObjectMeta")}
    schema |= {"properties": properties, "x-kubernetes-group-version-kind": _gvk(resource, resource.kind)}
    if resource.selectable:
        schema["x-kubernetes-selectable-fields"] = [{"fieldPath": path} for path in resource.selectable]
    return schema


def _list(resource: Resource, name: str) -> dict[str, Any]:
    properties = {
        "apiVersion": {"type": "string"},
        "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
        "kind": {"type": "string"},
        "metadata": _reference("ListMeta"),
    }
    return {
        "description": f"{resource.list_kind} is a list of {resource.kind}",
        "type": "object",
        "required": ["items"],
        "properties": properties,
        "x-kubernetes-group-version-kind": _gvk(resource, resource.list_kind),
    }
