"""Takes the values of objects out of a text that somebody else wrote about them.

What stays: the names of the objects, field paths, the rule that is broken, the sentence around it, truth values and null, and values of
fewer than four characters outside quotes. A value of a Secret goes wherever it stands, short or equal to a name. Besides what is found
because it equals a value, everything that the API server itself marks as a repeated value goes: it may have been converted or defaulted.

The work is bounded by the size of text and objects together; what is larger than that is withheld as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from graphcore.masking.layers import layers_of
from graphcore.masking.places import echoes, names_in, paths_in
from graphcore.masking.search import Sought, Span, shown
from graphcore.masking.values import Budget, TooLargeError, Values, values_of
from graphcore.masking.vocabulary import FRAME

Object: TypeAlias = Mapping[str, Any]
MASK: Final = "<redacted>"
WITHHELD: Final = "the API server's words are withheld: too much to look for the values of objects in them"
MAX_TEXT: Final = 64 * 1024
"""Characters of a text that are kept."""


def mask(text: str, objects: Iterable[Object], secrets: Iterable[Object] = (), budget: Budget | None = None) -> str:
    """``text`` without the values of ``objects``, which are as decoded JSON.

    secrets: further objects of which only Secrets' data counts. budget: is charged; where it is used up, the text is withheld.
    """
    if not text:
        return text
    try:
        values, others = values_of(objects), values_of(secrets)
    except TooLargeError:
        return WITHHELD
    if budget is not None:
        budget.left -= values.size + others.size + len(text)
        if budget.left < 0:
            return WITHHELD
    values.secret |= others.secret
    values.ordinary -= values.secret
    cut = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    return _without(cut, _masked(cut, values))


def _masked(text: str, values: Values) -> list[Span]:
    ordinary, secret = Sought.of(values.ordinary, secret=False), Sought.of(values.secret, secret=True)
    layers = list(layers_of(text)) if ordinary or secret else []
    frames = [match.span() for match in FRAME.finditer(text)] + list(paths_in(text, values))
    named = list(names_in(text, values))
    found = [span for layer in layers for span in shown(layer, ordinary)] if ordinary else []
    hidden = _outside(_joined([*found, *echoes(text)]), _joined([*frames, *named]))
    if secret:
        hidden += _outside(_joined(span for layer in layers for span in shown(layer, secret)), _joined(frames))
    return _joined(hidden)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """In order, those that touch being one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _outside(spans: Sequence[Span], kept: Sequence[Span]) -> list[Span]:
    """Those that are not wholly within a part that is kept; both in order."""
    left, at = [], 0
    for start, end in spans:
        while at < len(kept) and kept[at][1] < end:
            at += 1
        if not (at < len(kept) and kept[at][0] <= start and end <= kept[at][1]):
            left.append((start, end))
    return left


def _without(text: str, spans: Iterable[Span]) -> str:
    return _AGAIN.sub(MASK, "".join(_pieces(text, spans)))


_AGAIN: Final = re.compile(rf"{re.escape(MASK)}(?:\s*{re.escape(MASK)})+")


def _pieces(text: str, spans: Iterable[Span]) -> Iterator[str]:
    last = 0
    for start, end in spans:
        yield text[last:start]
        yield MASK
        last = end
    yield text[last:]
