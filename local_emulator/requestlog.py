"""Every request that was answered, for request accounting: what a real server writes to its audit log at Metadata level."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass

LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. ``verb``: get, list, watch, create, update, patch, apply, delete, deletecollection; for paths outside the API
    groups the lower-case method with an empty ``resource``. A watch is logged when it starts."""

    user_agent: str
    user: str
    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    subresource: str
    code: int
    path: str


class RequestLog:
    """The newest entries, oldest first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=limit)

    def add(self, entry: LogEntry) -> None:
        self.entries.append(entry)

    def clear(self) -> None:
        self.entries.clear()

    def counts(self, user_agent_prefix: str = "") -> dict[str, int]:
        """Requests to API resources by verb, of clients whose user agent starts with the prefix."""
        return dict(Counter(e.verb for e in self.entries if e.resource and e.user_agent.startswith(user_agent_prefix)))
