"""Kubernetes' regular expressions beyond ``matches``. Patterns are RE2's: one search takes linear time, whatever the pattern.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/regex.go``; Go ``regexp`` for empty matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.standard_impl import compile_regex
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.types import INT, STRING, list_of

_MATCH = 10_000
_MAX_WORK = 500_000_000
"""Characters: behind each match the search may go to the end of the text and find nothing but an empty match, so time is not linear."""


def find(text: Any, pattern: Any) -> str:
    """The first match of a pattern; the empty string if there is none.

    Errors: a pattern that RE2 does not take.
    Source: Kubernetes regex.
    """
    if not isinstance(text, str) or not isinstance(pattern, str):
        raise no_such_overload("find", text, pattern)
    match = compile_regex(pattern).search(text)
    return "" if match is None else str(match[0])


def find_all(text: Any, pattern: Any, *limit: Any) -> list[str]:
    """The matches of a pattern that do not overlap: all, or at most the first ``limit`` (negative: all).

    Errors: a pattern that RE2 does not take; ``budget exceeded`` for too many matches.
    Source: Kubernetes regex.
    """
    count = limit[0] if limit else -1
    if not isinstance(text, str) or not isinstance(pattern, str) or type(count) is not int:
        raise no_such_overload("findAll", text, pattern, *limit)
    found: list[str] = []
    for match in _matches(text, pattern):
        if len(found) == count:
            break
        found.append(match)
    return found


def _matches(text: str, pattern: str) -> Iterator[str]:
    """As Go's ``FindAllString``: an empty match right behind the match before it does not count."""
    end = -1
    work = 0
    for match in compile_regex(pattern).finditer(text):
        start = match.start()
        if start == match.end() == end:
            continue
        end = match.end()
        work += _MATCH + len(text) - start
        if work > _MAX_WORK:
            raise EvaluationError(Reason.BUDGET, "budget exceeded: findAll takes too many steps")
        yield text[start:end]


FUNCTIONS: tuple[Function, ...] = (
    Function("find", (Overload("string_find_string", (STRING, STRING), STRING, find, member=True),)),
    Function(
        "findAll",
        (
            Overload("string_find_all_string", (STRING, STRING), list_of(STRING), find_all, member=True),
            Overload("string_find_all_string_int", (STRING, STRING, INT), list_of(STRING), find_all, member=True),
        ),
    ),
)
