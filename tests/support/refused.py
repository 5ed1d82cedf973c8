"""Manifests that an API server refuses, and what the compile says of them: one table for the compile and for both APIs."""

from __future__ import annotations

from typing import Any

from tests.support.definitions import Object, config_map, definition, resource

MAP: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


def changed(rgd: Object, **changes: Any) -> Object:
    """With other top-level members; None leaves one out."""
    return {key: value for key, value in {**rgd, **changes}.items() if value is not None}


def with_spec(**members: Any) -> Object:
    rgd = definition(config_map("a"))
    return {**rgd, "spec": {**rgd["spec"], **members}}


def reference(**metadata: Any) -> Object:
    return definition(resource("a", externalRef={"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}))


DEFINITIONS: dict[str, tuple[Object, str, str]] = {
    # name → definition, path, words of message or hint
    "resource in the singular": (with_spec(resource=[]), "spec.resource", "did you mean resources?"),
    "types beside the schema": (with_spec(types={"A": "string"}), "spec.types", "spec.schema.types"),
    "status beside the schema": (with_spec(status={"a": "${a.metadata.uid}"}), "spec.status", "spec.schema.status"),
    "a kind beside the schema": (with_spec(kind="Thing"), "spec.kind", "spec.schema.kind"),
    "another tool's field": (definition(config_map("a", dependsOn=["b"])), "spec.resources[0].dependsOn", "follows from the expressions"),
    "lower case": (definition(config_map("a", readywhen=["${true}"])), "spec.resources[0].readywhen", "did you mean readyWhen?"),
    "letters that changed places": (definition(config_map("a", includeWehn=["${true}"])), "spec.resources[0].includeWehn", "did you mean includeWhen?"),
    "a name for the id": (definition({**config_map("a"), "name": "a"}), "spec.resources[0].name", "known here: id, template"),
    "a column's path": (definition(additionalPrinterColumns=[{"name": "A", "type": "string", "jsonPath": ".a", "jsonpath": ".a"}]), "spec.schema.additionalPrinterColumns[0].jsonpath", "did you mean jsonPath?"),
    "a column without path": (definition(additionalPrinterColumns=[{"name": "A", "type": "string"}]), "spec.schema.additionalPrinterColumns[0].jsonPath", "Required value"),
    "labels of a reference": (reference(labels={"a": "b"}, name="x"), "spec.resources[0].externalRef.metadata.labels", "unknown field"),
    "a reference by name and selector": (reference(name="x", selector={"matchLabels": {"a": "b"}}), "spec.resources[0].externalRef.metadata", "exactly one of name or selector"),
    "a reference by neither": (reference(namespace="x"), "spec.resources[0].externalRef.metadata", "exactly one of name or selector"),
    "a reference without metadata": (definition(resource("a", externalRef={"apiVersion": "v1", "kind": "ConfigMap"})), "spec.resources[0].externalRef.metadata", "Required value"),
    "a requirement without operator": (reference(selector={"matchExpressions": [{"key": "a"}]}), "spec.resources[0].externalRef.metadata.selector.matchExpressions[0].operator", "Required value"),
    "an entry of forEach with nothing in it": (definition(config_map("a", forEach=[{}])), "spec.resources[0].forEach[0]", "at least 1 properties"),
    "a scope of its own": (definition(scope="Global"), "spec.schema.scope", "Namespaced"),
    "a version with a group": (definition(apiVersion="x.io/v1"), "spec.schema.apiVersion", "v1alpha1"),
    "no schema": (changed(definition(), spec={"resources": []}), "spec.schema", "Required value"),
    "short names in upper case": (definition(shortNames=["TH"]), "spec.schema.shortNames[0]", "DNS-1035 label"),
    "no name": (changed(definition(config_map("a")), metadata={}), "metadata.name", "add metadata.name"),
    "a name in upper case": (definition(config_map("a"), name="MyApp"), "metadata.name", "write myapp"),
    "a name with an underscore": (definition(config_map("a"), name="my_app"), "metadata.name", "write my-app"),
    "a name that ends with a dot": (definition(config_map("a"), name="app."), "metadata.name", "write app"),
    "a name that is too long": (definition(config_map("a"), name="a" * 64), "metadata.name", "no more than 63"),
    "a bad label": (changed(definition(config_map("a")), metadata={"name": "a", "labels": {"a b": "c"}}), "metadata.labels", "name part must consist of"),
    "a label of the wrong case": (changed(definition(config_map("a")), metadata={"name": "a", "label": {"a": "b"}}), "metadata.label", "did you mean labels?"),
    "another version of the definition": (changed(definition(config_map("a")), apiVersion="kro.run/v1"), "apiVersion", "kro.run/v1alpha1"),
}  # fmt: skip
"""Refused by the API server, by the CRD of definitions alone; no other fault is in them."""
