"""Kinds that are answered and never stored: access reviews and token reviews."""

from __future__ import annotations

from typing import Any

from local_emulator import status
from local_emulator.access import Access
from local_emulator.registry import Resource
from local_emulator.requests import User

Object = dict[str, Any]


def review(access: Access, user: User, resource: Resource, namespace: str, body: Any) -> Object:
    """The posted review with its status; ApiError for a kind that this server cannot answer."""
    if not isinstance(body, dict):
        raise status.bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
    spec = body.get("spec") or {}
    answer = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": body.get("metadata") or {}, "spec": spec}
    match resource.kind:
        case "SelfSubjectAccessReview":
            return {**answer, "status": _decide(access, user, spec)}
        case "SubjectAccessReview" | "LocalSubjectAccessReview":
            asked = User(spec.get("user") or "", tuple(spec.get("groups") or ()))
            return {**answer, "status": _decide(access, asked, spec)}
        case "SelfSubjectRulesReview":
            return {**answer, "status": _rules(access, user, spec.get("namespace") or namespace)}
        case "SelfSubjectReview":
            return {**answer, "status": {"userInfo": _shown(user)}}
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
        allowed = access.allowed(
            user,
            wanted.get("verb", ""),
            wanted.get("group", ""),
            wanted.get("resource", ""),
            wanted.get("subresource", ""),
            wanted.get("namespace", ""),
            wanted.get("name", ""),
        )
    else:
        allowed = access.allowed_path(user, (path or {}).get("verb", ""), (path or {}).get("path", ""))
    return {"allowed": allowed}


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
