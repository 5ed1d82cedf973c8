"""How one observation differs from another, and which differences are meant.

A difference is a place (``SNAPSHOT: KIND NAME .path``, the scenario's own names as placeholders) and what krofn shows there. ``deviations.yaml``
lists those that are meant, as patterns of places, each under its number on the page of differences from kro; so a test fails when a difference
appears and when one disappears.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import yaml

from tests.support.lifecycles.script import DATA, Script

ABSENT, PRESENT, OTHER = "(absent)", "(present)", "(other)"
ANY = "*"


@dataclass(frozen=True)
class Difference:
    """ours: the value if it is one line, else ABSENT, PRESENT or OTHER."""

    place: str
    ours: str


@dataclass(frozen=True)
class Deviation:
    """Places where krofn is meant to differ. entry: on the page of differences. ours: what it must show there. everywhere: in any scenario."""

    entry: str
    place: str
    ours: str = ANY
    everywhere: bool = False

    def covers(self, found: Difference) -> bool:
        return fnmatchcase(found.place, self.place) and fnmatchcase(found.ours, self.ours)


@cache
def deviations() -> Mapping[str, tuple[Deviation, ...]]:
    """By scenario; ``*`` holds for all. What krofn shows at a place is one pattern, or any of several."""
    read = yaml.safe_load((DATA / "deviations.yaml").read_text())
    return {
        scenario: tuple(
            Deviation(str(entry), _plain(place), _plain(ours), everywhere=scenario == "*")
            for entry, places in listed.items()
            for place, shown in places.items()
            for ours in (shown if isinstance(shown, list) else [shown])
        )
        for scenario, listed in read.items()
    }


def _plain(text: Any) -> str:
    """fnmatch without its character classes: brackets are brackets."""
    return re.sub(r"\[", "[[]", str(text))


def meant(script: str) -> tuple[Deviation, ...]:
    """The deviations of a scenario."""
    return (*deviations().get(script, ()), *deviations().get("*", ()))


def compare(script: Script, name: str, wanted: Any, got: Any) -> list[Difference]:
    """All differences of one snapshot, in order."""
    found = []
    for path, ours in _differ(wanted, got, ""):
        place = path
        for placeholder in ("@Kind", "@kind", "@rgd"):
            place = place.replace(script.names[placeholder], placeholder)
        found.append(Difference(f"{name}: {place}", ours))
    return found


def digest(text: str) -> str:
    """What is recorded in place of a message: whether kro says the same, not what it says."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _differ(wanted: Any, got: Any, path: str) -> Iterator[tuple[str, str]]:
    if wanted == got or (isinstance(wanted, str) and isinstance(got, str) and wanted == digest(got)):
        return
    if isinstance(wanted, list) and isinstance(got, list) and (keyed := _keyed(path, wanted, got)) is not None:
        wanted, got = keyed
    if not isinstance(wanted, Mapping) or not isinstance(got, Mapping):
        yield path, _shown(got)
        return
    for key in sorted({*wanted, *got}):
        step = f"{path} .{key}" if not path else f"{path}.{key}"
        here = _short(key) if not path and " " in key else step
        if key not in got:
            yield here, ABSENT
        elif key not in wanted:
            yield here, _shown(got[key])
        else:
            yield from _differ(wanted[key], got[key], here)


def _short(target: str) -> str:
    """A target without its apiVersion and selector."""
    return " ".join(target.split(" ")[1:3])


def _shown(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, Mapping | list):
        return PRESENT if value else OTHER
    return str(value)


def _keyed(path: str, *lists: list[Any]) -> list[dict[str, Any]] | None:
    """Lists as mappings where their items have names: objects, conditions, managers."""
    items = [item for each in lists for item in each]
    if path.endswith("managedFields"):
        return [{"/".join(filter(None, entry[:3])): entry[3] for entry in each} for each in lists]
    if not all(isinstance(item, Mapping) and ("metadata" in item or "type" in item) for item in items):
        return None
    return [{_name(item): item for item in each} for each in lists]


def _name(item: Mapping[str, Any]) -> str:
    if "metadata" in item:
        metadata = item["metadata"]
        return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    return str(item["type"])
