"""Prune claims: who is about to delete something says so in the fence, and who wants it after all rewrites it first.

What is to be pruned was listed before the fence that names its UID, and is deleted only as it was listed (uid and resourceVersion). An
invocation that finds an object claimed and wants it writes it once, although nothing differs: its resourceVersion moves, and the delete
of the other one fails. The rewrite carries the number of the fence, so that it is made once and not at every look.
"""

from __future__ import annotations

from collections.abc import Iterable

from graphcore import names
from graphcore.converge.metadata import annotations_of, meta
from graphcore.converge.safety.attempt import Object, Session


def claim(objects: Iterable[Object]) -> frozenset[str]:
    """UIDs to name in the fence; what is already going needs no claim."""
    return frozenset(meta(obj)["uid"] for obj in objects if not meta(obj).get("deletionTimestamp"))


def is_claimed(session: Session, observed: Object) -> bool:
    """Whether somebody is about to prune the object, and nobody who wants it has rewritten it since."""
    if meta(observed).get("uid") not in session.mark.pruning:
        return False
    return annotations_of(observed).get(names.APPLIED, "").partition("/")[2] != str(session.mark.fence)
