"""Recorded lifecycles of kro, played against krofn: the same to be seen after every step, except where the differences page says why.

All chosen scenarios of an API are played at once, since they mostly wait; each has a namespace, a definition and a kind of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.support.backends import Backend, FunctionProcesses
from tests.support.client import Object
from tests.support.lifecycles.differences import Difference, compare, deviations, meant
from tests.support.lifecycles.play import Observation, play
from tests.support.lifecycles.script import Script, scripts
from tests.unit.recorded.rows import DIFFERENCES

WORKERS = 24
SETTINGS = {"allow-crd-deletion": {"KROFN_ALLOW_CRD_DELETION": "true"}}
"""How the functions are started for what a scenario needs."""


def differences(script: Script, name: str, shown: Mapping[str, object]) -> list[Difference]:
    return compare(script, name, script.snapshots.get(name), shown)


def unexplained(script: Script, found: list[Difference]) -> tuple[list[str], list[str]]:
    """Differences that no deviation covers, and deviations that no difference shows."""
    listed = meant(script.name)
    surprises = [f"{item.place} = {item.ours}" for item in found if not any(each.covers(item) for each in listed)]
    stale = [each.place for each in listed if not each.everywhere and not any(each.covers(item) for item in found)]
    return surprises, stale


@pytest.fixture(scope="session")
def played(backend: Backend, functions: FunctionProcesses, request: pytest.FixtureRequest) -> Mapping[str, Future[Observation]]:
    """The observations of all chosen scenarios, as they become known."""
    chosen = {item.callspec.params["name"] for item in request.session.items if "played" in getattr(item, "fixturenames", ())}
    by_needs: dict[tuple[str, ...], list[Script]] = {}
    for name in sorted(chosen):
        by_needs.setdefault(scripts()[name].needs, []).append(scripts()[name])
    granted = grant(backend)
    found: dict[str, Future[Observation]] = {}
    plain = dict(functions.settings)
    for needs, group in sorted(by_needs.items()):
        functions.stop()
        functions.settings = plain | {key: value for need in needs for key, value in SETTINGS[need].items()}
        functions.start()
        with ThreadPoolExecutor(WORKERS) as pool:
            for script in group:
                found[script.name] = pool.submit(_play, script, backend)
    functions.stop()
    functions.settings = plain
    for rgd in granted:
        backend.take_back(rgd)
    return found


def _play(script: Script, backend: Backend) -> Observation:
    def accept(name: str, shown: Mapping[str, object]) -> bool:
        return unexplained(script, differences(script, name, shown))[0] == []

    return play(script, backend.admin(script.name), accept)


def grant(backend: Backend) -> list[Object]:
    """The rights that an administrator would give for what the scenarios' definitions make and refer to; what they were given for."""
    core, apps, rbac = "v1", "apps/v1", "rbac.authorization.k8s.io/v1"
    kinds = [(core, "ConfigMap"), (core, "Secret"), (core, "Service"), (core, "Namespace"), (apps, "Deployment"), (rbac, "ClusterRole")]
    resources = [{"template": {"apiVersion": api_version, "kind": kind}} for api_version, kind in kinds]
    granted: list[Object] = []
    for number, group in enumerate(("kro.run", "lc.example.com", "lcm.example.com")):
        rgd = {"metadata": {"name": f"lifecycles-{number}"}, "spec": {"schema": {}, "resources": resources}}
        backend.grant(group, rgd)
        granted.append(rgd)
    return granted


@pytest.mark.parametrize("name", sorted(scripts()))
def test_lifecycle(name: str, played: Mapping[str, Future[Observation]]) -> None:
    script, seen = scripts()[name], played[name].result()
    assert set(seen.snapshots) == set(script.snapshots)
    found = [item for snapshot, shown in seen.snapshots.items() for item in differences(script, snapshot, shown)]
    found += compare(script, "refusals", _by_step(script.refusals), _by_step(seen.refusals))
    found += compare(script, "timeouts", list(script.timeouts), seen.timeouts)
    assert unexplained(script, found) == ([], [])
    assert seen.disorder == []


def _by_step(refusals: tuple[Mapping[str, object], ...] | list[dict[str, object]]) -> dict[str, object]:
    return {f"step {item['step']}": dict(item) for item in refusals}


def test_every_deviation_is_explained_and_no_scenario_is_unknown() -> None:
    numbers = set(re.findall(r"^\| (\w+) \|", DIFFERENCES.read_text(), re.M))
    assert {item.entry for listed in deviations().values() for item in listed} <= numbers
    assert set(deviations()) - {"*"} <= set(scripts())
