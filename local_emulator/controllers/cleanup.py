"""The controllers that every client of Kubernetes relies on: garbage collection, namespace and CRD clean-up, aggregated ClusterRoles.

Work is found by listening to the store and done a moment later (``schedule``), never inside the request that caused it, as on a real
cluster. A step is idempotent and judged by the state at the time it runs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from local_emulator.controllers.remaining import remaining
from local_emulator.core.registry import Registry, Resource
from local_emulator.core.selectors import from_label_selector
from local_emulator.core.status import ApiError
from local_emulator.core.store import CollectionKey, Entry, Event, Key, Store
from local_emulator.core.writing import CRDS, NAMESPACES, Deletion, Options
from local_emulator.kinds.crds import CLEANUP
from local_emulator.writes import admission
from local_emulator.writes.transactions import Transactions

LOG = logging.getLogger(__name__)
Schedule = Callable[[float, Callable[[], None]], None]
Object = dict[str, Any]
Work = tuple[str, CollectionKey, Key]

GC = Options("kube-controller-manager", "Ignore")
CLUSTER_ROLES: CollectionKey = ("rbac.authorization.k8s.io", "clusterroles")
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


class Controllers:
    """Listens to one store. ``schedule(seconds, step)`` decides when steps run; ``delay`` is the time between cause and effect."""

    def __init__(self, store: Store, registry: Registry, transactions: Transactions, schedule: Schedule, delay: float = 0.0) -> None:
        self.store, self.registry, self.transactions, self.schedule, self.delay = store, registry, transactions, schedule, delay
        self.pending: dict[Work, None] = {}
        self.scheduled = False
        self.steps: dict[str, Callable[[CollectionKey, Key], None]] = {
            "owners": self._owners,
            "finalize": self._finalize,
            "namespace": self._namespace,
            "definition": self._definition,
            "roles": self._roles,
        }
        store.listeners.append(self._on_event)

    def add(self, kind: str, collection: CollectionKey, key: Key) -> None:
        """Something to look at soon; ``kind`` names a step."""
        self.pending[kind, collection, key] = None
        if not self.scheduled:
            self.scheduled = True
            self.schedule(self.delay, self.run)

    def _on_event(self, collection: CollectionKey, event: Event) -> None:
        new, old = event.new, event.old
        if collection == CLUSTER_ROLES:
            self.add("roles", collection, ("", ""))
        if event.type == "DELETED":
            for dependent_collection, dependent in self.store.dependents.get(new.uid, ()):
                self.add("owners", dependent_collection, dependent)
            for uid in new.owners:
                owner = self.store.by_uid.get(uid)
                if owner is not None:
                    self.add("finalize", *owner)
            if new.key[0]:
                self.add("namespace", NAMESPACES, ("", new.key[0]))
            self.add("definition", CRDS, ("", f"{collection[1]}.{collection[0]}"))
            return
        if event.type == "ADDED" and collection == NAMESPACES:
            self._made_again(new.key[1])
        if new.owners and (old is None or old.owners != new.owners):
            self.add("owners", collection, new.key)
        if b'"deletionTimestamp"' in new.tail:
            self._going(collection, new.key)

    def _made_again(self, namespace: str) -> None:
        """What was left when a namespace was taken away could not be changed; now it can."""
        for collection, content in self.store.collections.items():
            for key in [key for key in content.entries if key[0] == namespace]:
                self.add("owners", collection, key)
                self.add("finalize", collection, key)

    def resume(self) -> None:
        """Takes up what was under way in a store that was filled before: deletions that have begun, owners that may be gone."""
        for collection, content in self.store.collections.items():
            for entry in content.entries.values():
                if entry.owners:
                    self.add("owners", collection, entry.key)
                if b'"deletionTimestamp"' in entry.tail:
                    self._going(collection, entry.key)

    def _going(self, collection: CollectionKey, key: Key) -> None:
        self.add("finalize", collection, key)
        if collection == NAMESPACES:
            self.add("namespace", collection, key)
        if collection == CRDS:
            self.add("definition", collection, key)

    def run(self) -> None:
        """Does everything pending, including what that causes."""
        self.scheduled = True  # what is added meanwhile is done by this run
        try:
            while self.pending:
                work = next(iter(self.pending))
                del self.pending[work]
                kind, collection, key = work
                try:
                    self.steps[kind](collection, key)
                except ApiError as error:
                    LOG.warning("%s of %s %s: %s", kind, collection, key, error)
        finally:
            self.scheduled = False

    # ---- garbage collection

    def _owner(self, reference: Object, namespace: str) -> Entry | bool | None:
        """The owner's entry; None when it is gone; True when this server cannot say (unknown kind)."""
        group = reference.get("apiVersion", "").rpartition("/")[0]
        resource = self.registry.of_kind(group, reference.get("kind", ""))
        if resource is None:
            return True
        entry = self.store.get(resource.storage, (namespace if resource.namespaced else "", reference.get("name", "")))
        return entry if entry is not None and entry.uid == reference.get("uid") else None

    def _owners(self, collection: CollectionKey, key: Key) -> None:
        """Deletes an object all of whose owners are gone; drops references to some gone ones."""
        entry, resource = self.store.get(collection, key), self.registry.of_collection(collection)
        if entry is None or resource is None or not entry.owners:
            return
        body: Any = entry.object()
        solid, gone, waiting = [], [], []
        for reference in body["metadata"].get("ownerReferences") or ():
            owner = self._owner(reference, key[0])
            if owner is None:
                gone.append(reference)
            elif isinstance(owner, Entry) and _has_finalizer(owner, FOREGROUND):
                waiting.append(reference)
            else:
                solid.append(reference)
        if solid:
            if gone or waiting:
                self._write_owners(resource, entry, solid)
            return
        foreground = bool(waiting) and bool(self.store.dependents.get(entry.uid))
        if not body["metadata"].get("deletionTimestamp"):
            self.transactions.delete(resource, *key, Deletion(uid=entry.uid, propagation="Foreground" if foreground else "Background"))

    def _write_owners(self, resource: Resource, entry: Entry, references: list[Object]) -> None:
        obj = self.transactions.load(resource, entry)
        metadata: Object = {**obj["metadata"], "ownerReferences": references}
        self.transactions.update(resource, *entry.key, {**obj, "metadata": metadata}, None, GC)

    def _finalize(self, collection: CollectionKey, key: Key) -> None:
        """Takes the foreground or orphan finalizer off an owner whose dependents are dealt with."""
        entry, resource = self.store.get(collection, key), self.registry.of_collection(collection)
        if entry is None or resource is None:
            return
        obj = self.transactions.load(resource, entry)
        metadata: Object = obj["metadata"]
        finalizers = metadata.get("finalizers") or []
        if not metadata.get("deletionTimestamp") or not {FOREGROUND, ORPHAN} & set(finalizers):
            return
        dependents = list(self.store.dependents.get(entry.uid, ()))
        if ORPHAN in finalizers:
            for dependent_collection, dependent in dependents:
                held, kind = self.store.get(dependent_collection, dependent), self.registry.of_collection(dependent_collection)
                if held is not None and kind is not None:
                    references: Any = held.object()["metadata"]
                    self._write_owners(kind, held, [r for r in references["ownerReferences"] if r.get("uid") != entry.uid])
        else:
            blocked = False
            for dependent_collection, dependent in dependents:
                held = self.store.get(dependent_collection, dependent)
                body: Any = held.object() if held else {}
                references = [r for r in body.get("metadata", {}).get("ownerReferences") or () if r.get("uid") == entry.uid]
                if references and not body["metadata"].get("deletionTimestamp"):
                    self.add("owners", dependent_collection, dependent)
                blocked = blocked or any(r.get("blockOwnerDeletion") for r in references)
            if blocked:
                return
        kept = [name for name in finalizers if name not in (FOREGROUND, ORPHAN)]
        self.transactions.update(resource, *key, {**obj, "metadata": {**metadata, "finalizers": kept}}, None, GC)

    # ---- namespaces, definitions, roles

    def _empty(self, resource: Resource, namespace: str) -> bool:
        """Deletes every object of a resource (in a namespace); True when none is left."""
        for entry in list(self.store.scan(resource.storage, namespace)):
            if b'"deletionTimestamp"' not in entry.tail or not _deleting(entry):
                self.transactions.delete(resource, *entry.key, Deletion(propagation="Background"))
        return next(self.store.scan(resource.storage, namespace), None) is None

    def _namespace(self, collection: CollectionKey, key: Key) -> None:
        entry, resource = self.store.get(collection, key), self.registry.of_collection(collection)
        if entry is None or resource is None or not _deleting(entry) or admission.released(resource, entry.object()):
            return
        left = [r for r in list(self.registry.collections.values()) if r.namespaced and "delete" in r.verbs and not self._empty(r, key[1])]
        obj = self.transactions.load(resource, entry)
        if left:
            state = {**(obj.get("status") or {}), "conditions": remaining(self.store, left, key[1], obj)}
            if state != obj.get("status"):
                self.transactions.update(resource, "", key[1], {**obj, "status": state}, resource.subresource("status"), GC)
            return
        spec: Object = {**(obj.get("spec") or {}), "finalizers": []}
        self.transactions.update(resource, "", key[1], {**obj, "spec": spec}, resource.subresource("finalize"), GC)

    def _definition(self, collection: CollectionKey, key: Key) -> None:
        entry, resource = self.store.get(collection, key), self.registry.of_collection(collection)
        if entry is None or resource is None or not _deleting(entry):
            return
        obj = self.transactions.load(resource, entry)
        spec: Any = obj["spec"]
        instances = self.registry.of_collection((spec["group"], spec["names"]["plural"]))
        if instances is not None and not self._empty(instances, ""):
            return
        metadata: Object = obj["metadata"]
        kept = [name for name in metadata.get("finalizers") or () if name != CLEANUP]
        self.transactions.update(resource, "", key[1], {**obj, "metadata": {**metadata, "finalizers": kept}}, None, GC)

    def _roles(self, collection: CollectionKey, _key: Key) -> None:
        """Fills ClusterRoles that have an aggregation rule with the rules of the ClusterRoles it selects."""
        resource = self.registry.of_collection(collection)
        entries = list(self.store.scan(collection))
        for entry in entries:
            if resource is None or b'"aggregationRule"' not in entry.tail:
                continue
            obj = self.transactions.load(resource, entry)
            rule: Any = obj.get("aggregationRule") or {}
            rules: list[Any] = []
            for selector in rule.get("clusterRoleSelectors") or ():
                requirements = from_label_selector(selector)
                for other in entries:
                    if other.key != entry.key and all(requirement.matches(other.labels) for requirement in requirements):
                        found: Any = other.object()
                        rules += [r for r in found.get("rules") or () if r not in rules]
            if rules != (obj.get("rules") or []):
                self.transactions.update(
                    resource, "", entry.key[1], {**obj, "rules": rules}, None, Options("clusterrole-aggregation-controller", "Ignore")
                )


def _metadata(entry: Entry) -> Object:
    body: Any = entry.object()
    metadata: Object = body["metadata"]
    return metadata


def _deleting(entry: Entry) -> bool:
    return bool(_metadata(entry).get("deletionTimestamp"))


def _has_finalizer(entry: Entry, name: str) -> bool:
    metadata = _metadata(entry)
    return bool(metadata.get("deletionTimestamp")) and name in (metadata.get("finalizers") or ())
