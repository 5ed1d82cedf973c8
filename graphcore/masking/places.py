"""What stands where in a refusal: names of objects, paths of fields, and the values that the API server repeats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from graphcore.masking.search import Span
from graphcore.masking.values import HARMLESS, Values
from graphcore.masking.vocabulary import ECHO, FAULT_OF_PATH, FIELD, NAMED, TYPES

_NAME: Final = re.compile(r"(?<![\w.-])\w[\w.-]*(?:/\w[\w.-]*)?")
_KEY: Final = r"\[[^\[\]\n\"]{0,200}(?:\"[^\"\n]{0,200}\"[^\[\]\n\"]{0,200}){0,8}\]"
_PATH: Final = re.compile(rf"(?<![\w\"'`/.@:-])\.?[A-Za-z_$][\w$-]*(?:\.[\w$/-]+|{_KEY})*(?![\w\"'`/@-])")
_ROOTS: Final = frozenset(
    {"metadata", "spec", "status", "data", "stringData", "binaryData", "type", "rules", "subjects", "roleRef", "subsets"}
)
_SEGMENT: Final = re.compile(r"\.?([\w$/-]+)|\[([^\]]*)\]")
_LITERAL: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`|'((?:[^'\\]|\\.)*)'")
_TOKEN: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`|[\[\](){}]|[-+]?\d[\w.+-]*|[A-Za-z_*][\w.*]*|\n|.", re.DOTALL)
_DIFF: Final = re.compile(r"\n(?:\s+\S*\w\.\w+\{|@@ -\d)")
_OPEN: Final = "[({"
_CLOSE: Final = "])}"


def names_in(text: str, values: Values) -> Iterator[Span]:
    """Where the text calls an object by its name."""
    for match in _NAME.finditer(text):
        called = match.group().rstrip(".-")
        if called in values.names or all(part in values.names for part in called.split("/")):
            yield match.start(), match.start() + len(called)
    for match in _LITERAL.finditer(text):
        if match.lastindex and match[match.lastindex] in values.names:
            yield match.span(match.lastindex)
    for match in NAMED.finditer(text):
        yield match.span(1)


def paths_in(text: str, values: Values) -> Iterator[Span]:
    """Where the text says which field it speaks of."""
    for match in _PATH.finditer(text):
        steps = [step[1] if step[1] is not None else step[2].strip("\"'") for step in _SEGMENT.finditer(match.group())]
        if FAULT_OF_PATH.match(text, match.end()):
            leads = steps[0] in _ROOTS or steps[0] in values.roots
        else:
            leads = len(steps) > 1 and steps[0] in values.roots and all(_is_step(step, values) for step in steps[1:])
        if leads:
            yield match.span()
    for match in FIELD.finditer(text):
        yield match.span(1)


def _is_step(step: str, values: Values) -> bool:
    return step in values.keys or step.isdecimal() or step == "*"


def echoes(text: str) -> Iterator[Span]:
    """The values that the API server repeats, wherever it took them from: quoted texts and numbers of four digits and more, never keys."""
    at = 0
    while (match := ECHO.search(text, at)) is not None:
        at = _end_of_value(text, match.end())
        yield from _values_in(text, match.end(), at)
    diff = _DIFF.search(text)
    if diff is not None:
        yield from _values_in(text, diff.start(), len(text))


def _end_of_value(text: str, start: int) -> int:
    """Where a quoted text, a JSON value, a Go value or a number ends."""
    depth, first = 0, True
    for token in _TOKEN.finditer(text, start):
        word = token.group()
        if word in _OPEN:
            depth += 1
        elif word in _CLOSE:
            depth -= 1
            if depth < 0:
                return token.start()
        elif depth == 0 and not first and word in ":,;\n ":
            return token.start()
        if depth == 0 and not first and word in _CLOSE:
            return token.end()
        if depth == 0 and first and word[0] in '"`':
            return token.end()
        first = False
    return len(text)


def _values_in(text: str, start: int, end: int) -> Iterator[Span]:
    for token in _TOKEN.finditer(text, start, end):
        word = token.group()
        if word[0] in '"`' and len(word) > 1:
            content = word[1:-1]
            alone = token.start() == start
            if content in HARMLESS or (alone and content in TYPES) or (not alone and text.startswith(":", token.end())):
                continue
            yield token.start() + 1, token.end() - 1
        elif (word[0].isdigit() or word[0] in "+-") and len(word) >= 4:
            yield token.span()
