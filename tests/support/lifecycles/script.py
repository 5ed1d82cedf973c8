"""Scenarios as data, and the few words their steps are written in.

A scenario owns a namespace, a definition and a kind, all derived from its name; ``@ns``, ``@rgd``, ``@Kind`` and ``@kind`` in its strings stand
for them. A target is written ``APIVERSION KIND [NAMESPACE/]NAME`` or, for a list, ``APIVERSION KIND [NAMESPACE/]* [LABEL-SELECTOR]``.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "data" / "lifecycles"
EVERYWHERE = "-"
"""Stands for all namespaces in a target."""


@dataclass(frozen=True)
class Script:
    """One scenario with its names filled in. view: targets that are followed. needs: settings that the functions must run with."""

    name: str
    about: str
    needs: tuple[str, ...]
    names: Mapping[str, str]
    namespaces: tuple[str, ...]
    view: tuple[str, ...]
    steps: tuple[Mapping[str, Any], ...]
    masks: tuple[tuple[str, str], ...]
    snapshots: Mapping[str, Mapping[str, Any]]
    refusals: tuple[Mapping[str, Any], ...]
    timeouts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Target:
    """name: None for a list. namespace: "" for all of them."""

    text: str
    api_version: str
    kind: str
    namespace: str
    name: str | None
    selector: str


def target(text: str, own_namespace: str) -> Target:
    """Reads a target. Raises ValueError."""
    words = text.split(" ")
    if not 3 <= len(words) <= 4:
        raise ValueError(f"not a target: {text!r}")
    api_version, kind, place, selector = [*words, ""][:4]
    namespace, _, name = place.rpartition("/")
    chosen = "" if namespace == EVERYWHERE else namespace or own_namespace
    return Target(text, api_version, kind, chosen, None if name == "*" else name, selector)


def own_names(scenario: str) -> dict[str, str]:
    """What the placeholders of a scenario stand for."""
    words = [word.capitalize() for word in scenario.split("-")]
    kind = f"Lc{''.join(words)}App"
    return {"@ns": f"lc-{scenario}", "@rgd": f"lc-{scenario}", "@Kind": kind, "@kind": kind.lower()}


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """``value`` with the placeholders of its strings and keys replaced."""
    if isinstance(value, Mapping):
        return {filled(key, names): filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, names) for item in value]
    return re.sub(r"@(?:ns|rgd|Kind|kind)", lambda found: names[found[0]], value) if isinstance(value, str) else value


@cache
def scripts() -> Mapping[str, Script]:
    """All recorded scenarios by name."""
    lines = gzip.decompress((DATA / "kro.jsonl.gz").read_bytes()).decode().splitlines()
    return {script.name: script for script in map(_script, map(json.loads, lines))}


def _script(row: Mapping[str, Any]) -> Script:
    names = own_names(row["scenario"])
    steps = filled(row["steps"], names)
    shown = [text for step in steps if step["do"] == "snapshot" for text in step.get("of") or ()]
    return Script(
        name=row["scenario"],
        about=row["about"],
        needs=tuple(row["needs"]),
        names=names,
        namespaces=(names["@ns"], *filled(row.get("namespaces", []), names)),
        view=tuple(dict.fromkeys([*filled(row["view"], names), *shown])),
        steps=tuple({**step, "of": filled(row["view"], names)} if step.get("of") == [] else step for step in steps),
        masks=tuple((pattern, text) for pattern, text in row.get("masks", ())),
        snapshots=row["snapshots"],
        refusals=tuple(row["refusals"]),
        timeouts=tuple(row["timeouts"]),
    )
