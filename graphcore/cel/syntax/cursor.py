"""Where the parser stands in its tokens, and what it has found wrong.

Source: the texts follow ANTLR's default error strategy, whose words cel-go's users know.
"""

from __future__ import annotations

from collections.abc import Container

from graphcore.cel.ast import Expr, Literal
from graphcore.cel.errors import Issue
from graphcore.cel.syntax.lexer import END, display, issue_at, tokenize
from graphcore.cel.syntax.precedence import LEVELS

OPERAND = ("[", "{", "(", ".", "-", "!", "true", "false", "null", "NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER")
OPERAND_SET = frozenset(OPERAND)
CONTINUES = frozenset(LEVELS) | {"?", ".", "["}
_OPENING = {")": "(", "]": "[", "}": "{"}
CLOSERS = frozenset(_OPENING) | {",", ":", END}
MAX_DEPTH = 250  # nesting of brackets, and height of the tree
MAX_ISSUES = 100


class Stop(Exception):
    """The rest cannot be parsed; the reason is among the issues."""


def _expected(kinds: tuple[str, ...]) -> str:
    words = [kind if kind.isupper() or kind == END else f"'{kind}'" for kind in kinds]
    return words[0] if len(words) == 1 else "{" + ", ".join(words) + "}"


EXPECTED_OPERAND = _expected(OPERAND)


class Cursor:
    """Tokens with a position, node ids, the height of the tree so far, and the faults."""

    __slots__ = ("depth", "height", "issues", "kinds", "known", "last_id", "offsets", "pos", "quiet", "source", "texts")

    def __init__(self, source: str, known: Container[str]) -> None:
        tokens, unread = tokenize(source)
        self.kinds, self.texts, self.offsets = tokens
        self.source = source
        self.known = known
        self.pos = 0
        self.last_id = 0
        self.depth = 0
        self.height = 0  # of the expression parsed last
        self.quiet = False  # after a fault, until a token fits again
        self.issues: list[Issue] = [
            issue_at(source, offset, f"Syntax error: token recognition error at: '{display(text)}'") for offset, text in unread[:MAX_ISSUES]
        ]

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    # -- faults

    def fault(self, offset: int, message: str) -> Expr:
        self.issues.append(issue_at(self.source, offset, message))
        return Literal(self.next_id(), offset, None)

    def syntax(self, message: str) -> None:
        if not self.quiet:
            if self.source:
                self.fault(self.offsets[self.pos], f"Syntax error: {message}")
            else:
                self.issues.append(Issue(f"Syntax error: {message}", 1, -1))  # as cel-go counts where there is nothing
        self.quiet = True

    def no_alternative(self, first: int) -> None:
        """Nothing that begins with the token ``first`` can go on as it does here; both are shown, with what is between them."""
        start, end = self.offsets[first], self.offsets[self.pos] + len(self.texts[self.pos])
        text = self.texts[first] if self.kinds[self.pos] == END else self.source[start:end]
        self.syntax(f"no viable alternative at input '{display(text)}'")

    def limit(self, message: str) -> Stop:
        self.issues.insert(0, Issue(message, -1, -1))
        return Stop()

    def expect(self, kind: str, *others: str) -> None:
        """Consumes one token of the kind. others: what would have fitted as well, for the message."""
        at = self.pos
        if self.kinds[at] != kind:
            token, wanted = display(self.texts[at]), _expected((kind, *others))
            if self.kinds[at] != END and self.kinds[at + 1] in (kind, *others):
                self.syntax(f"extraneous input '{token}' expecting {wanted}")
                self.pos = at + 1
                if self.kinds[self.pos] != kind:
                    raise Stop
            else:
                word = (
                    f"missing {wanted} at '{token}'"
                    if not others and self.fits_after(kind)
                    else f"mismatched input '{token}' expecting {wanted}"
                )
                self.syntax(word)
                raise Stop
        self.quiet = False
        self.pos += 1

    def fits_after(self, kind: str) -> bool:
        """Whether the token here would be right if a token of the kind stood before it."""
        here = self.kinds[self.pos]
        if kind == ":":
            return here in OPERAND_SET
        if kind not in _OPENING:
            return False
        brackets: list[str] = []
        for before in self.kinds[: self.pos]:
            if before in _OPENING.values():
                brackets.append(before)
            elif before in _OPENING and brackets:
                brackets.pop()
        if len(brackets) < 2:
            return here == END
        return here == "," or _OPENING.get(here) == brackets[-2]

    def recover_operand(self, expecting: tuple[str, ...] = OPERAND) -> bool:
        """No operand begins here: True when leaving out the token helps."""
        at = self.pos
        token = display(self.texts[at])
        if self.kinds[at] != END and self.kinds[at + 1] in expecting:
            self.syntax(f"extraneous input '{token}' expecting {_expected(expecting)}")
            self.pos = at + 1
            return True
        self.syntax(f"mismatched input '{token}' expecting {_expected(expecting)}")
        if self.kinds[at] not in CONTINUES and self.kinds[at] not in CLOSERS:
            raise Stop
        return False
