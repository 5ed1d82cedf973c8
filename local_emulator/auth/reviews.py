"""Kinds that are answered and never stored: access reviews and token reviews."""

from __future__ import annotations

from typing import Any

from local_emulator.auth.access import Access
from local_emulator.core import status
from local_emulator.core.codec import encode
from local_emulator.core.registry import Resource
from local_emulator.core.requests import User
from local_emulator.core.status import Cause

Object = dict[str, Any]


def review(access: Access, user: User, resource: Resource, namespace: str, body: Object, now: str) -> Object:
    """The posted review with its status; ApiError for a kind that this server cannot answer, or for one that asks nothing."""
    spec = body.get("spec") or {}
    metadata = {**body["metadata"], **({"namespace": namespace} if namespace else {})}
    answer = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata, "spec": spec}
    if resource.group == "authorization.k8s.io" and resource.kind.endswith("AccessReview"):
        _check(resource, namespace, spec)
    match resource.kind:
        case "SelfSubjectAccessReview":
            return {**answer, "status": _decide(access, user, spec)}
        case "SubjectAccessReview" | "LocalSubjectAccessReview":
            asked = User(spec.get("user") or "", tuple(spec.get("groups") or ()))
            return {**answer, "status": _decide(access, asked, spec)}
        case "SelfSubjectRulesReview":
            return {**answer, "status": _rules(access, user, spec.get("namespace") or namespace)}
        case "SelfSubjectReview":
            about = {"userInfo": _shown(user)}
            stamped = {**metadata, "creationTimestamp": now}
            return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": stamped, "status": about}
        case "TokenReview":
            found = access.review_token(spec.get("token") or "")
            shown: Object = (
                {"authenticated": True, "user": _shown(found)} if found else {"authenticated": False, "error": "token not recognized"}
            )
            return {**answer, "status": shown}
    raise status.method_not_allowed()


def _shown(user: User) -> Object:
    return {"username": user.name, **({"uid": user.uid} if user.uid else {}), "groups": list(user.groups)}


def _decide(access: Access, user: User, spec: Object) -> Object:
    wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if wanted:
        allowed, reason = access.decide(
            user,
            wanted.get("verb", ""),
            wanted.get("group", ""),
            wanted.get("resource", ""),
            wanted.get("subresource", ""),
            wanted.get("namespace", ""),
            wanted.get("name", ""),
        )
    else:
        allowed, reason = access.decide_path(user, (path or {}).get("verb", ""), (path or {}).get("path", ""))
    return {"allowed": allowed, **({"reason": reason} if reason else {})}


def _check(resource: Resource, namespace: str, spec: Object) -> None:
    wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    cause = None
    if wanted and path:
        shown = encode({"Path": path.get("path", ""), "Verb": path.get("verb", "")}).decode()
        cause = Cause("spec.nonResourceAttributes", f"Invalid value: {shown}: cannot be specified in combination with resourceAttributes")
    elif not wanted and not path:
        text = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        cause = Cause("spec.resourceAttributes", text)
    elif not resource.kind.startswith("Self") and not spec.get("user") and not spec.get("groups"):
        cause = Cause("spec.user", 'Invalid value: "": at least one of user or group must be specified')
    elif resource.kind == "LocalSubjectAccessReview" and (wanted or {}).get("namespace", "") != namespace:
        text = f'Invalid value: "{(wanted or {}).get("namespace", "")}": must match metadata.namespace'
        cause = Cause("spec.resourceAttributes.namespace", text)
    if cause is not None:
        raise status.invalid("authorization.k8s.io", "", "", [cause])


def _rules(access: Access, user: User, namespace: str) -> Object:
    resources: list[Object] = []
    paths: list[Object] = []
    everything = access.mode == "AlwaysAllow" or "system:masters" in user.groups
    rules = (
        [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]
        if everything
        else access.rules(user, namespace)
    )
    for rule in rules:
        members = ("verbs", "nonResourceURLs") if rule.get("nonResourceURLs") else ("verbs", "apiGroups", "resources", "resourceNames")
        shown = {member: rule[member] for member in members if rule.get(member)}
        (paths if rule.get("nonResourceURLs") else resources).append(shown)
    return {"resourceRules": resources, "nonResourceRules": paths, "incomplete": False}
