"""Request bodies to values, in every encoding that clients send."""

from __future__ import annotations

from typing import Any

from local_emulator import status
from local_emulator.codec import decode, decode_yaml
from local_emulator.machinery import APPLY_PATCH, JSON_PATCH
from local_emulator.protobuf.decoding import MEDIA_TYPE, decode_object
from local_emulator.registry import Resource
from local_emulator.requests import Request, check_dry_run
from local_emulator.status import Cause
from local_emulator.writing import Deletion

BODY_TYPES = ("application/json", "application/yaml", MEDIA_TYPE)
PROPAGATION = ("Foreground", "Background", "Orphan")


def read_body(request: Request, resource: Resource) -> Any:
    """The decoded body of a create or update; ApiError 400 or 415."""
    if (request.content_type or "application/json") not in BODY_TYPES:
        raise status.unsupported_media_type(BODY_TYPES)
    try:
        return _decoded(request)
    except ValueError as error:
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind; {error}"
        ) from error


def read_patch(body: bytes, media: str) -> Any:
    """A decoded patch of the right JSON shape for its media type."""
    try:
        patch = decode_yaml(body) if media == APPLY_PATCH else decode(body)
    except ValueError as error:
        raise status.bad_request(f"error decoding {'YAML' if media == APPLY_PATCH else 'patch'}: {error}") from error
    if media == JSON_PATCH and not isinstance(patch, list):
        raise status.bad_request("error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp")
    if media != JSON_PATCH and not isinstance(patch, dict):
        raise status.bad_request("error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}")
    return patch


def read_deletion(request: Request) -> Deletion:
    """DeleteOptions from body and query."""
    body: Any = {}
    if request.body:
        try:
            body = _decoded(request)
        except ValueError as error:
            raise status.bad_request(f"error decoding DeleteOptions: {error}") from error
        if not isinstance(body, dict):
            raise status.bad_request("error decoding DeleteOptions: not an object")
    query = request.query
    propagation = body.get("propagationPolicy") or query.get("propagationPolicy", "")
    if propagation and propagation not in PROPAGATION:
        text = f'Unsupported value: "{propagation}": supported values: "Foreground", "Background", "Orphan", "nil"'
        raise status.options_invalid("DeleteOptions", Cause("propagationPolicy", text, "FieldValueNotSupported"))
    if not propagation and (body.get("orphanDependents") or query.get("orphanDependents") == "true"):
        propagation = "Orphan"
    dry_run = (body.get("dryRun") or [query.get("dryRun", "")])[0]
    check_dry_run(dry_run, "DeleteOptions")
    conditions = body.get("preconditions") or {}
    return Deletion(conditions.get("uid") or "", conditions.get("resourceVersion") or "", propagation, dry_run == "All")


def _decoded(request: Request) -> Any:
    if request.content_type == MEDIA_TYPE:
        return decode_object(request.body)
    return decode_yaml(request.body) if request.content_type == "application/yaml" else decode(request.body)
