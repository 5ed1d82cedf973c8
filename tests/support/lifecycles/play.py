"""Takes the steps of a scenario against an API server, as its user would, and tells what could be seen.

Where kro's recording waited a fixed time for quiet, this waits until the snapshot is what it is expected to be, and fails only when it has not
become so: a slow machine makes a run longer, not different. What must *not* happen shows in the next snapshot, which is taken after a moment
without change.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Client, Refused
from tests.support.lifecycles.form import Form, State
from tests.support.lifecycles.order import disorder
from tests.support.lifecycles.script import Script, Target, target

USER = "user"
QUIET = 0.8
"""Seconds without a change after which a settle step is over."""
PATIENCE = 20.0
"""Seconds that a snapshot has to become what is expected, and a settle step to end."""
SLOWER = 2
"""How much longer than in the recording a wait may take."""
LATE_KINDS = ("ResourceGraphDefinition", "CustomResourceDefinition", "Namespace")
Accept = Callable[[str, Mapping[str, Any]], bool]


@dataclass
class Observation:
    """snapshots: in normal form, by name. refusals, timeouts: what the API server refused and what was waited for in vain.

    disorder: conditions that did not stand as kro lists them, which the normal form does not tell.
    """

    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    timeouts: list[dict[str, Any]] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)


def play(script: Script, client: Client, accept: Accept) -> Observation:
    """Takes all steps and cleans up. accept: whether a snapshot, named and in normal form, is what is expected."""
    player = _Player(script, client.within(script.names["@ns"]), accept)
    try:
        player.prepare()
        for number, step in enumerate(script.steps):
            player.take(number, step)
        return player.seen
    finally:
        player.clean_up()
        player.client.close()


class _Player:
    def __init__(self, script: Script, client: Client, accept: Accept) -> None:
        self.script, self.client, self.accept = script, client, accept
        self.form = Form(script.masks)
        self.seen = Observation()
        self.applied: list[dict[str, Any]] = []
        self.view = [self.target(text) for text in script.view]

    def target(self, text: str) -> Target:
        return target(text, self.script.names["@ns"])

    # reading

    def read(self, where: Target) -> State:
        """An object, a list, or None for what is not there, an unknown kind included."""
        try:
            self.client.resource(where.api_version, where.kind, timeout=0)
        except AssertionError:
            return None if where.name else []
        if where.name:
            return self.client.get(where.api_version, where.kind, where.name, where.namespace)
        try:
            found = self.client.list(where.api_version, where.kind, where.namespace, labels=where.selector, everywhere=not where.namespace)
        except Refused as refused:
            if refused.code != 404:
                raise
            return []
        made = [item for item in found if item["metadata"]["name"] != "kube-root-ca.crt"]
        return sorted(made, key=lambda item: (item["metadata"].get("namespace", ""), item["metadata"]["name"]))

    def versions(self) -> list[tuple[str, str]]:
        states = [self.read(where) for where in self.view]
        objects = [item for state in states for item in (state if isinstance(state, list) else [state]) if item]
        return sorted((item["metadata"]["uid"], item["metadata"]["resourceVersion"]) for item in objects)

    # steps

    def prepare(self) -> None:
        for name in self.script.namespaces:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            self.client.wait(namespace, lambda found: not (found or {"metadata": {}})["metadata"].get("deletionTimestamp"))
            self.client.apply(namespace, manager=USER)

    def take(self, number: int, step: Mapping[str, Any]) -> None:
        try:
            getattr(self, f"do_{step['do']}")(step)
        except Refused as refused:
            on = step.get("target") or "{apiVersion} {kind} {metadata[name]}".format_map(step["object"])
            message = self.form.text(refused.message)
            told = {"step": number, "do": step["do"], "on": on, "code": refused.code, "reason": refused.reason, "message": message}
            self.seen.refusals.append(told)

    def do_apply(self, step: Mapping[str, Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                (made,) = self.client.apply(step["object"], manager=USER)
            except Refused as refused:
                # A kind that is served since a moment ago may still be unknown to another handler of the server.
                if refused.code != 404 or "namespaces" in refused.message or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                self.applied.append(made)
                self.form.learn(made)
                return

    def do_merge(self, step: Mapping[str, Any]) -> None:
        self.client.patch(self.named(step["target"]), step["body"], manager=step.get("manager", USER))

    def do_status(self, step: Mapping[str, Any]) -> None:
        self.client.patch(self.named(step["target"]), {"status": step["body"]}, subresource="status", manager="sim")

    def do_delete(self, step: Mapping[str, Any]) -> None:
        self.client.delete(self.named(step["target"]), propagation=step.get("propagation", "Background"))

    def do_wait(self, step: Mapping[str, Any]) -> None:
        where, deadline = self.target(step["target"]), time.monotonic() + SLOWER * step.get("timeout", 15)
        pause = 0.1
        while left := self.failing(where, step["until"]):
            if time.monotonic() > deadline:
                self.seen.timeouts.append({"target": step["target"], "until": step["until"], "failed": left})
                return
            time.sleep(pause)
            pause = min(0.5, pause * 1.4)

    def failing(self, where: Target, tests: list[str]) -> list[str]:
        state = self.read(where)
        return [test for test in tests if not holds(state, test)]

    def do_settle(self, step: Mapping[str, Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        last, since = self.versions(), time.monotonic()
        while time.monotonic() - since < max(QUIET, step.get("seconds", 0)):
            time.sleep(0.4)
            now = self.versions()
            if now != last:
                last, since = now, time.monotonic()
            if time.monotonic() > deadline:
                return

    def do_pause(self, step: Mapping[str, Any]) -> None:
        time.sleep(step["seconds"])

    def do_snapshot(self, step: Mapping[str, Any]) -> None:
        targets, deadline = [self.target(text) for text in step["of"]], time.monotonic() + PATIENCE
        while True:
            states = {where.text: self.read(where) for where in targets}
            shown = self.form.snapshot(states)
            if self.accept(step["name"], shown) or time.monotonic() > deadline:
                self.seen.snapshots[step["name"]] = shown
                self.seen.disorder += disorder(step["name"], states)
                return
            time.sleep(0.3)

    def named(self, text: str) -> dict[str, Any]:
        where = self.target(text)
        metadata = {"name": where.name} | ({"namespace": where.namespace} if where.namespace else {})
        return {"apiVersion": where.api_version, "kind": where.kind, "metadata": metadata}

    # afterwards

    def clean_up(self) -> None:
        """What the scenario made goes; what hangs loses its finalizers. Must not hide what the scenario found."""
        for where in self.view:
            state = self.read(where)
            for item in state if isinstance(state, list) else [state] if state else []:
                rest = [name for name in item["metadata"].get("finalizers", ()) if not name.startswith("sim/")]
                if rest != item["metadata"].get("finalizers", []):
                    self.quietly(lambda item=item, rest=rest: self.client.patch(item, {"metadata": {"finalizers": rest or None}}))
        definitions = [item for item in self.applied if item["kind"] == "ResourceGraphDefinition"]
        for item in reversed(self.applied):
            if item["kind"] not in LATE_KINDS:
                self.remove(item)
        for definition in definitions:
            schema = definition["spec"]["schema"]
            made = self.read(self.target(f"{schema.get('group') or 'kro.run'}/{schema['apiVersion']} {schema['kind']} -/*"))
            for item in made if isinstance(made, list) else ():
                self.remove(item)
        for definition in definitions:
            self.remove(definition)
            name = definition["metadata"]["name"]
            revisions = self.read(self.target(f"internal.kro.run/v1alpha1 GraphRevision -/* kro.run/resource-graph-definition-name={name}"))
            for item in revisions if isinstance(revisions, list) else ():
                self.remove(item)
        generated = {(item["spec"]["schema"].get("group") or "kro.run", item["spec"]["schema"]["kind"]) for item in definitions}
        crds = self.read(self.target("apiextensions.k8s.io/v1 CustomResourceDefinition -/*"))
        for item in crds if isinstance(crds, list) else ():
            if (item["spec"]["group"], item["spec"]["names"]["kind"]) in generated:
                self.remove(item)
        for item in self.applied:
            if item["kind"] == "CustomResourceDefinition":
                self.remove(item)
        for name in self.script.namespaces:
            self.quietly(lambda name=name: self.client.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))

    def remove(self, item: Mapping[str, Any]) -> None:
        found = dict(item)
        self.quietly(lambda: self.client.delete(found))
        for last in (False, True):
            with contextlib.suppress(AssertionError, Refused):
                self.client.wait_gone(found, timeout=5)
                return
            if not last:
                self.quietly(lambda: self.client.patch(found, {"metadata": {"finalizers": None}}))

    @staticmethod
    def quietly(action: Callable[[], object]) -> None:
        with contextlib.suppress(Refused, AssertionError):
            action()


def holds(state: State, test: str) -> bool:
    """Whether a test holds.

    ``present``, ``absent``, ``terminating``, ``fresh`` (Ready is of the current generation), ``count=N``; ``a.b=V``, ``a.b!=V``, ``a.b~TEXT``,
    ``a.b?`` (set), ``a.b!`` (unset) for fields, and the same for ``Type`` or ``Type.reason`` of a condition.
    """
    if isinstance(state, list):
        return len(state) == int(test[6:]) if test.startswith("count=") else bool(state) and all(holds(item, test) for item in state)
    if test in ("present", "absent"):
        return (state is None) == (test == "absent")
    if state is None:
        return False
    if test == "terminating":
        return "deletionTimestamp" in state["metadata"]
    if test == "fresh":
        return _value(state, "Ready.observedGeneration") == state["metadata"].get("generation")
    for mark in ("!=", "=", "~"):
        left, found, right = test.partition(mark)
        if found and "=" not in left and "~" not in left:
            text = str(_value(state, left))
            return {"=": text == right, "!=": text != right, "~": right in text}[mark]
    return (_value(state, test[:-1]) is not None) == test.endswith("?")


def _value(state: Mapping[str, Any], path: str) -> Any:
    first, *rest = path.split(".")
    if first[0].isupper():
        conditions = (state.get("status") or {}).get("conditions") or ()
        found: Any = next((item for item in conditions if item.get("type") == first), {})
        return found.get(rest[0] if rest else "status")
    value: Any = state
    for step in (first, *rest):
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value
