"""How an object is addressed, read back from where others may have written: only what can stand in a request path as it is.

A kind's plural is written into paths without quoting; ``../secrets`` there would be another kind's path. So what is read from annotations
and events is held against the API server's own rules for groups, versions, kinds, plurals and names, and anything else is unreadable.
"""

from __future__ import annotations

import re

from graphcore.graph.model import Resource

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_VERSION = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*/)?{_LABEL}")
_KIND = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?")
_PLURAL = re.compile(_LABEL)


def resource_of(api_version: object, kind: object, plural: object, *, namespaced: bool) -> Resource:
    """How a kind is addressed. Raises ValueError for what is no group, version, kind or plural."""
    return Resource(_matching(_VERSION, api_version), _matching(_KIND, kind), _matching(_PLURAL, plural), namespaced)


def is_plural(text: str) -> bool:
    """Whether a kind can have this plural."""
    return _PLURAL.fullmatch(text) is not None


def namespace_of(text: object) -> str:
    """A namespace, or "". Raises ValueError."""
    return _matching(_PLURAL, text) if text else ""


def name_of(text: object) -> str:
    """A name: whatever can be one part of a path, since some kinds (RBAC's) take nearly anything. Raises ValueError."""
    name = plain(text)
    if not name or name in (".", "..") or "/" in name or "%" in name:
        raise ValueError("no name")
    return name


def plain(text: object) -> str:
    """Text that UTF-8 can hold: JSON's escapes can make half a character. Raises ValueError."""
    value = str(text)
    value.encode()
    return value


def _matching(pattern: re.Pattern[str], text: object) -> str:
    value = str(text)
    if not pattern.fullmatch(value):
        raise ValueError("no part of an address")
    return value
