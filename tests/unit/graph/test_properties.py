"""What holds for every definition: valid stable orders, insensitivity to layout, determinism, and no unknown name unnoticed."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.graph import graph_from_facts, revision_hash
from graphcore.graph.order import deletion_waves, find_cycle, topological_order
from tests.support.definitions import Object, compiled, config_map, definition, problems


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Dependencies by id, in a random declaration order."""
    count = draw(st.integers(1, 12))
    names = [f"n{index}" for index in range(count)]
    edges = {name: tuple(draw(st.lists(st.sampled_from(names[:index]), unique=True))) if index else () for index, name in enumerate(names)}
    order = draw(st.permutations(names))
    return {name: edges[name] for name in order}


@pytest.mark.feature(61)
@given(acyclic())
def test_order_is_topological_stable_and_earliest_declared_first(dependencies: dict[str, tuple[str, ...]]) -> None:
    order = topological_order(dependencies)
    assert sorted(order) == sorted(dependencies)
    place = {name: index for index, name in enumerate(order)}
    declared = list(dependencies)
    for name, needs in dependencies.items():
        assert all(place[needed] < place[name] for needed in needs)
    for index, name in enumerate(order):
        free = [other for other in declared if place[other] >= index and all(place[needed] < index for needed in dependencies[other])]
        assert name == free[0]


@pytest.mark.feature(93)
@given(acyclic())
def test_waves_delete_dependents_before_what_they_need(dependencies: dict[str, tuple[str, ...]]) -> None:
    waves = deletion_waves(dependencies)
    highest = max(waves.values())
    needed_by_somebody = {needed for needs in dependencies.values() for needed in needs}
    for name, needs in dependencies.items():
        assert all(waves[needed] < waves[name] for needed in needs)
        assert (waves[name] == highest) == (name not in needed_by_somebody)
    assert min(waves.values()) == 1
    assert find_cycle(dependencies) == ()


@given(acyclic(), st.data())
def test_a_cycle_is_found_and_named(dependencies: dict[str, tuple[str, ...]], data: st.DataObject) -> None:
    order = topological_order(dependencies)
    first = data.draw(st.sampled_from(order))
    reachable = [first]
    for name in order:
        if set(dependencies[name]) & set(reachable) and name not in reachable:
            reachable.append(name)
    last = data.draw(st.sampled_from(reachable))
    cyclic = {**dependencies, first: (*dependencies[first], last)}
    cycle = find_cycle(cyclic)
    assert cycle[0] == cycle[-1]
    assert all(after in cyclic[before] for before, after in itertools.pairwise(cycle))


def graph_definition(dependencies: dict[str, tuple[str, ...]]) -> Object:
    """ConfigMaps that refer to each other as given."""
    resources = [
        config_map(
            name,
            f"${{schema.metadata.name}}-{name}",
            {f"from-{needed}": f"${{{needed}.metadata.name}}" for needed in needs} | {"own": "${schema.spec.text}"},
        )
        for name, needs in dependencies.items()
    ]
    return definition(*resources, spec={"text": "string | default=x"}, status={"first": f"${{{next(iter(dependencies))}.metadata.uid}}"})


def shuffled(value: Any, random_: random.Random) -> Any:
    """The same tree with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random_.shuffle(keys)
        return {key: shuffled(value[key], random_) for key in keys}
    return [shuffled(item, random_) for item in value] if isinstance(value, list) else value


@settings(max_examples=25, deadline=None)
@given(acyclic(), st.randoms(use_true_random=False))
def test_layout_of_the_definition_changes_nothing(dependencies: dict[str, tuple[str, ...]], random_: random.Random) -> None:
    rgd = graph_definition(dependencies)
    one, two = compiled(rgd), compiled(shuffled(rgd, random_))
    assert json.dumps(one.facts()) == json.dumps(two.facts())
    assert json.dumps(one.crd) == json.dumps(two.crd)
    resources = list(rgd["spec"]["resources"])
    random_.shuffle(resources)
    other = compiled({**rgd, "spec": {**rgd["spec"], "resources": resources}})
    assert other.revision_hash == one.revision_hash
    assert other.crd == one.crd
    assert {node.id: (node.wave, node.resource) for node in other.nodes} == {node.id: (node.wave, node.resource) for node in one.nodes}


@settings(max_examples=25, deadline=None)
@given(acyclic(), st.data())
def test_an_unknown_name_anywhere_is_caught(dependencies: dict[str, tuple[str, ...]], data: st.DataObject) -> None:
    rgd = graph_definition(dependencies)
    text = json.dumps(rgd)
    places = [index for index in range(len(text)) if text.startswith("${", index)]
    place = data.draw(st.sampled_from(places))
    end = text.index("}", place)
    broken = json.loads(text[: place + 2] + "nobody.metadata.name" + text[end:])
    found = problems(broken)
    assert found
    assert found[0].code == "unknown-identifier"
    assert "[nobody]" in found[0].message


@settings(max_examples=20, deadline=None)
@given(acyclic())
def test_a_warm_start_renders_what_the_cold_compile_renders(dependencies: dict[str, tuple[str, ...]]) -> None:
    rgd = graph_definition(dependencies)
    cold = compiled(rgd)
    warm = graph_from_facts("thing", rgd["spec"], json.loads(json.dumps(cold.facts())))
    scope: dict[str, Any] = {"schema": {"metadata": {"name": "i", "namespace": "ns"}, "spec": {"text": "t"}}}
    for one, two in zip(cold.nodes, warm.nodes, strict=True):
        rendered = one.render(scope)
        assert rendered == two.render(scope)
        assert rendered["metadata"]["namespace"] == "ns"
        scope[one.id] = rendered
    assert (cold.topological_order, cold.revision_hash) == (warm.topological_order, warm.revision_hash)


def test_reformatting_makes_no_revision_and_real_changes_do() -> None:
    base = definition(config_map("a", readyWhen=["${a.metadata.name == 'a'}", "${true}"]), config_map("b"), spec={"x": "string"})["spec"]
    swapped = {**base, "resources": base["resources"][::-1]}
    explicit = {**base, "schema": {**base["schema"], "group": "kro.run", "scope": "Namespaced", "additionalPrinterColumns": []}}
    turned = {**base, "resources": [{**base["resources"][0], "readyWhen": base["resources"][0]["readyWhen"][::-1]}, base["resources"][1]]}
    assert {revision_hash(each) for each in (base, swapped, explicit, turned)} == {revision_hash(base)}
    loops = [{**base["resources"][0], "forEach": [{"x": "${['a']}"}, {"y": "${['b']}"}]}]
    back = [{**loops[0], "forEach": loops[0]["forEach"][::-1]}]
    assert revision_hash({**base, "resources": loops}) != revision_hash({**base, "resources": back})
    assert revision_hash({**base, "schema": {**base["schema"], "spec": {"x": "integer"}}}) != revision_hash(base)
