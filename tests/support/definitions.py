"""Short ways to write definitions, and the schemas of built-in kinds to compile them against."""

from __future__ import annotations

from typing import Any

from graphcore.errors import Problem, ProblemsError
from graphcore.graph import Graph, Limits, compile_graph
from local_emulator.cli.offline import offline_schemas

Object = dict[str, Any]


def definition(*resources: Object, spec: Any = None, status: Any = None, types: Any = None, name: str = "thing", **schema: Any) -> Object:
    """A definition of kind ``Thing`` with these resources."""
    block: Object = {"apiVersion": "v1alpha1", "kind": "Thing", **schema}
    block |= {key: value for key, value in (("spec", spec), ("status", status), ("types", types)) if value is not None}
    return {
        "apiVersion": "kro.run/v1alpha1",
        "kind": "ResourceGraphDefinition",
        "metadata": {"name": name},
        "spec": {"schema": block, "resources": list(resources)},
    }


def resource(id: str, template: Object | None = None, **rest: Any) -> Object:
    return {"id": id, **({"template": template} if template is not None else {}), **rest}


def config_map(id: str, name: str = "", data: Any = None, **rest: Any) -> Object:
    """A resource with a ConfigMap; its name defaults to the id."""
    body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name or id.lower()}}
    if data is not None:
        body["data"] = data
    return resource(id, body, **rest)


def deployment(id: str, name: str = "", *, replicas: Any = 1, image: Any = "nginx", **rest: Any) -> Object:
    labels = {"app": "x"}
    container = {"name": "main", "image": image}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name or id.lower()},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    return resource(id, body, **rest)


def compiled(rgd: Object, limits: Limits | None = None) -> Graph:
    return compile_graph(rgd, offline_schemas(), limits)


def problems(rgd: Object, limits: Limits | None = None) -> tuple[Problem, ...]:
    """The faults of a definition; none when it compiles."""
    try:
        compile_graph(rgd, offline_schemas(), limits)
    except ProblemsError as error:
        return error.problems
    return ()
