"""The vocabulary of writes: what a client may ask for besides the object, what it gets back, and the hooks that a kind may have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from local_emulator.core.registry import Resource
from local_emulator.core.store import CollectionKey

Object = dict[str, Any]
NAMESPACES: CollectionKey = ("", "namespaces")
CRDS: CollectionKey = ("apiextensions.k8s.io", "customresourcedefinitions")
# built-in kinds whose metadata.generation the API server maintains
GENERATED = frozenset(
    {
        ("", "pods"),
        ("", "replicationcontrollers"),
        ("apps", "daemonsets"),
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("apps", "statefulsets"),
        ("batch", "cronjobs"),
        ("batch", "jobs"),
        ("networking.k8s.io", "ingresses"),
        ("networking.k8s.io", "networkpolicies"),
        ("networking.k8s.io", "ingressclasses"),
        ("policy", "poddisruptionbudgets"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
        ("admissionregistration.k8s.io", "validatingadmissionpolicies"),
        ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
        ("discovery.k8s.io", "endpointslices"),
        ("flowcontrol.apiserver.k8s.io", "flowschemas"),
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"),
        ("scheduling.k8s.io", "priorityclasses"),
        ("storage.k8s.io", "csidrivers"),
    }
)


@dataclass(frozen=True, slots=True)
class Options:
    """Query options of a write, what its body says twice (as strict decoding reports it), and whether it is an apply."""

    manager: str = "unknown"
    field_validation: str = "Warn"
    dry_run: bool = False
    force: bool = False
    duplicates: tuple[str, ...] = ()
    applied: bool = False


@dataclass(frozen=True, slots=True)
class Deletion:
    """DeleteOptions. propagation: Background, Foreground, Orphan or empty (the kind's default). unnamed: one of a collection."""

    uid: str = ""
    resource_version: str = ""
    propagation: str = ""
    dry_run: bool = False
    unnamed: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Answer of a write: the object's bytes without kind and apiVersion (see store), the HTTP code, and warnings."""

    tail: bytes
    code: int = 200
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Write:
    """A write about to happen: operation CREATE, UPDATE or DELETE; ``obj`` None when something ends, ``old`` None when it begins."""

    operation: str
    resource: Resource
    subresource: str
    namespace: str
    name: str
    obj: Object | None
    old: Object | None
    dry_run: bool = False


class Gate(Protocol):
    """What may refuse a write after everything else about it is right, or warn of it."""

    def check(self, write: Write, /) -> list[str]:
        """Warnings; ApiError for a write that must not happen."""


class Rules(Protocol):
    """What one kind does beyond its schema (allocation, status, immutability); hooks of :class:`Transactions`."""

    def decoded(self, resource: Resource, obj: Object, /) -> Object:
        """What reading an object of this kind adds; the writer is recorded as its manager."""

    def on_create(self, resource: Resource, obj: Object, /) -> Object:
        """The object as it is stored first; what is added here belongs to no manager."""

    def on_update(self, resource: Resource, obj: Object, old: Object, subresource: str, /) -> Object:
        """The object as it is stored next; ApiError for a change that this kind forbids."""

    def on_delete(self, resource: Resource, obj: Object, /) -> Object | None:
        """The object as its deletion begins, when the kind has a life after DELETE; None: nothing special."""
