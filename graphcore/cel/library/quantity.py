"""Kubernetes' quantity functions; the numbers themselves are in :mod:`graphcore.cel.library.quantity_value`.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/quantity.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.quantity_value import QUANTITY, Quantity, parse_quantity
from graphcore.cel.library.support import fail, no_such_overload
from graphcore.cel.types import BOOL, DOUBLE, INT, STRING


def quantity(text: Any) -> Quantity:
    """The quantity that a text such as ``500m``, ``1.5Gi`` or ``2e3`` stands for.

    The result cannot be written to a field: write the text, or ``asInteger()``.
    Errors: ``quantities must match the regular expression`` …; ``budget exceeded`` for exponents beyond 1000.
    Source: Kubernetes quantity.
    """
    if not isinstance(text, str):
        raise no_such_overload("quantity", text)
    parsed = parse_quantity(text)
    if parsed is None:
        expression = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
        raise EvaluationError(Reason.CONVERSION, f"quantities must match the regular expression '{expression}'")
    return parsed


def is_quantity(text: Any) -> bool:
    """Whether ``quantity`` takes the text.

    Errors: ``budget exceeded`` for exponents beyond 1000.
    Source: Kubernetes quantity.
    """
    if not isinstance(text, str):
        raise no_such_overload("isQuantity", text)
    return parse_quantity(text) is not None


def sign(value: Any) -> int:
    """1 for a positive quantity, -1 for a negative one, 0 for zero. A function, not a method: ``sign(quantity("1"))``.

    Errors: none.
    Source: Kubernetes quantity.
    """
    if not isinstance(value, Quantity):
        raise no_such_overload("sign", value)
    return (value.value > 0) - (value.value < 0)


def is_greater_than(left: Any, right: Any) -> bool:
    """Whether the receiver is the greater quantity.

    Errors: none.
    Source: Kubernetes quantity.
    """
    return _compare("isGreaterThan", left, right) > 0


def is_less_than(left: Any, right: Any) -> bool:
    """Whether the receiver is the smaller quantity.

    Errors: none.
    Source: Kubernetes quantity.
    """
    return _compare("isLessThan", left, right) < 0


def compare_to(left: Any, right: Any) -> int:
    """-1, 0 or 1: the receiver is smaller, equal, greater. Compared exactly, whatever the suffixes.

    Errors: none.
    Source: Kubernetes quantity.
    """
    return _compare("compareTo", left, right)


def _compare(function: str, left: Any, right: Any) -> int:
    if not isinstance(left, Quantity) or not isinstance(right, Quantity):
        raise no_such_overload(function, left, right)
    return left.compare(right)


def as_approximate_float(value: Any) -> float:
    """The quantity as a double; digits may be lost, and beyond a double's range it is infinite.

    Errors: none.
    Source: Kubernetes quantity.
    """
    if not isinstance(value, Quantity):
        raise no_such_overload("asApproximateFloat", value)
    return value.approximate()


def as_integer(value: Any) -> int:
    """The quantity as an int.

    Errors: ``cannot convert value to integer`` if ``isInteger()`` is false.
    Source: Kubernetes quantity.
    """
    if not isinstance(value, Quantity):
        raise no_such_overload("asInteger", value)
    number = value.integer()
    if number is None:
        raise fail("cannot convert value to integer")
    return number


def is_integer(value: Any) -> bool:
    """Whether ``asInteger()`` has a result. As in Kubernetes it looks at how the number was written: ``1.0`` and ``1000m`` have none.

    Errors: none.
    Source: Kubernetes quantity.
    """
    if not isinstance(value, Quantity):
        raise no_such_overload("isInteger", value)
    return value.integer() is not None


def add(left: Any, right: Any) -> Quantity:
    """The sum of two quantities, or of a quantity and an int; exact.

    Errors: none.
    Source: Kubernetes quantity.
    """
    return _operands("add", left, right)


def subtract(left: Any, right: Any) -> Quantity:
    """The difference of two quantities, or of a quantity and an int; exact.

    Errors: none.
    Source: Kubernetes quantity.
    """
    return _operands("sub", left, right, -1)


def _operands(function: str, left: Any, right: Any, factor: int = 1) -> Quantity:
    other = Quantity(right, 0) if type(right) is int else right
    if not isinstance(left, Quantity) or not isinstance(other, Quantity):
        raise no_such_overload(function, left, right)
    return left.plus(other, factor)


FUNCTIONS: tuple[Function, ...] = (
    Function("quantity", (Overload("string_to_quantity", (STRING,), QUANTITY, quantity),)),
    Function("isQuantity", (Overload("is_quantity_string", (STRING,), BOOL, is_quantity),)),
    Function("sign", (Overload("quantity_sign", (QUANTITY,), INT, sign),)),
    Function("isGreaterThan", (Overload("quantity_is_greater_than", (QUANTITY, QUANTITY), BOOL, is_greater_than, member=True),)),
    Function("isLessThan", (Overload("quantity_is_less_than", (QUANTITY, QUANTITY), BOOL, is_less_than, member=True),)),
    Function("compareTo", (Overload("quantity_compare_to", (QUANTITY, QUANTITY), INT, compare_to, member=True),)),
    Function("asApproximateFloat", (Overload("quantity_get_float", (QUANTITY,), DOUBLE, as_approximate_float, member=True),)),
    Function("asInteger", (Overload("quantity_get_int", (QUANTITY,), INT, as_integer, member=True),)),
    Function("isInteger", (Overload("quantity_is_integer", (QUANTITY,), BOOL, is_integer, member=True),)),
    Function(
        "add",
        (
            Overload("quantity_add", (QUANTITY, QUANTITY), QUANTITY, add, member=True),
            Overload("quantity_add_int", (QUANTITY, INT), QUANTITY, add, member=True),
        ),
    ),
    Function(
        "sub",
        (
            Overload("quantity_sub", (QUANTITY, QUANTITY), QUANTITY, subtract, member=True),
            Overload("quantity_sub_int", (QUANTITY, INT), QUANTITY, subtract, member=True),
        ),
    ),
)
