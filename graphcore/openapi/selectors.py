"""Label selectors against labels, of which either may not be known yet.

Source: ``meta/v1.LabelSelectorAsSelector`` of k8s.io/apimachinery 0.36.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Labels = Mapping[str, Any]


def is_empty(selector: Mapping[str, Any] | None) -> bool:
    """Whether a selector has no requirement at all."""
    return not selector or not (selector.get("matchLabels") or selector.get("matchExpressions"))


def labels_match(selector: Mapping[str, Any] | None, labels: Labels, unknown: object = None) -> bool | None:
    """Whether labels satisfy a LabelSelector; an absent or empty one selects nothing here.

    unknown: the value that stands for anything, an absent label included. None where the answer depends on such values.
    """
    if is_empty(selector):
        return False
    answers = list(_answers(selector or {}, labels, unknown))
    return False if False in answers else None if None in answers else True


def _answers(selector: Mapping[str, Any], labels: Labels, unknown: object) -> Iterator[bool | None]:
    for key, value in (selector.get("matchLabels") or {}).items():
        yield _equal(labels.get(key), value, unknown)
    for expression in selector.get("matchExpressions") or ():
        yield None if expression is unknown else _holds(expression, labels, unknown)


def _equal(found: Any, wanted: Any, unknown: object) -> bool | None:
    if unknown is not None and (found is unknown or wanted is unknown):
        return None
    return bool(found == wanted)


def _holds(expression: Mapping[str, Any], labels: Labels, unknown: object) -> bool | None:
    key, values, operator = expression.get("key", ""), expression.get("values") or [], expression.get("operator", "")
    found = labels.get(key)
    if unknown is not None and (unknown in (key, operator, values, found) or (isinstance(values, list) and unknown in values)):
        return None
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "In":
        return found in values
    return key not in labels or found not in values
