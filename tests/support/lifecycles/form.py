"""The normal form in which two runs of a scenario look the same.

UIDs become ``<uid:Kind/name>`` (``#2`` for the second object of that name, ``?1`` for one that was never seen), resourceVersions, times and
the program's version become placeholders, managedFields become sorted lists of paths, conditions are ordered by type. What is krofn's own
business (annotations under ``krofn.kro.run/``) is left out; everything else stays, hashes included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_TIME = re.compile(r"\d{4}(?:-\d\d){2}T\d\d(?::\d\d){2}(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OURS = "krofn.kro.run/"
_PLACEHOLDERS = {"resourceVersion": "<rv>", "kro.run/kro-version": "<version>"}
_TOOLING = "applyset.kubernetes.io/tooling"

Object = Mapping[str, Any]
State = Object | list[Object] | None


class Form:
    """Normal form of what one run sees; remembers which UID is whose. masks: (pattern, text) pairs for what kro says at random."""

    def __init__(self, masks: Iterable[tuple[str, str]] = ()) -> None:
        self._masks = [(re.compile(pattern), text) for pattern, text in masks]
        self._known: dict[str, str] = {}
        self._taken: dict[str, int] = {}
        self._strangers: dict[str, int] = {}

    def learn(self, seen: Object) -> None:
        """Notes whose UID it is."""
        metadata = seen["metadata"]
        uid, name = metadata.get("uid"), f"{seen['kind']}/{metadata['name']}"
        if uid and uid not in self._known:
            count = self._taken[name] = self._taken.get(name, 0) + 1
            self._known[uid] = name if count == 1 else f"{name}#{count}"

    def snapshot(self, states: Mapping[str, State]) -> dict[str, Any]:
        """States by target, in normal form."""
        for state in states.values():
            for seen in state if isinstance(state, list) else [state] if state else []:
                self.learn(seen)
        return {
            text: [self.object(item) for item in state] if isinstance(state, list) else self.object(state) if state else None
            for text, state in states.items()
        }

    def object(self, seen: Object) -> dict[str, Any]:
        metadata = {key: value for key, value in seen["metadata"].items() if key not in ("managedFields", "annotations")}
        notes = {key: value for key, value in (seen["metadata"].get("annotations") or {}).items() if not key.startswith(_OURS)}
        if notes:
            metadata["annotations"] = notes
        shown: dict[str, Any] = self._value({**seen, "metadata": metadata})
        shown["metadata"]["managedFields"] = sorted(self._manager(entry) for entry in seen["metadata"].get("managedFields") or ())
        return shown

    def text(self, text: str) -> str:
        text = _TIME.sub("<time>", _UID.sub(lambda found: f"<uid:{self._owner(found[0])}>", text))
        for pattern, replacement in self._masks:
            text = pattern.sub(replacement, text)
        return text

    def _owner(self, uid: str) -> str:
        return self._known.get(uid) or f"?{self._strangers.setdefault(uid, len(self._strangers) + 1)}"

    def _value(self, value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: self._value(value[name], name) for name in sorted(value)}
        if isinstance(value, list):
            items = [self._value(item) for item in value]
            if key == "conditions" and all(isinstance(item, dict) for item in items):
                items.sort(key=lambda item: (str(item.get("type")), json.dumps(item, sort_keys=True)))
            return items
        if not isinstance(value, str):
            return value
        if key == _TOOLING:
            return value.partition("/")[0] + "/<version>"
        return _PLACEHOLDERS.get(key) or self.text(value)

    def _manager(self, entry: Object) -> list[Any]:
        paths = sorted(self.text(path) for path in _leaves(entry.get("fieldsV1") or {}) if _OURS not in path)
        return [entry["manager"], entry["operation"], entry.get("subresource", ""), paths]


def _leaves(fields: Object, above: str = "") -> Iterator[str]:
    """Paths of a fieldsV1 tree, ``.name`` for fields and ``[key]`` for items; the mark of a container itself (``.``) counts for nothing."""
    for key in sorted(fields):
        if key == ".":
            continue
        kind, _, name = key.partition(":")
        here = f"{above}.{name}" if kind == "f" else f"{above}[{name}]"
        inner = {name: item for name, item in (fields[key] or {}).items() if name != "."}
        if inner:
            yield from _leaves(inner, here)
        else:
            yield here
