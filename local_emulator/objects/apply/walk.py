"""The four walks over values along a typed schema: field set, comparison, merge and removal.

They are plain recursive functions, because one of them runs in every write; equal sub-trees are cut off early.
"""

from __future__ import annotations

from typing import Any

from local_emulator.objects.apply.fieldsets import MEMBER, Node, is_member
from local_emulator.objects.apply.typed import DEDUCED_NODE, LIST, MAP, TypedSchema, resolve

_ABSENT: Any = object()


def field_set(schema: TypedSchema, value: Any) -> Node | None:
    """What an applied configuration claims: leaves, items of lists, keys of free maps, and empty maps."""
    node = resolve(schema, value)
    if not isinstance(value, dict | list) or node.atomic:
        return MEMBER
    out: Node = {}
    if isinstance(value, dict):
        fields = node.fields
        element = node.element or DEDUCED_NODE
        for name, part in value.items():
            known = fields.get(name)
            below = field_set(known or element, part)
            if part is None or part == {}:
                below = MEMBER
            elif known is None and below != MEMBER:
                below = {".": MEMBER, **(below or {})}
            if below is not None:
                out["f:" + name] = below
        return out or None
    element = node.element or DEDUCED_NODE
    repeated = _repeated(node, value)
    for item in value:
        path_element = node.item_element(item)
        below = None if path_element in repeated else field_set(element, item)
        out[path_element] = {".": MEMBER, **below} if below else MEMBER
    return out or None


def _repeated(node: TypedSchema, items: list[Any]) -> set[str]:
    seen: set[str] = set()
    repeated: set[str] = set()
    for item in items:
        element = node.item_element(item)
        (repeated if element in seen else seen).add(element)
    return repeated


def everything(schema: TypedSchema, value: Any) -> Node:
    """Every path at and below a value that came or went as a whole, containers included."""
    node = resolve(schema, value)
    if not value or not isinstance(value, dict | list) or node.atomic:
        return MEMBER
    out: Node = {".": MEMBER}
    if isinstance(value, dict):
        for name, part in value.items():
            out["f:" + name] = everything(node.child(name), part)
        return out
    element = node.element or DEDUCED_NODE
    repeated = _repeated(node, value)
    for item in value:
        path_element = node.item_element(item)
        out[path_element] = MEMBER if path_element in repeated else everything(element, item)
    return out


Comparison = tuple[Node | None, Node | None]
"""Paths added or modified, paths removed."""


def compare(schema: TypedSchema, old: Any, new: Any) -> Comparison:
    """What changed between two values."""
    if old is new or old == new:
        # Python holds True == 1 and 1 == 1.0; a boolean never stands where a number may, and JSON has one number type.
        return None, None
    if old is None and isinstance(new, dict | list):
        old = type(new)()
    elif new is None and isinstance(old, dict | list):
        new = type(old)()
    node = resolve(schema, new)
    if type(old) is not type(new):
        # Another kind of value: the place itself changed, what was inside is gone, and what is inside now is new.
        inside = {name: below for name, below in everything(schema, old).items() if name != "."}
        return everything(schema, new), inside or None
    if node.atomic or not isinstance(new, dict | list):
        return MEMBER, None
    if isinstance(new, dict):
        return _compare_maps(node, old, new)
    return _compare_lists(node, old, new)


def _compare_maps(node: TypedSchema, old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    changed: Node = {}
    removed: Node = {}
    for name, part in new.items():
        before = old.get(name, _ABSENT)
        if before is _ABSENT:
            changed["f:" + name] = everything(node.child(name), part)
        elif before is not part:
            child_changed, child_removed = compare(node.child(name), before, part)
            if child_changed is not None:
                changed["f:" + name] = child_changed
            if child_removed is not None:
                removed["f:" + name] = child_removed
    for name, part in old.items():
        if name not in new:
            removed["f:" + name] = everything(node.child(name), part)
    return changed or None, removed or None


def _compare_lists(node: TypedSchema, old: list[Any], new: list[Any]) -> Comparison:
    element = node.element or DEDUCED_NODE
    before = _by_element(node, old)
    after = _by_element(node, new)
    changed: Node = {}
    removed: Node = {}
    for path_element, items in after.items():
        others = before.get(path_element)
        if others is None:
            changed[path_element] = MEMBER if len(items) > 1 else everything(element, items[0])
        elif len(items) > 1 or len(others) > 1:
            if items != others:
                changed[path_element] = MEMBER
        else:
            child_changed, child_removed = compare(element, others[0], items[0])
            if child_changed is not None:
                changed[path_element] = child_changed
            if child_removed is not None:
                removed[path_element] = child_removed
    for path_element, items in before.items():
        if path_element not in after:
            removed[path_element] = MEMBER if len(items) > 1 else everything(element, items[0])
    return changed or None, removed or None


def _by_element(node: TypedSchema, items: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(node.item_element(item), []).append(item)
    return found


def merge(schema: TypedSchema, live: Any, config: Any) -> Any:
    """``live`` with everything that ``config`` says; items of granular lists are matched by key and ordered as the API server does."""
    node = resolve(schema, config)
    if node.atomic or type(live) is not type(config) or not isinstance(config, dict | list):
        if config is None and node.shape in (MAP, LIST) and not node.atomic and live is not None:
            return live
        return config
    if isinstance(config, dict):
        out = dict(live)
        for name, part in config.items():
            out[name] = merge(node.child(name), live[name], part) if name in live else part
        return out
    return _merge_lists(node, live, config)


def _merge_lists(node: TypedSchema, live: list[Any], config: list[Any]) -> list[Any]:
    """Keeps the order of ``config`` for its items; the others stay behind the same predecessor as before as far as possible."""
    element = node.element or DEDUCED_NODE
    ours = {node.item_element(item): item for item in config}
    theirs = [(node.item_element(item), item) for item in live]
    counts: dict[str, int] = {}
    for path_element, _ in theirs:
        counts[path_element] = counts.get(path_element, 0) + 1
    present = dict(theirs)
    shared = [path_element for path_element in ours if path_element in present]
    wanted = list(ours)
    out: list[Any] = []
    done: set[str] = set()

    def take(path_element: str) -> None:
        done.add(path_element)
        item = ours[path_element]
        # An item that the live list holds more than once cannot be merged, only replaced.
        out.append(merge(element, present[path_element], item) if counts.get(path_element) == 1 else item)

    position, next_shared = 0, 0
    for path_element, item in theirs:
        if path_element not in ours:
            out.append(item)
            continue
        if path_element in done or next_shared >= len(shared) or path_element != shared[next_shared]:
            continue
        while position < len(wanted) and wanted[position] != path_element:
            take(wanted[position])
            position += 1
        take(path_element)
        position += 1
        next_shared += 1
    for path_element in wanted[position:]:
        take(path_element)
    return out


def remove(schema: TypedSchema, value: Any, paths: Node) -> Any:
    """The value without the given paths; a container whose content went stays, empty."""
    node = resolve(schema, value)
    if not value or not isinstance(value, dict | list) or node.atomic:
        return value
    if isinstance(value, dict):
        out = {}
        for name, part in value.items():
            below = paths.get("f:" + name)
            if below is None:
                out[name] = part
            elif not is_member(below):
                out[name] = remove(node.child(name), part, below)
        return out
    element = node.element or DEDUCED_NODE
    kept = []
    for item in value:
        below = paths.get(node.item_element(item))
        if below is None:
            kept.append(item)
        elif not is_member(below):
            kept.append(remove(element, item, below))
    return kept


def with_structs(schema: TypedSchema, node: Node | None) -> Node | None:
    """The set with every declared field on the way to a member made a member too, so that structs go and stay with their content."""
    if node is None:
        return None
    out: Node = {}
    for name, below in node.items():
        if name == ".":
            out[name] = below
            continue
        if name[0] == "f":
            field_name = name[2:]
            child = schema.child(field_name)
            deeper = with_structs(child, below) if below else MEMBER
            if below and "." not in below and field_name in schema.fields:
                deeper = {".": MEMBER, **(deeper or {})}
        else:
            deeper = with_structs(schema.element or DEDUCED_NODE, below) if below else MEMBER
        out[name] = deeper if deeper is not None else MEMBER
    return out
