"""Losses that the simulation found, as the shortest schedules that showed them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.simulation.way.plan import Plan, Step

MENDED: Mapping[str, Plan] = {
    # Repaired by a run and deleted again between two lists of its kind, the child was never known to the bridge.
    "a child that came and went while its watch was away": Plan(
        85,
        "labels",
        ("app", "maker"),
        (
            Step(21.810, "away", {"about": "references", "seconds": 4.084}),
            Step(23.865, "labelled_deleted", {"where": 0.4535, "which": "owned", "how": 7, "after": 0.1}),
        ),
    ),
}
