"""Problems as text: one in one line that begins as kro's does, where scripts may match it; several in a list, a line for each fault."""

from __future__ import annotations

from collections.abc import Sequence

from graphcore.errors import Problem

_SHORT = 40
_PLACES = 5
_STAGES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "failed to validate resourcegraphdefinition",
        frozenset(
            [
                "unknown-api-version",
                "unknown-definition-field",
                "definition-refused",
                "invalid-name",
                "invalid-kind",
                "reserved-id",
                "invalid-id",
                "duplicate-id",
                "too-many-dimensions",
                "invalid-iterator",
                "reserved-iterator",
                "iterator-is-id",
                "duplicate-iterator",
            ]
        ),
    ),
    (
        "failed to build dependency graph",
        frozenset(
            [
                "unknown-identifier",
                "unknown-function",
                "self-reference",
                "cycle",
                "iterator-references-iterator",
                "iterator-not-in-identity",
                "runtime-outside-conditions",
                "each-outside-ready-when",
                "omit-disabled",
                "omit-misplaced",
                "omit-in-identity",
                "syntax-error",
            ]
        ),
    ),
    ("failed to validate resource", frozenset(["type-check", "type-mismatch", "for-each-not-list", "not-bool", "ready-when-scope"])),
)


def render(problem: Problem) -> str:
    """One line: stage, message, place, position and remedy; nothing that is not known is mentioned."""
    place = _place(problem, whole=True)
    text = f"{stage_of(problem)}: {problem.message}" + (f" ({place})" if place else "")
    return f"{text}; {problem.hint}" if problem.hint else text


def render_all(problems: Sequence[Problem], limit: int = 20) -> str:
    """All faults in one message; at most ``limit`` are spelled out. Warnings are left out.

    Several begin with the stage of the first, as kro's text would, and have a line each; what is said in the same words of several places
    is said once, and so is a remedy.
    """
    problems = [problem for problem in problems if problem.severity == "error"]
    if len(problems) == 1:
        return render(problems[0])
    same: dict[tuple[str, str | None], list[Problem]] = {}
    for problem in problems:
        same.setdefault((problem.message, problem.hint), []).append(problem)
    lines = [f"{stage_of(problems[0])}: {len(problems)} problems:"]
    told: set[str] = set()
    for number, ((message, hint), places) in enumerate(list(same.items())[:limit], 1):
        place = _place(places[0], whole=False) if len(places) == 1 else _places(places)
        remedy = f"; {hint}" if hint and hint not in told else ""
        told.add(hint or "")
        lines.append(f"{number}. {message}" + (f" ({place})" if place else "") + remedy)
    left = sum(len(places) for places in list(same.values())[limit:])
    if left:
        lines.append(f"and {left} more problems")
    return "\n".join(lines)


def stage_of(problem: Problem) -> str:
    """What could not be done because of a problem, in kro's words."""
    if problem.node == "schema" and (problem.path or "").startswith("status"):
        return (
            "failed to build instance conditions"
            if (problem.path or "").startswith("status.conditions")
            else "failed to build instance status schema"
        )
    for stage, codes in _STAGES:
        if problem.code in codes:
            return f'{stage} "{problem.node}"' if stage.endswith("resource") else stage
    if problem.node and problem.node != "schema":
        return f'failed to build resource "{problem.node}"'
    if problem.code != "crd-refused" and (problem.path or "").startswith(("spec", "types")):
        return "failed to build OpenAPI schema for instance"
    return "failed to build resourcegraphdefinition"


def _places(problems: Sequence[Problem]) -> str:
    told = []
    for problem in problems[:_PLACES]:
        position = f"{problem.line}:{problem.column + 1}" if problem.line is not None and problem.column is not None else None
        told.append(" ".join(part for part in (problem.node, problem.path, position) if part))
    left = len(problems) - _PLACES
    return ", ".join(told) + (f" and {left} more places" if left > 1 else " and one more place" if left == 1 else "")


def _place(problem: Problem, *, whole: bool) -> str:
    """What the message does not say of the place. whole: with the expression, however long."""
    parts = []
    if problem.node and problem.node != "schema" and f'"{problem.node}"' not in problem.message:
        parts.append(f"node {problem.node}")
    if problem.path and problem.path not in problem.message:
        parts.append(f"path {problem.path}")
    if problem.expression and problem.expression not in problem.message and (whole or len(problem.expression) <= _SHORT):
        parts.append(f"expression {problem.expression!r}" if "\n" in problem.expression else f"expression {problem.expression}")
    if problem.line is not None and problem.column is not None:
        parts.append(f"line {problem.line}:{problem.column + 1}")
    return ", ".join(parts)
