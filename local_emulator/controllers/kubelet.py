"""A kubelet of convenience: workloads become ready some time after they are created or changed, without nodes, pods or images.

It stands for everything that would make a status true on a real cluster (workload controllers, scheduler, kubelet, volume and load
balancer provisioners), writes the same status fields as they do, and nothing else. Tests that drive a status by hand switch it off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_emulator.controllers.cleanup import Schedule
from local_emulator.controllers.scaler import SCALERS, Scaler
from local_emulator.core.registry import Registry
from local_emulator.core.status import ApiError
from local_emulator.core.store import CollectionKey, Event, Key, Store
from local_emulator.core.writing import Options
from local_emulator.objects import metadata as meta
from local_emulator.objects.conditions import condition
from local_emulator.writes.transactions import Transactions

Object = dict[str, Any]
MANAGER = Options("kube-controller-manager", "Ignore")
NODE = "local"


def _counts(**counts: int) -> Object:
    return {name: count for name, count in counts.items() if count}


def deployment(obj: Object, now: str) -> Object:
    """Status of a Deployment all of whose replicas are available."""
    replicas, old, name = obj["spec"].get("replicas", 1), obj.get("status") or {}, obj["metadata"]["name"]
    progressed = f'Deployment "{name}" has successfully progressed.'
    return {
        "observedGeneration": obj["metadata"]["generation"],
        **_counts(replicas=replicas, updatedReplicas=replicas, readyReplicas=replicas, availableReplicas=replicas),
        "conditions": [
            condition(old, "Available", "MinimumReplicasAvailable", "Deployment has minimum availability.", now, updates=True),
            condition(old, "Progressing", "NewReplicaSetAvailable", progressed, now, updates=True),
        ],
    }


def replica_set(obj: Object, _now: str) -> Object:
    """Status of a ReplicaSet with all its pods ready."""
    replicas = obj["spec"].get("replicas", 1)
    counts = _counts(fullyLabeledReplicas=replicas, readyReplicas=replicas, availableReplicas=replicas)
    return {"replicas": replicas, **counts, "observedGeneration": obj["metadata"]["generation"]}


def stateful_set(obj: Object, _now: str) -> Object:
    """Status of a StatefulSet with all its pods ready and current."""
    replicas, name = obj["spec"].get("replicas", 1), obj["metadata"]["name"]
    revision = f"{name}-{obj['metadata']['generation']}"
    counts = _counts(readyReplicas=replicas, currentReplicas=replicas, updatedReplicas=replicas)
    head = {"observedGeneration": obj["metadata"]["generation"], "replicas": replicas, **counts}
    return {**head, "currentRevision": revision, "updateRevision": revision, "collisionCount": 0, "availableReplicas": replicas}


def daemon_set(obj: Object, _now: str) -> Object:
    """Status of a DaemonSet on a cluster of one node."""
    counts = dict.fromkeys(
        ("currentNumberScheduled", "desiredNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable"), 1
    )
    return {**counts, "numberMisscheduled": 0, "observedGeneration": obj["metadata"]["generation"]}


def job(obj: Object, now: str) -> Object:
    """Status of a Job whose pods have all succeeded; a suspended one does not run."""
    spec, old = obj["spec"], obj.get("status") or {}
    if spec.get("suspend"):
        return {**old, "conditions": [condition(old, "Suspended", "JobSuspended", "Job suspended", now)]}
    wanted = spec.get("completions") or spec.get("parallelism") or 1
    message = "Reached expected number of succeeded pods"
    conditions = [
        {**condition(old, kind, "CompletionsReached", message, now), "lastProbeTime": old.get("completionTime", now)}
        for kind in ("SuccessCriteriaMet", "Complete")
    ]
    times = {"startTime": old.get("startTime", now), "completionTime": old.get("completionTime", now)}
    return {"conditions": conditions, **times, "succeeded": wanted, "terminating": 0, "uncountedTerminatedPods": {}, "ready": 0}


def pod(obj: Object, now: str) -> Object:
    """Status of a running pod with all containers ready."""
    old, containers = obj.get("status") or {}, obj["spec"].get("containers") or []
    address = f"10.244.0.{int(obj['metadata']['uid'][-4:].replace('-', ''), 16) % 250 + 2}"
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    conditions = []
    for kind in kinds:
        found = condition(old, kind, "", "", now)
        conditions.append({"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": found["lastTransitionTime"]})
    statuses = [
        {
            "name": c["name"],
            "state": {"running": {"startedAt": old.get("startTime", now)}},
            "lastState": {},
            "ready": True,
            "restartCount": 0,
            "image": c.get("image", ""),
            "imageID": "",
            "started": True,
        }
        for c in containers
    ]
    return {
        **old,
        "phase": "Running",
        "conditions": conditions,
        "hostIP": "127.0.0.1",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": old.get("startTime", now),
        "containerStatuses": statuses,
        "qosClass": old.get("qosClass", "BestEffort"),
    }


def claim(obj: Object, _now: str) -> Object:
    """Status of a bound claim."""
    requests = (obj["spec"].get("resources") or {}).get("requests") or {}
    return {
        "phase": "Bound",
        "accessModes": obj["spec"].get("accessModes") or ["ReadWriteOnce"],
        "capacity": {"storage": requests.get("storage", "1Gi")},
    }


def service(obj: Object, _now: str) -> Object:
    """Status of a Service: a load balancer has an address of the documentation range."""
    if obj["spec"].get("type") != "LoadBalancer":
        return obj.get("status") or {"loadBalancer": {}}
    last = int(obj["metadata"]["uid"][-4:].replace("-", ""), 16) % 250 + 2
    return {"loadBalancer": {"ingress": [{"ip": f"192.0.2.{last}", "ipMode": "VIP"}]}}


STATUS: dict[CollectionKey, Callable[[Object, str], Object]] = {
    ("apps", "deployments"): deployment,
    ("apps", "replicasets"): replica_set,
    ("apps", "statefulsets"): stateful_set,
    ("apps", "daemonsets"): daemon_set,
    ("batch", "jobs"): job,
    ("", "pods"): pod,
    ("", "persistentvolumeclaims"): claim,
    ("", "services"): service,
}


class Kubelet:
    """Listens to one store; ``delay`` is the number of seconds until an object is ready."""

    def __init__(self, store: Store, registry: Registry, transactions: Transactions, schedule: Schedule, delay: float) -> None:
        self.store, self.registry, self.transactions, self.schedule, self.delay = store, registry, transactions, schedule, delay
        self.waiting: set[tuple[CollectionKey, Key]] = set()
        self.scaler = Scaler(store, registry, transactions, MANAGER)
        store.listeners.append(self._on_event)
        for collection in (*STATUS, SCALERS):
            for entry in store.scan(collection):
                self._wait(collection, entry.key)

    def _on_event(self, collection: CollectionKey, event: Event) -> None:
        if (collection in STATUS or collection == SCALERS) and event.type != "DELETED":
            self._wait(collection, event.new.key)
        for key in self.scaler.of_target(collection, event.new.key) if self.scaler.busy else ():
            self._wait(SCALERS, key)

    def _wait(self, collection: CollectionKey, key: Key) -> None:
        work = (collection, key)
        if work in self.waiting:
            return
        self.waiting.add(work)
        self.schedule(self.delay, lambda: self._step(*work))

    def _step(self, collection: CollectionKey, key: Key) -> None:
        self.waiting.discard((collection, key))
        resource = self.registry.of_collection(collection)
        entry = self.store.get(collection, key)
        if resource is None or entry is None:
            return
        obj: Object = self.transactions.load(resource, entry)
        if obj["metadata"].get("deletionTimestamp"):
            return
        try:
            obj = self._assign(collection, obj)
            now = meta.timestamp(self.store.now())
            wanted = self.scaler.keep(obj, now) if collection == SCALERS else STATUS[collection](obj, now)
            if wanted != obj.get("status"):
                self.transactions.update(resource, *key, {**obj, "status": wanted}, resource.subresource("status"), MANAGER)
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    def _assign(self, collection: CollectionKey, obj: Object) -> Object:
        """Writes what a scheduler or provisioner writes into the spec: a pod's node, a claim's volume."""
        field, value = {
            ("", "pods"): ("nodeName", NODE),
            ("", "persistentvolumeclaims"): ("volumeName", f"pvc-{obj['metadata']['uid']}"),
        }.get(collection, ("", ""))
        if not field or obj["spec"].get(field):
            return obj
        resource = self.registry.of_collection(collection)
        assert resource is not None
        changed = {**obj, "spec": {**obj["spec"], field: value}}
        metadata = obj["metadata"]
        self.transactions.update(resource, metadata["namespace"], metadata["name"], changed, resource.subresource("binding"), MANAGER)
        return self.transactions.load(resource, self.transactions.entry(resource, metadata["namespace"], metadata["name"]))
