"""Functions that cost more than one unit: those that walk through a text or list.

Sources: cel-go ``checker/cost.go`` (standard functions, by overload), apiserver 0.36 ``cel/library/cost.go`` (by name).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from graphcore.cel.ast import Literal
from graphcore.cel.types import Kind
from graphcore.openapi.rule_sizes import LIMIT, REGEX, TRAVERSAL, UNKNOWN, CallCost, Operand, Range, Sizes, fixed

Args = Sequence[Operand]
Cost = Callable[[Sizes, Operand | None, Args, str], CallCost | None]


def function_cost(estimator: Sizes, function: str, overload: str, target: Operand | None, args: Args) -> CallCost | None:
    """Cost of a call without its arguments, or None where it is the usual one unit."""
    listed = _list_function(estimator, overload, target, args)
    if listed is not None:
        return listed
    by_name = _BY_NAME.get(function)
    found = by_name(estimator, target, args, overload) if by_name is not None else None
    if found is None:
        by_overload = _BY_OVERLOAD.get(overload)
        found = by_overload(estimator, target, args, overload) if by_overload is not None else None
    return found


def _size(estimator: Sizes, operand: Operand) -> Range:
    """Size of an operand, from the expression or else from the schema."""
    return operand.size or estimator.declared_size(operand.path) or UNKNOWN


def _list_function(sizes: Sizes, overload: str, target: Operand | None, args: Args) -> CallCost | None:
    """Functions that make a list (cel-go 0.26 ``ext/lists.go``); sizes are those of the comparisons where every pair is compared."""
    if overload == "lists_range":
        return _new_list(1, fixed(_literal(args[0], LIMIT)))
    if target is None:
        return None
    if overload == "list_slice":
        return _new_list(1, fixed((_literal(args[1], _size(sizes, target).high) - _literal(args[0], 0)) % (LIMIT + 1)))
    if overload == "list_reverse":
        return _new_list(1, _size(sizes, target))
    if overload in ("list_flatten", "list_flatten_int"):
        return _new_list(_literal(args[0], LIMIT) if args else 1, _size(sizes, target))
    if overload == "list_distinct":
        size = _size(sizes, target)
        return _new_list(2, size * size)
    if overload.endswith(("_sort", "_sortByAssociatedKeys")):
        size = _size(sizes, args[0] if overload.endswith("Keys") else target)
        return _new_list(2 + (TRAVERSAL if overload.startswith(("list_string_", "list_bytes_")) else 0), size * size)
    return None


def _new_list(factor: float, size: Range) -> CallCost:
    return CallCost(size.scaled(factor) + fixed(11), size)


def _literal(operand: Operand, otherwise: int) -> int:
    value = operand.expr.value if isinstance(operand.expr, Literal) else None
    return value % (LIMIT + 1) if type(value) is int else otherwise


def _unit(_estimator: Sizes, _target: Operand | None, _args: Args, _overload: str) -> CallCost:
    return CallCost(fixed(1))


def _authorization(_estimator: Sizes, _target: Operand | None, _args: Args, _overload: str) -> CallCost:
    return CallCost(fixed(350_000))


def _each_element(estimator: Sizes, target: Operand | None, _args: Args, _overload: str) -> CallCost | None:
    """One comparison for each element, and a walk through each text."""
    if target is None:
        return None
    if not target.type.parameters:
        return CallCost(_size(estimator, target).scaled(TRAVERSAL))
    cost = fixed(1)
    if target.type.parameters[0].kind in (Kind.STRING, Kind.BYTES):
        cost += (_element_size(estimator, target) or UNKNOWN).scaled(TRAVERSAL)
    return CallCost(_size(estimator, target) * cost)


def _element_size(estimator: Sizes, target: Operand) -> Range | None:
    return estimator.declared_size((*target.path, "@items")) if target.path else None


def _argument_walk(factor: float, keeps_size: bool = False) -> Cost:
    def cost(estimator: Sizes, _target: Operand | None, args: Args, _overload: str) -> CallCost | None:
        if not args:
            return None
        size = _size(estimator, args[0])
        return CallCost(size.scaled(factor), size if keeps_size else None)

    return cost


def _target_walk(estimator: Sizes, target: Operand | None, _args: Args, _overload: str) -> CallCost | None:
    if target is None:
        return None
    size = _size(estimator, target)
    return CallCost(size.scaled(TRAVERSAL), size)


def _replace(estimator: Sizes, target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    if target is None or len(args) < 2:
        return None
    size, old, new = _size(estimator, target), _size(estimator, args[0]), _size(estimator, args[1])
    most, kept_most = 0, 0
    if old.low == 0:
        most, kept_most = min(size.high + 1, LIMIT), size.high
    elif new.high <= old.low:
        kept_most = size.high
    else:
        most = math.ceil(size.high / old.low)
    least, kept_least = 0, 0
    if old.high == 0:
        least, kept_least = min(size.low + 1, LIMIT), size.low
    elif old.high <= new.low:
        kept_least = size.low
    else:
        least = math.ceil(size.low / old.high)
    return CallCost(size.scaled(2 * TRAVERSAL), Range(least, most) * new + Range(kept_least, kept_most))


def _split(estimator: Sizes, target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    if target is None:
        return None
    size = _size(estimator, target)
    most = size.high
    if len(args) > 1:
        most = _literal(args[1], most)
    return CallCost(size.scaled(2 * TRAVERSAL), Range(0, most))


def _join(estimator: Sizes, target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    if target is None:
        return None
    count = _size(estimator, target)
    size = count * (_element_size(estimator, target) or UNKNOWN) if target.type.parameters else Range()
    if args:
        size += _size(estimator, args[0]) * Range(max(count.low - 1, 0), max(count.high - 1, 0))
    return CallCost(size.scaled(TRAVERSAL), size)


def _find(estimator: Sizes, target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    if target is None or not args:
        return None
    size = _size(estimator, target)
    return CallCost((size + fixed(1)).scaled(TRAVERSAL) * _size(estimator, args[0]).scaled(REGEX), Range(0, size.high))


def _ip(estimator: Sizes, target: Operand | None, args: Args, overload: str) -> CallCost | None:
    return CallCost(fixed(1)) if overload == "cidr_ip" else _argument_walk(TRAVERSAL)(estimator, target, args, overload)


def _contains_address(nested: bool) -> Cost:
    def cost(estimator: Sizes, _target: Operand | None, args: Args, overload: str) -> CallCost | None:
        if not args:
            return None
        address = Range(4, 16)
        total = (address + address).scaled(TRAVERSAL)
        if nested:
            total += address.scaled(TRAVERSAL) + fixed(1)
        if overload.endswith("_string"):
            total += _size(estimator, args[0]).scaled(TRAVERSAL)
        return CallCost(total)

    return cost


def _matches(estimator: Sizes, target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    if target is None or len(args) != 1:
        return None
    return CallCost((estimator.known(target) + fixed(1)).scaled(TRAVERSAL) * estimator.known(args[0]).scaled(REGEX))


def _contains(estimator: Sizes, target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    if target is None or len(args) != 1:
        return None
    return CallCost(estimator.known(target).scaled(TRAVERSAL) * estimator.known(args[0]).scaled(TRAVERSAL))


def _affix(estimator: Sizes, _target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    return CallCost(estimator.known(args[0]).scaled(TRAVERSAL)) if len(args) == 1 else None


def _in_list(estimator: Sizes, _target: Operand | None, args: Args, _overload: str) -> CallCost | None:
    return CallCost(estimator.known(args[1])) if len(args) == 2 else None


def _compare(estimator: Sizes, _target: Operand | None, args: Args, _overload: str) -> CallCost:
    most = min(estimator.known(args[0]).high, estimator.known(args[1]).high)
    return CallCost(Range(1 if most > 0 else 0, most).scaled(TRAVERSAL))


def _format(estimator: Sizes, target: Operand | None, _args: Args, _overload: str) -> CallCost | None:
    return None if target is None else CallCost(estimator.known(target).scaled(TRAVERSAL))


def _converted(least: Callable[[int], int], most: Callable[[int], int]) -> Cost:
    """A conversion of texts whose result is of another length."""

    def cost(estimator: Sizes, _target: Operand | None, args: Args, _overload: str) -> CallCost | None:
        if len(args) != 1:
            return None
        size = estimator.known(args[0])
        return CallCost(size.scaled(TRAVERSAL), Range(min(least(size.low), LIMIT), min(most(size.high), LIMIT)))

    return cost


_ACCESSORS = (
    *("masked", "prefixLength", "family", "isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast"),
    *("sign", "asInteger", "isInteger", "asApproximateFloat", "isGreaterThan", "isLessThan", "compareTo", "add", "sub"),
    *("major", "minor", "patch", "getScheme", "getHostname", "getHost", "getPort", "getEscapedPath", "getQuery"),
)
_COMPARISONS = (
    *("equals", "not_equals", "less_string", "greater_string", "less_equals_string", "greater_equals_string"),
    *("less_bytes", "greater_bytes", "less_equals_bytes", "greater_equals_bytes"),
)

_BY_NAME: dict[str, Cost] = {
    "check": _authorization,
    "replace": _replace,
    "split": _split,
    "join": _join,
    "ip": _ip,
    "containsIP": _contains_address(nested=False),
    "containsCIDR": _contains_address(nested=True),
    "ip.isCanonical": _argument_walk(2 * TRAVERSAL),
    **dict.fromkeys(("find", "findAll"), _find),
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), _each_element),
    **dict.fromkeys(("url", "jsonpatch.escapeKey"), _argument_walk(TRAVERSAL, keeps_size=True)),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim"), _target_walk),
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _argument_walk(TRAVERSAL)),
    **dict.fromkeys(
        _ACCESSORS,
        _unit,
    ),
}
_BY_OVERLOAD: dict[str, Cost] = {
    "matches_string": _matches,
    "contains_string": _contains,
    "in_list": _in_list,
    "string_format": _format,
    "string_to_bytes": _converted(lambda low: low, lambda high: high * 4),
    "bytes_to_string": _converted(lambda low: low // 4, lambda high: high),
    "strings_quote": _converted(lambda low: low + 2, lambda high: high * 2 + 2),
    **dict.fromkeys(("starts_with_string", "ends_with_string"), _affix),
    **dict.fromkeys(
        _COMPARISONS,
        _compare,
    ),
}
