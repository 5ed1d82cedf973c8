"""Lists: which entries, at which revision, in which pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.numbers import UINT64_MAX, whole
from local_emulator.core import numerals, status
from local_emulator.core.codec import decode, encode
from local_emulator.core.registry import Resource
from local_emulator.core.selectors import exact_name, matcher
from local_emulator.core.status import Cause
from local_emulator.core.store import Entry, Key, Store

TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the "
    "continue token in this response to retrieve the remainder of the results. Continuing with the "
    "provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Page:
    """Entries of one answer and the list's metadata."""

    entries: list[Entry]
    metadata: dict[str, Any]


def options_error(cause: Cause) -> status.ApiError:
    return status.options_invalid("ListOptions", cause)


def parse_revision(text: str) -> int:
    """A resourceVersion parameter; ApiError for anything but a decimal number."""
    value = whole(text, most=UINT64_MAX)
    if value is None:
        raise status.internal(_bad_revision(text))
    return value


def _bad_revision(text: str) -> str:
    return f'resourceVersion: Invalid value: "{text}": {numerals.unsigned_fault(text)}'


def check_revision(store: Store, text: str) -> None:
    """Refuses to get an object at a revision to come."""
    asked = parse_revision(text or "0")
    if asked > store.revision:
        raise status.too_large_resource_version(asked, store.revision)


def _token(revision: int, key: Key) -> str:
    start = f"{key[0]}/{key[1]}\u0000"
    return base64.urlsafe_b64encode(encode({"v": "meta.k8s.io/v1", "rv": revision, "start": start})).decode().rstrip("=")


def _untoken(text: str) -> tuple[int, Key]:
    try:
        value = decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        namespace, _, name = value["start"].rstrip("\u0000").partition("/")
        revision = whole(value["rv"], signed=True)
        if revision is None:
            raise ValueError(value["rv"])
        return revision, (namespace, name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise status.bad_request("invalid continue token: continue key is not valid") from error


def page(store: Store, resource: Resource, namespace: str, query: Mapping[str, str]) -> Page:
    """What a list request answers; without resourceVersion the newest state, always consistent."""
    fields = query.get("fieldSelector", "")
    match = matcher(resource, query.get("labelSelector", ""), fields)
    limit = numerals.signed(query.get("limit") or "0")
    numerals.signed(query.get("timeoutSeconds") or "0")
    revision_text, rule = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    token = query.get("continue", "")
    if "sendInitialEvents" in query:
        text = "Forbidden: sendInitialEvents is forbidden for list"
        raise options_error(Cause("sendInitialEvents", text, "FieldValueForbidden"))
    if rule:
        _check_rule(rule, revision_text, token)
    if token and revision_text not in ("", "0"):
        raise status.bad_request("specifying resource version is not allowed when using continue")
    if revision_text and whole(revision_text, most=UINT64_MAX) is None:
        raise status.bad_request(f"invalid resource version: {_bad_revision(revision_text)}")
    after: Key | None = None
    at = store.revision
    if token:
        at, after = _untoken(token)
        if at < 0:
            at = store.revision
    elif revision_text not in ("", "0"):
        asked = parse_revision(revision_text)
        if asked > store.revision:
            raise status.too_large_resource_version(asked, store.revision)
        if rule == "Exact" or (limit > 0 and not rule):
            at = asked
    entries = _entries(store, resource, namespace, at, after, exact_name(fields), token != "")
    if match is not None:
        entries = [entry for entry in entries if match(entry)]
    metadata: dict[str, Any] = {"resourceVersion": str(at)}
    if 0 < limit < len(entries):
        metadata["continue"] = _token(at, entries[limit - 1].key)
        if match is None:
            metadata["remainingItemCount"] = len(entries) - limit
        entries = entries[:limit]
    return Page(entries, metadata)


def _check_rule(rule: str, revision: str, token: str) -> None:
    field = "resourceVersionMatch"
    faults = []
    if not revision:
        faults.append("unless resourceVersion is provided")
    if token:
        faults.append("when continue is provided")
    if faults:
        texts = (f"Forbidden: resourceVersionMatch is forbidden {fault}" for fault in faults)
        raise status.invalid("meta.k8s.io", "ListOptions", "", [Cause(field, text, "FieldValueForbidden") for text in texts])
    if rule not in ("Exact", "NotOlderThan"):
        text = f'Unsupported value: "{rule}": supported values: "Exact", "NotOlderThan", ""'
        raise options_error(Cause(field, text, "FieldValueNotSupported"))
    if rule == "Exact" and revision == "0":
        raise options_error(
            Cause(field, 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"', "FieldValueForbidden")
        )


def _entries(
    store: Store, resource: Resource, namespace: str, at: int, after: Key | None, name: str | None, continuing: bool
) -> list[Entry]:
    if name is not None and at == store.revision and after is None and (namespace or not resource.namespaced):
        found = store.get(resource.storage, (namespace, name))
        return [found] if found else []
    collection = store.collection(resource.storage)
    if collection.latest <= at:
        return list(store.scan(resource.storage, namespace, after))
    state = store.at(resource.storage, at)
    if state is None:
        if continuing and after is not None:
            raise status.expired(TOO_OLD, _token(-1, after))
        raise status.expired(f"The resourceVersion for the provided list is too old: {at}")
    return [entry for entry in state if (not namespace or entry.key[0] == namespace) and (after is None or entry.key > after)]
