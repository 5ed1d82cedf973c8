"""Labels and label selectors inside specs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local_emulator.core.status import Cause
from local_emulator.objects.metadata import validate
from local_emulator.objects.model.wording import forbidden, invalid, required

Struct = dict[str, Any]


def check_labels(labels: Struct | None, where: str) -> Iterator[Cause]:
    """Keys and values of labels, or of a map that selects by them."""
    for cause in validate(None, {"labels": labels or {}}):
        yield Cause(where, cause.message, cause.reason)


def check_selector(selector: Struct, where: str) -> Iterator[Cause]:
    """What is wrong with a LabelSelector."""
    yield from check_labels(selector.get("matchLabels"), f"{where}.matchLabels")
    for index, expression in enumerate(selector.get("matchExpressions", ())):
        place, operator, values = f"{where}.matchExpressions[{index}]", expression.get("operator", ""), expression.get("values")
        if operator in ("In", "NotIn"):
            if not values:
                yield required(f"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                yield forbidden(f"{place}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        else:
            yield invalid(f"{place}.operator", operator, "not a valid selector operator")
