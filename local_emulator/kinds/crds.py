"""CustomResourceDefinitions: validation, names, establishment, what is served because of them, and the end of their instances.

A CRD takes effect in the same step in which it is written: the resource is served and ``Established`` is True when the next request
arrives (a real server needs a moment longer; clients wait for the condition on both). The status is written by ``kube-apiserver``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from graphcore.errors import Problem
from local_emulator.core import status
from local_emulator.core.registry import CUSTOM_VERBS, Column, Conversion, Registry, Resource, ScalePaths, Subresource
from local_emulator.core.status import Cause
from local_emulator.core.store import CollectionKey, Event, Store
from local_emulator.core.writing import CRDS, Options
from local_emulator.objects import metadata as meta
from local_emulator.objects.model.report import Mismatch, Report
from local_emulator.writes.transactions import Transactions

Object = dict[str, Any]
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
Compiler = Callable[[str, str, str, Any], Any]  # group, version, kind, schema → model
Validate = Callable[[Mapping[str, Any]], tuple[Problem, ...]]


class CrdRules:
    """What the CRD kind does on a write, beyond its schema. ``validate`` lists the faults of a CRD."""

    def __init__(self, validate: Validate, now: Callable[[], datetime]) -> None:
        self.validate, self.now = validate, now

    def _check(self, obj: Object) -> None:
        problems = self.validate(obj)
        if problems:
            causes = [Cause(problem.path or "", problem.message, problem.code) for problem in problems]
            raise status.invalid(CRDS[0], "CustomResourceDefinition", obj["metadata"].get("name") or "", causes)

    def decoded(self, _resource: Resource, obj: Object) -> Object:
        return _defaulted(obj)

    def on_create(self, _resource: Resource, obj: Object) -> Object:
        self._check(obj)
        stored = [version["name"] for version in obj["spec"].get("versions") or () if version.get("storage")]
        return {**obj, "status": {"conditions": None, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}}

    def on_update(self, resource: Resource, obj: Object, old: Object, subresource: str) -> Object:
        if subresource:
            return obj
        if obj.get("spec") == old.get("spec"):
            return obj
        problems = [
            Cause(f"spec.{name}", f'Invalid value: "{_at(obj, name)}": field is immutable')
            for name in ("group", "scope", "names.plural", "names.kind")
            if _at(obj, name) != _at(old, name) and _established(old)
        ]
        if problems:
            raise status.invalid(resource.group, resource.kind, obj["metadata"]["name"], problems)
        self._check(obj)
        stored = list((old.get("status") or {}).get("storedVersions") or ())
        served = [version["name"] for version in obj["spec"]["versions"]]
        for name in stored:
            if name not in served:
                cause = Cause(
                    "status.storedVersions[0]",
                    f'Invalid value: "{name}": missing from spec.versions; {name} was previously a storage version, and '
                    f"must remain in spec.versions until a storage migration ensures no data remains persisted in {name} "
                    f"and removes {name} from status.storedVersions",
                )
                raise status.invalid(resource.group, resource.kind, obj["metadata"]["name"], [cause])
        stored += [v["name"] for v in obj["spec"]["versions"] if v.get("storage") and v["name"] not in stored]
        return {**obj, "status": {**(obj.get("status") or {}), "storedVersions": stored}}

    def on_delete(self, _resource: Resource, obj: Object) -> Object | None:
        finalizers = list(obj["metadata"].get("finalizers") or ())
        if obj["metadata"].get("deletionTimestamp") or CLEANUP in finalizers:
            return None
        now = meta.timestamp(self.now())
        state = dict(obj.get("status") or {})
        words = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
        state["conditions"] = _set(list(state.get("conditions") or ()), "Terminating", True, "InstanceDeletionPending", words, now)
        return {**obj, "metadata": {**obj["metadata"], "finalizers": [*finalizers, CLEANUP]}, "status": state}


def _at(obj: Object, name: str) -> Any:
    value: Any = obj.get("spec")
    for part in name.split("."):
        value = (value or {}).get(part)
    return value


def _defaulted(obj: Object) -> Object:
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return obj
    names = dict(spec.get("names") or {})
    if names.get("kind"):
        names.setdefault("singular", names["kind"].lower())
        names.setdefault("listKind", names["kind"] + "List")
    return {**obj, "spec": {**spec, "names": names, "conversion": spec.get("conversion") or {"strategy": "None"}}}


def _established(obj: Object) -> bool:
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in (obj.get("status") or {}).get("conditions") or ())


class CrdController:
    """Follows the CRDs in the store: keeps the registry, the conditions and the instances of deleted CRDs in step with them."""

    def __init__(self, store: Store, registry: Registry, transactions: Transactions, compile_model: Compiler) -> None:
        self.store, self.registry, self.transactions, self.compile_model = store, registry, transactions, compile_model
        self._busy = False
        store.listeners.append(self._on_event)

    def _on_event(self, collection: CollectionKey, event: Event) -> None:
        if collection != CRDS or self._busy:
            return
        self._busy = True
        try:
            if event.type == "DELETED":
                gone = event.new.object()
                self._retire(gone)
                for name in self._refused(gone["spec"]["group"]):
                    self.sync(name)
            else:
                self.sync(event.new.key[1])
        finally:
            self._busy = False

    def _refused(self, group: str) -> list[str]:
        """CRDs of a group whose names another one had: only they can gain by its end."""
        found = []
        for entry in self.store.scan(CRDS):
            obj = entry.object()
            conditions = (obj.get("status") or {}).get("conditions") or ()
            if obj["spec"]["group"] == group and any(c.get("type") == "NamesAccepted" and c.get("status") != "True" for c in conditions):
                found.append(entry.key[1])
        return found

    def _retire(self, crd: Mapping[str, Any]) -> None:
        storage = (crd["spec"]["group"], crd["spec"]["names"]["plural"])
        self.registry.replace(storage, ())
        self.store.drop(storage)

    def resume(self) -> None:
        """Serves what a store that was filled before defines."""
        for entry in list(self.store.scan(CRDS)):
            self._busy = True
            try:
                self.sync(entry.key[1])
            finally:
                self._busy = False

    def sync(self, name: str) -> None:
        """Serves the CRD as it is now and writes its conditions."""
        kind = self.registry.find("apiextensions.k8s.io", "v1", "customresourcedefinitions")
        entry = self.store.get(CRDS, ("", name))
        if kind is None or entry is None:
            return
        obj = self.transactions.load(kind, entry)
        spec: Object = obj["spec"]
        storage = (spec["group"], spec["names"]["plural"])
        reason, message, accepted = self._names(name, spec, (obj.get("status") or {}).get("acceptedNames") or {})
        terminating = bool(obj["metadata"].get("deletionTimestamp"))
        established = reason == "NoConflicts" or _established(obj)
        now = meta.timestamp(self.store.now())
        conditions = list((obj.get("status") or {}).get("conditions") or ())
        conditions = _set(conditions, "NamesAccepted", reason == "NoConflicts", reason, message, now)
        if reason == "NoConflicts":
            conditions = _set(conditions, "Established", True, "InitialNamesAccepted", "the initial names have been accepted", now)
        elif not established:
            conditions = _set(conditions, "Established", False, "NotAccepted", "not all names are accepted", now)
        if terminating:
            conditions = _set(conditions, "Terminating", True, "InstanceDeletionInProgress", "CustomResource deletion is in progress", now)
        if established:
            before = self.registry.of_collection(storage)
            self.registry.replace(storage, self._resources(spec, storage, terminating))
            after = self.registry.of_collection(storage)
            if before is not None and after is not None and before.schema != after.schema:
                self._reread(after)
        wanted = {**(obj.get("status") or {}), "conditions": conditions, "acceptedNames": accepted}
        if wanted != obj.get("status"):
            status_of = kind.subresource("status")
            self.transactions.update(kind, "", name, {**obj, "status": wanted}, status_of, Options("kube-apiserver", "Ignore"))

    def _reread(self, resource: Resource) -> None:
        """Instances show what a new schema defaults, and no longer what it does not know, without being written."""
        for entry in list(self.store.scan(resource.storage)):
            obj = {"apiVersion": resource.api_version, "kind": resource.kind, **entry.object()}
            try:
                read = resource.model.read(obj, Report())
            except Mismatch:
                continue
            if read != obj:
                self.store.rewrite(resource.storage, entry, {k: v for k, v in read.items() if k not in ("apiVersion", "kind")})

    def _names(self, name: str, spec: Object, accepted: Object) -> tuple[str, str, Object]:
        """(reason, message, accepted names) against every other CRD and built-in kind of the group."""
        group, names = spec["group"], spec["names"]
        taken: dict[str, set[str]] = {"plural": set(), "singular": set(), "short": set(), "kind": set(), "listKind": set()}
        for entry in self.store.scan(CRDS):
            other: Any = entry.object()
            if entry.key[1] != name and other["spec"]["group"] == group:
                held = (other.get("status") or {}).get("acceptedNames") or {}
                taken["plural"].add(held.get("plural", ""))
                taken["singular"].add(held.get("singular", ""))
                taken["short"] |= set(held.get("shortNames") or ())
                taken["kind"].add(held.get("kind", ""))
                taken["listKind"].add(held.get("listKind", ""))
        resources = taken["plural"] | taken["singular"] | taken["short"]
        kinds = taken["kind"] | taken["listKind"]
        fresh: Object = dict(accepted)
        reason, message = "NoConflicts", "no conflicts found"
        for member, used, conflict in (
            ("plural", resources, "PluralConflict"),
            ("singular", resources, "SingularConflict"),
            ("shortNames", resources, "ShortNamesConflict"),
            ("kind", kinds, "KindConflict"),
            ("listKind", kinds, "ListKindConflict"),
        ):
            value = names.get(member)
            clash = [one for one in (value if isinstance(value, list) else [value]) if one in used and one]
            if clash:
                shown = ", ".join(f'"{one}"' for one in clash)
                reason, message = conflict, f"{shown} is already in use"
            elif value:
                fresh[member] = value
            else:
                fresh.pop(member, None)
        fresh.setdefault("plural", "")
        fresh.setdefault("kind", "")
        fresh.pop("categories", None)
        if names.get("categories"):
            fresh["categories"] = names["categories"]
        return reason, message, fresh

    def _resources(self, spec: Object, storage: CollectionKey, terminating: bool) -> list[Resource]:
        names = spec["names"]
        found = []
        stored = next(version for version in spec["versions"] if version.get("storage"))
        kept = self.compile_model(spec["group"], stored["name"], names["kind"], (stored.get("schema") or {}).get("openAPIV3Schema"))
        for version in spec["versions"]:
            if not version.get("served"):
                continue
            group, name, kind = spec["group"], version["name"], names["kind"]
            subresources = version.get("subresources") or {}
            served = []
            if "status" in subresources:
                served.append(Subresource("status", group, name, kind))
            scale = subresources.get("scale")
            if scale:
                served.append(Subresource("scale", "autoscaling", "v1", "Scale"))
            schema = (version.get("schema") or {}).get("openAPIV3Schema")
            model = self.compile_model(group, name, kind, schema)
            columns = tuple(
                Column(c["name"], c["type"], c.get("format", ""), c.get("description", ""), c.get("priority", 0), c["jsonPath"])
                for c in version.get("additionalPrinterColumns") or ()
            )
            found.append(
                Resource(
                    group,
                    name,
                    kind,
                    names["plural"],
                    names.get("singular") or kind.lower(),
                    spec["scope"] == "Namespaced",
                    CUSTOM_VERBS,
                    tuple(names.get("shortNames") or ()),
                    tuple(names.get("categories") or ()),
                    tuple(served),
                    columns,
                    names.get("listKind") or "",
                    storage,
                    True,
                    ScalePaths(
                        _path(scale["specReplicasPath"]), _path(scale["statusReplicasPath"]), _path(scale.get("labelSelectorPath") or "")
                    )
                    if scale
                    else None,
                    tuple(field["jsonPath"].lstrip(".") for field in version.get("selectableFields") or ()),
                    terminating,
                    schema,
                    model,
                    None if version is stored or schema == kept.schema else Conversion(_reading(model), _reading(kept)),
                )
            )
        return found


def _reading(model: Any) -> Callable[[Object], Object]:
    """How a version sees the objects of another: pruned and defaulted by its own schema."""

    def seen(body: Object) -> Object:
        try:
            read: Object = model.read({"apiVersion": "", "kind": "", **body}, Report())
        except Mismatch:
            return body
        return {name: value for name, value in read.items() if name not in ("apiVersion", "kind")}

    return seen


def _path(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(".") if part)


def _set(conditions: list[Object], kind: str, value: bool, reason: str, message: str, now: str) -> list[Object]:
    wanted = "True" if value else "False"
    old = next((c for c in conditions if c["type"] == kind), None)
    if old and (old["status"], old.get("reason"), old.get("message")) == (wanted, reason, message):
        return conditions
    changed = old["lastTransitionTime"] if old and old["status"] == wanted else now
    fresh = {"type": kind, "status": wanted, "lastTransitionTime": changed, "reason": reason, "message": message}
    return [fresh if c["type"] == kind else c for c in conditions] if old else [*conditions, fresh]
