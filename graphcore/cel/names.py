"""Property names as CEL sees them.

Source: ``k8s.io/apiserver/pkg/cel/escaping.go``: ``a-b`` is ``a__dash__b``, a reserved word ``if`` is ``__if__``.
"""

from __future__ import annotations

import re
from typing import Final

RESERVED: Final = frozenset(
    "true false null in as break const continue else for function if import let loop package namespace return var void while".split()  # noqa: SIM905
)
_PLAIN = re.compile(r"(?!.*__)[A-Za-z_][A-Za-z0-9_]*\Z")
_ESCAPABLE = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*\Z")
_PARTS = re.compile(r"__|[-./]")
_ESCAPES: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


def escape(name: str) -> str | None:
    """The identifier for a property; None when it has none (leading digit, blank, ``$``, empty)."""
    if name in RESERVED:
        return f"__{name}__"
    if _PLAIN.match(name):
        return name
    if not _ESCAPABLE.match(name):
        return None
    return _PARTS.sub(lambda match: _ESCAPES[match[0]], name)
