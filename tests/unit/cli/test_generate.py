"""``krofn generate``: data alone on stdout, the report on stderr, exit codes that scripts can trust."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcore.graph import synthesize_crd
from graphcore.openapi.values import validate_value
from graphcore.simpleschema import to_openapi
from local_emulator.cli.commands.generate import command
from local_emulator.cli.skeleton import skeleton

pytestmark = pytest.mark.feature(121)

RGD = {
    "apiVersion": "kro.run/v1alpha1",
    "kind": "ResourceGraphDefinition",
    "metadata": {"name": "web"},
    "spec": {
        "schema": {
            "apiVersion": "v1alpha1",
            "kind": "WebApp",
            "types": {"DB": {"user": "string | required=true", "size": "integer | default=3"}},
            "spec": {
                "name": 'string | required=true description="The name of the app" maxLength=10',
                "port": "integer | default=80 minimum=1 maximum=65535",
                "db": "DB | required=true",
                "mode": 'string | enum="a,b"',
                "labels": "map[string]string",
                "hosts": "[]string | uniqueItems=true",
                "extra": "object",
                "opts": {"debug": "boolean | default=false", "deep": {"x": "string | immutable=true"}},
            },
        },
        "resources": [
            {
                "id": "cm",
                "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${schema.spec.name}"}, "data": {"a": "b"}},
            }
        ],
    },
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rgd.yaml"
    path.write_text(yaml.safe_dump(RGD))
    return str(path)


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=input)


def test_crd_is_the_same_in_yaml_and_json(file: str) -> None:
    text, data = run("crd", "-f", file), run("crd", "-f", file, "-o", "json")
    assert (text.exit_code, data.exit_code) == (0, 0)
    assert yaml.safe_load(text.stdout) == json.loads(data.stdout)
    assert json.loads(data.stdout)["metadata"]["name"] == "webapps.kro.run"
    assert text.stderr == ""


def test_stdin_and_several_definitions(file: str) -> None:
    second = {**RGD, "metadata": {"name": "other"}, "spec": {"schema": {**RGD["spec"]["schema"], "kind": "Other"}, "resources": []}}  # type: ignore[index]
    result = run("crd", "-f", "-", input=yaml.safe_dump_all([RGD, second]))
    assert [crd["metadata"]["name"] for crd in yaml.safe_load_all(result.stdout)] == ["webapps.kro.run", "others.kro.run"]
    assert json.loads(run("crd", "-f", "-", "-o", "json", input=yaml.safe_dump_all([RGD, second])).stdout)["kind"] == "List"


def test_a_refused_definition_prints_no_crd(file: str) -> None:
    broken = Path(file).read_text().replace("maxLength=10", "maxLength=x").replace("minimum=1 ", "minimum=y ")
    result = run("crd", "-f", "-", input=broken)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "field name: failed to parse maxLength value" in result.stderr
    assert 'field port: failed to parse minimum value: "y" is not a number' in result.stderr


@pytest.mark.parametrize("text", ["", "kind: ConfigMap", "- a", "{"])
def test_files_without_definition_are_misuse(text: str) -> None:
    assert run("crd", "-f", "-", input=text).exit_code == 2


def test_instance_is_a_valid_skeleton_with_comments(file: str) -> None:
    result = run("instance", "-f", file)
    instance = yaml.safe_load(result.stdout)
    assert instance["spec"] == {"name": "", "port": 80, "db": {"user": "", "size": 3}, "opts": {"debug": False}}
    for line in (
        "  ## The name of the app",
        "  ## string, required, at most 10 characters",
        "  ## integer, optional, at least 1, at most 65535",
        '  ## string, optional, one of "a", "b"',
        "  # mode: a",
        "    # deep:",
    ):
        assert line in result.stdout.splitlines()
    crd = json.loads(run("crd", "-f", file, "-o", "json").stdout)
    assert validate_value(instance, crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "") == ()


def test_uncommented_fields_stay_valid(file: str) -> None:
    lines = run("instance", "-f", file).stdout.splitlines()
    optional = [
        line.replace("# ", "", 1) if line.strip().startswith(("# mode:", "# labels:", "# hosts:", "# extra:")) else line for line in lines
    ]
    spec = yaml.safe_load("\n".join(optional))["spec"]
    assert (spec["mode"], spec["labels"], spec["hosts"], spec["extra"]) == ("a", {}, [], {})


FIELDS = st.deferred(
    lambda: st.dictionaries(
        st.sampled_from(["a", "b", "c", "on", "x-y", "no", "1"]),
        st.one_of(
            st.sampled_from(
                [
                    "string",
                    "integer | required=true minimum=3",
                    'string | default="y: # z"',
                    "[]string",
                    "map[string]integer",
                    'string | pattern="a#b" description="say: # this"',
                    "boolean | default=false",
                    "object",
                ]
            ),
            FIELDS,
        ),
        max_size=3,
    )
)


def uncommented(lines: list[str], choose: Callable[[], bool]) -> Iterator[str]:
    """Takes the sign away from optional fields, each with all its lines."""
    taken, width = False, -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        rest = line.strip()
        if rest.startswith("# ") and not rest.startswith("#   ") and rest != "# }" and rest != "# },":
            taken, width = choose(), indent
        yield line.replace("# ", "", 1) if taken and rest.startswith("# ") and indent == width else line


@given(FIELDS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_an_instance_is_the_same_without_comments_and_yaml_with_any_optional_field(fields: Any, chance: Random) -> None:
    crd = synthesize_crd({"apiVersion": "v1", "kind": "Thing"}, "thing", "", to_openapi(fields, None), None, "devel")
    text = skeleton(crd)
    instance = yaml.safe_load(text)
    lines = text.splitlines()
    assert yaml.safe_load("\n".join(line for line in lines if not line.lstrip().startswith("#"))) == instance
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert validate_value(instance, schema, "") == ()
    for choose in (lambda: True, lambda: chance.random() < 0.5):
        opened = yaml.safe_load("\n".join(uncommented(lines, choose)))
        assert [fault.message for fault in validate_value(opened, schema, "") if "should match" not in fault.message] == []


def test_required_fields_say_so_beside_their_optional_neighbours(file: str) -> None:
    lines = run("instance", "-f", file).stdout.splitlines()
    start = lines.index("spec:")
    for name in ("name", "db", "user"):
        place = next(index for index, line in enumerate(lines) if index > start and line.strip().startswith(f"{name}:"))
        assert ", required" in lines[place - 1]


@pytest.mark.parametrize(("name", "kind"), [("web", "WebApp"), ("other", "Other")])
def test_a_schema_of_one_of_several_definitions_is_chosen_by_name(file: str, name: str, kind: str) -> None:
    second = {**RGD, "metadata": {"name": "other"}, "spec": {"schema": {**RGD["spec"]["schema"], "kind": "Other"}, "resources": []}}  # type: ignore[index]
    both = yaml.safe_dump_all([RGD, second])
    assert json.loads(run("schema", "-f", "-", "--name", name, input=both).stdout)["title"] == kind
    assert run("schema", "-f", "-", input=both).exit_code == 2
    assert run("schema", "-f", "-", "--name", "nobody", input=both).exit_code == 2


def test_schema_is_closed_except_where_anything_goes(file: str) -> None:
    schema: dict[str, Any] = json.loads(run("schema", "-f", file).stdout)
    spec = schema["properties"]["spec"]
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["properties"]["kind"] == {"const": "WebApp"}
    assert spec["additionalProperties"] is False
    assert spec["properties"]["extra"]["additionalProperties"] is True
    assert spec["properties"]["hosts"]["uniqueItems"] is True
    assert not any(key.startswith("x-") for key in json.dumps(schema).split('"'))
