"""Where the expressions of a template string are: ``${`` to its matching ``}``.

Braces inside string literals do not count. kro knows double quotes only, and so takes ``${'}'}`` apart in the wrong place and silently
keeps ``${"abc}`` as text; here every form of CEL literal is known (single quotes, three quotes, raw, with escapes), and an expression that
has a closing brace but also a string literal that does not end is a fault. What kro takes and CEL can parse keeps its meaning: ``${abc``
is text, ``$${x}`` a dollar sign and an expression, and a brace in a comment counts (``${a // b}`` is an expression).

Source: docs/explanation/cel.md (expressions in text); kro ``pkg/graph/parser/cel.go``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# What can change the depth, or hide something that could.
_STEP = re.compile(
    r"""[bB]?[rR]?(?P<quote>\"{3}|'{3}|"|')|(?P<comment>//)|(?P<nested>\$\{)|(?P<open>\{)|(?P<close>\})|[A-Za-z_][A-Za-z0-9_]*+"""
)


class ScanError(ValueError):
    """A template that cannot be taken apart. offset: of the expression's ``${``, in code points."""

    def __init__(self, message: str, offset: int) -> None:
        self.message = message
        self.offset = offset
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a template: literal text, or the source of an expression (what is between the braces).

    offset: where ``text`` starts, in code points.
    """

    text: str
    expression: bool
    offset: int


def scan(text: str) -> tuple[Segment, ...]:
    """Takes a template apart; text without expressions is one segment (none when empty).

    Raises ScanError for an expression inside an expression and for a string literal that does not end.
    """
    segments: list[Segment] = []
    plain = at = 0
    while (start := text.find("${", at)) >= 0:
        end = _end(text, start)
        if end is None:
            at = start + 2
            continue
        if plain < start:
            segments.append(Segment(text[plain:start], False, plain))
        segments.append(Segment(text[start + 2 : end], True, start + 2))
        plain = at = end + 1
    if plain < len(text):
        segments.append(Segment(text[plain:], False, plain))
    return tuple(segments)


def _end(text: str, start: int) -> int | None:
    """Offset of the brace that closes the expression at ``start``; None when nothing closes it."""
    depth, at, comment_end = 1, start + 2, 0
    while (step := _STEP.search(text, at)) is not None:
        at = step.end()
        match step.lastgroup:
            case "open":
                depth += 1
            case "close":
                depth -= 1
                if depth == 0:
                    return step.start()
            case "nested":
                raise ScanError("nested expressions are not allowed unless inside string literals", start)
            case "comment":
                line_end = text.find("\n", at)
                comment_end = len(text) if line_end < 0 else line_end
            case "quote" if step.start() < comment_end:
                # Only what kro takes for a string can hide a brace in a comment.
                close = text.find('"', at, comment_end) if step["quote"] == '"' else -1
                at = close + 1 if close >= 0 else at
            case "quote":
                after = _after_literal(text, step)
                if after is None:
                    if "}" not in text[at:]:
                        return None
                    raise ScanError("string literal is not closed", start)
                at = after
            case _:
                pass
    return None


def _after_literal(text: str, opening: re.Match[str]) -> int | None:
    """Offset behind the literal whose opening quote was matched; None when it does not end."""
    quote = opening["quote"]
    raw = "r" in opening.group().lower()
    at = opening.end()
    while True:
        end = text.find(quote, at)
        if end < 0:
            # Three quotes that nothing closes are an empty literal and the beginning of another.
            return opening.end() - 1 if len(quote) == 3 else None
        if raw:
            return end + len(quote)
        escape = text.find("\\", at, end)
        if escape < 0:
            return end + len(quote)
        at = escape + 2


def is_standalone(text: str) -> bool:
    """True when the text is exactly one expression, without even a blank around it. Raises ScanError as :func:`scan`."""
    segments = scan(text)
    return len(segments) == 1 and segments[0].expression


def has_expression(text: str) -> bool:
    """True when the text contains an expression. Raises ScanError as :func:`scan`."""
    return "${" in text and any(segment.expression for segment in scan(text))


def to_expression(text: str) -> str:
    """The CEL source a template stands for: the expression itself, or literals and ``(expression)`` joined with ``+``.

    Raises ScanError as :func:`scan`; ValueError when the text contains no expression.
    """
    found = read_template(text)
    if found is None:
        raise ValueError("no expression")
    return found[0]


def read_template(text: str) -> tuple[str, bool] | None:
    """:func:`to_expression` and :func:`is_standalone` at once; None when there is no expression. Raises ScanError as :func:`scan`."""
    if "${" not in text:
        return None
    segments = scan(text)
    if len(segments) == 1 and segments[0].expression:
        return segments[0].text, True
    if not any(segment.expression for segment in segments):
        return None
    return _JOINT.join(_part(segment) for segment in segments), False


_JOINT = " + "


def _part(segment: Segment) -> str:
    return f"({segment.text})" if segment.expression else quote(segment.text)


def place_in_template(text: str, offset: int) -> int:
    """Where in a template a place of its :func:`to_expression` is, both in code points.

    What lies between the expressions (they are joined with ``+``) is at the expression that follows. Raises ScanError as :func:`scan`.
    """
    segments = scan(text)
    if len(segments) == 1:
        return segments[0].offset + offset
    start, found = 0, 0
    for segment in segments:
        end = start + len(_part(segment))
        if segment.expression:
            found = segment.offset + min(max(offset - start - 1, 0), len(segment.text))
            if offset < end:
                break
        start = end + len(_JOINT)
    return found


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """A CEL string literal with that value; control characters are escaped."""
    return '"' + "".join(_ESCAPES.get(char) or (char if char.isprintable() else _escape(ord(char))) for char in text) + '"'


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
