"""What reading an object found out: fields nobody knows, and values that do not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


class Mismatch(Exception):
    """A value of the wrong JSON type. ``expected`` is the type as the API server names it, ``got`` what JSON holds."""

    def __init__(self, expected: str, got: str, why: str = "") -> None:
        super().__init__(expected, got, why)
        self.expected = expected
        self.got = got
        self.message = why

    def place(self, struct: str, path: str) -> None:
        """Called by every struct around the value, innermost first; that one names it."""
        if not self.message:
            field_path = re.sub(r"\[[0-9]+\]", "", path)
            self.message = f"json: cannot unmarshal {self.got} into Go struct field {struct}.{field_path} of type {self.expected}"


@dataclass(slots=True)
class Report:
    """Collected while one object is read. ``unknown`` holds paths like ``spec.template.spec.containers[0].imagee``.

    applied: the object comes from an apply, in which nulls of custom resources stay where they are and do not fit.
    """

    applied: bool = False
    unknown: list[str] = field(default_factory=list)


def json_type(value: object) -> str:
    """The JSON type of a value as Go's decoder names it in errors."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "number"
    if isinstance(value, float):
        return f"number {value}"
    return "array" if isinstance(value, list) else "object"
