"""Deletion: preconditions, finalizers, what depends on what, namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import MERGE, PARTIALS, Ask
from tests.exchanges.objects_of import config_map, core, deployment, grouped, maps

MAPS = maps("deletion")
DEPLOYMENTS = grouped("deletion", "apps/v1", "deployments")
DOOMED = "/api/v1/namespaces/exchange-doomed"


def _gone(code: int, _body: Any) -> bool:
    return code == 404


def _options(**options: Any) -> dict[str, Any]:
    return {"kind": "DeleteOptions", "apiVersion": "v1", **options}


def asks() -> Iterator[Ask]:
    yield from _objects()
    yield from _finalizers()
    yield from _kinds()
    yield from _collections()
    yield from _dependents()
    yield from _namespaces()


def _objects() -> Iterator[Ask]:
    yield Ask("create", "POST", MAPS, config_map("p1"), keep="p1")
    yield Ask("delete another uid", "DELETE", MAPS + "/p1", {"preconditions": {"uid": "nope"}})
    yield Ask("delete another revision", "DELETE", MAPS + "/p1", {"preconditions": {"resourceVersion": "1"}})
    yield Ask("delete with a policy nobody knows", "DELETE", MAPS + "/p1", {"propagationPolicy": "x"})
    yield Ask("delete with a policy in the query nobody knows", "DELETE", MAPS + "/p1?propagationPolicy=x")
    yield Ask("delete with two policies", "DELETE", MAPS + "/p1", {"propagationPolicy": "Background", "orphanDependents": True})
    yield Ask("delete with a negative grace", "DELETE", MAPS + "/p1?dryRun=All", {"gracePeriodSeconds": -1})
    yield Ask("delete with unknown options", "DELETE", MAPS + "/p1?dryRun=All", _options(nope=1))
    yield Ask("delete with options of another kind", "DELETE", MAPS + "/p1?dryRun=All", {"kind": "ConfigMap", "apiVersion": "v1"})
    yield Ask("delete absent", "DELETE", MAPS + "/zz")
    yield Ask("delete in a dry run", "DELETE", MAPS + "/p1?dryRun=All")
    yield Ask("delete in a dry run nobody knows", "DELETE", MAPS + "/p1?dryRun=x")
    yield Ask("delete in the foreground in a dry run", "DELETE", MAPS + "/p1?dryRun=All&propagationPolicy=Foreground")
    yield Ask("it is still there", "GET", MAPS + "/p1")
    yield Ask(
        "delete by its uid and revision",
        "DELETE",
        MAPS + "/p1",
        {"preconditions": {"uid": "<<p1.uid>>", "resourceVersion": "<<p1.resourceVersion>>"}},
    )


def _finalizers() -> Iterator[Ask]:
    yield Ask("create what has a finalizer", "POST", MAPS, config_map("f1", finalizers=["a.b/c"]))
    yield Ask("delete what has a finalizer", "DELETE", MAPS + "/f1")
    yield Ask("delete it again", "DELETE", MAPS + "/f1")
    yield Ask("create it again", "POST", MAPS, config_map("f1"))
    yield Ask("change what is going", "PATCH", MAPS + "/f1", {"data": {"b": "2"}}, MERGE)
    yield Ask("add a finalizer to what is going", "PATCH", MAPS + "/f1", {"metadata": {"finalizers": ["a.b/c", "a.b/d"]}}, MERGE)
    yield Ask("revive it", "PATCH", MAPS + "/f1", {"metadata": {"deletionTimestamp": None}}, MERGE)
    yield Ask("remove the last finalizer", "PATCH", MAPS + "/f1", {"metadata": {"finalizers": None}}, MERGE)
    yield Ask("it is gone", "GET", MAPS + "/f1")
    yield Ask("create what is held in the foreground", "POST", MAPS, config_map("f2", finalizers=["a.b/c"]))
    yield Ask("delete it in the foreground", "DELETE", MAPS + "/f2", {"propagationPolicy": "Foreground"})
    yield Ask("the foreground is done", "GET", MAPS + "/f2", until=lambda _, body: body["metadata"].get("finalizers") == ["a.b/c"])
    yield Ask("delete it in the background", "DELETE", MAPS + "/f2", {"propagationPolicy": "Background"})
    yield Ask("let it go", "PATCH", MAPS + "/f2", {"metadata": {"finalizers": []}}, MERGE)
    yield Ask("create what orphans", "POST", MAPS, config_map("f3"))
    yield Ask("delete and orphan", "DELETE", MAPS + "/f3", {"propagationPolicy": "Orphan"})
    yield Ask("it is gone as well", "GET", MAPS + "/f3", until=_gone)
    yield Ask(
        "a deployment with a finalizer",
        "POST",
        DEPLOYMENTS,
        {**deployment(), "metadata": {"name": "web", "finalizers": ["a.b/c"]}},
        only=("code",),
    )
    yield Ask("delete the deployment", "DELETE", DEPLOYMENTS + "/web")
    yield Ask("let the deployment go", "PATCH", DEPLOYMENTS + "/web", {"metadata": {"finalizers": []}}, MERGE)


def _kinds() -> Iterator[Ask]:
    """What the answer to DELETE is differs by kind."""
    port = {"ports": [{"port": 80}]}
    for path, kind, version, body in (
        (core("deletion", "secrets"), "Secret", "v1", {}),
        (core("deletion", "services"), "Service", "v1", {"spec": port}),
        (core("deletion", "serviceaccounts"), "ServiceAccount", "v1", {}),
        (core("deletion", "endpoints"), "Endpoints", "v1", {}),
        (core("deletion", "resourcequotas"), "ResourceQuota", "v1", {"spec": {}}),
        (core("deletion", "limitranges"), "LimitRange", "v1", {"spec": {"limits": []}}),
        (grouped("deletion", "rbac.authorization.k8s.io/v1", "roles"), "Role", "rbac.authorization.k8s.io/v1", {"rules": []}),
        (grouped("deletion", "coordination.k8s.io/v1", "leases"), "Lease", "coordination.k8s.io/v1", {"spec": {}}),
        (grouped("deletion", "batch/v1", "jobs"), "Job", "batch/v1", {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}),
        (grouped("deletion", "networking.k8s.io/v1", "networkpolicies"), "NetworkPolicy", "networking.k8s.io/v1", {"spec": {"podSelector": {}}}),
        ("/apis/scheduling.k8s.io/v1/priorityclasses", "PriorityClass", "scheduling.k8s.io/v1", {"value": 5}),
        ("/apis/storage.k8s.io/v1/storageclasses", "StorageClass", "storage.k8s.io/v1", {"provisioner": "a.b/c"}),
    ):  # fmt: skip
        name = f"kind-{kind.lower()}"
        yield Ask(f"create a {kind}", "POST", path, {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **body})
        yield Ask(f"delete a {kind}", "DELETE", f"{path}/{name}", None if kind != "Job" else {"propagationPolicy": "Background"})
    job = grouped("deletion", "batch/v1", "jobs")
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    yield Ask(
        "create a Job to orphan",
        "POST",
        job,
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "orphaning"}, "spec": {"template": template}},
        only=("code",),
    )
    yield Ask("delete a Job without a policy", "DELETE", job + "/orphaning", only=("code", "kind", "status"))


def _collections() -> Iterator[Ask]:
    for name in ("c1", "c2", "c3"):
        yield Ask(f"create {name}", "POST", MAPS, config_map(name, labels={"set": "c"}), only=("code",))
    yield Ask("hold c3", "PATCH", MAPS + "/c3", {"metadata": {"finalizers": ["a.b/c"]}}, MERGE, only=("code",))
    yield Ask("delete a collection of nothing", "DELETE", MAPS + "?labelSelector=x%3Dy")
    yield Ask("delete a collection in a dry run", "DELETE", MAPS + "?labelSelector=set%3Dc&dryRun=All")
    yield Ask("delete a collection", "DELETE", MAPS + "?labelSelector=set%3Dc")
    yield Ask("what is left", "GET", MAPS + "?labelSelector=set%3Dc", accept=PARTIALS)
    yield Ask("let c3 go", "PATCH", MAPS + "/c3", {"metadata": {"finalizers": None}}, MERGE, only=("code",))


def _child(name: str, owner: str, **reference: Any) -> dict[str, Any]:
    one = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": f"<<{owner}.uid>>", **reference}
    return config_map(name, ownerReferences=[one])


def _dependents() -> Iterator[Ask]:
    for mode in ("background", "foreground", "orphan"):
        owner = f"owner-{mode}"
        yield Ask(f"{mode}: an owner", "POST", MAPS, config_map(owner), keep=owner, only=("code",))
        yield Ask(f"{mode}: a dependent", "POST", MAPS, _child(f"child-{mode}", owner, blockOwnerDeletion=True), only=("code",))
    yield Ask("an absent owner", "POST", MAPS, _child("stray", "nobody", uid="11111111-1111-1111-1111-111111111111"), only=("code",))
    yield Ask("a dependent of nobody goes", "GET", MAPS + "/stray", until=_gone, only=("code",))
    yield Ask("background: delete", "DELETE", MAPS + "/owner-background", {"propagationPolicy": "Background"})
    yield Ask("background: the dependent goes", "GET", MAPS + "/child-background", until=_gone)
    yield Ask(
        "foreground: hold the dependent",
        "PATCH",
        MAPS + "/child-foreground",
        {"metadata": {"finalizers": ["a.b/c"]}},
        MERGE,
        only=("code",),
    )
    yield Ask("foreground: delete", "DELETE", MAPS + "/owner-foreground", {"propagationPolicy": "Foreground"})
    yield Ask(
        "foreground: the dependent is going",
        "GET",
        MAPS + "/child-foreground",
        until=lambda _, body: "deletionTimestamp" in body["metadata"],
    )
    yield Ask("foreground: the owner waits", "GET", MAPS + "/owner-foreground")
    yield Ask(
        "foreground: let the dependent go", "PATCH", MAPS + "/child-foreground", {"metadata": {"finalizers": None}}, MERGE, only=("code",)
    )
    yield Ask("foreground: the owner goes", "GET", MAPS + "/owner-foreground", until=_gone)
    yield Ask("orphan: delete", "DELETE", MAPS + "/owner-orphan", {"propagationPolicy": "Orphan"})
    yield Ask("orphan: the owner goes", "GET", MAPS + "/owner-orphan", until=_gone)
    yield Ask(
        "orphan: the dependent stays",
        "GET",
        MAPS + "/child-orphan",
        until=lambda _, body: "ownerReferences" not in body.get("metadata", {}),
    )


def _namespaces() -> Iterator[Ask]:
    yield Ask("delete the default namespace", "DELETE", "/api/v1/namespaces/default")
    yield Ask("the default namespace", "GET", "/api/v1/namespaces/default")
    yield Ask(
        "create a namespace",
        "POST",
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "exchange-doomed"}},
    )
    yield Ask("its service account", "GET", DOOMED + "/serviceaccounts/default", until=lambda code, _: code == 200)
    yield Ask("put something in it", "POST", DOOMED + "/configmaps", config_map("held", finalizers=["a.b/c"]), only=("code",))
    yield Ask("change its finalizers", "PATCH", DOOMED, {"spec": {"finalizers": []}}, MERGE)
    yield Ask("delete the namespace", "DELETE", DOOMED)
    yield Ask("create in it", "POST", DOOMED + "/configmaps", config_map("late"))
    yield Ask("delete the namespace again", "DELETE", DOOMED, only=("code", "kind"))
    yield Ask("the namespace is going", "GET", DOOMED, until=lambda _, body: len((body.get("status") or {}).get("conditions") or ()) >= 5)
    yield Ask("what is held", "GET", DOOMED + "/configmaps/held", until=lambda _, body: "deletionTimestamp" in body["metadata"])
    yield Ask("let it go, then", "PATCH", DOOMED + "/configmaps/held", {"metadata": {"finalizers": None}}, MERGE, only=("code",))
    yield Ask("the namespace is gone", "GET", DOOMED, until=_gone)
