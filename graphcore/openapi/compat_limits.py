"""Changes of numeric limits: a tighter one breaks, a wider one does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcore.openapi.compat_model import Recorder

# Member, kro's word for it, whether it bounds from below.
_LIMITS = (
    ("minimum", "Minimum", True),
    ("maximum", "Maximum", False),
    ("minLength", "MinLength", True),
    ("maxLength", "MaxLength", False),
    ("minItems", "MinItems", True),
    ("maxItems", "MaxItems", False),
)


def limit_changes(old: Mapping[str, Any], new: Mapping[str, Any], path: str, lenient: bool, found: Recorder) -> None:
    """Compare the six limits that kro judges. lenient: nothing breaks."""
    for member, word, lower in _LIMITS:
        before, after = old.get(member), new.get(member)
        code = word.lower()
        if before == after:
            continue
        if after is None:
            found.compatible(f"{code}-removed", path, f"{word} constraint {_number(before)} was removed")
        elif before is None:
            remedy = "leave the limit out, or check it in a rule that knows the old values"
            found.judged(not lenient, f"{code}-added", path, f"{word} constraint {_number(after)} was added", remedy)
        else:
            direction = "increased" if after > before else "decreased"
            words = f"{word} was {direction} from {_number(before)} to {_number(after)}"
            tighter = (after > before) is lower
            found.judged(tighter and not lenient, f"{code}-{direction}", path, words, "keep the old limit or a wider one")


def _number(value: float | int | None) -> str:
    """Without exponent, and without fraction where there is none."""
    if value is None or isinstance(value, int):
        return str(value)
    return str(int(value)) if value.is_integer() else format(value, "f").rstrip("0")
