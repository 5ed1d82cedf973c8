"""Durations as ``kubectl get`` shows them: two units near the edges, one beyond."""

from __future__ import annotations

from datetime import datetime


def parse_time(text: str) -> datetime | None:
    """An RFC 3339 time, or None."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def human(seconds: float) -> str:
    """``45s``, ``3m20s``, ``15m``, ``2h5m``, ``12h``, ``2d3h``, ``40d``, ``2y10d``, ``9y``."""
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    if total < 0:
        return "0s"
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return f"{minutes}m" + (f"{total % 60}s" if total % 60 else "")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h" + (f"{minutes % 60}m" if minutes % 60 else "")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return f"{days}d" + (f"{hours % 24}h" if hours % 24 else "")
    if days < 730:
        return f"{days}d"
    years = days // 365
    if days < 2920:
        return f"{years}y" + (f"{days % 365}d" if days % 365 else "")
    return f"{years}y"


def age(text: str | None, now: datetime) -> str:
    """Time since ``text``; ``<unknown>`` when it is unset."""
    if not text:
        return "<unknown>"
    moment = parse_time(text)
    return human((now - moment).total_seconds()) if moment else "<invalid>"
