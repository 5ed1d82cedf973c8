"""Which values can never be written, by the static type of the expression that makes them.

The other side of ``graphcore.cel.runtime.conversion``: what that refuses for every value of a type is known before there is a value. A map
of bytes that an object holds is written as the object had it, so only one that the expression itself makes is held against it.
"""

from __future__ import annotations

from graphcore.cel.ast import Call, Comprehension, Expr, ListExpr, Literal, MapExpr
from graphcore.cel.program import Program
from graphcore.cel.types import DYN, Kind, Type

_KEYS = frozenset({Kind.STRING, Kind.DYN, Kind.ERROR, Kind.PARAMETER})
_REMEDIES = {
    Kind.BYTES: "write base64.encode(…), or string(…) for text",
    Kind.TYPE: "write what is to be known about the value, such as type(x) == int",
}
_OPAQUE_REMEDIES = {
    "kubernetes.Quantity": "write the text that it was made of, or .asApproximateFloat()",
    "kubernetes.URL": "write the text that it was made of, or a part such as .getHost()",
    "kubernetes.Semver": "write the text that it was made of, or a part such as .major()",
    "net.IP": "write string(…)",
    "net.CIDR": "write string(…)",
}


def unwritable(program: Program, *, takes_bytes: bool = False) -> Type | None:
    """The part of the expression's value that has no JSON form, whatever the data; None where there may be one.

    takes_bytes: the target is written in base64. For a map whose keys are no strings the type is the map's own.
    """
    return _Search(program, takes_bytes).value(program.ast, program.type)


def remedy(found: Type) -> str:
    """What to write instead of a value of a type that cannot be written."""
    if found.kind is Kind.MAP:
        return "make the keys strings: string(…)"
    return _OPAQUE_REMEDIES.get(found.name) or _REMEDIES.get(found.kind) or "write a string, a number, a list or a map of what users need"


class _Search:
    __slots__ = ("program", "takes_bytes")

    def __init__(self, program: Program, takes_bytes: bool) -> None:
        self.program = program
        self.takes_bytes = takes_bytes

    def value(self, expr: Expr, found: Type) -> Type | None:
        """By the parts of a literal, else by the type."""
        if isinstance(expr, Call) and expr.function == "_?_:_":
            first, second = (self.node(arm) for arm in expr.args[1:])
            return first if second is not None else None
        if isinstance(expr, Call) and expr.function == "dyn" and len(expr.args) == 1:
            return self.node(expr.args[0])
        if isinstance(expr, ListExpr) and expr.elements:
            return next((fault for element in expr.elements if (fault := self.node(element)) is not None), None)
        if isinstance(expr, MapExpr) and expr.entries:
            return self.entries(expr, found)
        return self.type(found, made=isinstance(expr, Comprehension))

    def node(self, expr: Expr) -> Type | None:
        return self.value(expr, self.program.types.get(expr.id, DYN))

    def entries(self, expr: MapExpr, found: Type) -> Type | None:
        for entry in expr.entries:
            key = self.program.types.get(entry.key.id, DYN)
            if key.kind not in _KEYS or (isinstance(entry.key, Literal) and not isinstance(entry.key.value, str)):
                return found
            if (fault := self.node(entry.value)) is not None:
                return fault
        return None

    def type(self, found: Type, *, made: bool) -> Type | None:
        """made: the expression itself puts the value together, so that nothing is written as an object had it."""
        if found.kind is Kind.BYTES:
            return None if self.takes_bytes else found
        if found.kind is Kind.TYPE or (found.kind is Kind.OPAQUE and found.name != "optional_type"):
            return found
        if found.kind is Kind.MAP:
            key, value = found.parameters
            if key.kind not in _KEYS:
                return found
            return self.type(value, made=made) if made or value.kind is not Kind.BYTES else None
        if found.kind in (Kind.LIST, Kind.OPAQUE):
            return self.type(found.parameters[0], made=made)
        return None
