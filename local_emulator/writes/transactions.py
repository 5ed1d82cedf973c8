"""Create, read, update, patch, apply and delete: what happens between a decoded request and the store.

Each method is one transaction (nothing here awaits). The order of checks is the API server's, because clients see which refusal
comes first: body against URL, namespace, preconditions, name and metadata, schema, kind-specific rules, managedFields, no-op, write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from local_emulator.core import status
from local_emulator.core.codec import encode
from local_emulator.core.machinery import APPLY_PATCH, STRATEGIC_PATCH, Machinery
from local_emulator.core.registry import Resource, Subresource
from local_emulator.core.status import ApiError, Cause, Undecodable
from local_emulator.core.store import CollectionKey, Entry, Store
from local_emulator.core.writing import GENERATED, NAMESPACES, Deletion, Gate, Options, Rules, Write, Written
from local_emulator.objects import metadata as meta
from local_emulator.objects.apply.checking import plain
from local_emulator.writes import admission, scale
from local_emulator.writes.namespaces import check_new, namespace_of

Object = dict[str, Any]
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def _sorted(obj: Any) -> str:
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Transactions:
    """Transactions over one store."""

    def __init__(self, store: Store, machinery: Machinery, rules: Mapping[CollectionKey, Rules], gate: Gate) -> None:
        self.store = store
        self.machinery = machinery
        self.rules = rules
        self.gate = gate

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
        obj = admission.admit_body(resource, body)
        metadata = obj.get("metadata")
        obj["metadata"] = metadata = dict(metadata) if isinstance(metadata, dict) else {}
        given = metadata.get("namespace")
        if resource.namespaced and given and given != namespace:
            raise status.bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if metadata.get("resourceVersion") not in (None, "", "0"):
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
        admission.check_time(resource, metadata)
        for member in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
            metadata.pop(member, None)
        metadata["uid"] = self.store.new_uid()
        metadata["creationTimestamp"] = now
        if resource.custom and resource.has_status and obj.get("status", "") is None:
            del obj["status"]
        obj, warnings = self._prepared(resource, obj, options, None, "")
        metadata = obj["metadata"]
        warnings = [*meta.deduplicate_owners(metadata), *warnings]
        name = metadata.get("name") or ""
        check_new(self.store, resource, namespace, name)
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
        existing = self.store.get(resource.storage, key)
        if existing is not None:
            going = b'"deletionTimestamp"' in existing.tail and existing.object()["metadata"].get("deletionTimestamp")
            raise status.already_exists(resource.group, resource.plural, name, going=bool(going))
        if not applied:
            obj = self.machinery.record_update(resource, None, obj, options.manager, "", now)
        rules = self.rules.get(resource.storage)
        if rules is not None:
            obj = rules.on_create(resource, obj)
        warnings += self.gate.check(Write("CREATE", resource, "", key[0], name, obj, None, options.dry_run))
        return Written(self._write(resource, key, obj, options.dry_run), 201, tuple(warnings))

    def _prepared(
        self, resource: Resource, obj: Object, options: Options, old: Object | None, subresource: str
    ) -> tuple[Object, list[str]]:
        rules = self.rules.get(resource.storage)
        if rules is not None:
            obj = rules.decoded(resource, obj)
        prepared, warnings = self.machinery.prepare(resource, obj, options, old, subresource)
        return prepared, [*meta.finalizer_warnings(resource, prepared["metadata"], old), *warnings]

    def _suffix(self, resource: Resource, namespace: str, stem: str) -> str:
        while True:
            seed = int(self.store.new_uid().replace("-", ""), 16)
            suffix = "".join(_SUFFIX_ALPHABET[(seed >> (5 * i)) % len(_SUFFIX_ALPHABET)] for i in range(5))
            if self.store.get(resource.storage, (namespace if resource.namespaced else "", stem + suffix)) is None:
                return suffix

    # ---- updating

    def update(self, resource: Resource, namespace: str, name: str, body: Any, sub: Subresource | None, options: Options) -> Written:
        obj = admission.admit_body(resource, body)
        metadata = obj.get("metadata")
        obj["metadata"] = metadata = dict(metadata) if isinstance(metadata, dict) else {}
        admission.check_url(resource, metadata, namespace, name)
        entry = self.entry(resource, namespace, name)
        if metadata.get("uid") and metadata["uid"] != entry.uid:
            path = f"/registry/{resource.plural}/{namespace + '/' if namespace else ''}{name}"
            raise status.conflict(
                resource.group,
                resource.plural,
                name,
                f"StorageError: invalid object, Code: 4, Key: {path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: "
                f"UID in precondition: {metadata['uid']}, UID in object meta: {entry.uid}",
            )
        self._check_update(resource, entry, obj, options)
        admission.check_revision(resource, metadata, entry, name, required=resource.custom)
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
        try:
            obj = admission.admit_body(resource, obj)
            if not isinstance(obj.get("metadata"), dict):
                obj["metadata"] = {}
            admission.check_url(resource, obj["metadata"], namespace, name)
            self._check_update(resource, entry, obj, options)
            admission.check_revision(resource, obj["metadata"], entry, name, required=False)
            return self._update(resource, entry, obj, sub, options, applied=False)
        except Undecodable as error:
            raise status.patched_invalid(error.what, plain(patch) if content_type == STRATEGIC_PATCH else _sorted(obj)) from error

    def scale(self, resource: Resource, namespace: str, name: str, change: Any, media: str, sub: Subresource, options: Options) -> Written:
        """An update (``media`` empty) or a patch of the scale subresource."""
        entry = self.entry(resource, namespace, name)
        now = meta.timestamp(self.store.now())
        obj, warnings = scale.changed(self.machinery, resource, self.load(resource, entry), change, media, options, now)
        self._check_update(resource, entry, obj, options)
        admission.check_revision(resource, obj["metadata"], entry, name, required=False)
        written = self._update(resource, entry, obj, sub, options, applied=True)
        return replace(written, warnings=(*warnings, *written.warnings))

    def _apply(self, resource: Resource, namespace: str, name: str, patch: Any, sub: Subresource | None, options: Options) -> Written:
        obj = admission.admit_body(resource, patch, apply=True)
        metadata = obj.get("metadata")
        obj["metadata"] = metadata = dict(metadata) if isinstance(metadata, dict) else {}
        if metadata.get("managedFields"):
            raise status.bad_request("metadata.managedFields must be nil")
        if options.duplicates and options.field_validation == "Strict":
            listed = "\n  ".join(options.duplicates)
            raise status.bad_request(f"error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {listed}")
        options = replace(options, applied=True)
        subresource = sub.name if sub else ""
        now = meta.timestamp(self.store.now())
        entry = self.store.get(resource.storage, (namespace, name))
        if entry is None:
            if sub is not None:
                raise status.not_found(resource.group, resource.plural, name)
            if metadata.get("uid"):
                why = f"uid mismatch: the provided object specified uid {metadata['uid']}, and no existing object was found"
                raise status.conflict(resource.group, resource.plural, name, why)
            created = self.machinery.apply(resource, None, obj, options.manager, options.force, "", now)
            admission.check_url(resource, metadata, namespace, name)
            return self._create(resource, namespace, created, options, applied=True)
        live = self.load(resource, entry)
        merged = self.machinery.apply(resource, live, obj, options.manager, options.force, subresource, now)
        admission.check_url(resource, merged["metadata"], namespace, name)
        self._check_update(resource, entry, merged, options)
        admission.check_revision(resource, metadata, entry, name, required=False)
        return self._update(resource, entry, merged, sub, options, applied=True)

    def _check_update(self, resource: Resource, entry: Entry, obj: Object, options: Options) -> None:
        """Refuses every change in a namespace that is gone; a body that cannot be read is refused before."""
        try:
            namespace_of(self.store, resource, entry.key[0])
        except ApiError as gone:
            try:
                self.machinery.prepare(resource, deepcopy(obj), options, self.load(resource, entry), "")
            except Undecodable:
                raise
            except ApiError:
                pass
            raise gone from None

    def _update(self, resource: Resource, entry: Entry, obj: Object, sub: Subresource | None, options: Options, applied: bool) -> Written:
        old = self.load(resource, entry)
        subresource = sub.name if sub else ""
        before: Object = old["metadata"]
        metadata: Object = dict(obj["metadata"])
        for member in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace"):
            if not metadata.get(member) and member in before:
                metadata[member] = before[member]
        metadata["creationTimestamp"] = before["creationTimestamp"]
        metadata.pop("selfLink", None)
        metadata.pop("generation", None)
        if "generation" in before:
            metadata["generation"] = before["generation"]
        metadata["resourceVersion"] = before["resourceVersion"]
        obj = {**obj, "metadata": metadata}
        obj = admission.reset(resource, obj, old, subresource)
        obj, warnings = self._prepared(resource, obj, options, old, subresource)
        obj = admission.reset(resource, obj, old, subresource)
        metadata = obj["metadata"]
        name = before["name"]
        warnings = [*meta.deduplicate_owners(metadata), *warnings]
        problems = meta.validate_update(metadata, before) * 2
        if any(metadata.get(member) != before.get(member) for member in ("labels", "annotations", "finalizers", "ownerReferences")):
            problems += meta.validate(resource, metadata) * (3 if resource.custom else 4)
        if problems:
            # A real server checks metadata once for all kinds and once more for each, and lists both.
            raise status.invalid(resource.group, resource.kind, name, problems)
        if not applied:
            now = meta.timestamp(self.store.now())
            obj = self.machinery.record_update(resource, old, obj, options.manager, subresource, now)
        rules = self.rules.get(resource.storage)
        if rules is not None:
            obj = rules.on_update(resource, obj, old, subresource)
        metadata = dict(obj["metadata"])
        if admission.generation_moves(resource, obj, old, subresource):
            metadata["generation"] = before.get("generation", 0) + 1
        obj = {**obj, "metadata": meta.ordered(metadata)}
        new, was = (scale.read(resource, one) if subresource == "scale" else one for one in (obj, old))
        warnings += self.gate.check(Write("UPDATE", resource, subresource, entry.key[0], name, new, was, options.dry_run))
        if obj == old:
            return Written(entry.tail, 200, tuple(warnings))
        return Written(self._write(resource, entry.key, obj, options.dry_run), 200, tuple(warnings))

    def _write(self, resource: Resource, key: tuple[str, str], obj: Object, dry_run: bool, begins: bool = False) -> bytes:
        """Stores the object, or ends it when its deletion had begun and nothing holds it any more. Returns the bytes to answer.

        begins: its deletion begins with this write and never ends with it.
        """
        body = {name: value for name, value in obj.items() if name not in ("kind", "apiVersion")}
        if resource.conversion is not None:
            body = resource.conversion.store(body)
        metadata = meta.ordered({"resourceVersion": "0", **body.pop("metadata")})
        body = {"metadata": metadata, **body}
        ends = (
            not begins and bool(metadata.get("deletionTimestamp")) and not metadata.get("finalizers") and admission.released(resource, body)
        )
        if dry_run:
            if self.store.get(resource.storage, key) is None:
                metadata.pop("resourceVersion", None)
            return encode(body)[1:]
        if ends:
            answer = encode(body)[1:]
            self.store.remove(resource.storage, key, body)
            return answer
        return self.store.put(resource.storage, key, body).tail

    # ---- deleting

    def delete(self, resource: Resource, namespace: str, name: str, deletion: Deletion) -> tuple[bool, bytes, Entry]:
        """Deletes or begins to. Returns (gone, bytes of the object as it now is, the entry as it was)."""
        entry = self.entry(resource, namespace, name)
        if deletion.uid and deletion.uid != entry.uid:
            why = (
                f"the UID in the precondition ({deletion.uid}) does not match the UID in record ({entry.uid}). "
                "The object might have been deleted and then recreated"
            )
            raise admission.delete_conflict(resource, name, why)
        if deletion.resource_version and deletion.resource_version != str(entry.revision):
            why = (
                f"the ResourceVersion in the precondition ({deletion.resource_version}) does not match the "
                f"ResourceVersion in record ({entry.revision}). "
                "The object might have been modified"
            )
            raise admission.delete_conflict(resource, name, why)
        obj = self.load(resource, entry)
        self.gate.check(Write("DELETE", resource, "", entry.key[0], "" if deletion.unnamed else name, None, obj, deletion.dry_run))
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
        # A namespace whose own finalizer is gone ends with the second delete; the first one only begins.
        begins = resource.storage == NAMESPACES and not metadata.get("deletionTimestamp")
        if not finalizers and not begins and admission.released(resource, obj):
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
        return False, self._write(resource, entry.key, obj, deletion.dry_run, begins=begins), entry
