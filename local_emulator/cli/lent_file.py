"""A file that exists while something runs, at a place of somebody's choice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from local_emulator.cli.console import Misuse


@contextlib.contextmanager
def lent(path: Path, text: str) -> Iterator[None]:
    """The file with this text while the block runs. It is removed if nobody else has written it meanwhile. Raises Misuse."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text(encoding="utf-8", errors="replace") == text:
                path.unlink()
