"""Encoders: cel-go's ``ext.Encoders`` at its latest version.

Source: cel-go v0.31 ``ext/encoders.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.json_text import encode_json
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.runtime.budget import require_size
from graphcore.cel.types import BYTES, DYN, STRING


def base64_encode(data: Any) -> str:
    """The bytes in base64 with padding. A string must be made bytes first: ``base64.encode(bytes("text"))``.

    Errors: ``budget exceeded`` if the result would be too long.
    Source: cel-go ext.Encoders.
    """
    from binascii import b2a_base64

    if not isinstance(data, bytes):
        raise no_such_overload("base64.encode", data)
    require_size(len(data) * 4 // 3)
    return b2a_base64(data, newline=False).decode()


def base64_decode(text: Any) -> bytes:
    """The bytes that a base64 text stands for; padding may be absent, line breaks are skipped.

    Errors: ``illegal base64 data``.
    Source: cel-go ext.Encoders.
    """
    from binascii import Error, a2b_base64

    if not isinstance(text, str):
        raise no_such_overload("base64.decode", text)
    compact = text.replace("\n", "").replace("\r", "")
    if not compact.endswith("="):
        compact += "=" * (-len(compact) % 4)
    try:
        if len(compact) % 4:
            raise Error
        return a2b_base64(compact.encode("ascii"), strict_mode=True)
    except (Error, UnicodeEncodeError):
        raise EvaluationError(Reason.CONVERSION, "illegal base64 data") from None


def json_encode(value: Any) -> str:
    """A value as JSON without blanks, map keys sorted.

    As protocol buffers map CEL to JSON: an int or uint beyond 2**53 becomes a string, bytes become base64, a duration ``"1.5s"``,
    a timestamp RFC 3339; map keys must be strings. ``json.marshal`` is kro's own and writes numbers as they are.
    Errors: ``optional.none() dereference``; ``unsupported type`` for what JSON cannot hold (types, quantities, …) and for NaN and infinity.
    Source: cel-go ext.Encoders (version 1).
    """
    return encode_json("json.encode", value)


FUNCTIONS: tuple[Function, ...] = (
    Function("base64.decode", (Overload("base64_decode_string", (STRING,), BYTES, base64_decode),)),
    Function("base64.encode", (Overload("base64_encode_bytes", (BYTES,), STRING, base64_encode),)),
    Function("json.encode", (Overload("json_encode_dyn", (DYN,), STRING, json_encode),)),
)
