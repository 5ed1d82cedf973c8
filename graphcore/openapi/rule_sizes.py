"""Ranges of sizes and costs, and what functions with a cost of their own are told about a call."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from graphcore.cel.ast import Expr
from graphcore.cel.types import Type

LIMIT = 2**64 - 1
TRAVERSAL = 0.1
REGEX = 0.25


@dataclass(frozen=True, slots=True)
class Range:
    """A size or cost between two bounds."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Range) -> Range:
        return Range(min(self.low + other.low, LIMIT), min(self.high + other.high, LIMIT))

    def __mul__(self, other: Range) -> Range:
        return Range(min(self.low * other.low, LIMIT), min(self.high * other.high, LIMIT))

    def __or__(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))

    def scaled(self, factor: float) -> Range:
        return Range(min(math.ceil(self.low * factor), LIMIT), min(math.ceil(self.high * factor), LIMIT))


def fixed(value: int) -> Range:
    return Range(value, value)


UNKNOWN = Range(0, LIMIT)
ONE = fixed(1)


@dataclass(slots=True)
class Operand:
    """A part of a call, for functions with a cost of their own."""

    expr: Expr
    type: Type
    path: tuple[str, ...]
    size: Range | None


@dataclass(frozen=True, slots=True)
class CallCost:
    """Cost of the call itself and, where it makes a text or list, the size of that."""

    cost: Range
    size: Range | None = None


class Sizes(Protocol):
    """Where sizes come from."""

    def known(self, operand: Operand) -> Range:
        """From the expression alone."""
        ...

    def declared_size(self, path: tuple[str, ...]) -> Range | None:
        """By schema of what stands at a path."""
        ...
