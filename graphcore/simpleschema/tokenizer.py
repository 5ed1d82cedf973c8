"""The marker half of a field: ``key=value key="quoted value" key={"json": [1, 2]}``.

A tiny state machine with kro's precedence of quotes, brackets and blanks, because templates in use depend on it. Two of its accidents are
not copied: a blank or line break behind the last marker, and an empty marker list, are fine here, as YAML block scalars produce them.
"""

from __future__ import annotations

from dataclasses import dataclass

from graphcore.errors.suggestions import did_you_mean
from graphcore.simpleschema.grammar import GrammarError
from graphcore.simpleschema.literals import BLANKS

MARKERS = (
    "required", "default", "description", "minimum", "maximum", "enum", "validation", "immutable", "pattern",
    "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "listType", "listMapKey",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marker:
    """One ``key=value``. column: 0-based position of the key in the field's text; value: unquoted and unescaped."""

    key: str
    value: str
    column: int


@dataclass(slots=True)
class _State:
    """What has been read since the last marker ended."""

    buffer: list[str]
    start: int = -1
    key: str | None = None
    key_column: int = 0
    quoted: bool = False
    escaped: bool = False
    depth: int = 0

    def collect(self, char: str, position: int) -> None:
        if not self.buffer:
            self.start = position
        self.buffer.append(char)

    def take(self) -> str:
        text = "".join(self.buffer)
        self.buffer.clear()
        return text


def tokenize(text: str, offset: int = 0) -> tuple[tuple[Marker, ...], tuple[GrammarError, ...]]:
    """Markers of ``text`` in order, and what is wrong with the text (every unknown key, and the fault at which reading stopped).

    offset: position of ``text`` inside the field, added to every column.
    """
    markers: list[Marker] = []
    faults: list[GrammarError] = []
    try:
        _read(text, offset, markers, faults)
    except GrammarError as fault:
        faults.append(fault)
    return tuple(markers), tuple(faults)


def _read(text: str, offset: int, markers: list[Marker], faults: list[GrammarError]) -> None:
    state = _State([])

    def finish() -> None:
        key = state.key or ""
        value = _value(state.take())
        state.key = None
        if key in MARKERS:
            markers.append(Marker(key, value, state.key_column))
        else:
            faults.append(_unknown(key, state.key_column))

    for position, char in enumerate(text, offset):
        plain = not state.quoted and state.depth == 0
        if char == "=" and state.key is None and plain:
            state.key_column = max(state.start, offset) if state.buffer else position
            state.key = state.take()
            if not state.key:
                raise GrammarError("empty marker key", position, "invalid-marker", "write a marker name before the equals sign")
        elif char == '"' and not state.escaped:
            state.quoted = not state.quoted
            state.collect(char, position)
        elif char == "\\" and state.quoted and not state.escaped:
            state.escaped = True
            state.collect(char, position)
        elif char in "{[" and not state.quoted:
            state.depth += 1
            state.collect(char, position)
        elif char in "}]" and not state.quoted:
            state.depth -= 1
            state.collect(char, position)
            if state.depth < 0:
                hint = "remove the bracket, or put the value in double quotes"
                raise GrammarError("unmatched closing bracket/brace", position, "invalid-marker", hint)
        elif char in BLANKS and plain:
            if state.key is not None:
                finish()
        else:
            state.escaped = False
            state.collect(char, position)

    if state.key is None and state.buffer:
        raise _keyless("".join(state.buffer), state.start, markers)
    if state.quoted:
        raise GrammarError(
            "unclosed quote", state.key_column, "invalid-marker", 'close the value with a double quote; inside it write \\" for one'
        )
    if state.depth > 0:
        raise GrammarError("unclosed bracket/brace", state.key_column, "invalid-marker", "close every bracket and brace of the value")
    if state.key is not None:
        finish()


def _value(raw: str) -> str:
    """Without surrounding double quotes and their escapes; a text that is not quoted as a whole stays as it is."""
    if len(raw) < 2 or not (raw.startswith('"') and raw.endswith('"')):
        return raw.strip(BLANKS)
    result: list[str] = []
    escaped = False
    for char in raw[1:-1]:
        if escaped:
            result.append(char if char in '"\\' else "\\" + char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            result.append(char)
    return "".join(result)


def _unknown(key: str, column: int) -> GrammarError:
    if key.startswith("|"):
        hint = "separate markers by blanks; only the first | of a field divides the type from its markers"
    else:
        hint = did_you_mean(key, MARKERS) or f"use one of {', '.join(MARKERS)}"
    return GrammarError(f'invalid marker key "{key}": unknown marker: {key}', column, "unknown-marker", hint)


def _keyless(word: str, column: int, markers: list[Marker]) -> GrammarError:
    if markers and not markers[-1].value:
        hint = f"write {markers.pop().key}=value without blanks around the equals sign"
    elif word in MARKERS:
        hint = f"write {word}=value"
    else:
        hint = "put a value that contains blanks in double quotes, and write every marker as key=value"
    return GrammarError(f"marker key '{word}' without a value", column, "invalid-marker", hint)
