"""Request bodies to values, in every encoding that clients send."""

from __future__ import annotations

from typing import Any

from local_emulator.core import numerals, status
from local_emulator.core.codec import decode, decode_written, decode_yaml
from local_emulator.core.machinery import APPLY_PATCH, JSON_PATCH, STRATEGIC_PATCH
from local_emulator.core.registry import Resource
from local_emulator.core.requests import Request, check_dry_run
from local_emulator.core.status import Cause
from local_emulator.core.writing import Deletion
from local_emulator.core.yamltext import repeated_keys
from local_emulator.objects.model.report import json_type
from local_emulator.objects.protobuf.decoding import MEDIA_TYPE, decode_object

BODY_TYPES = ("application/json", "application/yaml", MEDIA_TYPE)
PROPAGATION = ("Foreground", "Background", "Orphan")


def read_body(request: Request, resource: Resource) -> tuple[Any, tuple[str, ...]]:
    """The decoded body of a create or update, and what it says twice; ApiError 400 or 415."""
    if (request.content_type or "application/json") not in BODY_TYPES:
        raise status.unsupported_media_type(BODY_TYPES)
    try:
        if request.content_type == MEDIA_TYPE:
            return decode_object(request.body), ()
        if request.content_type == "application/yaml":
            return decode_yaml(request.body), tuple(repeated_keys(request.body))
        value, duplicates = decode_written(request.body, merge=not resource.custom)
        return value, tuple(duplicates)
    except ValueError as error:
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind; {error}"
        ) from error


def read_patch(body: bytes, media: str) -> tuple[Any, tuple[str, ...]]:
    """A decoded patch of the right JSON shape for its media type, and what it says twice."""
    what = "error decoding YAML" if media == APPLY_PATCH else "error decoding patch"
    try:
        patch, duplicates = decode_written(body, merge=False)
        if duplicates and media == APPLY_PATCH:
            duplicates = repeated_keys(body)
    except ValueError as error:
        if media != APPLY_PATCH:
            raise status.bad_request(f"{what}: {error}") from error
        try:
            patch = decode_yaml(body)
            duplicates = repeated_keys(body)
        except ValueError as wrong:
            raise status.bad_request(f"{what}: {wrong}") from wrong
    found = json_type(patch)
    if media == JSON_PATCH:
        if not isinstance(patch, list):
            raise status.bad_request(f"{what}: json: cannot unmarshal {found} into Go value of type []handlers.jsonPatchOp")
        for operation in patch:
            if not isinstance(operation, dict):
                wrong_type = json_type(operation)
                raise status.bad_request(f"{what}: json: cannot unmarshal {wrong_type} into Go value of type handlers.jsonPatchOp")
    elif not isinstance(patch, dict):
        context = {
            APPLY_PATCH: f"{what}: error unmarshaling JSON: while decoding JSON: ",
            STRATEGIC_PATCH: "",
        }.get(media, f"{what}: ")
        raise status.bad_request(f"{context}json: cannot unmarshal {found} into Go value of type map[string]interface {{}}")
    return patch, tuple(duplicates)


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
        kind, version = body.get("kind"), body.get("apiVersion")
        if kind not in (None, "", "DeleteOptions"):
            raise status.bad_request(f'no kind "{kind}" is registered for version "{version}" in scheme "pkg/runtime/scheme.go:111"')
    query = {} if request.body else request.query  # of the two only one counts
    numerals.signed(query.get("gracePeriodSeconds") or "0")
    propagation = body.get("propagationPolicy") or query.get("propagationPolicy", "")
    if propagation and propagation not in PROPAGATION:
        text = f'Unsupported value: "{propagation}": supported values: "Foreground", "Background", "Orphan", "nil"'
        raise status.options_invalid("DeleteOptions", Cause("propagationPolicy", text, "FieldValueNotSupported"))
    if propagation and (body.get("orphanDependents") is not None or "orphanDependents" in query):
        text = f'Invalid value: "{propagation}": orphanDependents and deletionPropagation cannot be both set'
        raise status.options_invalid("DeleteOptions", Cause("propagationPolicy", text))
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
