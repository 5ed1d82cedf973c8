"""What ``-f`` and ``--crds`` take: files, directories, lists and stdin, alike in every command that reads definitions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.definitions import Object, config_map, definition, resource
from tests.unit.cli.test_refusals import CUSTOM, krofn

COMMANDS = (("validate",), ("lint",), ("graph",), ("generate", "crd"), ("generate", "instance"), ("generate", "schema"))
FIRST = definition(config_map("a"), spec={"x": "string | default=y"}, name="first", kind="First")
SECOND = definition(config_map("a"), name="second", kind="Second")
BUCKET = resource("bucket", {"apiVersion": "example.com/v1", "kind": "Bucket", "metadata": {"name": "x"}, "spec": {"size": 1}})
USER = definition(BUCKET, name="user", kind="User")


def listed(*items: Any, kind: str = "List") -> Object:
    return {
        "apiVersion": "v1" if kind == "List" else "kro.run/v1alpha1",
        "kind": kind,
        "metadata": {"resourceVersion": ""},
        "items": list(items),
    }


def bare(item: Object) -> Object:
    return {key: value for key, value in item.items() if key not in ("apiVersion", "kind")}


def verdicts(*arguments: str, stdin: str | None = None, code: int = 0) -> list[tuple[str, bool]]:
    answered = krofn("validate", *arguments, "-o", "json", stdin=stdin)
    assert answered.exit_code == code, answered.output
    return [(item["name"], item["valid"]) for item in json.loads(answered.stdout)["definitions"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("form", ["file", "directory", "stdin", "list", "typed list"])
def test_every_command_takes_every_form(command: tuple[str, ...], form: str, tmp_path: Path) -> None:
    content = {"list": listed(FIRST), "typed list": listed(bare(FIRST), kind="ResourceGraphDefinitionList")}.get(form, FIRST)
    file = tmp_path / "below" / "rgd.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(content))
    path = {"directory": str(tmp_path), "stdin": "-"}.get(form, str(file))
    answered = krofn(*command, "-f", path, stdin=file.read_text())
    assert (answered.exit_code, answered.stderr) == (0, "")
    assert "First" in answered.stdout


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ([listed(FIRST, SECOND)], ["first", "second"]),
        ([listed(listed(SECOND), FIRST)], ["second", "first"]),
        ([listed(bare(FIRST), SECOND, kind="ResourceGraphDefinitionList"), USER, CUSTOM], ["first", "second", "user"]),
        ([listed(CUSTOM, config_map("a")["template"], USER)], ["user"]),
        ([None, listed(), FIRST, None], ["first"]),
    ],
)
def test_lists_are_taken_apart(content: list[Any], names: list[str]) -> None:
    assert verdicts("-f", "-", stdin=yaml.safe_dump_all(content)) == [(name, True) for name in names]


def test_a_kind_whose_name_ends_in_list_is_no_list_without_items() -> None:
    answered = krofn("validate", "-f", "-", stdin="apiVersion: example.com/v1\nkind: AllowList\nspec: {}\n")
    assert (answered.exit_code, answered.stderr) == (2, "error: -: no ResourceGraphDefinition in it\n")


def test_several_sources_are_read_together_and_each_once(tmp_path: Path) -> None:
    for name, content in (("a.yaml", FIRST), ("b.json", SECOND), ("notes.txt", USER), (".hidden/c.yaml", FIRST)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(content))
    assert verdicts("-f", str(tmp_path / "b.json"), "-f", str(tmp_path)) == [("second", True), ("first", True)]
    assert krofn("validate", "-f", "-", "-f", "-", stdin=yaml.safe_dump(FIRST)).stderr == "error: -: stdin can be read once only\n"


@pytest.mark.parametrize("form", ["file", "directory", "stdin", "list"])
def test_crds_come_from_anywhere_too(form: str, tmp_path: Path) -> None:
    (tmp_path / "rgd.yaml").write_text(yaml.safe_dump(USER))
    crds = tmp_path / "crds"
    crds.mkdir()
    (crds / "bucket.yaml").write_text(yaml.safe_dump(listed(CUSTOM) if form == "list" else CUSTOM))
    path = {"directory": str(crds), "stdin": "-"}.get(form, str(crds / "bucket.yaml"))
    assert verdicts("-f", str(tmp_path / "rgd.yaml"), "--crds", path, stdin=yaml.safe_dump(CUSTOM)) == [("user", True)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("replicas: {{ .Values.replicas }}\n", "line 1, column"),
        ("- 1\n- 2\n", "not a Kubernetes object but a list"),
        ("\x00", "not YAML"),
        (
            "kind: CustomResourceDefinition\nmetadata: {name: half.example.com}\n",
            "half.example.com: not a complete CustomResourceDefinition",
        ),
        ("kind: List\nitems: [null]\n", "items[0] of a list: not a Kubernetes object but nothing"),
    ],
)
def test_a_stray_file_among_the_crds_names_itself_and_ends_nothing(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "rgd.yaml").write_text(yaml.safe_dump(USER))
    crds = tmp_path / "crds"
    crds.mkdir()
    (crds / "a-stray.yaml").write_text(content)
    (crds / "bucket.yaml").write_text(yaml.safe_dump(CUSTOM))
    answered = krofn("validate", "-f", str(tmp_path / "rgd.yaml"), "--crds", str(crds))
    assert answered.exit_code == 0
    (line,) = answered.stderr.splitlines()
    assert line.startswith(f"{crds / 'a-stray.yaml'}: ")
    assert words in line
    assert line.endswith("; passed over")


def test_a_file_of_a_directory_that_is_no_yaml_is_a_fault_and_the_others_are_judged(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("kind: ResourceGraphDefinition\n  spec: x\n")
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(FIRST))
    (tmp_path / "values.yaml").write_text("just text\n")
    assert verdicts("-f", str(tmp_path), code=1) == [("", False), ("first", True)]
    answered = krofn("validate", "-f", str(tmp_path))
    assert f"{tmp_path / 'broken.yaml'}: line 2, column" in answered.stdout
    assert f"{tmp_path / 'values.yaml'}: not a Kubernetes object but text; passed over" in answered.stderr


@pytest.mark.parametrize(
    ("others", "code", "words"),
    [
        ([definition(config_map("a"), name="other", kind="First")], "duplicate-kind", "the other one is first in -"),
        ([definition(config_map("a"), name="first", kind="Other")], "duplicate-name", "two definitions are called first"),
        ([FIRST], "duplicate-name", "two definitions are called first"),
        ([listed(definition(config_map("a"), name="other", kind="First", group="kro.run"))], "duplicate-kind", "First (kro.run)"),
    ],
)
def test_two_definitions_of_one_kind_or_name_are_a_fault(others: list[Object], code: str, words: str) -> None:
    answered = krofn("validate", "-f", "-", "-o", "json", stdin=yaml.safe_dump_all([FIRST, *others]))
    assert answered.exit_code == 1
    first, second = json.loads(answered.stdout)["definitions"]
    assert (first["valid"], second["valid"]) == (True, False)
    (problem,) = second["problems"]
    assert problem["code"] == code
    assert words in problem["message"]
    assert problem["hint"]


def test_one_kind_in_two_groups_is_none() -> None:
    other = definition(config_map("a"), name="other", kind="First", group="apps.example.com")
    assert verdicts("-f", "-", stdin=yaml.safe_dump_all([FIRST, other])) == [("first", True), ("other", True)]


def test_another_kind_is_named_when_it_looks_misspelt() -> None:
    answered = krofn("lint", "-f", "-", stdin="kind: ResourceGraphDefiniton\n")
    assert (
        answered.stderr == "error: -: no ResourceGraphDefinition in it, but ResourceGraphDefiniton; did you mean ResourceGraphDefinition?\n"
    )


@pytest.mark.parametrize(("word", "near"), [("lnt", "lint"), ("valdiate", "validate"), ("graphs", "graph"), ("Generate", "generate")])
def test_a_misspelt_command_is_recognised(word: str, near: str) -> None:
    answered = krofn(word)
    assert (answered.exit_code, answered.stderr) == (2, f"error: no such command {word}; did you mean {near}?\n")


def test_a_file_in_place_of_a_command_is_told_how(tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text("{}")
    assert krofn(str(file)).stderr == f"error: {file} is a file, not a command: krofn validate -f {file}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("on: 1", [("on", "true")]),
        ("n: {y: 2}", [("n", "false"), ("y", "true")]),
        ("No: 1\nOFF: 2\nYes: 3", [("No", "false"), ("OFF", "false"), ("Yes", "true")]),
        ("010: a\n0x10: b\n~: c", [("010", "8"), ("0x10", "16"), ("~", "null")]),
        ("'on': 1\n\"n\": 2\ntrue: 3\n1: 4\nnone: 5\nonly: 6", []),
    ],
)
def test_keys_that_yaml_changes_are_warned_of_with_their_line(text: str, found: list[tuple[str, str]]) -> None:
    document = f"""
apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata: {{name: thing}}
spec:
  schema:
    apiVersion: v1alpha1
    kind: Thing
  resources:
  - id: widget
    template:
      apiVersion: example.com/v1
      kind: Bucket
      metadata: {{name: x}}
      spec:
        any:
{"".join(f"          {line}{chr(10)}" for line in text.splitlines())}"""
    crd = json.loads(json.dumps(CUSTOM))
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["any"] = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    answered = krofn("lint", "-f", "-", "-o", "json", stdin=f"{document}---\n{yaml.safe_dump(crd)}")
    assert answered.exit_code == 0, answered.output
    (verdict,) = json.loads(answered.stdout)["definitions"]
    problems = verdict["problems"]
    assert [problem["code"] for problem in problems] == ["yaml-key"] * len(found)
    for problem, (written, read) in zip(problems, found, strict=True):
        assert problem["message"].startswith(f"the key {written} in line ")
        assert f'is read as "{read}"' in problem["message"]
        assert problem["node"] == "widget"
        assert problem["path"].startswith("spec.any")
        assert problem["hint"] == f'quote it: "{written}"'
