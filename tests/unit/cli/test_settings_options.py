"""``--x-y`` of ``krofn run`` and ``krofn up`` is KROFN_X_Y for the processes that they start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from functions.platform.settings import Settings, load, variable
from local_emulator.cli.commands import run as run_command
from local_emulator.cli.commands.settings_options import HELP
from local_emulator.cli.main import group
from local_emulator.cli.supervisor import Supervisor, function_commands

GIVEN = {
    "allow_crd_deletion": ("true", True),
    "rgd_max_graph_revisions": ("7", 7),
    "rgd_max_collection_size": ("30", 30),
    "rgd_max_collection_dimension_size": ("2", 2),
    "instance_requeue_interval": ("2s", 2.0),
    "rgd_progress_requeue_delay": ("1m", 60.0),
    "feature_gates": ("CELOmitFunction=true", {"CELOmitFunction": True}),
    "version_label": ("v1", "v1"),
    "service_accounts": ("bridge=a/b", {"bridge": "a/b"}),
    "resync_period": ("0", 0.0),
    "run_deadline": ("5s", 5.0),
}
"""Setting → (what is typed, what the functions read)."""


class Started(Exception):
    """Everything would be started now. environments: of the processes, by name."""

    def __init__(self, environments: dict[str, Mapping[str, str]]) -> None:
        super().__init__()
        self.environments = environments


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: object) -> Any:
        async def close() -> None:
            return None

        return SimpleNamespace(close=close)

    async def ensure_crds(*_: object, **__: object) -> list[tuple[str, str]]:
        return []

    async def start(_: Supervisor, environment: Mapping[str, str], directory: Path) -> None:
        raise Started({item.name: item.environment for item in function_commands(environment, directory)})

    monkeypatch.setattr("local_emulator.cli.install.connect", connect)
    monkeypatch.setattr("local_emulator.cli.install.ensure_crds", ensure_crds)
    monkeypatch.setattr(run_command, "start_functions", start)


def started(*arguments: str, **environment: str) -> dict[str, Mapping[str, str]]:
    answered = CliRunner().invoke(group, ["run", *arguments], env=environment)
    assert isinstance(answered.exception, Started), answered.output
    return answered.exception.environments


def test_every_setting_of_an_operator_is_an_option() -> None:
    addresses = {"ready_file", "context", "definition_url", "instance_url", "fanout_url", "bridge_url", "sink"}
    assert set(HELP) == set(GIVEN) == set(Settings.__dataclass_fields__) - addresses


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_an_option_reaches_every_function(nothing_starts: None, name: str) -> None:
    text, value = GIVEN[name]
    for environment in started(f"--{name.replace('_', '-')}", text).values():
        assert getattr(load(environment), name) == value


def test_an_option_wins_over_the_environment(nothing_starts: None) -> None:
    for environment in started("--run-deadline", "5s", KROFN_RUN_DEADLINE="9s", KROFN_RESYNC_PERIOD="1m").values():
        settings = load(environment)
        assert (settings.run_deadline, settings.resync_period) == (5.0, 60.0)


def test_a_flag_of_kro_may_stand_alone(nothing_starts: None) -> None:
    for arguments in (["--allow-crd-deletion"], ["--allow-crd-deletion=true"], ["--allow-crd-deletion", "--install"]):
        assert all(load(environment).allow_crd_deletion for environment in started(*arguments).values())
    assert not any(load(environment).allow_crd_deletion for environment in started("--allow-crd-deletion=false").values())


@pytest.mark.parametrize("command", ["run", "up"])
@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--instance-requeue-interval", "soon", "is not a duration; write for example 3s"),
        ("--rgd-max-collection-size", "0", "must be 1 or more"),
        ("--feature-gates", "Omit=true", "unknown feature gate 'Omit'; known are CELOmitFunction"),
    ],
)
def test_a_bad_value_gets_one_line(command: str, option: str, text: str, words: str) -> None:
    answered = CliRunner().invoke(group, [command, option, text])
    assert answered.exit_code == 2
    (line,) = answered.stderr.splitlines()
    assert line.startswith(f"error: {option}: ")
    assert words in line


def test_the_reference_page_names_every_setting_and_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "settings.md").read_text()
    rows = dict(re.findall(r"^\| `--([a-z-]+)` \| `(KROFN_[A-Z_]+)` \| ", page, re.MULTILINE))
    assert rows == {name.replace("_", "-"): variable(name) for name in HELP}
    defaults = dict(re.findall(r"^\| `--[a-z-]+` \| `(KROFN_[A-Z_]+)` \| `([^`]+)` \| ", page, re.MULTILINE))
    assert load({**defaults, "KROFN_VERSION_LABEL": "devel"}) == Settings()
    for name in set(Settings.__dataclass_fields__) - set(HELP):
        assert f"`{variable(name)}`" in page
