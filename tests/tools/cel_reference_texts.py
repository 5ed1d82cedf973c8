"""What the reference page says about macros and syntax, which have no implementation whose docstring could say it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """forms: how it is written. row: its name in the table of examples, if that is another."""

    forms: tuple[str, ...]
    meaning: str
    errors: str = ""
    source: str = "CEL standard macros"
    row: str = ""


_OTHER_ERRORS = "the first error of an element, unless another element decides"
_TWO = "cel-go ext.TwoVarComprehensions"
_OPTIONAL = "cel-go optional types"

MACROS = {
    "has": Text(
        ("has(a.b)",),
        "Whether the field or key is there. `a` itself must be; a field that is null counts as there unless its schema says otherwise."
        " Only a selection can be asked for: write `'b' in a` for a computed key.",
        "`no such key` where `a` is not there; refused for anything but a selection",
    ),
    "all": Text(
        ("list.all(v, test)", "map.all(k, test)", "list.all(i, v, test)", "map.all(k, v, test)"),
        "Whether the test holds for all elements of a list or keys of a map; with two variables, for all positions or keys with their values.",
        _OTHER_ERRORS,
    ),
    "exists": Text(
        ("list.exists(v, test)", "map.exists(k, test)", "list.exists(i, v, test)", "map.exists(k, v, test)"),
        "Whether the test holds for any element.",
        _OTHER_ERRORS,
    ),
    "exists_one": Text(
        ("list.exists_one(v, test)", "map.exists_one(k, test)", "list.exists_one(i, v, test)", "map.exists_one(k, v, test)"),
        "Whether the test holds for exactly one element.",
        "any error of an element",
    ),
    "existsOne": Text(
        ("list.existsOne(i, v, test)", "map.existsOne(k, v, test)"),
        "The same as `exists_one`; it has the form with two variables only.",
        "any error of an element",
        _TWO,
    ),
    "map": Text(
        ("list.map(v, result)", "list.map(v, test, result)", "map.map(k, result)", "map.map(k, test, result)"),
        "A list of results, of all elements (of a map: its keys) or of those that pass the test.",
        "any error of an element",
    ),
    "filter": Text(
        ("list.filter(v, test)", "map.filter(k, test)"),
        "A list of the elements (of a map: its keys) that pass the test.",
        "any error of an element",
    ),
    "transformList": Text(
        ("list.transformList(i, v[, test], result)", "map.transformList(k, v[, test], result)"),
        "A list of results; `i` is the position, `k` the key.",
        "any error of an element",
        _TWO,
    ),
    "transformMap": Text(
        ("map.transformMap(k, v[, test], result)", "list.transformMap(i, v[, test], result)"),
        "A map of results under the same keys (of a list: its positions).",
        "any error of an element",
        _TWO,
    ),
    "transformMapEntry": Text(
        ("map.transformMapEntry(k, v[, test], {key: value})", "list.transformMapEntry(i, v[, test], {key: value})"),
        "A map of the entries that the results give.",
        "`insert failed` where a key comes twice; any error of an element",
        _TWO,
    ),
    "sortBy": Text(
        ("list.sortBy(v, key)",),
        "The elements in ascending order of their keys; elements with equal keys keep their order.",
        "`list elements must have the same type` for keys of several kinds; refused where keys cannot be ordered",
        "cel-go ext.Lists",
    ),
    "bind": Text(
        ("cel.bind(name, value, result)",),
        "The result, in which the name stands for the value, which is evaluated at most once.",
        "that of the value, where the name is used",
        "cel-go ext.Bindings",
        "cel.bind",
    ),
    "optMap": Text(
        ("optional.optMap(v, result)",),
        "An optional that holds the result, if the receiver holds a value; otherwise none.",
        "that of the result",
        _OPTIONAL,
    ),
    "optFlatMap": Text(
        ("optional.optFlatMap(v, result)",),
        "The result, itself an optional, if the receiver holds a value; otherwise none.",
        "that of the result",
        _OPTIONAL,
    ),
    "newCondition": Text(
        ("runtime.newCondition({type: …, status: …})", "runtime.newCondition({type: …, status: …, reason: …, message: …})"),
        "A status condition, see below; its keys are bare words.",
        "refused: keys in quotes, unknown or missing keys",
        "kro",
    ),
}

SYNTAX = {
    "_&&_": Text(
        ("a && b",),
        "Both. An operand that fails does not matter if the other is false.",
        "the error of an operand, unless the other decides",
    ),
    "_||_": Text(
        ("a || b",),
        "At least one. An operand that fails does not matter if the other is true.",
        "the error of an operand, unless the other decides",
    ),
    "_?_:_": Text(
        ("test ? a : b",), "`a` if the test holds, otherwise `b`; only that one is evaluated. Both have the same type, or one is `dyn`."
    ),
    "_?._": Text(
        ("a.?b",),
        "An optional that holds the field, or none where it is not there. All that follows it is optional as well: `a.?b.c[0]` is an optional.",
        "`unsupported index type` for a list",
        _OPTIONAL,
    ),
    "_[?_]": Text(
        ("a[?k]",), "An optional that holds the element or entry, or none where it is not there.", "`unsupported index type`", _OPTIONAL
    ),
    "[?e]": Text(("[?e]",), "A list literal with what the optional `e` holds, if anything.", source=_OPTIONAL),
    "{?k: e}": Text(("{?k: e}",), "A map literal with an entry for what the optional `e` holds, if anything.", source=_OPTIONAL),
}
OPERATORS = {
    "!_": ("!a",),
    "-_": ("-a",),
    "_*_": ("a * b",),
    "_/_": ("a / b",),
    "_%_": ("a % b",),
    "_+_": ("a + b",),
    "_-_": ("a - b",),
    "_==_": ("a == b",),
    "_!=_": ("a != b",),
    "_<_": ("a < b",),
    "_<=_": ("a <= b",),
    "_>_": ("a > b",),
    "_>=_": ("a >= b",),
    "@in": ("a in b",),
    "_[_]": ("a[k]",),
}
"""Functions whose name is an operator, and how that is written."""
