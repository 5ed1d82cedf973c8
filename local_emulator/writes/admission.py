"""Pure checks and rules of a write, before and after the kind's own: body against URL, preconditions, what an endpoint may change."""

from __future__ import annotations

from typing import Any

from graphcore.cel.runtime.times import parse_timestamp
from local_emulator.core import numerals, status
from local_emulator.core.registry import Resource
from local_emulator.core.status import ApiError, Cause, Undecodable
from local_emulator.core.store import Entry
from local_emulator.core.writing import GENERATED, NAMESPACES
from local_emulator.objects.builtin.schemas import definition_name

Object = dict[str, Any]


def admit_body(resource: Resource, body: Any, apply: bool = False) -> Object:
    """The body as an object of this kind, with apiVersion and kind set; refused if it is of another."""
    if body is None and not resource.custom:
        body = {}
    if not isinstance(body, dict):
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind; json parse error"
        )
    version, kind = body.get("apiVersion") or "", body.get("kind") or ""
    if apply and (not isinstance(version, str) or not isinstance(kind, str) or not version or not kind):
        raise status.bad_request(
            f"invalid object type: {version if isinstance(version, str) else ''}/, Kind={kind if isinstance(kind, str) else ''}"
        )
    if apply and (version, kind) != (resource.api_version, resource.kind):
        group, _, short = version.rpartition("/")
        raise status.bad_request(f"invalid object type: {group}/{short}, Kind={kind}")
    if not kind and resource.custom:
        raise status.bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): Object 'Kind' is missing")
    if version != resource.api_version and (version or resource.custom):
        if resource.custom:
            error = status.bad_request(
                f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})"
            )
            # A real server has pruned by the schema of the other version, which it does not have.
            error.warnings = tuple(
                f'unknown field "{name}"'
                for name in body
                if str(version).partition("/")[0] == resource.group and name not in ("apiVersion", "kind", "metadata")
            )
            raise error
        raise _unknown_kind(resource, kind, str(version))
    if kind and kind != resource.kind:
        if resource.custom:
            name = (body.get("metadata") or {}).get("name") or ""
            raise status.invalid(resource.group, str(kind), name, [Cause("kind", f'Invalid value: "{kind}": must be {resource.kind}')])
        if definition_name(resource.group, resource.version, str(kind)) is None:
            raise _unknown_kind(resource, kind, resource.api_version)
        internal = resource.group.partition(".")[0] or "core"
        raise Undecodable(
            f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}',
            f"converting ({resource.version}.{kind}) to ({internal}.{resource.kind}): unknown conversion",
        )
    if not resource.custom and not isinstance(body.get("metadata", {}), dict | None):
        what = _GO.get(type(body["metadata"]), "number")
        raise Undecodable(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}',
            f"json: cannot unmarshal {what} into Go struct field {resource.kind}.metadata of type v1.ObjectMeta",
        )
    return {**body, "apiVersion": resource.api_version, "kind": resource.kind}


def check_time(resource: Resource, metadata: Object) -> None:
    """The creation time that a client gives is ignored, but has to be one."""
    given = metadata.get("creationTimestamp")
    if isinstance(given, str) and given and parse_timestamp(given) is None:
        layout = "2006-01-02T15:04:05Z07:00"
        raise Undecodable(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}',
            f'parsing time "{given}" as "{layout}": cannot parse "{given}" as "2006"',
        )


_GO: dict[type, str] = {str: "string", list: "array", bool: "bool"}


def _unknown_kind(resource: Resource, kind: Any, version: str) -> Undecodable:
    return Undecodable(
        f'{kind or resource.kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}',
        f'no kind "{kind}" is registered for version "{version}" in scheme "pkg/runtime/scheme.go:111"',
    )


def check_url(resource: Resource, metadata: Object, namespace: str, name: str) -> None:
    given = metadata.get("name")
    if not given:
        raise status.bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
    if given != name:
        raise status.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
    if resource.namespaced and metadata.get("namespace") and metadata["namespace"] != namespace:
        raise status.bad_request("the namespace of the provided object does not match the namespace sent on the request")


def check_revision(resource: Resource, metadata: Object, entry: Entry, name: str, required: bool) -> None:
    given = metadata.get("resourceVersion")
    if given in (None, "", "0"):
        if required:
            cause = Cause("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
            raise status.invalid(resource.group, resource.plural, name, [cause])
        return
    if numerals.unsigned(str(given)) != entry.revision:
        raise status.conflict(resource.group, resource.plural, name)


def reset(resource: Resource, obj: Object, old: Object, subresource: str) -> Object:
    """Takes back what this endpoint may not change: status on the main one, everything else on the status one."""
    if subresource == "status":
        if resource.custom:
            kept = {**old, "metadata": {**old["metadata"], "managedFields": obj["metadata"].get("managedFields") or []}}
        else:
            metadata = {key: value for key, value in obj["metadata"].items() if key not in ("labels", "ownerReferences")}
            metadata |= {key: old["metadata"][key] for key in ("labels", "ownerReferences") if key in old["metadata"]}
            kept = {**old, "metadata": metadata}
        kept.pop("status", None)
        return {**kept, "status": obj["status"]} if "status" in obj else kept
    if resource.has_status and not subresource:
        obj = {key: value for key, value in obj.items() if key != "status"}
        if "status" in old:
            obj["status"] = old["status"]
    return obj


def generation_moves(resource: Resource, obj: Object, old: Object, subresource: str) -> bool:
    """Whether an update is one of the spec; of a Deployment its annotations count, too."""
    if resource.custom:
        ignored = ("metadata", "status") if resource.has_status else ("metadata",)
        return any(obj.get(key) != old.get(key) for key in {*obj, *old} if key not in ignored)
    if resource.storage not in GENERATED:
        return False
    if resource.storage == ("apps", "deployments") and not subresource:
        new, was = (one["metadata"].get("annotations") or {} for one in (obj, old))
        if new != was:
            return True
    ignored = ("metadata", "status")
    return any(obj.get(key) != old.get(key) for key in {*obj, *old} if key not in ignored)


def released(resource: Resource, body: Object) -> bool:
    return resource.storage != NAMESPACES or not (body.get("spec") or {}).get("finalizers")


def delete_conflict(resource: Resource, name: str, why: str) -> ApiError:
    return status.conflict(resource.group, resource.kind, name, why)
