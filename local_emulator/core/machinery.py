"""The seam between the protocol and what knows schemas: validation, patches, server-side apply and managedFields.

:class:`Transactions <local_emulator.writes.transactions.Transactions>` calls nothing else to look inside an object, so that either side can
be tested alone. Everything here is synchronous and pure; objects carry ``apiVersion`` and ``kind``; arguments are never changed,
results may share parts with them.
"""

from __future__ import annotations

from typing import Any, Protocol

from local_emulator.core.registry import Resource
from local_emulator.core.writing import Options

Object = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class Machinery(Protocol):
    """What a server needs to know about the insides of objects. Every method raises ApiError for what a client did wrong."""

    def prepare(self, resource: Resource, obj: Object, options: Options, old: Object | None, subresource: str) -> tuple[Object, list[str]]:
        """Prunes, defaults and validates; returns the object and the warnings. Of the options the field validation counts."""

    def patch(self, resource: Resource, live: Object, patch: Any, content_type: str) -> Any:
        """JSON, merge or strategic merge patch, decoded; ``live`` in the requested version."""

    def apply(
        self, resource: Resource, live: Object | None, patch: Object, manager: str, force: bool, subresource: str, now: str
    ) -> Object:
        """Server-side apply; the result carries the new managedFields. A patch that changes nothing returns an equal object."""

    def record_update(self, resource: Resource, old: Object | None, new: Object, manager: str, subresource: str, now: str) -> Object:
        """``new`` with the managedFields of an update (or creation) by ``manager``."""
