"""Text to abstract syntax.

One function parses a whole level of an expression: prefix operators, operand, selections and calls, and binary operators by precedence on
explicit stacks; it calls itself only for what stands in brackets. So a level of nesting costs at most two Python frames, and the depth
limit is reached long before Python's own. Faults of meaning (reserved words, literals out of range, macro arguments) are collected;
a fault of syntax ends the parse, except where leaving out one token or taking the operand as given lets it go on, as cel-go's generated
parser does.

Source: cel-go ``parser/gen/CEL.g4``, ``parser/parser.go`` (positions, limits, messages). The texts of syntax errors follow ANTLR's.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from graphcore.cel.ast import (
    Call,
    Expr,
    FieldInit,
    Ident,
    ListExpr,
    Literal,
    MapEntry,
    MapExpr,
    Select,
    StructExpr,
    qualified_name,
)
from graphcore.cel.cursor import LEVELS, OPERAND, OPERAND_SET, Cursor, Stop
from graphcore.cel.errors import CelError, Issue
from graphcore.cel.lexer import END, display
from graphcore.cel.literals import bytes_value, double_value, int_value, string_value, uint_value
from graphcore.cel.macros import MACROS, MacroError, Maker

MAX_DEPTH = 250  # nesting of brackets, and height of the tree
MAX_SIZE = 100_000  # code points
_RESERVED = frozenset(
    ("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "namespace", "package", "return", "var")
) | {"void", "while"}
_FUNCTIONS = {operator: f"_{operator}_" for operator in LEVELS} | {"in": "@in"}
_CONSTANTS = {"true": True, "false": False, "null": None}


class _Parser(Cursor):
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

    def grow(self, height: int) -> None:
        """A node stands on sub-expressions of that height."""
        self.height = height + 1
        if height >= MAX_DEPTH:
            raise self.limit("max recursion depth exceeded")

    def binary(self, first: Expr, level: int) -> Expr:
        """Operators by precedence; the first operand is read, and an operator of the level follows."""
        operands, heights = [first], [self.height]
        operators: list[tuple[int, str, int, int]] = []
        while level:
            while operators and (operators[-1][0] > level or (operators[-1][0] == level and level > 2)):
                self.reduce(operands, heights, operators)
            at = self.pos
            operators.append((level, _FUNCTIONS[self.kinds[at]], self.next_id(), self.offsets[at]))
            self.pos = at + 1
            self.quiet = False
            operands.append(self.operand())
            heights.append(self.height)
            level = LEVELS.get(self.kinds[self.pos], 0)
        while operators:
            self.reduce(operands, heights, operators)
        self.height = heights[0]
        return operands[0]

    def reduce(self, operands: list[Expr], heights: list[int], operators: list[tuple[int, str, int, int]]) -> None:
        level, function, id, offset = operators.pop()
        if level > 2 or not operators or operators[-1][0] != level:
            right = operands.pop()
            operands[-1] = Call(id, offset, function, (operands[-1], right))
            height = heights.pop()
            self.grow(max(height, heights[-1]))
            heights[-1] = self.height
            return
        # A run of && or of ||: a balanced tree, so that long conditions stay shallow.
        run = [(id, offset)]
        while operators and operators[-1][0] == level:
            _, _, id, offset = operators.pop()
            run.append((id, offset))
        run.reverse()
        terms = operands[-len(run) - 1 :]
        self.grow(max(heights[-len(run) - 1 :]) + len(run).bit_length() - 1)
        del operands[-len(run) :], heights[-len(run) :]
        operands[-1] = _balanced(function, terms, run, 0, len(run) - 1)
        heights[-1] = self.height

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
            if kinds[at] not in OPERAND_SET or kinds[at] in ("!", "-"):
                if at - start > 1:
                    self.syntax(f"no viable alternative at input '{sign}'")
                    self.quiet = False
                elif kinds[at] in ("!", "-"):
                    self.syntax(f"no viable alternative at input '{sign}{kinds[at]}'")
                    raise Stop
        if sign == "-" and at - start == 1 and kinds[at] in ("NUM_INT", "NUM_FLOAT"):
            self.pos = start
            sign = ""
        expr = self.primary()
        while (kind := kinds[self.pos]) in (".", "["):
            expr = self.selection(expr) if kind == "." else self.index(expr)
        if sign and (at - start) % 2:
            expr = Call(self.next_id(), self.offsets[start], "!_" if sign == "!" else "-_", (expr,))
            self.grow(self.height)
        return expr

    def primary(self) -> Expr:
        kinds, at = self.kinds, self.pos
        kind = kinds[at]
        if kind not in OPERAND_SET:
            if not self.recover_operand():
                self.height = 1
                return Literal(self.next_id(), self.offsets[at], None)
            return self.primary()
        self.quiet = False
        offset = self.offsets[at]
        self.pos = at + 1
        self.height = 1
        match kind:
            case "IDENTIFIER":
                return self.identifier(at, "")
            case "STRING":
                return self.literal(offset, string_value, self.texts[at])
            case "(":
                expr = self.expression()
                self.expect(")")
                return expr
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
            case "[":
                return self.list_literal(offset)
            case "{":
                return self.map_literal(offset)
        # A dot: a name that is looked up from the root.
        if kinds[at + 1] != "IDENTIFIER":
            self.pos = at + 1
            self.syntax(f"no viable alternative at input '.{'' if kinds[at + 1] == END else display(self.texts[at + 1])}'")
            raise Stop
        self.pos = at + 2
        return self.identifier(at + 1, ".")

    def literal(self, offset: int, convert: Callable[[str], Any], text: str) -> Expr:
        try:
            return Literal(self.next_id(), offset, convert(text))
        except ValueError as error:
            return self.fault(offset, str(error))

    def unsigned(self, offset: int, text: str) -> Expr:
        from graphcore.cel.values import Uint

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
        """``.name``, ``.?name``, ``.name(arguments)`` after an operand."""
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
                self.syntax(f"mismatched input '{display(name)}' expecting {{IDENTIFIER, ESC_IDENTIFIER}}")
            elif qualified_name(operand) is not None and kinds[at - 1] == "IDENTIFIER":
                self.syntax(f"mismatched input '{display(name)}' expecting IDENTIFIER")
            else:
                self.syntax(f"no viable alternative at input '.{'' if kind == END else display(name)}'")
            raise Stop
        self.quiet = False
        self.pos = name_at + 1
        if optional:
            key = Literal(self.next_id(), self.offsets[name_at], name)
            expr: Expr = Call(self.next_id(), offset, "_?._", (operand, key))
        elif kind == "IDENTIFIER" and kinds[name_at + 1] == "(":
            height = self.height
            call_offset = self.offsets[name_at + 1]
            self.pos = name_at + 2
            return self.call(call_offset, name, operand, self.arguments(), height)
        else:
            expr = Select(self.next_id(), offset, operand, name)
        self.grow(self.height)
        return expr

    def index(self, operand: Expr) -> Expr:
        """``[key]`` and ``[?key]`` after an operand."""
        offset, height = self.offsets[self.pos], self.height
        self.pos += 1
        function = "_[_]"
        if self.kinds[self.pos] == "?":
            self.pos += 1
            function = "_[?_]"
        id = self.next_id()
        key = self.expression()
        self.expect("]")
        self.grow(max(height, self.height))
        return Call(id, offset, function, (operand, key))

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
            if prefix is not None and f"{prefix}.{name}" in self.known:
                return Call(self.next_id(), offset, f"{prefix}.{name}", args)
        return Call(self.next_id(), offset, name, args, target)

    def arguments(self) -> tuple[Expr, ...]:
        """After the opening parenthesis, up to and with the closing one. Leaves the greatest height."""
        if self.kinds[self.pos] == ")":
            self.pos += 1
            self.height = 0
            return ()
        args, height = [self.expression()], self.height
        while self.kinds[self.pos] == ",":
            self.pos += 1
            args.append(self.expression())
            height = max(height, self.height)
        if self.kinds[self.pos] == ")":
            self.pos += 1
        else:
            self.expect(")", ",") if self.kinds[self.pos] in OPERAND_SET else self.expect(")")
        self.height = height
        return tuple(args)

    def list_literal(self, offset: int) -> Expr:
        id = self.next_id()
        elements: list[Expr] = []
        optional: list[int] = []
        height = 0
        while self.kinds[self.pos] not in ("]", ","):
            if self.kinds[self.pos] == "?":
                optional.append(len(elements))
                self.pos += 1
            elements.append(self.expression())
            height = max(height, self.height)
            if self.kinds[self.pos] != ",":
                break
            self.pos += 1
        else:
            # ``[,]`` is an empty list; a second comma is not.
            if not elements and self.kinds[self.pos] == ",":
                self.pos += 1
        self.expect("]")
        self.grow(height)
        return ListExpr(id, offset, tuple(elements), frozenset(optional))

    def map_literal(self, offset: int) -> Expr:
        id = self.next_id()
        entries: list[MapEntry] = []
        height = 0
        while self.kinds[self.pos] not in ("}", ","):
            optional = self.kinds[self.pos] == "?"
            self.pos += optional
            if not optional and not entries and self.kinds[self.pos] not in OPERAND_SET:
                if not self.recover_operand(("[", "{", "}", "(", ".", ",", "-", "!", "?", *OPERAND[6:])):
                    raise Stop
                continue
            key = self.expression()
            height = max(height, self.height)
            colon = self.offsets[self.pos]
            self.expect(":")
            value = self.expression()
            height = max(height, self.height)
            entries.append(MapEntry(self.next_id(), colon, key, value, optional))
            if self.kinds[self.pos] != ",":
                break
            self.pos += 1
        else:
            if not entries and self.kinds[self.pos] == ",":
                self.pos += 1
        self.expect("}")
        self.grow(height)
        return MapExpr(id, offset, tuple(entries))

    def struct_literal(self, name: str, offset: int) -> Expr:
        id = self.next_id()
        fields: list[FieldInit] = []
        height = 0
        while self.kinds[self.pos] not in ("}", ","):
            optional = self.kinds[self.pos] == "?"
            self.pos += optional
            kind, text = self.kinds[self.pos], self.texts[self.pos]
            if kind not in ("IDENTIFIER", "ESC_IDENTIFIER"):
                names = ("IDENTIFIER", "ESC_IDENTIFIER")
                wanted = names if optional else ("}", ",", "?", *names)
                if not self.recover_operand(wanted):
                    raise Stop
                continue
            self.quiet = False
            self.pos += 1
            colon = self.offsets[self.pos]
            self.expect(":")
            value = self.expression()
            height = max(height, self.height)
            fields.append(FieldInit(self.next_id(), colon, text[1:-1] if kind == "ESC_IDENTIFIER" else text, value, optional))
            if self.kinds[self.pos] != ",":
                break
            self.pos += 1
        else:
            if not fields and self.kinds[self.pos] == ",":
                self.pos += 1
        self.expect("}")
        self.grow(height)
        return StructExpr(id, offset, name, tuple(fields))


def _balanced(function: str, terms: list[Expr], operators: list[tuple[int, int]], low: int, high: int) -> Expr:
    """The chain ``terms[low] op … op terms[high + 1]`` with the middle operator on top."""
    middle = (low + high + 1) // 2
    left = terms[middle] if middle == low else _balanced(function, terms, operators, low, middle - 1)
    right = terms[middle + 1] if middle == high else _balanced(function, terms, operators, middle + 1, high)
    id, offset = operators[middle]
    return Call(id, offset, function, (left, right))


def parse(source: str, functions: Container[str] = ()) -> Expr:
    """Parses an expression and expands its macros. functions: qualified names to be taken as functions (``json.marshal``).

    Raises CelError (phase ``parse``) with every fault found, in order of position.
    """
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
