"""How an object is shown: as itself, as a Table row, or as PartialObjectMetadata; chosen by the Accept header."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import yaml

from local_emulator.core import status
from local_emulator.core.codec import decode, encode
from local_emulator.core.registry import Resource
from local_emulator.core.store import Entry
from local_emulator.objects import metadata as meta
from local_emulator.protocol.tables import cells, column_definitions

JSON = "application/json"
YAML = "application/yaml"
Shape = Literal["object", "table", "partial"]
PARTIAL = b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":'


@dataclass(frozen=True, slots=True)
class View:
    """A negotiated representation. include: what a table row carries (None, Metadata or Object)."""

    shape: Shape = "object"
    yaml: bool = False
    include: str = "Metadata"

    @property
    def content_type(self) -> str:
        return YAML if self.yaml else JSON

    def finish(self, body: bytes) -> bytes:
        """JSON bytes in the negotiated encoding."""
        return yaml.safe_dump(decode(body), sort_keys=False).encode() if self.yaml else body


PLAIN = View()


def negotiate(accept: str, include: str = "") -> View:
    """The first representation in ``accept`` that we can give; ApiError 406 if there is none."""
    if accept in ("", "*/*", JSON):
        return PLAIN
    for choice in accept.split(","):
        media, _, rest = choice.strip().partition(";")
        parameters = dict(part.strip().partition("=")[::2] for part in rest.split(";") if part)
        if media not in (JSON, YAML, "*/*", "application/*"):
            continue
        target = parameters.get("as")
        if target is None or parameters.get("g") != "meta.k8s.io" or parameters.get("v") not in ("v1", "v1beta1"):
            if target is None:
                return View(yaml=media == YAML)
            continue
        if target == "Table":
            if include not in ("", "None", "Metadata", "Object"):
                raise status.bad_request(
                    f'Unable to convert to Table as requested: includeObject: Invalid value: "{include}": '
                    "must be 'Metadata', 'Object', 'None', or empty"
                )
            return View("table", media == YAML, include or "Metadata")
        if target in ("PartialObjectMetadata", "PartialObjectMetadataList"):
            return View("partial", media == YAML)
    raise status.not_acceptable()


def check_partial(accept: str, resource: Resource, is_list: bool) -> None:
    """A list is asked for as a list and an object as an object; ApiError 406 otherwise."""
    wanted_list = "as=PartialObjectMetadataList" in accept
    if wanted_list == is_list:
        return
    asked = "PartialObjectMetadataList" if wanted_list else "PartialObjectMetadata"
    package = resource.group.partition(".")[0] or "core"
    kind = resource.list_kind if is_list else resource.kind
    go = ("*unstructured.UnstructuredList" if is_list else "*unstructured.Unstructured") if resource.custom else f"*{package}.{kind}"
    what = "is a list" if is_list else "is not a list"
    raise status.ApiError(406, "NotAcceptable", f"you requested {asked}, but the requested object {what} ({go})")


def metadata_of(tail: bytes) -> dict[str, Any]:
    """The metadata of stored bytes, in the API server's key order."""
    return meta.ordered(decode(b"{" + tail)["metadata"])


def partial(tail: bytes) -> bytes:
    """PartialObjectMetadata of stored bytes."""
    return PARTIAL + encode(metadata_of(tail)) + b"}"


def single(resource: Resource, tail: bytes, view: View, now: datetime) -> bytes:
    """One object as JSON."""
    if view.shape == "object":
        return resource.show(tail)
    if view.shape == "partial":
        return partial(tail)
    revision = metadata_of(tail).get("resourceVersion", "")
    return table(resource, [tail], {"resourceVersion": revision} if revision else {}, view, now, True)


def table(resource: Resource, tails: list[bytes], list_metadata: dict[str, Any], view: View, now: datetime, headers: bool) -> bytes:
    """A meta.k8s.io/v1 Table of stored objects; ``headers``: with column definitions (later watch events carry none)."""
    rows = []
    for tail in tails:
        body = decode(b"{" + tail)
        row: dict[str, Any] = {"cells": cells(resource, body, now)}
        if view.include == "Object":
            row["object"] = decode(resource.show(tail))
        elif view.include != "None":
            row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta.ordered(body["metadata"])}
        else:
            row["object"] = None
        rows.append(row)
    definitions = column_definitions(resource) if headers else None
    return encode(
        {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list_metadata, "columnDefinitions": definitions, "rows": rows}
    )


def listing(resource: Resource, entries: list[Entry], list_metadata: dict[str, Any], view: View, now: datetime) -> bytes:
    """A list as JSON. Items of built-in kinds carry no kind and apiVersion, items of custom kinds do."""
    if view.shape == "table":
        return table(resource, [entry.tail for entry in entries], list_metadata, view, now, True)
    if view.shape == "partial":
        head = b'{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":'
        if not entries:
            return head + encode(list_metadata) + b',"items":null}'
        items = b",".join(partial(entry.tail) for entry in entries)
    else:
        head = f'{{"kind":"{resource.list_kind}","apiVersion":"{resource.api_version}","metadata":'.encode()
        if resource.conversion is not None:
            bare = 0 if resource.custom else len(resource.prefix)
            items = b",".join((b"{" if bare else b"") + resource.show(entry.tail)[bare:] for entry in entries)
        else:
            prefix = resource.prefix if resource.custom else b"{"
            items = b",".join(prefix + entry.tail for entry in entries)
    return head + encode(list_metadata) + b',"items":[' + items + b"]}"
