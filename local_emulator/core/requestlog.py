"""Every request that was answered, for request accounting: what a real server writes to its audit log at Metadata level."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from local_emulator.core.codec import encode

LIMIT = 200_000


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. ``verb``: get, list, watch, create, update, patch, apply, delete, deletecollection; for paths outside the API
    groups the lower-case method with an empty ``resource``. ``path`` includes the query. A watch is logged when it starts."""

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


def audit_line(entry: LogEntry, number: int) -> bytes:
    """One line of an audit log as kube-apiserver writes it (``audit.k8s.io/v1``, stage ResponseComplete; an apply is a patch there)."""
    target = {
        "resource": entry.resource,
        "namespace": entry.namespace,
        "name": entry.name,
        "apiGroup": entry.group,
        "subresource": entry.subresource,
    }
    event: dict[str, object] = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": str(number),
        "stage": "ResponseComplete",
        "requestURI": entry.path,
        "verb": "patch" if entry.verb == "apply" else entry.verb,
        "user": {"username": entry.user},
        "userAgent": entry.user_agent,
    }
    if entry.resource:
        event["objectRef"] = {key: value for key, value in target.items() if value}
    event["responseStatus"] = {"metadata": {}, "code": entry.code}
    return encode(event) + b"\n"


class RequestLog:
    """The newest entries, oldest first. ``sink`` takes every entry as a line of an audit log."""

    def __init__(self, limit: int = LIMIT, sink: Callable[[bytes], object] | None = None) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=limit)
        self.sink = sink
        self.count = 0

    def add(self, entry: LogEntry) -> None:
        self.entries.append(entry)
        self.count += 1
        if self.sink is not None:
            self.sink(audit_line(entry, self.count))

    def clear(self) -> None:
        self.entries.clear()

    def counts(self, user_agent_prefix: str = "") -> dict[str, int]:
        """Requests to API resources by verb, of clients whose user agent starts with the prefix."""
        return dict(Counter(e.verb for e in self.entries if e.resource and e.user_agent.startswith(user_agent_prefix)))
