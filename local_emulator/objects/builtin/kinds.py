"""The discovery table of built-in kinds, by hand.

A published schema says nothing about how a kind is addressed: plural, scope, short names, verbs and subresources live in
the API server's registration code. They change about once a year, so a table that a person can read beats a generator.
Each entry was compared with the discovery documents of a kube-apiserver 1.36.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

STANDARD_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""The verbs of an ordinary stored kind, in discovery's order."""

CREATE_ONLY = ("create",)
"""The verbs of a review kind: it is answered, never stored."""


@dataclass(frozen=True, slots=True)
class BuiltinKind:
    """How one built-in kind is addressed.

    ``subresources`` holds ``status`` and ``scale`` where the kind serves them; other subresources are the server's business.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    namespaced: bool
    verbs: tuple[str, ...]
    subresources: tuple[str, ...]

    @property
    def group_version(self) -> str:
        """``v1`` or ``apps/v1``: the value of ``apiVersion``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def stored(self) -> bool:
        """Whether objects of the kind can be read back."""
        return "get" in self.verbs


_NO_COLLECTION_DELETE = tuple(verb for verb in STANDARD_VERBS if verb != "deletecollection")

# One line a kind: kind, plural, scope, short names, categories, subresources, verbs ("" = the standard ones).
_TABLE: dict[str, str] = {
    "v1": """
        Binding bindings N - - - create
        ConfigMap configmaps N cm - -
        Endpoints endpoints N ep - -
        Event events N ev - -
        LimitRange limitranges N limits - -
        Namespace namespaces C ns - status nocollection
        Node nodes C no - status
        PersistentVolumeClaim persistentvolumeclaims N pvc - status
        PersistentVolume persistentvolumes C pv - status
        Pod pods N po all status
        PodTemplate podtemplates N - - -
        ReplicationController replicationcontrollers N rc all scale,status
        ResourceQuota resourcequotas N quota - status
        Secret secrets N - - -
        ServiceAccount serviceaccounts N sa - -
        Service services N svc all status
    """,
    "admissionregistration.k8s.io/v1": """
        MutatingAdmissionPolicy mutatingadmissionpolicies C - api-extensions -
        MutatingAdmissionPolicyBinding mutatingadmissionpolicybindings C - api-extensions -
        MutatingWebhookConfiguration mutatingwebhookconfigurations C - api-extensions -
        ValidatingAdmissionPolicy validatingadmissionpolicies C - api-extensions status
        ValidatingAdmissionPolicyBinding validatingadmissionpolicybindings C - api-extensions -
        ValidatingWebhookConfiguration validatingwebhookconfigurations C - api-extensions -
    """,
    "apiextensions.k8s.io/v1": "CustomResourceDefinition customresourcedefinitions C crd,crds api-extensions status",
    "apiregistration.k8s.io/v1": "APIService apiservices C - api-extensions status",
    "apps/v1": """
        ControllerRevision controllerrevisions N - - -
        DaemonSet daemonsets N ds all status
        Deployment deployments N deploy all scale,status
        ReplicaSet replicasets N rs all scale,status
        StatefulSet statefulsets N sts all scale,status
    """,
    "authentication.k8s.io/v1": """
        SelfSubjectReview selfsubjectreviews C - - - create
        TokenReview tokenreviews C - - - create
    """,
    "authorization.k8s.io/v1": """
        LocalSubjectAccessReview localsubjectaccessreviews N - - - create
        SelfSubjectAccessReview selfsubjectaccessreviews C - - - create
        SelfSubjectRulesReview selfsubjectrulesreviews C - - - create
        SubjectAccessReview subjectaccessreviews C - - - create
    """,
    "autoscaling/v1": "HorizontalPodAutoscaler horizontalpodautoscalers N hpa all status",
    "autoscaling/v2": "HorizontalPodAutoscaler horizontalpodautoscalers N hpa all status",
    "batch/v1": """
        CronJob cronjobs N cj all status
        Job jobs N - all status
    """,
    "certificates.k8s.io/v1": "CertificateSigningRequest certificatesigningrequests C csr - status",
    "coordination.k8s.io/v1": "Lease leases N - - -",
    "discovery.k8s.io/v1": "EndpointSlice endpointslices N - - -",
    "events.k8s.io/v1": "Event events N ev - -",
    "networking.k8s.io/v1": """
        IngressClass ingressclasses C - - -
        Ingress ingresses N ing - status
        NetworkPolicy networkpolicies N netpol - -
    """,
    "node.k8s.io/v1": "RuntimeClass runtimeclasses C - - -",
    "policy/v1": "PodDisruptionBudget poddisruptionbudgets N pdb - status",
    "rbac.authorization.k8s.io/v1": """
        ClusterRoleBinding clusterrolebindings C - - -
        ClusterRole clusterroles C - - -
        RoleBinding rolebindings N - - -
        Role roles N - - -
    """,
    "scheduling.k8s.io/v1": "PriorityClass priorityclasses C pc - -",
    "storage.k8s.io/v1": """
        CSIDriver csidrivers C - - -
        CSINode csinodes C - - -
        CSIStorageCapacity csistoragecapacities N - - -
        StorageClass storageclasses C sc - -
        VolumeAttachment volumeattachments C - - status
        VolumeAttributesClass volumeattributesclasses C vac - -
    """,
}
_VERBS = {"create": CREATE_ONLY, "nocollection": _NO_COLLECTION_DELETE, "": STANDARD_VERBS}


def _words(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split(","))


def _entry(group_version: str, line: str) -> BuiltinKind:
    group, _, version = group_version.rpartition("/")
    kind, plural, scope, short, categories, subresources, *verbs = line.split()
    return BuiltinKind(
        group=group,
        version=version,
        kind=kind,
        plural=plural,
        singular=kind.lower(),
        short_names=_words(short),
        categories=_words(categories),
        namespaced=scope == "N",
        verbs=_VERBS[verbs[0] if verbs else ""],
        subresources=_words(subresources),
    )


@cache
def load_kinds() -> tuple[BuiltinKind, ...]:
    """All built-in kinds, ordered by group and version as in the table, then as discovery lists them."""
    return tuple(_entry(group_version, line.strip()) for group_version, lines in _TABLE.items() for line in lines.strip().splitlines())
