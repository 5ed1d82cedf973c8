"""ValidatingAdmissionPolicies: CEL over a write that is about to happen, and what its bindings make of a failure.

Evaluated are match constraints, match conditions, variables, parameters, validations with their messages, and the actions Deny and Warn;
audit annotations have no place to go, and ``authorizer`` is unknown, so that an expression which asks it fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from graphcore.cel import CelError, EvaluationError, Program, compile_unchecked
from local_emulator.core.registry import Registry
from local_emulator.core.requests import User
from local_emulator.core.selectors import from_label_selector
from local_emulator.core.status import ApiError, forbidden
from local_emulator.core.store import CollectionKey, Store
from local_emulator.core.writing import NAMESPACES, Write

Object = dict[str, Any]
GROUP = "admissionregistration.k8s.io"
POLICIES: CollectionKey = (GROUP, "validatingadmissionpolicies")
BINDINGS: CollectionKey = (GROUP, "validatingadmissionpolicybindings")
_CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}


class Policies:
    """The policies in one store."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store, self.registry = store, registry

    def check(self, write: Write, user: User) -> list[str]:
        """Warnings for the user who writes; ApiError if a policy denies."""
        if not self.store.collection(BINDINGS).entries or write.resource.group == GROUP:
            return []
        warnings: list[str] = []
        denied: ApiError | None = None
        bindings: list[tuple[str, Any]] = [(entry.key[1], entry.object().get("spec") or {}) for entry in self.store.scan(BINDINGS)]
        for entry in self.store.scan(POLICIES):
            policy: Any = entry.object().get("spec") or {}
            if not self._matches(policy.get("matchConstraints") or {}, write):
                continue
            for name, binding in bindings:
                if binding.get("policyName") != entry.key[1] or not self._bound(binding, write):
                    continue
                for message, reason in self._failures(policy, binding, write, user):
                    about = f"ValidatingAdmissionPolicy '{entry.key[1]}' with binding '{name}'"
                    if "Warn" in (binding.get("validationActions") or ()):
                        warnings.append(f"Validation failed for {about}: {message}")
                    if "Deny" in (binding.get("validationActions") or ()):
                        denied = denied or _denial(write, f"{about} denied request: {message}", reason)
        if denied is not None:
            denied.warnings = tuple(warnings)
            raise denied
        return warnings

    # ---- which writes a policy is about

    def _bound(self, binding: Object, write: Write) -> bool:
        constraints = binding.get("matchResources")
        return constraints is None or self._matches(constraints, write)

    def _matches(self, constraints: Object, write: Write) -> bool:
        if any(_covers(rule, write) for rule in constraints.get("excludeResourceRules") or ()):
            return False
        rules = constraints.get("resourceRules")
        if rules and not any(_covers(rule, write) for rule in rules):
            return False
        selector = constraints.get("namespaceSelector")
        if selector and not self._namespace_selected(selector, write):
            return False
        selector = constraints.get("objectSelector")
        return not selector or any(_selected(selector, one) for one in (write.obj, write.old) if one is not None)

    def _namespace_selected(self, selector: Object, write: Write) -> bool:
        name = write.name if write.resource.storage == NAMESPACES else write.namespace
        if not name:
            return True
        entry = self.store.get(NAMESPACES, ("", name))
        return entry is not None and all(one.matches(entry.labels) for one in from_label_selector(selector))

    # ---- what it says about them

    def _failures(self, policy: Object, binding: Object, write: Write, user: User) -> Iterator[tuple[str, str]]:
        """(message, reason) of every validation that fails."""
        parameters, missing = self._parameters(policy, binding, write)
        if missing:
            yield missing, "Invalid"
            return
        for params in parameters:
            yield from self._evaluated(policy, {**self._activation(write, user), "params": params})

    def _evaluated(self, policy: Object, known: Object) -> Iterator[tuple[str, str]]:
        fails = (policy.get("failurePolicy") or "Fail") == "Fail"
        known["variables"] = _variables(policy.get("variables") or (), known)
        for condition in policy.get("matchConditions") or ():
            value, fault = _evaluate(condition["expression"], known)
            if fault:
                if fails:
                    yield fault, "Invalid"
                return
            if value is not True:
                return
        for validation in policy.get("validations") or ():
            value, fault = _evaluate(validation["expression"], known)
            if fault:
                if fails:
                    yield fault, "Invalid"
            elif value is not True:
                yield _message(validation, known), validation.get("reason") or "Invalid"

    def _parameters(self, policy: Object, binding: Object, write: Write) -> tuple[list[Any], str]:
        """The objects that a binding refers to ([None] where the policy takes none), or what is wrong."""
        kind, reference = policy.get("paramKind"), binding.get("paramRef")
        if not kind or not reference:
            return [None], ""
        group, _, version = str(kind.get("apiVersion", "")).rpartition("/")
        resource = self.registry.of_kind(group, kind.get("kind", ""))
        if resource is None:
            shown = f"{group}/{version}, Kind={kind.get('kind')}"
            return [], f"failed to configure policy: failed to find resource referenced by paramKind: '{shown}'"
        namespace = (reference.get("namespace") or write.namespace) if resource.namespaced else ""
        found = []
        for entry in self.store.scan(resource.storage, namespace):
            selector = reference.get("selector")
            if entry.key[1] == reference.get("name") or (
                selector is not None and all(one.matches(entry.labels) for one in from_label_selector(selector))
            ):
                found.append({"apiVersion": resource.api_version, "kind": resource.kind, **entry.object()})
        if not found and reference.get("parameterNotFoundAction") == "Deny":
            return [], "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
        return found, ""

    def _activation(self, write: Write, user: User) -> Object:
        resource = write.resource
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        addressed = {"group": resource.group, "version": resource.version, "resource": resource.plural}
        request = {
            "kind": kind,
            "resource": addressed,
            "subResource": write.subresource,
            "requestKind": kind,
            "requestResource": addressed,
            "requestSubResource": write.subresource,
            "name": write.name,
            "namespace": write.namespace,
            "operation": write.operation,
            "userInfo": {"username": user.name, "groups": list(user.groups)},
            "dryRun": write.dry_run,
        }
        entry = self.store.get(NAMESPACES, ("", write.namespace)) if write.namespace else None
        namespace = {"apiVersion": "v1", "kind": "Namespace", **entry.object()} if entry is not None else None
        return {"object": write.obj, "oldObject": write.old, "request": request, "namespaceObject": namespace}


def _covers(rule: Object, write: Write) -> bool:
    resource = write.resource
    operations, groups, versions = (rule.get(name) or () for name in ("operations", "apiGroups", "apiVersions"))
    if not ({"*", write.operation} & set(operations) and {"*", resource.group} & set(groups) and {"*", resource.version} & set(versions)):
        return False
    names = rule.get("resourceNames")
    if names and write.name not in names:
        return False
    if rule.get("scope") not in (None, "*", "Namespaced" if resource.namespaced else "Cluster"):
        return False
    asked = f"{resource.plural}/{write.subresource}" if write.subresource else resource.plural
    any_one = f"*/{write.subresource}" if write.subresource else "*"
    return bool({asked, any_one, "*/*", f"{resource.plural}/*"} & set(rule.get("resources") or ()))


def _selected(selector: Object, obj: Object) -> bool:
    labels = obj["metadata"].get("labels") or {}
    return all(one.matches(labels) for one in from_label_selector(selector))


def _denial(write: Write, message: str, reason: str) -> ApiError:
    error = forbidden(write.resource.group, write.resource.plural, write.name or "Unknown", message, [{"message": message}])
    return ApiError(_CODES.get(reason, 422), reason, error.message, error.details)


def _variables(declared: Any, known: Object) -> Object:
    """Each variable from those before it; one that cannot be computed is absent, so that what uses it fails."""
    found: Object = {}
    for variable in declared:
        value, fault = _evaluate(variable["expression"], {**known, "variables": found})
        if not fault:
            found[variable["name"]] = value
    return found


@lru_cache(maxsize=1024)
def _program(expression: str) -> Program:
    return compile_unchecked(expression)


def _evaluate(expression: str, known: Mapping[str, Any]) -> tuple[Any, str]:
    try:
        return _program(expression).evaluate(known), ""
    except (CelError, EvaluationError) as error:
        return None, f"expression '{expression}' resulted in error: {error}"


def _message(validation: Object, known: Object) -> str:
    expression = validation.get("messageExpression")
    if expression:
        text, fault = _evaluate(expression, known)
        if not fault and isinstance(text, str) and text.strip() and "\n" not in text.strip():
            return text.strip()
    return (validation.get("message") or "").strip() or f"failed expression: {validation['expression'].strip()}"
