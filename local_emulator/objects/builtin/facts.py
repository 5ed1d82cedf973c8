"""What the published schemas of built-in kinds leave out, by hand.

Enumerations and declared defaults are served in the OpenAPI v3 documents of a real API server, but the JSON schemas that
``generate`` reads carry neither. Only those that users meet are listed; each was compared with a kube-apiserver 1.36.
Keys are the last part of a definition's name and the property; a property ending in ``[]`` speaks of the list's items.
"""

from __future__ import annotations

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_SELECTOR_OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")
_QUOTA_SCOPES = (
    "BestEffort",
    "CrossNamespacePodAffinity",
    "NotBestEffort",
    "NotTerminating",
    "PriorityClass",
    "Terminating",
    "VolumeAttributesClass",
)
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_FAIL_IGNORE = ("Fail", "Ignore")
_MATCH_POLICIES = ("Equivalent", "Exact")
_SIDE_EFFECTS = ("None", "NoneOnDryRun", "Some", "Unknown")
_PREEMPTION = ("Never", "PreemptLowerPriority")
_HONOR = ("Honor", "Ignore")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_VOLUME_MODES = ("Block", "Filesystem")

ENUMS: dict[str, tuple[str, ...]] = {
    "AppArmorProfile.type": ("Localhost", "RuntimeDefault", "Unconfined"),
    "Container.imagePullPolicy": _PULL_POLICIES,
    "Container.terminationMessagePolicy": _MESSAGE_POLICIES,
    "ContainerPort.protocol": _PROTOCOLS,
    "CronJobSpec.concurrencyPolicy": ("Allow", "Forbid", "Replace"),
    "DaemonSetUpdateStrategy.type": ("OnDelete", "RollingUpdate"),
    "DeploymentStrategy.type": ("Recreate", "RollingUpdate"),
    "EndpointPort.protocol": _PROTOCOLS,
    "EndpointSlice.addressType": ("FQDN", "IPv4", "IPv6"),
    "EphemeralContainer.imagePullPolicy": _PULL_POLICIES,
    "EphemeralContainer.terminationMessagePolicy": _MESSAGE_POLICIES,
    "HTTPGetAction.scheme": ("HTTP", "HTTPS"),
    "HTTPIngressPath.pathType": ("Exact", "ImplementationSpecific", "Prefix"),
    "HostPathVolumeSource.type": (
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ),
    "ImageVolumeSource.pullPolicy": _PULL_POLICIES,
    "IngressPortStatus.protocol": _PROTOCOLS,
    "JobSpec.completionMode": ("Indexed", "NonIndexed"),
    "JobSpec.podReplacementPolicy": ("Failed", "TerminatingOrFailed"),
    "MatchResources.matchPolicy": _MATCH_POLICIES,
    "MutatingAdmissionPolicySpec.failurePolicy": _FAIL_IGNORE,
    "MutatingAdmissionPolicySpec.reinvocationPolicy": ("IfNeeded", "Never"),
    "MutatingWebhook.failurePolicy": _FAIL_IGNORE,
    "MutatingWebhook.matchPolicy": _MATCH_POLICIES,
    "MutatingWebhook.reinvocationPolicy": ("IfNeeded", "Never"),
    "MutatingWebhook.sideEffects": _SIDE_EFFECTS,
    "NamedRuleWithOperations.operations[]": _OPERATIONS,
    "NamedRuleWithOperations.scope": _SCOPES,
    "NamespaceStatus.phase": ("Active", "Terminating"),
    "NetworkPolicyPort.protocol": _PROTOCOLS,
    "NetworkPolicySpec.policyTypes[]": ("Egress", "Ingress"),
    "NodeSelectorRequirement.operator": ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"),
    "NodeStatus.phase": ("Pending", "Running", "Terminated"),
    "PersistentVolumeClaimSpec.accessModes[]": _ACCESS_MODES,
    "PersistentVolumeClaimSpec.volumeMode": _VOLUME_MODES,
    "PersistentVolumeClaimStatus.accessModes[]": _ACCESS_MODES,
    "PersistentVolumeClaimStatus.phase": ("Bound", "Lost", "Pending"),
    "PersistentVolumeSpec.accessModes[]": _ACCESS_MODES,
    "PersistentVolumeSpec.persistentVolumeReclaimPolicy": ("Delete", "Recycle", "Retain"),
    "PersistentVolumeSpec.volumeMode": _VOLUME_MODES,
    "PersistentVolumeStatus.phase": ("Available", "Bound", "Failed", "Pending", "Released"),
    "PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": ("AlwaysAllow", "IfHealthyBudget"),
    "PodFailurePolicyOnExitCodesRequirement.operator": ("In", "NotIn"),
    "PodFailurePolicyRule.action": ("Count", "FailIndex", "FailJob", "Ignore"),
    "PodSecurityContext.fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "PodSecurityContext.supplementalGroupsPolicy": ("Merge", "Strict"),
    "PodSpec.dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "PodSpec.preemptionPolicy": _PREEMPTION,
    "PodSpec.restartPolicy": ("Always", "Never", "OnFailure"),
    "PodStatus.phase": ("Failed", "Pending", "Running", "Succeeded", "Unknown"),
    "PodStatus.qosClass": ("BestEffort", "Burstable", "Guaranteed"),
    "PortStatus.protocol": _PROTOCOLS,
    "PriorityClass.preemptionPolicy": _PREEMPTION,
    "ResourceQuotaSpec.scopes[]": _QUOTA_SCOPES,
    "RuleWithOperations.operations[]": _OPERATIONS,
    "RuleWithOperations.scope": _SCOPES,
    "ScopedResourceSelectorRequirement.operator": _SELECTOR_OPERATORS,
    "ScopedResourceSelectorRequirement.scopeName": _QUOTA_SCOPES,
    "SeccompProfile.type": ("Localhost", "RuntimeDefault", "Unconfined"),
    "SecurityContext.procMount": ("Default", "Unmasked"),
    "ServicePort.protocol": _PROTOCOLS,
    "ServiceSpec.externalTrafficPolicy": ("Cluster", "Local"),
    "ServiceSpec.internalTrafficPolicy": ("Cluster", "Local"),
    "ServiceSpec.ipFamilies[]": ("", "IPv4", "IPv6"),
    "ServiceSpec.ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack"),
    "ServiceSpec.sessionAffinity": ("ClientIP", "None"),
    "ServiceSpec.type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
    "StatefulSetSpec.podManagementPolicy": ("OrderedReady", "Parallel"),
    "StatefulSetUpdateStrategy.type": ("OnDelete", "RollingUpdate"),
    "StorageClass.reclaimPolicy": ("Delete", "Recycle", "Retain"),
    "StorageClass.volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
    "Taint.effect": ("NoExecute", "NoSchedule", "PreferNoSchedule"),
    "Toleration.effect": ("NoExecute", "NoSchedule", "PreferNoSchedule"),
    "Toleration.operator": ("Equal", "Exists", "Gt", "Lt"),
    "TopologySpreadConstraint.nodeAffinityPolicy": _HONOR,
    "TopologySpreadConstraint.nodeTaintsPolicy": _HONOR,
    "TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "ValidatingAdmissionPolicyBindingSpec.validationActions[]": ("Audit", "Deny", "Warn"),
    "ValidatingAdmissionPolicySpec.failurePolicy": _FAIL_IGNORE,
    "ValidatingWebhook.failurePolicy": _FAIL_IGNORE,
    "ValidatingWebhook.matchPolicy": _MATCH_POLICIES,
    "ValidatingWebhook.sideEffects": _SIDE_EFFECTS,
    "ValidationRule.reason": ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"),
    "VolumeMount.mountPropagation": ("Bidirectional", "HostToContainer", "None"),
}

DEFAULTS: dict[str, str | int] = {
    "ContainerPort.protocol": "TCP",
    "ISCSIPersistentVolumeSource.iscsiInterface": "default",
    "ISCSIVolumeSource.iscsiInterface": "default",
    "ReplicationControllerSpec.replicas": 1,
    "ServicePort.protocol": "TCP",
}
"""Declared defaults. Those of ``protocol`` matter beyond display: a list key that is left out takes the declared default,
so server-side apply finds the same port with and without it."""
