"""The texts inside a text: what it says once its escapes are undone, and what its encoded parts stand for.

A value can be written with Go's or JSON's escapes, once or inside each other, in base64, in hexadecimal digits or as a list of bytes.
Instead of writing every value in all these ways, the text is undone, and what is found there is traced back to where it stands.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

UNDOINGS: Final = 3
"""How often escapes are undone: JSON inside a JSON text inside a quoted sentence."""

_ESCAPE: Final = re.compile(
    r"(?:\\x[89a-fA-F][0-9a-fA-F])+|\\x[0-7][0-9a-fA-F]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}"
    r"|\\U[0-9a-fA-F]{8}|\\[0-3][0-7]{2}|\\[\s\S]|(?:%[0-9a-fA-F]{2})+|&(?:amp|lt|gt|quot|apos|#[0-9]{1,6});"
)
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_HEX: Final = re.compile(r"[0-9a-fA-F]{6,}")
_HEX_BYTES: Final = re.compile(r"0x[0-9a-fA-F]{1,2}(?:,?\s+0x[0-9a-fA-F]{1,2})+")
_BYTES: Final = re.compile(r"(?<=[\[{(])\s*[0-9]{1,3}(?:[,\s]\s*[0-9]{1,3})+(?=\s*[\])}])")
_NUMBER: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Layer:
    """text: as undone. starts, ends: where in the original each of its characters stands; None means the same place."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters start to end stand in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def layers_of(text: str) -> Iterator[Layer]:
    """The text itself, and what is inside it."""
    layer: Layer | None = Layer(text)
    for _ in range(UNDOINGS + 1):
        if layer is None:
            return
        yield layer
        inner = _decoded(layer)
        if inner is not None:
            yield inner
        layer = _undone(layer)


def _undone(layer: Layer) -> Layer | None:
    """With its escapes undone; None where there are none."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    text, last = layer.text, 0

    def copy(start: int, end: int) -> None:
        out.append(text[start:end])
        starts.extend(range(start, end) if layer.starts is None else layer.starts[start:end])
        ends.extend(range(start + 1, end + 1) if layer.ends is None else layer.ends[start:end])

    for match in _ESCAPE.finditer(text):
        copy(last, match.start())
        last = match.end()
        plain = _plain(match.group())
        start, end = layer.span(match.start(), match.end())
        out.append(plain)
        starts.extend([start] * len(plain))
        ends.extend([end] * len(plain))
    if not last:
        return None
    copy(last, len(text))
    return Layer("".join(out), starts, ends)


def _plain(escape: str) -> str:
    if escape[0] == "&":
        name = escape[1:-1]
        return _ENTITIES.get(name) or _character(int(name[1:]))
    if escape[0] == "%":
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "surrogateescape")
    kind = escape[1]
    if kind == "x":
        return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "surrogateescape")
    if kind == "u" and len(escape) == 12:
        return bytes.fromhex(escape.replace("\\u", "")).decode("utf-16-be", "replace")
    if kind in "uU" and len(escape) > 2:
        return _character(int(escape[2:], 16))
    if len(escape) == 4:
        return chr(int(escape[1:], 8))
    return _SIMPLE.get(kind, kind)


def _character(number: int) -> str:
    return chr(number) if number < 0x110000 else "�"


def _decoded(layer: Layer) -> Layer | None:
    """What its encoded parts stand for, one after the other; a character there stands for the whole part."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match, plain in _encoded(layer.text):
        start, end = layer.span(match.start(), match.end())
        text = plain.decode("utf-8", "surrogateescape") + "\0"
        out.append(text)
        starts.extend([start] * len(text))
        ends.extend([end] * len(text))
    return Layer("".join(out), starts, ends) if out else None


def _encoded(text: str) -> Iterator[tuple[re.Match[str], bytes]]:
    for match in _BASE64.finditer(text):
        body = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        for offset in range(4):
            # A value in the middle of encoded text begins at any of its digits; one that was cut short ends at any.
            digits = body[offset:]
            digits = digits[: len(digits) - (len(digits) % 4 == 1)]
            if len(digits) >= 4:
                yield match, base64.b64decode(digits + "=" * (-len(digits) % 4))
    for match in _HEX.finditer(text):
        digits = match.group()
        yield match, bytes.fromhex(digits[: len(digits) // 2 * 2])
    for match in _HEX_BYTES.finditer(text):
        yield match, bytes(int(digits, 16) for digits in match.group().replace(",", " ").split())
    for match in _BYTES.finditer(text):
        numbers = [int(number) for number in _NUMBER.findall(match.group())]
        if all(number < 256 for number in numbers):
            yield match, bytes(numbers)


__all__ = ["Layer", "layers_of"]
