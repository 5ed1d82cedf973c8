"""What the API server does to ``metadata`` of every kind: names, labels, finalizers, immutable fields, and the key order of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local_emulator.registry import Resource
from local_emulator.status import Cause

Object = dict[str, Any]

_LABEL_RE = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_SUBDOMAIN_RE = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_NAME_RE = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
_VALUE_RE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")

_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
    "start and end with an alphanumeric character "
    "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    "must start and end with an alphanumeric character "
    "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_NAME_TEXT = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_PREFIX_TEXT = "prefix part " + _SUBDOMAIN_TEXT
_VALUE_TEXT = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
    "must start and end with an alphanumeric character "
    "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)

LABEL_NAMES = {("", "namespaces"), ("", "services")}
PATH_SEGMENT_NAMES = {("rbac.authorization.k8s.io", plural) for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")}
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
    if resource.storage in PATH_SEGMENT_NAMES:
        if name in (".", ".."):
            return [_bad("metadata.name", name, f"may not be '{name}'")]
        return [_bad("metadata.name", name, f"may not contain '{char}'") for char in "/%" if char in name]
    if resource.storage in LABEL_NAMES:
        pattern, text, limit = _LABEL_RE, _LABEL_TEXT, 63
    else:
        pattern, text, limit = _SUBDOMAIN_RE, _SUBDOMAIN_TEXT, 253
    found = []
    if len(name) > limit:
        found.append(_bad("metadata.name", name, f"must be no more than {limit} bytes"))
    if not pattern.match(name):
        found.append(_bad("metadata.name", name, "must not contain dots" if limit == 63 and _SUBDOMAIN_RE.match(name) else text))
    return found


def validate(resource: Resource, metadata: Mapping[str, Any]) -> list[Cause]:
    """Labels, annotations, ownerReferences and finalizers of any object."""
    plain_finalizers = resource.custom or resource.group == "apiextensions.k8s.io"
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
    controllers = 0
    for index, reference in enumerate(metadata.get("ownerReferences") or ()):
        path = f"metadata.ownerReferences[{index}]"
        for member, text in (("apiVersion", "version"), ("kind", "kind"), ("name", "name"), ("uid", "uid")):
            if not reference.get(member):
                found.append(Cause(f"{path}.{member}", f'Invalid value: "": {text} must not be empty'))
        controllers += bool(reference.get("controller"))
    if controllers > 1:
        found.append(
            Cause(
                "metadata.ownerReferences",
                f"Invalid value: Only one reference can have Controller set to true. Found {controllers} references "
                "with Controller set to true",
            )
        )
    for index, name in enumerate(metadata.get("finalizers") or ()):
        path = f"metadata.finalizers[{index}]"
        problems = _qualified(path, name)
        found += problems
        if not plain_finalizers and not problems and "/" not in name and name not in STANDARD_FINALIZERS:
            found.append(_bad(path, name, "name is neither a standard finalizer name nor is it fully qualified"))
    return found


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
    if slash and not prefix:
        found.append(_bad(path, shown, "prefix part must be non-empty"))
    elif slash and ("/" in prefix or not _SUBDOMAIN_RE.match(prefix)):
        found.append(_bad(path, shown, _PREFIX_TEXT))
    if not name:
        found.append(_bad(path, shown, "name part must be non-empty"))
    elif len(name) > 63:
        found.append(_bad(path, shown, "name part must be no more than 63 bytes"))
    if not _NAME_RE.match(name):
        found.append(_bad(path, shown, _NAME_TEXT))
    return found
