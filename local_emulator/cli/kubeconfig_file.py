"""The file of somebody's choice that holds the kubeconfig of a local API while it serves."""

from __future__ import annotations

import json
import socket
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

from local_emulator.cli.console import Misuse
from local_emulator.cli.lent_file import lent
from local_emulator.protocol.kubeconfig import content


def check(path: Path) -> None:
    """That the file may be written, and removed at the end: it is not there, empty, or left over from a local API. Raises Misuse."""
    if not path.parent.is_dir():
        raise Misuse(f"{path.parent}: no such directory")
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    except OSError as error:
        raise Misuse(f"{path}: {error.strerror or error}") from None
    if not text.strip():
        return
    server = _server(text)
    if server is None:
        raise Misuse(f"{path} exists and is not from krofn up; --kubeconfig names a file to be made, and removed at the end")
    if _answers(server):
        raise Misuse(f"{path} belongs to a local API that serves at {server}; name another file")


def handed_out(path: Path, server: str) -> AbstractContextManager[None]:
    """The file while the block runs. It is removed if nobody else has written it meanwhile. Raises Misuse."""
    return lent(path, content(server))


def _server(text: str) -> str | None:
    """The address in a kubeconfig that ``content`` has made; None for any other text."""
    try:
        found = json.loads(text)
        server = found["clusters"][0]["cluster"]["server"]
    except (ValueError, RecursionError, TypeError, LookupError):
        return None
    return server if isinstance(server, str) and found == json.loads(content(server)) else None


def _answers(server: str) -> bool:
    try:
        parts = urlsplit(server)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1.0):
            return True
    except (OSError, ValueError):
        return False
