"""Trees as cel-go's debug printer writes them, with the kind of every node."""

from __future__ import annotations

from graphcore.cel.ast import (
    Call,
    Comprehension,
    Expr,
    FieldInit,
    Ident,
    ListExpr,
    Literal,
    MapEntry,
    MapExpr,
    Select,
    StructExpr,
)
from graphcore.cel.runtime.values import Uint

_CONSTANTS = {bool: "Bool", bytes: "Bytes", float: "Double", int: "Int64", type(None): "Null", str: "String", Uint: "Uint64"}
_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def tree(expr: Expr) -> str:
    """The tree on one line, without blanks outside of literals."""
    return _body(expr) + _kind(expr)


def squeezed(recorded: str) -> str:
    """A recorded tree in the same form."""
    lines = recorded.split("\n")
    return "".join(line.lstrip(" ") for line in lines)


def _kind(expr: Expr) -> str:
    match expr:
        case Literal():
            name = f"Constant_{_CONSTANTS[type(expr.value)]}Value"
        case MapEntry() | FieldInit():
            name = "Expr_CreateStruct_Entry"
        case MapExpr() | StructExpr():
            name = "Expr_StructExpr"
        case _:
            name = f"Expr_{type(expr).__name__.removesuffix('Expr')}Expr"
    return f"^#*expr.{name}#"


def _body(expr: Expr) -> str:
    match expr:
        case Literal():
            return _literal(expr.value)
        case Ident():
            return expr.name
        case Select():
            return f"{tree(expr.operand)}.{expr.field}{'~test-only~' if expr.test_only else ''}"
        case Call():
            target = "" if expr.target is None else tree(expr.target) + "."
            return f"{target}{expr.function}({','.join(map(tree, expr.args))})"
        case ListExpr():
            return f"[{','.join(map(tree, expr.elements))}]"
        case MapExpr():
            return "{" + ",".join(f"{tree(e.key)}:{tree(e.value)}{_kind(e)}" for e in expr.entries) + "}"
        case StructExpr():
            return expr.type_name + "{" + ",".join(f"{f.name}:{tree(f.value)}{_kind(f)}" for f in expr.fields) + "}"
        case Comprehension():
            parts = (
                ("Variable", expr.iter_var),
                ("Target", tree(expr.iter_range)),
                ("Accumulator", expr.accu_var),
                ("Init", tree(expr.accu_init)),
                ("LoopCondition", tree(expr.loop_condition)),
                ("LoopStep", tree(expr.loop_step)),
                ("Result", tree(expr.result)),
            )
            return "__comprehension__(" + ",".join(f"// {name}{text}" for name, text in parts) + ")"
    raise TypeError(expr)


def _literal(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{"".join(map(_character, value))}"'
        case bytes():
            return f'b"{"".join(map(_character, value.decode(errors="surrogateescape")))}"'
        case float():
            return repr(value).removesuffix(".0")
        case Uint():
            return f"{int(value)}u"
    return str(value)


def _character(char: str) -> str:
    code = ord(char)
    if code in _ESCAPES:
        return _ESCAPES[code]
    if char.isprintable():
        return char
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        code -= 0xDC00
        return f"\\x{code:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
