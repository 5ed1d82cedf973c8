"""Observed objects as typed values: a Secret's data are bytes, a creationTimestamp is a time, a ``number`` is a double.

Decoding a whole object for an expression that reads one field would be waste. So a *plan* says what has to be decoded along the paths
that are read; it is plain JSON, so that it can be stored with the compiled definition and a warm start needs no schema. Most plans are
empty, and a decoder returns the very object it was given when nothing in it had to change. A decoded map remembers its original,
which is what is written when an expression returns it.

A plan is None (nothing to do), the name of a scalar's decoding, or a dict: ``f`` fields of an object, ``a`` identifiers of properties whose
name is none, ``m`` values of a map, ``l`` elements of a list, ``t`` the list's type (``set``, or the keys of a ``map``).

Source: docs/explanation/cel.md; kro ``pkg/cel/unstructured``; Kubernetes ``apiserver/pkg/cel/common/values.go``.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, Final

from graphcore.cel.names import RESERVED, escape
from graphcore.cel.runtime.access import contains
from graphcore.cel.runtime.times import parse_duration, parse_timestamp
from graphcore.cel.runtime.values import AssociativeList, Original, equals
from graphcore.cel.syntax.analysis import Path

Schema = Mapping[str, Any]
Plan = Any  # JSON
Decoder = Callable[[Any], Any]

_FORMATS: Final = {"byte": "bytes", "duration": "duration", "date": "date", "date-time": "time"}
_WHOLE: Final = "\0"  # in a trie of paths: everything below is read
_MAX_DEPTH: Final = 64


def decode_plan(schema: Schema, paths: Iterable[Path]) -> Plan:
    """What to decode in values that follow ``schema`` for expressions that read ``paths`` (None: any element or key)."""
    trie: dict[str | None, Any] = {}
    for path in paths:
        node = trie
        for part in path:
            node = node.setdefault(part, {})
        node[_WHOLE] = {}
    return _plan(schema, trie, {}, 0) if trie else None


def element_plan(plan: Plan) -> Plan:
    """The plan of one element, from that of a list."""
    return plan.get("l") if isinstance(plan, dict) else None


def _plan(schema: Schema, trie: Mapping[str | None, Any] | None, known: dict[int, Plan], depth: int) -> Plan:
    """trie: of the paths below, or None where everything is read. known: plans of whole schemas, by identity."""
    if trie is not None and _WHOLE in trie:
        if schema.get("type") == "integer":
            return "int"  # only where it is read by itself: elsewhere 2.0 is as good as 2
        trie = None
    if trie is None and id(schema) in known:
        return known[id(schema)]
    if depth > _MAX_DEPTH or schema.get("x-kubernetes-int-or-string"):
        return None
    if trie is None:
        known[id(schema)] = None  # ends a cycle
    plan = _by_type(schema, trie, known, depth + 1)
    if trie is None:
        known[id(schema)] = plan
    return plan


def _by_type(schema: Schema, trie: Mapping[str | None, Any] | None, known: dict[int, Plan], depth: int) -> Plan:
    kind = schema.get("type")
    if kind == "string":
        return _FORMATS.get(schema.get("format", ""))
    if kind == "number":
        return "double"
    if kind == "array":
        return _list_plan(schema, trie, known, depth)
    if kind != "object":
        return None
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        values = _plan(additional, _joined(trie), known, depth)
        return None if values is None else {"m": values}
    return _object_plan(schema, trie, known, depth)


def _list_plan(schema: Schema, trie: Mapping[str | None, Any] | None, known: dict[int, Plan], depth: int) -> Plan:
    items = schema.get("items")
    elements = _plan(items, _joined(trie), known, depth) if isinstance(items, Mapping) else None
    plan = {} if elements is None else {"l": elements}
    if trie is None:  # compared or added as a whole, perhaps
        if schema.get("x-kubernetes-list-type") == "set":
            plan["t"] = "set"
        elif schema.get("x-kubernetes-list-type") == "map":
            plan["t"] = list(schema.get("x-kubernetes-list-map-keys") or ())
    return plan or None


def _object_plan(schema: Schema, trie: Mapping[str | None, Any] | None, known: dict[int, Plan], depth: int) -> Plan:
    properties: Mapping[str, Schema] = schema.get("properties") or {}
    whole = trie is None or None in trie
    fields: dict[str, Plan] = {}
    aliases: dict[str, str] = {}
    for name, schema_of_field in properties.items():
        identifier = escape(name)
        read = [part for part in (identifier, name) if trie and part in trie and (part == identifier or name in RESERVED)]
        if not whole and not read:
            continue
        below = None if whole else _merged([trie[part] for part in read]) if trie else None
        plan = _plan(schema_of_field, below, known, depth)
        if identifier is not None and identifier != name and (whole or identifier in read or name not in RESERVED):
            aliases[identifier] = name
        if plan is not None or _may_be_null(schema_of_field):
            fields[name] = plan
    result: dict[str, Any] = {}
    if fields:
        result["f"] = fields
    if aliases:
        result["a"] = aliases
    return result or None


def _may_be_null(schema: Schema) -> bool:
    """Whether null is seen in practice: where it is allowed, and for the empty lists of some built-in kinds."""
    return schema.get("nullable") is True or schema.get("type") == "array"


def _joined(trie: Mapping[str | None, Any] | None) -> Mapping[str | None, Any] | None:
    """What is read of any element or value, whichever way it is reached."""
    return None if trie is None else _merged(list(trie.values()))


def _merged(tries: list[Mapping[str | None, Any]]) -> Mapping[str | None, Any]:
    if len(tries) == 1:
        return tries[0]
    merged: dict[str | None, Any] = {}
    for trie in tries:
        for part, below in trie.items():
            merged[part] = _merged([merged[part], below]) if part in merged else below
    return merged


def decoder(plan: Plan) -> Decoder:
    """The function that decodes values as the plan says. What does not have the form its schema promises stays as it is."""
    if plan is None:
        return _unchanged
    if isinstance(plan, str):
        return _SCALARS[plan]
    if "m" in plan:
        return _map_decoder(decoder(plan["m"]))
    if "l" in plan or "t" in plan:
        return _list_decoder(decoder(plan.get("l")), plan.get("t"))
    return _object_decoder([(name, decoder(below)) for name, below in plan.get("f", {}).items()], list(plan.get("a", {}).items()))


def _unchanged(value: Any) -> Any:
    return value


def _original(value: dict[str, Any]) -> Original:
    copy = Original(value)
    copy.original = value
    return copy


def _object_decoder(fields: list[tuple[str, Decoder]], aliases: list[tuple[str, str]]) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not dict:
            return value
        decoded: Original | None = None
        nulls: set[str] = set()
        for name, below in fields:
            if name not in value:
                continue
            content = value[name]
            if content is None:
                nulls.add(name)
            elif (changed := below(content)) is not content:
                if decoded is None:
                    decoded = _original(value)
                decoded[name] = changed
        if nulls:
            return _Sparse(value if decoded is None else decoded, value, by_identifier, nulls)
        if not names.isdisjoint(value):
            return _Aliased(value if decoded is None else decoded, value, by_identifier)
        return value if decoded is None else decoded

    by_identifier = dict(aliases)
    names = frozenset(by_identifier.values())
    return decode


def _map_decoder(below: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not dict:
            return value
        changed = {key: new for key, content in value.items() if (new := below(content)) is not content}
        if not changed:
            return value
        decoded = _original(value)
        decoded.update(changed)
        return decoded

    return decode


def _list_decoder(below: Decoder, list_type: Any) -> Decoder:
    def decode(value: Any) -> Any:
        if type(value) is not list:
            return value
        elements = [below(element) for element in value]
        if list_type == "set":
            return SetList(elements)
        if list_type:
            return MapList(elements, tuple(list_type))
        return value if all(new is old for new, old in zip(elements, value, strict=True)) else elements

    return decode


def _bytes(value: Any) -> Any:
    if type(value) is not str:
        return value
    try:
        return b64decode(value, validate=True)
    except ValueError:
        return value


def _time(value: Any) -> Any:
    return (parse_timestamp(value) or value) if type(value) is str else value


def _date(value: Any) -> Any:
    return (parse_timestamp(f"{value}T00:00:00Z") or value) if type(value) is str else value


def _duration(value: Any) -> Any:
    return (parse_duration(value) or value) if type(value) is str else value


def _double(value: Any) -> Any:
    return float(value) if type(value) is int else value


def _int(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


_SCALARS: Final[dict[str, Decoder]] = {
    "bytes": _bytes,
    "time": _time,
    "date": _date,
    "duration": _duration,
    "double": _double,
    "int": _int,
}


class _Aliased(Original):
    """A map some of whose keys can also be read by another name: ``a__dash__b`` for ``a-b``. The other names are no entries of it."""

    __slots__ = ("aliases",)

    def __init__(self, decoded: dict[str, Any], original: dict[str, Any], aliases: Mapping[str, str]) -> None:
        super().__init__(decoded)
        self.original = original
        self.aliases = aliases

    def __missing__(self, key: Any) -> Any:
        return self[self.aliases[key]]

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or (type(key) is str and key in self.aliases and dict.__contains__(self, self.aliases[key]))


class _Sparse(_Aliased):
    """An object with properties that are null. They count as absent when they are asked for, but are among what it consists of."""

    __slots__ = ("nulls",)

    def __init__(self, decoded: dict[str, Any], original: dict[str, Any], aliases: Mapping[str, str], nulls: Set[str]) -> None:
        super().__init__(decoded, original, aliases)
        self.nulls = nulls

    def __getitem__(self, key: Any) -> Any:
        if type(key) is str and key in self.nulls:
            raise KeyError(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) and key not in self.nulls and self.aliases.get(key) not in self.nulls  # type: ignore[call-overload]


class SetList(AssociativeList):
    """A list of ``x-kubernetes-list-type: set``: order does not matter, and ``+`` is the union."""

    __slots__ = ()

    def equal_to(self, other: list[Any]) -> bool:
        return len(self) == len(other) and not _missing(other, self)

    def plus(self, other: list[Any]) -> list[Any]:
        union = SetList(self)
        union.extend(_missing(other, self))
        return union


def _missing(wanted: list[Any], elements: list[Any]) -> list[Any]:
    """Those of ``wanted`` that are not among the elements, each once."""
    texts = {element for element in elements if type(element) is str}
    others = [element for element in elements if type(element) is not str]
    missing = []
    for element in wanted:
        if type(element) is str:
            if element in texts:
                continue
            texts.add(element)
        elif contains(element, others):
            continue
        else:
            others.append(element)
        missing.append(element)
    return missing


class MapList(AssociativeList):
    """A list of ``x-kubernetes-list-type: map``: elements are found by keys, and those of the right side of ``+`` win."""

    __slots__ = ("keys",)

    def __init__(self, elements: Iterable[Any], keys: tuple[str, ...]) -> None:
        super().__init__(elements)
        self.keys = keys

    def _key(self, element: Any) -> tuple[str, ...]:
        """Key values as text with their kind, so that ``1`` and ``true`` stay apart; the element's identity where it has none."""
        if not isinstance(element, dict):
            return (f"{id(element)}",)
        return tuple(f"{type(element.get(key)).__name__} {element.get(key)}" for key in self.keys)

    def equal_to(self, other: list[Any]) -> bool:
        mine = {self._key(element): element for element in self}
        return len(self) == len(other) and all((key := self._key(element)) in mine and equals(mine[key], element) for element in other)

    def plus(self, other: list[Any]) -> list[Any]:
        merged = {self._key(element): element for element in self}
        merged.update((self._key(element), element) for element in other)
        return MapList(merged.values(), self.keys)
