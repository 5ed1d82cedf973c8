"""Nobody gives away more than they have: what RBAC asks of those who write roles and bindings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from local_emulator.auth.access import MASTERS, RBAC_GROUP, Access, Rule
from local_emulator.core import status
from local_emulator.core.registry import Resource
from local_emulator.core.requests import User
from local_emulator.core.store import CollectionKey

Object = dict[str, Any]
KINDS: tuple[CollectionKey, ...] = tuple(
    (RBAC_GROUP, plural) for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
)


def check_grant(access: Access, user: User, resource: Resource, obj: Object, old: Object | None) -> None:
    """ApiError 403 for a role or binding that grants what ``user`` does not hold; 404 for a binding to no role."""
    if access.mode != "RBAC" or MASTERS in user.groups or resource.storage not in KINDS:
        return
    namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
    if resource.plural.endswith("roles"):
        rules: Sequence[Rule] = obj.get("rules") or ()
        if (old is not None and rules == (old.get("rules") or ())) or access.allowed(
            user, "escalate", RBAC_GROUP, resource.plural, "", namespace, name
        ):
            return
    else:
        reference = obj.get("roleRef") or {}
        same = old is not None and (obj.get("subjects"), reference) == (old.get("subjects"), old.get("roleRef"))
        plural = "clusterroles" if reference.get("kind") == "ClusterRole" else "roles"
        if same or access.allowed(user, "bind", RBAC_GROUP, plural, "", namespace, reference.get("name", "")):
            return
        found = access.role(reference, namespace)
        if found is None:
            raise status.not_found(RBAC_GROUP, resource.plural, reference.get("name", ""))
        rules = found
    held = access.rules(user, namespace)
    missing = [part for rule in rules for part in _parts(rule) if not any(_covers(own, part) for own in held)]
    if missing:
        listed = "\n".join(sorted({_described(rule) for rule in _compact(missing)}))
        groups = " ".join(json.dumps(group) for group in user.groups)
        why = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{listed}'
        raise status.forbidden(RBAC_GROUP, resource.plural, name, why)


def _parts(rule: Rule) -> Iterator[Object]:
    """A rule as rules of one verb, one group, one resource and one name."""
    for verb in rule.get("verbs") or ():
        for group in rule.get("apiGroups") or ():
            for plural in rule.get("resources") or ():
                part = {"verbs": [verb], "apiGroups": [group], "resources": [plural]}
                yield from (
                    ({**part, "resourceNames": [name]} for name in rule.get("resourceNames") or ()) if rule.get("resourceNames") else [part]
                )
        for url in rule.get("nonResourceURLs") or ():
            yield {"verbs": [verb], "nonResourceURLs": [url]}


def _covers(own: Rule, part: Object) -> bool:
    def has(member: str) -> bool:
        given = own.get(member) or ()
        return "*" in given or part[member][0] in given

    if not has("verbs"):
        return False
    if "nonResourceURLs" in part:
        url = part["nonResourceURLs"][0]
        return any(one in ("*", url) or (one.endswith("*") and url.startswith(one[:-1])) for one in own.get("nonResourceURLs") or ())
    plural = part["resources"][0]
    resources = own.get("resources") or ()
    if not has("apiGroups") or not ({"*", plural} & set(resources) or f"*/{plural.partition('/')[2]}" in resources):
        return False
    names = own.get("resourceNames") or ()
    return not names or (part.get("resourceNames") or [""])[0] in names


def _compact(parts: list[Object]) -> Iterator[Object]:
    """Rules about one resource without names as one rule of all their verbs."""
    merged: dict[tuple[str, str], Object] = {}
    for part in parts:
        if "nonResourceURLs" in part or "resourceNames" in part:
            yield part
            continue
        key = (part["apiGroups"][0], part["resources"][0])
        if key in merged:
            merged[key]["verbs"] = [*merged[key]["verbs"], *part["verbs"]]
        else:
            merged[key] = dict(part)
    yield from merged.values()


def _described(rule: Object) -> str:
    names = (
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("ResourceNames", "resourceNames"),
        ("Verbs", "verbs"),
    )
    shown = (f"{label}:[{' '.join(json.dumps(one) for one in rule[member])}]" for label, member in names if rule.get(member))
    return "{" + ", ".join(shown) + "}"
