"""How the demonstration looks: a picture that moves where there is a terminal, one line per change where there is none."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from local_emulator.cli.scenario import Look, Row, Snapshot, State

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
_FAINT = "bright_black"
_MARGIN = "   "


@dataclass(slots=True)
class Stage:
    """Shows acts one after another. known: what the lines of earlier acts have said. first: UID of each node's first object."""

    console: Console
    acts: int = 0
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def act(self, title: str, command: str) -> None:
        """Announces an act, and the command with which one would do the same."""
        self.acts += 1
        self.console.print()
        self._print(Text.assemble((f"{self.acts}  ", "bold cyan"), (title, "bold")))
        self._print(Text(f"{_MARGIN}$ {command}", style=_FAINT))

    def done(self, text: str, seconds: float) -> None:
        """Closes an act."""
        self._print(Text.assemble(_MARGIN, ("✓ ", "bold green"), text, (f"  {seconds:.2f} s", _FAINT)))

    @contextlib.contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Something turns on a terminal while there is nothing else to see."""
        if self.console.is_terminal:
            with self.console.status(f"[bright_black]{text}[/]", spinner="dots"):
                yield
        else:
            yield

    @contextlib.contextmanager
    def watching(self) -> Iterator[Look]:
        """Shows the looks of one act as they come."""
        began = time.monotonic()
        if not self.console.is_terminal:
            yield lambda seen: self._lines(self.marked(seen), time.monotonic() - began)
            return
        with Live(console=self.console, auto_refresh=False) as live:
            yield lambda seen: live.update(picture(self.marked(seen), time.monotonic() - began), refresh=True)

    def marked(self, seen: Snapshot) -> Snapshot:
        """Says of an object that it is not the node's first one."""
        rows = []
        for row in seen.rows:
            again = bool(row.uid) and self.first.setdefault(row.node, row.uid) != row.uid
            rows.append(replace(row, detail=f"{row.detail}, made again".removeprefix(", ")) if again else row)
        return replace(seen, rows=tuple(rows))

    def _lines(self, seen: Snapshot, elapsed: float) -> None:
        """A line for every node that changed since the last look."""
        told = [(row.node, (row.kind, row.name, _WORDS[row.state], row.detail)) for row in seen.rows if row.name or row.node in self.known]
        told.append((seen.kind, ("", seen.name, seen.state or "not yet looked at", "")))
        for node, values in told:
            if self.known.get(node) == values:
                continue
            self.known[node] = values
            kind, name, state, detail = values
            text = f"{_MARGIN}{elapsed:6.2f} s  {node:<11} {f'{kind} {name}'.strip():<20} {state}"
            self._print(Text(f"{text}: {detail}" if detail else text))

    def _print(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)


def picture(seen: Snapshot, elapsed: float | None = None) -> RenderableType:
    """The instance with its nodes, one line each."""
    state = (seen.state or "not yet looked at", _STATES.get(seen.state, _FAINT))
    time_taken = (f"  {elapsed:.1f} s" if elapsed is not None else "", _FAINT)
    lines = [Text.assemble(_MARGIN, (f"{seen.kind} ", "bold"), seen.name, "  ", state, time_taken)]
    last = len(seen.rows) - 1
    lines += _aligned([_cells(row, "└─" if index == last else "├─") for index, row in enumerate(seen.rows)])
    return Group(*lines)


def fields(seen: Snapshot) -> RenderableType:
    """What the instance's status projects."""
    return Group(*_aligned([(Text(f"{_MARGIN}status.{name}", style=_FAINT), Text(str(value))) for name, value in seen.fields.items()]))


def _cells(row: Row, branch: str) -> tuple[Text, ...]:
    symbol, style = _SYMBOLS[row.state]
    faint = _FAINT if row.state in ("waiting", "excluded") else ""
    return (
        Text.assemble(_MARGIN, (branch, _FAINT), " ", (symbol, style), " ", (row.node, faint or "bold")),
        Text(row.kind, style=faint),
        Text(row.name or "–", style=faint),
        Text(_WORDS[row.state], style=style),
        Text(row.detail, style=_FAINT),
    )


def _aligned(rows: Sequence[tuple[Text, ...]]) -> list[Text]:
    """Rows as lines with columns two blanks apart and nothing behind the last word."""
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        line = Text()
        for cell, width in zip(row, widths, strict=True):
            line.append_text(cell).append(" " * (width - cell_len(cell.plain) + 2))
        line.rstrip()
        lines.append(line)
    return lines


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
