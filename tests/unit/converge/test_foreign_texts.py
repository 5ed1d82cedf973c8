"""Labels, annotations and stored facts are anybody's who may write the object: whatever they hold, runs end with an outcome.

:data:`TEXTS` names each that krofn knows and an example of what it writes there itself; a new name has to be added.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from functions.platform.driver import request_of
from functions.platform.paths import collection
from graphcore import names
from graphcore.converge import effects as fx
from graphcore.converge.definition.definition import DefinitionRequest, converge_definition
from graphcore.converge.instance.instance import converge_instance
from graphcore.converge.instance.repair import Row
from graphcore.converge.metadata import applyset_id, inventory_fault, recorded_inventory
from graphcore.converge.parents import Parent
from graphcore.converge.references import Reference, record, recorded
from graphcore.converge.safety.attempt import InstanceRequest
from graphcore.converge.safety.mark import Mark, Place, read_mark
from graphcore.converge.waits import Waits
from graphcore.converge.waits import recorded as recorded_waits
from tests.support.foreign import texts
from tests.support.graphs import APP, CONFIG_MAP, graph, node
from tests.support.memory import Api
from tests.support.worlds import START, World
from tests.unit.converge.test_definition import CRD, RGD, Definitions, compile_fake

SHARED = Reference(CONFIG_MAP, "default", "shared", awaited=True)
PARENT = Parent.of("kro.run/v1alpha1", "App", "default", "outer")
DEMO = {"apiVersion": APP.api_version, "kind": APP.kind, "metadata": {"name": "demo", "namespace": "default"}}
WAITS = Waits(frozenset({("example.com", "Bucket")}), frozenset({"apps.kro.run"}))

TEXTS: dict[str, str] = {
    names.OWNED: "true",
    names.KRO_VERSION: "devel",
    names.RGD_ID: "rgd-uid",
    names.RGD_NAME: "app",
    names.REVISION_HASH: "0123456789abcdef",
    names.INSTANCE_ID: "uid-2",
    names.INSTANCE_NAME: "demo",
    names.INSTANCE_NAMESPACE: "default",
    names.INSTANCE_GROUP: "kro.run",
    names.INSTANCE_VERSION: "v1alpha1",
    names.INSTANCE_KIND: "App",
    names.NODE_ID: "a",
    names.COLLECTION_INDEX: "0",
    names.COLLECTION_SIZE: "1",
    names.MANAGED_BY: "kro",
    names.APPLYSET_ID: applyset_id(DEMO),
    names.APPLYSET_PART_OF: applyset_id(DEMO),
    names.APPLYSET_TOOLING: "kro/devel",
    names.APPLYSET_GROUP_KINDS: "ConfigMap,Deployment.apps",
    names.APPLYSET_NAMESPACES: "default,other",
    names.INVENTORY_HASH: "sha256:AAAA",
    names.APPLY_ORDER: "1",
    names.RECONCILE: "enabled",
    names.ALLOW_BREAKING_CHANGES: "true",
    names.APPLIED: "0123456789abcdef/1",
    names.REPAIRS: Row(3, START).to_text(),
    names.CONVERGENCE: Mark(1, 2, frozenset({"uid-9"}), (Place(CONFIG_MAP, "default"),), PARENT).to_text(),
    names.COMPILED: "H4sIAAAAAAAC/6uuBQBDv6ajAgAAAA==",
    names.ACTIVE_REVISION: "1",
    names.REFERENCES: record([SHARED])[1][names.REFERENCES],
    names.WAITS_FOR: WAITS.to_text(),
    f"{names.REFERS_PREFIX}configmaps": "true",
}
"""Every label and annotation, each with what krofn might have written."""
NO_TEXTS = {
    names.API_VERSION,
    names.INTERNAL_API_VERSION,
    names.CRD_API_VERSION,
    names.FINALIZER,
    names.MANAGER_APPLYSET,
    names.MANAGER_LABELLER,
    names.MANAGER_PARENT,
}
KEYS = ("revision", "fence", "pruning", "places", "inside", "kinds", "crds")
MANY = settings(max_examples=40)
WRITTEN = st.sampled_from(sorted(TEXTS)).flatmap(lambda name: st.tuples(st.just(name), texts(TEXTS[name], keys=KEYS)))
PARSED = (
    names.CONVERGENCE,
    names.REFERENCES,
    names.WAITS_FOR,
    names.REPAIRS,
    names.APPLY_ORDER,
    names.ACTIVE_REVISION,
    names.APPLYSET_GROUP_KINDS,
    names.APPLYSET_NAMESPACES,
)
WORST = [(name, text) for name in PARSED for text in ("", "null", "[" * 50_000, '["\\ud800"]', "9" * 5000, "²")]


def test_every_label_and_annotation_is_among_them() -> None:
    constants = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str) and "/" in value}
    listed = {names.REFERS_PREFIX if name.startswith(names.REFERS_PREFIX) else name for name in TEXTS}
    assert listed == constants - NO_TEXTS


def drive(run: Any, api: Api) -> Any:
    """The outcome of a run each of whose effects can be sent as a request."""
    try:
        batch = next(run)
        while True:
            for effect in batch:
                if isinstance(effect, fx.List):
                    URL(f"https://api{collection(effect.resource, effect.namespace)}")
                elif not isinstance(effect, fx.NeedGraph | fx.FetchSchemas | fx.FindKinds | fx.Record):
                    json.dumps(request_of(effect).body, ensure_ascii=False).encode()
                    URL(f"https://api{request_of(effect).path}")
            batch = run.send([api.serve(effect) for effect in batch])
    except StopIteration as stop:
        return stop.value


def examples(test: Any) -> Any:
    """What is worst for readers of any kind, besides what is drawn."""
    for written in WORST:
        test = example(written)(test)
    return test


def spoil(world: World, text: str, name: str, *what: tuple[str, str]) -> None:
    """Others write ``text`` as label and annotation of these objects."""
    for kind, each in what:
        world.api.edit(kind, each, {"metadata": {"labels": {name: text}, "annotations": {name: text}}})


def converge(world: World, name: str = "demo") -> Any:
    request = InstanceRequest(APP, name, "default", revision=None)
    return drive(converge_instance(request, world.now, world.options), world.api)


def started() -> World:
    shared = node("shared", name="shared", namespace="default", external=True)
    made = World(graph(node("a", fields={"data.v": "x"}), shared, name="app"))
    made.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared", "namespace": "default"}})
    for each in ("demo", "other"):
        made.instance(each)
        converge(made, each)
    return made


@MANY
@given(WRITTEN)
@examples
def test_an_instance_and_its_neighbour_are_served_whatever_is_written_on_it_and_on_its_child(written: tuple[str, str]) -> None:
    name, text = written
    world = started()
    spoil(world, text, name, (APP.kind, "demo"), ("ConfigMap", "demo-a"))
    for _ in range(2):
        assert isinstance(converge(world), fx.Converged | fx.Waiting | fx.Failed | fx.Conflict)
    neighbour = world.api.get("ConfigMap", "other-a")
    world.api.delete("ConfigMap", "other-a")
    assert isinstance(converge(world, "other"), fx.Converged)
    assert world.api.get("ConfigMap", "other-a")["metadata"]["labels"] == neighbour["metadata"]["labels"]
    # A deletion reads them, too, and no graph.
    world.api.delete(APP.kind, "demo")
    for _ in range(2):
        assert isinstance(converge(world), fx.Converged | fx.Waiting | fx.Failed | fx.Conflict)
    assert world.api.get("ConfigMap", "other-a")


@MANY
@given(WRITTEN)
@examples
def test_runs_of_a_kind_end_whatever_is_written_on_its_crd(written: tuple[str, str]) -> None:
    name, text = written
    world = started()
    spoil(world, text, name, (CRD, "apps.kro.run"))
    for each in ("demo", "new"):
        if each == "new":
            world.instance(each)
        assert isinstance(converge(world, each), fx.Converged | fx.Waiting | fx.Failed | fx.Conflict)


@MANY
@given(WRITTEN)
@examples
def test_a_definition_is_served_whatever_is_written_on_it_its_crd_and_its_revisions(written: tuple[str, str]) -> None:
    name, text = written
    defined = Definitions()
    defined.define()
    defined.run()
    for kind, each in ((RGD, "app"), (CRD, "apps.kro.run"), (names.REVISION_KIND, "app-r00001")):
        defined.api.edit(kind, each, {"metadata": {"labels": {name: text}, "annotations": {name: text}}})
    for change in (None, "integer", None):
        if change:
            defined.define(y=change)
        run = converge_definition(DefinitionRequest("app"), compile_fake, defined.now, defined.options)
        assert isinstance(drive(run, defined.api), fx.Converged | fx.Waiting | fx.Failed | fx.Conflict)
    defined.api.delete(RGD, "app")
    run = converge_definition(DefinitionRequest("app"), compile_fake, defined.now, defined.options)
    assert isinstance(drive(run, defined.api), fx.Converged | fx.Waiting | fx.Failed | fx.Conflict)


@settings(max_examples=150)
@given(texts(TEXTS[names.CONVERGENCE], keys=KEYS))
@example('{"places": [["v1", "Config\\ud800Map", "configmaps", ["default"]]]}')
@example('{"places": [["v1", "ConfigMap", "../../secrets", ["default"]]]}')
@example('{"places": [["v1", "ConfigMap", "configmaps?watch=true", ["default"]]]}')
@example('{"places": [["v1", "ConfigMap", "configmaps", ["a\\udc00"]]]}')
@example('{"inside": ["kro.run/v1", "App", "\\ud800", "x"]}')
@example('{"pruning": [["\\ud800"]]}')
def test_a_place_that_was_read_is_one_that_can_be_asked_for(text: str) -> None:
    mark = read_mark({"metadata": {"annotations": {names.CONVERGENCE: text}}})
    for place in mark.places:
        _addressed(place.resource, place.namespace)
    mark.to_text().encode()
    if mark.inside:
        _addressed(mark.inside.resource, mark.inside.namespace or "", mark.inside.name)


@settings(max_examples=150)
@given(texts(TEXTS[names.REFERENCES]))
@example('[["v1", "ConfigMap", "configmaps", true, "default", "\\ud800", "", true]]')
@example('[["v1", "ConfigMap", "config/maps", true, "default", "x", "", true]]')
@example('[["v1", "ConfigMap", "configmaps", true, "default", "", "a in (\\ud800"]]')
def test_a_reference_that_was_read_is_one_that_can_be_asked_for(text: str) -> None:
    for reference in recorded({"metadata": {"annotations": {names.REFERENCES: text}}}):
        _addressed(reference.resource, reference.namespace, reference.name)
        reference.matches(CONFIG_MAP, {"metadata": {"name": "x", "namespace": "default", "labels": {"a": "b"}}}, {"c": ""})
        reference.selector.encode()


def _addressed(resource: Any, namespace: str, name: str = "") -> None:
    path = collection(resource, namespace)
    url = URL(f"https://api{path}")
    assert (url.raw_path, url.raw_query_string, url.raw_fragment) == (path, "", "")
    name.encode()


@settings(max_examples=150)
@given(texts(TEXTS[names.WAITS_FOR], keys=KEYS))
def test_waits_that_were_read_can_be_written(text: str) -> None:
    recorded_waits({"metadata": {"annotations": {names.WAITS_FOR: text}}}).to_text().encode()


@settings(max_examples=150)
@given(texts(TEXTS[names.APPLYSET_GROUP_KINDS]), texts(TEXTS[names.APPLYSET_NAMESPACES]))
def test_an_inventory_is_judged_and_one_that_is_trusted_can_be_asked_for(kinds: str, namespaces: str) -> None:
    notes = {names.APPLYSET_TOOLING: "kro/devel", names.APPLYSET_GROUP_KINDS: kinds, names.APPLYSET_NAMESPACES: namespaces}
    obj = {**DEMO, "metadata": {**DEMO["metadata"], "labels": {names.APPLYSET_ID: applyset_id(DEMO)}, "annotations": notes}}
    if inventory_fault(obj) is None:
        for namespace in recorded_inventory(obj).namespaces:
            _addressed(CONFIG_MAP, namespace)
