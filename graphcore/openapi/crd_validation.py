"""Would the API server take this CustomResourceDefinition, and if not, what would it say?

One answer for two askers: a definition whose CRD could never be created is refused when it is compiled, and the emulated API server
refuses what a real one refuses. Messages and places are those of a kube-apiserver 1.36; schemas that all versions share are spoken of as
``spec.validation``, as there. Source: apiextensions-apiserver 0.36 ``apis/apiextensions/validation/validation.go``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphcore.errors import Problem
from graphcore.openapi.crd_defaults import default_faults
from graphcore.openapi.crd_rules import Rules
from graphcore.openapi.crd_schema import schema_faults
from graphcore.openapi.crd_structural import structural_faults
from graphcore.openapi.fielderrors import forbidden, invalid, key, not_supported, required
from graphcore.openapi.object_names import dns_label_faults, metadata_faults, subdomain_faults

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
# At the root of a schema with a status subresource, only members that keep their meaning when ``status`` is looked at alone.
_ROOT_MEMBERS = (
    "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength", "MinLength",
    "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items", "Properties", "ExternalDocs", "Example",
    "XPreserveUnknownFields", "XValidations",
)  # fmt: skip
_APPROVAL = "api-approved.kubernetes.io"
_APPROVAL_PAGE = "see https://github.com/kubernetes/enhancements/pull/1111"


def validate_crd(crd: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Every fault of ``crd`` (as it would be created), or nothing.

    Each problem's ``path`` and ``message`` make one entry of the API server's answer: ``path: message``; ``code`` is the cause's reason.
    """
    spec = crd.get("spec") or {}
    metadata = crd.get("metadata") or {}
    names = _with_defaults(spec.get("names") or {})
    found: list[Problem] = []
    name = metadata.get("name") or ""
    if not name:
        found.append(required("metadata.name", "name or generateName is required"))
    else:
        found += [invalid("metadata.name", name, fault) for fault in subdomain_faults(name)]
        if name != f"{names.get('plural') or ''}.{spec.get('group') or ''}":
            found.append(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'))
    found += metadata_faults(metadata)
    found += _group_and_scope(spec)
    found += _versions(spec)
    found += _names(names)
    found += _contents(spec)
    found += _approval(spec.get("group") or "", metadata.get("annotations") or {})
    if spec.get("preserveUnknownFields"):
        words = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        found.append(invalid("spec.preserveUnknownFields", True, words))
    return tuple(found)


def _with_defaults(names: Mapping[str, Any]) -> Mapping[str, Any]:
    """Names as the API server completes them before it validates."""
    kind = names.get("kind") or ""
    return {
        **names,
        "singular": names.get("singular") or kind.lower(),
        "listKind": names.get("listKind") or (f"{kind}List" if kind else ""),
    }


def _group_and_scope(spec: Mapping[str, Any]) -> list[Problem]:
    found = []
    group = spec.get("group") or ""
    if not group:
        found.append(required("spec.group"))
    elif faults := subdomain_faults(group):
        found.append(invalid("spec.group", group, ",".join(faults)))
    elif "." not in group:
        found.append(invalid("spec.group", group, "should be a domain with at least one dot"))
    scope = spec.get("scope") or ""
    if not scope:
        found.append(required("spec.scope"))
    elif scope not in ("Cluster", "Namespaced"):
        found.append(not_supported("spec.scope", scope, ("Cluster", "Namespaced")))
    return found


def _versions(spec: Mapping[str, Any]) -> list[Problem]:
    """Names and flags of the versions."""
    versions = spec.get("versions") or ()
    found = []
    for index, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            found.append(required(f"spec.versions[{index}].schema.openAPIV3Schema"))
    for index, version in enumerate(versions):
        faults = dns_label_faults(version.get("name") or "")
        if faults:
            found.append(invalid(f"spec.versions[{index}].name", version.get("name") or "", ",".join(faults)))
    names = [version.get("name") for version in versions]
    if len(set(names)) != len(names):
        found.append(invalid("spec.versions", list(versions), "must contain unique version names"))
    if sum(bool(version.get("storage")) for version in versions) != 1:
        found.append(invalid("spec.versions", list(versions), "must have exactly one version marked as storage version"))
    if names and names[0] and (faults := dns_label_faults(names[0])):
        found.append(invalid("spec.version", names[0], ",".join(faults)))
    return found


def _names(names: Mapping[str, Any]) -> list[Problem]:
    found = [required(f"spec.names.{member}") for member in ("plural", "singular", "kind", "listKind") if not names.get(member)]

    def label(place: str, text: str, prefix: str = "", shown: str | None = None) -> None:
        if faults := dns_label_faults(text):
            found.append(invalid(f"spec.names.{place}", text if shown is None else shown, prefix + ",".join(faults)))

    for member in ("plural", "singular"):
        if names.get(member):
            label(member, names[member])
    for member in ("kind", "listKind"):
        if names.get(member):
            label(member, names[member].lower(), "may have mixed case, but should otherwise match: ", names[member])
    for index, short in enumerate(names.get("shortNames") or ()):
        label(f"shortNames[{index}]", short)
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        found.append(invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same"))
    for index, category in enumerate(names.get("categories") or ()):
        label(f"categories[{index}]", category)
    return found


def _shared(versions: Sequence[Mapping[str, Any]], member: str) -> bool:
    """Whether every version says the same; the API server then speaks of the CRD as a whole."""
    return bool(versions) and all(version.get(member) == versions[0].get(member) for version in versions)


def _contents(spec: Mapping[str, Any]) -> list[Problem]:
    """Schemas, subresources and columns."""
    versions = spec.get("versions") or ()
    status_anywhere = any((version.get("subresources") or {}).get("status") is not None for version in versions)
    found = []
    once = {member: _shared(versions, member) for member in ("schema", "subresources", "additionalPrinterColumns")}
    for index, version in enumerate(versions):
        place = f"spec.versions[{index}]"
        if not (once["schema"] and index):
            status = status_anywhere if once["schema"] else (version.get("subresources") or {}).get("status") is not None
            found += _schema(version.get("schema") or {}, "spec.validation" if once["schema"] else f"{place}.schema", status)
        if not (once["subresources"] and index):
            found += _scale(version.get("subresources") or {}, "spec.subresources" if once["subresources"] else f"{place}.subresources")
        if not (once["additionalPrinterColumns"] and index):
            base = "spec.additionalPrinterColumns" if once["additionalPrinterColumns"] else f"{place}.additionalPrinterColumns"
            for column_index, column in enumerate(version.get("additionalPrinterColumns") or ()):
                found += _column(column, f"{base}[{column_index}]")
    return found


def _schema(validation: Mapping[str, Any], path: str, status: bool) -> list[Problem]:
    schema = validation.get("openAPIV3Schema")
    if not isinstance(schema, Mapping):
        return []
    place = f"{path}.openAPIV3Schema"
    found = _root_members(schema, place) if status else []
    if schema.get("nullable"):
        found.append(forbidden(f"{place}.nullable", "nullable cannot be true at the root"))
    rules = None
    if structural := structural_faults(schema, place):
        found += structural
    elif defaults := default_faults(schema, place):
        found += defaults
    else:
        rules = Rules(place)
    found += schema_faults(schema, place, rules)
    if rules is not None:
        found += rules.total_faults()
    return found


def _root_members(schema: Mapping[str, Any], place: str) -> list[Problem]:
    if schema.get("type") != "object":
        words = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
        return [invalid(f"{place}.type", schema.get("type") or "", words)] if schema.get("type") else []
    allowed = {_member(name) for name in _ROOT_MEMBERS}
    others = {name: value for name, value in schema.items() if name not in allowed}
    if others.get("default") is not None or any(value not in (None, False, "", [], {}) for value in others.values()):
        words = f"only [{' '.join(_ROOT_MEMBERS)}] fields are allowed at the root of the schema if the status subresource is enabled"
        return [invalid(place, schema, words)]
    return []


def _member(name: str) -> str:
    """JSON name of a Go field of JSONSchemaProps."""
    special = {"XPreserveUnknownFields": "x-kubernetes-preserve-unknown-fields", "XValidations": "x-kubernetes-validations"}
    return special.get(name, name[0].lower() + name[1:])


def _scale(subresources: Mapping[str, Any], path: str) -> list[Problem]:
    scale = subresources.get("scale")
    if not isinstance(scale, Mapping):
        return []
    found = []
    for member, roots in (
        ("specReplicasPath", (".spec.",)),
        ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    ):
        place, text = f"{path}.scale.{member}", scale.get(member) or ""
        if not text:
            if member != "labelSelectorPath":
                found.append(required(place))
        elif not text.startswith("."):
            found.append(invalid(place, text, "must be a simple json path starting with ."))
        elif not text.startswith(roots):
            wanted = "either .spec or .status" if len(roots) > 1 else roots[0].rstrip(".")
            found.append(invalid(place, text, f"should be a json path under {wanted}"))
    return found


def _column(column: Mapping[str, Any], path: str) -> list[Problem]:
    found = []
    if not column.get("name"):
        found.append(required(f"{path}.name"))
    kinds = f"must be one of {','.join(_COLUMN_TYPES)}"
    if not column.get("type"):
        found.append(required(f"{path}.type", kinds))
    elif column["type"] not in _COLUMN_TYPES:
        found.append(invalid(f"{path}.type", column["type"], kinds))
    if column.get("format") and column["format"] not in _COLUMN_FORMATS:
        found.append(invalid(f"{path}.format", column["format"], f"must be one of {','.join(_COLUMN_FORMATS)}"))
    if not column.get("jsonPath"):
        found.append(required(f"{path}.JSONPath"))
    elif not column["jsonPath"].startswith("."):
        found.append(invalid(f"{path}.JSONPath", column["jsonPath"], "must be a simple json path starting with ."))
    return found


def _approval(group: str, annotations: Mapping[str, str]) -> list[Problem]:
    """Groups of the Kubernetes community need an annotation."""
    if not any(group == domain or group.endswith(f".{domain}") for domain in ("k8s.io", "kubernetes.io")):
        return []
    place = key("metadata.annotations", _APPROVAL)
    text = annotations.get(_APPROVAL) or ""
    if not text:
        return [required(place, f'protected groups must have approval annotation "{_APPROVAL}", {_APPROVAL_PAGE}')]
    scheme, separator, rest = text.partition("://")
    if text.startswith("unapproved") or (separator and scheme.isalpha() and rest.split("/")[0]):
        return []
    reason = f'protected groups must have approval annotation "{_APPROVAL}" with either a URL or a reason starting with "unapproved", '
    return [invalid(place, text, reason + _APPROVAL_PAGE)]
