"""The type half of a field: ``string``, ``[]T``, ``map[string]T``, ``object`` or the name of a custom type."""

from __future__ import annotations

from dataclasses import dataclass

from graphcore.simpleschema.literals import BLANKS

ATOMS = {"string": "string", "integer": "integer", "boolean": "boolean", "float": "number"}
OBJECT = "object"
MAX_NESTING = 16


@dataclass(frozen=True, slots=True)
class Word:
    """An atomic type, ``object``, or a custom type's name; built-in words always win."""

    name: str

    @property
    def custom(self) -> bool:
        return self.name not in ATOMS and self.name != OBJECT


@dataclass(frozen=True, slots=True)
class Slice:
    """``[]element``."""

    element: FieldType


@dataclass(frozen=True, slots=True)
class Map:
    """``map[string]value``."""

    value: FieldType


FieldType = Word | Slice | Map


class GrammarError(Exception):
    """A text that is no type or no marker list. column: 0-based position inside the text; code and hint as in ``Problem``."""

    def __init__(self, message: str, column: int, code: str = "invalid-type", hint: str | None = None) -> None:
        self.message = message
        self.column = column
        self.code = code
        self.hint = hint
        super().__init__(message)


def parse_type(text: str) -> FieldType:
    """Read the type part of a field (what stands before the first ``|``). Raises :class:`GrammarError`."""
    start = len(text) - len(text.lstrip(BLANKS))
    if not text.strip(BLANKS):
        raise GrammarError(
            "empty type", 0, hint="write a type: string, integer, boolean, float, object, []T, map[string]T or a custom type"
        )
    return _parse(text.strip(BLANKS), start, 0)


def _parse(text: str, column: int, depth: int) -> FieldType:
    if depth > MAX_NESTING:
        raise GrammarError(
            f'type nesting too deep (max {MAX_NESTING}): "{text}"', column, hint="give the inner type a name in schema.types"
        )
    stripped = text.lstrip(BLANKS)
    column += len(text) - len(stripped)
    text = stripped.rstrip(BLANKS)
    if text.startswith("[]"):
        if text == "[]":
            raise GrammarError("empty slice element type", column, hint="write the element type behind the brackets: []string")
        return Slice(_parse(text[2:], column + 2, depth + 1))
    if text.startswith("map["):
        if not text.startswith("map[string]"):
            raise GrammarError("map key must be string", column, hint="write map[string]T; only string keys exist in JSON objects")
        value = text.removeprefix("map[string]")
        if not value.strip(BLANKS):
            raise GrammarError("map value type is required", column, hint="write the value type behind the bracket: map[string]string")
        return Map(_parse(value, column + len("map[string]"), depth + 1))
    return Word(text)


def custom_names(field: FieldType) -> tuple[str, ...]:
    """The custom type that the field's type leads to, if any (a type names at most one)."""
    while not isinstance(field, Word):
        field = field.element if isinstance(field, Slice) else field.value
    return (field.name,) if field.custom else ()


def print_type(field: FieldType) -> str:
    """The canonical text; ``parse_type`` reads it back to an equal value."""
    match field:
        case Word(name):
            return name
        case Slice(element):
            return f"[]{print_type(element)}"
        case Map(value):
            return f"map[string]{print_type(value)}"
