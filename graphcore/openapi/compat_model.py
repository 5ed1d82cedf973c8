"""Changes of a CRD as values."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from graphcore import names

PRESERVE = "x-kubernetes-preserve-unknown-fields"
ANNOTATE = f'annotate the definition with {names.ALLOW_BREAKING_CHANGES}: "true" to apply the change all the same'

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One change. path: ``spec.a``, ``spec.list[]`` (its items), ``spec.map[*]`` (its values), ``additionalPrinterColumns``, …

    code: stable name of the kind of change. message: what changed, in kro's words. remedy: how to avoid a break, or, of a change that is
    applied with a warning, what it means to those who write instances.
    """

    code: str
    path: str
    message: str
    remedy: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs, in order of the schema. cautions: those of the compatible ones that writers of instances will feel."""

    breaking: tuple[Change, ...] = ()
    compatible: tuple[Change, ...] = ()
    cautions: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.breaking or self.compatible)

    @property
    def summary(self) -> str:
        """``breaking changes detected: …`` with every breaking change and its remedy, a line each if there are several, then how to apply
        them all the same; empty if there is none. Same changes, same text.
        """
        if not self.breaking:
            return ""
        told = [f"{change}; {change.remedy}" if change.remedy else str(change) for change in self.breaking[:MOST_TOLD]]
        if len(self.breaking) == 1:
            return f"breaking changes detected: {told[0]}, or {ANNOTATE}"
        if len(self.breaking) > MOST_TOLD:
            told.append(f"and {len(self.breaking) - MOST_TOLD} more")
        return "\n".join(["breaking changes detected:", *(f"- {line}" for line in told), f"Do so, or {ANNOTATE}"])


@dataclass(slots=True)
class Recorder:
    """Collects changes during a comparison."""

    _breaking: list[Change] = field(default_factory=list)
    _compatible: list[Change] = field(default_factory=list)
    _cautions: list[Change] = field(default_factory=list)

    def breaking(self, code: str, path: str, message: str, remedy: str) -> None:
        self._breaking.append(Change(code, path, message, remedy))

    def compatible(self, code: str, path: str, message: str) -> None:
        self._compatible.append(Change(code, path, message))

    def caution(self, code: str, path: str, message: str, meaning: str) -> None:
        """A change that no stored object can break, and that later writes can."""
        change = Change(code, path, message, meaning)
        self._compatible.append(change)
        self._cautions.append(change)

    def judged(self, breaks: bool, code: str, path: str, message: str, remedy: str) -> None:
        """A change that breaks or not, depending on where it is."""
        if breaks:
            self.breaking(code, path, message, remedy)
        else:
            self.compatible(code, path, message)

    def changes(self) -> Changes:
        return Changes(tuple(self._breaking), tuple(self._compatible), tuple(self._cautions))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the comparison stands. status: in the schema of the status. values: below a map's values, where kro sees nothing."""

    path: str
    status: bool = False
    values: bool = False

    @property
    def lenient(self) -> bool:
        """Whether nothing at all is held against the author here."""
        return self.status and self.values

    def below(self, path: str, *, values: bool = False) -> Place:
        return Place(path, self.status or path == "status", self.values or values)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are (the API server writes one for the other), 1 and true are not."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def shown(value: Any) -> str:
    """A value of a schema in a message; ``nothing`` for what is absent."""
    return "nothing" if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)
