"""What stands in brackets: elements, entries, fields, arguments, indices.

Source: cel-go ``parser/gen/CEL.g4``: a comma may follow the last element, entry or field (but not argument), or stand alone.
"""

from __future__ import annotations

from graphcore.cel.ast import Call, Expr, FieldInit, ListExpr, MapEntry, MapExpr, StructExpr
from graphcore.cel.syntax.cursor import MAX_DEPTH, OPERAND, OPERAND_SET, Cursor, Stop

_KEY = ("[", "{", "}", "(", ".", ",", "-", "!", "?", *OPERAND[6:])
_ELEMENT = ("[", "]", "{", "(", ".", ",", "-", "!", "?", *OPERAND[6:])
_ARGUMENT = ("[", "{", "(", ")", *OPERAND[3:])
_INDEX = (*OPERAND[:6], "?", *OPERAND[6:])
_NAME = ("IDENTIFIER", "ESC_IDENTIFIER")
_FIELD = ("}", ",", "?", *_NAME)


class Brackets(Cursor):
    """Parses up to and with the closing bracket; the opening one is consumed. What stands between is for ``expression``."""

    __slots__ = ()

    def expression(self) -> Expr:
        raise NotImplementedError

    def grow(self, height: int) -> None:
        """A node stands on sub-expressions of that height."""
        self.height = height + 1
        if height >= MAX_DEPTH:
            raise self.limit("max recursion depth exceeded")

    def index(self, operand: Expr) -> Expr:
        """``[key]`` and ``[?key]`` after an operand."""
        offset, height = self.offsets[self.pos], self.height
        self.pos += 1
        function = "_[_]"
        if self.kinds[self.pos] == "?":
            self.pos += 1
            function = "_[?_]"
        elif self.kinds[self.pos] not in OPERAND_SET and not self.recover_operand(_INDEX):
            raise Stop
        id = self.next_id()
        key = self.expression()
        self.expect("]")
        self.grow(max(height, self.height))
        return Call(id, offset, function, (operand, key))

    def arguments(self) -> tuple[Expr, ...]:
        """After the opening parenthesis, up to and with the closing one. Leaves the greatest height."""
        if self.kinds[self.pos] == ")":
            self.pos += 1
            self.height = 0
            return ()
        if self.kinds[self.pos] not in OPERAND_SET and self.recover_operand(_ARGUMENT):
            return self.arguments()
        args, height = [self.expression()], self.height
        while self.kinds[self.pos] == ",":
            self.pos += 1
            args.append(self.expression())
            height = max(height, self.height)
        self.expect(")")
        self.height = height
        return tuple(args)

    def another(self, count: int, close: str, expecting: tuple[str, ...]) -> bool:
        """Whether one more element follows the ``count`` so far; if none does, the closing bracket is consumed.

        expecting: what may follow the opening bracket.
        """
        while True:
            kind = self.kinds[self.pos]
            if count and kind != ",":
                self.expect(close, ",")
                return False
            if kind == ",":
                self.pos += 1
                if count and self.kinds[self.pos] != "," and self.kinds[self.pos] != close and self.kinds[self.pos] in expecting:
                    return True
            if kind == "," or kind == close:
                self.expect(close)
                return False
            if kind in expecting:
                return True
            if not self.recover_operand(expecting):
                raise Stop

    def optional(self) -> bool:
        """Consumes a question mark, if there is one."""
        found = self.kinds[self.pos] == "?"
        self.pos += found
        return found

    def list_literal(self, offset: int) -> Expr:
        id = self.next_id()
        elements: list[Expr] = []
        optional: list[int] = []
        height = 0
        while self.another(len(elements), "]", _ELEMENT):
            if self.optional():
                optional.append(len(elements))
            elements.append(self.expression())
            height = max(height, self.height)
        self.grow(height)
        return ListExpr(id, offset, tuple(elements), frozenset(optional))

    def map_literal(self, offset: int) -> Expr:
        id = self.next_id()
        entries: list[MapEntry] = []
        height = 0
        while self.another(len(entries), "}", _KEY):
            optional = self.optional()
            key = self.expression()
            height = max(height, self.height)
            colon = self.offsets[self.pos]
            self.expect(":")
            value = self.expression()
            height = max(height, self.height)
            entries.append(MapEntry(self.next_id(), colon, key, value, optional))
        self.grow(height)
        return MapExpr(id, offset, tuple(entries))

    def struct_literal(self, name: str, offset: int) -> Expr:
        id = self.next_id()
        fields: list[FieldInit] = []
        height = 0
        while self.another(len(fields), "}", _FIELD):
            optional = self.optional()
            kind, text = self.kinds[self.pos], self.texts[self.pos]
            if kind not in _NAME:
                self.recover_operand(_NAME)
                raise Stop
            self.quiet = False
            self.pos += 1
            colon = self.offsets[self.pos]
            self.expect(":")
            value = self.expression()
            height = max(height, self.height)
            fields.append(FieldInit(self.next_id(), colon, text[1:-1] if kind == "ESC_IDENTIFIER" else text, value, optional))
        self.grow(height)
        return StructExpr(id, offset, name, tuple(fields))
