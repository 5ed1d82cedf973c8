"""What an author probably meant by a word that is no type."""

from __future__ import annotations

from collections.abc import Iterable

from graphcore.errors.suggestions import did_you_mean
from graphcore.simpleschema.grammar import ATOMS, OBJECT

# Words of other schema languages, in lower case.
_OTHER_WORDS = {
    "str": "string", "text": "string", "char": "string", "date": "string", "datetime": "string", "bytes": "string",
    "int": "integer", "int32": "integer", "int64": "integer", "long": "integer",
    "number": "float", "double": "float", "float32": "float", "float64": "float", "decimal": "float",
    "bool": "boolean",
    "any": "object", "map": "map[string]string", "dict": "map[string]string", "list": "[]string", "array": "[]string",
}  # fmt: skip


def unknown_type_hint(name: str, types: Iterable[str]) -> str:
    """The remedy for an unknown type: the word meant, or how to define it."""
    word = name.lower()
    if word in ATOMS or word == OBJECT:
        return f"write {word}; type names are case-sensitive"
    if word in _OTHER_WORDS:
        return f"write {_OTHER_WORDS[word]}"
    if name.endswith("[]"):
        return f"write []{name.removesuffix('[]')}"
    otherwise = f"define {name} under schema.types, or use string, integer, boolean, float, object, []T or map[string]T"
    return did_you_mean(name, [*sorted(types), *ATOMS, OBJECT]) or otherwise
