"""Strings: cel-go's ``ext.Strings`` at its latest version, ``format`` apart (see :mod:`graphcore.cel.library.formatting`).

All positions count Unicode code points from 0. Source: cel-go v0.31 ``ext/strings.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.formatting import format_text
from graphcore.cel.library.support import fail, no_such_overload, utf8
from graphcore.cel.runtime.budget import require_size
from graphcore.cel.runtime.values import type_name
from graphcore.cel.types import DYN, INT, STRING, list_of

# Unicode's White_Space, which is what Go trims; Python's own notion adds the ASCII separators U+001C to U+001F.
_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_QUOTED = str.maketrans(
    {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}
)


def char_at(text: Any, index: Any) -> str:
    """The character at a position; the empty string at the position just behind the last one.

    Errors: ``index out of range`` for a negative position or one beyond the end.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str) or type(index) is not int:
        raise no_such_overload("charAt", text, index)
    if not 0 <= index <= len(text):
        raise fail("index out of range")
    return text[index : index + 1]


def index_of(text: Any, wanted: Any, *offset: Any) -> int:
    """Position of the first occurrence, at or behind an offset if one is given; -1 if there is none.

    The empty string is found at the offset, or at the end if the offset lies beyond it.
    Errors: ``index out of range`` for a negative offset.
    Source: cel-go ext.Strings.
    """
    start = offset[0] if offset else 0
    if not isinstance(text, str) or not isinstance(wanted, str) or type(start) is not int:
        raise no_such_overload("indexOf", text, wanted, *offset)
    if start < 0:
        raise fail("index out of range")
    if not wanted:
        return min(start, len(text))
    return text.find(wanted, start)


def last_index_of(text: Any, wanted: Any, *offset: Any) -> int:
    """Position of the last occurrence, at or before an offset if one is given; -1 if there is none.

    An offset at or beyond the end finds nothing, except the empty string, which is found there.
    Errors: ``index out of range`` for a negative offset.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str) or not isinstance(wanted, str) or (offset and type(offset[0]) is not int):
        raise no_such_overload("lastIndexOf", text, wanted, *offset)
    if not offset:
        return text.rfind(wanted)
    start: int = offset[0]
    if start < 0:
        raise fail("index out of range")
    if not wanted:
        return min(start, len(text))
    if start >= len(text):
        return -1
    return text.rfind(wanted, 0, start + len(wanted))


def lower_ascii(text: Any) -> str:
    """The text with ``A`` to ``Z`` in lower case; all other characters stay.

    Errors: none.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str):
        raise no_such_overload("lowerAscii", text)
    return text.translate(_LOWER)


def upper_ascii(text: Any) -> str:
    """The text with ``a`` to ``z`` in upper case; all other characters stay.

    Errors: none.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str):
        raise no_such_overload("upperAscii", text)
    return text.translate(_UPPER)


def replace(text: Any, old: Any, new: Any, *limit: Any) -> str:
    """The text with occurrences of ``old`` replaced by ``new``: all, or at most the first ``limit`` (negative: all).

    An empty ``old`` occurs before every character and at the end.
    Errors: ``budget exceeded`` if the result would be too long.
    Source: cel-go ext.Strings.
    """
    count = limit[0] if limit else -1
    if not isinstance(text, str) or not isinstance(old, str) or not isinstance(new, str) or type(count) is not int:
        raise no_such_overload("replace", text, old, new, *limit)
    occurrences = text.count(old) if count < 0 else min(count, text.count(old))
    require_size(len(text) + occurrences * (len(new) - len(old)))
    return text.replace(old, new, occurrences)


def split(text: Any, separator: Any, *limit: Any) -> list[str]:
    """The parts between separators: all, or at most ``limit`` with the rest in the last one (0: none; negative: all).

    An empty separator splits between characters.
    Errors: ``budget exceeded`` for too many parts.
    Source: cel-go ext.Strings.
    """
    count = limit[0] if limit else -1
    if not isinstance(text, str) or not isinstance(separator, str) or type(count) is not int:
        raise no_such_overload("split", text, separator, *limit)
    if count == 0:
        return []
    occurrences = len(text) if not separator else text.count(separator) + 1
    require_size(items=occurrences if count < 0 else min(occurrences, count))
    if separator:
        return text.split(separator, -1 if count < 0 else min(count, occurrences) - 1)
    if count < 0 or count >= len(text):
        return list(text)
    return [*text[: count - 1], text[count - 1 :]]


def substring(text: Any, start: Any, *end: Any) -> str:
    """The characters from a position up to the end, or up to but not including a second position.

    Errors: ``index out of range`` for a position outside the text; ``invalid substring range`` if the end lies before the start.
    Source: cel-go ext.Strings.
    """
    stop = end[0] if end else None
    if not isinstance(text, str) or type(start) is not int or (end and type(stop) is not int):
        raise no_such_overload("substring", text, start, *end)
    if stop is None:
        stop = max(len(text), start)
    if start > stop:
        raise fail("invalid substring range")
    if start < 0 or start > len(text) or stop > len(text):
        raise fail("index out of range")
    return text[start:stop]


def trim(text: Any) -> str:
    """The text without Unicode white space at either end.

    Errors: none.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str):
        raise no_such_overload("trim", text)
    return text.strip(_WHITE_SPACE)


def reverse(text: Any) -> str:
    """The characters in reverse order.

    Errors: none.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str):
        raise no_such_overload("reverse", text)
    return text[::-1]


def join(parts: Any, *separator: Any) -> str:
    """The strings of a list, one after the other, with a separator between them if one is given.

    Errors: ``join: invalid input`` naming the type of an element that is no string; ``budget exceeded`` if the result would be too long.
    Source: cel-go ext.Strings.
    """
    between = separator[0] if separator else ""
    if not isinstance(parts, list) or not isinstance(between, str):
        raise no_such_overload("join", parts, *separator)
    size = len(between) * max(len(parts) - 1, 0)
    for part in parts:
        if not isinstance(part, str):
            raise fail(f"join: invalid input: {type_name(part)}")
        size += len(part)
    require_size(size)
    return between.join(parts)


def quote(text: Any) -> str:
    """The text in double quotes, with CEL's escapes for control characters, backslashes and quotes.

    What is no valid Unicode becomes U+FFFD.
    Errors: ``budget exceeded`` if the result would be too long.
    Source: cel-go ext.Strings.
    """
    if not isinstance(text, str):
        raise no_such_overload("strings.quote", text)
    require_size(len(text))
    return f'"{utf8(text).decode().translate(_QUOTED)}"'


FUNCTIONS: tuple[Function, ...] = (
    Function("charAt", (Overload("string_char_at_int", (STRING, INT), STRING, char_at, member=True),)),
    Function(
        "indexOf",
        (
            Overload("string_index_of_string", (STRING, STRING), INT, index_of, member=True),
            Overload("string_index_of_string_int", (STRING, STRING, INT), INT, index_of, member=True),
        ),
    ),
    Function(
        "lastIndexOf",
        (
            Overload("string_last_index_of_string", (STRING, STRING), INT, last_index_of, member=True),
            Overload("string_last_index_of_string_int", (STRING, STRING, INT), INT, last_index_of, member=True),
        ),
    ),
    Function("lowerAscii", (Overload("string_lower_ascii", (STRING,), STRING, lower_ascii, member=True),)),
    Function(
        "replace",
        (
            Overload("string_replace_string_string", (STRING, STRING, STRING), STRING, replace, member=True),
            Overload("string_replace_string_string_int", (STRING, STRING, STRING, INT), STRING, replace, member=True),
        ),
    ),
    Function(
        "split",
        (
            Overload("string_split_string", (STRING, STRING), list_of(STRING), split, member=True),
            Overload("string_split_string_int", (STRING, STRING, INT), list_of(STRING), split, member=True),
        ),
    ),
    Function(
        "substring",
        (
            Overload("string_substring_int", (STRING, INT), STRING, substring, member=True),
            Overload("string_substring_int_int", (STRING, INT, INT), STRING, substring, member=True),
        ),
    ),
    Function("trim", (Overload("string_trim", (STRING,), STRING, trim, member=True),)),
    Function("upperAscii", (Overload("string_upper_ascii", (STRING,), STRING, upper_ascii, member=True),)),
    Function("format", (Overload("string_format", (STRING, list_of(DYN)), STRING, format_text, member=True),)),
    Function("strings.quote", (Overload("strings_quote", (STRING,), STRING, quote),)),
    Function(
        "join",
        (
            Overload("list_join", (list_of(STRING),), STRING, join, member=True),
            Overload("list_join_string", (list_of(STRING), STRING), STRING, join, member=True),
        ),
    ),
    Function("reverse", (Overload("string_reverse", (STRING,), STRING, reverse, member=True),)),
)
