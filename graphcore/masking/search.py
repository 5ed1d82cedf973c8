"""Where a layer of a text shows a value, whole or cut short.

Everything is counted in passes over the text and over the values, never in their product: values of eight characters and more are found by
the pieces of eight characters that they share with the text, shorter ones by a look into the set of all pieces of their length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from graphcore.masking.layers import Layer
from graphcore.masking.vocabulary import is_sentence

PIECE: Final = 8
"""Part of a value, in characters, that is always too much to show."""
SHORT: Final = 4
"""Shorter values are shown outside quotes, those of Secrets excepted."""
_QUOTES: Final = "\"'`“”‘’"
_CUT: Final = re.compile(r"\.{3}|…|\[truncated\]|<truncated>|\(truncated\)")
_QUOTED: Final = re.compile(r"\"([^\"\n]{1,7})\"|'([^'\n]{1,7})'|`([^`\n]{1,7})`")
_NUMBER: Final = re.compile(r"[+-]?\d[\d.e+]*\Z")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sought:
    """Values to look for, by length: below SHORT, below PIECE, the rest. secret: of Secrets."""

    secret: bool
    short: frozenset[str]
    middle: frozenset[str]
    long: frozenset[str]
    heads: dict[int, frozenset[str]] = field(default_factory=dict)
    tails: dict[int, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[str], *, secret: bool) -> Sought:
        every = sorted(values)
        short = frozenset(value for value in every if len(value) < SHORT)
        middle = frozenset(value for value in every if SHORT <= len(value) < PIECE)
        return cls(secret, short, middle, frozenset(value for value in every if len(value) >= PIECE))

    def __bool__(self) -> bool:
        return bool(self.short or self.middle or self.long)

    def beginnings(self, length: int) -> frozenset[str]:
        """What values longer than ``length`` begin with."""
        if length not in self.heads:
            self.heads[length] = frozenset(v[:length] for group in (self.middle, self.long) for v in group if len(v) > length)
        return self.heads[length]

    def endings(self, length: int) -> frozenset[str]:
        if length not in self.tails:
            self.tails[length] = frozenset(v[-length:] for group in (self.middle, self.long) for v in group if len(v) > length)
        return self.tails[length]


def shown(layer: Layer, sought: Sought) -> Iterator[Span]:
    """Where in the original the layer shows one of the values, or a part of one that is too much."""
    text = layer.text
    encoded = layer.starts is not None and text.endswith("\0")
    for start, end in (*_long(text, sought), *_middle(text, sought), *_short(text, sought, encoded), *_cut(text, sought, encoded)):
        yield layer.span(start, end)


def _long(text: str, sought: Sought) -> Iterator[Span]:
    here = {text[at : at + PIECE] for at in range(len(text) - PIECE + 1)} if sought.long else set()
    if not here:
        return
    shared: set[str] = set()
    for value in sought.long:
        shared.update(piece for at in range(len(value) - PIECE + 1) if (piece := value[at : at + PIECE]) in here)
    if not shared:
        return
    begin = end = -1
    for at in range(len(text) - PIECE + 1):
        if text[at : at + PIECE] not in shared:
            continue
        if at > end and begin >= 0:
            yield from _unless_sentence(text, begin, end, sought)
            begin = -1
        begin, end = (at if begin < 0 else begin), at + PIECE
    if begin >= 0:
        yield from _unless_sentence(text, begin, end, sought)


def _unless_sentence(text: str, start: int, end: int, sought: Sought) -> Iterator[Span]:
    """What such texts are made of is no part of a value, unless it is the value: common words, and letters that a longer word shares."""
    piece, word = text[start:end], _whole_words(text, start, end)
    shares = not sought.secret and piece.isalpha() and len(word) > len(piece) and len(piece) < 2 * PIECE
    if piece in sought.long or not (is_sentence(word) or shares):
        yield start, end


def _whole_words(text: str, start: int, end: int) -> str:
    while start > 0 and text[start - 1].isalpha():
        start -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return text[start:end]


def _middle(text: str, sought: Sought) -> Iterator[Span]:
    by_length: dict[int, list[str]] = {}
    for value in sought.middle:
        by_length.setdefault(len(value), []).append(value)
    for length, values in sorted(by_length.items()):
        wanted = frozenset(values)
        for at in range(len(text) - length + 1):
            piece = text[at : at + length]
            if piece in wanted and _by_itself(text, at, at + length, piece, secret=sought.secret):
                yield at, at + length


def _by_itself(text: str, start: int, end: int, value: str, *, secret: bool) -> bool:
    """Not a part of another word or number. A Secret's value is one anywhere but in the words that every such text has."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if _NUMBER.match(value):
        return not before.isdigit() and not after.isdigit()
    if value.isalpha() and (before.isalpha() or after.isalpha()):
        return secret and not is_sentence(_whole_words(text, start, end))
    return True


def _short(text: str, sought: Sought, encoded: bool) -> Iterator[Span]:
    if not sought.short:
        return
    for length in (1, 2, 3):
        wanted = frozenset(value for value in sought.short if len(value) == length)
        if not wanted:
            continue
        for at in range(len(text) - length + 1):
            if text[at : at + length] in wanted and _stands_out(text, at, at + length, encoded, secret=sought.secret):
                yield at, at + length


def _stands_out(text: str, start: int, end: int, encoded: bool, *, secret: bool) -> bool:
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if encoded:
        return before in ("", "\0") and after == "\0"
    if before and before in _QUOTES and after and after in _QUOTES:
        return True
    return secret and not (before.isalnum() or after.isalnum()) and any(character.isalnum() for character in text[start:end])


def _cut(text: str, sought: Sought, encoded: bool) -> Iterator[Span]:
    """Beginnings and ends of values next to a mark of omission, alone in quotes, or where the text itself ends."""
    for mark in _CUT.finditer(text):
        yield from _beside(text, mark.start(), mark.end(), sought)
    for length in range(PIECE - 1, SHORT - 1, -1):
        start = len(text) - length
        if start >= 0 and text[start:] in sought.beginnings(length) and not text[start - 1 : start].isalnum():
            if not is_sentence(text[start:]):
                yield start, len(text)
            break
    if encoded:
        yield from _cut_encoded(text, sought)
        return
    for quoted in _QUOTED.finditer(text):
        content = quoted[quoted.lastindex or 1]
        if len(content) < SHORT or is_sentence(content):
            continue
        if content in sought.beginnings(len(content)) or content in sought.endings(len(content)):
            yield quoted.start() + 1, quoted.end() - 1


def _cut_encoded(text: str, sought: Sought) -> Iterator[Span]:
    """What a part stands for is the beginning of a value, and nothing else."""
    at = 0
    for part in text.split("\0"):
        if SHORT <= len(part) < PIECE and part in sought.beginnings(len(part)):
            yield at, at + len(part)
        at += len(part) + 1


def _beside(text: str, start: int, end: int, sought: Sought) -> Iterator[Span]:
    for length in range(PIECE - 1, 0, -1):
        begin = start - length
        if begin >= 0 and text[begin:start] in sought.beginnings(length):
            quoted = begin > 0 and text[begin - 1] in _QUOTES
            if quoted or (not text[begin - 1 : begin].isalnum() and (length >= SHORT or sought.secret)):
                yield begin, start
                break
    for length in range(PIECE - 1, 0, -1):
        stop = end + length
        if stop <= len(text) and text[end:stop] in sought.endings(length):
            quoted = stop < len(text) and text[stop] in _QUOTES
            if quoted or (not text[stop : stop + 1].isalnum() and (length >= SHORT or sought.secret)):
                yield end, stop
                break
