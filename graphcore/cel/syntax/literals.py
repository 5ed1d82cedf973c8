"""The value of a literal token.

Source: cel-spec ``doc/langdef.md`` (string and bytes values), cel-go ``parser/unescape.go`` (which escapes, which message).
"""

from __future__ import annotations

import re

_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?"}
_ESCAPE = re.compile(r"\\(?:([xX])([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1


def string_value(token: str) -> str:
    """Content of a string token. Raises ValueError with cel-go's message for a code point that does not exist."""
    body, raw = _body(token)
    if raw or "\\" not in body:
        return body
    return _ESCAPE.sub(_code_point, body)


def bytes_value(token: str) -> bytes:
    """Content of a bytes token: text as UTF-8; ``\\x`` and octal escapes are bytes. Raises ValueError for ``\\u`` and ``\\U``."""
    body, raw = _body(token[1:])
    if raw or "\\" not in body:
        return body.encode("utf-8", "surrogatepass")
    parts: list[bytes] = []
    end = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[end : match.start()].encode("utf-8", "surrogatepass"))
        end = match.end()
        _, pair, short, long, octal, simple = match.groups()
        if short or long:
            raise ValueError("unable to unescape string")
        if pair or octal:
            parts.append(bytes((int(pair, 16) if pair else int(octal, 8),)))
        else:
            parts.append(_SIMPLE[simple].encode())
    parts.append(body[end:].encode("utf-8", "surrogatepass"))
    return b"".join(parts)


def int_value(text: str) -> int:
    """Value of an int token with its sign. Raises ValueError when it does not fit 64 bits."""
    value = int(text, 16) if "x" in text else _decimal(text)
    if not INT_MIN <= value <= INT_MAX:
        raise ValueError("invalid int literal")
    return value


def uint_value(text: str) -> int:
    """Value of a uint token, ``u`` included. Raises ValueError when it does not fit 64 bits."""
    digits = text[:-1]
    value = int(digits, 16) if "x" in digits else _decimal(digits)
    if value > UINT_MAX:
        raise ValueError("invalid uint literal")
    return value


def double_value(text: str) -> float:
    """Value of a float token with its sign. Raises ValueError when it is out of range."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("invalid double literal")
    return value


def _decimal(text: str) -> int:
    # Longer digit strings cannot fit, and Python refuses to convert very long ones.
    return int(text) if len(text.lstrip("-0")) <= 20 else 2**70


def _body(token: str) -> tuple[str, bool]:
    if "\r" in token:
        token = token.replace("\r\n", "\n").replace("\r", "\n")
    raw = token[0] in "rR"
    if raw:
        token = token[1:]
    if len(token) >= 6 and token.startswith(('"""', "'''")):
        return token[3:-3], raw
    return token[1:-1], raw


def _code_point(match: re.Match[str]) -> str:
    _, pair, short, long, octal, simple = match.groups()
    if simple:
        return _SIMPLE[simple]
    value = int(octal, 8) if octal else int(pair or short or long, 16)
    if value > 0x10FFFF or 0xD800 <= value <= 0xDFFF:
        raise ValueError("invalid unicode code point")
    return chr(value)
