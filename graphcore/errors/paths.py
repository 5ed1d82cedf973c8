"""How a place inside a document is written: ``spec.a``, ``data["a.b"]``, ``items[0]``."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def child(path: str, name: str) -> str:
    """The path of member ``name`` below ``path``; names that would be ambiguous behind a dot are quoted."""
    if _PLAIN.match(name):
        return f"{path}.{name}" if path else name
    return f"{path}[{json.dumps(name, ensure_ascii=False)}]"


def element(path: str, index: int) -> str:
    """The path of one list element."""
    return f"{path}[{index}]"
