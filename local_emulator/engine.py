"""The real :class:`~local_emulator.machinery.Machinery`: built-in and custom schemas, server-side apply and the three patch formats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_emulator.apply.fieldsets import MEMBER, Node
from local_emulator.apply.server_side import record_update, server_side_apply
from local_emulator.apply.typed import TypedSchema
from local_emulator.builtin.schemas import schema_for
from local_emulator.machinery import JSON_PATCH, STRATEGIC_PATCH
from local_emulator.patches.json_patch import json_patch
from local_emulator.patches.merge_patch import merge_patch
from local_emulator.patches.strategic import strategic_merge
from local_emulator.registry import Resource

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """What is compiled once per served version of a kind."""

    typed: TypedSchema


@lru_cache(maxsize=512)
def builtin_model(group: str, version: str, kind: str) -> Model:
    return Model(TypedSchema.from_builtin(group, version, kind))


def custom_model(group: str, version: str, kind: str, schema: Any) -> Model:
    """The model of one served version of a CRD."""
    return Model(TypedSchema.from_crd(schema or {}))


def _model(resource: Resource) -> Model:
    model = resource.model
    return model if isinstance(model, Model) else builtin_model(resource.group, resource.version, resource.kind)


def _reset(resource: Resource, subresource: str) -> Node | None:
    """Paths that an endpoint never owns because it never writes them."""
    if subresource == "status":
        if resource.custom:
            return {"f:metadata": MEMBER, "f:spec": MEMBER}
        return {"f:spec": MEMBER, "f:metadata": {"f:labels": MEMBER}}
    if not subresource and resource.has_status:
        return {"f:status": MEMBER}
    return None


class Engine:
    """See :class:`~local_emulator.machinery.Machinery`."""

    def prepare(self, resource: Resource, obj: Object, field_validation: str, old: Object | None, subresource: str) -> tuple[Object, list[str]]:
        return obj, []

    def patch(self, resource: Resource, live: Object, patch: Any, content_type: str) -> Any:
        if content_type == JSON_PATCH:
            return json_patch(live, patch)
        if content_type == STRATEGIC_PATCH:
            return strategic_merge(live, patch, schema_for(resource.group, resource.version, resource.kind))
        return merge_patch(live, patch)

    def apply(self, resource: Resource, live: Object | None, patch: Object, manager: str, force: bool, subresource: str, now: str) -> Object:
        return server_side_apply(
            live, patch, manager=manager, force=force, typed=_model(resource).typed, now=now, subresource=subresource, reset=_reset(resource, subresource)
        )

    def record_update(self, resource: Resource, old: Object | None, new: Object, manager: str, subresource: str, now: str) -> Object:
        return record_update(
            old, new, manager=manager, typed=_model(resource).typed, now=now, subresource=subresource, reset=_reset(resource, subresource)
        )

