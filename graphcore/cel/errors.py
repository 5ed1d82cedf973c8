"""What can go wrong: faults of the text (:class:`CelError`) and faults of an evaluation (:class:`EvaluationError`).

Texts follow cel-go's so that scripts written for kro keep matching; they never contain data values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MAX_SNIPPET = 16384  # a longer source line is not shown


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault found by parser or checker.

    line: from 1; column: from 0 in code points (cel-go prints ``column + 1``). hint: the remedy, where one is known.
    """

    message: str
    line: int
    column: int
    hint: str | None = None

    def render(self, source: str) -> str:
        """cel-go's rendering: ``ERROR: <input>:1:3: …`` with the source line and a caret below. A fault without a place has line -1."""
        head = f"ERROR: <input>:{self.line}:{self.column + 1}: {self.message}"
        lines = source.split("\n")
        if not 0 < self.line <= len(lines):
            return head
        text = lines[self.line - 1].replace("\t", " ")
        if len(text) > MAX_SNIPPET:
            return head
        dots = "".join("." if ord(char) < 128 else "．" for char in text[: self.column])
        caret = "＾" if text[self.column : self.column + 1] > "\x7f" else "^"
        return f"{head}\n | {text}\n | {dots}{caret}"


class CelError(Exception):
    """An expression that cannot be compiled. issues: in order of position; phase: ``parse`` or ``check``."""

    def __init__(self, source: str, issues: tuple[Issue, ...], phase: str = "check") -> None:
        self.source = source
        self.issues = issues
        self.phase = phase
        super().__init__("\n".join(issue.render(source) for issue in issues))


class Reason(Enum):
    """Why an evaluation failed. The first four mean: data pending."""

    NO_SUCH_KEY = "no such key"
    NO_SUCH_FIELD = "no such field"
    NO_SUCH_ATTRIBUTE = "no such attribute"
    INDEX_OUT_OF_BOUNDS = "index out of bounds"
    NO_SUCH_OVERLOAD = "no such overload"
    DIVIDE_BY_ZERO = "division by zero"
    MODULUS_BY_ZERO = "modulus by zero"
    OVERFLOW = "overflow"
    CONVERSION = "conversion"
    BUDGET = "budget exceeded"
    OTHER = "other"


PENDING = frozenset({Reason.NO_SUCH_KEY, Reason.NO_SUCH_FIELD, Reason.NO_SUCH_ATTRIBUTE, Reason.INDEX_OUT_OF_BOUNDS})


class EvaluationError(Exception):
    """An evaluation that has no value. message: cel-go's wording, without data values. path: what was being read, if known."""

    def __init__(self, reason: Reason, message: str | None = None, path: str | None = None) -> None:
        self.reason = reason
        self.message = message if message is not None else reason.value
        self.path = path
        super().__init__(self.message)

    @property
    def pending(self) -> bool:
        """True where the data may yet appear (a typed outcome, never recognised by text)."""
        return self.reason in PENDING
