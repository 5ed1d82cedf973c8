"""Kubernetes' functions on address ranges.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/cidr.go``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.ip import IP, IP_TYPE, parse_ip, to_ip
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.runtime.values import Opaque
from graphcore.cel.types import BOOL, INT, STRING, opaque

CIDR_TYPE = opaque("net.CIDR")
_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class CIDR(Opaque):
    """An address, not necessarily the first of its range, and the number of leading bits that make up the range."""

    address: IP
    length: int
    cel_type = CIDR_TYPE

    def equal(self, other: Any) -> bool:
        return bool(self.length == other.length and self.address.equal(other.address))

    def contains(self, address: IP) -> bool:
        shift = self.address.bits - self.length
        return self.address.version == address.version and self.address.number >> shift == address.number >> shift


def parse_cidr(text: str) -> CIDR | None:
    """The range a text such as ``10.0.0.0/8`` stands for; None if it is none."""
    before, slash, after = text.rpartition("/")
    address = parse_ip(before) if slash else None
    if address is None or not _LENGTH.fullmatch(after) or int(after) > address.bits:
        return None
    return CIDR(address, int(after))


def to_cidr(text: Any) -> CIDR:
    """The range that a text such as ``10.0.0.0/8`` stands for. Bits behind the prefix may be set; see ``masked()``.

    The result cannot be written to a field: ``string(…)`` makes it a text.
    Errors: ``network address parse error during conversion from string``.
    Source: Kubernetes CIDR.
    """
    if not isinstance(text, str):
        raise no_such_overload("cidr", text)
    parsed = parse_cidr(text)
    if parsed is None:
        raise EvaluationError(Reason.CONVERSION, "network address parse error during conversion from string")
    return parsed


def is_cidr(text: Any) -> bool:
    """Whether ``cidr`` takes the text.

    Errors: none.
    Source: Kubernetes CIDR.
    """
    if not isinstance(text, str):
        raise no_such_overload("isCIDR", text)
    return parse_cidr(text) is not None


def to_string(value: Any) -> str:
    """The range as a text, its address in canonical form.

    Errors: none.
    Source: Kubernetes CIDR.
    """
    checked = _checked("string", value)
    return f"{checked.address.text}/{checked.length}"


def contains_ip(value: Any, address: Any) -> bool:
    """Whether an address, given as such or as a text, lies in the range.

    Errors: ``IP Address parse error during conversion from string``.
    Source: Kubernetes CIDR.
    """
    other = to_ip(address) if isinstance(address, str) else address
    if not isinstance(value, CIDR) or not isinstance(other, IP):
        raise no_such_overload("containsIP", value, address)
    return value.contains(other)


def contains_cidr(value: Any, inner: Any) -> bool:
    """Whether a range, given as such or as a text, lies completely in this one.

    Errors: ``network address parse error during conversion from string``.
    Source: Kubernetes CIDR.
    """
    other = to_cidr(inner) if isinstance(inner, str) else inner
    if not isinstance(value, CIDR) or not isinstance(other, CIDR):
        raise no_such_overload("containsCIDR", value, inner)
    return value.length <= other.length and value.contains(other.address)


def address_of(value: Any) -> IP:
    """The address as it was written in front of the slash.

    Errors: none.
    Source: Kubernetes CIDR.
    """
    return _checked("ip", value).address


def prefix_length(value: Any) -> int:
    """The number behind the slash.

    Errors: none.
    Source: Kubernetes CIDR.
    """
    return _checked("prefixLength", value).length


def masked(value: Any) -> CIDR:
    """The same range, written with its first address.

    Errors: none.
    Source: Kubernetes CIDR.
    """
    checked = _checked("masked", value)
    shift = checked.address.bits - checked.length
    return CIDR(IP(checked.address.version, checked.address.number >> shift << shift), checked.length)


def _checked(function: str, value: Any) -> CIDR:
    if not isinstance(value, CIDR):
        raise no_such_overload(function, value)
    return value


FUNCTIONS: tuple[Function, ...] = (
    Function("cidr", (Overload("string_to_cidr", (STRING,), CIDR_TYPE, to_cidr),)),
    Function("isCIDR", (Overload("is_cidr", (STRING,), BOOL, is_cidr),)),
    Function("string", (Overload("cidr_to_string", (CIDR_TYPE,), STRING, to_string),)),
    Function(
        "containsIP",
        (
            Overload("cidr_contains_ip_string", (CIDR_TYPE, STRING), BOOL, contains_ip, member=True),
            Overload("cidr_contains_ip_ip", (CIDR_TYPE, IP_TYPE), BOOL, contains_ip, member=True),
        ),
    ),
    Function(
        "containsCIDR",
        (
            Overload("cidr_contains_cidr_string", (CIDR_TYPE, STRING), BOOL, contains_cidr, member=True),
            Overload("cidr_contains_cidr", (CIDR_TYPE, CIDR_TYPE), BOOL, contains_cidr, member=True),
        ),
    ),
    Function("ip", (Overload("cidr_ip", (CIDR_TYPE,), IP_TYPE, address_of, member=True),)),
    Function("prefixLength", (Overload("cidr_prefix_length", (CIDR_TYPE,), INT, prefix_length, member=True),)),
    Function("masked", (Overload("cidr_masked", (CIDR_TYPE,), CIDR_TYPE, masked, member=True),)),
)
