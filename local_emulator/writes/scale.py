"""The scale subresource: a view of two numbers and a selector of another object."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from graphcore.numbers import whole
from local_emulator.core import status
from local_emulator.core.durations import age
from local_emulator.core.machinery import APPLY_PATCH, Machinery
from local_emulator.core.registry import Resource, ScalePaths
from local_emulator.core.selectors import value_at
from local_emulator.core.status import Cause, Undecodable
from local_emulator.core.writing import Options
from local_emulator.objects.apply import managers as book
from local_emulator.objects.apply.checking import plain
from local_emulator.objects.apply.fieldsets import MEMBER, Node, difference, intersection
from local_emulator.writes.admission import admit_body, check_url

Object = dict[str, Any]
SCALE = Resource("autoscaling", "v1", "Scale", "scales", "scale", True)
_IN_SCALE: Node = {"f:spec": {"f:replicas": MEMBER}}
_UNSET = -(1 << 31)  # what a real server puts in place of a number that a custom object does not have
SHOWN = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _number(obj: Object, path: tuple[str, ...]) -> int:
    return whole(value_at(obj, path), signed=True) or 0


def _selector(resource: Resource, paths: ScalePaths, obj: Object) -> str:
    if resource.custom:
        return value_at(obj, paths.selector) if paths.selector else ""
    selector = obj.get("spec", {}).get("selector") or {}
    labels = selector.get("matchLabels", {}) if resource.group == "apps" else selector
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def read(resource: Resource, obj: Object) -> Object:
    """The Scale of an object."""
    paths = resource.scale or ScalePaths()
    shown: Object = {"replicas": _number(obj, paths.status)}
    selector = _selector(resource, paths, obj)
    if selector:
        shown["selector"] = selector
    metadata = {key: obj["metadata"][key] for key in SHOWN if key in obj["metadata"]}
    replicas = _number(obj, paths.spec)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": replicas} if replicas else {},
        "status": shown,
    }


def changed(
    machinery: Machinery, resource: Resource, live: Object, change: Any, media: str, options: Options, now: str
) -> tuple[Object, list[str]]:
    """``live`` after its scale was updated (``media`` empty: ``change`` is a whole Scale) or patched, with its managedFields; and warnings.

    Ownership is decided on the Scale: only who owns the number takes part, and what comes out is translated back.
    """
    managers = live["metadata"].get("managedFields") or []
    old = read(resource, live)
    if not replicas_set(resource, live):
        old["spec"] = {"replicas": _UNSET}
    old["metadata"] = {**old["metadata"], "managedFields": _to_scale(resource, managers)}
    warnings: list[str] = []
    if media == APPLY_PATCH:
        new = machinery.apply(SCALE, old, admit_body(SCALE, change, apply=True), options.manager, options.force, "scale", now)
        if resource.custom and new is not old:
            why = "failed to convert new object (/; autoscaling/v1, Kind=Scale) to proper version: "
            raise status.internal(why + "request to convert CR to an invalid group/version: autoscaling/v1")
    else:
        new = machinery.patch(SCALE, old, change, media) if media else change
        try:
            new = admit_body(SCALE, new)
            given: Any = new.get("metadata")
            given = given if isinstance(given, dict) else {}
            check_url(SCALE, given, live["metadata"].get("namespace", ""), live["metadata"]["name"])
            new, warnings = machinery.prepare(SCALE, new, options, None, "scale")
        except Undecodable as error:
            if media:
                raise status.patched_invalid(error.what, plain(change)) from error
            if resource.custom:
                what = 'no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"'
                raise status.bad_request(what) from error
            raise
        new = machinery.record_update(SCALE, old, new, options.manager, "scale", now)
    replicas = (new.get("spec") or {}).get("replicas", 0)
    name = live["metadata"]["name"]
    if replicas == _UNSET:
        where = "." + ".".join((resource.scale or ScalePaths()).spec)
        raise status.bad_request(f'the spec replicas field "{where}" cannot be empty')
    if replicas < 0 and not resource.custom:
        cause = Cause("spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0")
        raise status.invalid("autoscaling", "Scale", name, [cause])
    uid = new["metadata"].get("uid")
    if uid and uid != live["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {live['metadata']['uid']}"
        raise status.conflict(resource.group, f"{resource.plural}/scale", name, why)
    metadata = {**live["metadata"], "managedFields": _to_parent(resource, managers, new["metadata"].get("managedFields") or [])}
    wanted = new["metadata"].get("resourceVersion")
    if wanted:
        metadata["resourceVersion"] = wanted
    return _set({**live, "metadata": metadata}, (resource.scale or ScalePaths()).spec, replicas), warnings


def table(shown: Object, now: datetime, custom: bool) -> Object:
    """A Scale as ``kubectl get`` shows one."""
    names = (("Name", "string"), ("Desired", "integer"), ("Available", "integer"), ("Age", "date" if custom else "string"))
    columns = [
        {"name": name, "type": kind, "format": "name" if custom and name == "Name" else "", "description": "", "priority": 0}
        for name, kind in names
    ]
    metadata = shown["metadata"]
    cells = [metadata["name"], shown["spec"].get("replicas", 0), shown["status"]["replicas"], age(metadata["creationTimestamp"], now)]
    row = {"cells": cells, "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}}
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": metadata["resourceVersion"]}}
    return {**head, "columnDefinitions": columns, "rows": [row]}


def replicas_set(resource: Resource, obj: Object) -> bool:
    """Whether the object says how many replicas it wants; built-in kinds always do."""
    return not resource.custom or value_at(obj, (resource.scale or ScalePaths()).spec) != ""


def _path(resource: Resource) -> Node:
    node: Node = MEMBER
    for part in reversed((resource.scale or ScalePaths()).spec):
        node = {f"f:{part}": node}
    return node


def _to_scale(resource: Resource, entries: list[Object]) -> list[Object]:
    """Who owns the number, as managers of the Scale."""
    path = _path(resource)
    owners = {key: entry for key, entry in book.decode(entries, stored=True).items() if intersection(entry.fields, path) is not None}
    return book.encode({key: replace(entry, fields=_IN_SCALE, api_version=SCALE.api_version) for key, entry in owners.items()})


def _to_parent(resource: Resource, entries: list[Object], scaled: list[Object]) -> list[Object]:
    """The object's managers after the Scale's changed: who lost the number there loses it here."""
    path, found = _path(resource), {}
    mine = book.decode(scaled)
    for key, entry in book.decode(entries, stored=True).items():
        if intersection(entry.fields, path) is None or key in mine:
            mine.pop(key, None)
            found[key] = entry
            continue
        left = difference(entry.fields, path)
        if left is not None:
            found[key] = replace(entry, fields=left)
    known = book.decode(entries, stored=True)
    for key, entry in mine.items():
        if intersection(entry.fields, _IN_SCALE) is not None:
            before = known.get(key)
            found[key] = book.Entry(path, resource.api_version, before.time if before else None)
    return book.encode(found)


def _set(obj: Object, path: tuple[str, ...], value: Any) -> Object:
    head, *rest = path
    if not rest:
        return {**obj, head: value}
    child = obj.get(head)
    return {**obj, head: _set(child if isinstance(child, dict) else {}, tuple(rest), value)}
