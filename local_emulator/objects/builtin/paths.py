"""The ``paths`` of an OpenAPI document: which resource is served where, by which action, for which kind.

Clients read three things from them: graphcore takes plural and scope, ``kubectl explain`` finds the kind of a resource, and
``kubectl`` asks whether a patch understands ``dryRun`` and ``fieldValidation``. So the operations carry exactly that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from local_emulator.objects.builtin.kinds import BuiltinKind

_ACTIONS = {"get": "get", "put": "put", "patch": "patch", "delete": "delete"}
_WRITE_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")


def document_paths(kinds: Sequence[BuiltinKind], name_of: Callable[[str, str, str], str | None]) -> dict[str, dict[str, Any]]:
    """The paths of one group version's kinds. ``name_of`` maps group, version, kind to the component that describes it."""
    paths: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        root = f"/apis/{kind.group_version}" if kind.group else f"/api/{kind.version}"
        collection = f"{root}/namespaces/{{namespace}}/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"
        component = name_of(kind.group, kind.version, kind.kind)
        paths[collection] = _collection(kind, component)
        if kind.namespaced and "list" in kind.verbs:
            paths[f"{root}/{kind.plural}"] = {"get": _operation(kind, "list", component)}
        if not kind.stored:
            continue
        item = f"{collection}/{{name}}"
        paths[item] = {verb: _operation(kind, action, component) for verb, action in _ACTIONS.items()}
        for subresource in kind.subresources:
            paths[f"{item}/{subresource}"] = {
                verb: _operation(kind, action, component, scale=subresource == "scale")
                for verb, action in _ACTIONS.items()
                if verb != "delete"
            }
    return {path: paths[path] for path in sorted(paths)}


def _collection(kind: BuiltinKind, component: str | None) -> dict[str, Any]:
    operations = {"get": ("list", "list"), "post": ("create", "post"), "delete": ("deletecollection", "deletecollection")}
    return {method: _operation(kind, action, component) for method, (verb, action) in operations.items() if verb in kind.verbs}


def _operation(kind: BuiltinKind, action: str, component: str | None, *, scale: bool = False) -> dict[str, Any]:
    target = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    if scale:
        target = {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        component = "io.k8s.api.autoscaling.v1.Scale"
    operation: dict[str, Any] = {"x-kubernetes-action": action, "x-kubernetes-group-version-kind": target}
    if action in ("post", "put", "patch"):
        operation["parameters"] = [_parameter(name, "string") for name in _WRITE_PARAMETERS]
        if action == "patch":
            operation["parameters"].append(_parameter("force", "boolean"))
    schema = {"$ref": f"#/components/schemas/{component}"}
    operation["responses"] = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    return operation


def _parameter(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": kind, "uniqueItems": True}}
