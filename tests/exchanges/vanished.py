"""A namespace that was removed by its ``finalize`` subresource while objects are left in it: what can still be done to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import APPLY, JSON, MERGE, PARTIAL, PARTIALS, STRATEGIC, Ask, Object
from tests.exchanges.objects_of import CRDS, config_map, definition, deployment, established, foo

PLACE = "exchange-place"
GROUP = "vanished.krofn.dev"
NAMESPACES = "/api/v1/namespaces"
MAPS = f"{NAMESPACES}/{PLACE}/configmaps"
EVENTS = f"{NAMESPACES}/{PLACE}/events"
FOOS = f"/apis/{GROUP}/v1/namespaces/{PLACE}/foos"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{PLACE}/deployments"
SCHEMA: Object = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
HELD = ["vanished.krofn.dev/held"]


def _event(name: str) -> Object:
    about = {"apiVersion": "v1", "kind": "ConfigMap", "name": "plain", "namespace": PLACE}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name},
        "involvedObject": about,
        "reason": "R",
        "message": "m",
        "type": "Normal",
    }


def _gone(code: int, _body: Any) -> bool:
    return code == 404


def asks() -> Iterator[Ask]:
    yield from _made()
    yield from _removed()
    yield from _created()
    yield from _updated()
    yield from _status()
    yield from _faulty()
    yield from _deleted()
    yield from _made_again()


def _namespace() -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}}


def _made() -> Iterator[Ask]:
    yield Ask("create a CRD", "POST", CRDS, definition("foos", GROUP, SCHEMA), only=("code",))
    yield Ask("it is established", "GET", f"{CRDS}/foos.{GROUP}", until=established, only=("code",))
    yield Ask("create a namespace", "POST", NAMESPACES, _namespace(), only=("code",))
    yield Ask("its account", "GET", f"{NAMESPACES}/{PLACE}/serviceaccounts/default", until=lambda code, _: code == 200, only=("code",))
    yield Ask("create", "POST", MAPS, config_map("plain"), only=("code",))
    yield Ask("create what is applied", "PATCH", MAPS + "/applied?fieldManager=m", config_map("applied"), APPLY, only=("code",))
    yield Ask("create what is held", "POST", MAPS, config_map("held", finalizers=HELD), only=("code",))
    served = {"until": lambda code, _: code == 201, "only": ("code",)}
    yield Ask("create a custom object", "POST", FOOS, foo("plain", {"a": 1}, GROUP), **served)
    yield Ask("create a custom object that is held", "POST", FOOS, foo("held", {"a": 1}, GROUP, finalizers=HELD), only=("code",))
    yield Ask("create a deployment", "POST", DEPLOYMENTS, deployment("web"), only=("code",))
    yield Ask("create an event", "POST", EVENTS, _event("one"), only=("code",))


def _removed() -> Iterator[Ask]:
    yield Ask("take the finalizer away", "PUT", f"{NAMESPACES}/{PLACE}/finalize", {**_namespace(), "spec": {"finalizers": []}})
    yield Ask("delete the namespace", "DELETE", f"{NAMESPACES}/{PLACE}")
    yield Ask("it only ends", "GET", f"{NAMESPACES}/{PLACE}")
    yield Ask("create while it ends", "POST", MAPS, config_map("new"))
    yield Ask("update while it ends", "PATCH", MAPS + "/plain", {"data": {"a": "2"}}, MERGE)
    yield Ask("delete it once more", "DELETE", f"{NAMESPACES}/{PLACE}")
    yield Ask("it is gone", "GET", f"{NAMESPACES}/{PLACE}", until=_gone)
    yield Ask("its ConfigMaps are left", "GET", MAPS + "?fieldSelector=metadata.name!%3Dkube-root-ca.crt", accept=PARTIALS)
    yield Ask("its custom objects are left", "GET", FOOS, accept=PARTIALS)
    yield Ask("read", "GET", MAPS + "/plain", accept=PARTIAL)
    yield Ask("delete it again", "DELETE", f"{NAMESPACES}/{PLACE}")


def _created() -> Iterator[Ask]:
    yield Ask("create in it", "POST", MAPS, config_map("new"))
    yield Ask("create in it in a dry run", "POST", MAPS + "?dryRun=All", config_map("new"))
    yield Ask("create a custom object in it", "POST", FOOS, foo("new", {}, GROUP))
    yield Ask("create an event in it", "POST", EVENTS, _event("new"))
    yield Ask("create a deployment in it", "POST", DEPLOYMENTS, deployment("new"))
    yield Ask("create what is there", "POST", MAPS, config_map("plain"))
    yield Ask("create what is invalid", "POST", MAPS, config_map("NEW"))
    yield Ask("apply to nothing", "PATCH", MAPS + "/new?fieldManager=m", config_map("new"), APPLY)
    yield Ask("apply a custom object to nothing", "PATCH", FOOS + "/new?fieldManager=m", foo("new", {}, GROUP), APPLY)


def _updated() -> Iterator[Ask]:
    change: Object = {"metadata": {"labels": {"a": "b"}}}
    put = config_map("plain", labels={"a": "b"})
    yield Ask("update", "PUT", MAPS + "/plain", put)
    yield Ask("update in a dry run", "PUT", MAPS + "/plain?dryRun=All", put)
    yield Ask("update nothing", "PUT", MAPS + "/plain", config_map("plain"))
    yield Ask("merge", "PATCH", MAPS + "/plain", change, MERGE)
    yield Ask("merge nothing", "PATCH", MAPS + "/plain", {}, MERGE)
    yield Ask("merge strategically", "PATCH", MAPS + "/plain", change, STRATEGIC)
    yield Ask("patch", "PATCH", MAPS + "/plain", [{"op": "add", "path": "/data/b", "value": "2"}], JSON)
    yield Ask("apply", "PATCH", MAPS + "/applied?fieldManager=m", config_map("applied", labels={"a": "b"}), APPLY)
    yield Ask("apply the same", "PATCH", MAPS + "/applied?fieldManager=m", config_map("applied"), APPLY)
    yield Ask("take a finalizer away", "PATCH", MAPS + "/held", {"metadata": {"finalizers": None}}, MERGE)
    yield Ask("update a custom object", "PATCH", FOOS + "/plain", {"spec": {"a": 2}}, MERGE)
    yield Ask("apply a custom object", "PATCH", FOOS + "/plain?fieldManager=m&force=true", foo("plain", {"a": 3}, GROUP), APPLY)
    yield Ask("take a custom object's finalizer away", "PATCH", FOOS + "/held", {"metadata": {"finalizers": None}}, MERGE)
    yield Ask("update an event", "PATCH", EVENTS + "/one", {"count": 2}, MERGE)
    yield Ask("update a deployment", "PATCH", DEPLOYMENTS + "/web", {"spec": {"replicas": 3}}, MERGE)


def _status() -> Iterator[Ask]:
    status: Object = {"status": {"phase": "x"}}
    yield Ask("a custom object's status", "PATCH", FOOS + "/plain/status", status, MERGE)
    yield Ask(
        "apply a custom object's status", "PATCH", FOOS + "/plain/status?fieldManager=m", {**foo("plain", {}, GROUP), **status}, APPLY
    )
    yield Ask("a deployment's status", "PATCH", DEPLOYMENTS + "/web/status", {"status": {"replicas": 1}}, MERGE)
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web"}, "spec": {"replicas": 4}}
    yield Ask("a deployment's scale", "PUT", DEPLOYMENTS + "/web/scale", scale)
    yield Ask("a deployment's scale, merged", "PATCH", DEPLOYMENTS + "/web/scale", {"spec": {"replicas": 4}}, MERGE)
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "LocalSubjectAccessReview",
        "metadata": {"namespace": PLACE},
        "spec": {"user": "nobody", "resourceAttributes": {"namespace": PLACE, "verb": "get", "resource": "pods"}},
    }
    path = f"/apis/authorization.k8s.io/v1/namespaces/{PLACE}/localsubjectaccessreviews"
    yield Ask("a review", "POST", path, review, only=("code",))
    yield Ask("a token", "POST", f"{NAMESPACES}/{PLACE}/serviceaccounts/default/token", {"spec": {}})


def _faulty() -> Iterator[Ask]:
    yield Ask("update what is absent", "PUT", MAPS + "/absent", config_map("absent"))
    yield Ask("merge into what is absent", "PATCH", MAPS + "/absent", {}, MERGE)
    yield Ask("update at another revision", "PUT", MAPS + "/plain", config_map("plain", resourceVersion="1"))
    yield Ask("update another uid", "PUT", MAPS + "/plain", config_map("plain", uid="nope"))
    yield Ask("update with a bad label", "PATCH", MAPS + "/plain", {"metadata": {"labels": {"a b": "c"}}}, MERGE)
    yield Ask("update with a wrong type", "PATCH", MAPS + "/plain", {"data": {"a": 1}}, MERGE)
    yield Ask(
        "apply over another manager",
        "PATCH",
        MAPS + "/applied?fieldManager=n",
        config_map("applied", labels={}) | {"data": {"a": "2"}},
        APPLY,
    )
    yield Ask(
        "apply with another uid",
        "PATCH",
        MAPS + "/applied?fieldManager=m",
        config_map("applied", uid="11111111-1111-1111-1111-111111111111"),
        APPLY,
    )
    yield Ask("apply create-only", "PATCH", MAPS + "/applied?fieldManager=m", config_map("applied", resourceVersion="1"), APPLY)


def _deleted() -> Iterator[Ask]:
    yield Ask("delete in a dry run", "DELETE", MAPS + "/plain?dryRun=All")
    yield Ask("delete at another revision", "DELETE", MAPS + "/plain", {"preconditions": {"resourceVersion": "1"}})
    yield Ask("delete", "DELETE", MAPS + "/plain")
    yield Ask("delete what is absent", "DELETE", MAPS + "/plain")
    yield Ask("delete what is held", "DELETE", MAPS + "/held")
    yield Ask("take its finalizer away", "PATCH", MAPS + "/held", {"metadata": {"finalizers": None}}, MERGE)
    yield Ask("delete a custom object", "DELETE", FOOS + "/plain")
    yield Ask("delete a custom object that is held", "DELETE", FOOS + "/held", only=("code",))
    yield Ask("delete an event", "DELETE", EVENTS + "/one", only=("code",))
    yield Ask("delete in the foreground", "DELETE", DEPLOYMENTS + "/web?propagationPolicy=Foreground", only=("code",))
    yield Ask("delete a collection", "DELETE", MAPS + "?fieldSelector=metadata.name%3Dapplied", only=("code",))
    yield Ask("what is left", "GET", MAPS + "?fieldSelector=metadata.name!%3Dkube-root-ca.crt", accept=PARTIALS)


def _made_again() -> Iterator[Ask]:
    yield Ask("create the namespace again", "POST", NAMESPACES, _namespace(), only=("code",))
    yield Ask("now take the finalizer away", "PATCH", MAPS + "/held", {"metadata": {"finalizers": None}}, MERGE, only=("code",))
    yield Ask("and a custom object's", "PATCH", FOOS + "/held", {"metadata": {"finalizers": None}}, MERGE, only=("code",))
    yield Ask("held no more", "GET", MAPS + "/held", until=_gone, only=("code",))
    yield Ask("create again", "POST", MAPS, config_map("new"), only=("code",))
    yield Ask("delete the namespace again", "DELETE", f"{NAMESPACES}/{PLACE}", only=("code",))
    yield Ask("it is gone again", "GET", f"{NAMESPACES}/{PLACE}", until=_gone, only=("code",))
    yield Ask("delete the CRD", "DELETE", f"{CRDS}/foos.{GROUP}", only=("code",))
    yield Ask("the CRD is gone", "GET", f"{CRDS}/foos.{GROUP}", until=_gone, only=("code",))
