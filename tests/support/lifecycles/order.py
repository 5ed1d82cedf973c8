"""How kro lists conditions: by transition time, of equal times in the order in which they were last set, the root last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.lifecycles.form import State

SET_IN_THIS_ORDER = (
    ("InstanceManaged", "GraphResolved", "ResourcesReady"),
    ("GraphAccepted", "GraphRevisionsResolved", "KindReady", "ControllerReady"),
)
"""What one reconciliation of an instance, and of a definition, sets when everything goes well."""


def disorder(snapshot: str, states: Mapping[str, State]) -> list[str]:
    """What stands elsewhere than kro would have it, a line each. Authors' conditions stand as the author lists them."""
    found = []
    for state in states.values():
        for item in state if isinstance(state, list) else [state] if state else []:
            status = item.get("status") or {}
            # A revision that was deleted and issued again is set after what did not change.
            at_once = status.get("lastIssuedRevision", 1) <= item["metadata"].get("generation", 1)
            faults = _faults(status.get("conditions") or (), at_once=at_once)
            found += [f"{snapshot}: {item['kind']} {item['metadata']['name']}: {fault}" for fault in faults]
    return found


def _faults(conditions: Any, *, at_once: bool) -> Iterator[str]:
    types = [condition["type"] for condition in conditions]
    built_in = next((order for order in SET_IN_THIS_ORDER if {*order, "Ready"} == {*types}), None)
    if built_in is None:
        return
    if types[-1] != "Ready":
        yield f"Ready is not the last of {types}"
    times = [condition.get("lastTransitionTime") or "" for condition in conditions[:-1]]
    if times != sorted(times):
        yield f"{types} are not in order of time: {times}"
    together = at_once and len(set(times)) == 1 and all(condition["status"] == "True" for condition in conditions)
    if together and tuple(types[:-1]) != built_in:
        yield f"{types} are not in the order in which they were set"
