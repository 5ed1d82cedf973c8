"""Refusals of single fields in the API server's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from graphcore.openapi.object_names import data_key_faults, label_1123_faults, port_faults
from local_emulator.core.codec import encode
from local_emulator.core.status import Cause

SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with "
    "an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def shown(value: Any) -> str:
    """A value as refusals show it."""
    return encode(value).decode()


def required(where: str, detail: str = "") -> Cause:
    return Cause(where, f"Required value: {detail}" if detail else "Required value", "FieldValueRequired")


def invalid(where: str, value: Any, detail: str) -> Cause:
    return Cause(where, f"Invalid value: {shown(value)}: {detail}")


def forbidden(where: str, detail: str) -> Cause:
    return Cause(where, f"Forbidden: {detail}", "FieldValueForbidden")


def unsupported(where: str, value: Any, allowed: Iterable[str]) -> Cause:
    listed = ", ".join(shown(one) for one in allowed)
    return Cause(where, f"Unsupported value: {shown(value)}: supported values: {listed}", "FieldValueNotSupported")


def duplicate(where: str, value: Any) -> Cause:
    return Cause(where, f"Duplicate value: {shown(value)}", "FieldValueDuplicate")


def not_found(where: str, value: Any) -> Cause:
    return Cause(where, f"Not found: {shown(value)}", "FieldValueNotFound")


def not_negative(struct: dict[str, Any], where: str, *names: str) -> Iterator[Cause]:
    for name in names:
        if struct.get(name, 0) < 0:
            yield invalid(f"{where}.{name}", struct[name], "must be greater than or equal to 0")


def port_number(where: str, value: int) -> Iterator[Cause]:
    for fault in port_faults(value):
        yield invalid(where, value, fault)


def key_fault(name: str, *, label: bool = False) -> str:
    """What is wrong with the key of a ConfigMap or Secret, or with a DNS label."""
    if label and len(name) > 63:
        return "must be no more than 63 bytes"
    return next(iter(label_1123_faults(name) if label else data_key_faults(name)), "")
