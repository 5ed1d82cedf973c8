"""How an expression came to its value: the value of every sub-expression, for people.

A sub-expression that depends on a secret variable, however indirectly, is shown without its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphcore.cel.ast import Call, Comprehension, Expr, Ident, Literal, Select, children
from graphcore.cel.compiler.context import Environment, Evaluator
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.syntax.lexer import tokenize

MAX_VALUES: Final = 8
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}", "[?": "]"}


@dataclass(frozen=True, slots=True)
class Step:
    """One sub-expression.

    start, end: code points of the source. values: what it gave, at most MAX_VALUES of ``count`` times, empty when redacted.
    error: the message of its first failure.
    """

    start: int
    end: int
    text: str
    values: tuple[Any, ...]
    count: int
    error: str | None
    redacted: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """steps: in order of position, outer before inner. value: of the whole, None when it failed (error) or is redacted."""

    source: str
    steps: tuple[Step, ...]
    value: Any
    error: EvaluationError | None
    redacted: bool


class Recorder:
    """Wraps the evaluators of the nodes that are there in the text; what macros insert is not shown."""

    def __init__(self, source: str, expr: Expr, secret: frozenset[str]) -> None:
        self._source = source
        self._expr = expr
        self._ranges = _Ranges(source).of(expr)
        self._secret = _depending(expr, secret)
        self._seen: dict[int, list[Any]] = {}
        self._count: dict[int, int] = {}
        self._errors: dict[int, str] = {}

    def observe(self, expr: Expr, evaluator: Evaluator) -> Evaluator:
        """An evaluator that also records what the node gave."""
        node = expr.id
        if node not in self._ranges:
            return evaluator
        seen, count, errors = self._seen.setdefault(node, []), self._count, self._errors
        secret = node in self._secret

        def observed(env: Environment) -> Any:
            count[node] = count.get(node, 0) + 1
            try:
                value = evaluator(env)
            except EvaluationError as error:
                errors.setdefault(node, error.message)
                raise
            if not secret and len(seen) < MAX_VALUES:
                seen.append(value)
            return value

        return observed

    def run(self, evaluator: Evaluator, environment: Environment) -> Trace:
        """Evaluates, and collects what was recorded. Never raises EvaluationError: it is in the trace."""
        value, failure = None, None
        try:
            value = evaluator(environment)
        except EvaluationError as error:
            failure = error
        except (RecursionError, MemoryError):
            failure = EvaluationError(Reason.BUDGET, "budget exceeded: the expression is nested too deeply or too large")
        redacted = self._expr.id in self._secret
        return Trace(self._source, tuple(self._steps()), None if redacted else value, failure, redacted)

    def _steps(self) -> list[Step]:
        steps = []
        for node, (start, end) in sorted(self._ranges.items(), key=lambda item: (item[1][0], -item[1][1], item[0])):
            if self._count.get(node):
                text = self._source[start:end]
                values = tuple(self._seen.get(node, ()))
                steps.append(Step(start, end, text, values, self._count[node], self._errors.get(node), node in self._secret))
        return steps


def _depending(expr: Expr, secret: frozenset[str]) -> frozenset[int]:
    """Ids of the nodes whose value depends on one of the variables, directly or through variables of comprehensions."""
    found: set[int] = set()

    def visit(node: Expr, tainted: frozenset[str]) -> bool:
        if isinstance(node, Comprehension):
            over, init = visit(node.iter_range, tainted), visit(node.accu_init, tainted)
            names = frozenset({node.iter_var, node.iter_var2})
            inner = (tainted | names if over else tainted - names) - {node.accu_var}
            step = visit(node.loop_step, inner)
            if over or init or step:
                inner |= {node.accu_var}
            depends = visit(node.result, inner) | visit(node.loop_condition, inner) | over | step
        elif isinstance(node, Ident):
            rooted = node.name.startswith(".")  # a variable of the expression, whatever comprehensions around call theirs
            depends = node.name[1:] in secret if rooted else node.name in tainted
        else:
            depends = bool(sum(visit(part, tainted) for part in children(node)))  # all must be visited
        if depends:
            found.add(node.id)
        return depends

    visit(expr, secret)
    return frozenset(found)


class _Ranges:
    """Where the nodes stand in the text; the syntax tree knows only where each is reported."""

    def __init__(self, source: str) -> None:
        tokens, _ = tokenize(source)
        self.kinds, self.texts, self.offsets = tokens
        self.at = {offset: position for position, offset in enumerate(self.offsets)}
        self.found: dict[int, tuple[int, int]] = {}
        self.calls: set[int] = set()  # brackets already given to the call that wrote them

    def of(self, expr: Expr) -> Mapping[int, tuple[int, int]]:
        """Start and end of each node that the source shows, by id."""
        self.visit(expr)
        return self.found

    def visit(self, expr: Expr) -> tuple[int, int] | None:
        position = self.at.get(expr.offset)
        written = position is not None and self.written(expr, position)
        parts = [span for part in children(expr) if (span := self.visit(part)) is not None]
        if not written or position is None:
            return (min(start for start, _ in parts), max(end for _, end in parts)) if parts else None
        start, end = self.token(expr, position)
        span = (min([start, *(part[0] for part in parts)]), max([end, *(part[1] for part in parts)]))
        self.found[expr.id] = span
        return span

    def written(self, expr: Expr, position: int) -> bool:
        """Whether the node is in the text, and not one of those that a macro makes at its opening bracket."""
        if self.kinds[position] != "(":
            return True
        if expr.offset in self.calls or not isinstance(expr, (Call, Comprehension, Select)):
            return False
        self.calls.add(expr.offset)
        return True

    def token(self, expr: Expr, position: int) -> tuple[int, int]:
        """What belongs to the node itself: its token, its brackets, the name of its function or field."""
        kind = self.kinds[position]
        start, end = self.offsets[position], self.offsets[position] + len(self.texts[position])
        if kind in _CLOSERS and not isinstance(expr, (Ident, Literal)):
            end = self.closing(position)
            if kind == "(":
                while position > 0 and self.kinds[position - 1] in ("IDENTIFIER", "."):
                    position -= 1
                start = self.offsets[position]
        elif isinstance(expr, Select) or (isinstance(expr, Call) and expr.function == "_?._"):
            following = position + 1
            while following + 1 < len(self.kinds) and self.kinds[following] == "?":
                following += 1
            end = self.offsets[following] + len(self.texts[following])
        return start, end

    def closing(self, position: int) -> int:
        depth = 0
        for index in range(position, len(self.kinds)):
            if self.kinds[index] in _CLOSERS:
                depth += 1
            elif self.kinds[index] in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    return self.offsets[index] + 1
        return self.offsets[-1]
