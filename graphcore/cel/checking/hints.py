"""What a misspelt function or field of an expression was meant to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from graphcore.cel.syntax.macros import MACROS
from graphcore.errors.suggestions import closest, did_you_mean

_MOST_FIELDS = 8
_QUALIFIED = {"bind": "cel.bind", "newCondition": "runtime.newCondition"}
_MACROS = frozenset(_QUALIFIED.get(name, name) for name, _, _ in MACROS)
_ELSEWHERE = {
    "any": "exists",
    "b64dec": "base64.decode",
    "b64enc": "base64.encode",
    "count": "size",
    "default": "orValue",
    "fromjson": "json.unmarshal",
    "hasprefix": "startsWith",
    "hassuffix": "endsWith",
    "includes": "contains",
    "len": "size",
    "length": "size",
    "parseint": "int",
    "some": "exists",
    "str": "string",
    "tojson": "json.marshal",
    "tolower": "lowerAscii",
    "tolowercase": "lowerAscii",
    "tostring": "string",
    "toupper": "upperAscii",
    "touppercase": "upperAscii",
}
"""What other languages and Helm call a function, in lower case."""


def function_hint(name: str, functions: Collection[str]) -> str | None:
    """``did you mean X()?`` for a function, method or macro that does not exist."""
    counts = sorted({count for macro, count, _ in MACROS if _QUALIFIED.get(macro, macro) == name})
    if counts:
        return (
            f"{name}() takes {' or '.join(map(str, counts))} {'argument' if counts == [1] else 'arguments'} and a name where it binds one"
        )
    plain = name.lower().replace("_", "")
    meant = _ELSEWHERE.get(plain) or _ELSEWHERE.get(plain.rpartition(".")[2])
    if meant is not None:
        return f"did you mean {meant}()?"
    near = did_you_mean(name, _names(frozenset(functions)), shown="{}()")
    if near is None and (word := closest(plain, _ELSEWHERE)) is not None:
        return f"did you mean {_ELSEWHERE[word]}()?"
    return near


@cache
def _names(functions: frozenset[str]) -> tuple[str, ...]:
    """What can be called by its name, sorted: operators and what macros become cannot."""
    return tuple(sorted(name for name in functions | _MACROS if name[0].isalpha() and "@" not in name))


def namespaces(functions: Iterable[str]) -> frozenset[str]:
    """``json`` of ``json.marshal``, and so on; not ``runtime``, which is a variable where it exists."""
    return frozenset(name.rpartition(".")[0] for name in functions if "." in name and name[0].isalpha())


def field_hint(name: str, fields: Collection[str]) -> str | None:
    """``did you mean X?`` for a field that is not declared, else the names of a few fields that are."""
    few = f"declared here: {', '.join(sorted(fields))}" if 0 < len(fields) <= _MOST_FIELDS else None
    return did_you_mean(name, sorted(fields), few)
