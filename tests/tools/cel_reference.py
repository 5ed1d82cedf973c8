"""Writes ``docs/reference/cel-functions.md`` from the docstrings of the function libraries: ``python -m tests.tools.cel_reference``.

Signatures come from the overloads, the text from the implementation's docstring; macros, which have no implementation, from the
table here. ``tests/unit/cel/test_reference_page.py`` fails when the committed page is not what this writes.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from graphcore.cel import library
from graphcore.cel.declarations import Function, Overload
from tests.conformance.fuzz.differential import CLASSES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cel-functions.md"

_TITLES = {
    "standard": "Standard functions",
    "strings": "Strings",
    "lists": "Lists",
    "kubernetes_lists": "Lists: Kubernetes",
    "kro_lists": "Lists: kro",
    "maps": "Maps",
    "optionals": "Optional values",
    "encoders": "Encoders",
    "json": "JSON",
    "hash": "Hashes",
    "random": "Random values from a seed",
    "regex": "Regular expressions",
    "quantity": "Quantities",
    "semver": "Semantic versions",
    "urls": "URLs",
    "ip": "IP addresses",
    "cidr": "Address ranges",
    "omit": "Omitting fields",
    "conditions": "Status conditions",
}

_INTRODUCTION = """All that can be called in `${…}`: the functions that kro registers, with the same names and types. A function written with a
receiver (`string.charAt(int)`) is called on a value; `T`, `K`, `V` and `A` stand for any type. An error ends the evaluation; none of them
contains values of your objects. Results that would be too large, and evaluations that would take too long, end with `budget exceeded`."""

_DIFFERENCES = """Everything is compared with cel-go and Kubernetes' libraries on generated expressions. Texts of evaluation errors
quote no data here; beyond that, these are the only kinds of difference."""

MACROS = {
    "has": ("has(a.b)", "Whether the field or key is there; `a` itself must be."),
    "all": (
        "list.all(v, test)`, `map.all(k, v, test)",
        "Whether the test holds for all elements; for two variables: index or key, and value.",
    ),
    "exists": (
        "list.exists(v, test)`, `map.exists(k, v, test)",
        "Whether the test holds for any element; an error elsewhere does not count then.",
    ),
    "exists_one": ("list.exists_one(v, test)`, `map.exists_one(k, v, test)", "Whether the test holds for exactly one element."),
    "existsOne": ("map.existsOne(k, v, test)", "The same as `exists_one` with two variables."),
    "map": (
        "list.map(v, result)`, `list.map(v, test, result)",
        "A list of results, of all elements or of those that pass the test; of a map: its keys.",
    ),
    "filter": ("list.filter(v, test)", "The elements that pass the test; of a map: its keys."),
    "transformList": ("map.transformList(k, v[, test], result)", "A list of results; `k` is the index or the key."),
    "transformMap": ("map.transformMap(k, v[, test], result)", "A map of results under the same keys (of a list: its indices)."),
    "transformMapEntry": (
        "map.transformMapEntry(k, v[, test], {key: value})",
        "A map of the entries that the result gives; the same key twice is an error.",
    ),
    "sortBy": ("list.sortBy(v, key)", "The elements in ascending order of their keys; elements with equal keys keep their order."),
    "bind": ("cel.bind(name, value, result)", "The result with the name standing for the value, which is evaluated once."),
    "optMap": ("optional.optMap(v, result)", "An optional with the result if the receiver holds a value, otherwise none."),
    "optFlatMap": ("optional.optFlatMap(v, result)", "The result, itself an optional, if the receiver holds a value, otherwise none."),
    "newCondition": ("runtime.newCondition({type: …, status: …})", "A status condition; see below."),
}


def modules() -> Iterator[tuple[str, tuple[Function, ...]]]:
    """Title and functions of each library, in the page's order."""
    names = [module.name for module in pkgutil.iter_modules(library.__path__)]
    found = {name: importlib.import_module(f"{library.__name__}.{name}") for name in names}
    with_functions = {name: module.FUNCTIONS for name, module in found.items() if hasattr(module, "FUNCTIONS")}
    hidden = {"comprehensions"}
    missing = with_functions.keys() - _TITLES.keys() - hidden
    if missing:
        raise SystemExit(f"no title for the libraries {sorted(missing)}")
    for name, title in _TITLES.items():
        yield title, with_functions[name]


def is_callable_by_name(function: Function) -> bool:
    return re.fullmatch(r"[A-Za-z][\w.]*", function.name) is not None


def signature(function: Function, overload: Overload) -> str:
    """``string.charAt(int) -> string``."""
    arguments = [argument.text for argument in overload.arguments]
    receiver = f"{arguments.pop(0)}." if overload.member else ""
    return f"{receiver}{function.name}({', '.join(arguments)}) -> {overload.result.text}"


def description(overload: Overload) -> str:
    """The implementation's docstring as Markdown."""
    text = inspect.getdoc(overload.implementation) if overload.implementation else None
    if not text:
        return ""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    raised = re.search(r"\s*Raises EvaluationError(?: \(([^)]*)\))?\.", text)
    if raised:
        text = text.replace(raised[0], f"\n\nErrors: {raised[1]}." if raised[1] else "")
    paragraphs, errors, source = text, "", ""
    if found := re.search(r"^Errors: (.*?)(?=^Source: |\Z)", text, re.M | re.S):
        errors = " ".join(found[1].split())
        paragraphs = text[: found.start()]
    if found := re.search(r"^Source: (.*)", text, re.M):
        source = found[1].strip().rstrip(".")
        paragraphs = paragraphs.split("Source: ")[0]
    lines = [" ".join(paragraph.split()) for paragraph in paragraphs.strip().split("\n\n")]
    if errors and errors != "none.":
        lines.append(f"Errors: {errors}")
    if source:
        lines.append(f"*{source}*")
    return "\n\n".join(lines)


def entry(function: Function) -> str:
    """One function: its signatures and what its implementation says about itself."""
    text = next((text for overload in function.overloads if (text := description(overload))), "")
    signatures = "\n".join(signature(function, overload) for overload in function.overloads)
    return f"### `{function.name}`\n\n```text\n{signatures}\n```\n\n{text}"


def page() -> str:
    """The whole page."""
    macros = "\n".join(f"| `{form}` | {meaning} |" for form, meaning in MACROS.values())
    parts = [
        "# Functions in expressions",
        "<!-- Written by `python -m tests.tools.cel_reference` from the docstrings in graphcore/cel/library; do not edit. -->",
        _INTRODUCTION,
        f"## Macros\n\n| form | meaning |\n|---|---|\n{macros}",
    ]
    for title, functions in modules():
        entries = [entry(function) for function in sorted(functions, key=lambda one: one.name) if is_callable_by_name(function)]
        parts.append(f"## {title}\n\n" + "\n\n".join(entries))
    differences = "\n".join(f"| {kind.name} | {kind.reason} | `{kind.example}` |" for kind in CLASSES)
    parts.append(f"## Differences from cel-go\n\n{_DIFFERENCES}\n\n| kind | why | example |\n|---|---|---|\n{differences}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
