"""What a user did wrong is said in one clear line, with exit code 1 or 2 and never a traceback; a broken definition is told everywhere alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from local_emulator.cli.main import COMMANDS, group
from local_emulator.hosting.host import Host
from tests.emulator.hosting import Object, apply, condition, play, read

ROOT = Path(__file__).parent.parent.parent.parent
EXAMPLE = ROOT / "examples" / "web-app" / "rgd.yaml"


def krofn(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(group, arguments, input=stdin, env={"NO_COLOR": "1", "HOME": "/nonexistent", "KUBECONFIG": ""})


def process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local_emulator.cli.main", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)


def definition(*resources: Object, **status: str) -> Object:
    schema: Object = {"apiVersion": "v1alpha1", "kind": "Thing", "spec": {"count": "integer"}}
    if status:
        schema["status"] = status
    return {
        "apiVersion": "kro.run/v1alpha1",
        "kind": "ResourceGraphDefinition",
        "metadata": {"name": "thing"},
        "spec": {"schema": schema, "resources": list(resources)},
    }


def config(name: str, node: str, **more: object) -> Object:
    return {"id": node, "template": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}}


UNKNOWN_FIELD = definition(config("a", "settings", dat={"key": "value"}))
CYCLE = definition(config("${second.metadata.name}", "first"), config("${first.metadata.name}", "second"))
TYPE_ERROR = definition(config("a", "settings", data={"size": "${schema.spec.count + 'x'}"}))


MANY = definition(config("a", "settings", data={f"k{number}": f"${{schema.spec.coun + '{number}'}}" for number in range(12)}))


def test_twelve_faults_are_lines_of_which_none_says_the_same_again(tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text(yaml.safe_dump(MANY))
    (verdict,) = json.loads(krofn("validate", "-f", str(file), "-o", "json").stdout)["definitions"]
    assert len(verdict["problems"]) == 12
    assert len(verdict["message"]) < 500
    assert "and 7 more places" in verdict["message"]
    mixed = [config("a", f"n{number}", data={"x": f"${{schema.spec.count + 'x{number}'}}", f"y{number}": 1}) for number in range(6)]
    file.write_text(yaml.safe_dump(definition(*mixed)))
    (verdict,) = json.loads(krofn("validate", "-f", str(file), "-o", "json").stdout)["definitions"]
    assert len(verdict["problems"]) == 12
    assert max(map(len, verdict["message"].splitlines())) < 200
    assert "and one more place" in verdict["message"]
    assert verdict["message"].count("write a value of type string") == 1


@pytest.mark.feature(35, 60)
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (UNKNOWN_FIELD, ["settings", "dat", "did you mean data?"]),
        (CYCLE, ["first -> second -> first", "metadata.name"]),
        (TYPE_ERROR, ["settings", "data.size", "schema.spec.count + 'x'", "no matching overload", "1:19"]),
        (MANY, ["12 problems:\n1. ", "undefined field 'coun'", "and 7 more places"]),
    ],
    ids=["unknown field", "cycle", "type error", "twelve faults"],
)
def test_a_broken_definition_is_refused_alike_by_validate_and_in_its_condition(broken: Object, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text(yaml.safe_dump(broken))
    answered = krofn("validate", "-f", str(file), "-o", "json")
    assert answered.exit_code == 1
    (verdict,) = json.loads(answered.stdout)["definitions"]
    assert verdict["valid"] is False
    for word in words:
        assert word in verdict["message"]
    told: list[Object] = []

    async def scene(host: Host) -> None:
        await apply(host.client(), broken)
        await host.quiet()
        stored = await read(host.client(), broken)
        assert stored is not None
        assert stored["status"]["state"] == "Inactive"
        told.append(condition(stored, "GraphAccepted"))

    play(scene, rgd_progress_requeue_delay=0.0)
    assert (told[0]["status"], told[0]["reason"], told[0]["message"]) == ("False", "InvalidResourceGraph", verdict["message"])


def test_every_fault_is_shown_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text(
        yaml.safe_dump(definition(*UNKNOWN_FIELD["spec"]["resources"], config("x", "other", data={"size": "${schema.spec.count}"})))
    )
    shown = krofn("validate", "-f", str(file))
    assert shown.exit_code == 1
    assert "node settings · dat" in shown.stdout
    assert "node other · data.size" in shown.stdout
    assert "hint: did you mean data?" in shown.stdout
    assert shown.stderr == "error: the definition is refused\n"


def test_gates_and_limits_are_those_of_the_functions(tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text(yaml.safe_dump(definition(config("a", "settings", data={"x": "${schema.metadata.name == '' ? 'y' : omit()}"}))))
    for gates, code in (("", 1), ("CELOmitFunction=true", 0)):
        environment = {"NO_COLOR": "1", "KROFN_FEATURE_GATES": gates}
        assert CliRunner().invoke(group, ("validate", "-f", str(file)), env=environment).exit_code == code
    answered = CliRunner().invoke(group, ("validate", "-f", str(file)), env={"KROFN_FEATURE_GATES": "CELOmitFunction"})
    assert answered.exit_code == 2
    assert answered.stderr.startswith("error: KROFN_FEATURE_GATES: ")


def test_a_file_that_is_no_definition_gives_places_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    broken = definition(config("a", "settings"))
    broken["spec"]["resources"] += [None, {"id": "b", "readyWhen": True}]
    file.write_text(yaml.safe_dump(broken))
    for words in (("validate",), ("generate", "crd")):
        answered = krofn(*words, "-f", str(file))
        assert answered.exit_code == 1
        assert "spec.resources[1]" in answered.output
        assert "spec.resources[2].readyWhen" in answered.output


def test_the_example_is_valid_from_a_file_and_from_stdin() -> None:
    for answered in (krofn("validate", "-f", str(EXAMPLE)), krofn("validate", "-f", "-", stdin=EXAMPLE.read_text())):
        assert answered.exit_code == 0
        assert "web-app  WebApp (kro.run/v1alpha1)  config → deployment → service → ingress" in answered.stdout
        assert answered.stderr == ""


def test_definitions_may_use_each_others_kinds_in_any_order(tmp_path: Path) -> None:
    inner = definition(config("a", "settings"))
    outer = definition(
        {"id": "inner", "template": {"apiVersion": "kro.run/v1alpha1", "kind": "Thing", "metadata": {"name": "x"}, "spec": {}}}
    )
    outer["metadata"]["name"], outer["spec"]["schema"]["kind"] = "outer", "Outer"
    file = tmp_path / "both.yaml"
    file.write_text(yaml.safe_dump_all([outer, inner]))
    answered = krofn("validate", "-f", str(file), "-o", "json")
    assert answered.exit_code == 0
    assert [item["name"] for item in json.loads(answered.stdout)["definitions"]] == ["outer", "thing"]


CUSTOM: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "buckets.example.com"},
    "spec": {
        "group": "example.com",
        "names": {"kind": "Bucket", "plural": "buckets"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
                    }
                },
            }
        ],
    },
}


def test_kinds_of_a_crds_directory_can_be_used(tmp_path: Path) -> None:
    bucket = {"apiVersion": "example.com/v1", "kind": "Bucket", "metadata": {"name": "x"}, "spec": {"size": "${schema.spec.count}"}}
    (tmp_path / "rgd.yaml").write_text(yaml.safe_dump(definition({"id": "bucket", "template": bucket})))
    (tmp_path / "crds").mkdir()
    (tmp_path / "crds" / "bucket.yaml").write_text(yaml.safe_dump(CUSTOM))
    assert krofn("validate", "-f", str(tmp_path / "rgd.yaml")).exit_code == 1
    assert krofn("validate", "-f", str(tmp_path / "rgd.yaml"), "--crds", str(tmp_path / "crds")).exit_code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: [\n", "not YAML"),
        ("- 1\n", "not a Kubernetes object but a list"),
        ("just text\n", "not a Kubernetes object but text"),
        ("kind: ConfigMap\n", "no ResourceGraphDefinition in it"),
        ("", "no ResourceGraphDefinition in it"),
        ("[" * 5000, "not YAML"),
        ("!!python/object/apply:os.system ['true']\n", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_line(content: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "rgd.yaml"
    file.write_text(content)
    answered = krofn("validate", "-f", str(file))
    assert answered.exit_code == 2
    assert answered.stdout == ""
    (line,) = answered.stderr.splitlines()
    assert line.startswith(f"error: {file}: ")
    assert words in line or "nested too deeply" in line


@pytest.mark.parametrize(("path", "words"), [("/nope/rgd.yaml", "no such file or directory"), ("/dev/null/rgd.yaml", "Not a directory")])
def test_a_file_that_is_not_there_gets_one_line(path: str, words: str) -> None:
    answered = krofn("validate", "-f", path)
    assert (answered.exit_code, answered.stderr) == (2, f"error: {path}: {words}\n")


DEAD = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "dead",
    "clusters": [{"name": "dead", "cluster": {"server": "http://127.0.0.1:1"}}],
    "contexts": [{"name": "dead", "context": {"cluster": "dead", "user": "dead"}}],
    "users": [],
}


@pytest.mark.parametrize("command", [["run"], ["validate", "-f", str(EXAMPLE)]], ids=["run", "validate"])
def test_an_unreachable_api_gets_one_line(command: list[str], tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(DEAD))
    answered = krofn(*command, "--kubeconfig", str(kubeconfig))
    assert answered.exit_code == 1
    assert answered.stderr == "error: cannot reach the Kubernetes API at http://127.0.0.1:1: Connection refused\n"


@pytest.mark.parametrize(
    ("content", "context", "words"),
    [
        (None, None, "does not exist"),
        ("{", None, "not valid YAML"),
        ("[]", None, "not valid YAML"),
        ("{}", None, "kubeconfig"),
        (yaml.safe_dump(DEAD), "other", "other"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_gets_one_line(content: str | None, context: str | None, words: str, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    if content is not None:
        kubeconfig.write_text(content)
    answered = krofn("run", "--kubeconfig", str(kubeconfig), *(["--context", context] if context else []))
    assert answered.exit_code == 1
    (line,) = answered.stderr.splitlines()
    assert line.startswith("error: ")
    assert words in line


def test_a_bad_setting_is_found_before_anything_starts() -> None:
    answered = process("run", KROFN_RUN_DEADLINE="soon")
    assert answered.returncode == 2
    assert answered.stderr.startswith("error: KROFN_RUN_DEADLINE: 'soon' is not a duration")
    assert answered.stdout == ""


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_exists_and_explains_itself(name: str) -> None:
    answered = krofn(name, "--help")
    assert answered.exit_code == 0
    assert "Usage:" in answered.stdout


def test_version_as_text_and_json() -> None:
    assert krofn("version").stdout.startswith("krofn ")
    assert set(json.loads(krofn("version", "-o", "json").stdout)) == {"krofn", "python"}


def test_wrong_usage_is_code_2() -> None:
    assert krofn("no-such-command").exit_code == 2
    assert krofn("validate").exit_code == 2
    assert krofn("run", "--no-such-option").exit_code == 2


def test_no_escape_codes_without_a_terminal(tmp_path: Path) -> None:
    answered = process("validate", "-f", str(EXAMPLE))
    assert "\x1b" not in answered.stdout + answered.stderr
