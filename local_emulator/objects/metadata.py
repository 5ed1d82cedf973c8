"""What the API server does to ``metadata`` of every kind: names, labels, finalizers, immutable fields, and the key order of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphcore.openapi.object_names import name_faults
from local_emulator.core.codec import encode
from local_emulator.core.registry import Resource
from local_emulator.core.status import Cause

Object = dict[str, Any]

_SUBDOMAIN_RE = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_NAME_RE = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
_VALUE_RE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")

_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    "must start and end with an alphanumeric character "
    "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NAME_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_QUALIFIED_TEXT = (
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') "
    "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_PREFIX_TEXT = "prefix part " + _SUBDOMAIN_TEXT
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
    "must start and end with an alphanumeric character "
    "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

ANNOTATIONS_LIMIT = 256 * 1024
STANDARD_FINALIZERS = frozenset({"kubernetes", "orphan", "foregroundDeletion"})

ORDER = (
    "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, as metav1.Time is written."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def ordered(metadata: Mapping[str, Any]) -> Object:
    """Metadata in the API server's key order, without empty members (which it omits)."""
    return {key: metadata[key] for key in ORDER if metadata.get(key) not in (None, "", [], {})}


def validate_name(resource: Resource, name: str) -> list[Cause]:
    """Why a name is refused for this kind."""
    return [_bad("metadata.name", name, fault) for fault in name_faults(*resource.storage, name)]


def validate(resource: Resource | None, metadata: Mapping[str, Any]) -> list[Cause]:
    """Labels, annotations, ownerReferences and finalizers of any object. resource: None for one inside another."""
    plain_finalizers = resource is None or resource.custom or resource.group == "apiextensions.k8s.io"
    found: list[Cause] = []
    for key, value in (metadata.get("labels") or {}).items():
        found += _qualified("metadata.labels", key)
        if len(value) > 63:
            found.append(_bad("metadata.labels", value, "must be no more than 63 bytes"))
        if not _VALUE_RE.match(value):
            found.append(_bad("metadata.labels", value, _VALUE_TEXT))
    annotations = metadata.get("annotations") or {}
    for key in annotations:
        found += _qualified("metadata.annotations", key.lower(), key)
    if sum(len(k) + len(v) for k, v in annotations.items()) > ANNOTATIONS_LIMIT:
        found.append(Cause("metadata.annotations", f"Too long: may not be more than {ANNOTATIONS_LIMIT} bytes", "FieldValueTooLong"))
    if (metadata.get("generation") or 0) < 0:
        found.append(Cause("metadata.generation", f"Invalid value: {metadata['generation']}: must be greater than or equal to 0"))
    found += _owners(metadata.get("ownerReferences") or [])
    finalizers = metadata.get("finalizers") or ()
    for name in finalizers:
        found += _qualified("metadata.finalizers", name)
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        text = f"Invalid value: {encode(finalizers).decode()}: finalizer orphan and foregroundDeletion cannot be both set"
        found.append(Cause("metadata.finalizers", text))
    for index, name in enumerate(() if plain_finalizers else finalizers):
        if "/" not in name and name not in STANDARD_FINALIZERS:
            found.append(_bad(f"metadata.finalizers[{index}]", name, "name is neither a standard finalizer name nor is it fully qualified"))
    return found


def _owners(references: list[Object]) -> list[Cause]:
    path = "metadata.ownerReferences"
    found = []
    for reference in references:
        version = reference.get("apiVersion") or ""
        if not version or version.count("/") > 1:
            found.append(_bad(f"{path}.apiVersion", version, "version must not be empty"))
        found += [_bad(f"{path}.{member}", "", "must not be empty") for member in ("kind", "name", "uid") if not reference.get(member)]
        if reference.get("kind") == "Event" and version in ("v1", "events.k8s.io/v1"):
            group, _, name = version.rpartition("/")
            text = f"{group}/{name}, Kind=Event is disallowed from being an owner"
            found.append(Cause(path, f"Invalid value: {encode(reference).decode()}: {text}"))
    controllers = [f"{one.get('kind')}/{one.get('name')}" for one in references if one.get("controller")]
    if len(controllers) > 1:
        text = 'Only one reference can have Controller set to true. Found "true" in references for ' + " and ".join(controllers[:2])
        found.append(Cause(path, f"Invalid value: {encode(references).decode()}: {text}"))
    return found


def deduplicate_owners(metadata: Object) -> list[str]:
    """Drops owners that are named twice, in place; returns the warning that a client gets."""
    references = metadata.get("ownerReferences") or []
    if len(references) < 2:
        return []
    twice = sorted({str(one.get("uid")) for one in references if sum(other.get("uid") == one.get("uid") for other in references) > 1})
    kept = [one for index, one in enumerate(references) if one not in references[:index]]
    if len(kept) == len(references):
        return []
    metadata["ownerReferences"] = kept
    told = (
        ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests "
        f"as early as 1.24; please fix your requests; duplicate UID(s) observed: {', '.join(twice)}"
    )
    return [told]


def finalizer_warnings(resource: Resource, metadata: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[str]:
    """Custom kinds take finalizers without a domain, with a warning for new ones."""
    if not resource.custom or not metadata.get("finalizers"):
        return []
    known = ((old or {}).get("metadata") or {}).get("finalizers") or ()
    why = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
    return [
        f'metadata.finalizers: "{name}": {why}'
        for name in metadata["finalizers"]
        if "/" not in name and name not in known and name not in STANDARD_FINALIZERS
    ]


def validate_update(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[Cause]:
    """Immutable members, and finalizers of an object that is being deleted."""
    found = []
    for member in ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if new.get(member) != old.get(member):
            shown = f'"{new.get(member)}"' if isinstance(new.get(member), str) else str(new.get(member))
            found.append(Cause(f"metadata.{member}", f"Invalid value: {shown}: field is immutable"))
    if old.get("deletionTimestamp"):
        added = [name for name in new.get("finalizers") or () if name not in (old.get("finalizers") or ())]
        if added:
            listed = ", ".join(f'"{name}"' for name in sorted(added))
            text = f"Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{listed}}}"
            found.append(Cause("metadata.finalizers", text, "FieldValueForbidden"))
    return found


def _bad(path: str, value: str, text: str) -> Cause:
    return Cause(path, f'Invalid value: "{value}": {text}')


def _qualified(path: str, key: str, shown: str | None = None) -> list[Cause]:
    shown = key if shown is None else shown
    prefix, slash, name = key.rpartition("/")
    found = []
    if "/" in prefix:
        return [_bad(path, shown, _QUALIFIED_TEXT)]
    if slash and not prefix:
        found.append(_bad(path, shown, "prefix part must be non-empty"))
    elif slash and len(prefix) > 253:
        found.append(_bad(path, shown, "prefix part must be no more than 253 bytes"))
    elif slash and not _SUBDOMAIN_RE.match(prefix):
        found.append(_bad(path, shown, _PREFIX_TEXT))
    if not name:
        found.append(_bad(path, shown, "name part must be non-empty"))
    elif len(name) > 63:
        found.append(_bad(path, shown, "name part must be no more than 63 bytes"))
    if not _NAME_RE.match(name):
        found.append(_bad(path, shown, _NAME_TEXT))
    return found
