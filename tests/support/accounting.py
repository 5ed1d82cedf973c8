"""Request accounting with one interface for both APIs: an audit log in the format of a real kube-apiserver (the emulator writes the same)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READS = frozenset({"get", "list"})
WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True)
class Call:
    """One answered request to an API resource."""

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

    @property
    def read(self) -> bool:
        return self.verb in READS

    @property
    def write(self) -> bool:
        return self.verb in WRITES

    def __str__(self) -> str:
        what = "/".join(part for part in (self.resource, self.subresource) if part)
        where = "/".join(part for part in (self.namespace, self.name) if part)
        return f"{self.verb} {what} {where} -> {self.code}"


class Accounting:
    """Calls since a mark, by who made them."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def mark(self) -> int:
        """Now, as a position in the log."""
        return self.log.stat().st_size if self.log.exists() else 0

    def calls(self, since: int = 0, *, agent: str = "krofn-", namespace: str | None = None, cluster: bool = False) -> list[Call]:
        """Calls (watches excluded) of clients whose user agent starts with ``agent``; in a namespace, or everywhere.

        cluster: those of no namespace, too. Instances of other scenarios may be tried again meanwhile.
        """
        found = [call for call in self._read(since) if call.user_agent.startswith(agent) and call.verb != "watch" and call.resource]
        return [call for call in found if namespace is None or call.namespace == namespace or (cluster and not call.namespace)]

    def counts(self, since: int = 0, *, agent: str = "krofn-", namespace: str | None = None, cluster: bool = False) -> Counter[str]:
        """Number of calls by verb, and under ``reads``, ``writes`` and ``all`` the sums."""
        calls = self.calls(since, agent=agent, namespace=namespace, cluster=cluster)
        counts = Counter(call.verb for call in calls)
        counts["reads"] = sum(call.read for call in calls)
        counts["writes"] = sum(call.write for call in calls)
        counts["all"] = len(calls)
        return counts

    def _read(self, since: int) -> Iterator[Call]:
        if not self.log.exists():
            return
        with self.log.open("rb") as log:
            log.seek(since)
            for line in log:
                if line.endswith(b"\n"):
                    yield _call(json.loads(line))


def _call(event: dict[str, Any]) -> Call:
    target = event.get("objectRef") or {}
    return Call(
        event.get("userAgent", ""),
        event.get("user", {}).get("username", ""),
        event["verb"],
        target.get("apiGroup", ""),
        target.get("resource", ""),
        target.get("namespace", ""),
        target.get("name", ""),
        target.get("subresource", ""),
        event.get("responseStatus", {}).get("code", 0),
        event.get("requestURI", ""),
    )
