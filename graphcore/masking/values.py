"""What must not be read in a text: the leaf values of objects, told apart by how much of them must not; and the names that may."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MAX_SIZE: Final = 8 * 1024 * 1024
MAX_LEAVES: Final = 200_000
HARMLESS: Final = frozenset({"", "true", "false", "null", "nil", "<nil>"})
"""Truth values and null may be read, whatever wrote them."""
_BOOKKEEPING: Final = frozenset(
    {"name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"}
    | {"deletionGracePeriodSeconds", "selfLink", "finalizers", "ownerReferences", "managedFields"}
)
"""Members of ``metadata`` that name the object or are the server's own; none of them is content."""
_OURS: Final = re.compile(r"(?:[a-z-]+\.)*kro\.run/|applyset\.kubernetes\.io/")
_PARTS: Final = re.compile(r"\s*[\r\n]+\s*")


class TooLargeError(Exception):
    """Objects with more values than can be looked for at a bounded price."""


@dataclass(slots=True)
class Budget:
    """How many characters of values and texts may still be gone through; shared by the texts of one run."""

    left: int = 32 * 1024 * 1024


@dataclass(slots=True)
class Values:
    """Of some objects.

    ordinary: leaf values as text. secret: those of Secrets, also decoded, and their lines. names: what the objects are called. keys: of
    maps, at any depth. roots: members of the objects. size, leaves: characters and values so far.
    """

    ordinary: set[str] = field(default_factory=set)
    secret: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    size: int = 0
    leaves: int = 0

    def add(self, text: str, *, secret: bool) -> None:
        """Raises TooLargeError."""
        self.size += len(text)
        self.leaves += 1
        if self.size > MAX_SIZE or self.leaves > MAX_LEAVES:
            raise TooLargeError
        if text not in HARMLESS:
            (self.secret if secret else self.ordinary).add(text)


def values_of(objects: Iterable[Mapping[str, Any]]) -> Values:
    """The values of objects as decoded JSON, their names and their keys. Raises TooLargeError."""
    found = Values()
    for obj in objects:
        _names(found, obj)
        found.roots.update(obj)
        secret = obj.get("kind") == "Secret" and obj.get("apiVersion") == "v1"
        for key, value in obj.items():
            found.keys.add(key)
            if key == "metadata" and isinstance(value, Mapping):
                _metadata(found, value, secret)
            elif key not in ("apiVersion", "kind"):
                confidential = secret and key in ("data", "stringData")
                _walk(found, value, secret=confidential, encoded=(confidential and key == "data") or key == "binaryData")
    found.ordinary -= found.secret
    return found


def _names(found: Values, obj: Mapping[str, Any]) -> None:
    metadata = obj.get("metadata")
    version = obj.get("apiVersion")
    named = [obj.get("kind"), version]
    if isinstance(version, str):
        named += version.split("/")
    if isinstance(metadata, Mapping):
        named += [metadata.get("name"), metadata.get("generateName"), metadata.get("namespace"), metadata.get("uid")]
        # Our own labels repeat the names of instance, kind and node.
        named += [value for key, value in (metadata.get("labels") or {}).items() if _OURS.match(str(key))]
    found.names.update(name for name in named if isinstance(name, str) and name)


def _metadata(found: Values, metadata: Mapping[str, Any], secret: bool) -> None:
    for key, value in metadata.items():
        found.keys.add(key)
        if key in ("labels", "annotations") and isinstance(value, Mapping):
            theirs = {name: item for name, item in value.items() if not _OURS.match(str(name))}
            _walk(found, theirs, secret=False, encoded=False)
            last = theirs.get("kubectl.kubernetes.io/last-applied-configuration")
            if secret and isinstance(last, str):
                found.add(last, secret=True)
                _applied(found, last)
        elif key not in _BOOKKEEPING:
            _walk(found, value, secret=False, encoded=False)


def _applied(found: Values, text: str) -> None:
    """The Secret that kubectl keeps in an annotation of the Secret."""
    try:
        applied = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(applied, Mapping):
        for key in ("data", "stringData"):
            _walk(found, applied.get(key), secret=True, encoded=key == "data")


def _walk(found: Values, value: Any, *, secret: bool, encoded: bool) -> None:
    """All leaves below ``value``, without recursion: depth is the author's. Raises TooLargeError."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            found.keys.update(str(key) for key in item)
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, str):
            _leaf(found, item, secret=secret, encoded=encoded)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            for text in {str(item), json.dumps(item)} | ({f"{item:e}", f"{item:g}"} if isinstance(item, float) else set()):
                found.add(text, secret=secret)


def _leaf(found: Values, text: str, *, secret: bool, encoded: bool) -> None:
    plain = decoded(text) if encoded else None
    for whole in (text, plain):
        if whole:
            for form in {whole, whole.strip()}:
                found.add(form, secret=secret)
            if secret and "\n" in whole:
                for line in _PARTS.split(whole):
                    found.add(line, secret=True)


def decoded(text: str) -> str | None:
    """What base64 text stands for; None where it is none. Bytes that are no UTF-8 are kept as surrogates."""
    try:
        return base64.b64decode(text, validate=False).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None


__all__ = ["HARMLESS", "TooLargeError", "Values", "decoded", "values_of"]
