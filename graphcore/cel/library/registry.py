"""All functions kro registers, by name: the libraries joined.

The libraries are imported when the first expression is checked or compiled, not with the package: a process that only needs types or
templates does not pay for them. Source: docs/explanation/cel.md (environment).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from graphcore.cel.checking.declarations import Function
from graphcore.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    Kind,
    Type,
    list_of,
    map_of,
    optional_of,
)


def join(libraries: Iterable[tuple[Function, ...]]) -> dict[str, Function]:
    """Functions by name; overloads of a name that several libraries extend stand in the order of the libraries."""
    joined: dict[str, Function] = {}
    for functions in libraries:
        for function in functions:
            known = joined.get(function.name)
            joined[function.name] = Function(function.name, (*known.overloads, *function.overloads)) if known else function
    return joined


@cache
def functions() -> Mapping[str, Function]:
    """Every function of kro's environment."""
    from graphcore.cel.library import (
        cidr,
        comprehensions,
        conditions,
        encoders,
        hash,
        ip,
        json,
        kro_lists,
        kubernetes_lists,
        lists,
        maps,
        omit,
        optionals,
        quantity,
        random,
        regex,
        semver,
        standard,
        strings,
        urls,
    )

    return join(
        library.FUNCTIONS
        for library in (
            standard,
            comprehensions,
            lists,
            strings,
            optionals,
            encoders,
            kubernetes_lists,
            urls,
            regex,
            quantity,
            ip,
            cidr,
            semver,
            random,
            maps,
            json,
            hash,
            kro_lists,
            omit,
            conditions,
        )
    )


@cache
def disabled_overloads() -> frozenset[str]:
    """Overloads that exist at run time only: comparisons of different kinds of number."""
    from graphcore.cel.library.standard import CROSS_TYPE_COMPARISONS

    return CROSS_TYPE_COMPARISONS


@cache
def type_names() -> Mapping[str, Type]:
    """Types that can be named in an expression (``type(x) == int``), opaque types of the libraries included."""
    named = {
        "bool": BOOL,
        "bytes": BYTES,
        "double": DOUBLE,
        "google.protobuf.Duration": DURATION,
        "int": INT,
        "list": list_of(DYN),
        "map": map_of(DYN, DYN),
        "null_type": NULL,
        "optional_type": optional_of(DYN),
        "string": STRING,
        "google.protobuf.Timestamp": TIMESTAMP,
        "type": TYPE,
        "uint": UINT,
    }
    for function in functions().values():
        for overload in function.overloads:
            if overload.result.kind is Kind.OPAQUE:
                named.setdefault(overload.result.name, overload.result)
    return named


@cache
def object_fields() -> Mapping[str, Mapping[str, Type]]:
    """Fields of the object types that the libraries declare, by type name."""
    from graphcore.cel.library.conditions import OBJECT_FIELDS

    return OBJECT_FIELDS
