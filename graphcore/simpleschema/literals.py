"""Numbers, truth values and blanks as Go reads them.

kro decides with Go's ``strconv`` and ``unicode`` what a marker value is; Python's own conversions take more (``int(" 1_0 ")``) and less
(hexadecimal floats), so the accepted texts are spelled out here. Every function returns None for what Go refuses.
"""

from __future__ import annotations

import re

from graphcore.numbers import whole

# unicode.IsSpace; Python's str.isspace() has four control characters more.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_DECIMAL = re.compile(r"[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?\Z")
_HEXADECIMAL = re.compile(r"[+-]?0[xX]_?(?:[0-9a-fA-F][0-9a-fA-F_]*\.?[0-9a-fA-F_]*|\.[0-9a-fA-F][0-9a-fA-F_]*)[pP][+-]?[0-9][0-9_]*\Z")
_MISPLACED_UNDERSCORE = re.compile(r"__|_\Z|_[.eEpP+-]|[.eEpP+-]_")
_SPECIAL = {"inf": float("inf"), "infinity": float("inf"), "nan": float("nan")}
_LONGEST = 1000


def parse_bool(text: str) -> bool | None:
    """``strconv.ParseBool``."""
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def parse_int(text: str) -> int | None:
    """``strconv.ParseInt(text, 10, 64)``."""
    return whole(text, signed=True)


def parse_float(text: str) -> float | None:
    """``strconv.ParseFloat(text, 64)``: infinities and NaN by name, hexadecimal with exponent, out of range refused."""
    if len(text) > _LONGEST:
        return None
    sign = -1.0 if text.startswith("-") else 1.0
    special = _SPECIAL.get(text.removeprefix("-" if sign < 0 else "+").lower())
    if special is not None:
        return sign * special
    if "_" in text and _MISPLACED_UNDERSCORE.search(text):
        return None
    try:
        if _DECIMAL.match(text):
            value = float(text.replace("_", ""))
        elif _HEXADECIMAL.match(text):
            value = float.fromhex(text.replace("_", ""))
        else:
            return None
    except OverflowError:
        return None
    return None if value in (float("inf"), float("-inf")) else value
