"""Changes of the members of a schema that kro does not look at: which of them a stored object can break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graphcore.openapi.compat_model import PRESERVE, Place, Recorder, same, shown

Schema = Mapping[str, Any]

_WORDS = {
    "x-kubernetes-list-type": "List type",
    "x-kubernetes-list-map-keys": "List map keys",
    "x-kubernetes-map-type": "Map type",
    PRESERVE: "Preservation of unknown fields",
    "format": "Format",
    "nullable": "Nullability",
}
_REMEDIES = {
    "x-kubernetes-list-type": "keep the list type: stored lists may hold an element twice",
    "x-kubernetes-list-map-keys": "keep the keys: stored lists may hold an element twice",
    PRESERVE: "keep the field open, and add a field of another name for what is typed",
    "format": "keep the format, or leave it out",
    "nullable": "keep it nullable",
}


def member_changes(old: Schema, new: Schema, members: Iterable[str], place: Place, found: Recorder) -> None:
    """Tell the changes of these members, in order of their names."""
    for member in sorted(members):
        before, after = old.get(member) or None, new.get(member) or None
        if same(before, after):
            continue
        words = f"{_WORDS.get(member, member)} changed from {shown(old.get(member))} to {shown(new.get(member))}"
        breaks = not place.status and _tighter(member, after)
        found.judged(breaks, f"{member}-changed", place.path, words, _REMEDIES.get(member, ""))


def _tighter(member: str, after: Any) -> bool:
    """Whether a value that was valid before may not be any more, or loses fields."""
    match member:
        case "x-kubernetes-list-type":
            return after in ("set", "map")
        case "x-kubernetes-list-map-keys" | "format":
            return after is not None
        case "nullable":
            return after is None
        case _:
            return member == PRESERVE and after is None


def open_to_unknown(schema: Schema) -> bool:
    """Whether objects of the schema may hold fields that it does not name."""
    return bool(schema.get(PRESERVE) or schema.get("additionalProperties"))
