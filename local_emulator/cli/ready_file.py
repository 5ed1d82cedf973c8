"""The file of somebody's choice that says to a script that everything can serve."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from local_emulator.cli.console import Misuse
from local_emulator.cli.lent_file import lent

_CONTENT = re.compile(r"ready ([1-9][0-9]{0,9})\n")


def clear(path: Path) -> None:
    """Removes the file that a krofn which is gone has left: it would speak too early. Raises Misuse for any other file, untouched."""
    if not path.parent.is_dir():
        raise Misuse(f"{path.parent}: no such directory")
    if path.exists() and not path.is_file():
        raise Misuse(f"{path} exists and is no file; --ready-file names a file to be made, and removed at the end")
    try:
        with path.open("rb") as file:
            text = file.read(32)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None
    found = _CONTENT.fullmatch(text.decode("ascii", "replace"))
    if text and found is None:
        raise Misuse(f"{path} exists and is no ready file; --ready-file names a file to be made, and removed at the end")
    if found and _runs(int(found[1])):
        raise Misuse(f"{path} belongs to a krofn that runs, process {found[1]}; name another file")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None


def ready_mark(path: Path | None) -> AbstractContextManager[None]:
    """A file that exists while everything runs; it is removed if nobody else has written it meanwhile. Raises Misuse."""
    return nullcontext() if path is None else lent(path, f"ready {os.getpid()}\n")


def _runs(process: int) -> bool:
    """Whether another process has this number."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
