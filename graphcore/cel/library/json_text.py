"""JSON as Go writes and reads it, for ``json.marshal``, ``json.unmarshal`` (kro) and ``json.encode`` (cel-go).

Source: Go ``encoding/json`` (escapes, numbers, order of keys); kro ``pkg/cel/conversion``; cel-go ``common/types``
(``ConvertToNative`` to ``structpb.Value``).
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from graphcore.cel.errors import EvaluationError, Reason
from graphcore.cel.library.support import fail, utf8
from graphcore.cel.runtime.budget import require_size, require_tree
from graphcore.cel.runtime.keys import key_value
from graphcore.cel.runtime.times import fixed, format_duration, format_seconds, format_timestamp
from graphcore.cel.runtime.values import TIMESTAMP_MIN, Duration, Optional, Original, Timestamp, type_name

_MAX_DEPTH = 100
_SAFE_INTEGER = (1 << 53) - 1
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x20), *map(ord, "<>&\u2028\u2029"))} | {
    ord(char): f"\\{letter}" for char, letter in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)
}


def json_string(text: str) -> str:
    """A JSON string, with the characters escaped that Go escapes: ``<``, ``>`` and ``&`` among them."""
    return f'"{utf8(text).decode().translate(_ESCAPES)}"'


def json_number(function: str, value: float) -> str:
    """A JSON number, in Go's choice between plain and exponent notation. Raises EvaluationError for NaN and infinity."""
    if not isfinite(value):
        raise fail(f"{function} failed to encode value: json: unsupported value")
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")  # Python writes an exponent below 1e-4 and from 1e16 on
        return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"
    return fixed(value)


def marshal_json(function: str, value: Any) -> str:
    """kro's mapping: numbers as they are, durations as Go prints them, timestamps in whole seconds, map keys must be strings."""

    def scalar(item: Any) -> str | None:
        match item:
            case int():
                return str(int(item))
            case Duration():
                return json_string(format_duration(item))
            case Timestamp():
                return "null" if item.nanos == TIMESTAMP_MIN else json_string(format_timestamp(item, fraction=False))
        return None

    def key(item: Any) -> str:
        if not isinstance(item, str):
            raise fail(f"{function} failed to convert value: map key must be string, got {type_name(item)}")
        return item

    return _encode(function, value, scalar, key, absent="null")


def encode_json(function: str, value: Any) -> str:
    """Protocol buffers' mapping: large integers are strings, durations are seconds, map keys must be strings."""

    def scalar(item: Any) -> str | None:
        match item:
            case int():
                return json_number(function, float(item)) if abs(item) <= _SAFE_INTEGER else f'"{int(item)}"'
            case Duration():
                return json_string(format_seconds(item))
            case Timestamp():
                return json_string(format_timestamp(item))
        return None

    def key(item: Any) -> str:
        if not isinstance(item, str):
            raise fail(f"{function}: unsupported map key type: {type_name(item)}")
        return item

    return _encode(function, value, scalar, key, absent=None)


def _encode(function: str, value: Any, scalar: Callable[[Any], str | None], key: Callable[[Any], str], absent: str | None) -> str:
    def encode(item: Any, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise EvaluationError(Reason.BUDGET, f"{function}: value is nested too deeply")
        match item:
            case None:
                return "null"
            case bool():
                return "true" if item else "false"
            case str():
                return json_string(item)
            case float():
                return json_number(function, item)
            case bytes():
                from binascii import b2a_base64

                return f'"{b2a_base64(item, newline=False).decode()}"'
            case Optional():
                if not item.present and absent is None:
                    raise fail("optional.none() dereference")
                return encode(item.value, depth) if item.present else str(absent)
            case list():
                return f"[{joined(iter(item), lambda element: encode(element, depth + 1))}]"
            case Original() if absent is not None:
                return encode(item.original, depth)  # kro writes an object of the cluster as it was
            case dict():
                entries = sorted(((key(key_value(name)), element) for name, element in item.items()), key=lambda entry: entry[0])
                return f"{{{joined(iter(entries), lambda entry: f'{json_string(entry[0])}:{encode(entry[1], depth + 1)}')}}}"
        text = scalar(item)
        if text is None:
            raise fail(f"{function} failed to convert value: unsupported type: {type_name(item)}")
        return text

    def joined(items: Any, one: Callable[[Any], str]) -> str:
        parts: list[str] = []
        size = 0
        for item in items:
            parts.append(one(item))
            size += len(parts[-1]) + 1
            require_size(size)
        return ",".join(parts)

    require_tree(value)
    return encode(value, 0)


def unmarshal_json(function: str, text: str) -> Any:
    """The value of a JSON text, all numbers doubles. Raises EvaluationError for a text that is no JSON."""
    import json

    def number(digits: str) -> float:
        value = float(digits)
        if not isfinite(value):
            raise ValueError
        return value

    def refuse(_name: str) -> float:
        raise ValueError

    try:
        value = json.loads(text, parse_int=number, parse_float=number, parse_constant=refuse)
    except RecursionError:
        raise fail(f"{function} failed to parse JSON: exceeded max depth") from None
    except ValueError:  # the decoder's own message quotes the text
        raise fail(f"{function} failed to parse JSON") from None
    return _without_surrogates(value) if "\\u" in text else value


def _without_surrogates(value: Any) -> Any:
    """Unpaired surrogates in strings become U+FFFD, as in Go."""
    match value:
        case str():
            return utf8(value).decode()
        case list():
            return [_without_surrogates(item) for item in value]
        case dict():
            return {utf8(name).decode(): _without_surrogates(item) for name, item in value.items()}
    return value
