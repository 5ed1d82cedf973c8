"""The rows of docs/reference/fidelity.md, and the mark of a test that shows one."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "fidelity.md"
_ROW = re.compile(r"^\| `([a-z0-9-]+)` \| (.+?) \| (.+?) \|$", re.M)


def rows() -> dict[str, str]:
    """What a row says, by its name: ``REAL; the emulator EMULATED``."""
    return {name: f"a real server {real}; the emulator {emulated}" for name, real, emulated in _ROW.findall(PAGE.read_text())}
