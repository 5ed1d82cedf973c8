"""Changes of validation rules. A rule that compares with the old value judges changes only: no stored object can break it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphcore.cel import CelError, compile_unchecked
from graphcore.openapi.compat_model import Place, Recorder, same, shown

RULES: Final = "x-kubernetes-validations"
_IMMUTABLE = "self == oldSelf"
_REMEDY = "leave the rule out, or let it judge changes only: self == oldSelf || (…)"


def rule_changes(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], place: Place, found: Recorder) -> None:
    """Rules by their text, in order; other members of a rule only say how a fault is told."""
    before, after = {_text(rule): rule for rule in old}, {_text(rule): rule for rule in new}
    for text, rule in after.items():
        if text in before:
            if not same(before[text], rule):
                words = f"Validation rules changed from {shown(before[text])} to {shown(rule)}"
                found.compatible(f"{RULES}-changed", place.path, words)
        elif text == _IMMUTABLE:
            found.caution("immutable-added", place.path, "Field became immutable", "instances keep the value that they have now")
        elif _judges_changes(rule):
            words = f"Validation rule {shown(text)} was added, which compares with the old value"
            found.caution("transition-rule-added", place.path, words, "changes that it forbids are refused from now on")
        else:
            found.judged(not place.status, "rule-added", place.path, f"Validation rule {shown(text)} was added", _REMEDY)
    for text in before:
        if text not in after:
            found.compatible("rule-removed", place.path, f"Validation rule {shown(text)} was removed")


def _text(rule: Mapping[str, Any]) -> str:
    return str(rule.get("rule", "")).strip()


def _judges_changes(rule: Mapping[str, Any]) -> bool:
    """Whether the API server leaves the rule out where there is no old value, and so for what is stored as it is."""
    try:
        return "oldSelf" in compile_unchecked(_text(rule)).references and not rule.get("optionalOldSelf")
    except CelError:
        return False
