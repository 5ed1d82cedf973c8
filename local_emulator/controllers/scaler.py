"""An autoscaler without metrics: it keeps its target within ``minReplicas`` and ``maxReplicas``, as the real one does in any case."""

from __future__ import annotations

from typing import Any

from local_emulator.core.registry import Registry, Resource
from local_emulator.core.status import qualified
from local_emulator.core.store import CollectionKey, Key, Store
from local_emulator.core.writing import Options
from local_emulator.objects.conditions import condition
from local_emulator.writes import scale
from local_emulator.writes.transactions import Transactions

Object = dict[str, Any]
SCALERS: CollectionKey = ("autoscaling", "horizontalpodautoscalers")
_LIMITED = {
    "TooFewReplicas": "the desired replica count is less than the minimum replica count",
    "TooManyReplicas": "the desired replica count is more than the maximum replica count",
    "DesiredWithinRange": "the desired count is within the acceptable range",
}


class Scaler:
    """Works through the transactions of one store, as ``manager``."""

    def __init__(self, store: Store, registry: Registry, transactions: Transactions, manager: Options) -> None:
        self.store, self.registry, self.transactions, self.manager = store, registry, transactions, manager

    @property
    def busy(self) -> bool:
        """Whether there is any autoscaler."""
        return next(self.store.scan(SCALERS), None) is not None

    def of_target(self, collection: CollectionKey, key: Key) -> list[Key]:
        """The autoscalers of an object."""
        return [
            entry.key
            for entry in self.store.scan(SCALERS, key[0])
            if (target := self._target(_reference(entry.object()))) and target.storage == collection and _name(entry.object()) == key[1]
        ]

    def keep(self, obj: Object, now: str) -> Object:
        """The autoscaler's status, after its target was scaled if it had to be."""
        namespace, spec, old = obj["metadata"]["namespace"], obj["spec"], obj.get("status") or {}
        reference = _reference(obj)
        resource = self._target(reference)
        sub = resource.subresource("scale") if resource else None
        entry = self.store.get(resource.storage, (namespace, _name(obj))) if resource else None
        if resource is None or sub is None or entry is None:
            what = f'no matches for kind "{reference.get("kind")}"'
            if resource is not None:
                what = f'{qualified(resource.group, resource.plural)} "{_name(obj)}" not found'
            why = f"the HPA controller was unable to get the target's current scale: {what}"
            failed = condition(old, "AbleToScale", "FailedGetScale", why, now, value="False")
            return {"currentMetrics": None, "currentReplicas": 0, "desiredReplicas": 0, "conditions": [failed]}
        shown = scale.read(resource, self.transactions.load(resource, entry))
        wanted = shown["spec"].get("replicas", 0)
        able = condition(old, "AbleToScale", "ReadyForNewScale", "recommended size matches current size", now)
        if not wanted and scale.replicas_set(resource, self.transactions.load(resource, entry)):
            why = "scaling is disabled since the replica count of the target is zero"
            disabled = condition(old, "ScalingActive", "ScalingDisabled", why, now, value="False")
            return {"currentMetrics": None, "currentReplicas": 0, "desiredReplicas": 0, "conditions": [able, disabled]}
        least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
        kept = max(least, min(wanted, most))
        reason = "TooFewReplicas" if wanted < least else "TooManyReplicas" if wanted > most else "DesiredWithinRange"
        times = {"lastScaleTime": old["lastScaleTime"]} if "lastScaleTime" in old else {}
        if kept != wanted:
            change = {**shown, "spec": {"replicas": kept}, "metadata": {"name": _name(obj), "namespace": namespace}}
            self.transactions.scale(resource, namespace, _name(obj), change, "", sub, self.manager)
            times = {"lastScaleTime": now}
            done = f"the HPA controller was able to update the target scale to {kept}"
            able = condition(old, "AbleToScale", "SucceededRescale", done, now)
        found = "the HPA was able to successfully calculate a replica count"
        active = condition(old, "ScalingActive", "ValidMetricFound", found, now)
        value = "False" if reason == "DesiredWithinRange" else "True"
        limited = condition(old, "ScalingLimited", reason, _LIMITED[reason], now, value=value)
        current = shown["status"]["replicas"]
        return {**times, "currentReplicas": current, "desiredReplicas": kept, "currentMetrics": None, "conditions": [able, active, limited]}

    def _target(self, reference: Object) -> Resource | None:
        return self.registry.of_kind(str(reference.get("apiVersion", "")).rpartition("/")[0], str(reference.get("kind", "")))


def _reference(obj: Any) -> Object:
    reference: Object = (obj.get("spec") or {}).get("scaleTargetRef") or {}
    return reference


def _name(obj: Any) -> str:
    return str(_reference(obj).get("name", ""))
