"""Refusals of single fields in the API server's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from local_emulator.codec import encode
from local_emulator.status import Cause

_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_KEY = re.compile(r"^[-._a-zA-Z0-9]+$")

SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with "
    "an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_KEY_TEXT = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
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
    if not 1 <= value <= 65535:
        yield invalid(where, value, "must be between 1 and 65535, inclusive")


def key_fault(name: str, *, label: bool = False) -> str:
    """What is wrong with the key of a ConfigMap or Secret, or with a DNS label."""
    if label:
        if len(name) > 63:
            return "must be no more than 63 bytes"
        if _LABEL.match(name):
            return ""
        return "must not contain dots" if SUBDOMAIN.match(name) else LABEL_TEXT
    if len(name) > 253:
        return "must be no more than 253 characters"
    if name in (".", ".."):
        return f"must not be '{name}'"
    return "" if _KEY.match(name) else _KEY_TEXT
