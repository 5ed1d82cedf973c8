"""The small controllers that keep what a namespace and a volume need: the default ServiceAccount, and finalizers of storage in use."""

from __future__ import annotations

from local_emulator.controllers.cleanup import GC, Controllers
from local_emulator.core.store import CollectionKey, Event, Key
from local_emulator.core.writing import NAMESPACES

ACCOUNTS: CollectionKey = ("", "serviceaccounts")
PODS: CollectionKey = ("", "pods")
PROTECTED: dict[CollectionKey, str] = {
    ("", "persistentvolumeclaims"): "kubernetes.io/pvc-protection",
    ("", "persistentvolumes"): "kubernetes.io/pv-protection",
}
CLAIMS, VOLUMES = PROTECTED
DEFAULT = "default"


class Keepers:
    """Adds its steps to the controllers, which decide when they run."""

    def __init__(self, controllers: Controllers) -> None:
        self.controllers = controllers
        self.store, self.registry, self.transactions = controllers.store, controllers.registry, controllers.transactions
        controllers.steps |= {"account": self._account, "storage": self._release}
        self.store.listeners.append(self._on_event)

    def resume(self) -> None:
        """Takes up what a store that was filled before lacks."""
        for entry in list(self.store.scan(NAMESPACES)):
            self.controllers.add("account", NAMESPACES, entry.key)
        for collection in PROTECTED:
            for entry in list(self.store.scan(collection)):
                self.controllers.add("storage", collection, entry.key)

    def _on_event(self, collection: CollectionKey, event: Event) -> None:
        key = event.new.key
        if collection == NAMESPACES and event.type == "ADDED":
            self.controllers.add("account", NAMESPACES, key)
        elif collection == ACCOUNTS and event.type == "DELETED" and key[1] == DEFAULT:
            self.controllers.add("account", NAMESPACES, ("", key[0]))
        elif collection in PROTECTED and event.type == "MODIFIED" and b'"deletionTimestamp"' in event.new.tail:
            self.controllers.add("storage", collection, key)
        elif collection == PODS and event.type == "DELETED":
            for claim in self.store.scan(CLAIMS, key[0]):
                self.controllers.add("storage", CLAIMS, claim.key)
        elif collection == CLAIMS and event.type == "DELETED":
            for volume in self.store.scan(VOLUMES):
                self.controllers.add("storage", VOLUMES, volume.key)

    def _account(self, _collection: CollectionKey, key: Key) -> None:
        """Gives a namespace its default ServiceAccount."""
        found, resource = self.store.get(NAMESPACES, key), self.registry.of_collection(ACCOUNTS)
        if found is None or resource is None or self.store.get(ACCOUNTS, (key[1], DEFAULT)) is not None:
            return
        if b'"deletionTimestamp"' not in found.tail:
            self.transactions.create(resource, key[1], {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": DEFAULT}}, GC)

    def _release(self, collection: CollectionKey, key: Key) -> None:
        """Lets a claim or volume go that is being deleted and that nothing uses."""
        entry, resource = self.store.get(collection, key), self.registry.of_collection(collection)
        if entry is None or resource is None or b'"deletionTimestamp"' not in entry.tail:
            return
        obj = self.transactions.load(resource, entry)
        finalizers = obj["metadata"].get("finalizers") or []
        name = PROTECTED[collection]
        if not obj["metadata"].get("deletionTimestamp") or name not in finalizers or self._used(collection, key):
            return
        kept = {**obj["metadata"], "finalizers": [one for one in finalizers if one != name]}
        self.transactions.update(resource, *key, {**obj, "metadata": kept}, None, GC)

    def _used(self, collection: CollectionKey, key: Key) -> bool:
        if collection == CLAIMS:
            for entry in self.store.scan(PODS, key[0]):
                volumes = (entry.object().get("spec") or {}).get("volumes") or ()
                if any((one.get("persistentVolumeClaim") or {}).get("claimName") == key[1] for one in volumes):
                    return True
            return False
        return any((entry.object().get("spec") or {}).get("volumeName") == key[1] for entry in self.store.scan(CLAIMS))
