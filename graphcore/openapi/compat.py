"""What changes between two CRDs, and which of it breaks existing instances or those who write them.

One rule: what can make a stored object invalid, or takes a field away, is breaking and needs ``kro.run/allow-breaking-changes``. Where kro
judges, that is its verdict; what it overlooks and therefore never applies (new enums and rules, map values, list types, printer columns,
labels, …) is found as well and judged by the same rule. Every change is told, in order, with its place and a remedy. Only krofn writes the
status, and anew each time, so of its schema only what kro judges counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphcore.errors.paths import child
from graphcore.openapi.compat_limits import limit_changes
from graphcore.openapi.compat_members import member_changes, open_to_unknown
from graphcore.openapi.compat_model import ANNOTATE, PRESERVE, Change, Changes, Place, Recorder, same, shown
from graphcore.openapi.compat_rules import RULES, rule_changes

__all__ = ["ANNOTATE", "Change", "Changes", "compare"]

Schema = Mapping[str, Any]

_COLUMN_DEFAULTS: dict[str, Any] = {"priority": 0, "description": "", "format": ""}
# What the comparison itself looks at; any other member of a schema that differs is told as it is.
_JUDGED = frozenset(
    (
        *("description", "default", "type", "pattern", "properties", "required", "enum", "items", "additionalProperties"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", RULES),
    )
)


def compare(old_crd: Mapping[str, Any], new_crd: Mapping[str, Any]) -> Changes:
    """All changes that applying ``new_crd`` would make to ``old_crd`` (as read from the API server).

    Labels and annotations that only the old CRD carries are not counted: they may be anybody's.
    """
    found = Recorder()
    old_spec, new_spec = old_crd.get("spec") or {}, new_crd.get("spec") or {}
    _identity(old_spec, new_spec, found)
    _metadata(old_crd.get("metadata") or {}, new_crd.get("metadata") or {}, found)
    old_versions = {version.get("name"): version for version in old_spec.get("versions") or ()}
    new_versions = {version.get("name"): version for version in new_spec.get("versions") or ()}
    if len(old_versions) == len(new_versions) == 1 and old_versions.keys() != new_versions.keys():
        (old_name,), (new_name,) = old_versions, new_versions
        found.breaking("type-changed", "version", f"Type changed from {old_name} to {new_name}", "keep the version's name")
    else:
        for name in sorted(old_versions.keys() - new_versions.keys()):
            found.breaking(
                "property-removed", f"versions[{name}]", f"Property {name} was removed", "remove versions by hand, after migration"
            )
        for name in sorted(new_versions.keys() - old_versions.keys()):
            found.compatible("property-added", f"versions[{name}]", f"Version {name} was added")
    for name in sorted(old_versions.keys() & new_versions.keys()):
        _version(old_versions[name], new_versions[name], found)
    return found.changes()


def _identity(old: Schema, new: Schema, found: Recorder) -> None:
    for member in ("group", "scope"):
        if old.get(member) != new.get(member):
            found.breaking(
                "identity-changed",
                member,
                f"Type changed from {old.get(member)} to {new.get(member)}",
                "delete the CRD, or choose another kind",
            )
    old_names, new_names = old.get("names") or {}, new.get("names") or {}
    for member in sorted(new_names.keys() | {"shortNames", "categories"}):
        before, after = old_names.get(member) or None, new_names.get(member) or None
        if before != after:
            found.compatible("names-changed", f"names.{member}", f"Names changed from {shown(before)} to {shown(after)}")


def _metadata(old: Schema, new: Schema, found: Recorder) -> None:
    for member in ("labels", "annotations"):
        before = old.get(member) or {}
        for name, value in sorted((new.get(member) or {}).items()):
            if before.get(name) != value:
                found.compatible(
                    f"{member}-changed", f"metadata.{member}[{name}]", f"Value changed from {shown(before.get(name))} to {shown(value)}"
                )


def _version(old: Schema, new: Schema, found: Recorder) -> None:
    if old.get("served") and not new.get("served"):
        found.breaking("type-changed", "version.served", "Type changed from true to false", "keep the version served")
    elif new.get("served") and not old.get("served"):
        found.compatible("served", "version.served", "Version is served again")
    before, after = old.get("subresources") or {}, new.get("subresources") or {}
    if before.get("status") is not None and after.get("status") is None:
        found.breaking("property-removed", "version.subresources.status", "Property status was removed", "keep the status subresource")
    elif before != after:
        found.compatible("subresources-changed", "version.subresources", f"Subresources changed from {shown(before)} to {shown(after)}")
    old_columns, new_columns = _columns(old), _columns(new)
    if old_columns != new_columns:
        found.compatible("columns-changed", "additionalPrinterColumns", "Printer columns changed")
    _root(_schema(old), _schema(new), found)


def _columns(version: Schema) -> list[dict[str, Any]]:
    columns = version.get("additionalPrinterColumns") or ()
    return [{key: value for key, value in column.items() if _COLUMN_DEFAULTS.get(key) != value} for column in columns]


def _schema(version: Schema) -> Schema:
    schema: Schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    return schema


def _root(old: Schema, new: Schema, found: Recorder) -> None:
    """The root's properties are spoken of without prefix: ``spec.a``."""
    _compare(old, new, Place(""), found)


def _compare(old: Schema, new: Schema, place: Place, found: Recorder) -> None:
    """One schema against its successor; after a change of type nothing below is worth telling."""
    lenient = place.lenient
    if (old.get("description") or "") != (new.get("description") or ""):
        found.compatible("description-changed", place.path, "Description was changed")
    if not same(old.get("default"), new.get("default")):
        words = f"Default value was changed from {shown(old.get('default'))} to {shown(new.get('default'))}"
        found.compatible("default-changed", place.path, words)
    if (old.get("type") or "") != (new.get("type") or ""):
        words = f"Type changed from {old.get('type') or 'any'} to {new.get('type') or 'any'}"
        found.judged(not lenient, "type-changed", place.path, words, "keep the type, and add a field of another name for the new one")
        return
    _pattern(old.get("pattern") or "", new.get("pattern") or "", place, found)
    limit_changes(old, new, place.path, lenient, found)
    _properties(old, new, place, found)
    _required(old, new, place, found)
    _enum(old.get("enum") or [], new.get("enum") or [], place, found)
    _contents(old, new, place, found)
    rule_changes(old.get(RULES) or (), new.get(RULES) or (), place, found)
    member_changes(old, new, (old.keys() | new.keys()) - _JUDGED, place, found)


def _pattern(old: str, new: str, place: Place, found: Recorder) -> None:
    strict = not place.lenient
    remedy = "keep the pattern, or widen it by removing it"
    if old and not new:
        found.compatible("pattern-removed", place.path, f"Validation pattern {old} was removed")
    elif new and not old:
        found.judged(strict, "pattern-added", place.path, f"Validation pattern {new} was added", remedy)
    elif old != new:
        found.judged(strict, "pattern-changed", place.path, f"Validation pattern changed from {old} to {new}", remedy)


def _properties(old: Schema, new: Schema, place: Place, found: Recorder) -> None:
    before, after = old.get("properties") or {}, new.get("properties") or {}
    needed = set(new.get("required") or ())
    strict = not place.lenient
    was_open = not place.status and open_to_unknown(old)
    for name in sorted(before.keys() | after.keys()):
        path = child(place.path, name)
        if name not in after:
            remedy = "keep the field; a field that no template uses does no harm"
            found.judged(strict, "property-removed", path, f"Property {name} was removed", remedy)
        elif name not in before:
            if name in needed and after[name].get("default") is None:
                remedy = "give it a default, or do not require it"
                found.judged(strict, "property-added", path, f"Required property {name} was added", remedy)
            else:
                # Where any field was taken, instances may hold anything under this name.
                breaks = was_open and not after[name].get(PRESERVE)
                remedy = "keep it as open as it was, or add a field of another name beside it"
                found.judged(breaks, "property-added", path, f"Optional property {name} was added", remedy)
        else:
            _compare(before[name], after[name], place.below(path), found)


def _required(old: Schema, new: Schema, place: Place, found: Recorder) -> None:
    before, after = set(old.get("required") or ()), set(new.get("required") or ())
    old_properties, new_properties = old.get("properties") or {}, new.get("properties") or {}
    strict = not place.lenient
    for name in sorted(old_properties):
        path = child(place.path, name)
        if name in after - before:
            found.judged(
                strict, "required-added", path, f"Field {name} is newly required", "do not require it; a default does not help here"
            )
        elif name in before - after:
            found.compatible("required-removed", path, f"Field {name} is no longer required")
        elif name in before & after and name in new_properties:
            had, has = old_properties[name].get("default") is not None, new_properties[name].get("default") is not None
            if had and not has:
                words = f"Default value removed from required field {name}"
                found.judged(strict, "required-default-removed", path, words, "keep a default, or do not require the field")
    for name in sorted((before ^ after) - old_properties.keys() - new_properties.keys()):
        found.compatible("required-undeclared", place.path, f"Requirement of the undeclared field {name} changed")


def _enum(old: Sequence[Any], new: Sequence[Any], place: Place, found: Recorder) -> None:
    if not old and not new:
        return
    if not old or not new:
        if old:
            found.compatible("enum-removed", place.path, f"Enum {shown(old)} was removed")
            return
        remedy = "leave the enum out, or check it in a rule that judges changes only: self == oldSelf || self in [...]"
        found.judged(not place.status, "enum-added", place.path, f"Enum {shown(new)} was added", remedy)
        return
    for value in _missing(old, new):
        found.judged(not place.lenient, "enum-restricted", place.path, f"Enum value {shown(value)} was removed", "keep the value")
    for value in _missing(new, old):
        found.compatible("enum-expanded", place.path, f"Enum value {shown(value)} was added")


def _missing(values: Iterable[Any], others: Sequence[Any]) -> list[Any]:
    return [value for value in values if not any(same(value, other) for other in others)]


def _contents(old: Schema, new: Schema, place: Place, found: Recorder) -> None:
    """Items of lists and values of maps."""
    before, after = old.get("items"), new.get("items")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        _compare(before, after, place.below(f"{place.path}[]"), found)
    elif before is not None and after is None:
        found.judged(not place.lenient, "property-removed", f"{place.path}[]", "Property items was removed", "keep the type of the items")
    elif after is not None and before is None:
        found.compatible("property-added", f"{place.path}[]", "Schema of the items was added")
    before, after = old.get("additionalProperties"), new.get("additionalProperties")
    path = f"{place.path}[*]"
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        _compare(before, after, place.below(path, values=True), found)
    elif before != after:
        words = f"Schema of the map's values changed from {shown(before)} to {shown(after)}"
        tighter = not place.status and not after and not new.get(PRESERVE)
        found.judged(tighter, "values-changed", path, words, "keep the map, and add a field of another name for the new type")
