"""Sending events over HTTP: to a broker, to a function, or to the bridge's inlet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from functions.platform.events import Event, encode
from graphcore.numbers import whole

TIMEOUT = 30.0
"""Seconds; as the Triggers' own limit, so that a receiver knows how long it has."""
ANSWER_HEADER = "Krofn-Answer"
"""Header in which a function or the bridge says in one word what a status alone cannot: who answered, and whether anything was done."""
DONE, ECHO, AGAIN, REFUSED, UNTOLD = "done", "echo", "again", "refused", "untold"
"""``untold``: done, but the object could not be told what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How a delivery ended.

    status: HTTP status; 0 when there was no answer. retry_after: seconds the receiver asked for. answer: the word of one of our own
    functions (see :mod:`functions.platform.delivery`), "" from anybody else.
    """

    status: int
    retry_after: float | None = None
    answer: str = ""

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def settled(self) -> bool:
        """A run of the receiver that began after the event has ended; a broker, or an echo, settles nothing."""
        return self.done and self.answer in (DONE, UNTOLD)

    @property
    def hopeless(self) -> bool:
        """The event itself is wrong: only who reads the contract can say so, never a proxy in between that refuses a request."""
        return self.status == 400 and self.answer == REFUSED


class Post(Protocol):
    """Delivers one event to an address."""

    async def send(self, url: str, event: Event, headers: Mapping[str, str] | None = None) -> Sent: ...

    async def close(self) -> None: ...


class HttpPost:
    """Over a session of its own, opened when first used. source: the CloudEvents attribute of that name."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._session: aiohttp.ClientSession | None = None

    async def send(self, url: str, event: Event, headers: Mapping[str, str] | None = None) -> Sent:
        """Never raises for a fault of the network: that is status 0."""
        if self._session is None:
            # Who sends decides how much at once: a limit here would let one receiver that does not answer hold up the others.
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT), connector=connector)
        own, body = encode(event, self._source)
        try:
            async with self._session.post(url, data=body, headers={**own, **(headers or {})}) as response:
                await response.read()
                return Sent(response.status, seconds(response.headers.get("Retry-After")), response.headers.get(ANSWER_HEADER, ""))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Sent(0)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def seconds(header: str | None) -> float | None:
    """Retry-After in its numeric form."""
    number = whole(header)
    return None if number is None else float(number)
