"""What expressions give, as it arrives in objects that the API server stored: libraries, typed values, literal text, inferred status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.conftest import World
from tests.scenarios.test_instances import config_map, names, stored, until
from tests.support.client import Object, condition

EXPRESSIONS = {
    # strings, bindings, formats (45, 54)
    "replace": ("'a-b-a'.replace('a', 'c')", "c-b-c"),
    "split": ("'a,b,c'.split(',')[1]", "b"),
    "join": ("schema.spec.tags.join('+')", "x+y"),
    "lower": ("schema.spec.name.lowerAscii()", "hello"),
    "substring": ("schema.spec.name.substring(1, 3)", "el"),
    "format": ("'%s has %d'.format([schema.spec.name, schema.spec.count])", "Hello has 3"),
    "quote": ("strings.quote('a\"b')", '"a\\"b"'),
    "bind": ("cel.bind(n, schema.spec.name + '!', n + n)", "Hello!Hello!"),
    "sortBy": ("[3, 1, 2].sortBy(n, -n).map(n, string(n)).join('')", "321"),
    "distinct": ("string([1, 1, 2].distinct().size())", "2"),
    "flatten": ("string([[1], [2, 3]].flatten().size())", "3"),
    "slice": ("'abcd'.split('').slice(1, 3).join('')", "bc"),
    "base64": ("base64.encode(bytes(schema.spec.name))", "SGVsbG8="),
    # optionals (44)
    "optional": ("schema.spec.?nothing.orValue('absent')", "absent"),
    "optionalKey": ("schema.spec.labels[?'no'].orValue('none')", "none"),
    "optMap": ("schema.spec.labels[?'team'].optMap(t, t.upperAscii()).orValue('')", "BLUE"),
    # comprehensions of two variables (46)
    "transformList": ("schema.spec.labels.transformList(k, v, k + '=' + v).join(',')", "team=blue"),
    "transformMap": ("schema.spec.labels.transformMap(k, v, v + k)['team']", "blueteam"),
    "existsTwo": ("string(schema.spec.tags.exists(i, t, i == 1 && t == 'y'))", "true"),
    # Kubernetes libraries (47)
    "quantity": ("string(quantity('1Gi').isGreaterThan(quantity('1G')))", "true"),
    "quantityInt": ("string(quantity('2k').asInteger())", "2000"),
    "ip": ("string(ip('10.0.0.1').family())", "4"),
    "cidr": ("string(cidr('10.0.0.0/8').containsIP('10.1.2.3'))", "true"),
    "semver": ("string(semver('1.2.3').minor())", "2"),
    "url": ("url('https://a.example.com:8443/p').getHostname()", "a.example.com"),
    "find": ("'web-123'.find('[0-9]+')", "123"),
    "sum": ("string([1, 2, 3].sum())", "6"),
    # kro's libraries (48 to 52)
    "sha256": ("base64.encode(hash.sha256('hello world'))", "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="),
    "json": ("json.marshal({'b': 1, 'a': [true]})", '{"a":[true],"b":1}'),
    "unjson": ("string(json.unmarshal('{\"n\": 3}').n)", "3"),
    "seeded": ("random.seededString(8, 'abc')", "r6qfjs5d"),
    "seededInt": ("string(random.seededInt(30000, 32768, 'abc'))", "32138"),
    "merge": ("schema.spec.labels.merge({'team': 'red'})['team']", "red"),
    "setAt": ("lists.setAtIndex(['a', 'b'], 1, 'c').join('')", "ac"),
    "insertAt": ("lists.insertAtIndex(['a', 'b'], 1, 'c').join('')", "acb"),
    "removeAt": ("lists.removeAtIndex(['a', 'b'], 0).join('')", "b"),
}
"""Key → (expression, what the ConfigMap holds)."""

SPEC = {"name": "Hello", "count": 3, "tags": ["x", "y"], "labels": {"team": "blue"}}
FIELDS = {"name": "string", "count": "integer", "tags": "[]string", "labels": "map[string]string", "nothing": "string"}


@pytest.mark.feature(34, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54)
def test_libraries_give_what_the_api_server_stores(world: World) -> None:
    data = {key: f"${{{expression}}}" for key, (expression, _) in EXPRESSIONS.items()}
    world.install(rgd := world.rgd("Library", spec=FIELDS, resources=[config_map("out", "out", data)]))
    world.create(world.instance(rgd, "a", SPEC))
    assert (world.client.refresh(stored(world, "out")) or {})["data"] == {key: value for key, (_, value) in EXPRESSIONS.items()}


@pytest.mark.feature(34, 35, 36, 37)
def test_text_around_expressions_and_text_that_is_none(world: World) -> None:
    data = {
        "template": "${schema.spec.name}-${string(schema.spec.count)}!",
        "literal": '${"${HOME}"}',
        "shell": "$HOME $(pwd) $${schema.spec.name}",
        "braces": '${"}" + schema.spec.name + "{"}',
        "lines": "${\n  schema.spec.name  // the name\n}",
        "user": "${schema.spec.nothing}",
    }
    world.install(rgd := world.rgd("Text", spec=FIELDS, resources=[config_map("out", "out", data)]))
    world.create(world.instance(rgd, "a", {**SPEC, "nothing": "${schema.spec.name} ${1 + 1}"}))
    assert (world.client.refresh(stored(world, "out")) or {})["data"] == {
        "template": "Hello-3!",
        "literal": "${HOME}",
        "shell": "$HOME $(pwd) $Hello",
        "braces": "}Hello{",
        "lines": "Hello",
        "user": "${schema.spec.name} ${1 + 1}",
    }


@pytest.mark.feature(41, 42, 43)
def test_values_have_the_types_of_their_schema(world: World) -> None:
    """Secret data is bytes, a creation time is a timestamp, ports are int-or-string, limits are quantities."""
    secret = {
        "id": "secret",
        "template": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": "${schema.spec.name}"}},
    }
    service = {
        "id": "service",
        "template": {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "svc"},
            "spec": {"selector": {"a": "b"}, "ports": [{"port": 80, "targetPort": "${schema.spec.port}"}]},
        },
    }
    pod = {
        "id": "workload",
        "template": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "w"},
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"a": "b"}},
                "template": {
                    "metadata": {"labels": {"a": "b"}},
                    "spec": {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"memory": "${schema.spec.memory}"}}}]},
                },
            },
        },
    }
    data = {
        "secret": "${string(secret.data.k)}",
        "year": "${string(secret.metadata.creationTimestamp.getFullYear() > 2000)}",
        "port": "${string(service.spec.ports[0].targetPort)}",
        "memory": "${string(quantity(string(workload.spec.template.spec.containers[0].resources.limits.memory)).isGreaterThan(quantity('1Mi')))}",
        "any": "${schema.spec.any.deep[0].text}",
    }
    spec = {"name": "string", "port": "string", "memory": "string", "any": "object"}
    rgd = world.rgd("Typed", spec=spec, resources=[secret, service, pod, config_map("out", "out", data)])
    world.install(rgd)
    world.create(world.instance(rgd, "a", {"name": "Hello", "port": "http", "memory": "1Gi", "any": {"deep": [{"text": "yes"}]}}))
    found = (world.client.refresh(stored(world, "out")) or {})["data"]
    assert found == {"secret": "Hello", "year": "true", "port": "http", "memory": "true", "any": "yes"}


@pytest.mark.feature(25, 26, 27, 28, 29)
def test_status_is_inferred_projected_and_may_be_partial(world: World) -> None:
    status = {
        "name": "${out.data.name}",
        "spec": {"count": "${schema.spec.count}", "half": "${double(schema.spec.count) / 2.0}"},
        "list": ["${schema.spec.name}", "${out.metadata.name}"],
        "labels": "${schema.spec.labels}",
        "any": "${schema.spec.tags.exists(t, t == 'x')}",
        "absent": "${out.data.later}",
        "stamp": "${out.metadata.creationTimestamp}",
    }
    rgd = world.rgd("Shown", spec=FIELDS, status=status, resources=[config_map("out", "out", {"name": "${schema.spec.name}"})])
    world.install(rgd)
    crd = world.client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"showns.{world.group}")
    assert crd is not None
    inferred = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    kinds: dict[str, Any] = {key: inferred[key].get("type") for key in status}
    assert kinds == {
        "name": "string",
        "spec": "object",
        "list": "array",
        "labels": "object",
        "any": "boolean",
        "absent": "string",
        "stamp": "string",
    }
    assert {key: inferred["spec"]["properties"][key]["type"] for key in ("count", "half")} == {"count": "integer", "half": "number"}
    instance = world.instance(rgd, "a", SPEC)
    ready = world.create(instance)
    shown = {key: ready["status"].get(key) for key in status if key != "stamp"}
    assert shown == {
        "name": "Hello",
        "spec": {"count": 3, "half": 1.5},
        "list": ["Hello", "out"],
        "labels": {"team": "blue"},
        "any": True,
        "absent": None,
    }
    assert ready["status"]["stamp"].endswith("Z")
    world.client.patch(stored(world, "out"), {"data": {"later": "now"}})
    world.client.wait(instance, lambda found: (found or {})["status"].get("absent") == "now", what="complete")


@pytest.mark.feature(53)
def test_omitted_fields_are_not_there(world: World) -> None:
    data = {"kept": "v", "maybe": "${schema.spec.count > 5 ? 'many' : omit()}"}
    world.install(rgd := world.rgd("Omitting", spec=FIELDS, resources=[config_map("out", "out", data)]))
    instance = world.instance(rgd, "a", SPEC)
    world.create(instance)
    assert (world.client.refresh(stored(world, "out")) or {})["data"] == {"kept": "v"}
    for count, expected in ((6, {"kept": "v", "maybe": "many"}), (1, {"kept": "v"})):
        world.client.apply({**instance, "spec": {**SPEC, "count": count}})
        world.client.wait(stored(world, "out"), lambda found, expected=expected: (found or {}).get("data") == expected, what=str(expected))


@pytest.mark.feature(70)
def test_what_is_not_there_yet_is_waited_for(world: World) -> None:
    """A missing key is no fault: the node waits, and goes on as soon as the data arrives."""
    rgd = world.rgd("Patient", resources=[config_map("first", "first"), config_map("second", "second", {"got": "${first.data.later}"})])
    world.install(rgd)
    instance = world.instance(rgd, "a")
    world.cleanup.append(instance)
    world.client.apply(instance)
    waiting = world.client.wait_condition(instance, "ResourcesReady", "False")
    assert waiting["status"]["state"] == "IN_PROGRESS"
    assert "second" in condition(waiting, "ResourcesReady")["message"]
    assert names(world) == {"first"}
    world.client.patch(stored(world, "first"), {"data": {"later": "now"}})
    until(world, instance, {"first", "second"})
    world.client.wait_condition(instance)


REFUSED: dict[str, tuple[Object, tuple[str, ...]]] = {
    "a wrong literal": (config_map("a", "a", {"k": 5}), ("data.k",)),
    "an unknown field": (
        {"id": "a", "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "daat": {}}},
        ("daat",),
    ),
    "a wrong type": (config_map("a", "a", {"k": "${schema.spec.count}"}), ("data.k", "int", "string")),
    "a wrong list": (
        {
            "id": "a",
            "template": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": "${schema.spec.tags}"}},
        },
        ("spec.ports",),
    ),
    "an unknown key of a literal": (
        {
            "id": "a",
            "template": {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "a"},
                "spec": {"ports": "${[{'port': 80, 'nam': 'http'}]}"},
            },
        },
        ("spec.ports", "nam"),
    ),
    "a nested expression": (config_map("a", "a", {"k": "${schema.spec.name + ${1}}"}), ("data.k", "nested")),
    "an unknown function": (config_map("a", "a", {"k": "${nothing(1)}"}), ("nothing",)),
    "syntax": (config_map("a", "a", {"k": "${1 +}"}), ("data.k",)),
}


@pytest.mark.feature(34, 38, 39, 40)
@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_cannot_work_is_refused_with_its_place(world: World, what: str) -> None:
    resource, words = REFUSED[what]
    rgd = world.rgd("Refused", spec=FIELDS, resources=[resource])
    world.cleanup.append(rgd)
    world.client.apply(rgd)
    verdict = condition(world.client.wait_condition(rgd, "GraphAccepted", "False"), "GraphAccepted")
    assert verdict["reason"] == "InvalidResourceGraph"
    for word in words:
        assert word in verdict["message"]
