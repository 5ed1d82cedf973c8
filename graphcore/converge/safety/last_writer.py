"""Rule 7: whoever finishes last has seen the newest intent.

The status write is made under the resourceVersion that the attempt is based on, so a change in between makes it conflict. Where the status
is unchanged, but something was written, one more read takes its place.
"""

from __future__ import annotations

from graphcore.converge.effects import Found, Get, Refused
from graphcore.converge.metadata import meta
from graphcore.converge.safety.attempt import Blocked, Restart, Session
from graphcore.converge.steps import Steps, one

UNREAD = frozenset({"resourceVersion", "managedFields"})
"""Metadata that move with every write and that no run depends on."""


def look_again(session: Session) -> Steps[None]:
    """Raises Restart if the instance is no longer what the attempt is based on, Blocked if nobody can tell.

    All that expressions can read and that rules depend on counts: labels, annotations, finalizers and owners too.
    """
    request = session.request
    result = yield from one(Get(request.resource, request.name, request.namespace, metadata_only=True, look=True))
    if isinstance(result, Refused):
        raise Blocked(f"reading the instance again failed: {result.message}", retry=True)
    if not isinstance(result, Found):
        raise Restart
    before, after = meta(session.instance), meta(result.object)
    if any(before.get(key) != after.get(key) for key in (before.keys() | after.keys()) - UNREAD):
        raise Restart
