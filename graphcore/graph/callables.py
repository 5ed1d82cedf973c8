"""Unknown names of an expression that are no variables at all.

In ``json.marshall(x)`` it is the function that does not exist, not a variable ``json``; in ``xs.exist(x, x > 1)`` it is ``exist``, and
``x`` would be bound if it were ``exists``. To speak of variables there would send the author looking in the wrong place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcore.cel.ast import Call, Expr, Ident, children, qualified_name
from graphcore.cel.checking.hints import namespaces
from graphcore.errors.suggestions import closest


def functions_meant(ast: Expr, unknown: Collection[str], known: Sequence[str], functions: frozenset[str]) -> dict[str, str]:
    """Unknown name → the unknown function that it is the namespace or a bound variable of.

    known: the variables there are; a name that is nearly one of them stays one. A name that also occurs anywhere else is a variable.
    """
    spaces = namespaces(functions)
    qualified = sorted(name for name in functions if "." in name and name[0].isalpha())
    variables: set[str] = set()
    found: dict[str, str] = {}
    pending: list[tuple[Expr, str | None]] = [(ast, None)]
    while pending:
        node, inside = pending.pop()
        if isinstance(node, Ident):
            name = node.name.lstrip(".")
            if name in unknown:
                if inside is None:
                    variables.add(name)
                else:
                    found.setdefault(name, inside)
        elif isinstance(node, Call) and node.target is not None:
            space = qualified_name(node.target)
            root = (space or "").partition(".")[0]
            whole = f"{space}.{node.function}"
            meant = inside
            if root in unknown and closest(root, known) is None and (space in spaces or closest(whole, qualified) is not None):
                found.setdefault(root, whole)
                meant = inside or whole
            else:
                pending.append((node.target, inside))
                if node.function not in functions:
                    meant = inside or node.function
            pending += [(argument, meant) for argument in node.args]
        else:
            pending += [(child, inside) for child in children(node)]
    return {name: found[name] for name in unknown if name in found and name not in variables}
