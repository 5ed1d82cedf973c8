"""Did you mean: the known name that a misspelt one probably stands for, by one measure wherever names are compared."""

from __future__ import annotations

from collections.abc import Iterable

_MAX_EDITS = 3
_MAX_LENGTH = 100
_SHORT_FORM = 4


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``word`` was meant to be, or None.

    Case and separators (``-``, ``_``) do not count, and two neighbours that changed places are one edit. At most a third of the longer word
    may be wrong, three letters at most, one always; failing that, a word of four letters or more may be the beginning of exactly one
    candidate, or begin with it. The fewest edits win, then the first in order.
    """
    if not word or len(word) > _MAX_LENGTH:
        return None
    plain = _plain(word)
    best: tuple[int, str] | None = None
    extended: dict[str, None] = {}
    for candidate in candidates:
        other = _plain(candidate)
        if len(plain) >= _SHORT_FORM <= len(other) and (other.startswith(plain) or plain.startswith(other)):
            extended[candidate] = None
        limit = max(1, min(_MAX_EDITS, max(len(plain), len(other)) // 3))
        if abs(len(other) - len(plain)) > limit or len(candidate) > _MAX_LENGTH:
            continue
        distance = _edits(plain, other)
        if distance <= limit and distance < len(plain) and (best is None or distance < best[0]):
            best = (distance, candidate)
    if best is not None:
        return best[1]
    return next(iter(extended)) if len(extended) == 1 else None


def did_you_mean(word: str, candidates: Iterable[str], otherwise: str | None = None, *, shown: str = "{}") -> str | None:
    """The hint ``did you mean X?`` when a candidate is close, else ``otherwise``. shown: how X is written, such as ``{}()``."""
    near = closest(word, candidates)
    return f"did you mean {shown.format(near)}?" if near is not None else otherwise


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")


def _edits(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that make ``b`` of ``a``; no letter is touched twice."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        current = [i]
        for j, right in enumerate(b, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, row = row, current
    return row[-1]
