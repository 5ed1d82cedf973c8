"""A cluster that answers from a list, for tests that care about requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from functions.platform.cluster import Answer, ClusterError, Request


class Scripted:
    """Gives the answers in order; watches stream the prepared events, then end."""

    def __init__(self, *answers: Answer | Exception, streams: Sequence[Sequence[dict[str, Any]]] = ()) -> None:
        self.answers = list(answers)
        self.streams = [list(events) for events in streams]
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        self.requests.append(request)
        if not self.streams:
            raise ClusterError("no more")
        for event in self.streams.pop(0):
            yield event

    async def close(self) -> None:
        return


def failure(code: int, reason: str, message: str = "no", **details: Any) -> Answer:
    body: dict[str, Any] = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return Answer(code, body | ({"details": details} if details else {}))


def obj(name: str = "a", version: str = "5", uid: str = "u", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "uid": uid, "resourceVersion": version, **metadata}}
