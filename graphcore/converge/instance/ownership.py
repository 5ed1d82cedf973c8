"""Rule 3: is an observed child already what it should be, without asking anybody and without knowing its schema?

Comparing values with what the API server made of them would have to know defaults, quantities, atomic lists and webhooks. Instead the
child carries a digest of what was applied last, and its ``managedFields`` tell whether every leaf of that is still ours: whoever changes
a value, by whatever means, takes the path away from us. Digest equal and all leaves owned ⇒ current.

Two things need values. A Secret's ``stringData`` stays owned when somebody changes ``data``. And a child made by kro has no digest: equal
values together with ownership suffice there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphcore import names
from graphcore.converge.metadata import annotations_of, labels_of, meta

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A step of a path into a list: the item as it is wanted."""

    item: Any


Path: TypeAlias = tuple[str | Item, ...]
"""From the top of an object down to one of its fields: names, and items of lists."""

# Members of metadata that say which object it is or that only the API server writes: never in managedFields.
_IDENTITY = frozenset({"name", "namespace", "generateName"})
_SERVER_SIDE = frozenset(
    {
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    }
)


def digest(desired: Object) -> str:
    """Identifies what is wanted of a child (16 hex digits). The version label is left out: a new release is no reason to write."""
    metadata = {key: value for key, value in meta(desired).items() if key not in _SERVER_SIDE}
    metadata["labels"] = {key: value for key, value in labels_of(desired).items() if key != names.KRO_VERSION}
    metadata["annotations"] = {key: value for key, value in annotations_of(desired).items() if key != names.APPLIED}
    canonical = json.dumps({**desired, "metadata": metadata}, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def applied_digest(observed: Object) -> str | None:
    """The digest recorded on a child, without the mark of a forced rewrite; None for a child that was never written by us."""
    recorded = annotations_of(observed).get(names.APPLIED)
    return recorded.partition("/")[0] if recorded is not None else None


def with_digest(desired: Object, rewrite: int | None = None) -> dict[str, Any]:
    """``desired`` as it is applied. rewrite: a fence number that makes the write change the object although nothing else differs."""
    value = digest(desired) if rewrite is None else f"{digest(desired)}/{rewrite}"
    return {**desired, "metadata": {**meta(desired), "annotations": {**annotations_of(desired), names.APPLIED: value}}}


def is_current(desired: Object, observed: Object) -> bool:
    """Whether applying ``desired`` would change nothing that matters."""
    recorded = applied_digest(observed)
    if recorded is None:
        if not _holds(_comparable(desired), observed):
            return False
    elif recorded != digest(desired):
        return False
    return owns_all(desired, observed) and next(lost_secret_data(desired, observed), None) is None


def applied_by_us(observed: Object) -> bool:
    """Whether the child has an ``Apply`` entry by our manager at all."""
    return _our_fields(observed) is not None


def owns_all(desired: Object, observed: Object) -> bool:
    """Whether each leaf of ``desired`` is ours according to ``observed.metadata.managedFields``."""
    return next(lost(desired, observed), None) is None


def lost(desired: Object, observed: Object) -> Iterator[Path]:
    """The paths of ``desired`` that are not ours in ``observed``, in the order of ``desired``; ``()`` where nothing is."""
    fields = _our_fields(observed)
    if fields is None:
        yield ()
        return
    for key, value in desired.items():
        if key in ("apiVersion", "kind", "status"):
            continue
        if key == "metadata":
            value = {name: item for name, item in value.items() if name not in _IDENTITY and name not in _SERVER_SIDE}
            if value:
                yield from _lost_member(key, value, fields, ())
        else:
            yield from _lost_member(key, value, fields, ())


def lost_secret_data(desired: Object, observed: Object) -> Iterator[Path]:
    """Keys of a Secret whose data is not what its ``stringData`` says."""
    if desired.get("kind") != "Secret" or desired.get("apiVersion") != "v1":
        return
    stored = observed.get("data") or {}
    for key, value in (desired.get("stringData") or {}).items():
        if value is not None and stored.get(key) != base64.b64encode(str(value).encode()).decode():
            yield ("data", key)


def holds(fields: Mapping[str, Any], path: Path) -> bool:
    """Whether a field set of a manager (fieldsV1) has ``path``, or a leaf above it."""
    for step in path:
        if not fields:
            return True
        below = fields.get(f"f:{step}") if isinstance(step, str) else next(_items(step.item, fields), None)
        if below is None:
            return False
        fields = below
    return True


def _our_fields(observed: Object) -> Mapping[str, Any] | None:
    for entry in meta(observed).get("managedFields") or ():
        if entry.get("manager") == names.MANAGER_APPLYSET and entry.get("operation") == "Apply" and not entry.get("subresource"):
            fields: Mapping[str, Any] = entry.get("fieldsV1") or {}
            return fields
    return None


def _lost_member(key: str, value: Any, fields: Mapping[str, Any], path: Path) -> Iterator[Path]:
    if value is None:
        return
    below = fields.get(f"f:{key}")
    if below is None:
        yield from _leaves(value, (*path, key))
    elif below:
        yield from _lost(value, below, (*path, key))


def _lost(value: Any, fields: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """fields: the fieldsV1 node at the value's path, not empty: an empty one is a leaf, which covers everything below it."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _lost_member(key, item, fields, path)
    elif isinstance(value, list):
        for item in value:
            yield from _lost_item(item, fields, (*path, Item(item)))


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    """Paths of everything in ``value``; a list counts as a whole."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path


def _lost_item(item: Any, fields: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """One item of a list of which not the whole is ours."""
    found = [list(_lost(item, below, path)) if below else [] for below in _items(item, fields)]
    if not found:
        yield path
    elif all(found):
        yield from found[0]


def _items(item: Any, fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The field sets below a list's that are about ``item``: by its keys (``k:``), else by its value (``v:``)."""
    for name, below in fields.items():
        if isinstance(item, Mapping):
            if name.startswith("k:") and _matches(json.loads(name[2:]), item):
                yield below
        elif name.startswith("v:") and json.loads(name[2:]) == item:
            yield below


def _matches(keys: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Keys that the item does not name were defaulted by the API server (``protocol: TCP``)."""
    return all(item.get(key, value) == value for key, value in keys.items())


def _comparable(desired: Object) -> Object:
    skipped = {names.APPLIED, names.APPLYSET_TOOLING, names.KRO_VERSION}
    metadata = {key: value for key, value in meta(desired).items() if key not in _SERVER_SIDE}
    for part, values in (("labels", labels_of(desired)), ("annotations", annotations_of(desired))):
        metadata[part] = {key: value for key, value in values.items() if key not in skipped}
    return {**{key: value for key, value in desired.items() if key not in ("status", "stringData")}, "metadata": metadata}


def _holds(wanted: Any, found: Any) -> bool:
    """Whether ``found`` has every value of ``wanted``; what others added is no difference."""
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            return not wanted and found is None
        return all(value is None or _holds(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(wanted) == len(found) and all(map(_holds, wanted, found))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    return bool(wanted == found)
