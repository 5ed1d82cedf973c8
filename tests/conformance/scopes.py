"""Declarations of a case in our terms."""

from __future__ import annotations

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.types import Type
from tests.conformance.corpus import Case, type_from


class NoObjects:
    """No declared object types."""

    def fields(self, type_name: str) -> dict[str, Type] | None:
        return None

    def field(self, type_name: str, field: str) -> Type | None:
        return None


def declarations(case: Case) -> tuple[dict[str, Type], tuple[Function, ...]]:
    """Variables by name, and functions, that the case declares."""
    variables: dict[str, Type] = {}
    functions: list[Function] = []
    for item in case.test.get("typeEnv", ()):
        if "ident" in item:
            variables[item["name"]] = type_from(item["ident"]["type"])
            continue
        overloads = []
        for declared in item["function"]["overloads"]:
            arguments = tuple(type_from(p) for p in declared.get("params", ()))
            member = declared.get("isInstanceFunction", False)
            overloads.append(Overload(declared["overloadId"], arguments, type_from(declared["resultType"]), member=member))
        functions.append(Function(item["name"], tuple(overloads)))
    return variables, tuple(functions)
