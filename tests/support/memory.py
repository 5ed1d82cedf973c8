"""A small model of the API server: what the generators' tests need of it, and nothing more.

Objects with uid, resourceVersion, generation and deletionTimestamp; server-side apply with field managers, force, removal and the
preconditions that the rules rest on; merge patch, status subresource, finalizers. Lists are atomic except finalizers (a set) and lists of
named items. The golden tests of the emulator check the same facts on the real thing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphcore.converge import effects as fx
from graphcore.converge import selectors

KEYED = {"containers", "env", "volumes"}
BARE = ("uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "managedFields", "name", "namespace")
Path = tuple[str, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths in fieldsV1 notation of every leaf of an object."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, f"f:{key}"))
    elif isinstance(value, list) and path[-1] == "f:finalizers":
        yield from ((*path, f"v:{json.dumps(item)}") for item in value)
    elif isinstance(value, list) and value and path[-1][2:] in KEYED:
        for item in value:
            below = (*path, "k:" + json.dumps({"name": item["name"]}))
            yield from leaves(item, below)
    elif path:
        yield path


def content(obj: dict[str, Any]) -> dict[str, Any]:
    """An object without what identifies it or what only the server writes."""
    rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}
    rest["metadata"] = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in BARE}
    return rest


def fields_v1(paths: set[Path]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in sorted(paths):
        node = root
        for part in path:
            node = node.setdefault(part, {})
    return root


def lookup(obj: Any, path: Path) -> Any:
    """Value at a path; None where there is none."""
    for part in path:
        kind, name = part[:2], part[2:]
        if kind == "f:":
            obj = obj.get(name) if isinstance(obj, dict) else None
        elif kind == "v:":
            return json.loads(name) if obj and json.loads(name) in obj else None
        else:
            wanted = json.loads(name)
            obj = next((item for item in obj or () if all(item.get(k) == v for k, v in wanted.items())), None)
        if obj is None:
            return None
    return obj


def remove(obj: Any, path: Path) -> None:
    parent = lookup(obj, path[:-1])
    kind, name = path[-1][:2], path[-1][2:]
    if kind == "f:" and isinstance(parent, dict):
        parent.pop(name, None)
        if not parent and len(path) > 1 and path[-2].startswith("f:"):
            remove(obj, path[:-1])
    elif kind == "v:" and parent:
        parent.remove(json.loads(name))


def merge(target: Any, patch: Any, *, nulls: bool) -> Any:
    """JSON merge patch (nulls remove), or the value part of an apply."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None and nulls:
            result.pop(key, None)
        elif key == "finalizers" and not nulls:
            result[key] = [*result.get(key, []), *(item for item in value if item not in result.get(key, []))]
        elif key in KEYED and not nulls and isinstance(value, list):
            held = {item["name"]: item for item in result.get(key, [])}
            held |= {item["name"]: merge(held.get(item["name"]), item, nulls=nulls) for item in value}
            result[key] = list(held.values())
        else:
            result[key] = merge(result.get(key), value, nulls=nulls)
    return result


def conditional(effect: Any) -> bool:
    """Whether an effect changes nothing, creates only, or names the very state that it changes."""
    match effect:
        case fx.Apply():
            metadata = effect.body["metadata"]
            version, uid = metadata.get("resourceVersion"), metadata.get("uid")
            return bool(version) and (version == "1") != bool(uid)
        case fx.Patch() | fx.Replace():
            return bool((effect.body.get("metadata") or {}).get("resourceVersion"))
        case fx.Delete():
            return bool(effect.uid and effect.resource_version)
    return True


@dataclass
class Stored:
    body: dict[str, Any]
    managers: dict[tuple[str, str, str], set[Path]] = field(default_factory=dict)


@dataclass
class Api:
    """The store. graphs: (definition, revision) → (graph, definition uid). log: every request as (verb, kind, name). unserved: group versions."""

    graphs: dict[tuple[str, int], tuple[Any, str]] = field(default_factory=dict)
    schemas: Any = None
    objects: dict[tuple[str, str, str, str], Stored] = field(default_factory=dict)
    log: list[tuple[str, str, str]] = field(default_factory=list)
    events: list[fx.Record] = field(default_factory=list)
    history: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    kinds: dict[str, fx.Resource] = field(default_factory=dict)
    now: str = "2026-01-01T00:00:00Z"
    revision: int = 100
    uids: int = 0
    refuse: Callable[[Any], fx.Refused | None] = lambda effect: None
    unserved: set[str] = field(default_factory=set)

    # what tests and "users" do

    def key(self, resource: fx.Resource, namespace: str | None, name: str) -> tuple[str, str, str, str]:
        return (resource.group, resource.kind, (namespace or "") if resource.namespaced else "", name)

    def find(self, kind: str, name: str) -> dict[str, Any] | None:
        return next((self.show(s) for (_, k, _, n), s in self.objects.items() if (k, n) == (kind, name)), None)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found = self.find(kind, name)
        assert found is not None, f"{kind} {name} does not exist"
        return found

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [self.show(s) for key, s in self.objects.items() if key[1] == kind]

    def create(self, body: dict[str, Any], manager: str = "user") -> dict[str, Any]:
        """As a user."""
        metadata = body["metadata"]
        key = (body["apiVersion"].rpartition("/")[0], body["kind"], metadata.get("namespace", ""), metadata["name"])
        assert key not in self.objects, key
        self._insert(key, copy.deepcopy(body), (manager, "Update", ""))
        return self.show(self.objects[key])

    def edit(self, kind: str, name: str, patch: dict[str, Any], manager: str = "user", subresource: str = "") -> dict[str, Any]:
        """As a user: merge patch without preconditions."""
        key = next(key for key in self.objects if (key[1], key[3]) == (kind, name))
        self._update(key, merge(self.objects[key].body, patch, nulls=True), (manager, "Update", subresource))
        return self.find(kind, name) or {}

    def delete(self, kind: str, name: str) -> None:
        """As a user."""
        self._remove(next(key for key in self.objects if (key[1], key[3]) == (kind, name)))

    @property
    def reads(self) -> int:
        return sum(verb in ("GET", "LIST", "TRY") for verb, _, _ in self.log)

    @property
    def writes(self) -> int:
        return len(self.log) - self.reads

    # effects

    def serve(self, effect: Any) -> Any:
        """The result of an effect of a run; one that changes something without saying what it was based on fails the test (rule 6)."""
        assert conditional(effect), f"a write without preconditions: {effect}"
        return self.perform(effect)

    def perform(self, effect: Any) -> Any:
        """The result of one effect."""
        refused = self.refuse(effect)
        match effect:
            case fx.NeedGraph():
                found = self.graphs.get((effect.definition, effect.revision))
                return refused or (fx.Served(found[0], effect.revision, found[1]) if found else fx.Missing())
            case fx.FetchSchemas():
                return fx.Documents(self.schemas)
            case fx.FindKinds():
                return fx.Kinds({name: self.kinds[name] for name in effect.group_kinds if name in self.kinds})
            case fx.Record():
                self.events.append(effect)
                return fx.Recorded()
            case fx.List():
                self.log.append(("LIST", effect.resource.kind, ""))
                missing = fx.Missing() if effect.resource.api_version in self.unserved else None
                return refused or missing or self._list(effect)
            case fx.Get():
                self.log.append(("GET", effect.resource.kind, effect.name))
                stored = self.objects.get(self.key(effect.resource, effect.namespace, effect.name))
                return refused or (fx.Found(self.show(stored)) if stored else fx.Missing())
            case fx.Create():
                self.log.append(("CREATE", effect.resource.kind, effect.body["metadata"]["name"]))
                return refused or self._create(effect)
            case fx.Apply():
                self.log.append(("TRY" if effect.dry_run else "APPLY", effect.resource.kind, effect.name))
                return refused or self._apply(effect)
            case fx.Patch() | fx.Replace():
                self.log.append((type(effect).__name__.upper(), effect.resource.kind, effect.name))
                return refused or self._patch(effect)
            case fx.Delete():
                self.log.append(("TRY" if effect.dry_run else "DELETE", effect.resource.kind, effect.name))
                return refused or self._delete(effect)
        raise TypeError(effect)

    def show(self, stored: Stored) -> dict[str, Any]:
        body = copy.deepcopy(stored.body)
        body["metadata"]["managedFields"] = [
            {"manager": m, "operation": op, "apiVersion": body["apiVersion"], "fieldsType": "FieldsV1", "fieldsV1": fields_v1(paths)}
            | ({"subresource": sub} if sub else {})
            for (m, op, sub), paths in sorted(stored.managers.items())
            if paths
        ]
        return body

    def _list(self, effect: fx.List) -> fx.Listed:
        kind = (effect.resource.group, effect.resource.kind)
        found = []
        for key, stored in sorted(self.objects.items()):
            if key[:2] != kind or (effect.namespace and key[2] != effect.namespace):
                continue
            if effect.labels and not selectors.matches(effect.labels, stored.body["metadata"].get("labels") or {}):
                continue
            if effect.fields:
                name, _, value = effect.fields.partition("=")
                if lookup(stored.body, tuple(f"f:{part}" for part in name.split("."))) != value:
                    continue
            found.append(self.show(stored))
        return fx.Listed(tuple(found))

    def _create(self, effect: fx.Create) -> Any:
        key = self.key(effect.resource, effect.namespace, effect.body["metadata"]["name"])
        if key in self.objects:
            return fx.Refused(409, "AlreadyExists", f'{effect.resource.plural} "{key[3]}" already exists')
        body = json.loads(json.dumps(effect.body))
        body.pop("status", None)
        self._insert(key, body, (effect.manager, "Update", ""))
        return fx.Found(self.show(self.objects[key]))

    def _apply(self, effect: fx.Apply) -> Any:
        key = self.key(effect.resource, effect.namespace, effect.name)
        body = json.loads(json.dumps(effect.body))
        metadata = body["metadata"]
        uid, version = metadata.get("uid"), metadata.get("resourceVersion")
        stored = self.objects.get(key)
        if effect.dry_run and stored is None:
            return fx.Found(body)
        if stored is None and uid:
            return fx.Refused(409, "Conflict", "uid mismatch: the object does not exist")
        if stored is not None:
            if uid and uid != stored.body["metadata"]["uid"]:
                return fx.Refused(422, "Invalid", "metadata.uid: Invalid value: field is immutable")
            if version and version != stored.body["metadata"]["resourceVersion"]:
                return fx.Refused(409, "Conflict", "the object has been modified")
        if effect.dry_run:
            return fx.Found(body)
        who = (effect.manager, "Apply", "")
        wanted = set(leaves(content({key: value for key, value in body.items() if key != "status"})))
        if stored is None:
            metadata.pop("resourceVersion", None)
            self._insert(key, body, who)
            return fx.Found(self.show(self.objects[key]))
        after = merge(stored.body, content(body), nulls=False)
        others = set().union(*(paths for other, paths in stored.managers.items() if other != who)) if stored.managers else set()
        for path in stored.managers.get(who, set()) - wanted - others:
            if lookup(after, path) is not None:
                remove(after, path)
        self._update(key, after, who, wanted)
        return fx.Found(self.show(self.objects[key]))

    def _patch(self, effect: fx.Patch | fx.Replace) -> Any:
        key = self.key(effect.resource, effect.namespace, effect.name)
        stored = self.objects.get(key)
        if stored is None:
            return fx.Missing()
        body = json.loads(json.dumps(effect.body))
        metadata = body.get("metadata") or {}
        if metadata.get("uid") and metadata["uid"] != stored.body["metadata"]["uid"]:
            return fx.Refused(409, "Conflict", "Precondition failed: UID in precondition")
        if metadata.get("resourceVersion") and metadata["resourceVersion"] != stored.body["metadata"]["resourceVersion"]:
            return fx.Refused(409, "Conflict", "the object has been modified")
        if effect.subresource == "status":
            after = {**stored.body, "status": body.get("status")}
            if isinstance(effect, fx.Patch):
                after["status"] = merge(stored.body.get("status"), body.get("status"), nulls=True)
        elif isinstance(effect, fx.Patch):
            after = merge(stored.body, body, nulls=True)
        else:
            after = body
        self._update(key, after, (effect.manager, "Update", effect.subresource or ""))
        found = self.objects.get(key)
        return fx.Found(self.show(found)) if found else fx.Found(body)

    def _delete(self, effect: fx.Delete) -> Any:
        key = self.key(effect.resource, effect.namespace, effect.name)
        stored = self.objects.get(key)
        if stored is None:
            return fx.Missing()
        metadata = stored.body["metadata"]
        if effect.uid != metadata["uid"] or (effect.resource_version and effect.resource_version != metadata["resourceVersion"]):
            return fx.Refused(409, "Conflict", "Precondition failed")
        if effect.dry_run:
            return fx.Missing()
        self._remove(key)
        left = self.objects.get(key)
        return fx.Found(self.show(left)) if left else fx.Missing()

    # storage

    def _insert(self, key: tuple[str, str, str, str], body: dict[str, Any], who: tuple[str, str, str]) -> None:
        self.uids += 1
        self.revision += 1
        body["metadata"] |= {
            "uid": f"uid-{self.uids}",
            "resourceVersion": str(self.revision),
            "generation": 1,
            "creationTimestamp": self.now,
        }
        body["metadata"].pop("managedFields", None)
        self.objects[key] = Stored(body, {who: set(leaves(content(body)))})
        self.history.append(("add", self.show(self.objects[key])))

    def _update(
        self, key: tuple[str, str, str, str], after: dict[str, Any], who: tuple[str, str, str], wanted: set[Path] | None = None
    ) -> None:
        stored = self.objects[key]
        before = stored.body
        kept = {name: before["metadata"][name] for name in ("uid", "resourceVersion", "generation", "creationTimestamp")}
        for name in ("deletionTimestamp",):
            if name in before["metadata"]:
                kept[name] = before["metadata"][name]
        metadata = {name: value for name, value in after["metadata"].items() if name not in ("managedFields", "deletionTimestamp")}
        after = {**after, "apiVersion": before["apiVersion"], "kind": before["kind"], "metadata": {**metadata, **kept}}
        old, new = content(before), content(after)
        paths = set(leaves(old)) | set(leaves(new))
        changed = {path for path in paths if lookup(old, path) != lookup(new, path)}
        managers = {other: set(held) for other, held in stored.managers.items()}
        for other in managers:
            if other != who:
                managers[other] -= changed
        present = {path for path in changed if lookup(new, path) is not None}
        managers[who] = wanted if wanted is not None else (managers.get(who, set()) | present)
        for other in list(managers):
            managers[other] = {path for path in managers[other] if lookup(new, path) is not None}
            if not managers[other]:
                del managers[other]
        if old == new and managers == stored.managers:
            return
        self.revision += 1
        after["metadata"]["resourceVersion"] = str(self.revision)
        if {k: v for k, v in old.items() if k not in ("metadata", "status")} != {
            k: v for k, v in new.items() if k not in ("metadata", "status")
        }:
            after["metadata"]["generation"] += 1
        self.objects[key] = Stored(after, managers)
        self.history.append(("update", self.show(self.objects[key])))
        if after["metadata"].get("deletionTimestamp") and not after["metadata"].get("finalizers"):
            self._drop(key)

    def _remove(self, key: tuple[str, str, str, str]) -> None:
        stored = self.objects[key]
        if stored.body["metadata"].get("finalizers"):
            if "deletionTimestamp" not in stored.body["metadata"]:
                self.revision += 1
                stored.body["metadata"] |= {
                    "deletionTimestamp": self.now,
                    "resourceVersion": str(self.revision),
                    "generation": stored.body["metadata"]["generation"] + 1,
                }
                self.history.append(("update", self.show(stored)))
            return
        self._drop(key)

    def _drop(self, key: tuple[str, str, str, str]) -> None:
        self.history.append(("delete", self.show(self.objects.pop(key))))


def drive(run: Any, api: Api, results: list[Any] | None = None) -> Any:
    """Run a generator against the store; its outcome. results: of the batch that it is suspended at, for one that has begun."""
    try:
        batch = next(run) if results is None else run.send(results)
        while True:
            batch = run.send([api.serve(effect) for effect in batch])
    except StopIteration as stop:
        return stop.value


@dataclass
class Dry:
    """Reads from a store, keeps writes to itself: what a run would do. An intended write answers as if it had happened."""

    api: Api
    intended: list[Any] = field(default_factory=list)

    def perform(self, effect: Any) -> Any:
        if isinstance(effect, fx.Apply | fx.Patch | fx.Replace | fx.Create | fx.Delete):
            self.intended.append(effect)
        return self.api.perform(effect)


def plan(run: Any, api: Api) -> tuple[list[Any], Any]:
    """The writes that ``run`` would make and its outcome, leaving ``api`` as it is."""
    dry = Dry(copy.deepcopy(api))
    try:
        batch = next(run)
        while True:
            batch = run.send([dry.perform(effect) for effect in batch])
    except StopIteration as stop:
        return dry.intended, stop.value
