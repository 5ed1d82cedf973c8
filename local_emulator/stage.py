"""How the demonstration looks: a picture that moves where there is a terminal, one line per change where there is none."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from local_emulator.scenario import Look, Row, Snapshot, State

_SYMBOLS: dict[State, tuple[str, str]] = {
    "ready": ("●", "green"),
    "progressing": ("◐", "yellow"),
    "waiting": ("○", "bright_black"),
    "excluded": ("·", "bright_black"),
    "deleting": ("✕", "red"),
}
_WORDS: dict[State, str] = {
    "ready": "ready",
    "progressing": "in progress",
    "waiting": "waiting",
    "excluded": "left out",
    "deleting": "being deleted",
}
_STATES = {"ACTIVE": "bold green", "IN_PROGRESS": "yellow", "ERROR": "bold red", "DELETING": "red"}


@dataclass(slots=True)
class Stage:
    """Shows acts one after another on a console."""

    console: Console
    acts: int = 0

    def act(self, title: str, command: str = "") -> None:
        """Announces an act."""
        self.acts += 1
        self.console.print()
        self.console.print(Text.assemble((f"{self.acts}  ", "bold cyan"), (title, "bold")))
        if command:
            self.console.print(Text(f"   $ {command}", style="bright_black"))

    def done(self, text: str, seconds: float) -> None:
        """Closes an act."""
        self.console.print(Text.assemble("   ", ("✓ ", "bold green"), text, (f"  {seconds:.2f} s", "bright_black")))

    @contextlib.contextmanager
    def watching(self) -> Iterator[Look]:
        """Shows the looks of one act as they come."""
        if self.console.is_terminal:
            with Live(Text(""), console=self.console, refresh_per_second=12, transient=False) as live:
                began = time.monotonic()

                def look(seen: Snapshot) -> None:
                    live.update(picture(seen, time.monotonic() - began), refresh=True)

                yield look
        else:
            yield _Lines(self.console).look


@dataclass(slots=True)
class _Lines:
    """A line for every node that changed since the last look."""

    console: Console
    began: float = field(default_factory=time.monotonic)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def look(self, seen: Snapshot) -> None:
        rows: list[tuple[str, tuple[str, ...]]] = [
            (row.node, (row.kind, row.name or "-", _WORDS[row.state], row.detail, row.uid))
            for row in seen.rows
            if row.name or row.node in self.known
        ]
        rows.append((f"{seen.kind}", (seen.name, "", seen.state or "not yet looked at", "", "")))
        for name, values in rows:
            if self.known.get(name) != values:
                self.known[name] = values
                kind, what, state, detail, _ = values
                text = f"   {time.monotonic() - self.began:6.2f} s  {name:<11} {f'{kind} {what}'.strip():<20} {state}"
                self.console.print(Text(f"{text}: {detail}" if detail else text))


def picture(seen: Snapshot, elapsed: float | None = None) -> RenderableType:
    """The instance with its nodes, one line each."""
    head = Text.assemble(
        "   ",
        (f"{seen.kind} ", "bold"),
        seen.name,
        "  ",
        (seen.state or "not yet looked at", _STATES.get(seen.state, "bright_black")),
        (f"  {elapsed:.1f} s" if elapsed is not None else "", "bright_black"),
    )
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for index, row in enumerate(seen.rows):
        branch = "└─" if index == len(seen.rows) - 1 else "├─"
        table.add_row(*_cells(row, branch))
    return Group(head, table)


def _cells(row: Row, branch: str) -> tuple[Text, ...]:
    symbol, style = _SYMBOLS[row.state]
    faint = "bright_black" if row.state in ("waiting", "excluded") else ""
    return (
        Text.assemble("   ", (branch, "bright_black"), " ", (symbol, style), " ", (row.node, faint or "bold")),
        Text(row.kind, style=faint),
        Text(row.name or "–", style=faint),
        Text(_WORDS[row.state], style=style),
        Text(row.detail, style="bright_black"),
    )


def fields(seen: Snapshot) -> RenderableType:
    """What the instance's status projects."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for name, value in seen.fields.items():
        table.add_row(Text(f"   status.{name}", style="bright_black"), Text(str(value)))
    return table


def as_json(seen: Snapshot) -> dict[str, Any]:
    """The same for programs."""
    return {
        "kind": seen.kind,
        "name": seen.name,
        "state": seen.state,
        "ready": seen.ready,
        "status": dict(seen.fields),
        "resources": [{"id": row.node, "kind": row.kind, "name": row.name, "state": row.state, "detail": row.detail} for row in seen.rows],
    }
