"""Missing rights are found by review for those who need them, and told in a condition of the definition."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.definition.definition import RUNNING, DefinitionOptions, DefinitionRequest, converge_definition
from graphcore.converge.definition.rights import BRIDGE, INSTANCE, Identity, review_rights
from graphcore.converge.effects import Converged, Create, Failed, Found, Refused
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, NAMESPACE, SECRET, graph, node
from tests.support.memory import Api, drive
from tests.unit.converge.test_definition import Definitions, compile_fake

NAMED = (Identity(BRIDGE, "sys/b"), Identity(INSTANCE, "sys/i"))
OWN = (Identity(BRIDGE), Identity(INSTANCE))
Right = tuple[str, str, str]
"""(user, "" for one's own; verb; resource)."""


@dataclass
class Guarded(Api):
    """An API server that answers access reviews. denied: rights that are missing. name: who asks."""

    denied: set[Right] = field(default_factory=set)
    name: str = "kubernetes-admin"
    asked: list[Right] = field(default_factory=list)

    def perform(self, effect: Any) -> Any:
        if not isinstance(effect, Create) or effect.resource.group not in ("authorization.k8s.io", "authentication.k8s.io"):
            return super().perform(effect)
        refused = self.refuse(effect)
        if refused:
            return refused
        if effect.resource.kind == "SelfSubjectReview":
            return Found({"status": {"userInfo": {"username": self.name}}})
        spec = effect.body["spec"]
        wanted = spec["resourceAttributes"]
        kind = "/".join(part for part in (wanted["resource"], wanted.get("subresource")) if part)
        assert effect.resource.kind == ("SubjectAccessReview" if "user" in spec else "SelfSubjectAccessReview")
        right = (spec.get("user", "").removeprefix("system:serviceaccount:"), wanted["verb"], kind)
        self.asked.append(right)
        return Found({"status": {"allowed": right not in self.denied}})


def defined(identities: tuple[Identity, ...] = NAMED, *denied: Right) -> tuple[Definitions, Guarded]:
    api = Guarded(denied=set(denied))
    world = Definitions(api, options=DefinitionOptions(identities=identities))
    world.define()
    world.run()
    return world, api


@pytest.mark.difference("73")
@pytest.mark.parametrize(
    ("identities", "denied", "ready", "told"),
    [
        (NAMED, [], True, ""),
        (NAMED, [("sys:b", "list", "apps")], False, "ServiceAccount sys/b may not list apps.kro.run in all namespaces"),
        (
            NAMED,
            [("sys:b", "list", "apps"), ("sys:b", "watch", "apps")],
            False,
            "ServiceAccount sys/b may not list and watch apps.kro.run in all namespaces",
        ),
        (NAMED, [("sys:b", "watch", "configmaps")], True, "ServiceAccount sys/b may not watch configmaps in all namespaces"),
        (NAMED, [("sys:i", "get", "apps")], True, "ServiceAccount sys/i may not get apps.kro.run in all namespaces"),
        (NAMED, [("sys:i", "update", "apps/status")], True, "ServiceAccount sys/i may not update apps.kro.run/status in all namespaces"),
        (OWN, [("", "watch", "apps")], False, 'user "kubernetes-admin" may not watch apps.kro.run in all namespaces'),
        (OWN, [("", "patch", "apps")], True, 'user "kubernetes-admin" may not patch apps.kro.run in all namespaces'),
        ((Identity(INSTANCE, "sys/i"),), [("sys:b", "list", "apps")], True, ""),
        ((), [("", "list", "apps")], True, ""),
    ],
)
def test_the_condition_names_verb_resource_and_account(
    identities: tuple[Identity, ...], denied: list[Right], ready: bool, told: str
) -> None:
    world, _ = defined(identities, *denied)
    status, reason, message = world.condition(names.CONTROLLER_READY)
    assert (status, reason) == (("True", "Running") if ready else ("False", "FailedToStart"))
    assert told in message
    assert ("aggregate-to-controller" in message) == bool(told)
    assert world.rgd()["status"]["state"] == ("Active" if ready else "Inactive")
    if not told:
        assert message == RUNNING


def test_rights_are_asked_for_a_new_kind_and_not_at_each_look() -> None:
    world, api = defined()
    once = len(api.asked)
    assert len(set(api.asked)) == once == 2 * 2 + 3
    for _ in range(3):
        assert world.run() == Converged()
    assert len(api.asked) == once


def test_a_changed_kind_asks_again() -> None:
    world, api = defined()
    api.asked.clear()
    world.define(x="string", y="integer")
    world.run()
    assert api.asked


def test_whoever_was_refused_has_the_definition_ask() -> None:
    world, api = defined()
    api.asked.clear()
    api.denied = {("sys:b", "watch", "apps")}
    outcome = drive(converge_definition(DefinitionRequest("app", rights=True), compile_fake, world.now, world.options), api)
    assert isinstance(outcome, Failed)
    assert (outcome.retry_after, outcome.backs_off) == (3.0, True)
    assert world.condition(names.CONTROLLER_READY)[0] == "False"


def test_what_is_missing_is_asked_for_until_it_is_given() -> None:
    world, api = defined(NAMED, ("sys:b", "watch", "configmaps"))
    assert isinstance(world.run(), Failed)
    assert api.writes == 0, "nothing new, nothing written"
    api.denied = set()
    assert world.run() == Converged()
    assert world.condition(names.CONTROLLER_READY) == ("True", "Running", RUNNING)
    api.asked.clear()
    assert world.run() == Converged()
    assert api.asked == []


def test_an_interval_of_zero_means_never() -> None:
    api = Guarded(denied={("sys:b", "watch", "apps")})
    world = Definitions(api, options=DefinitionOptions(identities=NAMED, retry_interval=0))
    world.define()
    outcome = world.run()
    assert isinstance(outcome, Failed)
    assert outcome.retry_after is None


def test_a_definition_that_may_not_ask_says_so_and_serves() -> None:
    api = Guarded()
    api.refuse = lambda effect: (
        Refused(403, "Forbidden", "cannot create resource subjectaccessreviews")
        if isinstance(effect, Create) and effect.resource.group == "authorization.k8s.io"
        else None
    )
    world = Definitions(api, options=DefinitionOptions(identities=NAMED))
    world.define()
    assert world.run() == Converged()
    assert world.condition(names.CONTROLLER_READY) == ("True", "Running", RUNNING)
    assert [(event.reason, event.message) for event in api.events] == [("RightsUnknown", "cannot create resource subjectaccessreviews")]


def test_every_kind_is_asked_for_once_and_a_long_list_is_cut() -> None:
    kinds = (CONFIG_MAP, CONFIG_MAP, SECRET, DEPLOYMENT, NAMESPACE)
    nodes = [node(f"n{index}", kind, external=kind is SECRET) for index, kind in enumerate(kinds)]
    api = Guarded()
    api.denied = {
        ("", verb, kind)
        for verb in ("list", "watch", "get", "patch", "update")
        for kind in ("apps", "apps/status", "configmaps", "secrets", "deployments", "namespaces")
    }
    rights = drive(review_rights(graph(*nodes), OWN), api)
    assert len(api.asked) == len(set(api.asked)) == 5 * 2 + 3
    assert len(rights.missing) == 6
    assert rights.text.count(" may not ") == 5
    assert "and 1 more" in rights.text
    assert 'user "kubernetes-admin" may not list and watch namespaces;' in rights.text, "a cluster-scoped kind has no namespaces"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("system:serviceaccount:krofn-system:krofn", "ServiceAccount krofn-system/krofn"),
        ("jane@example.com", 'user "jane@example.com"'),
        ("system:node:n1", 'user "system:node:n1"'),
        ("", "krofn's own user"),
    ],
)
def test_whoever_asks_for_itself_is_named_as_the_api_server_knows_it(name: str, shown: str) -> None:
    api = Guarded(denied={("", "watch", "apps")}, name=name)
    assert drive(review_rights(graph(), OWN), api).missing == (f"{shown} may not watch apps.kro.run in all namespaces",)
