"""Server-side apply: who owns which field, and what an apply or an update does to that.

The semantics are those of structured-merge-diff, which kube-apiserver uses. The parts, from the bottom:

* ``fieldsets``: sets of field paths in their wire form (fieldsV1), with union, difference and intersection;
* ``typed``: a view of a schema that knows only what ownership needs: :class:`~local_emulator.objects.apply.typed.TypedSchema`;
* ``walk``: field set of a value, comparison and merge of two values, removal of paths;
* ``managers``: ``metadata.managedFields`` to sets and back, what is never owned, what an endpoint resets;
* ``checking``: whether a configuration fits its schema, in structured-merge-diff's words;
* ``last_applied``: the bridge from client-side apply, through the annotation that ``kubectl apply`` keeps;
* ``server_side``: the two operations that others call::

    server_side_apply(live: dict | None, patch: dict, *, manager: str, force: bool, typed: TypedSchema, now: str,
                      subresource: str = "", reset: Node | None = None, normalise: Callable[[dict], dict] | None = None,
                      empty: dict | None = None, waived: Node | None = None) -> dict
    record_update(old: dict | None, new: dict, *, manager: str, typed: TypedSchema, now: str,
                  subresource: str = "", reset: Node | None = None, empty: dict | None = None) -> dict

Both take and return whole objects with ``apiVersion``, ``kind`` and ``metadata.managedFields``; arguments are never changed, results
may share parts with them. Conflicts raise :class:`local_emulator.core.status.ApiError` 409 with one cause per path. ``now`` is an
RFC 3339 time in whole seconds, UTC.
"""

from __future__ import annotations
