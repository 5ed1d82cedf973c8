"""Writes ``docs/reference/cel-functions.md`` from the docstrings of the function libraries: ``python -m tests.tools.cel_reference``.

Signatures come from the overloads, the text from the implementation's docstring, that of macros and syntax from
``cel_reference_texts``, examples from the table of all functions, with the messages that they really end in. ``tests/unit/cel/test_reference_page.py`` fails when the committed page is not what this writes.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from graphcore.cel import CelError, Environment, EvaluationError, library
from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.conditions import RUNTIME_TYPE
from graphcore.cel.library.registry import disabled_overloads, functions
from graphcore.cel.types import DYN
from tests.conformance.fuzz.differential import CLASSES
from tests.tools.cel_reference_texts import MACROS, OPERATORS, SYNTAX, Text
from tests.unit.cel.library_table import ROWS, VARIABLES, Row

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cel-functions.md"

ENVIRONMENT = Environment({"x": DYN, "runtime": RUNTIME_TYPE})

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
    """``string.charAt(int) -> string``, ``int + int -> int``."""
    arguments = [argument.text for argument in overload.arguments]
    result = overload.result.text
    if function.name in OPERATORS:
        (form,) = OPERATORS[function.name]
        places = dict(zip((word for word in re.findall(r"[a-z]+", form) if len(word) == 1), arguments, strict=True))
        return re.sub(r"\b[a-z]\b", lambda match: places[match[0]], form) + f" -> {result}"
    receiver = f"{arguments.pop(0)}." if overload.member else ""
    return f"{receiver}{function.name}({', '.join(arguments)}) -> {result}"


def description(overload: Overload) -> str:
    """The implementation's docstring as Markdown."""
    text = inspect.getdoc(overload.implementation) if overload.implementation else None
    if not text:
        return ""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    body, _, source = text.partition("\nSource: ")
    body, _, errors = body.partition("\nErrors: ")
    lines = [" ".join(paragraph.split()) for paragraph in body.strip().split("\n\n")]
    return "\n\n".join([*lines, *_closing(" ".join(errors.split()), source.strip().rstrip("."))])


def _closing(errors: str, source: str) -> list[str]:
    return [f"Errors: {errors or 'none.'}", f"*{source}*"]


def terms(expression: str) -> list[str]:
    """The operands of the ``&&`` at the top of an expression."""
    found, parts = [], expression.split(" && ")
    while parts:
        for count in range(1, len(parts) + 1):
            text = " && ".join(parts[:count])
            try:
                ENVIRONMENT.parse(text)
            except CelError:
                continue
            found.append(text)
            del parts[:count]
            break
        else:
            return [expression]
    return found


def _uses(term: str, overloads: frozenset[str]) -> bool:
    return any(id in overloads for ids in ENVIRONMENT.check(term).overloads.values() for id in ids)


def examples(row: Row, overloads: frozenset[str] = frozenset(), whole: bool = False) -> str:
    """A code block: what is true, what fails and how, what is refused and why. overloads: of these only, if there are any."""
    lines = []
    for text in (row.right, row.edge):
        if isinstance(text, str):
            found = [text] if whole else terms(text)
            lines += [term for term in found if not overloads or _uses(term, overloads)]
    if not isinstance(row.edge, str):
        try:
            ENVIRONMENT.compile(row.edge[0]).evaluate(VARIABLES)
        except EvaluationError as error:
            lines.append(f"{row.edge[0]}   // error: {error.message}")
    try:
        ENVIRONMENT.check(row.wrong)
    except CelError as error:
        lines.append(f"{row.wrong}   // refused: {error.issues[0].message}")
    return "Examples:\n\n```text\n" + "\n".join(dict.fromkeys(lines)) + "\n```"


def entry(function: Function) -> str:
    """One function: its signatures, what its implementation says about itself, and examples."""
    listed = [overload for overload in function.overloads if overload.id not in disabled_overloads()]
    text = next((text for overload in listed if (text := description(overload))), "")
    signatures = "\n".join(signature(function, overload) for overload in listed)
    title = OPERATORS.get(function.name, (function.name,))[0]
    shown = examples(ROWS[function.name], frozenset(overload.id for overload in listed))
    return f"### `{title}`\n\n```text\n{signatures}\n```\n\n{text}\n\n{shown}"


def written(name: str, text: Text) -> str:
    """One macro or piece of syntax."""
    forms = "\n".join(text.forms)
    title = text.row or (text.forms[0] if name in SYNTAX else name)
    about = "\n\n".join([text.meaning, *_closing(f"{text.errors}." if text.errors else "", text.source)])
    return f"### `{title}`\n\n```text\n{forms}\n```\n\n{about}\n\n{examples(ROWS[text.row or name], whole=name in SYNTAX)}"


def page() -> str:
    """The whole page."""
    syntax = [written(name, text) for name, text in SYNTAX.items()] + [entry(functions()[name]) for name in OPERATORS]
    parts = [
        "# Functions in expressions",
        "<!-- Written by `python -m tests.tools.cel_reference` from the docstrings in graphcore/cel/library; do not edit. -->",
        _INTRODUCTION,
        "## Macros\n\n" + "\n\n".join(written(name, text) for name, text in MACROS.items()),
        "## Operators\n\n" + "\n\n".join(syntax),
    ]
    for title, listed in modules():
        entries = [entry(function) for function in sorted(listed, key=lambda one: one.name) if is_callable_by_name(function)]
        parts.append(f"## {title}\n\n" + "\n\n".join(entries))
    differences = "\n".join(f"| {kind.name} | {kind.reason} | `{kind.example}` |" for kind in CLASSES)
    parts.append(f"## Differences from cel-go\n\n{_DIFFERENCES}\n\n| kind | why | example |\n|---|---|---|\n{differences}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
