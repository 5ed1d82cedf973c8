"""kro's ``hash`` functions: checksums of a string's UTF-8 bytes.

Source: kro ``pkg/cel/library/hash.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.support import no_such_overload, utf8
from graphcore.cel.types import BYTES, STRING

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_MASK = (1 << 64) - 1


def fnv64a(text: Any) -> bytes:
    """FNV-1a, 8 bytes, big-endian; fast, for names and cache keys.

    Errors: none.
    Source: kro.
    """
    if not isinstance(text, str):
        raise no_such_overload("hash.fnv64a", text)
    value = _FNV_OFFSET
    for byte in utf8(text):
        value = (value ^ byte) * _FNV_PRIME & _MASK
    return value.to_bytes(8, "big")


def sha256(text: Any) -> bytes:
    """SHA-256, 32 bytes.

    Errors: none.
    Source: kro.
    """
    import hashlib

    if not isinstance(text, str):
        raise no_such_overload("hash.sha256", text)
    return hashlib.sha256(utf8(text)).digest()


def md5(text: Any) -> bytes:
    """MD5, 16 bytes; for compatibility with names made elsewhere, not for security.

    Errors: none.
    Source: kro.
    """
    import hashlib

    if not isinstance(text, str):
        raise no_such_overload("hash.md5", text)
    return hashlib.md5(utf8(text), usedforsecurity=False).digest()


FUNCTIONS: tuple[Function, ...] = (
    Function("hash.fnv64a", (Overload("hash.fnv64a_string", (STRING,), BYTES, fnv64a),)),
    Function("hash.sha256", (Overload("hash.sha256_string", (STRING,), BYTES, sha256),)),
    Function("hash.md5", (Overload("hash.md5_string", (STRING,), BYTES, md5),)),
)
