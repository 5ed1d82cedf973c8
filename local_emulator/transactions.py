"""Create, read, update, patch, apply and delete: what happens between a decoded request and the store.

Each method is one transaction (nothing here awaits). The order of checks is the API server's, because clients see which refusal comes first:
body against URL, namespace, preconditions, name and metadata, schema, kind-specific rules, managedFields, no-op, write.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_emulator import metadata as meta
from local_emulator import status
from local_emulator.codec import encode
from local_emulator.machinery import APPLY_PATCH, Machinery
from local_emulator.registry import Resource, Subresource
from local_emulator.status import ApiError, Cause
from local_emulator.store import CollectionKey, Entry, Store

Object = dict[str, Any]
NAMESPACES: CollectionKey = ("", "namespaces")
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
# built-in kinds whose metadata.generation the API server maintains
GENERATED = frozenset(
    {
        ("", "pods"), ("", "replicationcontrollers"), ("apps", "daemonsets"), ("apps", "deployments"), ("apps", "replicasets"), ("apps", "statefulsets"),
        ("batch", "cronjobs"), ("batch", "jobs"), ("networking.k8s.io", "ingresses"), ("networking.k8s.io", "networkpolicies"),
        ("networking.k8s.io", "ingressclasses"), ("policy", "poddisruptionbudgets"), ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations"), ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
        ("admissionregistration.k8s.io", "validatingadmissionpolicies"), ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
        ("discovery.k8s.io", "endpointslices"), ("flowcontrol.apiserver.k8s.io", "flowschemas"), ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"),
        ("scheduling.k8s.io", "priorityclasses"), ("storage.k8s.io", "csidrivers"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """Query options of a write."""

    manager: str = "unknown"
    field_validation: str = "Warn"
    dry_run: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Deletion:
    """DeleteOptions. propagation: Background, Foreground, Orphan or empty (the kind's default)."""

    uid: str = ""
    resource_version: str = ""
    propagation: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Answer of a write: the object's bytes without kind and apiVersion (see store), the HTTP code, and warnings."""

    tail: bytes
    code: int = 200
    warnings: tuple[str, ...] = field(default=())


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


class Transactions:
    """Transactions over one store."""

    def __init__(self, store: Store, machinery: Machinery, rules: Mapping[CollectionKey, Rules]) -> None:
        self.store = store
        self.machinery = machinery
        self.rules = rules

    # ---- reading

    def entry(self, resource: Resource, namespace: str, name: str) -> Entry:
        found = self.store.get(resource.storage, (namespace, name))
        if found is None:
            raise status.not_found(resource.group, resource.plural, name)
        return found

    def load(self, resource: Resource, entry: Entry) -> Object:
        """A decoded copy in the resource's version."""
        body = entry.object()
        if resource.conversion is not None:
            body = resource.conversion.show(body)
        return {"kind": resource.kind, "apiVersion": resource.api_version, **body}

    # ---- creating

    def create(self, resource: Resource, namespace: str, body: Any, options: Options) -> Written:
        obj = self.admit_body(resource, body)
        metadata = obj.get("metadata")
        obj["metadata"] = metadata = dict(metadata) if isinstance(metadata, dict) else {}
        given = metadata.get("namespace")
        if resource.namespaced and given and given != namespace:
            raise status.bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if metadata.get("resourceVersion") not in (None, ""):
            raise status.internal("resourceVersion should not be set on objects to be created")
        return self._create(resource, namespace, obj, options, applied=False)

    def _create(self, resource: Resource, namespace: str, obj: Object, options: Options, applied: bool) -> Written:
        metadata = obj["metadata"]
        if resource.namespaced:
            metadata["namespace"] = namespace
        else:
            metadata.pop("namespace", None)
        generate = metadata.get("generateName")
        if not metadata.get("name") and generate:
            metadata["name"] = generate[:58] + self._suffix(resource, namespace, generate[:58])
        now = meta.timestamp(self.store.now())
        for member in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "generation"):
            metadata.pop(member, None)
        metadata["uid"] = self.store.new_uid()
        metadata["creationTimestamp"] = now
        obj, warnings = self._prepared(resource, obj, options.field_validation, None, "")
        metadata = obj["metadata"]
        name = metadata.get("name") or ""
        self._check_namespace(resource, namespace, name)
        if resource.terminating:
            raise status.forbidden(
                resource.group, resource.plural, name, "create not allowed while custom resource definition is terminating"
            )
        if resource.custom or resource.storage in GENERATED:
            metadata["generation"] = 1
        if resource.custom and resource.has_status:
            obj.pop("status", None)
        if not name:
            raise status.invalid(
                resource.group,
                resource.kind,
                "",
                [Cause("metadata.name", "Required value: name or generateName is required", "FieldValueRequired")],
            )
        problems = [*meta.validate_name(resource, name), *meta.validate(resource, metadata)]
        if problems:
            raise status.invalid(resource.group, resource.kind, name, problems)
        key = (namespace if resource.namespaced else "", name)
        if self.store.get(resource.storage, key) is not None:
            raise status.already_exists(resource.group, resource.plural, name)
        if not applied:
            obj = self.machinery.record_update(resource, None, obj, options.manager, "", now)
        rules = self.rules.get(resource.storage)
        if rules is not None:
            obj = rules.on_create(resource, obj)
        return Written(self._write(resource, key, obj, options.dry_run), 201, tuple(warnings))

    def _prepared(
        self, resource: Resource, obj: Object, field_validation: str, old: Object | None, subresource: str
    ) -> tuple[Object, list[str]]:
        rules = self.rules.get(resource.storage)
        if rules is not None:
            obj = rules.decoded(resource, obj)
        return self.machinery.prepare(resource, obj, field_validation, old, subresource)

    def _suffix(self, resource: Resource, namespace: str, stem: str) -> str:
        while True:
            seed = int(self.store.new_uid().replace("-", ""), 16)
            suffix = "".join(_SUFFIX_ALPHABET[(seed >> (5 * i)) % len(_SUFFIX_ALPHABET)] for i in range(5))
            if self.store.get(resource.storage, (namespace if resource.namespaced else "", stem + suffix)) is None:
                return suffix

    def _check_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        if not resource.namespaced:
            return
        found = self.store.get(NAMESPACES, ("", namespace))
        if found is None:
            raise status.not_found("", "namespaces", namespace)
        if b'"deletionTimestamp"' in found.tail and found.object()["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            raise status.forbidden(resource.group, resource.plural, name, why, [cause])

    def admit_body(self, resource: Resource, body: Any, apply: bool = False) -> Object:
        """The body as an object of this kind, with apiVersion and kind set; refused if it is of another."""
        if not isinstance(body, dict):
            raise status.bad_request(
                f"the object provided is unrecognized (must be of type {resource.kind}): couldn't get version/kind; json parse error"
            )
        version, kind = body.get("apiVersion") or "", body.get("kind") or ""
        if apply and (not isinstance(version, str) or not isinstance(kind, str) or not version or not kind):
            raise status.bad_request(
                f"invalid object type: {version if isinstance(version, str) else ''}/, Kind={kind if isinstance(kind, str) else ''}"
            )
        if not kind and resource.custom:
            raise status.bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): Object 'Kind' is missing")
        if version and version != resource.api_version:
            if resource.custom:
                raise status.bad_request(
                    f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})"
                )
            short = str(version).rpartition("/")[2]
            raise status.bad_request(
                f'{kind or resource.kind} in version "{short}" cannot be handled as a {resource.kind}: no kind "{kind}" is registered for version "{version}" '
                'in scheme "pkg/runtime/scheme.go:111"'
            )
        if kind and kind != resource.kind:
            if resource.custom:
                name = (body.get("metadata") or {}).get("name") or ""
                raise status.invalid(resource.group, str(kind), name, [Cause("kind", f'Invalid value: "{kind}": must be {resource.kind}')])
            internal = resource.group.partition(".")[0] or "core"
            raise status.bad_request(
                f'{kind} in version "{resource.version}" cannot be handled as a {resource.kind}: converting ({resource.version}.{kind}) to '
                f"({internal}.{resource.kind}): unknown conversion"
            )
        return {**body, "apiVersion": resource.api_version, "kind": resource.kind}

    # ---- updating

    def update(self, resource: Resource, namespace: str, name: str, body: Any, sub: Subresource | None, options: Options) -> Written:
        obj = self.admit_body(resource, body)
        metadata = obj.get("metadata")
        obj["metadata"] = metadata = dict(metadata) if isinstance(metadata, dict) else {}
        self._check_url(resource, metadata, namespace, name)
        entry = self.entry(resource, namespace, name)
        if metadata.get("uid") and metadata["uid"] != entry.uid:
            path = f"/registry/{resource.plural}/{namespace + '/' if namespace else ''}{name}"
            raise status.conflict(
                resource.group, resource.plural, name,
                f"StorageError: invalid object, Code: 4, Key: {path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: "
                f"UID in precondition: {metadata['uid']}, UID in object meta: {entry.uid}",
            )  # fmt: skip
        self._check_revision(resource, metadata, entry, name, required=resource.custom)
        return self._update(resource, entry, obj, sub, options, applied=False)

    def patch(
        self, resource: Resource, namespace: str, name: str, patch: Any, content_type: str, sub: Subresource | None, options: Options
    ) -> Written:
        """JSON, merge and strategic merge patches (``patch`` decoded), and server-side apply."""
        if content_type == APPLY_PATCH:
            return self._apply(resource, namespace, name, patch, sub, options)
        entry = self.entry(resource, namespace, name)
        live = self.load(resource, entry)
        obj = self.machinery.patch(resource, deepcopy(live), patch, content_type)
        obj = self.admit_body(resource, obj)
        if not isinstance(obj.get("metadata"), dict):
            obj["metadata"] = {}
        self._check_url(resource, obj["metadata"], namespace, name)
        self._check_revision(resource, obj["metadata"], entry, name, required=False)
        return self._update(resource, entry, obj, sub, options, applied=False)

    def _apply(self, resource: Resource, namespace: str, name: str, patch: Any, sub: Subresource | None, options: Options) -> Written:
        obj = self.admit_body(resource, patch, apply=True)
        metadata = obj.get("metadata")
        obj["metadata"] = metadata = dict(metadata) if isinstance(metadata, dict) else {}
        if metadata.get("managedFields"):
            raise status.bad_request("metadata.managedFields must be nil")
        subresource = sub.name if sub else ""
        now = meta.timestamp(self.store.now())
        entry = self.store.get(resource.storage, (namespace, name))
        if entry is None:
            if sub is not None:
                raise status.not_found(resource.group, resource.plural, name)
            if metadata.get("uid"):
                why = f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
                raise status.conflict(resource.group, resource.plural, name, why)
            self._check_url(resource, metadata, namespace, name)
            created = self.machinery.apply(resource, None, obj, options.manager, options.force, "", now)
            return self._create(resource, namespace, created, options, applied=True)
        live = self.load(resource, entry)
        merged = self.machinery.apply(resource, live, obj, options.manager, options.force, subresource, now)
        self._check_url(resource, merged["metadata"], namespace, name)
        self._check_revision(resource, metadata, entry, name, required=False)
        return self._update(resource, entry, merged, sub, options, applied=True)

    def _check_url(self, resource: Resource, metadata: Object, namespace: str, name: str) -> None:
        given = metadata.get("name")
        if not given:
            raise status.bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
        if given != name:
            raise status.bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")
        if resource.namespaced and metadata.get("namespace") and metadata["namespace"] != namespace:
            raise status.bad_request(
                f"the namespace of the object ({metadata['namespace']}) does not match the namespace on the URL ({namespace})"
            )

    def _check_revision(self, resource: Resource, metadata: Object, entry: Entry, name: str, required: bool) -> None:
        given = metadata.get("resourceVersion")
        if given in (None, "", "0"):
            if required:
                cause = Cause("metadata.resourceVersion", "Invalid value: 0: must be specified for an update")
                raise status.invalid(resource.group, resource.plural, name, [cause])
            return
        if not str(given).isdecimal():
            raise status.internal(f'strconv.ParseUint: parsing "{given}": invalid syntax')
        if int(given) != entry.revision:
            raise status.conflict(resource.group, resource.plural, name)

    def _update(self, resource: Resource, entry: Entry, obj: Object, sub: Subresource | None, options: Options, applied: bool) -> Written:
        old = self.load(resource, entry)
        subresource = sub.name if sub else ""
        before: Object = old["metadata"]
        metadata: Object = dict(obj["metadata"])
        for member in ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace"):
            if not metadata.get(member) and member in before:
                metadata[member] = before[member]
        if not before.get("deletionTimestamp"):
            metadata.pop("deletionTimestamp", None)
            metadata.pop("deletionGracePeriodSeconds", None)
        metadata.pop("selfLink", None)
        metadata.pop("generation", None)
        if "generation" in before:
            metadata["generation"] = before["generation"]
        metadata["resourceVersion"] = before["resourceVersion"]
        obj = {**obj, "metadata": metadata}
        obj = self._reset(resource, obj, old, subresource)
        obj, warnings = self._prepared(resource, obj, options.field_validation, old, subresource)
        obj = self._reset(resource, obj, old, subresource)
        metadata = obj["metadata"]
        name = before["name"]
        problems = meta.validate_update(metadata, before)
        if any(metadata.get(member) != before.get(member) for member in ("labels", "annotations", "finalizers", "ownerReferences")):
            problems = [*problems, *meta.validate(resource, metadata)]
        if problems:
            # A real server checks metadata once for all kinds and once more for each, and lists both.
            raise status.invalid(resource.group, resource.kind, name, [*problems, *problems])
        if not applied:
            # The real server's scale handler writes managedFields without a time.
            now = "" if subresource == "scale" else meta.timestamp(self.store.now())
            obj = self.machinery.record_update(resource, old, obj, options.manager, subresource, now)
        rules = self.rules.get(resource.storage)
        if rules is not None:
            obj = rules.on_update(resource, obj, old, subresource)
        metadata = dict(obj["metadata"])
        if self._generation_moves(resource, obj, old, subresource):
            metadata["generation"] = before.get("generation", 0) + 1
        obj = {**obj, "metadata": meta.ordered(metadata)}
        if obj == old:
            return Written(entry.tail, 200, tuple(warnings))
        return Written(self._write(resource, entry.key, obj, options.dry_run), 200, tuple(warnings))

    def _reset(self, resource: Resource, obj: Object, old: Object, subresource: str) -> Object:
        """Takes back what this endpoint may not change: status on the main one, everything else on the status one."""
        if subresource == "status":
            if resource.custom:
                kept = {**old, "metadata": {**old["metadata"], "managedFields": obj["metadata"].get("managedFields") or []}}
            else:
                metadata = {key: value for key, value in obj["metadata"].items() if key not in ("labels", "ownerReferences")}
                metadata |= {key: old["metadata"][key] for key in ("labels", "ownerReferences") if key in old["metadata"]}
                kept = {**old, "metadata": metadata}
            kept.pop("status", None)
            return {**kept, "status": obj["status"]} if "status" in obj else kept
        if resource.has_status and not subresource:
            obj = {key: value for key, value in obj.items() if key != "status"}
            if "status" in old:
                obj["status"] = old["status"]
        return obj

    @staticmethod
    def _generation_moves(resource: Resource, obj: Object, old: Object, subresource: str) -> bool:
        if resource.custom:
            ignored = ("metadata", "status") if resource.has_status else ("metadata",)
            return any(obj.get(key) != old.get(key) for key in {*obj, *old} if key not in ignored)
        if resource.storage not in GENERATED:
            return False
        ignored = ("metadata", "status")
        return any(obj.get(key) != old.get(key) for key in {*obj, *old} if key not in ignored)

    def _write(self, resource: Resource, key: tuple[str, str], obj: Object, dry_run: bool) -> bytes:
        """Stores the object, or ends it when its deletion had begun and nothing holds it any more. Returns the bytes to answer."""
        body = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion")}
        if resource.conversion is not None:
            body = resource.conversion.store(body)
        metadata = meta.ordered({"resourceVersion": "0", **body.pop("metadata")})
        body = {"metadata": metadata, **body}
        ends = bool(metadata.get("deletionTimestamp")) and not metadata.get("finalizers") and self._released(resource, body)
        if dry_run:
            if self.store.get(resource.storage, key) is None:
                metadata.pop("resourceVersion", None)
            return encode(body)[1:]
        if ends:
            answer = encode(body)[1:]
            self.store.remove(resource.storage, key, body)
            return answer
        return self.store.put(resource.storage, key, body).tail

    @staticmethod
    def _released(resource: Resource, body: Object) -> bool:
        return resource.storage != NAMESPACES or not (body.get("spec") or {}).get("finalizers")

    # ---- deleting

    def delete(self, resource: Resource, namespace: str, name: str, deletion: Deletion) -> tuple[bool, bytes, Entry]:
        """Deletes or begins to. Returns (gone, bytes of the object as it now is, the entry as it was)."""
        entry = self.entry(resource, namespace, name)
        if deletion.uid and deletion.uid != entry.uid:
            why = f"the UID in the precondition ({deletion.uid}) does not match the UID in record ({entry.uid}). The object might have been deleted and then recreated"
            raise self._delete_conflict(resource, name, why)
        if deletion.resource_version and deletion.resource_version != str(entry.revision):
            why = (
                f"the ResourceVersion in the precondition ({deletion.resource_version}) does not match the ResourceVersion in record ({entry.revision}). "
                "The object might have been modified"
            )
            raise self._delete_conflict(resource, name, why)
        obj = self.load(resource, entry)
        rules = self.rules.get(resource.storage)
        changed = rules.on_delete(resource, obj) if rules is not None else None
        obj = changed if changed is not None else obj
        metadata = obj["metadata"] = dict(obj["metadata"])
        finalizers = (
            [f for f in metadata.get("finalizers") or () if f not in ("orphan", "foregroundDeletion")]
            if deletion.propagation
            else list(metadata.get("finalizers") or ())
        )
        if deletion.propagation == "Foreground":
            finalizers.append("foregroundDeletion")
        elif deletion.propagation == "Orphan":
            finalizers.append("orphan")
        metadata["finalizers"] = finalizers
        if not finalizers and self._released(resource, obj):
            if not deletion.dry_run:
                self.store.remove(resource.storage, entry.key)
            return True, entry.tail, entry
        if not metadata.get("deletionTimestamp"):
            metadata["deletionTimestamp"] = meta.timestamp(self.store.now())
            if resource.storage != NAMESPACES and resource.storage != ("apiextensions.k8s.io", "customresourcedefinitions"):
                metadata["deletionGracePeriodSeconds"] = 0
                if metadata.get("generation"):
                    metadata["generation"] += 1
        metadata = obj["metadata"] = meta.ordered(metadata)
        if obj == self.load(resource, entry):
            return False, entry.tail, entry
        return False, self._write(resource, entry.key, obj, deletion.dry_run), entry

    @staticmethod
    def _delete_conflict(resource: Resource, name: str, why: str) -> ApiError:
        return status.conflict(resource.group, resource.kind, name, why)
