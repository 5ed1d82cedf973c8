"""What a change of a definition, a revision or a CRD means for definitions: which of them has to look.

A definition waits for kinds and for names of CRDs that it has recorded (``graphcore.converge.waits``), and uses the kinds of its served
revision. What metadata do not show of a CRD, :mod:`functions.bridge.looks` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from functions.bridge.changes import VOLATILE, differs, label
from functions.bridge.looks import Crd, Looks
from functions.bridge.outage import Outage
from functions.bridge.served import active_revision
from functions.bridge.watcher import Change
from functions.bridge.watchset import WatchSet
from functions.platform.events import Role
from functions.platform.graphs import Kinds
from functions.platform.paths import CRDS, DEFINITIONS
from functions.platform.waiting import Clock, Sleep
from graphcore.converge.waits import Waits
from graphcore.converge.waits import recorded as recorded_waits
from graphcore.names import RGD_ID, RGD_NAME, WAITS_FOR

ASKED_AGAIN = 60.0
"""Seconds for which a definition is not asked about missing rights again; while some are missing it asks by itself."""


class Emit(Protocol):
    """Makes the event of a change."""

    def __call__(self, change: Change, role: Role, *, partition: str = "", refused: bool = False) -> None: ...


class Definitions:
    """following: what is followed, and served. emit: always makes an event; report: where more than the resourceVersion differs."""

    def __init__(
        self,
        following: WatchSet,
        emit: Emit,
        report: Emit,
        api: Outage,
        clock: Clock,
        sleep: Sleep,
        failed: Callable[[str, Exception], None],
    ) -> None:
        self.looks = Looks(api, self._found, self._kind_gone, failed, sleep, api.sleep)
        self._set = following
        self._emit = emit
        self._report = report
        self._clock = clock
        self._told: dict[str, tuple[bool, bool]] = {}
        self._asked: dict[str, float] = {}

    def _known(self) -> Iterable[dict[str, Any]]:
        return self._set.known(DEFINITIONS)

    def definition_changed(self, change: Change) -> None:
        # What a run records of its own waits is no news; that somebody took it away is.
        if change.kind != "updated" or not _only_waits(change):
            self._report(change, Role.DEFINITION)
        if change.kind != "updated":
            self._set.stale()
        if change.kind == "deleted":
            name = change.metadata.get("name")
            freed = {str(crd["name"]) for crd in self._set.known(CRDS) if (crd.get("labels") or {}).get(RGD_NAME) == name}
            self._wake_definitions(lambda waits: bool(waits.crds & freed))

    def revision_changed(self, change: Change) -> None:
        # At start the definitions are told anyway; a revision becomes readable only after its CRD names it.
        self._set.stale()
        if change.kind != "listed":
            self._report(change, Role.REVISION, partition=self._definition_uid(change))

    def crd_changed(self, change: Change) -> None:
        self._set.stale()
        if label(change, RGD_NAME):
            if change.kind != "listed":
                self._report(change, Role.CRD, partition=self._definition_uid(change))
            now, before = active_revision(change.metadata), active_revision(change.before)
            # A definition that was made again begins at revision 1: the number alone does not tell.
            moved = now != before or label(change, RGD_ID) != ((change.before or {}).get("labels") or {}).get(RGD_ID, "")
            if change.kind == "updated" and now is not None and moved:
                # A key of its own: the definition's queue must not hold up the fan-out.
                self._emit(change, Role.ACTIVATION)

    def kind_changed(self, change: Change) -> None:
        """A kind may come, go, or be described otherwise: who uses it, waits for it or for its name hears of it."""
        name = str(change.metadata["name"])
        plural, _, group = name.partition(".")
        if change.kind == "listed":
            return
        if change.kind == "deleted" or differs(change):
            self._wake_definitions(lambda waits: name in waits.crds)
        if change.kind == "deleted":
            self._told.pop(str(change.metadata["uid"]), None)
            self.looks.deleted(name)
            self._set.kick(group, plural, gone=True)
            return
        if change.kind == "added" or not differs(change) or differs(change, ("generation",)):
            self._set.kick(group, plural)
            if label(change, RGD_NAME) or self._set.users(group, plural) or self._waited_for(group):
                self.looks.look(name)

    def _waited_for(self, group: str) -> bool:
        return any(group == waited for metadata in self._known() for waited, _ in recorded_waits({"metadata": metadata}).kinds)

    def _found(self, crd: Crd, first: bool) -> None:
        """A CRD was read: tell its definition that it is established or refused, and who waits for its kind that it is served."""
        told = (crd.established, crd.refused)
        generated = next(
            (known for known in self._set.known(CRDS) if known.get("uid") == crd.uid and (known.get("labels") or {}).get(RGD_NAME)), None
        )
        if first and generated and any(told) and self._told.get(crd.uid) != told:
            self._told[crd.uid] = told
            change = Change("listed", CRDS, generated)
            self._emit(change, Role.CRD, partition=self._definition_uid(change))
        if crd.established:
            self._wake_definitions(lambda waits: (crd.group, crd.kind) in waits.kinds)

    def _kind_gone(self, name: str) -> None:
        """Who uses a kind that is gone, and was not made again at once, is not accepted any more."""
        plural, _, group = name.partition(".")
        users = self._set.users(group, plural)
        for metadata in self._known():
            if metadata.get("name") in users:
                self._emit(Change("listed", DEFINITIONS, metadata), Role.DEFINITION)

    def _wake_definitions(self, concerned: Callable[[Waits], bool]) -> None:
        """Tells the definitions whose recorded waits are concerned, so that what appears wakes those that wait for it and nobody else."""
        for metadata in self._known():
            if concerned(recorded_waits({"metadata": metadata})):
                self._emit(Change("listed", DEFINITIONS, metadata), Role.DEFINITION)

    def _definition_uid(self, change: Change) -> str:
        """Key of the definition that a revision or CRD belongs to; made of its name if it is not known, so that it still has one queue."""
        name = label(change, RGD_NAME)
        return next((str(metadata["uid"]) for metadata in self._known() if metadata.get("name") == name), f"definition/{name}")

    def refused(self, concerned: Callable[[Kinds], bool]) -> None:
        """Has the definitions of kinds ask for rights; each at most once in a while, as every instance of a kind meets the same refusal."""
        now = self._clock()
        uids = {served.definition_uid for served in self._set.served.values() if concerned(served.kinds)}
        for metadata in self._known():
            uid = str(metadata["uid"])
            if uid in uids and now - self._asked.get(uid, -ASKED_AGAIN) >= ASKED_AGAIN:
                self._asked[uid] = now
                self._emit(Change("listed", DEFINITIONS, metadata), Role.DEFINITION, refused=True)
        if len(self._asked) > 2 * len(self._set.served) + 16:
            self._asked = {uid: moment for uid, moment in self._asked.items() if now - moment < ASKED_AGAIN}


def _only_waits(change: Change) -> bool:
    """Whether nothing but the record of what a definition waits for has been set or changed."""
    notes = change.metadata.get("annotations") or {}
    before = (change.before or {}).get("annotations") or {}
    if WAITS_FOR not in notes or differs(change, tuple({*change.metadata, *(change.before or {})} - {*VOLATILE, "annotations"})):
        return False
    return {**notes, WAITS_FOR: ""} == {**before, WAITS_FOR: ""}
