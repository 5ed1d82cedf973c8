"""What definitions do, on both APIs: revisions, changes that break, CRDs that others touch, admission."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, stored
from tests.support.client import Object, Refused, condition

CRD = "apiextensions.k8s.io/v1"
REVISION = "internal.kro.run/v1alpha1"


def revisions(world: World, rgd: Object) -> list[int]:
    found = world.client.list(REVISION, "GraphRevision", labels=f"kro.run/resource-graph-definition-name={rgd['metadata']['name']}")
    return sorted(each["spec"]["revision"] for each in found)


def crd_of(world: World, rgd: Object) -> Object:
    kind = rgd["spec"]["schema"]["kind"]
    return next(
        each
        for each in world.client.list(CRD, "CustomResourceDefinition")
        if each["spec"]["group"] == world.group and each["spec"]["names"]["kind"] == kind
    )


def changed(rgd: Object, **schema: Any) -> Object:
    return {**rgd, "spec": {**rgd["spec"], "schema": {**rgd["spec"]["schema"], **schema}}}


def resources(rgd: Object, *resources: Object) -> Object:
    return {**rgd, "spec": {**rgd["spec"], "resources": list(resources)}}


@pytest.mark.feature(102, 103, 104, 105)
def test_changes_make_revisions_reformatting_does_not_and_old_ones_are_retired(world: World) -> None:
    rgd = world.rgd("Revised", spec={"v": "string | default=0"}, resources=[config_map("a", "a", {"v": "0"}), config_map("b", "b")])
    world.install(rgd)
    assert revisions(world, rgd) == [1]
    world.client.apply(resources(rgd, *reversed(rgd["spec"]["resources"])))
    world.client.wait_condition(rgd)
    assert revisions(world, rgd) == [1]
    for number in range(1, 8):
        world.client.apply(resources(rgd, config_map("a", "a", {"v": str(number)}), config_map("b", "b")))
        world.client.wait(
            rgd,
            lambda found, number=number: (found or {})["status"].get("lastIssuedRevision") == number + 1,
            what=f"at revision {number + 1}",
        )
        world.client.wait_condition(rgd)
    world.client.wait(rgd, lambda _: revisions(world, rgd) == [4, 5, 6, 7, 8], what="with five revisions")


@pytest.mark.feature(107)
def test_an_invalid_update_keeps_the_last_good_revision_serving(world: World) -> None:
    rgd = world.rgd(
        "Kept", spec={"v": "string | default=x"}, resources=[config_map("a", "${schema.metadata.name}", {"v": "${schema.spec.v}"})]
    )
    world.install(rgd)
    world.client.apply(resources(rgd, config_map("a", "a", {"v": "${schema.spec.nosuch}"})))
    found = world.client.wait(rgd, lambda found: condition(found, "GraphAccepted").get("status") == "False", what="refused")
    assert found is not None
    assert found["status"]["state"] == "Inactive"
    assert condition(found, "KindReady")["status"] == "True"
    world.create(world.instance(rgd, "still"))
    assert (world.client.refresh(stored(world, "still")) or {})["data"] == {"v": "x"}


@pytest.mark.feature(110)
def test_a_breaking_change_needs_the_annotation_and_instances_stay_on_the_old_graph(world: World) -> None:
    rgd = world.rgd(
        "Guarded",
        spec={"v": "string | default=x", "w": "string | default=y"},
        resources=[config_map("a", "${schema.metadata.name}", {"v": "${schema.spec.v}"})],
    )
    world.install(rgd)
    instance = world.instance(rgd, "i")
    world.create(instance)
    breaking = resources(changed(rgd, spec={"v": "string | default=x"}), config_map("a", "${schema.metadata.name}", {"v": "new"}))
    world.client.apply(breaking)
    refused = world.client.wait(rgd, lambda found: condition(found, "KindReady").get("status") == "False", what="refused")
    assert "breaking changes detected" in condition(refused, "KindReady")["message"]
    assert "w" in condition(refused, "KindReady")["message"]
    world.client.apply({**instance, "spec": {"v": "edited"}})
    world.client.wait(stored(world, "i"), lambda found: (found or {}).get("data") == {"v": "edited"}, what="rendered by the old graph")
    world.client.apply({**breaking, "metadata": {**breaking["metadata"], "annotations": {"kro.run/allow-breaking-changes": "true"}}})
    world.client.wait_condition(rgd)
    assert "w" not in crd_of(world, rgd)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    world.client.wait(stored(world, "i"), lambda found: (found or {}).get("data") == {"v": "new"}, what="rendered by the new graph")


def field_of(world: World, rgd: Object) -> Object:
    version = crd_of(world, rgd)["spec"]["versions"][0]
    found: Object = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["v"]
    return found


@pytest.mark.feature(7, 23, 109)
def test_printer_columns_and_rules_about_changes_alone_reach_the_crd(world: World) -> None:
    rgd = world.rgd("Columned", spec={"v": "string | maxLength=10"})
    world.install(rgd)
    instance = world.instance(rgd, "a", {"v": "yes"})
    world.client.apply(instance)
    world.client.apply(
        changed(
            rgd,
            additionalPrinterColumns=[{"name": "V", "type": "string", "jsonPath": ".spec.v"}],
            spec={"v": "string | maxLength=10 immutable=true"},
        )
    )

    def arrived(_: Object | None) -> bool:
        version = crd_of(world, rgd)["spec"]["versions"][0]
        columns = [column["name"] for column in version["additionalPrinterColumns"]]
        return columns == ["V"] and "x-kubernetes-validations" in field_of(world, rgd)

    world.client.wait(rgd, arrived, what="in the CRD")
    with pytest.raises(Refused) as refused:
        world.client.apply({**instance, "spec": {"v": "no"}})
    assert refused.value.code == 422


@pytest.mark.feature(109, 110)
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("string", 'string | enum="a,b"', "Enum"),
        ("string", "string | validation=\"self != 'no'\"", "Validation rule"),
        ("[]string", "[]string | uniqueItems=true", "List type"),
        ("map[string]string", "map[string]integer", "Type changed"),
    ],
)
def test_what_can_make_a_stored_instance_invalid_needs_the_annotation(world: World, old: str, new: str, words: str) -> None:
    rgd = world.rgd("Tightened", spec={"v": old})
    world.install(rgd)
    before = field_of(world, rgd)
    tightened = changed(rgd, spec={"v": new})
    world.client.apply(tightened)
    refused = world.client.wait(rgd, lambda found: condition(found, "KindReady").get("status") == "False", what="refused")
    message = condition(refused, "KindReady")["message"]
    assert "breaking changes detected" in message
    assert words in message
    assert field_of(world, rgd) == before
    world.client.apply({**tightened, "metadata": {**tightened["metadata"], "annotations": {"kro.run/allow-breaking-changes": "true"}}})
    world.client.wait_condition(rgd)
    assert field_of(world, rgd) != before


@pytest.mark.difference("31")
def test_a_crd_deleted_by_hand_takes_its_instances_along_children_in_order(world: World) -> None:
    rgd = world.rgd("Doomed", resources=[config_map("base", "base"), config_map("top", "top", {"of": "${base.metadata.name}"})])
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.create(instance)
    world.client.patch(stored(world, "top"), {"metadata": {"finalizers": ["example.com/hold"]}})
    crd = crd_of(world, rgd)
    world.client.delete(crd)
    world.client.wait(stored(world, "top"), lambda found: bool(found and found["metadata"].get("deletionTimestamp")), what="going")
    base = world.client.refresh(stored(world, "base"))
    assert base is not None
    assert "deletionTimestamp" not in base["metadata"]
    world.client.wait(rgd, lambda found: "is being deleted" in condition(found, "KindReady").get("message", ""), what="told")
    world.client.patch(stored(world, "top"), {"metadata": {"finalizers": None}})
    world.client.wait_gone(stored(world, "base"))
    world.client.wait(crd, lambda found: found is not None and found["metadata"]["uid"] != crd["metadata"]["uid"], what="made again")
    world.client.wait_condition(rgd)


@pytest.mark.feature(111, 112)
def test_a_crd_of_somebody_else_is_not_touched_and_is_taken_when_it_is_gone(world: World) -> None:
    rgd = world.rgd("Foreign", spec={"v": "string"})
    plural = "foreigns"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    crd = {
        "apiVersion": CRD,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{world.group}"},
        "spec": {
            "group": world.group,
            "scope": "Namespaced",
            "names": {"kind": "Foreign", "plural": plural, "singular": "foreign", "listKind": "ForeignList"},
            "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }
    world.client.apply(crd)
    world.cleanup.append(rgd)
    world.backend.grant(world.group, rgd)
    world.client.apply(rgd)
    refused = world.client.wait(rgd, lambda found: condition(found, "KindReady").get("status") == "False", what="refused")
    assert "not owned by KRO" in condition(refused, "KindReady")["message"]
    world.client.delete(crd)
    world.client.wait_condition(rgd, timeout=40)
    assert crd_of(world, rgd)["metadata"]["labels"]["kro.run/owned"] == "true"


@pytest.mark.feature(112)
def test_a_crd_edited_or_deleted_by_hand_comes_back(world: World) -> None:
    rgd = world.rgd("Drifting", spec={"v": "string | default=x"})
    world.install(rgd)
    crd = crd_of(world, rgd)
    edited = {
        "spec": {
            "versions": [
                {**crd["spec"]["versions"][0], "additionalPrinterColumns": [{"name": "Other", "type": "string", "jsonPath": ".spec.v"}]}
            ]
        }
    }
    world.client.patch({**crd, "apiVersion": CRD, "kind": "CustomResourceDefinition"}, edited)

    def repaired(_: Object | None) -> bool:
        return [column["name"] for column in crd_of(world, rgd)["spec"]["versions"][0]["additionalPrinterColumns"]] == [
            "State",
            "Ready",
            "Age",
        ]

    world.client.wait(rgd, repaired, what="repaired")
    world.client.delete(crd)
    world.client.wait(crd, lambda found: found is not None and found["metadata"]["uid"] != crd["metadata"]["uid"], what="made again")
    world.client.wait_condition(rgd)


@pytest.mark.difference("39")
@pytest.mark.feature(2, 1)
def test_admission_refuses_what_can_never_be_right(world: World) -> None:
    rgd = world.rgd("Admitted", spec={"v": "string"})
    world.install(rgd)
    for wrong in (
        changed(rgd, kind="Other"),
        changed(rgd, scope="Cluster"),
        {**rgd, "metadata": {"name": "x" * 64}},
        resources(rgd, {"id": "a"}),
        {**rgd, "metadata": {"name": "fresh"}, "spec": {"schema": {**rgd["spec"]["schema"], "kind": "lower"}}},
    ):
        with pytest.raises(Refused) as refused:
            world.client.apply(wrong)
        assert refused.value.code == 422


@pytest.mark.feature(113)
def test_a_deleted_definition_leaves_crd_and_instances_which_can_still_be_deleted(world: World) -> None:
    rgd = world.rgd("Orphaned", resources=[config_map("a", "${schema.metadata.name}")])
    world.install(rgd)
    instance = world.instance(rgd, "i")
    world.create(instance)
    world.client.delete(rgd)
    world.client.wait_gone(rgd)
    assert world.client.refresh(instance) is not None
    world.client.delete(instance)
    world.client.wait_gone(instance)
    assert world.client.refresh(stored(world, "i")) is None


@pytest.mark.feature(106, 111)
def test_a_definition_made_again_takes_over_crd_revisions_and_instances(world: World) -> None:
    rgd = world.rgd(
        "Reborn", spec={"v": "string | default=x"}, resources=[config_map("a", "${schema.metadata.name}", {"v": "${schema.spec.v}"})]
    )
    first = world.install(rgd)
    instance = world.instance(rgd, "i")
    world.create(instance)
    world.client.delete(rgd)
    world.client.wait_gone(rgd)
    again = resources(rgd, config_map("a", "${schema.metadata.name}", {"v": "${schema.spec.v}", "more": "yes"}))
    world.client.apply(again)
    second = world.client.wait_condition(rgd)
    assert second["metadata"]["uid"] != first["metadata"]["uid"]
    assert crd_of(world, rgd)["metadata"]["labels"]["kro.run/resource-graph-definition-id"] == second["metadata"]["uid"]
    expected = {"v": "x", "more": "yes"}
    world.client.wait(stored(world, "i"), lambda found: (found or {}).get("data") == expected, what="rendered by the new one")
    world.client.wait_condition(instance)


@pytest.mark.feature(114, 124)
def test_a_definition_waits_for_the_kinds_that_it_uses(world: World) -> None:
    """It says which kind is missing, is woken by its appearance, and sees fields that are added to it later."""
    group = f"late.{world.group}"
    widget = {
        "id": "widget",
        "template": {"apiVersion": f"{group}/v1alpha1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}},
    }
    rgd = world.rgd("Late", resources=[widget])
    provider = world.rgd("Widget", spec={"size": "integer"})
    provider = changed(provider, group=group)
    world.cleanup.append(rgd)
    world.backend.grant(world.group, resources(rgd))
    world.client.apply(rgd)
    refused = world.client.wait(rgd, lambda found: condition(found, "GraphAccepted").get("status") == "False", what="refused")
    assert f"{group}/v1alpha1" in condition(refused, "GraphAccepted")["message"]
    world.install(provider)
    world.client.wait_condition(rgd)
    world.create(world.instance(rgd, "i"))

    world.client.apply(changed(provider, spec={"size": "integer", "colour": "string"}))
    world.client.wait(provider, lambda found: (found or {})["status"].get("lastIssuedRevision") == 2, what="at its second revision")
    world.client.wait_condition(provider)
    widget["template"]["spec"]["colour"] = "red"  # type: ignore[index]
    world.client.apply(resources(rgd, widget))
    world.client.wait_condition(rgd)
    target = {"apiVersion": f"{group}/v1alpha1", "kind": "Widget", "metadata": {"name": "w", "namespace": world.namespace}}
    world.client.wait(target, lambda found: ((found or {}).get("spec") or {}).get("colour") == "red", what="painted")


REFUSED_AGAIN: dict[str, tuple[Any, str]] = {
    "a field goes": ({"v": "string | default=x"}, "${schema.spec.v}"),
    "a field changes its type": ({"v": "string | default=x", "w": "integer | default=1"}, "${schema.spec.v}"),
    "a field becomes required": ({"v": "string | default=x", "w": "string | default=y", "n": "string | required=true"}, "${schema.spec.v}"),
}


@pytest.mark.parametrize(("spec", "value"), [(None, ""), *REFUSED_AGAIN.values()], ids=["not made again", *REFUSED_AGAIN])
def test_instances_of_a_deleted_definition_are_not_served_say_so_and_can_be_deleted(world: World, spec: Any, value: str) -> None:
    rgd = world.rgd(
        "Retired",
        spec={"v": "string | default=x", "w": "string | default=y"},
        resources=[config_map("a", "${schema.metadata.name}", {"v": "${schema.spec.v}"})],
    )
    world.install(rgd)
    instance, fresh = world.instance(rgd, "old"), world.instance(rgd, "fresh")
    world.create(instance)
    world.client.delete(rgd)
    world.client.wait_gone(rgd)
    if spec is not None:
        world.client.apply(resources(changed(rgd, spec=spec), config_map("a", "${schema.metadata.name}", {"v": value})))
        world.client.wait(rgd, lambda found: condition(found, "KindReady").get("status") == "False", what="refused")
    world.client.apply({**instance, "spec": {"v": "edited"}}, fresh)
    for each in (instance, fresh):
        unserved = world.client.wait(
            each,
            lambda found: (
                condition(found, "GraphResolved").get("status") == "False"
                and condition(found, "Ready").get("observedGeneration") == (found or {})["metadata"]["generation"]
            ),
            what="unserved",
        )
        assert "can be deleted" in condition(unserved, "Ready")["message"]
    assert (world.client.refresh(stored(world, "old")) or {})["data"] == {"v": "x"}
    assert world.client.refresh(stored(world, "fresh")) is None
    assert not (world.client.refresh(fresh) or {})["metadata"].get("finalizers")
    for each in (instance, fresh):
        world.client.delete(each)
        world.client.wait_gone(each)
    assert world.client.refresh(stored(world, "old")) is None
