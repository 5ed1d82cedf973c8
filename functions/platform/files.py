"""How many files a process may have open: each watch is a connection, and each connection one of them."""

from __future__ import annotations

import contextlib

try:
    import resource
except ImportError:  # Windows has no such limit.
    resource = None  # type: ignore[assignment]


def raise_file_limit() -> None:
    """Lifts the soft limit to the hard one, as far as the system lets a process do that by itself."""
    if resource is not None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != hard:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def file_limit() -> int | str:
    """The limit in force, for messages."""
    if resource is None:
        return "unknown"
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return "unlimited" if soft == resource.RLIM_INFINITY else soft
