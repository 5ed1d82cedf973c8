"""kro's ``json`` functions.

Source: kro ``pkg/cel/library/json.go``.
"""

from __future__ import annotations

from typing import Any

from graphcore.cel.checking.declarations import Function, Overload
from graphcore.cel.library.json_text import marshal_json, unmarshal_json
from graphcore.cel.library.support import no_such_overload
from graphcore.cel.types import DYN, STRING


def unmarshal(text: Any) -> Any:
    """The value that a JSON text stands for; every number is a double.

    Errors: ``json.unmarshal failed to parse JSON``, also for nesting beyond some hundred levels and for numbers no double can hold.
    Source: kro.
    """
    if not isinstance(text, str):
        raise no_such_overload("json.unmarshal", text)
    return unmarshal_json("json.unmarshal", text)


def marshal(value: Any) -> str:
    """A value as JSON without blanks, as Go writes it: map keys sorted; ``<``, ``>`` and ``&`` as ``\\u003c`` and so on.

    Bytes become base64, a timestamp RFC 3339 in whole seconds, a duration ``1h30m0s``, an absent optional null.
    Errors: ``json.marshal failed to convert value`` for what JSON cannot hold (map keys that are no strings, quantities, types,
    ``omit()``, …), ``json.marshal failed to encode value`` for NaN and infinity; ``budget exceeded`` if the result would be too long.
    Source: kro.
    """
    return marshal_json("json.marshal", value)


FUNCTIONS: tuple[Function, ...] = (
    Function("json.unmarshal", (Overload("json.unmarshal_string", (STRING,), DYN, unmarshal),)),
    Function("json.marshal", (Overload("json.marshal_dyn", (DYN,), STRING, marshal),)),
)
