"""Objects of which only a part is written down: the rest is computed later, and may turn out as anything, or as nothing.

What is said of such an object must hold whatever the unknown parts become. A :class:`Part` answers in that sense: ``absent``, ``text`` and
``number`` tell what is certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphcore.errors.paths import child


class _Mark:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __deepcopy__(self, _memo: object) -> _Mark:
        return self


UNKNOWN: Final = _Mark("(computed)")
"""A value that is computed: of any type, null and absence included. Messages show it by its name."""
_ABSENT: Final = _Mark("ABSENT")


def is_known(value: Any) -> bool:
    """Whether nothing in a value is computed."""
    if isinstance(value, Mapping):
        return all(map(is_known, value.values()))
    if isinstance(value, list):
        return all(map(is_known, value))
    return value is not UNKNOWN


@dataclass(frozen=True, slots=True)
class Part:
    """A place in an object and what stands there."""

    path: str
    value: Any

    def __getitem__(self, name: str) -> Part:
        path = child(self.path, name)
        if isinstance(self.value, Mapping):
            return Part(path, self.value.get(name, _ABSENT))
        return Part(path, _ABSENT if self.value is _ABSENT else UNKNOWN)

    def at(self, dotted: str) -> Part:
        """A place further down: ``spec.template``."""
        found = self
        for name in dotted.split("."):
            found = found[name]
        return found

    @property
    def unset(self) -> bool:
        """Nothing is written here."""
        return self.value is _ABSENT or self.value is None

    @property
    def absent(self) -> bool:
        """Nothing is written here, or what Go takes for nothing."""
        return self.unset or self.value in ("", [], {})

    @property
    def written(self) -> bool:
        """An object is written here, with all names of its members."""
        return isinstance(self.value, Mapping)

    @property
    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    @property
    def number(self) -> int | None:
        return self.value if type(self.value) is int else None

    @property
    def items(self) -> list[Part]:
        """The elements of a list that is written here, unknown ones included."""
        if not isinstance(self.value, list):
            return []
        return [Part(f"{self.path}[{index}]", item) for index, item in enumerate(self.value)]

    @property
    def members(self) -> Iterator[tuple[str, Part]]:
        """The members of an object that is written here, by name."""
        for name in sorted(self.value) if isinstance(self.value, Mapping) else ():
            yield name, Part(child(self.path, name), self.value[name])
