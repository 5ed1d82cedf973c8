"""The two operations on ownership: an apply, and any other write.

An apply merges a configuration into the object, takes away what its manager applied before and no longer does unless somebody
else owns it, and claims the configuration's fields; changing a field that another manager owns is a conflict. Any other write is
never a conflict: the writer takes what it changed and everybody loses what it removed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local_emulator.core.status import ApiError, bad_request
from local_emulator.objects.apply import managers as book
from local_emulator.objects.apply.fieldsets import Node, difference, display, intersection, paths, recursive_difference, union
from local_emulator.objects.apply.managers import APPLY, UPDATE, Entry, Identity, Managers
from local_emulator.objects.apply.typed import TypedSchema
from local_emulator.objects.apply.walk import compare, field_set, merge, remove, with_structs

Object = dict[str, Any]

MAX_UPDATE_ENTRIES = 10
"""Beyond this many entries of updates the oldest are merged into one, as the API server does to bound the object."""

ANCIENT_CHANGES = "ancient-changes"


def server_side_apply(
    live: Object | None,
    patch: Object,
    *,
    manager: str,
    force: bool,
    typed: TypedSchema,
    now: str,
    subresource: str = "",
    reset: Node | None = None,
    normalise: Callable[[Object], Object] | None = None,
    empty: Object | None = None,
    waived: Node | None = None,
) -> Object:
    """The object after ``manager`` applied ``patch``, with managedFields; equal to ``live`` if nothing changed.

    ``live`` None means creation. ``reset`` are paths that this endpoint never writes. ``normalise`` is what the server does to
    an object before it stores it (defaults, canonical values); it decides whether anything changed. ``empty`` is an object of the
    kind that nobody has written to; ``waived`` are paths that never conflict. Raises ApiError: 409 with
    a cause per path on conflicts, 400 for a patch with managedFields.
    """
    metadata = patch.get("metadata") or {}
    if metadata.get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    patch = {**patch, "metadata": {key: value for key, value in metadata.items() if not (key == "creationTimestamp" and value is None)}}
    version = patch["apiVersion"]
    key = book.identity(manager, APPLY, subresource, version)
    fields = recursive_difference(field_set(typed, patch), reset)
    if live is None:
        created = _with_managers(patch, {key: Entry(book.owned(fields), version, now)})
        return normalise(created) if normalise else created

    bare = _without_managers(live)
    managers = book.decode(live["metadata"].get("managedFields"), stored=True)
    if not managers:
        before = recursive_difference(compare(typed, empty or {"apiVersion": version, "kind": live.get("kind")}, bare)[0], reset)
        managers = {book.identity(book.BEFORE_FIRST_APPLY, UPDATE, "", version): Entry(book.owned(before), version, now)}
    last = managers.get(key)
    merged = merge(typed, bare, patch)
    managers[key] = Entry(fields, version, last.time if last else None)
    merged = _prune(typed, merged, managers, key, last)
    if "resourceVersion" in bare["metadata"]:
        merged["metadata"] = {**merged["metadata"], "resourceVersion": bare["metadata"]["resourceVersion"]}
    managers = _settle(typed, bare, merged, managers, key, reset, None if force else (waived or {}))
    if key in managers:
        mine = book.owned(managers[key].fields)
        # The same set as before is taken as it was: it is in order already.
        managers[key] = replace(last, api_version=version) if last and last.fields == mine else replace(managers[key], fields=mine)
    final = normalise(merged) if normalise else merged
    same_fields = (
        last is not None and key in managers and managers[key].fields == last.fields and managers[key].api_version == last.api_version
    )
    if final == bare and same_fields and {k: e.fields for k, e in managers.items()} == _decoded_fields(live):
        return live
    if key in managers and merged != bare:  # an apply that only shares what is there moves no time
        managers[key] = replace(managers[key], time=now)
    return _with_managers(final, managers)


def record_update(
    old: Object | None,
    new: Object,
    *,
    manager: str,
    typed: TypedSchema,
    now: str,
    subresource: str = "",
    reset: Node | None = None,
    empty: Object | None = None,
) -> Object:
    """``new`` with the managedFields of a create, update or patch by ``manager``.

    ``old`` None means creation; ``empty`` is then what an object of the kind looks like before anybody wrote to it. On the main
    endpoint a client may hand in its own managedFields; an empty list, or one empty entry, forgets them all.
    """
    given = (new.get("metadata") or {}).get("managedFields")
    version = new["apiVersion"]
    if given is not None and not subresource and (not given or given == [{}]):
        managers: Managers = {}
    else:
        managers = _handed_in(given) if not subresource else {}
        managers = managers or _handed_in(((old or {}).get("metadata") or {}).get("managedFields"), stored=True)
    bare = _without_managers(new)
    if not managers and old is not None:
        return bare
    before = _without_managers(old) if old is not None else (empty or {"apiVersion": version, "kind": new.get("kind")})
    changed, removed = compare(typed, before, bare)
    changed = recursive_difference(changed, reset)
    removed = recursive_difference(removed, reset)
    managers = book.take_away(book.take_away(managers, changed), removed)
    mine = book.owned(changed)
    if mine is not None:
        key = book.identity(manager, UPDATE, subresource, version)
        known = managers.get(key)
        managers[key] = Entry(union(known.fields, mine) if known else mine, version, now)
    return _with_managers(bare, _capped(managers))


def _handed_in(entries: Any, *, stored: bool = False) -> Managers:
    try:
        return book.decode(entries, stored=stored)
    except (ValueError, AttributeError, TypeError):
        return {}


def _decoded_fields(live: Object) -> dict[Identity, Node | None]:
    return {key: entry.fields for key, entry in book.decode(live["metadata"].get("managedFields")).items()}


def _without_managers(obj: Object) -> Object:
    metadata = obj.get("metadata")
    if not metadata or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}


def _with_managers(obj: Object, managers: Managers) -> Object:
    entries = book.encode(managers)
    if not entries:
        return _without_managers(obj)
    return {**obj, "metadata": {**obj["metadata"], "managedFields": entries}}


def _prune(typed: TypedSchema, merged: Object, managers: Managers, key: Identity, last: Entry | None) -> Object:
    """Removes what the manager applied last time, did not apply now, and nobody else owns."""
    if last is None or last.fields is None or last.fields == book.owned(managers[key].fields):
        return merged
    claimed: Node | None = None
    for entry in managers.values():
        claimed = union(claimed, entry.fields)
    if difference(last.fields, claimed) is None:
        return merged
    present = with_structs(typed, field_set(typed, merged))
    dropped = with_structs(typed, last.fields) or {}
    first = remove(typed, merged, dropped)
    keep = union(with_structs(typed, field_set(typed, first)), with_structs(typed, claimed))
    second = remove(typed, merged, difference(present, keep) or {})
    gone = difference(present, with_structs(typed, field_set(typed, second)))
    pruned: Object = remove(typed, merged, intersection(gone, dropped) or {})
    return pruned


def _settle(
    typed: TypedSchema, live: Object, merged: Object, managers: Managers, key: Identity, reset: Node | None, waived: Node | None
) -> Managers:
    """Finds conflicts, or gives the changed fields to the manager ``key``; removed fields leave everybody. ``waived`` None: forced."""
    changed, removed = compare(typed, live, merged)
    changed = recursive_difference(changed, reset)
    removed = recursive_difference(removed, reset)
    if changed is None and removed is None:
        return {name: entry for name, entry in managers.items() if entry.fields is not None}
    conflicts = {}
    for name, entry in managers.items():
        if name != key and waived is not None:
            shared = difference(intersection(entry.fields, changed), waived)
            if shared is not None:
                conflicts[name] = shared
    if conflicts:
        raise conflict_error(conflicts)
    managers = book.take_away(managers, changed, keep=key)
    return {name: entry for name, entry in book.take_away(managers, removed, keep=key).items() if entry.fields is not None}


def conflict_error(conflicts: dict[Identity, Node]) -> ApiError:
    """409 with one cause per path, managers in order."""
    found = [(_describe(name), display(path)) for name in sorted(conflicts) for path in paths(conflicts[name])]
    causes = [{"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": where} for who, where in found]
    if len(found) == 1:
        message = f"Apply failed with 1 conflict: conflict with {found[0][0]}: {found[0][1]}"
    else:
        lines = []
        for who in dict.fromkeys(who for who, _ in found):
            lines.append(f"conflicts with {who}:")
            lines.extend(f"- {where}" for other, where in found if other == who)
        message = f"Apply failed with {len(found)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", message, {"causes": causes})


def _describe(name: Identity) -> str:
    manager, operation, subresource, version = name
    text = f'"{manager}"'
    if subresource:
        text += f' with subresource "{subresource}"'
    return f"{text} using {version}" if operation == UPDATE else text


def _capped(managers: Managers) -> Managers:
    updates = [(key, entry) for key, entry in managers.items() if key[1] == UPDATE]
    if len(updates) <= MAX_UPDATE_ENTRIES:
        return managers
    updates.sort(key=lambda pair: (pair[1].time or "", pair[0][0], pair[0][3], pair[0][2]))
    out = {key: entry for key, entry in managers.items() if key[1] == APPLY}
    surplus = len(updates) - MAX_UPDATE_ENTRIES + 1
    out.update(updates[surplus:])
    for _, entry in updates[:surplus]:
        bucket = book.identity(ANCIENT_CHANGES, UPDATE, "", entry.api_version)
        known = out.get(bucket)
        fields = union(known.fields, entry.fields) if known else entry.fields
        out[bucket] = Entry(fields, entry.api_version, max(entry.time or "", (known.time or "") if known else ""))
    return out
