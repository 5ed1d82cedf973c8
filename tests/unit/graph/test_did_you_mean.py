"""Kinds, fields and functions that do not exist are named as what they are, with the one that was meant."""

from __future__ import annotations

import pytest

from graphcore.errors import ProblemsError
from graphcore.graph import compile_graph
from graphcore.openapi.builtin_kinds import BUILTIN
from local_emulator.cli.offline import offline_schemas
from local_emulator.objects.builtin.kinds import load_kinds
from tests.support.definitions import compiled, config_map, definition, deployment, problems, resource

SPEC = {"names": "[]string | required=true", "text": "string | required=true", "sizes": "map[string]integer | required=true"}


@pytest.mark.parametrize(
    ("expression", "code", "words", "hint"),
    [
        ("json.marshall(schema.spec)", "unknown-function", "[{json.marshall}]", "did you mean json.marshal()?"),
        ("jsn.marshal(schema.spec)", "unknown-function", "[{jsn.marshal}]", "did you mean json.marshal()?"),
        ("base64.encod(bytes(schema.spec.text))", "unknown-function", "[{base64.encod}]", "did you mean base64.encode()?"),
        ("string(hash.sha512(schema.spec.text))", "unknown-function", "[{hash.sha512}]", "did you mean hash.sha256()?"),
        ("string(lists.rnge(3).size())", "unknown-function", "[{lists.rnge}]", "did you mean lists.range()?"),
        ("json.size(schema.spec)", "unknown-function", "[{json.size}]", None),
        ("string(schema.spec.names.exist(x, x == 'a'))", "unknown-function", "[{exist}]", "did you mean exists()?"),
        ("schema.spec.names.maps(x, x + 'a')[0]", "unknown-function", "[{maps}]", "did you mean map()?"),
        ("cel.bnd(x, schema.spec.text, x + x)", "unknown-function", "[{cel.bnd}]", "did you mean cel.bind()?"),
        ("schema.spec.names.map(x)[0]", "unknown-function", "[{map}]", "map() takes 2 or 3 arguments"),
        ("strng(schema.spec.text)", "unknown-function", "[{strng}]", "did you mean string()?"),
        ("lenght(schema.spec.text)", "unknown-function", "[{lenght}]", "did you mean size()?"),
        ("schema.spec.text.frobnicate()", "type-check", "undeclared reference to 'frobnicate'", None),
        ("schema.spec.text.toUpper()", "type-check", "undeclared reference to 'toUpper'", "did you mean upperAscii()?"),
        ("schema.spec.text.startWith('a') ? 'a' : 'b'", "type-check", "undeclared reference to 'startWith'", "did you mean startsWith()?"),
        ("schema.spec.names.joins('-')", "type-check", "undeclared reference to 'joins'", "did you mean join()?"),
        ("schema.spec.txt", "type-check", "undefined field 'txt'", "did you mean text?"),
        ("schema.spec.nothing", "type-check", "undefined field 'nothing'", "declared here: names, sizes, text"),
        ("schema.metadata.lables.a", "type-check", "undefined field 'lables'", "did you mean labels?"),
        ("string(deploy.spec.replica)", "type-check", "undefined field 'replica'", "did you mean replicas?"),
        ("deply.metadata.name", "unknown-identifier", "[deply]", "did you mean deploy?"),
        ("deply.spec.size()", "unknown-identifier", "[deply]", "did you mean deploy?"),
        ("thing.foo(schema.spec.text)", "unknown-identifier", "[thing]", "known here: "),
        ("json + json.marshall(schema.spec)", "unknown-identifier", "[json]", "known here: "),
    ],
)
@pytest.mark.parametrize("place", ["template", "status"])
def test_what_an_expression_lacks_is_named_as_what_it_is(expression: str, code: str, words: str, hint: str | None, place: str) -> None:
    data = {"x": f"${{{expression}}}"}
    extra = {"status": data} if place == "status" else {}
    found = problems(definition(deployment("deploy"), config_map("c", data=data if place == "template" else {}), spec=SPEC, **extra))
    assert [problem.code for problem in found] == [code]
    assert words in found[0].message
    assert (found[0].hint or "").startswith(hint or "")
    assert hint is not None or found[0].hint is None


@pytest.mark.parametrize(
    ("condition", "words"),
    [("config.data.exist(k, k == 'a')", "[{exist}]"), ("json.marshall(config.data) == ''", "[{json.marshall}]")],
)
def test_ready_conditions_speak_of_the_function_too(condition: str, words: str) -> None:
    (problem,) = problems(definition(config_map("config", readyWhen=[f"${{{condition}}}"])))
    assert (problem.code, problem.path) == ("unknown-function", "readyWhen[0]")
    assert words in problem.message


GATEWAY = definition(kind="Gateway", group="net.example.com")


@pytest.mark.parametrize(
    ("api_version", "kind", "hint"),
    [
        ("v1", "Deployment", "Deployment is in apps/v1: write apiVersion: apps/v1"),
        ("apps/v1beta1", "Deployment", "Deployment is in apps/v1: write apiVersion: apps/v1"),
        ("extensions/v1beta1", "Ingress", "Ingress is in networking.k8s.io/v1: write apiVersion: networking.k8s.io/v1"),
        ("apps/v1", "ConfigMap", "ConfigMap is in v1: write apiVersion: v1"),
        (
            "autoscaling/v2beta2",
            "HorizontalPodAutoscaler",
            "HorizontalPodAutoscaler is in autoscaling/v2: write apiVersion: autoscaling/v2",
        ),
        ("batch/v1", "Cronjob", "did you mean CronJob? kinds are case-sensitive"),
        ("apps/v1", "Deploymnt", "did you mean Deployment?"),
        ("v1", "ConfigMaps", "did you mean ConfigMap?"),
        ("v1", "Deploymnet", "did you mean Deployment in apps/v1?"),
        ("app/v1", "Nothing", "did you mean apps/v1?"),
        ("policy/v1beta1", "Nothing", "did you mean policy/v1?"),
        ("v2", "ConfigMap", "ConfigMap is in v1: write apiVersion: v1"),
        ("net.example.com/v1", "Gateway", "Gateway is in net.example.com/v1alpha1: write apiVersion: net.example.com/v1alpha1"),
        ("net.exmple.com/v1alpha1", "Gatewy", "did you mean net.example.com/v1alpha1?"),
        ("net.example.com/v1alpha1", "Gatway", "did you mean Gateway?"),
        ("cert-manager.io/v1", "Certificate", "install the CRD that provides it, or check the spelling"),
        ("apps/v1", "Something", "install the CRD that provides it; kinds are case-sensitive"),
    ],
)
def test_a_kind_that_is_not_there_is_looked_for_where_it_is(api_version: str, kind: str, hint: str) -> None:
    crd = compiled(GATEWAY).crd
    assert crd is not None
    rgd = definition(resource("r", {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}}))
    with pytest.raises(ProblemsError) as caught:
        compile_graph(rgd, offline_schemas().with_crd(crd))
    (problem,) = caught.value.problems
    assert problem.code in ("unknown-kind", "unknown-group-version")
    assert problem.hint == hint


def test_built_in_kinds_are_those_that_the_api_server_has() -> None:
    served: dict[str, set[str]] = {}
    for each in load_kinds():
        served.setdefault(each.group_version, set()).add(each.kind)
    assert {version: set(kinds) for version, kinds in BUILTIN.items()} == served
