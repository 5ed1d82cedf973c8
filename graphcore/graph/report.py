"""A list of problems as text: one paragraph each, the place first on request, the wording kro's where scripts may match it."""

from __future__ import annotations

from collections.abc import Sequence

from graphcore.errors import Problem

_STAGES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "failed to validate resourcegraphdefinition",
        frozenset(
            [
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
    stage = _stage(problem)
    text = f"{stage}: {problem.message}" if stage else problem.message
    place = _place(problem)
    if place:
        text += f" ({place})"
    if problem.hint:
        text += f"; {problem.hint}"
    return text


def render_all(problems: Sequence[Problem], limit: int = 20) -> str:
    """All problems in one message, numbered when there are several; at most ``limit`` are spelled out."""
    if len(problems) == 1:
        return render(problems[0])
    lines = [f"{number}. {render(problem)}" for number, problem in enumerate(problems[:limit], 1)]
    if len(problems) > limit:
        lines.append(f"and {len(problems) - limit} more problems")
    return f"{len(problems)} problems: " + " ".join(lines)


def _stage(problem: Problem) -> str:
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


def _place(problem: Problem) -> str:
    parts = []
    if problem.node and problem.node != "schema" and f'"{problem.node}"' not in problem.message:
        parts.append(f"node {problem.node}")
    if problem.path and problem.path not in problem.message:
        parts.append(f"path {problem.path}")
    if problem.expression and problem.expression not in problem.message:
        parts.append(f"expression {problem.expression!r}" if "\n" in problem.expression else f"expression {problem.expression}")
    if problem.line is not None and problem.column is not None:
        parts.append(f"line {problem.line}:{problem.column + 1}")
    return ", ".join(parts)
