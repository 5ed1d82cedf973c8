"""Rule 3, in time: a fight over a field is damped, by the injected clock; nothing else ever waits."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from graphcore import names
from graphcore.converge.effects import Apply, Converged, Failed, Refused, Waiting
from graphcore.converge.instance.instance import converge_instance
from graphcore.converge.instance.repair import CALM, Row, contest, due, row_of, shown
from graphcore.converge.metadata import annotations_of
from graphcore.converge.safety.attempt import InstanceRequest, Options
from tests.support.graphs import CONFIG_MAP, DEPLOYMENT, SECRET, graph, node
from tests.support.memory import drive
from tests.support.worlds import START, World


def web() -> World:
    """A Deployment that is fought over beside a ConfigMap that is not; both are rendered from the instance."""
    world = World(
        graph(
            node("web", DEPLOYMENT, fields={"spec.replicas": lambda s: s["schema"]["spec"]["n"], "spec.image": "a"}),
            node("notes", CONFIG_MAP, fields={"data.n": lambda s: str(s["schema"]["spec"]["n"])}),
            status={"seen": lambda s: s["web"]["spec"]["replicas"]},
        )
    )
    world.instance(spec={"n": 1})
    at(world, 0)
    return world


def at(world: World, seconds: float, options: Options | None = None) -> Any:
    """A run at a moment of the injected clock."""
    world.api.log.clear()
    request = InstanceRequest(world.graph.instance, "demo", "default")
    world.outcome = drive(converge_instance(request, START + timedelta(seconds=seconds), options or world.options), world.api)
    return world.outcome


def scale(world: World, manager: str = "scaler", replicas: int = 9) -> None:
    world.api.edit("Deployment", "demo-web", {"spec": {"replicas": replicas}}, manager)


def replicas(world: World) -> int:
    return int(world.api.get("Deployment", "demo-web")["spec"]["replicas"])


def fought(world: World, moments: list[float]) -> None:
    """Edits, each answered by a run."""
    for moment in moments:
        scale(world)
        at(world, moment)


def test_of_five_edits_in_a_row_four_wait_for_nothing_and_the_fifth_one_second() -> None:
    world = web()
    for _ in range(4):
        scale(world)
        assert at(world, 10) == Converged()
        assert replicas(world) == 1
    scale(world)
    outcome = at(world, 10)
    assert isinstance(outcome, Waiting)
    assert outcome.retry_after == 1.0
    assert replicas(world) == 9
    assert world.api.writes == 1  # the status, which shows what there is
    assert at(world, 10.999).retry_after == pytest.approx(0.001)
    assert at(world, 11) == Converged()
    assert replicas(world) == 1


@pytest.mark.difference("66")
def test_a_fight_without_end_is_answered_at_most_twelve_times_in_its_first_minute_and_then_twice_a_minute() -> None:
    """Also where it is looked at ten times a second, as each change of a child's status does."""
    world = web()
    repairs = []
    for tenth in range(3000):
        if replicas(world) == 1:
            scale(world)
        at(world, tenth / 10)
        if replicas(world) == 1:
            repairs.append(tenth / 10)
    assert repairs[:10] == [0, 0.1, 0.2, 0.3, 1.3, 3.3, 7.3, 15.3, 31.3, 61.3]
    assert sum(moment < 60 for moment in repairs) <= 12
    for begin in range(60, 300, 60):
        assert sum(begin <= moment < begin + 60 for moment in repairs) <= 2


@pytest.mark.difference("66")
@pytest.mark.parametrize(("calm", "waits"), [(59.0, False), (CALM, True), (3600.0, True)], ids=["not yet a minute", "a minute", "an hour"])
def test_an_object_that_stayed_as_repaired_for_a_minute_starts_anew(calm: float, waits: bool) -> None:
    world = web()
    fought(world, [0, 0, 0, 0, 1, 3, 7])
    scale(world)
    at(world, 7 + calm)
    recorded = annotations_of(world.api.get("Deployment", "demo-web"))[names.REPAIRS]
    assert recorded.startswith("1 " if waits else "8 ")


def test_a_process_that_was_away_goes_on_with_the_row() -> None:
    """What ended the peace a second after the repair is told by the API server's clock, however late it is looked at."""
    world = web()
    fought(world, [0, 0, 0, 0, 1, 3])
    scale(world)
    shown_ = world.api.show

    def dated(stored: Any) -> Any:
        body = shown_(stored)
        for entry in body["metadata"]["managedFields"]:
            entry["time"] = (START + timedelta(seconds=4)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return body

    world.api.show = dated  # type: ignore[method-assign]
    at(world, 600)
    assert annotations_of(world.api.get("Deployment", "demo-web"))[names.REPAIRS].startswith("7 ")


def test_two_processes_and_a_restart_know_the_row_from_the_object_alone() -> None:
    """No run hands anything to the next but what is in the API server; two that meet at one drift make one write."""
    world = web()
    scale(world)
    request = InstanceRequest(world.graph.instance, "demo", "default")
    runs = [converge_instance(request, START, world.options) for _ in range(2)]
    batches = [next(run) for run in runs]
    done: dict[int, Any] = {}
    while len(done) < 2:
        for index, run in enumerate(runs):
            if index not in done:
                try:
                    batches[index] = run.send([world.api.serve(effect) for effect in batches[index]])
                except StopIteration as stop:
                    done[index] = stop.value
    assert set(done.values()) == {Converged()}
    assert annotations_of(world.api.get("Deployment", "demo-web"))[names.REPAIRS].startswith("1 ")


def edited(world: World) -> None:
    world.api.edit("App", "demo", {"spec": {"n": 2}})


def deleted(world: World) -> None:
    world.api.delete("Deployment", "demo-web")


def neighbour(world: World) -> None:
    world.api.edit("ConfigMap", "demo-notes", {"data": {"n": "x"}}, "user")


def claimed(world: World) -> None:
    """Another invocation is about to prune it."""
    note = annotations_of(world.demo())[names.CONVERGENCE]
    uid = world.api.get("Deployment", "demo-web")["metadata"]["uid"]
    note = note.replace('"pruning":[]', f'"pruning":["{uid}"]')
    world.api.edit("App", "demo", {"metadata": {"annotations": {names.CONVERGENCE: note}}})


@pytest.mark.parametrize(
    ("what", "written"),
    [
        (edited, ("APPLY", "Deployment", "demo-web")),
        (deleted, ("APPLY", "Deployment", "demo-web")),
        (neighbour, ("APPLY", "ConfigMap", "demo-notes")),
        (claimed, ("APPLY", "Deployment", "demo-web")),
    ],
)
def test_nothing_but_the_repair_waits(what: Callable[[World], None], written: tuple[str, str, str]) -> None:
    world = web()
    fought(world, [0, 0, 0, 0, 0])
    assert replicas(world) == 9
    what(world)
    at(world, 0)
    assert written in world.api.log


def test_the_deletion_of_the_instance_does_not_wait() -> None:
    world = web()
    fought(world, [0, 0, 0, 0, 0])
    world.api.delete("App", "demo")
    assert at(world, 0) == Converged(gone=True)
    assert world.api.find("Deployment", "demo-web") is None


def test_an_edit_of_the_instance_in_the_middle_of_a_fight_is_no_new_row() -> None:
    world = web()
    fought(world, [0, 0, 0, 0, 0])
    edited(world)
    at(world, 0)
    assert replicas(world) == 2
    scale(world)
    assert at(world, 0).retry_after == 1.0


@pytest.mark.difference("66")
def test_neither_state_nor_conditions_know_of_the_wait() -> None:
    world = web()
    before = world.demo()["status"]
    fought(world, [0, 0, 0, 0, 0, 0])
    after = world.demo()["status"]
    assert {**after, "seen": 1} == before
    assert after["seen"] == 9


@pytest.mark.difference("66")
def test_field_and_manager_are_told_when_damping_begins_and_not_at_each_look() -> None:
    world = web()
    fought(world, [0, 0, 0, 0])
    assert world.api.events == []
    scale(world, "keda")
    outcome = at(world, 0)
    assert outcome == Waiting(("Deployment default/demo-web: spec.replicas is changed by keda after each repair",), 1.0, prompt=True)
    assert world.api.events == []
    at(world, 1)
    (event,) = world.api.events
    assert (event.type, event.reason) == ("Warning", "FieldContested")
    assert "Deployment default/demo-web: spec.replicas is changed by keda" in event.message
    fought(world, [1, 2, 3, 3, 5, 7])
    assert len(world.api.events) == 1


def test_without_repeats_a_damped_repair_is_left_to_the_next_event() -> None:
    """An interval of 0 means: no run that no event brings."""
    world = web()
    world.options = Options(requeue_interval=0)
    fought(world, [0, 0, 0, 0, 0])
    assert world.outcome.retry_after is None
    at(world, 1)
    assert replicas(world) == 1


def test_a_failure_elsewhere_and_a_fight_ask_for_the_earlier_of_both() -> None:
    world = web()
    fought(world, [0, 0, 0, 0])
    scale(world)
    neighbour(world)
    world.api.refuse = lambda effect: (
        Refused(403, "Forbidden", "denied") if isinstance(effect, Apply) and effect.name == "demo-notes" else None
    )
    outcome = at(world, 0)
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == 1.0


def test_what_loses_its_labels_again_and_again_is_a_fight_as_well() -> None:
    world = web()
    seen = []
    for _ in range(5):
        labels = world.api.get("Deployment", "demo-web")["metadata"]["labels"]
        world.api.edit("Deployment", "demo-web", {"metadata": {"labels": dict.fromkeys(labels)}}, "cleaner")
        outcome = at(world, 0)
        seen.append(outcome.retry_after if isinstance(outcome, Waiting) else None)
    assert seen == [None, None, None, None, 1.0]
    assert not [event for event in world.api.events if event.reason == "Adopted"]


# what is told, and what is read back


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "replicas"), "spec.replicas"),
        (("metadata", "annotations", "deployment.kubernetes.io/revision"), 'metadata.annotations["deployment.kubernetes.io/revision"]'),
        ((), "every field"),
    ],
)
def test_a_path_reads_as_kubernetes_writes_it(path: Any, text: str) -> None:
    assert shown(path) == text


def thing(fields: Any, manager: str = "other", **body: Any) -> dict[str, Any]:
    entries = [
        {"manager": names.MANAGER_APPLYSET, "operation": "Apply", "fieldsV1": {"f:metadata": {}, "f:kept": {}}},
        {"manager": manager, "operation": "Update", "fieldsV1": fields},
    ]
    return {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "x", "managedFields": entries}, **body}


@pytest.mark.parametrize(
    ("wanted", "fields", "told"),
    [
        ({"spec": {"a": 1}}, {"f:spec": {"f:a": {}}}, "spec.a is changed by other"),
        ({"spec": {"a": 1}}, {"f:spec": {}}, "spec.a is changed by other"),
        ({"spec": {"a": 1}}, {"f:else": {}}, "spec.a is changed by somebody who holds no field"),
        ({"kept": 1, "a": 1, "b": 2}, {"f:a": {}, "f:b": {}}, "a, b are changed by other"),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, {f"f:{c}": {} for c in "abcde"}, "a, b, c and 2 more are changed by other"),
    ],
)
def test_the_sentence_names_fields_and_managers(wanted: Any, fields: Any, told: str) -> None:
    assert contest({"apiVersion": "v1", "kind": "Thing", **wanted}, thing(fields)) == f"Thing x: {told} after each repair"


def test_the_sentence_names_items_of_lists_by_their_names_and_no_value() -> None:
    ours = {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:name": {}}}}}
    theirs = {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}
    live = thing(theirs)
    live["metadata"]["managedFields"][0]["fieldsV1"] = ours
    wanted = {"apiVersion": "v1", "kind": "Thing", "spec": {"containers": [{"name": "app", "image": "registry/secret-value"}]}}
    text = contest(wanted, live)
    assert text == 'Thing x: spec.containers[name="app"].image is changed by other after each repair'


def test_secret_data_that_others_write_over_string_data_is_a_fight_too() -> None:
    world = World(graph(node("s", SECRET, template={"stringData": {"key": "mine"}})))
    world.instance()
    at(world, 0)
    for _ in range(5):
        world.api.edit("Secret", "demo-s", {"data": {"key": "dGhlaXJz"}}, "rotator")
        outcome = at(world, 0)
    assert isinstance(outcome, Waiting)
    assert outcome.on == ("Secret default/demo-s: data.key is changed by rotator after each repair",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5 yesterday",
        "0 2026-01-01T00:00:00.000Z",
        "-1 2026-01-01T00:00:00.000Z",
        "² 2026-01-01T00:00:00.000Z",
        "9999999999 2026-01-01T00:00:00.000Z",
        "5 2026-13-01T00:00:00.000Z",
        "5 9999-12-31T23:59:59.999Z",
        "5 2026-01-01T00:05:00.000Z",
        "5 2026-01-01T00:00:00.000+00:00",
        "[" * 100_000,
    ],
)
def test_a_record_that_others_made_unreadable_holds_up_nothing(text: str) -> None:
    live = thing({})
    live["metadata"]["annotations"] = {names.REPAIRS: text}
    assert row_of({"apiVersion": "v1", "kind": "Thing", "spec": {}}, live, START) is None


@pytest.mark.parametrize(("ahead", "most"), [(0, 30), (59, 89)])
def test_a_clock_that_is_ahead_delays_by_no_more_than_a_minute(ahead: float, most: float) -> None:
    assert 0 < due(Row(10**8, START + timedelta(seconds=ahead)), START) <= most


def test_the_record_survives_being_written_and_read() -> None:
    row = Row(7, START + timedelta(milliseconds=250))
    live = thing({})
    live["metadata"]["annotations"] = {names.REPAIRS: row.to_text()}
    assert row_of({"apiVersion": "v1", "kind": "Thing", "spec": {}}, live, START + timedelta(seconds=1)) == row


def test_a_converged_object_with_a_record_is_current() -> None:
    """Digest and fence stay where they were, so that earlier builds and kro read the object as before."""
    world = web()
    fought(world, [0])
    live = world.api.get("Deployment", "demo-web")
    assert re.fullmatch("[0-9a-f]{16}", annotations_of(live)[names.APPLIED])
    at(world, 100)
    assert world.api.writes == 0
