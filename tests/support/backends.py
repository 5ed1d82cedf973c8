"""The two APIs scenarios run against, and the processes of ``krofn run`` beside them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import pytest
import yaml

from tests.cluster.build import ToolsUnavailable
from tests.cluster.control_plane import ControlPlane, ControlPlaneError, free_ports, write_kubeconfig
from tests.support.accounting import Accounting
from tests.support.client import Client, Object
from tests.support.contexts import Access, read_context

ROOT = Path(__file__).parent.parent.parent
SYSTEM = "krofn-system"
FUNCTIONS = ("definition", "instance", "fanout", "bridge")
START_TIMEOUT = 60.0


Outage: TypeAlias = Callable[[], contextlib.AbstractContextManager[None]]


class Backend:
    """An API server for scenarios. The functions have exactly the rights of ``knative/`` and of what a scenario's definition needs.

    kubeconfig: what the functions use; contexts: the kubeconfig context of each process; directory: where logs go; plane: the real control
    plane, where the tests started one; outage: a block during which the API server is gone, without having taken its leave; it knows
    afterwards what it knew. None where that is out of reach.
    """

    def __init__(
        self,
        name: str,
        access: Access,
        directory: Path,
        audit_log: Path | None,
        plane: ControlPlane | None = None,
        outage: Outage | None = None,
    ) -> None:
        self.name, self.access, self.directory, self.plane = name, access, directory, plane
        self.outage = outage
        self.kubeconfig = directory / "functions.kubeconfig"
        self.accounting = Accounting(audit_log) if audit_log else None
        self.client = self.admin()
        for each in manifests("namespace.yaml", "rbac.yaml"):
            self.client.apply(each)
        tokens = {f"krofn-{name}": self._token(f"krofn-{name}") for name in FUNCTIONS}
        write_kubeconfig(self.kubeconfig, access.server, tokens, ca=access.ca)
        self.contexts = {name: f"krofn-{name}" for name in FUNCTIONS}

    def admin(self, namespace: str = "default") -> Client:
        """A client with all rights."""
        return Client(self.access.server, self.access.token, namespace=namespace, certificate=self.access.certificate)

    def _token(self, account: str) -> str:
        path = f"/api/v1/namespaces/{SYSTEM}/serviceaccounts/{account}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 21600}}
        return str(self.client.call("POST", path, json=body)["status"]["token"])

    def grant(self, group: str, rgd: Object) -> None:
        """Lets the functions work with the kinds of a definition."""
        rules = [{"apiGroups": [group], "resources": ["*"], "verbs": ["*"]}]
        for api_version, kind in sorted(kinds_of(rgd)):
            resource = self.client.resource(api_version, kind)[1] if "${" not in kind else "*"
            rules.append(
                {
                    "apiGroups": [api_version.rpartition("/")[0]],
                    "resources": [resource],
                    "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
                }
            )
        name = f"scenario-{rgd['metadata']['name']}"
        labels = {"rbac.kro.run/aggregate-to-controller": "true"}
        self.client.apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": name, "labels": labels},
                "rules": rules,
            }
        )
        target = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "krofn-kinds"}}

        def aggregated(found: Object | None) -> bool:
            present = (found or {}).get("rules") or []
            return all(rule in present for rule in rules)

        self.client.wait(target, aggregated, what="aggregated")

    def take_back(self, rgd: Object) -> None:
        """Ends what :meth:`grant` gave for a definition: what one scenario was granted is not what another relies on, or misses."""
        name = f"scenario-{rgd['metadata']['name']}"
        self.client.delete({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}})


def kinds_of(rgd: Object) -> set[tuple[str, str]]:
    """(apiVersion, kind) of everything a definition makes or refers to."""
    found = set()
    for resource in rgd["spec"].get("resources") or []:
        body = resource.get("template") or resource.get("externalRef")
        if isinstance(body, dict) and isinstance(body.get("apiVersion"), str) and isinstance(body.get("kind"), str):
            found.add((body["apiVersion"], body["kind"]))
    group = rgd["spec"]["schema"].get("group")
    return {item for item in found if item[0].rpartition("/")[0] != group}


def manifests(*names: str) -> list[Object]:
    """Objects of files of ``knative/``."""
    found: list[Object] = []
    for name in names:
        found.extend(each for each in yaml.safe_load_all((ROOT / "knative" / name).read_text()) if each)
    return found


@contextlib.contextmanager
def start_backend(name: str, directory: Path) -> Iterator[Backend]:
    """An API server that is ready. Without the tools for a real one, the test fails where they are required and is skipped elsewhere."""
    if name == "emulator":
        with _emulator(directory) as backend:
            yield backend
        return
    if os.environ.get("KROFN_TEST_CONTEXT"):
        yield Backend(name, read_context(os.environ["KROFN_TEST_CONTEXT"], directory), directory, None)
        return
    try:
        plane = ControlPlane()
        plane.__enter__()
    except (ToolsUnavailable, ControlPlaneError) as error:
        if os.environ.get("KROFN_REQUIRE_CLUSTER"):
            pytest.fail(f"the real API server cannot run: {error}", pytrace=False)
        pytest.skip(f"no real API server: {error}")
    try:
        yield Backend(name, Access(plane.server, plane.token, plane.ca.read_bytes()), directory, plane.audit_log, plane, plane.outage)
    finally:
        plane.stop()


@contextlib.contextmanager
def _emulator(directory: Path) -> Iterator[Backend]:
    kubeconfig, ready, log = directory / "kubeconfig", directory / "emulator.ready", directory / "audit.log"
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "local_emulator.protocol.server", "--port", str(port), "--kubeconfig", str(kubeconfig)]
    # What is kept in a file outlives a kill.
    command += ["--audit-log", str(log), "--ready-file", str(ready), "--data-dir", str(directory / "data")]
    output = directory / "emulator.log"

    def start() -> subprocess.Popen[bytes]:
        ready.unlink(missing_ok=True)
        started = subprocess.Popen(command, cwd=ROOT, stdout=output.open("ab"), stderr=subprocess.STDOUT, start_new_session=True)
        _wait_for(ready, started, output)
        return started

    process = start()

    @contextlib.contextmanager
    def outage() -> Iterator[None]:
        nonlocal process
        process.kill()
        process.wait(5)
        try:
            yield
        finally:
            process = start()

    try:
        config = yaml.safe_load(kubeconfig.read_text())
        token = config["users"][0]["user"].get("token", "")
        access = Access(config["clusters"][0]["cluster"]["server"], token, None)
        yield Backend("emulator", access, directory, log, outage=outage)
    finally:
        _stop(process)


class FunctionProcesses:
    """``krofn run`` against a backend, and the means to hurt it. directory: where its logs go, if not to the backend's."""

    def __init__(self, backend: Backend, directory: Path | None = None, **settings: str) -> None:
        self.backend = backend
        self.settings = {"KROFN_RESYNC_PERIOD": "0", "KROFN_FEATURE_GATES": "CELOmitFunction=true", **settings}
        self.directory = directory or backend.directory
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> FunctionProcesses:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        ready = self.directory / "run.ready"
        ready.unlink(missing_ok=True)
        environment = {**os.environ, **self.settings, "KUBECONFIG": str(self.backend.kubeconfig)}
        environment |= {f"KROFN_{name.upper()}_CONTEXT": context for name, context in self.backend.contexts.items()}
        environment |= {"KROFN_SERVICE_ACCOUNTS": ",".join(f"{name}={SYSTEM}/krofn-{name}" for name in ("bridge", "instance"))}
        for each in manifests("crds/resourcegraphdefinitions.yaml", "crds/graphrevisions.yaml"):
            # Installing is an administrator's act; the functions have no right to it.
            self.backend.client.apply(each)
            self.backend.client.wait_condition(each, "Established")
        command = [sys.executable, "-m", "local_emulator.cli.main", "run", "--ready-file", str(ready)]
        log = (self.directory / "run.log").open("ab")
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        _wait_for(ready, self.process, self.directory / "run.log")

    def stop(self) -> None:
        if self.process is not None:
            _stop(self.process)
            self.process = None

    def ensure_running(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()

    def pid(self, function: str) -> int | None:
        """Process id of a function, if it runs."""
        assert self.process is not None
        for pid in _descendants(self.process.pid):
            with contextlib.suppress(OSError):
                if f"functions.{function}.main:app".encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return None

    def kill(self, function: str) -> bool:
        """SIGKILL; False if it was not running."""
        pid = self.pid(function)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True

    @contextlib.contextmanager
    def frozen(self, function: str) -> Iterator[None]:
        """A function that neither answers nor ends for as long as the block lasts."""
        pid = self.pid(function)
        assert pid is not None, f"{function} does not run"
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def log_size(self) -> int:
        """How long the log is now, in bytes."""
        path = self.directory / "run.log"
        return path.stat().st_size if path.exists() else 0

    def log_since(self, size: int) -> str:
        """What has been logged since it was ``size`` bytes long."""
        path = self.directory / "run.log"
        return path.read_bytes()[size:].decode(errors="replace") if path.exists() else ""

    def log(self, lines: int = 40) -> str:
        path = self.directory / "run.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def _descendants(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found


def _wait_for(path: Path, process: subprocess.Popen[Any], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            raise AssertionError(f"{process.args!r} is not ready (exit code {process.poll()}):\n{tail}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)
