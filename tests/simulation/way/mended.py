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
    # Each list after a break had everybody look who had looked lately, and the look counted as one.
    "looks that feed on watches which break as soon as they are opened": Plan(
        454,
        "merging",
        ("app", "user"),
        (
            Step(0.0, "flapping", {"where": 0.0743, "seconds": 20.0, "moments": [3.506, 9.227, 14.541, 16.287, 18.551, 19.658]}),
            Step(25.810, "flapping", {"where": 0.7578, "seconds": 20.0, "moments": [1.344, 9.078, 11.643, 12.229, 13.705, 19.07]}),
        ),
    ),
}
