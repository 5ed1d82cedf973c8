"""What the bridge and the instance function may do with the kinds of a definition, found by access reviews.

Where the bridge may not list and watch a kind, nothing happens, and it writes nothing that could say so. Where the instance function may
not read an instance or write its status, the instance says nothing either. So the definition says it, which asks the API server: for the
ServiceAccounts that the two have, or, where all share one identity, for its own. What else the instance function lacks shows on the
instance.

Asked for everywhere: a right that is given in some namespaces only is no right to list and watch a kind, but may be all that the instance
function needs; so what that one lacks is told without calling the definition unready.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphcore.converge.effects import Create, Found, Refused, Resource
from graphcore.converge.steps import Steps, every, one
from graphcore.graph.graph import Graph

REVIEWS = Resource("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews", False)
OWN_REVIEWS = Resource("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", False)
WHO_AM_I = Resource("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", False)
BRIDGE, INSTANCE = "bridge", "instance"
NAMED = 5
"""Sentences that a condition spells out."""
REMEDY = 'grant it with a ClusterRole that is labelled rbac.kro.run/aggregate-to-controller: "true"'


@dataclass(frozen=True, slots=True)
class Identity:
    """role: ``bridge`` or ``instance``. account: its ServiceAccount as ``namespace/name``; "" for the identity that asks."""

    role: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """One right that is missing. subresource: "" for the kind itself."""

    account: str
    verb: str
    resource: Resource
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """missing: one sentence for each identity and kind.

    unserved: without them nobody hears of an instance. unknown: why the API server would not say.
    """

    missing: tuple[str, ...] = ()
    unserved: bool = False
    unknown: str = ""

    @property
    def text(self) -> str:
        """For a condition."""
        more = len(self.missing) - NAMED
        told = "; ".join(self.missing[:NAMED]) + (f"; and {more} more" if more > 0 else "")
        return f"missing rights: {told}; {REMEDY}"


def review_rights(graph: Graph, identities: Iterable[Identity]) -> Steps[Rights]:
    """Ask, in one batch, for what the kinds of ``graph`` need and nobody could tell of otherwise."""
    needs = list(dict.fromkeys(need for identity in identities for need in _needs(graph, identity)))
    if not needs:
        return Rights()
    results = yield from every(_question(need) for need in needs)
    for result in results:
        if isinstance(result, Refused):
            return Rights(unknown=result.message)
    found = [
        need
        for need, result in zip(needs, results, strict=True)
        if isinstance(result, Found) and (result.object.get("status") or {}).get("allowed") is not True
    ]
    own = (yield from _own_name()) if any(not need.account for need in found) else ""
    unserved = any(need.resource == graph.instance and need.verb in ("list", "watch") for need in found)
    return Rights(_told(found, own), unserved)


def _needs(graph: Graph, identity: Identity) -> Iterable[Lack]:
    if identity.role == INSTANCE:
        for verb in ("get", "patch"):
            yield Lack(identity.account, verb, graph.instance)
        yield Lack(identity.account, "update", graph.instance, "status")
    else:
        for kind in dict.fromkeys([graph.instance, *(node.resource for node in graph.nodes)]):
            for verb in ("list", "watch"):
                yield Lack(identity.account, verb, kind)


def _question(need: Lack) -> Create:
    attributes = {"verb": need.verb, "group": need.resource.group, "version": need.resource.version, "resource": need.resource.plural}
    if need.subresource:
        attributes["subresource"] = need.subresource
    spec: dict[str, Any] = {"resourceAttributes": attributes}
    kind = OWN_REVIEWS
    if need.account:
        kind = REVIEWS
        namespace, _, name = need.account.partition("/")
        spec["user"] = f"system:serviceaccount:{namespace}:{name}"
        spec["groups"] = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    return Create(kind, None, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}, "spec": spec})


def _own_name() -> Steps[str]:
    """Who we are to the API server; "" where it does not say."""
    result = yield from one(Create(WHO_AM_I, None, {"apiVersion": WHO_AM_I.api_version, "kind": WHO_AM_I.kind, "metadata": {}}))
    if not isinstance(result, Found):
        return ""
    return str(((result.object.get("status") or {}).get("userInfo") or {}).get("username") or "")


def _told(found: list[Lack], own: str) -> tuple[str, ...]:
    grouped: dict[tuple[str, str, bool], list[str]] = {}
    for lack in found:
        kind = f"{lack.resource.plural}.{lack.resource.group}" if lack.resource.group else lack.resource.plural
        what = f"{kind}/{lack.subresource}" if lack.subresource else kind
        grouped.setdefault((lack.account, what, lack.resource.namespaced), []).append(lack.verb)
    return tuple(
        f"{_who(account, own)} may not {' and '.join(verbs)} {what}{' in all namespaces' if namespaced else ''}"
        for (account, what, namespaced), verbs in grouped.items()
    )


def _who(account: str, own: str) -> str:
    parts = own.split(":")
    if not account and parts[:2] == ["system", "serviceaccount"] and len(parts) == 4:
        account = f"{parts[2]}/{parts[3]}"
    if account:
        return f"ServiceAccount {account}"
    return f'user "{own}"' if own else "krofn's own user"
