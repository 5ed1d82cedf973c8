"""The event contract: what a CloudEvent says, written by the bridge and by ``fanout``, read by every function.

An event is a hint: it names an object and the object to converge, never what to do; its data is metadata only. The attributes are those
of Knative's ApiServerSource plus ``krorole``, ``partitionkey``, ``krorevision``, ``krodefinition`` and ``traceparent``, so that a
function cannot tell the sources apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from cloudevents.conversion import to_binary
from cloudevents.exceptions import GenericException
from cloudevents.http import CloudEvent, from_http

from functions.platform.paths import member
from functions.platform.subjects import (
    Changed,
    Progress,
    Reference,
    changed,
    changes_from_data,
    changes_to_data,
    progress_from_data,
    progress_to_data,
)
from graphcore.converge import addresses
from graphcore.graph.model import Resource
from graphcore.names import (
    API_VERSION,
    EVENT_ADD,
    EVENT_CONVERGE,
    EVENT_DELETE,
    EVENT_UPDATE,
    INSTANCE_GROUP,
    INSTANCE_ID,
    INSTANCE_KIND,
    INSTANCE_NAME,
    INSTANCE_NAMESPACE,
    INSTANCE_VERSION,
    RGD_KIND,
    RGD_NAME,
)
from graphcore.numbers import whole

WATCH_TYPES = frozenset({EVENT_ADD, EVENT_UPDATE, EVENT_DELETE})
MAX_EVENT = 1024 * 1024
"""Longest event body read, in bytes; metadata is a few kilobytes, a stock source may send whole objects."""
_AS_IT_IS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What CloudEvents' HTTP binding does not escape in the value of a header; the name of a ClusterRole may have nearly any character."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
KEPT_METADATA = ("name", "namespace", "uid", "resourceVersion", "generation", "labels", "ownerReferences", "deletionTimestamp")


class Role(StrEnum):
    """What an event is about; Triggers filter on it."""

    DEFINITION = "definition"
    REVISION = "revision"
    CRD = "crd"
    ACTIVATION = "activation"
    INSTANCE = "instance"
    MEMBER = "member"
    EXTERNAL = "external"
    RESYNC = "resync"


FUNCTION_ROLES: Mapping[str, tuple[Role, ...]] = {
    "definition": (Role.DEFINITION, Role.REVISION, Role.CRD),
    "instance": (Role.INSTANCE, Role.MEMBER),
    "fanout": (Role.ACTIVATION, Role.EXTERNAL, Role.RESYNC),
}
"""Which function takes which role: the Triggers, the bridge without a broker and the tests all read this table."""
FUNCTION_OF: Mapping[Role, str] = {role: name for name, roles in FUNCTION_ROLES.items() for role in roles}


class EventError(Exception):
    """The request is no event of the contract; sending it again cannot help."""


@dataclass(frozen=True, slots=True)
class Event:
    """One delivery.

    subject: the object that changed. partition: UID of the object to converge. revision: the active graph revision, where the sender
    knows it. definition: UID of the definition that the revision belongs to, so that a namesake's revision of the same number is not
    taken for it. plural: of the subject's kind, as in request paths; metadata: PartialObjectMetadata's ``metadata`` of the subject.
    changes: every object that this delivery stands for. asof: resourceVersion of the CRD in which the sender read definition and revision,
    "" if it does not say; of two senders the one with the higher one knows better. progress: of a fan-out that goes on. refused: those
    who serve the kinds of this definition were refused something. failed: HTTP status that a broker last got for it from its receiver, "0"
    for no answer; "" unless it came back several times in a row.
    """

    type: str
    role: Role
    subject: Reference
    partition: str
    metadata: Mapping[str, Any]
    changes: tuple[Changed, ...]
    revision: int | None = None
    definition: str = ""
    plural: str = ""
    traceparent: str = ""
    id: str = ""
    asof: str = ""
    progress: Progress | None = None
    refused: bool = False
    failed: str = ""

    @property
    def watched(self) -> bool:
        """Only what a watch reported can be the echo of one's own write."""
        return self.type in WATCH_TYPES and self.role in (Role.INSTANCE, Role.MEMBER)

    @property
    def target(self) -> Reference:
        """The object to converge: what the labels of a member, a revision or a generated CRD name, else the subject.

        Raises EventError, also for what could not be asked for.
        """
        found = self._named()
        if self.role is not Role.RESYNC and not found.addressable:
            raise EventError("no object has such a kind, namespace and name as this event's")
        return found

    def _named(self) -> Reference:
        labels = self.metadata.get("labels") or {}
        try:
            if self.role is Role.MEMBER:
                api_version = f"{labels[INSTANCE_GROUP]}/{labels[INSTANCE_VERSION]}"
                return Reference(api_version, labels[INSTANCE_KIND], labels.get(INSTANCE_NAMESPACE, ""), labels[INSTANCE_NAME])
            if self.role in (Role.REVISION, Role.CRD):
                return Reference(API_VERSION, RGD_KIND, "", labels[RGD_NAME])
        except KeyError as error:
            raise EventError(f"{self.subject} carries no label {error.args[0]}") from None
        return self.subject


def from_object(kind: str, role: Role, resource: Resource, metadata: Mapping[str, Any], *, traceparent: str) -> Event:
    """The event for one change of an object that a watch or a list showed; ``kind`` is an event type."""
    kept = {key: metadata[key] for key in KEPT_METADATA if key in metadata}
    labels = kept.get("labels") or {}
    uid = str(kept.get("uid", ""))
    subject = Reference(resource.api_version, resource.kind, str(kept.get("namespace", "")), str(kept.get("name", "")))
    return Event(
        type=kind,
        role=role,
        subject=subject,
        partition=str(labels.get(INSTANCE_ID, uid)) if role is Role.MEMBER else uid,
        metadata=kept,
        changes=(Changed(uid, str(kept.get("resourceVersion", "")), kind == EVENT_DELETE, subject, resource.plural),),
        plural=resource.plural,
        traceparent=traceparent,
    )


def encode(event: Event, source: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event in CloudEvents binary HTTP mode."""
    resource = Resource(event.subject.api_version, event.subject.kind, event.plural, namespaced=bool(event.subject.namespace))
    attributes = {
        "id": event.id,
        "source": source,
        "type": event.type,
        "subject": member(resource, event.subject.namespace, event.subject.name) if event.subject.name else "/",
        "apiversion": event.subject.api_version,
        "kind": event.subject.kind,
        "name": event.subject.name,
        "namespace": event.subject.namespace,
        "krorole": event.role.value,
        "partitionkey": event.partition,
        "krorevision": "" if event.revision is None else str(event.revision),
        "krodefinition": event.definition,
        "kroasof": event.asof,
        "krorefused": "true" if event.refused else "",
        "krofailed": event.failed,
        "traceparent": event.traceparent,
        "datacontenttype": "application/json",
    }
    data: dict[str, Any] = {
        "apiVersion": "meta.k8s.io/v1",
        "kind": "PartialObjectMetadata",
        "metadata": dict(event.metadata),
        "changes": changes_to_data(event.changes),
    }
    if event.progress:
        data["progress"] = progress_to_data(event.progress)
    escaped = {key: quote(value, _AS_IT_IS, errors="surrogatepass") for key, value in attributes.items() if value}
    headers, body = to_binary(CloudEvent(escaped, data))
    return {str(key): str(value) for key, value in headers.items()}, body


def parse(headers: Mapping[str, str], body: bytes) -> Event:
    """The event in a request of binary or structured mode. Raises EventError."""
    if len(body) > MAX_EVENT:
        raise EventError(f"event longer than {MAX_EVENT} bytes")
    try:
        plain = {key: unquote(value) if key.lower().startswith("ce-") else value for key, value in headers.items()}
        event = from_http(plain, body, data_unmarshaller=_json)
    except (GenericException, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise EventError("not a CloudEvent") from None
    attributes = {str(key): str(value) for key, value in event.get_attributes().items() if value is not None}
    if not attributes["type"]:
        raise EventError("attribute type is empty")
    try:
        role = Role(attributes.get("krorole", ""))
    except ValueError:
        raise EventError("attribute krorole is missing or unknown") from None
    data = event.get_data()
    data = data if isinstance(data, dict) else {}
    metadata = _metadata(data.get("metadata"))
    subject = Reference(*(attributes.get(key, "") for key in ("apiversion", "kind", "namespace", "name")))
    plural = _plural(attributes.get("subject", ""), subject.name)
    return Event(
        type=attributes["type"],
        role=role,
        subject=subject,
        partition=attributes.get("partitionkey", ""),
        metadata=metadata,
        changes=_changes(data, metadata, subject, plural, deleted=attributes["type"] == EVENT_DELETE),
        revision=_revision(attributes.get("krorevision", "")),
        definition=attributes.get("krodefinition", ""),
        plural=plural,
        traceparent=attributes.get("traceparent", ""),
        id=attributes.get("id", ""),
        asof=attributes.get("kroasof", ""),
        progress=progress_from_data(data.get("progress")),
        refused=attributes.get("krorefused") == "true",
        failed=_status(attributes.get("knativeerrorcode") or attributes.get("krofailed")),
    )


def _status(text: str | None) -> str:
    number = whole(text, most=999)
    return "" if number is None else str(number)


def _revision(text: str) -> int | None:
    number = whole(text)
    if text and number is None:
        raise EventError("attribute krorevision is no whole number")
    return number


def _plural(subject: str, name: str) -> str:
    """The last but one part of ``/apis/apps/v1/namespaces/default/deployments/web``."""
    parts = subject.split("/")
    return parts[-2] if name and len(parts) > 2 and unquote(parts[-1]) == name and addresses.is_plural(parts[-2]) else ""


def _changes(
    data: Mapping[str, Any], metadata: Mapping[str, Any], subject: Reference, plural: str, *, deleted: bool
) -> tuple[Changed, ...]:
    """What the sender lists; a stock source, which lists nothing, tells of the one object."""
    uid = str(metadata.get("uid") or "")
    if "changes" in data:
        return changes_from_data(data["changes"], uid, subject, plural, deleted=deleted)
    return (changed(uid, str(metadata.get("resourceVersion", "")), deleted, subject, plural),) if uid else ()


def _metadata(value: Any) -> dict[str, Any]:
    """What is kept of an object's metadata, each part of the form that the API gives it. Raises EventError."""
    if value is None:
        return {}
    kept = {key: value[key] for key in KEPT_METADATA if value.get(key) is not None} if isinstance(value, dict) else None
    if kept is None or not all(_FORMS[key](part) for key, part in kept.items()):
        raise EventError("metadata in the data are not of the form that the API gives them")
    return kept


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "namespace", "uid", "resourceVersion", "deletionTimestamp"), _is_text),
    "generation": lambda value: whole(value) is not None,
    "labels": lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
    "ownerReferences": lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
}


def _json(body: bytes | str) -> Any:
    text = body.decode() if isinstance(body, bytes) else body
    value = json.loads(text) if text else None
    if _SURROGATE.search(text):
        # Half a character can be escaped, but never be sent on, logged or be part of a path.
        json.dumps(value, ensure_ascii=False).encode()
    return value


__all__ = [
    "EVENT_ADD",
    "EVENT_CONVERGE",
    "EVENT_DELETE",
    "EVENT_UPDATE",
    "FUNCTION_OF",
    "FUNCTION_ROLES",
    "Changed",
    "Event",
    "EventError",
    "Progress",
    "Reference",
    "Role",
    "encode",
    "from_object",
    "parse",
]
