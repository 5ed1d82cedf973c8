"""Every label, annotation, finalizer, field manager, condition type and reason, once.

Source: kro's user-facing API (``kro.run/v1alpha1``); names under ``krofn.kro.run/`` are this project's own.
"""

from typing import Final

# API groups
GROUP: Final = "kro.run"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
INTERNAL_GROUP: Final = "internal.kro.run"
INTERNAL_API_VERSION: Final = f"{INTERNAL_GROUP}/{VERSION}"
RGD_KIND: Final = "ResourceGraphDefinition"
RGD_PLURAL: Final = "resourcegraphdefinitions"
REVISION_KIND: Final = "GraphRevision"
REVISION_PLURAL: Final = "graphrevisions"
CRD_API_VERSION: Final = "apiextensions.k8s.io/v1"
CRD_KIND: Final = "CustomResourceDefinition"
CRD_PLURAL: Final = "customresourcedefinitions"

# finalizer and field managers
FINALIZER: Final = "kro.run/finalizer"
MANAGER_APPLYSET: Final = "kro.run/applyset"
MANAGER_LABELLER: Final = "kro.run/labeller"
MANAGER_PARENT: Final = "kro.run/applyset-parent"
MANAGER: Final = "kro"

# labels
OWNED: Final = "kro.run/owned"
KRO_VERSION: Final = "kro.run/kro-version"
RGD_ID: Final = "kro.run/resource-graph-definition-id"
RGD_NAME: Final = "kro.run/resource-graph-definition-name"
REVISION_HASH: Final = "kro.run/graph-revision-hash"
INSTANCE_ID: Final = "kro.run/instance-id"
INSTANCE_NAME: Final = "kro.run/instance-name"
INSTANCE_NAMESPACE: Final = "kro.run/instance-namespace"
INSTANCE_GROUP: Final = "kro.run/instance-group"
INSTANCE_VERSION: Final = "kro.run/instance-version"
INSTANCE_KIND: Final = "kro.run/instance-kind"
NODE_ID: Final = "kro.run/node-id"
COLLECTION_INDEX: Final = "kro.run/collection-index"
COLLECTION_SIZE: Final = "kro.run/collection-size"
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGED_BY_KRO: Final = "kro"
APPLYSET_ID: Final = "applyset.kubernetes.io/id"
APPLYSET_PART_OF: Final = "applyset.kubernetes.io/part-of"

# annotations
APPLYSET_TOOLING: Final = "applyset.kubernetes.io/tooling"
APPLYSET_GROUP_KINDS: Final = "applyset.kubernetes.io/contains-group-kinds"
APPLYSET_NAMESPACES: Final = "applyset.kubernetes.io/additional-namespaces"
INVENTORY_HASH: Final = "internal.kro.run/applyset-inventory-hash"
APPLY_ORDER: Final = "internal.kro.run/apply-order"
RECONCILE: Final = "kro.run/reconcile"
RECONCILE_SUSPENDED: Final = frozenset({"suspended", "disabled"})
ALLOW_BREAKING_CHANGES: Final = "kro.run/allow-breaking-changes"

# ours
APPLIED: Final = "krofn.kro.run/applied"
REPAIRS: Final = "krofn.kro.run/repairs"
CONVERGENCE: Final = "krofn.kro.run/convergence"
COMPILED: Final = "krofn.kro.run/compiled"
ACTIVE_REVISION: Final = "krofn.kro.run/active-revision"
NO_REVISION: Final = 0  # as the active revision: the definition is gone, and nobody has taken its place
REFERENCES: Final = "krofn.kro.run/references"
WAITS_FOR: Final = "krofn.kro.run/waits-for"
REFERS_PREFIX: Final = "refers.krofn.kro.run/"

# condition types
READY: Final = "Ready"
INSTANCE_MANAGED: Final = "InstanceManaged"
GRAPH_RESOLVED: Final = "GraphResolved"
RESOURCES_READY: Final = "ResourcesReady"
GRAPH_REVISIONS_RESOLVED: Final = "GraphRevisionsResolved"
GRAPH_ACCEPTED: Final = "GraphAccepted"
KIND_READY: Final = "KindReady"
CONTROLLER_READY: Final = "ControllerReady"
GRAPH_VERIFIED: Final = "GraphVerified"
LEGACY_GRAPH_ACCEPTED: Final = "ResourceGraphAccepted"

# instance states
ACTIVE: Final = "ACTIVE"
IN_PROGRESS: Final = "IN_PROGRESS"
ERROR: Final = "ERROR"
DELETING: Final = "DELETING"
# definition states
RGD_ACTIVE: Final = "Active"
RGD_INACTIVE: Final = "Inactive"

# CloudEvents
EVENT_ADD: Final = "dev.knative.apiserver.resource.add"
EVENT_UPDATE: Final = "dev.knative.apiserver.resource.update"
EVENT_DELETE: Final = "dev.knative.apiserver.resource.delete"
EVENT_CONVERGE: Final = "run.kro.krofn.converge"
