"""Regular expressions of ``pattern`` markers: RE2, as in Go, with Go's words for what is wrong."""

from __future__ import annotations

import re
from functools import lru_cache

import re2

# google/re2 names the same faults with other words than Go's regexp/syntax.
_GO_WORDS = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid named capture group": "invalid named capture",
}

# Outside \Q…\E. google/re2 matches a single byte with it, which Go does not have.
_SINGLE_BYTE = re.compile(r"(?:[^\\]|\\Q(?:(?!\\E).)*(?:\\E|\Z)|\\[^QC])*\\C", re.DOTALL)


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


@lru_cache(maxsize=512)
def pattern_fault(pattern: str) -> str | None:
    """Why ``pattern`` is no RE2 expression, in Go's words, or None."""
    if _SINGLE_BYTE.match(pattern):
        return "error parsing regexp: invalid escape sequence: `\\C`"
    try:
        re2.compile(pattern, _options())
    except re2.error as error:
        text = str(error.args[0]) if error.args else ""
        if isinstance(error.args[0] if error.args else None, bytes):
            text = error.args[0].decode()
        reason, _, rest = text.partition(": ")
        words = f"error parsing regexp: {_GO_WORDS.get(reason, reason)}"
        return f"{words}: `{rest}`" if rest else words
    return None
