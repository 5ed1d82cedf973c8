"""Verdicts on definitions, for people and for programs."""

from __future__ import annotations

from typing import Any

from graphcore.errors import Problem
from graphcore.graph import render_all
from local_emulator.cli.console import escape, stdout
from local_emulator.cli.definitions import Verdict
from local_emulator.cli.excerpts import excerpt


def show(verdict: Verdict) -> None:
    out = stdout()
    if verdict.graph is not None:
        kind = verdict.graph.instance
        order = " → ".join(verdict.graph.topological_order) or "no resources"
        out.print(f"[bold green]✓[/] [bold]{escape(verdict.name)}[/]  {kind.kind} ({kind.api_version})  {escape(order)}")
    else:
        count = sum(problem.severity == "error" for problem in verdict.problems)
        out.print(f"[bold red]✗[/] [bold]{escape(verdict.name or verdict.file)}[/]  {count} {'problem' if count == 1 else 'problems'}")
    for problem in verdict.problems:
        _show_problem(problem)


def _show_problem(problem: Problem) -> None:
    out = stdout()
    place = " · ".join(part for part in (problem.node and f"node {problem.node}", problem.path) if part)
    colour = "yellow" if problem.severity == "warning" else "red"
    out.print(f"  [{colour}]{problem.severity}[/] {escape(place or 'definition')}  [dim]{problem.code}[/]")
    out.print(f"    {escape(problem.message)}")
    for line in excerpt(problem):
        out.print(f"      [{colour}]{line}[/]" if line.strip() == "^" else f"      [cyan]{escape(line)}[/]")
    if problem.hint:
        out.print(f"    [dim]hint:[/] {escape(problem.hint)}")


def as_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "file": verdict.file,
        "name": verdict.name,
        "valid": verdict.graph is not None,
        "message": render_all(verdict.problems) if verdict.graph is None else "",
        "problems": [
            {
                key: getattr(problem, key)
                for key in ("severity", "code", "message", "node", "path", "expression", "line", "column", "hint")
                if getattr(problem, key) is not None
            }
            for problem in verdict.problems
        ],
    }
