"""kro's condition engine: a root ``Ready`` that is computed from its dependents.

Setting a condition that says the same again changes nothing; ``lastTransitionTime`` moves only with the status. Source: kro's behaviour,
written down in the reference pages; the stored order is part of it: by transition time, of equal times by when they were last set, the
root last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from graphcore import names
from graphcore.numbers import whole

Status = Literal["True", "False", "Unknown"]
AWAITING = "AwaitingReconciliation"


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with whole seconds, as Kubernetes writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_since(stamp: Any, now: datetime) -> float:
    """Age of an RFC 3339 time; 0 for one that is missing or unreadable."""
    try:
        return max(0.0, (now - datetime.fromisoformat(str(stamp).replace("Z", "+00:00"))).total_seconds())
    except (ValueError, TypeError):
        return 0.0


@dataclass(frozen=True, slots=True)
class Condition:
    """generation: the object's generation when it was set. transition: RFC 3339. reason and message None: absent."""

    type: str
    status: str
    reason: str | None = None
    message: str | None = None
    transition: str | None = None
    generation: int | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Condition:
        return cls(
            str(raw.get("type", "")),
            str(raw.get("status", "")),
            raw.get("reason"),
            raw.get("message"),
            raw.get("lastTransitionTime"),
            raw.get("observedGeneration"),
        )

    def to_json(self) -> dict[str, Any]:
        found = {
            "type": self.type,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "lastTransitionTime": self.transition,
            "observedGeneration": self.generation,
        }
        return {key: value for key, value in found.items() if value is not None}


def parse_all(raw: Any) -> tuple[Condition, ...]:
    """Conditions of a status; what is no condition is skipped."""
    return tuple(Condition.parse(item) for item in raw or () if isinstance(item, Mapping)) if isinstance(raw, Sequence) else ()


@dataclass(slots=True)
class ConditionSet:
    """The conditions of one object while a run works on it.

    dependents: types that the root ``Ready`` is computed from, in order. held: in the order in which they were last set. turned: types
    whose status changed in this run: kro knows that they did so later than any time that is stored in whole seconds.
    """

    dependents: tuple[str, ...]
    generation: int
    now: str
    held: dict[str, Condition] = field(default_factory=dict)
    turned: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, obj: Mapping[str, Any], dependents: tuple[str, ...], now: datetime, *, keep_unknown: bool) -> ConditionSet:
        """The set of ``obj`` with every missing type created ``Unknown`` as of the object's creation. keep_unknown: keep foreign types."""
        metadata = obj.get("metadata") or {}
        opened = cls(dependents, whole(metadata.get("generation")) or 0, timestamp(now))
        for condition in parse_all((obj.get("status") or {}).get("conditions")):
            if keep_unknown or condition.type in (*dependents, names.READY):
                opened.held[condition.type] = condition
        for name in (names.READY, *dependents):
            if name not in opened.held:
                message = f'condition "{name}" is awaiting reconciliation'
                created = metadata.get("creationTimestamp") or opened.now
                opened.held[name] = Condition(name, "Unknown", AWAITING, message, created, opened.generation)
        return opened

    def set(self, name: str, status: Status, reason: str, message: str) -> None:
        """Set a dependent and recompute the root."""
        self._put(name, status, reason, message)
        self._recompute()

    def set_unknown_type(self, name: str) -> None:
        """Back to the state before anything was known of ``name``, at the current generation."""
        self.set(name, "Unknown", AWAITING, f'condition "{name}" is awaiting reconciliation')

    def drop(self, name: str) -> None:
        self.held.pop(name, None)

    def touch(self, types: Iterable[str]) -> None:
        """Stamp the current generation on conditions that stay as and where they are."""
        for name in types:
            if name in self.held:
                self.held[name] = replace(self.held[name], generation=self.generation)

    def get(self, name: str) -> Condition:
        return self.held[name]

    def is_true(self, name: str) -> bool:
        return self.held[name].status == "True"

    def ordered(self) -> list[Condition]:
        """As stored: by transition time, then by when they were last set, root last."""
        rest = [condition for condition in self.held.values() if condition.type != names.READY]
        rest.sort(key=lambda condition: (condition.transition or "", condition.type in self.turned))
        return [*rest, self.held[names.READY]]

    def to_json(self) -> list[dict[str, Any]]:
        return [condition.to_json() for condition in self.ordered()]

    def _put(self, name: str, status: str, reason: str | None, message: str | None) -> None:
        old = self.held.get(name)
        stays = old is not None and old.status == status and old.transition
        new = Condition(name, status, reason, message, old.transition if old is not None and stays else self.now, self.generation)
        if new == old:
            return
        if not stays:
            self.turned.add(name)
        self.held.pop(name, None)
        self.held[name] = new

    def _recompute(self) -> None:
        dependents = [self.held[name] for name in self.dependents]
        if all(condition.status == "True" and condition.generation == self.generation for condition in dependents):
            self._put(names.READY, "True", names.READY, "")
            return
        for status in ("False", "Unknown"):
            unhealthy = [condition for condition in dependents if condition.status == status]
            if unhealthy:
                newest = max(unhealthy, key=lambda condition: condition.transition or "")
                self._put(names.READY, newest.status, newest.reason, newest.message)
                return
