"""The definitions of the simulated world, and what an instance of each has to look like: the model that the oracle compares with.

A definition is known by its name, its edition and its shape; the edition is written into every child, so that a child tells which revision
made it. Kinds: ``App`` has children of several kinds, some wanted only sometimes; ``User`` refers to an object by name; ``Catalog`` to objects
by label; ``Outer`` has an ``App`` as child; ``Maker`` has a child of a kind that others may take away.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphcore.graph.model import Resource

Object = dict[str, Any]
GROUP_VERSION = "kro.run/v1alpha1"
CONFIG = Resource("v1", "ConfigMap", "configmaps", namespaced=True)
SECRET = Resource("v1", "Secret", "secrets", namespaced=True)
ACCOUNT = Resource("v1", "ServiceAccount", "serviceaccounts", namespaced=True)
WIDGET = Resource("example.com/v1", "Widget", "widgets", namespaced=True)
INSTANCES = {
    name: Resource(GROUP_VERSION, name.capitalize(), f"{name}s", namespaced=True) for name in ("app", "user", "catalog", "outer", "maker")
}
KINDS = {kind.plural: kind for kind in (CONFIG, SECRET, ACCOUNT, WIDGET, *INSTANCES.values())}
WIDGET_CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"of": {"type": "string"}}}},
                    }
                },
            }
        ],
    },
}
SHAPES = 3
SPECS: Mapping[str, Object] = {
    "app": {"text": "string | default=plain", "extra": "boolean | default=true", "items": "[]string | default=[]"},
    "user": {"of": "string | default=shared"},
    "catalog": {"team": "string | default=blue"},
    "outer": {"text": "string | default=plain"},
    "maker": {"text": "string | default=plain"},
}


@dataclass(frozen=True, slots=True)
class Edition:
    """A definition as somebody wrote it. number: of the edition. shape: which resources it has, in [0, SHAPES)."""

    name: str
    number: int = 0
    shape: int = 0


def definition(edition: Edition) -> Object:
    """The manifest."""
    kind = INSTANCES[edition.name].kind
    schema = {"apiVersion": "v1alpha1", "kind": kind, "spec": dict(SPECS[edition.name])}
    resources = list(_resources(edition))
    return {
        "apiVersion": GROUP_VERSION,
        "kind": "ResourceGraphDefinition",
        "metadata": {"name": edition.name},
        "spec": {"schema": schema, "resources": resources},
    }


def _config(suffix: str, **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"${{schema.metadata.name}}-{suffix}"}, "data": data}


def _resources(edition: Edition) -> Iterator[Object]:
    tag = f"e{edition.number}"
    if edition.name == "app":
        team = "${schema.metadata.?labels['team'].orValue('none')}"
        yield {"id": "main", "template": _config("main", text="${schema.spec.text}", edition=tag, team=team)}
        item = _config("${part}", edition=tag, main="${main.data.text}")
        yield {"id": "parts", "forEach": [{"part": "${schema.spec.items}"}], "template": item}
        if edition.shape == 0:
            secret = {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "${schema.metadata.name}-extra"},
                "data": {"edition": _b64(tag)},
            }
            yield {"id": "extra", "includeWhen": ["${schema.spec.extra}"], "template": secret}
        elif edition.shape == 1:
            yield {
                "id": "account",
                "template": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "${schema.metadata.name}-sa"}},
            }
    elif edition.name == "user":
        yield {"id": "source", "externalRef": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${schema.spec.of}"}}}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "${schema.metadata.name}-copy"}}
        yield {"id": "copy", "template": {**secret, "stringData": {"value": "${source.data.value}", "edition": tag}}}
    elif edition.name == "catalog":
        selector = {"matchLabels": {"team": "${schema.spec.team}"}}
        yield {"id": "found", "externalRef": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"selector": selector}}}
        names = "${found.map(f, f.metadata.name).join(',')}"
        yield {"id": "list", "template": _config("list", names=names, edition=tag)}
    elif edition.name == "outer" and edition.shape == 1:
        inner = {"apiVersion": GROUP_VERSION, "kind": "User", "metadata": {"name": "${schema.metadata.name}-inner"}}
        yield {"id": "inner", "template": {**inner, "spec": {"of": "shared"}}}
    elif edition.name == "outer":
        inner = {"apiVersion": GROUP_VERSION, "kind": "App", "metadata": {"name": "${schema.metadata.name}-inner"}}
        yield {"id": "inner", "template": {**inner, "spec": {"text": f"${{schema.spec.text}}-{tag}"}}}
    elif edition.name == "maker":
        widget = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "${schema.metadata.name}-w"}}
        yield {"id": "widget", "template": {**widget, "spec": {"of": f"${{schema.spec.text}}-{tag}"}}}
        if edition.shape != 1:
            yield {"id": "note", "template": _config("note", edition=tag)}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


Child = tuple[str, str]
"""Plural and name; the namespace is the instance's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an instance has to have. children: what each holds, by plural and name. missing: a reference that it has to wait for."""

    children: Mapping[Child, Mapping[str, Any]]
    missing: str = ""


def wanted(
    edition: Edition, instance: Object, find: Callable[[str, str, str], Object | None], labelled: Callable[[str], list[str]]
) -> Wanted:
    """What the definition in that edition makes of an instance.

    find: an object by (plural, namespace, name). labelled: names of the ConfigMaps, of all namespaces, whose label ``team`` has a value.
    """
    name, namespace = instance["metadata"]["name"], instance["metadata"]["namespace"]
    spec, tag = instance.get("spec") or {}, f"e{edition.number}"
    children: dict[Child, Mapping[str, Any]] = {}
    if edition.name == "app":
        text, team = spec.get("text", "plain"), (instance["metadata"].get("labels") or {}).get("team", "none")
        children["configmaps", f"{name}-main"] = {"data": {"text": text, "edition": tag, "team": team}}
        for item in spec.get("items") or ():
            children["configmaps", f"{name}-{item}"] = {"data": {"edition": tag, "main": text}}
        if edition.shape == 0 and spec.get("extra", True):
            children["secrets", f"{name}-extra"] = {"data": {"edition": _b64(tag)}}
        if edition.shape == 1:
            children["serviceaccounts", f"{name}-sa"] = {}
    elif edition.name == "user":
        source = find("configmaps", namespace, spec.get("of", "shared"))
        if source is None or "value" not in (source.get("data") or {}):
            return Wanted({}, spec.get("of", "shared"))
        children["secrets", f"{name}-copy"] = {"data": {"value": _b64(source["data"]["value"]), "edition": _b64(tag)}}
    elif edition.name == "catalog":
        names = ",".join(labelled(spec.get("team", "blue")))
        children["configmaps", f"{name}-list"] = {"data": {"names": names, "edition": tag}}
    elif edition.name == "outer" and edition.shape == 1:
        children["users", f"{name}-inner"] = {"spec.of": "shared"}
    elif edition.name == "outer":
        children["apps", f"{name}-inner"] = {"spec.text": f"{spec.get('text', 'plain')}-{tag}"}
    elif edition.name == "maker":
        children["widgets", f"{name}-w"] = {"spec.of": f"{spec.get('text', 'plain')}-{tag}"}
        if edition.shape != 1:
            children["configmaps", f"{name}-note"] = {"data": {"edition": tag}}
    return Wanted(children)
