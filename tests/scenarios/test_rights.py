"""Rights that are missing are named, with verb, resource and ServiceAccount, where somebody looks; on both APIs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

import pytest

from tests.scenarios.conftest import World
from tests.support.backends import SYSTEM
from tests.support.client import Object, Refused, condition

READ = ["get", "list", "watch"]
WRITE = ["create", "update", "patch", "delete"]
BRIDGE, INSTANCE = f"ServiceAccount {SYSTEM}/krofn-bridge", f"ServiceAccount {SYSTEM}/krofn-instance"


def definition(world: World, kind: str) -> Object:
    notes = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${schema.metadata.name}"}, "data": {"k": "${schema.spec.text}"}}
    return world.rgd(kind, spec={"text": "string | default=a"}, resources=[{"id": "notes", "template": notes}])


class Roles:
    """ClusterRoles bound to one ServiceAccount each, instead of the aggregated one that all share."""

    def __init__(self, world: World, plural: str) -> None:
        self.world, self.plural = world, plural
        self.made: list[Object] = []

    def give(self, account: str, *rules: tuple[str, str, list[str]]) -> None:
        """rules: (group, resource, verbs); everything that the account was given before in this scenario is replaced."""
        name = f"{self.world.tag}-{account}"
        labels = {"scenario": self.world.tag}
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels},
            "rules": [{"apiGroups": [group], "resources": [resource], "verbs": verbs} for group, resource, verbs in rules if verbs],
        }
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": labels},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": f"krofn-{account}", "namespace": SYSTEM}],
        }
        self.world.client.apply(role, binding)
        self.made += [role, binding]

    def all(self, account: str) -> None:
        """What the account needs."""
        group, plural = self.world.group, self.plural
        if account == "bridge":
            self.give(account, (group, plural, READ), ("", "configmaps", READ))
        else:
            self.give(account, (group, "*", [*READ, *WRITE]), ("", "configmaps", [*READ, *WRITE]))

    def forget(self) -> None:
        for each in self.made:
            self.world.client.delete(each)


@contextlib.contextmanager
def roles_of(world: World, plural: str) -> Iterator[Roles]:
    roles = Roles(world, plural)
    try:
        yield roles
    finally:
        # Instances can only go while there are rights to their children.
        roles.all("bridge")
        roles.all("instance")
        for each in [each for each in world.cleanup if each["kind"] != "ResourceGraphDefinition"]:
            with contextlib.suppress(Refused, AssertionError):
                world.client.delete(each)
                world.client.wait_gone(each, timeout=15)
        roles.forget()


def told(world: World, rgd: Object, text: str, *, status: str, timeout: float = 20) -> str:
    """The message of the condition that names what is missing."""

    def holds(found: Object | None) -> bool:
        item = condition(found, "ControllerReady")
        return item.get("status") == status and text in item.get("message", "")

    found = world.client.wait(rgd, holds, timeout=timeout, what=f"telling {text!r}")
    return str(condition(found, "ControllerReady")["message"])


def lines(world: World, event: str) -> list[Object]:
    """What the functions logged."""
    found = []
    for line in (world.functions.directory / "run.log").read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            item = json.loads(line)
            if isinstance(item, dict) and item.get("event") == event:
                found.append(item)
    return found


@pytest.mark.difference("73")
@pytest.mark.parametrize(
    ("verbs", "missing"),
    [([], "list and watch"), (["get", "list"], "watch")],
    ids=["nothing", "no watch"],
)
def test_a_bridge_that_may_not_follow_a_kind_shows_on_its_definition(world: World, verbs: list[str], missing: str) -> None:
    """It writes nothing; without it nobody hears of an instance. Its log says so once, however often it tries."""
    rgd = definition(world, "Unheard")
    with roles_of(world, "unheards") as roles:
        roles.all("instance")
        roles.give("bridge", (world.group, "unheards", verbs), ("", "configmaps", READ))
        world.cleanup.append(rgd)
        world.client.apply(rgd)
        message = told(world, rgd, f"{BRIDGE} may not {missing} unheards.{world.group} in all namespaces", status="False")
        assert "aggregate-to-controller" in message
        instance = world.instance(rgd, "a")
        world.client.apply(instance)
        world.cleanup.append(instance)
        time.sleep(3)
        troubles = [line for line in lines(world, "watch") if f"unheards.{world.group}" in line["reason"] and "forbidden" in line["reason"]]
        assert len(troubles) == 1, troubles
        roles.all("bridge")
        world.client.wait_condition(rgd, "ControllerReady", timeout=40)
        world.client.wait_condition(instance, timeout=40)


def test_a_bridge_that_loses_a_right_has_the_definition_say_so(world: World) -> None:
    rgd = definition(world, "Losing")
    with roles_of(world, "losings") as roles:
        roles.all("instance")
        roles.all("bridge")
        world.cleanup.append(rgd)
        world.client.apply(rgd)
        world.client.wait_condition(rgd)
        assert condition(world.client.refresh(rgd), "ControllerReady")["message"] == "controller is running"
        world.client.apply(instance := world.instance(rgd, "a"))
        world.cleanup.append(instance)
        world.client.wait_condition(instance)
        roles.give("bridge", ("", "configmaps", READ))
        # The watch that is open goes on until the API server ends it; a bridge that starts is refused at once.
        world.functions.kill("bridge")
        told(world, rgd, f"{BRIDGE} may not list and watch losings.{world.group}", status="False", timeout=30)
        roles.all("bridge")
        world.client.wait_condition(rgd, "ControllerReady", timeout=40)


@pytest.mark.parametrize(
    ("verbs", "missing"),
    [([], "get and patch {kinds}"), ([*READ, "patch"], "update {kinds}/status")],
    ids=["nothing", "no status"],
)
def test_an_instance_that_cannot_be_told_is_told_on_its_definition(world: World, verbs: list[str], missing: str) -> None:
    rgd = definition(world, "Mute")
    with roles_of(world, "mutes") as roles:
        roles.all("bridge")
        roles.give("instance", (world.group, "mutes", verbs), ("", "configmaps", [*READ, *WRITE]))
        world.cleanup.append(rgd)
        world.client.apply(rgd)
        world.client.apply(instance := world.instance(rgd, "a"))
        world.cleanup.append(instance)
        told(world, rgd, f"{INSTANCE} may not {missing.format(kinds=f'mutes.{world.group}')} in all namespaces", status="True")
        mark, begin = world.accounting.mark(), time.monotonic()
        time.sleep(9)
        looks = [
            call
            for call in world.accounting.calls(mark, agent="krofn-instance", namespace=world.namespace)
            if (call.verb, call.resource, call.name) == ("get", "mutes", "a")
        ]
        # Again and again at once, or every three seconds, it would be more; the wait doubles.
        assert len(looks) <= 4, f"{len(looks)} looks in {time.monotonic() - begin:.0f} s"
        roles.all("instance")
        world.client.wait_condition(instance, timeout=60)
        told(world, rgd, "controller is running", status="True", timeout=60)


@pytest.mark.parametrize("verbs", [[], READ], ids=["nothing", "read only"])
def test_a_child_that_may_not_be_made_is_told_on_the_instance_and_once_in_the_log(world: World, verbs: list[str]) -> None:
    """A new instance's child is made without being looked for, so that both lack the same right first."""
    rgd = definition(world, "Childless")
    with roles_of(world, "childlesses") as roles:
        roles.all("bridge")
        roles.give("instance", (world.group, "*", [*READ, *WRITE]), ("", "configmaps", verbs))
        world.cleanup.append(rgd)
        world.client.apply(rgd)
        world.client.wait_condition(rgd)
        world.client.apply(instance := world.instance(rgd, "a"))
        world.cleanup.append(instance)
        failed = world.client.wait_condition(instance, "ResourcesReady", "False")
        message = condition(failed, "ResourcesReady")["message"]
        assert message == (
            f'resource reconciliation failed: apply results contain errors: node "notes": ConfigMap {world.namespace}/a: configmaps "a" is '
            f'forbidden: User "system:serviceaccount:{SYSTEM}:krofn-instance" cannot patch resource "configmaps" in API group "" in the '
            f'namespace "{world.namespace}"'
        )
        time.sleep(4)
        said = [
            (line["verb"], line["resource"], line["account"]) for line in lines(world, "forbidden") if line["namespace"] == world.namespace
        ]
        assert said, "the log says so"
        assert len(said) == len(set(said)), "and once"
        assert {item[1:] for item in said} == {("configmaps", f"{SYSTEM}/krofn-instance")}
        roles.all("instance")
        world.client.wait_condition(instance, timeout=60)
