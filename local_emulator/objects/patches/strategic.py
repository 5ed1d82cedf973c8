"""Strategic merge patch: a merge patch that knows which lists are keyed.

``kubectl apply``, ``edit`` and ``set`` send it for built-in kinds. The schema says by ``x-kubernetes-patch-strategy`` and
``x-kubernetes-patch-merge-key`` how a list merges; directives in the patch (``$patch``, ``$deleteFromPrimitiveList/…``,
``$setElementOrder/…``, ``$retainKeys``) say the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.core.status import bad_request, internal
from local_emulator.objects.apply.checking import plain

Schema = Mapping[str, Any]

_PATCH = "$patch"
_RETAIN = "$retainKeys"
_DELETE_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"
_NOTHING: Schema = {}


def strategic_merge(target: Any, patch: Any, schema: Schema) -> dict[str, Any]:
    """``target`` after the patch. ``schema`` is the kind's resolved schema. Raises ApiError 400 for a directive that makes no sense."""
    if not isinstance(patch, dict):
        raise bad_request("cannot unmarshal patch into an object")
    return _merge_maps(target if isinstance(target, dict) else {}, patch, schema)


def _merge_maps(target: dict[str, Any], patch: dict[str, Any], schema: Schema) -> dict[str, Any]:
    directive = patch.get(_PATCH)
    if directive == "replace":
        return {name: _without_directives(value) for name, value in patch.items() if name != _PATCH}
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise internal(f"unknown patch type: {directive} in map: {plain(patch)}")
    out = dict(target)
    retained = patch.get(_RETAIN)
    if isinstance(retained, list):
        out = {name: value for name, value in out.items() if name in retained}
    orders = {name[len(_ORDER) :]: value for name, value in patch.items() if name.startswith(_ORDER)}
    for name, value in patch.items():
        if name in (_PATCH, _RETAIN) or name.startswith(_ORDER):
            continue
        if name.startswith(_DELETE_FROM):
            own = name[len(_DELETE_FROM) :]
            if isinstance(out.get(own), list):
                out[own] = [item for item in out[own] if item not in value]
            continue
        if value is None:
            out.pop(name, None)
            continue
        child = _child(schema, name)
        if name in orders and isinstance(value, list):
            _check_order(value, orders[name], child.get("x-kubernetes-patch-merge-key") or "")
        before = out.get(name)
        if not isinstance(before, type(value)) and isinstance(value, dict | list):
            # Nothing to merge with: taken as it is, without what carries a directive.
            if not (isinstance(value, dict) and _PATCH in value):
                out[name] = _plain_part(value)
        elif isinstance(value, dict):
            if name in out and isinstance(before, dict) and _strategy(child, "replace"):
                out[name] = _without_directives(value)
            else:
                merged = _merge_maps(before if isinstance(before, dict) else {}, value, child)
                if value.get(_PATCH) == "delete":
                    out.pop(name, None)
                else:
                    out[name] = merged
        elif isinstance(value, list):
            out[name] = _merge_lists(out.get(name), value, child, orders.get(name))
        else:
            out[name] = value
    for name, order in orders.items():
        if name not in patch and isinstance(out.get(name), list):
            out[name] = _merge_lists(out[name], [], _child(schema, name), order)
    return out


def _child(schema: Schema, name: str) -> Schema:
    properties: Mapping[str, Schema] = schema.get("properties") or {}
    if name in properties:
        return properties[name]
    extra = schema.get("additionalProperties")
    return extra if isinstance(extra, Mapping) else _NOTHING


def _strategy(schema: Schema, name: str) -> bool:
    return name in (schema.get("x-kubernetes-patch-strategy") or "").split(",")


def _merge_lists(target: Any, patch: list[Any], schema: Schema, order: list[Any] | None) -> list[Any]:
    live = target if isinstance(target, list) else []
    if not _strategy(schema, "merge"):
        return [_without_directives(item) for item in patch]
    items: Schema = schema.get("items") or {}
    key = schema.get("x-kubernetes-patch-merge-key")
    if any(isinstance(item, dict) for item in (*patch, *live)):
        merged = _merge_keyed(live, patch, key or "", items)
        told = [item for item in patch if not (isinstance(item, dict) and _PATCH in item)]
        return _arrange(merged, live, told if order is None else order, key or "")
    merged = list(dict.fromkeys([*live, *patch]))
    return _arrange(merged, live, patch if order is None else order, "")


def _merge_keyed(live: list[Any], patch: list[Any], key: str, items: Schema) -> list[Any]:
    out = list(live)
    if any(isinstance(item, dict) and item.get(_PATCH) == "replace" for item in patch):
        return [_without_directives(item) for item in patch if not (isinstance(item, dict) and _PATCH in item)]
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise internal(f"map: {plain(item)} does not contain declared merge key: {key}")
        found = [index for index, known in enumerate(out) if isinstance(known, dict) and known.get(key) == item[key]]
        directive = item.get(_PATCH)
        if directive == "delete":
            out = [known for index, known in enumerate(out) if index not in found]
        elif found:
            out[found[0]] = _merge_maps(out[found[0]], item, items)
        else:
            out.append(_merge_maps({}, item, items))
    return out


def _check_order(patch: list[Any], order: list[Any], key: str) -> None:
    """The items of a patch must come in the order that it asks for."""

    def name_of(item: Any) -> Any:
        return item.get(key) if isinstance(item, dict) and key else item

    told = [item for item in patch if not (isinstance(item, dict) and _PATCH in item)]
    wanted = iter(name_of(item) for item in order)
    if not all(any(name_of(item) == name for name in wanted) for item in told):
        raise internal(f"The order in patch list:\n{plain(told)}\n doesn't match {_ORDER.rstrip('/')} list:\n{plain(order)}\n")


def _plain_part(value: Any) -> Any:
    """A value without maps that carry a directive."""
    if isinstance(value, dict):
        return {
            name: _plain_part(part)
            for name, part in value.items()
            if not (isinstance(part, dict) and _PATCH in part)
            and name != _RETAIN
            and not name.startswith((_DELETE_FROM, _ORDER))
            and part is not None
        }
    if isinstance(value, list):
        return [_plain_part(part) for part in value if not (isinstance(part, dict) and _PATCH in part)]
    return value


def _arrange(merged: list[Any], live: list[Any], order: list[Any], key: str) -> list[Any]:
    """Items named in ``order`` (without one: in the patch) in that order; others stay before what they were before, new ones come first."""

    def name_of(item: Any) -> Any:
        return item.get(key) if isinstance(item, dict) and key else item

    wanted = [name_of(item) for item in order]
    ranked = {name: position for position, name in enumerate(wanted)}
    ours = sorted((item for item in merged if name_of(item) in ranked), key=lambda item: ranked[name_of(item)])
    live_names = [name_of(item) for item in live]
    own = [item for item in merged if name_of(item) not in ranked]
    out: list[Any] = []
    while ours and own:
        # A server-only item goes first if the live list has it before the next item of the patch.
        first, other = name_of(own[0]), name_of(ours[0])
        if other in live_names and live_names.index(first) < live_names.index(other):
            out.append(own.pop(0))
        else:
            out.append(ours.pop(0))
    return [*out, *ours, *own]


def _without_directives(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_directives(part)
            for name, part in value.items()
            if name not in (_PATCH, _RETAIN) and not name.startswith((_DELETE_FROM, _ORDER)) and part is not None
        }
    if isinstance(value, list):
        return [_without_directives(part) for part in value]
    return value
