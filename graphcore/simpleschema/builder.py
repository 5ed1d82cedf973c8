"""From fields to schemas: objects with their ``required`` lists and defaults, and custom types put in their place.

Every fault is collected, not only the first. A faulty field keeps the type that its text names, or takes anything where it names none, so
that whatever else is judged by the schema is not judged wrongly; no fault is reported a second time where a type is used.
Sizes are counted while building, because a few lines of custom types can stand for a schema of any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphcore.errors import Problem
from graphcore.errors.paths import child
from graphcore.simpleschema.documents import members, type_name
from graphcore.simpleschema.foreign import cure, is_openapi
from graphcore.simpleschema.grammar import ATOMS, OBJECT, FieldType, GrammarError, Map, Slice, Word, parse_type
from graphcore.simpleschema.markers import Field, Unwritable, apply
from graphcore.simpleschema.tokenizer import tokenize
from graphcore.simpleschema.vocabulary import unknown_type_hint

MAX_DEPTH = 100
MAX_SIZE = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the definition something stands. path: ``spec.a.b``; words: kro's nested prefix ``field a: field b: ``."""

    path: str
    words: str = ""

    def member(self, name: str) -> Place:
        return Place(child(self.path, name), f"{self.words}field {name}: ")

    def parsing(self) -> Place:
        """The same place while types are read: kro reads all custom types before it builds any."""
        return Place(
            self.path, self.words.replace("building schema for ", "parsing type ", 1) if self.words.startswith("building") else self.words
        )


@dataclass(frozen=True, slots=True)
class Built:
    """A finished schema, shared wherever it is used and never changed. size and depth count nodes; required: an alias marked so.

    faulty: a fault inside has been reported; the schema says what is known all the same.
    """

    schema: dict[str, Any]
    size: int = 1
    depth: int = 1
    required: bool = False
    faulty: bool = False


UNKNOWN = Built({"x-kubernetes-preserve-unknown-fields": True}, faulty=True)
"""Of a field whose text names no type: anything."""


@dataclass(slots=True)
class Builder:
    """Builds schemas out of the types known so far. types: by name, faulty ones (which are reported) included.

    served: what is built now goes into the CRD. unwritable: where the values without a JSON form stand.
    """

    types: dict[str, Built] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    served: bool = False
    unwritable: dict[Unwritable, tuple[Place, str]] = field(default_factory=dict)

    def report(
        self, place: Place, message: str, code: str, *, text: str | None = None, column: int | None = None, hint: str | None = None
    ) -> None:
        line = None
        if text is not None and column is not None:
            line = text.count("\n", 0, column) + 1
            column -= text.rfind("\n", 0, column) + 1
        self.problems.append(
            Problem(code, f"{place.words}{message}", "schema", place.path, text, line, column if text is not None else None, hint)
        )

    def fault(self, place: Place, text: str, fault: GrammarError) -> None:
        self.report(place, fault.message, fault.code, text=text, column=fault.column, hint=fault.hint)

    def any(self, definition: Any, place: Place, depth: int = 0) -> tuple[Built, int]:
        """Schema of a field or custom type, and how often its parent must list it as required."""
        if isinstance(definition, str):
            return self.text(definition, place)
        if isinstance(definition, Mapping):
            if depth >= MAX_DEPTH:
                self.report(place, f"objects nested too deep (max {MAX_DEPTH})", "too-deep", hint="flatten the schema")
                return UNKNOWN, 0
            return self.object(definition, place, depth), 0
        hint = (
            "write a list as []T in one string"
            if isinstance(definition, list)
            else 'write a type as a string, such as "string | default=x"'
        )
        self.report(place.parsing(), f"unexpected type: {type_name(definition)}", "invalid-type", hint=hint)
        return UNKNOWN, 0

    def object(self, definition: Mapping[Any, Any], place: Place, depth: int = 0) -> Built:
        """Schema of a nested object."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        size, deepest, defaulted, faulty = 1, 0, False, False
        before = len(self.problems)
        for name, member in members(definition):
            built, demanded = self.any(member, place.member(name), depth + 1)
            required += [name] * demanded
            faulty = faulty or built.faulty
            properties[name] = built.schema
            size += built.size
            deepest = max(deepest, built.depth)
            defaulted = defaulted or "default" in built.schema
        if faulty and is_openapi(definition):
            # One misunderstanding, however many of its words are no types.
            del self.problems[before:]
            hint = cure(place.path.rpartition(".")[2], definition)
            self.report(place, "this is a schema of OpenAPI; in SimpleSchema the type of a field is one text", "openapi-schema", hint=hint)
            return UNKNOWN
        schema: dict[str, Any] = {"type": "object"}
        if properties:
            schema["properties"] = properties
        if required:
            schema["required"] = required
        elif defaulted:
            # An absent object must appear for its children's defaults to apply; with required children {} would not be valid.
            schema["default"] = {}
        return self.bounded(Built(schema, size, deepest + 1, faulty=faulty), place)

    def text(self, text: str, place: Place) -> tuple[Built, int]:
        """Schema of ``type | markers``."""
        type_text, bar, marker_text = text.partition("|")
        before = len(self.problems)
        markers, faults = tokenize(marker_text, len(type_text) + 1) if bar else ((), ())
        for unread in faults:
            self.fault(place, text, unread)
        try:
            field_type = parse_type(type_text)
        except GrammarError as fault:
            self.fault(place.parsing(), text, fault)
            return UNKNOWN, 0
        built = self.type(field_type, text, place)
        if built.faulty:
            return built, 0
        target = Field(dict(built.schema), int(built.required))
        apply(target, markers)
        for refused in target.faults:
            self.fault(place, text, refused)
        for value in target.schema.values():
            if isinstance(value, Unwritable):
                self.unwritable.setdefault(value, (place, text))
        if self.served and self.unwritable:
            for kept in dict.fromkeys(_unwritable(target.schema)):
                self.fault(*self.unwritable[kept], kept.fault)
        demanded = target.required
        if len(self.problems) > before:
            return replace(built, faulty=True), demanded
        return self.bounded(Built(target.schema, built.size, built.depth, bool(demanded)), place), demanded

    def type(self, field_type: FieldType, text: str, place: Place) -> Built:
        match field_type:
            case Word(name) if name in ATOMS:
                return Built({"type": ATOMS[name]})
            case Word(name) if name == OBJECT:
                return Built({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
            case Word(name):
                if name not in self.types:
                    column = max(text.find(name), 0)
                    hint = unknown_type_hint(name, self.types)
                    self.report(place, f"unknown type: {name}", "unknown-type", text=text, column=column, hint=hint)
                    return UNKNOWN
                return self.types[name]
            case Slice(element):
                inner = self.type(element, text, place)
                return Built({"items": inner.schema, "type": "array"}, inner.size + 1, inner.depth + 1, faulty=inner.faulty)
            case Map(value):
                inner = self.type(value, text, place)
                schema = {"additionalProperties": inner.schema, "type": "object"}
                return Built(schema, inner.size + 1, inner.depth + 1, faulty=inner.faulty)

    def bounded(self, built: Built, place: Place) -> Built:
        if built.size > MAX_SIZE or built.depth > MAX_DEPTH:
            limits = f"{MAX_SIZE} fields, {MAX_DEPTH} levels"
            self.report(place, f"schema too large (max {limits})", "too-large", hint="use object for parts that need no schema")
            return UNKNOWN
        return built


def _unwritable(schema: Mapping[str, Any]) -> Iterator[Unwritable]:
    """All of a schema and below."""
    pending = [schema]
    while pending:
        current = pending.pop()
        yield from (value for value in current.values() if isinstance(value, Unwritable))
        parts = [current.get("items"), current.get("additionalProperties"), *(current.get("properties") or {}).values()]
        pending += [part for part in parts if isinstance(part, Mapping)]
