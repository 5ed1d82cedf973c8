"""Binary operators by precedence, on explicit stacks.

Long chains cost no recursion here: ``a + b + c`` is a tree that leans to the left, and a chain of ``&&`` or ``||`` becomes a balanced tree,
as in cel-go, so that long conditions stay shallow.
"""

from __future__ import annotations

from graphcore.cel.ast import Call, Expr

LEVELS = {
    "||": 1,
    "&&": 2,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "==": 3,
    "!=": 3,
    "in": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
_LOGICAL = 2  # the highest level of the logical operators
_FUNCTIONS = {operator: f"_{operator}_" for operator in LEVELS} | {"in": "@in"}
_Operator = tuple[int, str, int, int]  # level, function, id, offset


class Chain:
    """Operands and operators in the order in which they are read; heights are those of the operands' trees."""

    __slots__ = ("_heights", "_operands", "_operators")

    def __init__(self, first: Expr, height: int) -> None:
        self._operands = [first]
        self._heights = [height]
        self._operators: list[_Operator] = []

    def push(self, level: int, operator: str, id: int, offset: int) -> None:
        """The next operator."""
        while self._operators and (self._operators[-1][0] > level or (self._operators[-1][0] == level and level > _LOGICAL)):
            self._reduce()
        self._operators.append((level, _FUNCTIONS[operator], id, offset))

    def operand(self, expr: Expr, height: int) -> None:
        """The next operand."""
        self._operands.append(expr)
        self._heights.append(height)

    def result(self) -> tuple[Expr, int]:
        """The tree and its height."""
        while self._operators:
            self._reduce()
        return self._operands[0], self._heights[0]

    def _reduce(self) -> None:
        level, function, id, offset = self._operators.pop()
        operands, heights = self._operands, self._heights
        if level > _LOGICAL or not self._operators or self._operators[-1][0] != level:
            right = operands.pop()
            operands[-1] = Call(id, offset, function, (operands[-1], right))
            height = heights.pop()
            heights[-1] = max(height, heights[-1]) + 1
            return
        run = [(id, offset)]
        while self._operators and self._operators[-1][0] == level:
            _, _, id, offset = self._operators.pop()
            run.append((id, offset))
        run.reverse()
        terms = operands[-len(run) - 1 :]
        highest = max(heights[-len(run) - 1 :])
        del operands[-len(run) :], heights[-len(run) :]
        operands[-1] = _balanced(function, terms, run, 0, len(run) - 1)
        heights[-1] = highest + len(run).bit_length()


def _balanced(function: str, terms: list[Expr], operators: list[tuple[int, int]], low: int, high: int) -> Expr:
    """The chain ``terms[low] op … op terms[high + 1]`` with the middle operator on top."""
    middle = (low + high + 1) // 2
    left = terms[middle] if middle == low else _balanced(function, terms, operators, low, middle - 1)
    right = terms[middle + 1] if middle == high else _balanced(function, terms, operators, middle + 1, high)
    id, offset = operators[middle]
    return Call(id, offset, function, (left, right))
