"""An outage of the API server: noticed once for all, watched, and its end told to whatever waits.

Who meets a fault waits before the next try, longer each time; after ten minutes without API server everything would be asleep for half a
minute or more. So a fault that may be an outage (no answer, an answer that is the server's own fault, a function that could not do its
work) makes one probe. Where the probe fails too, or is kept waiting, that is an outage; the probe is repeated every second, and the first
answer to it or to anybody ends the outage: whoever waits in :meth:`Outage.sleep` goes on, spread over two seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from functions.bridge.tasks import forever
from functions.platform.cluster import Answer, Cluster, ClusterError, Request
from functions.platform.waiting import Clock, Sleep, either

PROBE = 1.0
"""Seconds between probes; an answer that takes longer ends an outage of its own."""
SPREAD = 2.0
"""Seconds over which those who waited go on."""
BEFORE = 15.0
"""Seconds by which an outage may be noticed late: a run may take so long until it gives up."""
READY = Request("GET", "/readyz", raw=True)


class Outage:
    """Is itself the cluster that it watches over. Runs inside one event loop. jitter: a number in [0, 1)."""

    def __init__(
        self, cluster: Cluster, *, clock: Clock, sleep: Sleep, jitter: Callable[[], float], failed: Callable[[str, Exception], None]
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._failed = failed
        self._back = asyncio.Event()
        self._began = 0.0
        self._going_on = False
        self._last: tuple[float, float] | None = None
        self._asked = -PROBE
        self._task: asyncio.Task[None] | None = None
        self.ended = 0

    def doubt(self) -> None:
        """Something failed that may be the API server's fault."""
        now = self._clock()
        if (self._task is None or self._task.done()) and now - self._asked >= PROBE:
            self._began = self._asked = now
            self._task = asyncio.create_task(
                forever(self._watch, lambda error: self._failed("probe of the API server", error), self._sleep)
            )

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds, or shortly after the end of an outage."""
        back, start = self._back, self._clock()
        await either(back, seconds, self._sleep)
        left = seconds - (self._clock() - start)
        if back.is_set() and left > 0:
            await self._sleep(min(left, SPREAD * self._jitter()))

    def hit(self, moment: float) -> bool:
        """Whether the last outage, which is over, may have been the reason for what was decided at a moment."""
        return self._last is not None and self._last[0] - BEFORE <= moment <= self._last[1]

    async def send(self, request: Request) -> Answer:
        try:
            answer = await self._cluster.send(request)
        except ClusterError:
            self.doubt()
            raise
        self._judge(answer.status)
        return answer

    async def stream(self, request: Request) -> AsyncIterator[dict[str, Any]]:
        try:
            async for event in self._cluster.stream(request):
                code = (event.get("object") or {}).get("code") if event.get("type") == "ERROR" else 200
                self._judge(code if isinstance(code, int) else 500)
                yield event
        except ClusterError:
            self.doubt()
            raise

    async def close(self) -> None:
        """Stops watching. The connections belong to whoever made them."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _judge(self, status: int) -> None:
        if status >= 500:
            self.doubt()
        elif self._going_on:
            self._end()

    async def _watch(self) -> None:
        """From the first doubt until there is an answer."""
        while True:
            start = self._clock()
            answered = await self._answered()
            late = self._clock() - start >= PROBE
            self._going_on = self._going_on or late or not answered
            if answered:
                if self._going_on:
                    self._end()
                return
            await self._sleep(PROBE * (0.75 + 0.5 * self._jitter()))
            if not self._going_on:
                # Somebody else had an answer meanwhile.
                return

    async def _answered(self) -> bool:
        try:
            return (await self._cluster.send(READY)).status < 500
        except ClusterError:
            return False

    def _end(self) -> None:
        self._last = (self._began, self._clock())
        self._going_on = False
        self.ended += 1
        self._back.set()
        self._back = asyncio.Event()
