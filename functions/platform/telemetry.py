"""What a process says about itself: one JSON line per fact on stderr, and counters in the Prometheus text format.

Lines carry names, counts and durations; never the content of an object.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

Level = Literal["info", "warning", "error"]


REMEMBERED = 1000
"""Lines that are not said twice."""


def now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A time as RFC 3339 with microseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(slots=True)
class Telemetry:
    """component: the function's name. write: takes one line."""

    component: str
    write: Callable[[str], None] = field(default=lambda line: print(line, file=sys.stderr, flush=True))
    counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)
    _said: dict[tuple[str, tuple[tuple[str, Any], ...]], None] = field(default_factory=dict)

    def log(self, level: Level, event: str, **fields: Any) -> None:
        """One line; ``fields`` are names, numbers or one-line texts."""
        line = {"time": stamp(now()), "level": level, "component": self.component, "event": event}
        self.write(json.dumps(line | {key: value for key, value in fields.items() if value not in (None, "")}, ensure_ascii=False))

    def once(self, level: Level, event: str, **fields: Any) -> None:
        """One line the first time that a process says this; of what was said long ago it may be said again."""
        key = (event, tuple(sorted(fields.items())))
        if key in self._said:
            return
        while len(self._said) >= REMEMBERED:
            del self._said[next(iter(self._said))]
        self._said[key] = None
        self.log(level, event, **fields)

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        """Adds to a counter."""
        self.counts[(name, tuple(sorted(labels.items())))] += by  # type: ignore[assignment]

    def exposition(self, gauges: Iterable[tuple[str, float]] = ()) -> str:
        """All counters and the given gauges as Prometheus text."""
        lines = []
        for (name, labels), value in sorted(self.counts.items()):
            shown = ",".join(f'{key}="{_escape(text)}"' for key, text in (*labels, ("function", self.component)))
            lines.append(f"krofn_{name}{{{shown}}} {value:g}")
        lines += [f'krofn_{name}{{function="{self.component}"}} {value:g}' for name, value in gauges]
        return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


class ToldError(Exception):
    """An error of ours: its text is for people, and holds names only."""


def first_line(error: BaseException) -> str:
    """An error as one line for a log. What nobody expected may repeat any value: only its type and where it was raised are told."""
    kind = type(error).__name__
    if isinstance(error, ToldError):
        text = str(error).strip().splitlines()
        return f"{kind}: {text[0]}" if text else kind
    frames = traceback.extract_tb(error.__traceback__)
    return f"{kind} at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else kind
