"""What the checker is given and what it gives back, and how it writes types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphcore.cel.ast import Expr
from graphcore.cel.checking.overloads import Overloads
from graphcore.cel.checking.unification import MAX_SIZE
from graphcore.cel.types import DYN, Kind, Type, TypeProvider

_NAMES = {Kind.TIMESTAMP: "timestamp", Kind.DURATION: "duration", Kind.NULL: "null"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is checked against.

    variables: declared names, which may be qualified. types: names that stand for a type. container: namespace in which names are looked up
    first, from the longest to the root.
    """

    variables: Mapping[str, Type]
    provider: TypeProvider
    overloads: Overloads
    types: Mapping[str, Type]
    container: str = ""
    roots: frozenset[str] = field(default=frozenset())

    def candidates(self, name: str) -> list[str]:
        """Full names a name may mean, the first to be tried first."""
        if name.startswith("."):
            return [name[1:]]
        prefix, names = self.container, []
        while prefix:
            names.append(f"{prefix}.{name}")
            prefix = prefix.rpartition(".")[0]
        names.append(name)
        return names


@dataclass(frozen=True, slots=True)
class Checked:
    """types: of every node, by id. overloads: ids of what a call may mean. names: of variables in full, where the text has another."""

    expr: Expr
    type: Type
    types: Mapping[int, Type]
    overloads: Mapping[int, tuple[str, ...]]
    names: Mapping[int, str]


def describe(type: Type) -> str:
    """A type as the checker's messages write it: as ``Type.text``, but ``timestamp``, ``duration`` and ``null``."""
    if type.parameters:
        name = type.name if type.kind is Kind.OPAQUE else type.kind.value
        return f"{name}({', '.join(describe(p) for p in type.parameters)})"
    return _NAMES.get(type.kind) or type.text


def bounded(type: Type) -> Type:
    """The type, or ``dyn`` if it is so large that larger ones should not be made of it."""
    return type if type.size < MAX_SIZE // 2 else DYN


def signature(arguments: list[Type], member: bool) -> str:
    """Argument types as the checker's messages write them; of a method, the receiver first."""
    texts = [describe(argument) for argument in arguments]
    return f"{texts[0]}.({', '.join(texts[1:])})" if member else f"({', '.join(texts)})"


def is_optional(type: Type) -> bool:
    """Whether it is ``optional_type`` of something."""
    return type.kind is Kind.OPAQUE and type.name == "optional_type"
