"""The bridge from client-side apply: the annotation in which ``kubectl apply`` keeps what it sent last.

When ``kubectl apply --server-side`` meets an object that ``kubectl apply`` wrote before, the fields of that annotation are its own
and no conflict; and while the annotation is there, it follows what is applied, so that both ways of applying can be mixed.
"""

from __future__ import annotations

import json
from typing import Any

from local_emulator.objects.apply.fieldsets import Node, difference
from local_emulator.objects.apply.typed import TypedSchema
from local_emulator.objects.apply.walk import compare, field_set

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
KUBECTL = "kubectl"

Object = dict[str, Any]


def _annotations(obj: Object) -> dict[str, str]:
    return (obj.get("metadata") or {}).get("annotations") or {}


def waived_conflicts(typed: TypedSchema, live: Object, manager: str) -> Node | None:
    """Paths that ``kubectl`` may take without force: those it applied client-side and that still have the value it applied."""
    text = _annotations(live).get(ANNOTATION)
    if manager != KUBECTL or not text:
        return None
    try:
        applied = json.loads(text)
    except ValueError:
        return None
    if not isinstance(applied, dict) or applied.get("apiVersion") != live["apiVersion"]:
        return None
    changed, removed = compare(typed, applied, live)
    return difference(difference(field_set(typed, applied), changed), removed)


def keep_annotation(obj: Object, patch: Object, manager: str) -> Object:
    """The object with the annotation brought up to date, if ``kubectl`` applied and the annotation is there."""
    if manager != KUBECTL or not _annotations(obj).get(ANNOTATION):
        return obj
    metadata = dict(patch.get("metadata") or {})
    if "annotations" in metadata:
        metadata["annotations"] = {name: value for name, value in (metadata["annotations"] or {}).items() if name != ANNOTATION}
    text = json.dumps({**patch, "metadata": metadata}, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
    annotations = {**_annotations(obj), ANNOTATION: text}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}
