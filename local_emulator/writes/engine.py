"""The real :class:`~local_emulator.core.machinery.Machinery`: built-in and custom schemas, server-side apply and the three patches."""

from __future__ import annotations

from typing import Any

from local_emulator.core import status
from local_emulator.core.machinery import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH
from local_emulator.core.registry import Resource
from local_emulator.core.status import Undecodable
from local_emulator.core.writing import Options
from local_emulator.objects.apply.checking import refuse_misfit
from local_emulator.objects.apply.fieldsets import MEMBER, Node
from local_emulator.objects.apply.last_applied import keep_annotation, waived_conflicts
from local_emulator.objects.apply.server_side import record_update, server_side_apply
from local_emulator.objects.model.models import Model, builtin_model, custom_model
from local_emulator.objects.model.report import Mismatch, Report
from local_emulator.objects.patches.json_patch import json_patch
from local_emulator.objects.patches.merge_patch import merge_patch
from local_emulator.objects.patches.strategic import strategic_merge
from local_emulator.writes.scale_paths import scale_faults

__all__ = ["Engine", "Model", "builtin_model", "custom_model"]

Object = dict[str, Any]

_STATUS_RESETS: dict[tuple[str, str], Node] = {
    ("apps", "Deployment"): {"f:spec": MEMBER, "f:metadata": {"f:labels": MEMBER}},
    ("", "Pod"): {"f:spec": MEMBER, "f:metadata": {"f:deletionTimestamp": MEMBER, "f:ownerReferences": MEMBER}},
}


def _model(resource: Resource) -> Model:
    model = resource.model
    return model if isinstance(model, Model) else builtin_model(resource.group, resource.version, resource.kind)


def _reset(resource: Resource, subresource: str) -> Node | None:
    """Paths that an endpoint never owns because it never writes them."""
    if subresource == "status":
        if resource.custom:
            return {"f:metadata": MEMBER, "f:spec": MEMBER}
        return _STATUS_RESETS.get((resource.group, resource.kind), {"f:spec": MEMBER})
    if not subresource and resource.has_status:
        return {"f:status": MEMBER}
    return None


def _strictly(duplicates: tuple[str, ...], unknown: list[str]) -> list[str]:
    """What strict decoding says; a field that nobody knows is not told twice."""
    told = [one if one.startswith("line ") else f'duplicate field "{one}"' for one in duplicates if one not in unknown]
    return [*told, *(f'unknown field "{path}"' for path in unknown)]


class Engine:
    """See :class:`~local_emulator.core.machinery.Machinery`."""

    def prepare(self, resource: Resource, obj: Object, options: Options, old: Object | None, subresource: str) -> tuple[Object, list[str]]:
        model, report = _model(resource), Report(options.applied)
        subject = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
        try:
            read = model.read(obj, report)
        except Mismatch as problem:
            raise Undecodable(subject, problem.message) from None
        warnings = _strictly(options.duplicates, report.unknown)
        if warnings and options.field_validation == "Strict":
            yaml = warnings[0].startswith("line ")
            listed = "yaml: unmarshal errors:\n  " + "\n  ".join(warnings) if yaml else ", ".join(warnings)
            raise Undecodable(subject, f"strict decoding error: {listed}")
        if old is not None and model.settle is not None and not subresource:
            model.settle(read, old)
        causes = model.check(read, old, subresource)
        if resource.custom and resource.scale is not None:
            causes = [*causes, *scale_faults(read, resource.scale)]
        if causes:
            raise status.invalid(resource.group, resource.kind, read["metadata"].get("name") or "", causes)
        return read, warnings if options.field_validation == "Warn" else []

    def patch(self, resource: Resource, live: Object, patch: Any, content_type: str) -> Object:
        if content_type == JSON_PATCH:
            patched = json_patch(live, patch)
        elif content_type == MERGE_PATCH:
            patched = merge_patch(live, patch)
        elif content_type == STRATEGIC_PATCH and not resource.custom:
            patched = strategic_merge(live, patch, _model(resource).schema)
        else:
            raise status.unsupported_media_type((JSON_PATCH, MERGE_PATCH, "application/apply-patch+yaml"))
        if not isinstance(patched, dict):
            raise status.bad_request("the patched object is not an object")
        return patched

    def apply(
        self, resource: Resource, live: Object | None, patch: Object, manager: str, force: bool, subresource: str, now: str
    ) -> Object:
        model = _model(resource)
        refuse_misfit(model.typed, patch)

        def normalise(obj: Object) -> Object:
            try:
                return model.read(obj, Report(applied=True))
            except Mismatch as problem:
                raise status.bad_request(f"failed to convert new object to proper version: {problem.message}") from None

        result = server_side_apply(
            live,
            patch,
            manager=manager,
            force=force,
            typed=model.typed,
            now=now,
            subresource=subresource,
            reset=_reset(resource, subresource),
            normalise=normalise,
            empty=model.empty,
            waived=waived_conflicts(model.typed, live, manager) if live is not None else None,
        )
        return keep_annotation(result, patch, manager)

    def record_update(self, resource: Resource, old: Object | None, new: Object, manager: str, subresource: str, now: str) -> Object:
        model = _model(resource)
        reset = _reset(resource, subresource)
        return record_update(old, new, manager=manager, typed=model.typed, now=now, subresource=subresource, reset=reset, empty=model.empty)
