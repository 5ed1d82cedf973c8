"""Text to abstract syntax.

Methods call each other in a circle of three (``expression``, ``operand``, one per kind of bracket); binary operators stand on explicit
stacks. So a level of nesting costs at most three Python frames, and the depth limit is reached before Python's own. Faults of meaning
(reserved words, literals out of range, macro arguments) are collected; a fault of syntax ends the parse, except where leaving out one token
or taking the operand as given lets it go on, as cel-go's generated parser does.

Source: cel-go ``parser/gen/CEL.g4``, ``parser/parser.go`` (positions, limits, messages). The texts of syntax errors follow ANTLR's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Any

from graphcore.cel.ast import (
    Call,
    Expr,
    Ident,
    Literal,
    Select,
    Uint,
    qualified_name,
)
from graphcore.cel.errors import CelError, Issue
from graphcore.cel.syntax.brackets import Brackets
from graphcore.cel.syntax.cursor import EXPECTED_OPERAND, MAX_DEPTH, OPERAND_SET, Stop
from graphcore.cel.syntax.lexer import END, display
from graphcore.cel.syntax.literals import bytes_value, double_value, int_value, string_value, uint_value
from graphcore.cel.syntax.macros import MACROS, MacroError, Maker
from graphcore.cel.syntax.precedence import LEVELS, Chain

MAX_SIZE = 100_000  # code points
_RESERVED = frozenset(
    ("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "namespace", "package", "return", "var")
) | {"void", "while"}
_SURROGATES = re.compile("[\ud800-\udfff]")  # JSON can hold them, text cannot
_NAMES = ("IDENTIFIER", "ESC_IDENTIFIER")
_NUMBERS = ("NUM_INT", "NUM_FLOAT")
_CONSTANTS = {"true": True, "false": False, "null": None}


class _Parser(Brackets):
    __slots__ = ()

    def expression(self, ternary: bool = True) -> Expr:
        """A whole expression; without ``ternary`` only a disjunction (the middle of ``c ? x : y``)."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.limit(f"expression recursion limit exceeded: {MAX_DEPTH}")
        kinds = self.kinds
        operand = self.operand()
        level = LEVELS.get(kinds[self.pos], 0)
        if level:
            operand = self.binary(operand, level)
        while ternary and kinds[self.pos] == "?":
            height = self.height
            id, offset = self.next_id(), self.offsets[self.pos]
            self.pos += 1
            self.quiet = False
            then = self.expression(False)
            height = max(height, self.height)
            if kinds[self.pos] != ":":
                self.expect(":")
            else:
                self.pos += 1
            otherwise = self.expression()
            operand = Call(id, offset, "_?_:_", (operand, then, otherwise))
            self.grow(max(height, self.height))
            break
        self.depth -= 1
        return operand

    def binary(self, first: Expr, level: int) -> Expr:
        """Operators by precedence; the first operand is read, and an operator of the level follows."""
        chain = Chain(first, self.height)
        while level:
            at = self.pos
            chain.push(level, self.kinds[at], self.next_id(), self.offsets[at])
            self.pos = at + 1
            self.quiet = False
            chain.operand(self.operand(), self.height)
            level = LEVELS.get(self.kinds[self.pos], 0)
        operand, height = chain.result()
        self.grow(height - 1)
        return operand

    def operand(self) -> Expr:
        """``! - primary .field [index] (arguments)``"""
        kinds = self.kinds
        start = at = self.pos
        kind = kinds[at]
        sign = ""
        if kind in ("!", "-"):
            sign = kind
            while kinds[at] == sign:
                at += 1
            self.pos = at
            self.quiet = False
            negative = kinds[at] == "-" and kinds[at + 1] in _NUMBERS  # ``!-1``: part of the literal
            if not negative and (kinds[at] not in OPERAND_SET or kinds[at] in ("!", "-")):
                if kinds[at] == "-":
                    self.pos = at + 1
                    self.no_alternative(at)
                    raise Stop
                if sign == "-":
                    self.no_alternative(at - 1)
                    if kinds[at] == "!":
                        raise Stop
                    self.quiet = False
                else:
                    self.syntax(f"extraneous input '{display(self.texts[at])}' expecting {EXPECTED_OPERAND}")
        if sign == "-" and at - start == 1 and kinds[at] in _NUMBERS:
            self.pos = start
            sign = ""
        match kinds[self.pos]:
            case "(":
                self.opened()
                expr = self.expression()
                self.expect(")")
            case "[":
                expr = self.list_literal(self.opened())
            case "{":
                expr = self.map_literal(self.opened())
            case "IDENTIFIER" if kinds[self.pos + 1] == "(" and self.texts[self.pos] not in _RESERVED:
                name = self.texts[self.pos]
                self.pos += 1
                offset = self.opened()
                expr = self.call(offset, name, None, self.arguments(), 0)
            case _:
                expr = self.primary()
        while (kind := kinds[self.pos]) in (".", "["):
            if kind == "[":
                expr = self.index(expr)
            elif kinds[self.pos + 1] == "IDENTIFIER" and kinds[self.pos + 2] == "(":
                height, name = self.height, self.texts[self.pos + 1]
                self.pos += 2
                offset = self.opened()
                expr = self.call(offset, name, expr, self.arguments(), height)
            else:
                expr = self.selection(expr)
        if sign and (at - start) % 2:
            expr = Call(self.next_id(), self.offsets[start], "!_" if sign == "!" else "-_", (expr,))
            self.grow(self.height)
        return expr

    def opened(self) -> int:
        """Consumes an opening bracket; gives its offset."""
        at = self.pos
        self.quiet = False
        self.pos = at + 1
        return self.offsets[at]

    def primary(self) -> Expr:
        """A literal, a name, or an object literal."""
        kinds, at = self.kinds, self.pos
        kind = kinds[at]
        if kind not in OPERAND_SET:
            if not self.recover_operand():
                self.height = 1
                return Literal(self.next_id(), self.offsets[at], None)
            return self.operand()
        self.quiet = False
        offset = self.offsets[at]
        self.pos = at + 1
        self.height = 1
        match kind:
            case "IDENTIFIER":
                return self.identifier(at, "")
            case "STRING":
                return self.literal(offset, string_value, self.texts[at])
            case "NUM_INT" | "-":
                text = self.texts[at]
                if kind == "-":
                    self.pos = at + 2
                    text += self.texts[at + 1]
                    if kinds[at + 1] == "NUM_FLOAT":
                        return self.literal(offset, double_value, text)
                return self.literal(offset, int_value, text)
            case "true" | "false" | "null":
                return Literal(self.next_id(), offset, _CONSTANTS[kind])
            case "NUM_FLOAT":
                return self.literal(offset, double_value, self.texts[at])
            case "NUM_UINT":
                return self.unsigned(offset, self.texts[at])
            case "BYTES":
                return self.literal(offset, bytes_value, self.texts[at])
        # A dot: a name that is looked up from the root.
        if kinds[at + 1] != "IDENTIFIER":
            self.pos = at + 1
            self.no_alternative(at)
            raise Stop
        self.pos = at + 2
        return self.identifier(at + 1, ".")

    def literal(self, offset: int, convert: Callable[[str], Any], text: str) -> Expr:
        try:
            return Literal(self.next_id(), offset, convert(text))
        except ValueError as error:
            return self.fault(offset, str(error))

    def unsigned(self, offset: int, text: str) -> Expr:
        try:
            return Literal(self.next_id(), offset, Uint(uint_value(text)))
        except ValueError as error:
            return self.fault(offset, str(error))

    def identifier(self, at: int, dot: str) -> Expr:
        kinds = self.kinds
        after = kinds[at + 1]
        if after == "." or after == "{":
            end = at + 1
            while kinds[end] == "." and kinds[end + 1] == "IDENTIFIER":
                end += 2
            if kinds[end] == "{":
                self.pos = end + 1
                return self.struct_literal(dot + "".join(self.texts[at:end]), self.offsets[end])
        name = self.texts[at]
        if name in _RESERVED:
            fault = self.fault(self.offsets[at] - len(dot), f"reserved identifier: {name}")
            if after != "(":
                return fault
            self.pos = at + 2
            self.arguments()
            return fault
        if after != "(":
            return Ident(self.next_id(), self.offsets[at], dot + name)
        offset = self.offsets[at + 1]
        self.pos = at + 2
        args = self.arguments()
        return self.call(offset, dot + name, None, args, 0)

    def selection(self, operand: Expr) -> Expr:
        """``.name``, ``.?name`` after an operand."""
        kinds, at = self.kinds, self.pos
        offset = self.offsets[at]
        optional = kinds[at + 1] == "?"
        name_at = at + 1 + optional
        kind, name = kinds[name_at], self.texts[name_at]
        if kind == "ESC_IDENTIFIER":
            name = name[1:-1]
        elif kind != "IDENTIFIER":
            self.pos = name_at
            if optional:
                word = "extraneous" if kinds[name_at + 1 : name_at + 2] and kinds[name_at + 1] in _NAMES else "mismatched"
                self.syntax(f"{word} input '{display(name)}' expecting {{IDENTIFIER, ESC_IDENTIFIER}}")
            elif kind in _CONSTANTS:
                self.syntax(f"mismatched input '{name}' expecting IDENTIFIER")
            else:
                self.no_alternative(at)
            raise Stop
        self.quiet = False
        self.pos = name_at + 1
        if optional:
            key = Literal(self.next_id(), self.offsets[name_at], name)
            expr: Expr = Call(self.next_id(), offset, "_?._", (operand, key))
        else:
            expr = Select(self.next_id(), offset, operand, name)
        self.grow(self.height)
        return expr

    def call(self, offset: int, name: str, target: Expr | None, args: tuple[Expr, ...], height: int) -> Expr:
        """A call, after its arguments: macro, function of a namespace, method or plain function. height: of the target."""
        height = max(height, self.height if args else 0)
        expander = MACROS.get((name, len(args), target is not None))
        if expander is not None:
            try:
                expanded = expander(Maker(self.next_id, offset), target, args)
            except MacroError as error:
                return self.fault(error.offset, error.message)
            if expanded is not None:
                self.grow(height + (3 if name != "has" else 0))
                return expanded
        self.grow(height)
        if target is not None:
            prefix = qualified_name(target)
            if prefix is not None and (full := f"{prefix}.{name}".lstrip(".")) in self.known:
                return Call(self.next_id(), offset, full, args)
        return Call(self.next_id(), offset, name, args, target)


def parse(source: str, functions: Container[str] = ()) -> Expr:
    """Parses an expression and expands its macros. functions: qualified names to be taken as functions (``json.marshal``).

    Raises CelError (phase ``parse``) with every fault found, in order of position.
    """
    if not source.isascii():
        source = _SURROGATES.sub("\ufffd", source)
    if len(source) > MAX_SIZE:
        message = f"expression code point size exceeds limit: size: {len(source)}, limit {MAX_SIZE}"
        raise CelError("", (Issue(message, -1, -1),), "parse")
    parser = _Parser(source, functions)
    expr: Expr | None = None
    try:
        expr = parser.expression()
        parser.expect(END)
    except Stop:
        expr = None
    except RecursionError:
        # The caller left less of Python's stack than the limit needs.
        parser.issues.insert(0, Issue("max recursion depth exceeded", -1, -1))
    if parser.issues or expr is None:
        issues = sorted(parser.issues, key=lambda issue: (issue.line, issue.column))
        raise CelError(source, tuple(issues), "parse")
    return expr
