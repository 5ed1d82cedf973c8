"""Sets of field paths, kept in their wire form.

A set is a tree of dictionaries, exactly what ``fieldsV1`` holds: keys are path elements (``f:name``, ``k:{"port":80}``,
``v:"x"``), an empty dictionary is a member without members below it, and the key ``.`` marks a member that has some. So
reading and writing ``managedFields`` costs nothing, and equal sets are equal dictionaries. The empty set is None: an empty
dictionary below the root would be a member.

Path elements are compared as strings; :func:`key_element` and :func:`value_element` write them canonically.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Node = dict[str, Any]
Path = tuple[str, ...]

MEMBER: Node = {}
"""A member with nothing below it. Shared, never changed."""


@lru_cache(maxsize=16384, typed=True)
def key_element(names: tuple[str, ...], *values: Any) -> str:
    """The path element of a list item with these key fields (``names`` in order). Values are scalars."""
    return "k:" + json.dumps(dict(zip(names, values, strict=True)), separators=(",", ":"), ensure_ascii=False)


def value_element(value: Any) -> str:
    """The path element of a scalar in a set."""
    return "v:" + json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def is_member(node: Node) -> bool:
    """Whether the path that leads to the node is itself in the set."""
    return not node or "." in node


def union(a: Node | None, b: Node | None) -> Node | None:
    """Paths in either set."""
    if a is None or a is b:
        return b
    if b is None:
        return a
    out = dict(a)
    if is_member(a) or is_member(b):
        out["."] = MEMBER
    for element, below in b.items():
        if element != ".":
            out[element] = union(a.get(element), below)
    return out if len(out) > 1 or "." not in out else MEMBER


def difference(a: Node | None, b: Node | None) -> Node | None:
    """Paths of ``a`` that are not exactly in ``b``."""
    if a is None or b is None:
        return a
    member = is_member(a) and not is_member(b)
    out: Node = {".": MEMBER} if member else {}
    for element, below in a.items():
        if element == ".":
            continue
        rest = difference(below, b.get(element))
        if rest is not None:
            out[element] = rest
    if member:
        return out if len(out) > 1 else MEMBER
    return out or None


def recursive_difference(a: Node | None, b: Node | None) -> Node | None:
    """Paths of ``a`` that are neither in ``b`` nor below a member of ``b``."""
    if a is None or b is None:
        return a
    out: Node = {}
    for element, below in a.items():
        other = b.get(element)
        if element == "." or other is None:
            out[element] = below
        elif not is_member(other):
            rest = recursive_difference(below, other)
            if rest is not None:
                out[element] = rest
    if out:
        return out if len(out) > 1 or "." not in out else MEMBER
    return MEMBER if not a else None


def intersection(a: Node | None, b: Node | None) -> Node | None:
    """Paths in both sets."""
    if a is None or b is None:
        return None
    member = is_member(a) and is_member(b)
    out: Node = {".": MEMBER} if member else {}
    for element, below in a.items():
        if element != "." and element in b:
            both = intersection(below, b[element])
            if both is not None:
                out[element] = both
    if member:
        return out if len(out) > 1 else MEMBER
    return out or None


def root(node: Node | None) -> Node | None:
    """A set read from the wire: there the empty dictionary is the empty set, because the root is never a member."""
    if not node:
        return None
    return {element: below for element, below in node.items() if element != "."} or None


def paths(node: Node | None) -> Iterator[Path]:
    """Every member, parents before what is below them, in the set's order."""
    if node is not None:
        yield from _paths(node, ())


def _paths(node: Node, above: Path) -> Iterator[Path]:
    if above and is_member(node):
        yield above
    for element, below in node.items():
        if element != ".":
            yield from _paths(below, (*above, element))


def ordered(node: Node) -> Node:
    """The same set with its elements in the API server's order: the member mark, fields, keys, values."""
    if len(node) < 2:
        return {element: ordered(below) for element, below in node.items()} if node else MEMBER
    return {element: ordered(node[element]) for element in sorted(node, key=_order)}


def _order(element: str) -> tuple[int, Any]:
    if element == ".":
        return (0, ())
    if element[0] == "f":
        return (1, element[2:])
    value = json.loads(element[2:])
    if element[0] == "k":
        return (2, [(name, _rank(part)) for name, part in value.items()])
    return (3, _rank(value))


def _rank(value: Any) -> tuple[int, Any]:
    """A total order over scalars of mixed types: numbers, then strings, then booleans."""
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, int | float):
        return (0, value)
    return (1, "" if value is None else str(value))


def display(path: Path) -> str:
    """The path as conflict messages show it: ``.spec.ports[port=80,protocol="TCP"].name``."""
    return "".join(_display(element) for element in path)


def _display(element: str) -> str:
    kind, text = element[0], element[2:]
    if kind == "f":
        return f".{text}"
    if kind == "v":
        return f"[={text}]"
    parts = ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in json.loads(text).items())
    return f"[{parts}]"
