"""URLs as Go's ``net/url`` takes them apart.

Python's ``urllib`` accepts and splits other texts than Go does, so this follows Go: what is a URL, where host and port end, how a path is
written escaped. All work is on UTF-8 bytes, since an escape such as ``%ff`` need not be UTF-8. Source: Go 1.26 ``net/url``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graphcore.cel.library.support import utf8
from graphcore.cel.runtime.values import Opaque
from graphcore.cel.types import opaque

URL_TYPE = opaque("kubernetes.URL")

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH = _UNRESERVED | frozenset(b"$&+,/:;=@")
_FRAGMENT = _UNRESERVED | frozenset(b"!$&()*+,/:;=?@")
_HOST = _UNRESERVED | frozenset(b"!\"$&'()*+,:;<=>[]")
_USER = _UNRESERVED | frozenset(b"$&+,;=")
_LEFT_ALONE = frozenset(b"!$&'()*+,;=:@[]%")  # characters that an escaped path or fragment may hold as they are
_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*):")
_USERINFO = re.compile(rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
_PORT = re.compile(rb"(?::[0-9]*)?\Z")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_MAX_PARAMETERS = 10_000


class _Invalid(Exception):
    """No URL."""


@dataclass(frozen=True, slots=True, eq=False)
class URL(Opaque):
    """The parts of a URL. user: name and, if there is one, password; path and fragment: decoded, with the written form beside them."""

    scheme: bytes = b""
    opaque: bytes = b""
    user: tuple[bytes, ...] | None = None
    host: bytes = b""
    path: bytes = b""
    written_path: bytes = b""
    query: bytes = b""
    empty_query: bool = False
    no_authority: bool = False
    fragment: bytes = b""
    written_fragment: bytes = b""
    cel_type = URL_TYPE

    def equal(self, other: Any) -> bool:
        return bool(self.written() == other.written())

    def split_host(self) -> tuple[bytes, bytes]:
        """Host name without brackets, and port; without valid port all is host name."""
        name, port = self.host, b""
        colon = name.rfind(b":")
        if colon >= 0 and _PORT.fullmatch(name[colon:]):
            name, port = name[:colon], name[colon + 1 :]
        return (name[1:-1] if name.startswith(b"[") and name.endswith(b"]") else name), port

    def escaped_path(self) -> bytes:
        if self.written_path and _is_escaped(self.written_path, _PATH):
            return self.written_path
        return self.path if self.path == b"*" else _escape(self.path, _PATH)

    def parameters(self) -> dict[str, list[str]]:
        """The query's values by name, in order; malformed ones are left out."""
        found: dict[str, list[str]] = {}
        if self.query.count(b"&") >= _MAX_PARAMETERS:
            return found
        for parameter in self.query.split(b"&"):
            name, _, value = parameter.partition(b"=")
            if not parameter or b";" in parameter or not (_well_formed(name) and _well_formed(value)):
                continue
            found.setdefault(_text(_unescape(name.replace(b"+", b" "))), []).append(_text(_unescape(value.replace(b"+", b" "))))
        return found

    def written(self) -> bytes:
        """The URL as Go writes it."""
        text = self.scheme + b":" if self.scheme else b""
        if self.opaque:
            text += self.opaque
        else:
            path = self.escaped_path()
            if (self.scheme or self.host or self.user is not None) and not (self.no_authority and not self.host and self.user is None):
                text += b"//" if self.host or self.path or self.user is not None else b""
                if self.user is not None:
                    text += b":".join(_escape(part, _USER) for part in self.user) + b"@"
                text += _escape(self.host, _HOST)
            text += path
        if self.empty_query or self.query:
            text += b"?" + self.query
        if self.fragment:
            written = self.written_fragment
            text += b"#" + (written if written and _is_escaped(written, _FRAGMENT) else _escape(self.fragment, _FRAGMENT))
        return text


def is_url(text: str) -> bool:
    """Whether a text is an absolute URL or an absolute path. As in Kubernetes a fragment is looked at as if it belonged to the path."""
    try:
        _parse(utf8(text), request=True)
    except _Invalid:
        return False
    return True


def parse_url(text: str) -> URL | None:
    """The URL a text stands for: absolute, or an absolute path; None if it is none."""
    if not is_url(text):
        return None
    raw = utf8(text)
    try:
        before, _, fragment = raw.partition(b"#")
        parts = _parse(before, request=False)
        decoded = _checked_unescape(fragment)
    except _Invalid:
        return None
    return URL(**parts, fragment=decoded, written_fragment=fragment)


def _parse(raw: bytes, request: bool) -> dict[str, Any]:
    if any(byte < 0x20 or byte == 0x7F for byte in raw) or (request and not raw) or raw.startswith(b":"):
        raise _Invalid
    if raw == b"*":
        return {"path": b"*"}
    match = _SCHEME.match(raw)
    scheme = match[1].lower() if match else b""
    rest = raw[match.end() :] if match else raw
    parts: dict[str, Any] = {"scheme": scheme}
    rest, question, parts["query"] = rest.partition(b"?")
    parts["empty_query"] = bool(question) and not parts["query"]
    if not rest.startswith(b"/"):
        if scheme:
            return {**parts, "opaque": rest}
        if request or b":" in rest.partition(b"/")[0]:
            raise _Invalid
    if rest.startswith(b"//") and (scheme or (not request and not rest.startswith(b"///"))):
        authority, slash, path = rest[2:].partition(b"/")
        rest = slash + path
        parts["user"], parts["host"] = _authority(scheme, authority)
    elif scheme and rest.startswith(b"/"):
        parts["no_authority"] = True
    parts["path"] = _checked_unescape(rest)
    parts["written_path"] = rest
    return parts


def _authority(scheme: bytes, authority: bytes) -> tuple[tuple[bytes, ...] | None, bytes]:
    userinfo, at, host = authority.rpartition(b"@")
    checked = _host(scheme, host)
    if not at:
        return None, checked
    if not _USERINFO.match(userinfo):
        raise _Invalid
    return tuple(_checked_unescape(part) for part in userinfo.split(b":", 1)), checked


def _host(scheme: bytes, host: bytes) -> bytes:
    opening = host.rfind(b"[")
    if opening > 0:
        raise _Invalid
    if opening == 0:
        return _bracketed(host)
    first, last = host.find(b":"), host.rfind(b":")
    colon = first if scheme in (b"http", b"https") else last
    if colon >= 0 and not _PORT.fullmatch(host[colon:]):
        raise _Invalid
    return _unescape_host(host)


def _bracketed(host: bytes) -> bytes:
    closing = host.rfind(b"]")
    if closing < 0 or not _PORT.fullmatch(host[closing + 1 :]):
        raise _Invalid
    name = host[1:closing]
    zone = name.find(b"%25")
    if zone >= 0:
        written = name[zone:]
        decoded = _checked_unescape(written)
        if any(byte not in _HOST and byte < 0x80 for byte in _ESCAPE.sub(b"", written)):
            raise _Invalid
        if any(int(code, 16) not in _HOST | {0x20, 0x25} for code in _ESCAPE.findall(written)):
            raise _Invalid
        name = _unescape_host(name[:zone]) + decoded
    else:
        name = _unescape_host(name)
    address, percent, zone_name = name.partition(b"%")
    if (percent and not zone_name) or not _is_ipv6(address):
        raise _Invalid
    return b"[" + name + b"]" + host[closing + 1 :]


def _is_ipv6(address: bytes) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(address.decode("ascii"))
    except (AddressValueError, UnicodeDecodeError):
        return False
    return True


def _unescape_host(host: bytes) -> bytes:
    """Escapes may stand for bytes beyond ASCII only, and for a percent sign."""
    decoded = _checked_unescape(host)
    if any(int(code, 16) < 0x80 and code != b"25" for code in _ESCAPE.findall(host)):
        raise _Invalid
    if any(byte < 0x80 and byte not in _HOST for byte in _ESCAPE.sub(b"", host)):
        raise _Invalid
    return decoded


def _well_formed(text: bytes) -> bool:
    return text.count(b"%") == len(_ESCAPE.findall(text))


def _unescape(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), text) if b"%" in text else text


def _checked_unescape(text: bytes) -> bytes:
    if not _well_formed(text):
        raise _Invalid
    return _unescape(text)


def _escape(text: bytes, safe: frozenset[int]) -> bytes:
    return b"".join(bytes((byte,)) if byte in safe else b"%%%02X" % byte for byte in text)


def _is_escaped(text: bytes, safe: frozenset[int]) -> bool:
    return all(byte in safe or byte in _LEFT_ALONE for byte in text)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
