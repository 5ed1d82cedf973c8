"""What happens in one schedule, drawn from its seed: a list of steps that can be printed, replayed and shortened.

A step names no object of its world but a place in the sorted list of those that there are then (a number in [0, 1)), so that leaving out one
step leaves the others meaningful.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

CHAOS = 40.0
"""Seconds in which steps begin."""


@dataclass(frozen=True, slots=True)
class Step:
    """at: seconds since the beginning. do: a method of :class:`tests.simulation.way.schedule.Schedule`, called with ``arguments``."""

    at: float
    do: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.arguments.items())
        return f"{self.at:7.3f} s  {self.do}({shown})"


@dataclass(frozen=True, slots=True)
class Plan:
    """definitions: names of those that there are from the beginning, with several instances each. broker: events go through one. stock: they name no
    revision, as those of a stock source.
    """

    seed: int
    theme: str
    definitions: tuple[str, ...]
    steps: tuple[Step, ...]
    broker: bool = False
    stock: bool = False

    def __str__(self) -> str:
        way = "through a broker" if self.broker else "directly"
        return "\n".join(
            [
                f"seed {self.seed} ({self.theme}; {', '.join(self.definitions)}; {way}{', stock' if self.stock else ''})",
                *map(str, self.steps),
            ]
        )


Weights = Mapping[str, float]
USERS: Weights = {
    "edit": 3,
    "create": 1,
    "remove": 1,
    "child_deleted": 2,
    "child_edited": 1,
    "edition": 1,
}
THEMES: Mapping[str, tuple[tuple[tuple[str, ...], ...], Weights, Weights]] = {
    # name: (worlds to choose from, what users do, what goes wrong)
    "mixed": (
        (("app",), ("app", "user"), ("catalog", "maker"), ("app", "outer"), ("user", "catalog")),
        {**USERS, "labels": 1, "foreign": 1, "source": 2, "several_deleted": 1, "crd_removed": 0.3, "notes": 0.5, "team": 1},
        {"refuse": 2, "lag": 2, "away": 2, "slow": 1, "post": 1, "late": 1, "compact": 1, "kill": 1, "bridge": 1, "freeze": 0.5},
    ),
    "labels": (
        (("app",), ("app", "maker"), ("app", "user"), ("app", "catalog")),
        {"labels": 4, "child_deleted": 2, "several_deleted": 1, "edit": 1, "create": 0.5, "remove": 0.5, "labelled_deleted": 2},
        {"late": 2, "lag": 2, "away": 1, "compact": 1, "kill": 0.3, "post": 1},
    ),
    "fanout": (
        (("app",), ("app", "catalog")),
        {"edition": 4, "edit": 1, "create": 0.5, "remove": 0.3},
        {
            "slow_fanout": 5,
            "behind": 3,
            "page": 3,
            "inlet": 2,
            "kill_fanout": 2,
            "post": 1,
            "late": 1,
            "refuse": 1,
            "bridge": 0.3,
            "lag": 1,
            "slow": 1,
        },
    ),
    "references": (
        (("user",), ("catalog",), ("user", "catalog")),
        {"source": 6, "edit": 2, "create": 2, "remove": 0.5, "child_deleted": 0.5, "edition": 0.5},
        {"lag": 3, "away": 2, "slow": 3, "compact": 1, "bridge": 2, "half_blind": 1, "late": 1, "refuse": 0.5, "late_record": 5},
    ),
    "firsts": (
        (("app",), ("maker",)),
        {"source": 2, "edit": 1, "create": 1, "child_deleted": 1, "edition": 1},
        {"wider": 6, "lag": 2, "late": 1, "kill": 0.5, "half_blind": 0.5},
    ),
    "orphans": (
        (("app",), ("app", "maker")),
        {"remove_soon": 3, "create": 3, "edit": 2, "edition": 1},
        {"stray_write": 6, "slow": 2, "kill": 3, "late": 3, "lag": 2, "freeze": 2, "away": 1, "post": 1},
    ),
    "merging": (
        (("app",), ("app", "user")),
        {"several_deleted": 4, "child_deleted": 2, "child_edited": 2, "edit": 2, "labels": 1, "edition": 1, "remove": 0.5, "create": 0.5},
        {"flapping": 3, "late": 4, "lag": 2, "away": 3, "compact": 2, "freeze": 1, "post": 1, "kill": 0.5},
    ),
    "kinds": (
        (("maker",), ("app", "outer"), ("maker", "outer", "app"), ("app", "outer", "user")),
        {"crd_removed": 3, "source": 2, "edit": 2, "create": 1, "child_deleted": 2, "edition": 2, "remove": 0.5, "late_definition": 1},
        {"lag": 2, "away": 2, "slow": 2, "bridge": 1, "half_blind": 3, "refuse": 1, "compact": 1},
    ),
    "refusals": (
        (("app",), ("user",), ("maker",), ("app", "outer")),
        {**USERS, "source": 1, "team": 2, "notes": 1},
        {"refuse": 4, "cold": 3, "unreminded": 3, "post": 2, "inlet": 1, "kill": 1, "lag": 1},
    ),
    "namespaces": (
        (("app",), ("app", "user")),
        {"vanish": 2, "return": 1, "edit": 2, "child_deleted": 1, "create": 1, "remove": 1},
        {"lag": 1, "away": 1, "bridge": 1, "refuse": 0.5, "late": 1},
    ),
    "hostile": (
        (("app",), ("app", "user")),
        {"notes": 3, "revision_note": 3, "edit": 2, "child_deleted": 2, "edition": 2, "foreign": 1, "team": 1},
        {"demoted": 3, "bridge": 2, "kill": 2, "late": 1, "lag": 1, "away": 1},
    ),
}


def draw(seed: int) -> Plan:
    """The plan of a seed."""
    random = Random(f"plan/{seed}")
    theme = random.choice(sorted(THEMES))
    worlds, users, troubles = THEMES[theme]
    definitions = random.choice(worlds)
    steps: list[Step] = []
    draws = Draws(random)
    bursts = [random.uniform(1.0, CHAOS) for _ in range(random.choice((1, 2, 3, 4)))]
    for _ in range(random.randint(3, 12)):
        # Much of what goes wrong needs several things close together.
        at = random.choice(bursts) + random.expovariate(1.0) if random.random() < 0.7 else random.uniform(0.5, CHAOS)
        steps.append(draws.step(_pick(random, users), at))
    for _ in range(random.randint(1, 5)):
        near = random.choice(bursts) - random.expovariate(0.5)
        at = max(0.0, near) if random.random() < 0.7 else random.choice((0.0, random.uniform(0.0, CHAOS)))
        steps.append(draws.step(_pick(random, troubles), at))
    steps.sort(key=lambda step: step.at)
    broker, stock = random.random() < (0.5 if theme == "refusals" else 0.2), random.random() < (0.5 if theme == "hostile" else 0.0)
    return Plan(seed, theme, definitions, tuple(steps), broker, stock)


def _pick(random: Random, weights: Weights) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


READ = ("instances", "members", "references", "revisions", "customresourcedefinitions", "namespaces", "")
"""What a refusal is about: kinds by the part that they play, or by plural."""


@dataclass(slots=True)
class Draws:
    """Makes steps with arguments."""

    random: Random

    def step(self, what: str, at: float) -> Step:
        make: Callable[[], Mapping[str, Any]] = getattr(self, f"_{what}", dict)
        return Step(round(at, 3), what, make())

    def _where(self) -> float:
        return min(round(self.random.random(), 4), 0.9999)

    def _for(self) -> float:
        """Seconds that trouble lasts: mostly short."""
        return round(min(self.random.expovariate(1 / 6.0), 45.0), 3)

    def _edit(self) -> Mapping[str, Any]:
        return {"where": self._where(), "value": self.random.randrange(1000)}

    _create = _remove = _child_deleted = _child_edited = _foreign = _edit
    _source = _team = _several_deleted = _revision_note = _notes = _edit

    def _remove_soon(self) -> Mapping[str, Any]:
        return {"where": self._where(), "after": round(self.random.expovariate(20.0), 4), "value": self.random.randrange(1000)}

    def _edition(self) -> Mapping[str, Any]:
        return {"where": self._where(), "shape": self.random.randrange(3)}

    def _labels(self) -> Mapping[str, Any]:
        which = self.random.choice(("each", "all", "owned"))
        return {"where": self._where(), "which": which, "how": self.random.randrange(30)}

    def _labelled_deleted(self) -> Mapping[str, Any]:
        return {**self._labels(), "after": round(self.random.expovariate(0.5), 3)}

    def _crd_removed(self) -> Mapping[str, Any]:
        return {"seconds": self._for()}

    def _late_definition(self) -> Mapping[str, Any]:
        return {}

    # what goes wrong

    def _refuse(self) -> Mapping[str, Any]:
        return {
            "code": self.random.choice((403, 404, 500, 500, 503, 429, 0)),
            "about": self.random.choice(READ),
            "who": self.random.choice(("", "instance", "definition", "bridge", "fanout")),
            "verb": self.random.choice(("read", "read", "list", "write", "")),
            "share": self.random.choice((1.0, 0.5, 0.2)),
            "seconds": self._for(),
        }

    def _about(self) -> Mapping[str, Any]:
        return {"about": self.random.choice(READ), "seconds": self._for()}

    _away = _about

    def _lag(self) -> Mapping[str, Any]:
        return {**self._about(), "much": round(self.random.choice((0.05, 0.3, 2.0, 10.0)), 3)}

    def _slow(self) -> Mapping[str, Any]:
        return {**self._lag(), "who": self.random.choice(("bridge", "bridge", "instance", "fanout", ""))}

    def _late(self) -> Mapping[str, Any]:
        return {"much": self.random.choice((0.1, 0.5, 3.0)), "seconds": self._for()}

    def _post(self) -> Mapping[str, Any]:
        code = self.random.choice((0, 400, 403, 404, 413, 429, 500, 503))
        return {"code": code, "share": self.random.choice((1.0, 0.5)), "seconds": self._for()}

    def _page(self) -> Mapping[str, Any]:
        return {"code": self.random.choice((500, 403, 404, 0)), "share": self.random.choice((0.3, 0.6)), "seconds": self._for()}

    def _inlet(self) -> Mapping[str, Any]:
        return {
            "who": self.random.choice(("fanout", "fanout", "instance", "definition")),
            "code": self.random.choice((0, 413, 500, 503)),
            "share": self.random.choice((1.0, 0.5, 0.2)),
            "seconds": self._for(),
        }

    def _kill(self) -> Mapping[str, Any]:
        return {"where": self._where(), "seconds": round(self.random.expovariate(0.5), 3)}

    def _kill_fanout(self) -> Mapping[str, Any]:
        return {"seconds": round(self.random.expovariate(1.0), 3)}

    def _slow_fanout(self) -> Mapping[str, Any]:
        return {"much": self.random.choice((0.5, 2.0, 4.0)), "seconds": round(self.random.uniform(5.0, 25.0), 3)}

    def _behind(self) -> Mapping[str, Any]:
        return {"seconds": round(self.random.uniform(3.0, 15.0), 3), "late": self.random.choice((0.5, 3.0))}

    def _half_blind(self) -> Mapping[str, Any]:
        return {"away": round(self.random.expovariate(1.0), 3), "share": self.random.choice((0.3, 0.6)), "seconds": self._for()}

    def _late_record(self) -> Mapping[str, Any]:
        moments = sorted(round(self.random.uniform(0.2, 8.0), 3) for _ in range(2))
        return {**self._edit(), "much": self.random.choice((4.0, 8.0)), "moments": moments}

    def _flapping(self) -> Mapping[str, Any]:
        moments = sorted(round(self.random.uniform(0.5, 20.0), 3) for _ in range(6))
        return {"where": self._where(), "seconds": 20.0, "moments": moments}

    def _demoted(self) -> Mapping[str, Any]:
        return {**self._edit(), "after": round(self.random.uniform(0.5, 5.0), 3)}

    def _wider(self) -> Mapping[str, Any]:
        moments = sorted(round(self.random.uniform(0.2, 6.0), 3) for _ in range(3))
        return {
            **self._edit(),
            "name": self.random.choice(("user", "catalog")),
            "much": round(self.random.uniform(3.0, 15.0), 3),
            "moments": moments,
        }

    def _stray_write(self) -> Mapping[str, Any]:
        moments = sorted(round(self.random.uniform(0.01, 2.0), 3) for _ in range(2))
        return {**self._edit(), "much": self.random.choice((2.0, 5.0)), "killed": moments[0], "removed": moments[1]}

    def _cold(self) -> Mapping[str, Any]:
        about = self.random.choice(("customresourcedefinitions", "graphrevisions"))
        return {**self._edit(), "about": about, "code": self.random.choice((403, 404, 500, 0)), "seconds": self._for()}

    def _unreminded(self) -> Mapping[str, Any]:
        return {**self._edit(), "code": self.random.choice((403, 500)), "inlet": self.random.choice((0, 413, 503)), "seconds": self._for()}

    def _bridge(self) -> Mapping[str, Any]:
        return {"seconds": self._for()}

    def _freeze(self) -> Mapping[str, Any]:
        return {"where": self._where(), "seconds": self._for()}


__all__ = ["CHAOS", "Plan", "Step", "draw"]
