"""Templates that can never be applied: what an API server refuses of them whatever their expressions give.

Counted as proof: the object that the template alone would make, with the API server's own defaults, is refused by the kind's schema or by
the API server's validation. Not counted: an admission webhook that would mend it, and an object that somebody else has made and that has
what is missing here; but nothing is missed in a part that the template does not write at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphcore import names
from graphcore.cel.syntax.scanner import ScanError, has_expression, scan
from graphcore.errors import Problem
from graphcore.graph.model import NodeType
from graphcore.openapi import ResourceKind
from graphcore.openapi.builtin_metadata import finalizer_faults, owner_faults
from graphcore.openapi.builtin_rules import kind_faults
from graphcore.openapi.fielderrors import REQUIRED
from graphcore.openapi.object_names import label_1123_faults, metadata_faults, name_faults
from graphcore.openapi.partial import UNKNOWN, Part, is_known
from graphcore.openapi.partial_schema import builtin_faults, custom_faults

_BUILT_IN = frozenset(
    [
        *("", "apps", "autoscaling", "batch", "policy", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io"),
        *("authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io"),
        *("events.k8s.io", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io"),
        *("rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io"),
    ]
)
# Kinds of the API server's own that have rules for names which are known here.
_NAMED = frozenset(
    [
        *("bindings", "configmaps", "endpoints", "limitranges", "namespaces", "persistentvolumeclaims", "persistentvolumes", "pods"),
        *("podtemplates", "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services"),
        *("daemonsets", "deployments", "replicasets", "statefulsets", "horizontalpodautoscalers", "cronjobs", "jobs"),
        *("poddisruptionbudgets", "ingresses", "ingressclasses", "networkpolicies", "leases", "priorityclasses"),
        *("csidrivers", "storageclasses"),
        *("roles", "clusterroles", "rolebindings", "clusterrolebindings"),
    ]
)
_AGGREGATED = (".openshift.io",)
"""Groups whose kinds are not all custom resources: their schemas require what the server fills in."""
_WIDEST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")


def never_applied(
    node: str, type_: NodeType, template: Mapping[str, Any], kind: ResourceKind, found: Iterable[Problem]
) -> Iterator[Problem]:
    """Faults of one template. found: what is known to be wrong with it, of which nothing is said again. A reference has names only."""
    faulty = frozenset(problem.path for problem in found if problem.path)
    body = _partial(template)
    faults = [*_names(template["metadata"], type_, kind)]
    if not type_.external:
        faults += metadata_faults({key: _texts(body["metadata"].get(key)) for key in ("labels", "annotations")})
        faults += owner_faults(Part("metadata", body["metadata"]))
        plain = kind.group not in _BUILT_IN or kind.group == names.CRD_API_VERSION.partition("/")[0]
        faults += finalizer_faults(Part("metadata", body["metadata"]), plain=plain)
        faults += _content(body, kind, faulty)
    told: set[tuple[str | None, str]] = set()
    for fault in faults:
        key = (fault.path, fault.message)
        if fault.path not in faulty and key not in told:
            told.add(key)
            verb = "refer to anything" if type_.external else "be applied"
            message = f'resource "{node}" can never {verb}: {fault.path}: {fault.message}'
            yield Problem("never-applied", message, path=fault.path, hint=fault.hint or _hint(fault))


def _hint(fault: Problem) -> str:
    if fault.code == REQUIRED:
        return f"add {fault.path}"
    return "give the template every label of the selector" if "`selector`" in fault.message else "write what the API server takes"


def _partial(value: Any) -> Any:
    """The template with UNKNOWN for whatever is computed."""
    if isinstance(value, Mapping):
        return {str(key): _partial(member) for key, member in value.items()}
    if isinstance(value, list):
        return [UNKNOWN if item is None else _partial(item) for item in value]
    return UNKNOWN if isinstance(value, str) and _computed(value) else value


def _computed(text: str) -> bool:
    try:
        return has_expression(text)
    except ScanError:
        return True


def _texts(value: Any) -> dict[str, str]:
    """Labels as far as they are written; a value that is computed is as good as none."""
    members = value.items() if isinstance(value, Mapping) else ()
    return {key: member if isinstance(member, str) else "" for key, member in members if not key.startswith(names.GROUP)}


def _names(metadata: Mapping[str, Any], type_: NodeType, kind: ResourceKind) -> Iterator[Problem]:
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if name in (None, "") and not type_.external:
        generated = "generateName" in metadata
        hint = "write metadata.name; generateName has no effect, since objects are applied by name" if generated else "add metadata.name"
        yield Problem(REQUIRED, "Required value: name is required", path="metadata.name", hint=hint)
    if kind.group not in _BUILT_IN or kind.plural in _NAMED:
        yield from _text(name, "metadata.name", lambda text: name_faults(kind.group, kind.plural, text))
    if kind.namespaced:
        yield from _text(namespace, "metadata.namespace", lambda text: label_1123_faults(text) + name_faults("", "namespaces", text))


def _text(value: Any, path: str, judge: Any) -> Iterator[Problem]:
    """A name as it is written; of one that is computed in part, the characters around the expressions."""
    if not isinstance(value, str) or not value:
        return
    if not _computed(value):
        faults = list(dict.fromkeys(judge(value)))
    else:
        faults = _around(value, judge)
    for fault in faults:
        yield Problem("FieldValueInvalid", f'Invalid value: "{value}": {fault}', path=path, hint=_proper(value, judge))


def _around(value: str, judge: Any) -> list[str]:
    try:
        literals = ["" if segment.expression else segment.text for segment in scan(value)]
    except ScanError:
        return []
    # Every character that is written must be one that stands in a name of this kind between two others.
    bad = sorted({char for literal in literals for char in literal if judge(f"a{char}a")})
    return [f"may not contain {' or '.join(repr(char) for char in bad)}"] if bad else []


def _proper(value: str, judge: Any) -> str:
    kept = "".join(char if char in _WIDEST else "-" for char in value.lower()).strip("-.")
    fit = [] if _computed(value) else [text for text in (kept, kept.replace(".", "-")) if text and not judge(text)]
    return f"write {fit[0]}" if fit else "use lower-case letters, digits and dashes"


def _content(body: dict[str, Any], kind: ResourceKind, faulty: frozenset[str]) -> Iterator[Problem]:
    content = {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata", "status")}
    if (kind.group, kind.kind) == (names.CRD_API_VERSION.partition("/")[0], names.CRD_KIND):
        yield from _crd_name(body)
    elif kind.group in _BUILT_IN:
        yield from builtin_faults(content, kind.schema, "", faulty)
        if not any(path.startswith(tuple(content)) for path in faulty):
            yield from kind_faults(kind.group, kind.kind, {**content, "kind": kind.kind})
    elif not kind.group.endswith(_AGGREGATED):
        yield from custom_faults(content, kind.schema, "", faulty)


def _crd_name(body: Mapping[str, Any]) -> Iterator[Problem]:
    spec, name = body.get("spec"), body["metadata"].get("name")
    if not isinstance(spec, Mapping) or not is_known(spec) or not isinstance(name, str):
        return
    plural, group = Part("", spec).at("names.plural").text, spec.get("group")
    if plural and group and name != f"{plural}.{group}":
        message = f'Invalid value: "{name}": must be spec.names.plural+"."+spec.group'
        yield Problem("FieldValueInvalid", message, path="metadata.name", hint=f"write {plural}.{group}")
