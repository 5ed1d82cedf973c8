"""Kubernetes' functions on IP addresses.

Source: k8s.io/apiserver v0.36 ``pkg/cel/library/ip.go``; Go ``net/netip`` for what an address is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.runtime.values import Opaque
from graphcore.cel.types import BOOL, INT, STRING, opaque

IP_TYPE = opaque("net.IP")


@dataclass(frozen=True, slots=True, eq=False)
class IP(Opaque):
    """An address. version: 4 or 6; number: its 32 or 128 bits."""

    version: int
    number: int
    cel_type = IP_TYPE

    @property
    def bits(self) -> int:
        return 32 if self.version == 4 else 128

    @property
    def text(self) -> str:
        """The canonical form (RFC 5952)."""
        from ipaddress import IPv4Address, IPv6Address

        return str(IPv4Address(self.number) if self.version == 4 else IPv6Address(self.number))

    def equal(self, other: Any) -> bool:
        return bool(self.version == other.version and self.number == other.number)

    def within(self, prefix: int, length: int) -> bool:
        """Whether the first ``length`` bits are those of ``prefix`` (a number of that many bits)."""
        return self.number >> (self.bits - length) == prefix


def parse_ip(text: str) -> IP | None:
    """The address a text stands for; None if it is none, has a zone, or is IPv6 that stands for IPv4 (``::ffff:1.2.3.4``)."""
    from ipaddress import AddressValueError, IPv4Address, IPv6Address

    if len(text) > 45 or "%" in text:
        return None
    try:
        if ":" not in text:
            return IP(4, int(IPv4Address(text)))
        address = IPv6Address(text)
    except AddressValueError:
        return None
    return None if address.ipv4_mapped is not None else IP(6, int(address))


def to_ip(text: Any) -> IP:
    """The IPv4 or IPv6 address that a text stands for.

    Zones (``fe80::1%eth0``), IPv4 in IPv6 (``::ffff:1.2.3.4``) and leading zeros in IPv4 are refused. The result cannot be written to a
    field: ``string(…)`` makes it a text.
    Errors: ``IP Address parse error during conversion from string``.
    Source: Kubernetes IP.
    """
    if not isinstance(text, str):
        raise no_such_overload("ip", text)
    address = parse_ip(text)
    if address is None:
        raise EvaluationError(Reason.CONVERSION, "IP Address parse error during conversion from string")
    return address


def is_ip(text: Any) -> bool:
    """Whether ``ip`` takes the text.

    Errors: none.
    Source: Kubernetes IP.
    """
    if not isinstance(text, str):
        raise no_such_overload("isIP", text)
    return parse_ip(text) is not None


def is_canonical(text: Any) -> bool:
    """Whether the text is the one way in which the address is properly written.

    Errors: ``IP Address parse error during conversion from string``.
    Source: Kubernetes IP.
    """
    if not isinstance(text, str):
        raise no_such_overload("ip.isCanonical", text)
    return to_ip(text).text == text


def to_string(address: Any) -> str:
    """The address as a text, in canonical form.

    Errors: none.
    Source: Kubernetes IP.
    """
    return _checked("string", address).text


def family(address: Any) -> int:
    """4 or 6.

    Errors: none.
    Source: Kubernetes IP.
    """
    return _checked("family", address).version


def is_unspecified(address: Any) -> bool:
    """Whether it is ``0.0.0.0`` or ``::``.

    Errors: none.
    Source: Kubernetes IP.
    """
    return _checked("isUnspecified", address).number == 0


def is_loopback(address: Any) -> bool:
    """Whether it is in ``127.0.0.0/8`` or ``::1``.

    Errors: none.
    Source: Kubernetes IP.
    """
    checked = _checked("isLoopback", address)
    return checked.within(127, 8) if checked.version == 4 else checked.number == 1


def is_link_local_multicast(address: Any) -> bool:
    """Whether it is in ``224.0.0.0/24`` or ``ff02::/16`` (any flags).

    Errors: none.
    Source: Kubernetes IP.
    """
    checked = _checked("isLinkLocalMulticast", address)
    if checked.version == 4:
        return checked.within(0xE00000, 24)
    return checked.number >> 112 & 0xFF0F == 0xFF02


def is_link_local_unicast(address: Any) -> bool:
    """Whether it is in ``169.254.0.0/16`` or ``fe80::/10``.

    Errors: none.
    Source: Kubernetes IP.
    """
    checked = _checked("isLinkLocalUnicast", address)
    return checked.within(0xA9FE, 16) if checked.version == 4 else checked.within(0xFE80 >> 6, 10)


def is_global_unicast(address: Any) -> bool:
    """Whether it is none of unspecified, broadcast, loopback, multicast and link-local; private addresses count as global.

    Errors: none.
    Source: Kubernetes IP.
    """
    checked = _checked("isGlobalUnicast", address)
    multicast = checked.within(0xE, 4) if checked.version == 4 else checked.within(0xFF, 8)
    broadcast = checked.version == 4 and checked.number == 0xFFFFFFFF
    return not (multicast or broadcast or is_unspecified(address) or is_loopback(address) or is_link_local_unicast(address))


def _checked(function: str, address: Any) -> IP:
    if not isinstance(address, IP):
        raise no_such_overload(function, address)
    return address


FUNCTIONS: tuple[Function, ...] = (
    Function("ip", (Overload("string_to_ip", (STRING,), IP_TYPE, to_ip),)),
    Function("isIP", (Overload("is_ip", (STRING,), BOOL, is_ip),)),
    Function("ip.isCanonical", (Overload("ip_is_canonical", (STRING,), BOOL, is_canonical),)),
    Function("string", (Overload("ip_to_string", (IP_TYPE,), STRING, to_string),)),
    Function("family", (Overload("ip_family", (IP_TYPE,), INT, family, member=True),)),
    Function("isUnspecified", (Overload("ip_is_unspecified", (IP_TYPE,), BOOL, is_unspecified, member=True),)),
    Function("isLoopback", (Overload("ip_is_loopback", (IP_TYPE,), BOOL, is_loopback, member=True),)),
    Function("isLinkLocalMulticast", (Overload("ip_is_link_local_multicast", (IP_TYPE,), BOOL, is_link_local_multicast, member=True),)),
    Function("isLinkLocalUnicast", (Overload("ip_is_link_local_unicast", (IP_TYPE,), BOOL, is_link_local_unicast, member=True),)),
    Function("isGlobalUnicast", (Overload("ip_is_global_unicast", (IP_TYPE,), BOOL, is_global_unicast, member=True),)),
)
