"""Label selectors as text: the API's own syntax, written from ``matchLabels`` and ``matchExpressions`` and matched against labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SET = re.compile(r"(\S+) (in|notin) \(([^)]*)\)")
_REQUIREMENT = re.compile(r"[^,(]*(?:\([^)]*\))?")


class SelectorError(Exception):
    """A selector that means nothing; the text says why without values."""


def to_text(selector: Mapping[str, Any]) -> str:
    """Selector text of a LabelSelector object; "" selects everything. Raises SelectorError."""
    requirements = [f"{key}={_text(value)}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    requirements += [_expression(item) for item in selector.get("matchExpressions") or ()]
    return ",".join(requirements)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise SelectorError("a label value in a selector must be a string")
    return value


def _expression(item: Any) -> str:
    if not isinstance(item, Mapping) or not isinstance(item.get("key"), str):
        raise SelectorError("matchExpressions entries need a key")
    key, operator = item["key"], item.get("operator")
    values = [_text(value) for value in item.get("values") or ()]
    if operator in ("In", "NotIn"):
        if not values:
            raise SelectorError(f"operator {operator} needs values")
        return f"{key} {operator.lower()} ({','.join(sorted(values))})"
    if operator in ("Exists", "DoesNotExist"):
        if values:
            raise SelectorError(f"operator {operator} takes no values")
        return key if operator == "Exists" else f"!{key}"
    raise SelectorError(f"{operator!r} is not a valid label selector operator")


def matches(selector: str, held: Mapping[str, str]) -> bool:
    """Whether labels satisfy selector text as :func:`to_text` writes it."""
    return all(_satisfied(part.strip(), held) for part in _REQUIREMENT.findall(selector) if part.strip())


def _satisfied(requirement: str, held: Mapping[str, str]) -> bool:
    found = _SET.fullmatch(requirement)
    if found:
        key, operator, values = found.groups()
        return (held.get(key) in values.split(",")) == (operator == "in") if key in held else operator == "notin"
    if requirement.startswith("!"):
        return requirement[1:] not in held
    key, equals, value = requirement.partition("=")
    return held.get(key) == value if equals else key in held
