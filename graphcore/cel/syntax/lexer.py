"""Text to tokens: one compiled pattern, longest alternatives first, so that a token costs one match.

Source: cel-go ``parser/gen/CEL.g4`` (lexer rules). Positions are code points. What no rule matches is reported as cel-go's generated lexer
reports it, text included, and skipped, so that the parser can still say what it misses.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from graphcore.cel.errors import Issue

_ESCAPE = r"""\\(?:[abfnrtv"'\\?`]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
_STRING = "|".join(
    [
        rf'"""(?:[^\\]|{_ESCAPE})*?"""',
        rf"'''(?:[^\\]|{_ESCAPE})*?'''",
        rf'"(?:[^\\"\n\r]++|{_ESCAPE})*+"',
        rf"'(?:[^\\'\n\r]++|{_ESCAPE})*+'",
        r'[rR]"""[\s\S]*?"""',
        r"[rR]'''[\s\S]*?'''",
        r'[rR]"[^"\n\r]*+"',
        r"[rR]'[^'\n\r]*+'",
    ]
)
_PARTIAL_ESCAPE = r"(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?"
# As far as a text could still have become a token, and the character that spoiled it.
_SPOILED = "|".join(
    [
        rf'"(?:[^\\"\n\r]++|{_ESCAPE})*+{_PARTIAL_ESCAPE}[\s\S]?',
        rf"'(?:[^\\'\n\r]++|{_ESCAPE})*+{_PARTIAL_ESCAPE}[\s\S]?",
        r"`[A-Za-z0-9_.\-/ ]*+[\s\S]?",
        r"[&|=][\s\S]?",
        r"[\s\S]",
    ]
)
_TOKEN = re.compile(
    "|".join(
        [
            r"(?P<SPACE>[\t \r\n\f]++|//[^\n]*+)",
            rf"(?P<BYTES>[bB](?:{_STRING}))",
            rf"(?P<STRING>{_STRING})",
            r"(?P<IDENTIFIER>[A-Za-z_][A-Za-z0-9_]*+)",
            r"(?P<NUM_FLOAT>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)",
            r"(?P<NUM_UINT>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])",
            r"(?P<NUM_INT>0x[0-9a-fA-F]+|[0-9]+)",
            r"(?P<OPERATOR>==|!=|<=|>=|&&|\|\||[\[\]{}().,\-!?:+*/%<>])",
            r"(?P<ESC_IDENTIFIER>`[A-Za-z0-9_.\-/ ]+`)",
            rf"(?P<ERROR>{_SPOILED})",
        ]
    )
)
_WORDS = frozenset({"true", "false", "null", "in"})
END = "<EOF>"


class Tokens(NamedTuple):
    """Parallel lists; the last token is END. A kind is the text itself for operators and for ``true false null in``."""

    kinds: list[str]
    texts: list[str]
    offsets: list[int]


def tokenize(source: str) -> tuple[Tokens, list[tuple[int, str]]]:
    """All tokens, and what could not be read as (offset, text)."""
    kinds: list[str] = []
    texts: list[str] = []
    offsets: list[int] = []
    unread: list[tuple[int, str]] = []
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or ""
        if kind == "SPACE":
            continue
        text = match.group()
        if kind == "ERROR":
            unread.append((match.start(), text))
            continue
        if kind == "OPERATOR" or text in _WORDS:
            kind = text
        kinds.append(kind)
        texts.append(text)
        offsets.append(match.start())
    kinds.append(END)
    texts.append(END)
    offsets.append(len(source))
    return Tokens(kinds, texts, offsets), unread


def display(text: str) -> str:
    """A token's text as it stands in a message."""
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def position(source: str, offset: int) -> tuple[int, int]:
    """(line from 1, column from 0) of an offset in code points."""
    line_start = source.rfind("\n", 0, offset) + 1
    return source.count("\n", 0, line_start) + 1, offset - line_start


def offset_of(source: str, line: int, column: int) -> int:
    """The reverse of :func:`position`."""
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
    return start + column


def issue_at(source: str, offset: int, message: str, hint: str | None = None) -> Issue:
    """A fault at an offset."""
    line, column = position(source, offset)
    return Issue(message, line, column, hint)
