"""Who asks and what they may: bearer tokens, impersonation, and RBAC evaluated over the Role and Binding objects in the store."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from local_emulator.core import status
from local_emulator.core.requests import Request, Target, User
from local_emulator.core.store import CollectionKey, Store
from local_emulator.objects.metadata import timestamp

Mode = Literal["AlwaysAllow", "RBAC"]
RBAC_GROUP = "rbac.authorization.k8s.io"
ADMIN = User("kubernetes-admin", ("system:masters", "system:authenticated"))
AUTHENTICATED = "system:authenticated"
MASTERS = "system:masters"
PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version")
Rule = Mapping[str, Any]


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """The user that a ServiceAccount's token stands for."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{name}", groups, uid)


@dataclass(slots=True)
class _Rules:
    """Rules of one user, each with the binding that gives it, and the revision of the RBAC objects that they were computed from.
    faults: by namespace, bindings whose role does not exist."""

    revision: tuple[int, ...]
    cluster: list[tuple[Rule, str]] = field(default_factory=list)
    namespaced: dict[str, list[tuple[Rule, str]]] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)


class Access:
    """Authentication and authorisation of one server.

    tokens: bearer token → user. Without any token every request is the cluster admin's; with tokens a request without a known one
    answers 401.
    signing_key: key of the tokens issued for ServiceAccounts (any string; a fixed one gives repeatable tokens).
    """

    def __init__(self, store: Store, tokens: Mapping[str, User], mode: Mode = "RBAC", signing_key: str = "local-emulator") -> None:
        self.store, self.tokens, self.mode, self.signing_key = store, dict(tokens), mode, signing_key.encode()
        self._cache: dict[tuple[str, tuple[str, ...]], _Rules] = {}

    # ---- authentication

    def authenticate(self, request: Request) -> User:
        """The user of a request, after impersonation; ApiError 401 or 403."""
        header = request.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if not self.tokens and not header:
            user = ADMIN
        else:
            found = self.tokens.get(token.strip()) if scheme.lower() == "bearer" else None
            found = found or (self._issued(token.strip()) if token else None)
            if found is None:
                if not self.tokens:
                    user = ADMIN
                elif not header and request.path.rstrip("/") in PUBLIC_PATHS:
                    user = User("system:anonymous", ("system:unauthenticated",))
                else:
                    raise status.unauthorized()
            else:
                user = found
        wanted = request.headers.get("impersonate-user")
        return self._impersonate(user, wanted, request) if wanted else user

    def _impersonate(self, user: User, name: str, request: Request) -> User:
        groups = tuple(part.strip() for part in request.headers.get("impersonate-group", "").split(",") if part.strip())
        parts = name.split(":")
        account = parts[2:] if len(parts) == 4 and name.startswith("system:serviceaccount:") else None
        resource, namespace = ("serviceaccounts", account[0]) if account else ("users", "")
        self._require(user, "impersonate", "", resource, "", namespace, account[1] if account else name)
        for group in groups:
            self._require(user, "impersonate", "", "groups", "", "", group)
        if account:
            return service_account(account[0], account[1]) if not groups else User(name, (*groups, AUTHENTICATED))
        return User(name, tuple(dict.fromkeys((*groups, AUTHENTICATED))))

    def _issued(self, token: str) -> User | None:
        parts = token.split("~")
        if len(parts) != 5 or parts[0] != "sa" or not hmac.compare_digest(parts[4], self._sign(*parts[1:4])):
            return None
        namespace, name, uid = parts[1:4]
        entry = self.store.get(("", "serviceaccounts"), (namespace, name))
        return service_account(namespace, name, uid) if entry and entry.uid == uid else None

    def _sign(self, namespace: str, name: str, uid: str) -> str:
        return hmac.new(self.signing_key, f"{namespace}/{name}/{uid}".encode(), hashlib.sha256).hexdigest()[:32]

    def token_for(self, namespace: str, name: str, uid: str) -> str:
        """A bearer token of a ServiceAccount; it lives as long as the account."""
        return f"sa~{namespace}~{name}~{uid}~{self._sign(namespace, name, uid)}"

    def issue(self, namespace: str, name: str, uid: str, now: datetime, body: Any) -> dict[str, Any]:
        """Answer of the ``serviceaccounts/token`` subresource."""
        spec = (body.get("spec") if isinstance(body, dict) else None) or {}
        seconds = spec.get("expirationSeconds") or 3600
        shown = {"token": self.token_for(namespace, name, uid), "expirationTimestamp": timestamp(now + timedelta(seconds=seconds))}
        metadata = {"name": name, "namespace": namespace, "creationTimestamp": timestamp(now)}
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": metadata,
            "spec": {**spec, "expirationSeconds": seconds},
            "status": shown,
        }

    def review_token(self, token: str) -> User | None:
        return self.tokens.get(token) or self._issued(token)

    # ---- authorisation

    def authorize(self, user: User, verb: str, target: Target) -> None:
        """ApiError 403 unless the user may do this."""
        if self.mode == "AlwaysAllow" or MASTERS in user.groups:
            return
        if target.is_resource:
            namespace = "" if target.plural == "namespaces" and not target.namespace else target.namespace
            self._require(user, verb, target.group, target.plural, target.subresource, namespace, target.name)
        elif not self.allowed_path(user, "get", target.path):
            raise status.ApiError(403, "Forbidden", f'forbidden: User "{user.name}" cannot get path "{target.path}"', {})

    def _require(self, user: User, verb: str, group: str, resource: str, sub: str, namespace: str, name: str) -> None:
        allowed, reason = self.decide(user, verb, group, resource, sub, namespace, name)
        if allowed:
            return
        shown = f"{resource}/{sub}" if sub else resource
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        why = f'User "{user.name}" cannot {verb} resource "{shown}" in API group "{group}" {where}'
        raise status.forbidden(group, resource, name, f"{why}: {reason}" if reason else why)

    def allowed(self, user: User, verb: str, group: str, resource: str, sub: str = "", namespace: str = "", name: str = "") -> bool:
        """Whether RBAC grants a resource request."""
        return self.decide(user, verb, group, resource, sub, namespace, name)[0]

    def decide(
        self, user: User, verb: str, group: str, resource: str, sub: str = "", namespace: str = "", name: str = ""
    ) -> tuple[bool, str]:
        """Whether RBAC grants a resource request, and what it says about that."""
        return self._decide(user, namespace, lambda rule: _grants(rule, verb, group, resource, sub, name))

    def allowed_path(self, user: User, verb: str, path: str) -> bool:
        """Whether RBAC grants a request outside the API groups."""
        return self.decide_path(user, verb, path)[0]

    def decide_path(self, user: User, verb: str, path: str) -> tuple[bool, str]:
        """The same, and what RBAC says about it."""

        def grants(rule: Rule) -> bool:
            urls = rule.get("nonResourceURLs") or ()
            return bool({"*", verb} & set(rule.get("verbs") or ())) and any(_covers(url, path) for url in urls)

        return self._decide(user, "", grants)

    def _decide(self, user: User, namespace: str, grants: Callable[[Rule], bool]) -> tuple[bool, str]:
        if self.mode == "AlwaysAllow" or MASTERS in user.groups:
            return True, ""
        found = self._rules_of(user)
        for rule, source in (*found.cluster, *(found.namespaced.get(namespace, ()) if namespace else ())):
            if grants(rule):
                return True, f"RBAC: allowed by {source}"
        faults = [*found.faults.get("", ()), *(found.faults.get(namespace, ()) if namespace else ())]
        return False, f"RBAC: {faults[0] if len(faults) == 1 else '[' + ', '.join(faults) + ']'}" if faults else ""

    def rules(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that applies to the user in a namespace (``""``: cluster-wide ones alone)."""
        found = self._rules_of(user)
        return [rule for rule, _ in (*found.cluster, *(found.namespaced.get(namespace, ()) if namespace else ()))]

    def _rules_of(self, user: User) -> _Rules:
        plurals = ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
        revision = tuple(self.store.collection((RBAC_GROUP, plural)).latest for plural in plurals)
        key = (user.name, user.groups)
        cached = self._cache.get(key)
        if cached is None or cached.revision != revision:
            cached = self._cache[key] = self._collect(user, revision)
        return cached

    def _collect(self, user: User, revision: tuple[int, ...]) -> _Rules:
        found = _Rules(revision)
        for namespace, name, binding in (*self._objects("clusterrolebindings"), *self._objects("rolebindings")):
            subject = _binds(binding, user, namespace)
            if not subject:
                continue
            reference = binding.get("roleRef") or {}
            rules = self.role(reference, namespace)
            if rules is None:
                kind = str(reference.get("kind", "")).lower()
                fault = f'{kind}.{RBAC_GROUP} "{reference.get("name", "")}" not found'
                found.faults.setdefault(namespace, []).append(fault)
                continue
            kind = f'RoleBinding "{name}/{namespace}"' if namespace else f'ClusterRoleBinding "{name}"'
            source = f'{kind} of {reference.get("kind")} "{reference.get("name")}" to {subject}'
            into = found.namespaced.setdefault(namespace, []) if namespace else found.cluster
            into.extend((rule, source) for rule in rules)
        return found

    def _objects(self, plural: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        key: CollectionKey = (RBAC_GROUP, plural)
        for entry in self.store.scan(key):
            yield *entry.key, entry.object()

    def role(self, reference: Mapping[str, Any], namespace: str) -> list[Rule] | None:
        """The rules of the role that a binding refers to; None if there is no such role."""
        cluster = reference.get("kind") == "ClusterRole"
        key = ("", reference.get("name", "")) if cluster else (namespace, reference.get("name", ""))
        entry = self.store.get((RBAC_GROUP, "clusterroles" if cluster else "roles"), key)
        if entry is None:
            return None
        rules: Any = entry.object().get("rules")
        return list(rules or ())


def _binds(binding: Mapping[str, Any], user: User, namespace: str) -> str:
    """The subject of the binding that is the user, as RBAC names it; empty if none is."""
    for subject in binding.get("subjects") or ():
        name, where = subject.get("name"), subject.get("namespace") or namespace
        match subject.get("kind"):
            case "User" if name == user.name:
                return f'User "{name}"'
            case "Group" if name in user.groups:
                return f'Group "{name}"'
            case "ServiceAccount" if f"system:serviceaccount:{where}:{name}" == user.name:
                return f'ServiceAccount "{name}/{where}"'
    return ""


def _grants(rule: Rule, verb: str, group: str, resource: str, sub: str, name: str) -> bool:
    verbs, groups, resources = rule.get("verbs") or (), rule.get("apiGroups") or (), rule.get("resources") or ()
    if not ("*" in verbs or verb in verbs) or not ("*" in groups or group in groups):
        return False
    wanted = f"{resource}/{sub}" if sub else resource
    if not ("*" in resources or wanted in resources or (sub and f"*/{sub}" in resources)):
        return False
    names = rule.get("resourceNames") or ()
    return not names or name in names


def _covers(url: str, path: str) -> bool:
    return url == "*" or url == path or (url.endswith("*") and path.startswith(url[:-1]))
