"""The scale subresource of a built-in and of a custom kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.exchanges.asking import APPLY, JSON, MERGE, STRATEGIC, TABLE, Ask
from tests.exchanges.objects_of import CRDS, definition, deployment, established, foo, grouped

GROUP = "scale.krofn.dev"
WEB = grouped("scales", "apps/v1", "deployments/web")
ONE = grouped("scales", f"{GROUP}/v1", "foos/one")


def _scale(replicas: Any, name: str = "web", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": name, **metadata}, "spec": {"replicas": replicas}}


def asks() -> Iterator[Ask]:
    yield Ask("create a deployment", "POST", WEB.removesuffix("/web"), deployment(), only=("code",))
    yield Ask("create a CRD", "POST", CRDS, definition("foos", GROUP), only=("code",))
    yield Ask("it is established", "GET", f"{CRDS}/foos.{GROUP}", until=established, only=("code",))
    instances = ONE.removesuffix("/one")
    yield Ask("create an instance", "POST", instances, foo("one", group=GROUP), until=lambda code, _: code == 201, only=("code",))
    for kind, path, name in (("deployment", WEB, "web"), ("instance", ONE, "one")):
        yield Ask(f"{kind}: its scale", "GET", path + "/scale")
        yield Ask(f"{kind}: its scale as a table", "GET", path + "/scale", accept=TABLE)
        yield Ask(f"{kind}: put", "PUT", path + "/scale", _scale(3, name))
        yield Ask(f"{kind}: put in a dry run", "PUT", path + "/scale?dryRun=All", _scale(9, name))
        yield Ask(f"{kind}: put another name", "PUT", path + "/scale", _scale(3, "other"))
        yield Ask(f"{kind}: put an old revision", "PUT", path + "/scale", _scale(3, name, resourceVersion="1"))
        yield Ask(f"{kind}: put a negative number", "PUT", path + "/scale", _scale(-3, name))
        yield Ask(f"{kind}: put text", "PUT", path + "/scale", _scale("x", name))
        yield Ask(f"{kind}: put another kind", "PUT", path + "/scale", {**_scale(3, name), "kind": "Deployment"})
        yield Ask(f"{kind}: merge", "PATCH", path + "/scale", {"spec": {"replicas": 4}}, MERGE)
        yield Ask(f"{kind}: merge as another manager", "PATCH", path + "/scale?fieldManager=scaler", {"spec": {"replicas": 5}}, MERGE)
        yield Ask(f"{kind}: merge an unknown field", "PATCH", path + "/scale?fieldValidation=Strict", {"spec": {"nope": 4}}, MERGE)
        yield Ask(f"{kind}: merge a negative number", "PATCH", path + "/scale", {"spec": {"replicas": -4}}, MERGE)
        yield Ask(f"{kind}: json patch", "PATCH", path + "/scale", [{"op": "replace", "path": "/spec/replicas", "value": 6}], JSON)
        yield Ask(f"{kind}: strategic merge", "PATCH", path + "/scale", {"spec": {"replicas": 7}}, STRATEGIC)
        applied = {"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 8}}
        yield Ask(f"{kind}: apply without manager", "PATCH", path + "/scale", applied, APPLY)
        yield Ask(f"{kind}: apply with a conflict", "PATCH", path + "/scale?fieldManager=ssa", applied, APPLY)
        yield Ask(f"{kind}: apply by force in a dry run", "PATCH", path + "/scale?fieldManager=ssa&force=true&dryRun=All", applied, APPLY)
        yield Ask(f"{kind}: apply by force", "PATCH", path + "/scale?fieldManager=ssa&force=true", applied, APPLY)
        yield Ask(f"{kind}: apply again", "PATCH", path + "/scale?fieldManager=ssa", applied, APPLY)
        yield Ask(f"{kind}: apply an unknown field", "PATCH", path + "/scale?fieldManager=ssa", {**applied, "spec": {"nope": 1}}, APPLY)
        yield Ask(f"{kind}: apply another kind", "PATCH", path + "/scale?fieldManager=ssa", {**applied, "kind": "Deployment"}, APPLY)
        yield Ask(f"{kind}: afterwards", "GET", path)
        absent = path.removesuffix(name) + "absent/scale"
        yield Ask(f"{kind}: scale of an absent one", "GET", absent)
        yield Ask(f"{kind}: merge the scale of an absent one", "PATCH", absent, {"spec": {"replicas": 4}}, MERGE)
        yield Ask(f"{kind}: apply the scale of an absent one", "PATCH", absent + "?fieldManager=ssa", applied, APPLY)
        yield Ask(f"{kind}: to zero", "PATCH", path + "/scale", {"spec": {"replicas": 0}}, MERGE)
    yield Ask("delete the CRD", "DELETE", f"{CRDS}/foos.{GROUP}", only=("code",))
    yield Ask("it is gone", "GET", f"{CRDS}/foos.{GROUP}", until=lambda code, _: code == 404, only=("code",))
