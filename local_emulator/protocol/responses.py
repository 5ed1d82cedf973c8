"""One HTTP answer as the handlers make it."""

from __future__ import annotations

from dataclasses import dataclass, field

from local_emulator.protocol.watch import Watch


@dataclass(slots=True)
class Response:
    """An answer: bytes, or a watch to stream."""

    code: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)
    watch: Watch | None = None


def warning_headers(warnings: tuple[str, ...] | list[str]) -> list[tuple[str, str]]:
    """RFC 7234 warnings as the API server sends them."""
    escaped = [text.replace("\\", "\\\\").replace('"', '\\"') for text in warnings]
    return [("Warning", f'299 - "{text}"') for text in escaped]
