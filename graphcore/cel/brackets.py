"""What stands in brackets: elements, entries, fields, arguments, indices.

Source: cel-go ``parser/gen/CEL.g4``: a comma may follow the last element, entry or field (but not argument), or stand alone.
"""

from __future__ import annotations

from graphcore.cel.ast import Call, Expr, FieldInit, ListExpr, MapEntry, MapExpr, StructExpr
from graphcore.cel.cursor import MAX_DEPTH, OPERAND, OPERAND_SET, Cursor, Stop

_KEY = ("[", "{", "}", "(", ".", ",", "-", "!", "?", *OPERAND[6:])
_NAME = ("IDENTIFIER", "ESC_IDENTIFIER")


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
        args, height = [self.expression()], self.height
        while self.kinds[self.pos] == ",":
            self.pos += 1
            args.append(self.expression())
            height = max(height, self.height)
        self.expect(")")
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
                if not self.recover_operand(_KEY):
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
            if kind not in _NAME:
                if not self.recover_operand(_NAME if optional else ("}", ",", "?", *_NAME)):
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
