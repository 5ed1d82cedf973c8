"""Kinds that every Kubernetes API server has, by group version: to say where a kind belongs that is looked for in the wrong place.

Only stable versions, the preferred one of a group last. Source: discovery of a kube-apiserver 1.36.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from graphcore.errors.suggestions import closest
from graphcore.openapi.documents import Schemas

_TABLE = """
v1: Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController
  ResourceQuota Secret Service ServiceAccount
admissionregistration.k8s.io/v1: MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
  ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
apiextensions.k8s.io/v1: CustomResourceDefinition
apiregistration.k8s.io/v1: APIService
apps/v1: ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet
authentication.k8s.io/v1: SelfSubjectReview TokenReview
authorization.k8s.io/v1: LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview
autoscaling/v1: HorizontalPodAutoscaler
autoscaling/v2: HorizontalPodAutoscaler
batch/v1: CronJob Job
certificates.k8s.io/v1: CertificateSigningRequest
coordination.k8s.io/v1: Lease
discovery.k8s.io/v1: EndpointSlice
events.k8s.io/v1: Event
networking.k8s.io/v1: Ingress IngressClass NetworkPolicy
node.k8s.io/v1: RuntimeClass
policy/v1: PodDisruptionBudget
rbac.authorization.k8s.io/v1: ClusterRole ClusterRoleBinding Role RoleBinding
scheduling.k8s.io/v1: PriorityClass
storage.k8s.io/v1: CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    lines = " ".join(table.split()).split(": ")
    versions = [lines[0], *(line.rpartition(" ")[2] for line in lines[1:-1])]
    kinds = [*(line.rpartition(" ")[0] for line in lines[1:-1]), lines[-1]]
    return {version: tuple(names.split()) for version, names in zip(versions, kinds, strict=True)}


BUILTIN: Final[Mapping[str, tuple[str, ...]]] = _read(_TABLE)


def kind_hint(api_version: str, kind: str, schemas: Schemas) -> str | None:
    """Where a kind is that is not served under ``api_version``, or which one was meant; None when nothing is near."""
    here = schemas.kinds(api_version)
    near = closest(kind, here)
    if near is not None and near.lower() == kind.lower():
        return f"did you mean {near}? kinds are case-sensitive"
    places = {**BUILTIN, **{version: schemas.kinds(version) for version in schemas.custom_group_versions()}}
    exact = [version for version, kinds in places.items() if kind in kinds and version != api_version]
    if exact:
        return f"{kind} is in {_same_group(api_version, exact)}: write apiVersion: {_same_group(api_version, exact)}"
    if near is not None:
        return f"did you mean {near}?"
    version = _near_version(api_version, {*schemas.group_versions(), *BUILTIN})
    if version is not None and kind not in here and not schemas.has_group_version(api_version):
        return f"did you mean {version}?"
    if "." in api_version and not schemas.has_group_version(api_version):
        return None  # somebody's own group: a kind of another one that sounds alike is not meant
    near = closest(kind, sorted({name for names in places.values() for name in names}))
    if near is not None:
        found = [version for version, kinds in places.items() if near in kinds]
        return f"did you mean {near} in {_same_group(api_version, found)}?"
    return None


def _same_group(api_version: str, versions: list[str]) -> str:
    """The version of the group that was asked for, if it is there; else the preferred one: the last of the first group."""
    group = api_version.rpartition("/")[0]
    own = [version for version in versions if version.rpartition("/")[0] == group]
    first = [version for version in versions if version.rpartition("/")[0] == versions[0].rpartition("/")[0]]
    return (own or first)[-1]


def _near_version(api_version: str, known: Iterable[str]) -> str | None:
    """Another version of the same group, or of a group that is spelt almost alike."""
    group, _, version = api_version.rpartition("/")
    groups: dict[str, list[str]] = {}
    for each in sorted(known):
        groups.setdefault(each.rpartition("/")[0], []).append(each)
    near = group if group in groups else closest(group, groups) if group else None
    if near is None:
        return None
    return f"{near}/{version}" if f"{near}/{version}" in groups[near] else groups[near][-1]
