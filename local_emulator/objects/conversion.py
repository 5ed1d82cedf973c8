"""Built-in kinds whose versions differ in shape: how one stored form is shown and written in each.

Events are stored as core ``v1`` and autoscalers as ``autoscaling/v2``. Every other kind with several versions (all custom ones) differs
by its apiVersion alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_emulator.core.registry import Conversion
from local_emulator.objects.autoscalers import from_v1, to_v1

Object = dict[str, Any]


_EVENT = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}


def _renamed(names: dict[str, str]) -> Callable[[Object], Object]:
    return lambda obj: {names.get(key, key): value for key, value in obj.items()}


CONVERSIONS: dict[tuple[str, str, str], Conversion] = {
    ("events.k8s.io", "v1", "Event"): Conversion(_renamed(_EVENT), _renamed({new: old for old, new in _EVENT.items()})),
    ("autoscaling", "v1", "HorizontalPodAutoscaler"): Conversion(to_v1, from_v1),
}
