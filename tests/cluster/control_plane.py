"""A real Kubernetes control plane as plain processes on loopback: etcd, kube-apiserver, kube-controller-manager and, on request, kwok.

RBAC is on, clients use bearer tokens, and every request is in the audit log at Metadata level. Everything lives in one temporary
directory, which is removed when the control plane stops, after Ctrl-C as well.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tests.cluster.build import require

START_TIMEOUT = 90.0
CONTROLLERS = ("garbage-collector-controller", "namespace-controller", "clusterrole-aggregation-controller", "serviceaccount-controller")
"""Without kwok nothing runs Pods; then nothing else should touch workloads either, so that scenarios can play the kubelet."""
NODE = "node-0"
"""The node that kwok plays. Nothing schedules: a Pod that should run there says ``nodeName``."""
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "None", "nonResourceURLs": ["/healthz*", "/readyz*", "/livez*"]}, {"level": "Metadata"}],
}


class ControlPlaneError(RuntimeError):
    """A component did not start; the message ends with the tail of its log."""


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class ControlPlane:
    """One control plane. ``server``, ``token`` (cluster admin), ``kubeconfig`` and ``audit_log`` say how to use it."""

    def __init__(self, *, kwok: bool = False, data_dir: Path | None = None) -> None:
        self.with_kwok = kwok
        self.directory = data_dir or Path(tempfile.mkdtemp(prefix="krofn-cluster-"))
        self.directory.mkdir(parents=True, exist_ok=True)
        self.token = secrets.token_hex(16)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        etcd, etcd_peer, api, manager = free_ports(4)
        self.etcd_url, self.etcd_peer_url = f"http://127.0.0.1:{etcd}", f"http://127.0.0.1:{etcd_peer}"
        self.port, self.manager_port = api, manager
        self.server = f"https://127.0.0.1:{api}"
        self.audit_log = self.directory / "audit.log"
        self.kubeconfig = self.directory / "kubeconfig"

    def __enter__(self) -> ControlPlane:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def ca(self) -> Path:
        return self.directory / "certs" / "apiserver.crt"

    def start(self) -> None:
        """Starts the components and waits until the API server is ready and namespaces get their service accounts."""
        self._start_etcd()
        self._start_apiserver()
        self._wait("kube-apiserver", "/readyz")
        write_kubeconfig(self.kubeconfig, self.server, {"admin": self.token}, ca=self.ca.read_bytes())
        self._start_manager()
        if self.with_kwok:
            self._start_kwok()
        self._wait("kube-controller-manager", "/api/v1/namespaces/default/serviceaccounts/default")

    def stop(self) -> None:
        """Stops everything, last started first, and removes the directory. Harmless when called twice."""
        for process in reversed(self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes.values()):
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        self.processes.clear()
        shutil.rmtree(self.directory, ignore_errors=True)

    def request(self, path: str, body: dict[str, Any] | None = None) -> bytes:
        """GET, or POST of ``body``, as cluster admin."""
        context = ssl._create_unverified_context()
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.server + path, data, headers)
        with urllib.request.urlopen(request, timeout=5, context=context) as response:
            answer: bytes = response.read()
            return answer

    def _run(self, name: str, *arguments: str) -> None:
        log = (self.directory / f"{name}.log").open("wb")
        self.processes[name] = subprocess.Popen(
            [str(require(name)), *arguments],
            cwd=self.directory, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env={"PATH": os.environ["PATH"], "HOME": str(self.directory)},
        )  # fmt: skip

    def _start_etcd(self) -> None:
        self._run(
            "etcd", f"--data-dir={self.directory / 'etcd'}", f"--listen-client-urls={self.etcd_url}", f"--advertise-client-urls={self.etcd_url}",
            f"--listen-peer-urls={self.etcd_peer_url}", f"--initial-advertise-peer-urls={self.etcd_peer_url}",
            f"--initial-cluster=default={self.etcd_peer_url}", "--unsafe-no-fsync=true", "--log-level=warn",
        )  # fmt: skip

    @contextlib.contextmanager
    def outage(self) -> Iterator[None]:
        """The API server is killed, and started again after the block; the other components stay."""
        process = self.processes.pop("kube-apiserver")
        process.kill()
        process.wait(5)
        try:
            yield
        finally:
            self._start_apiserver()
            self._wait("kube-apiserver", "/readyz")

    def _start_apiserver(self) -> None:
        key = self.directory / "sa.key"
        if not key.exists():
            subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        tokens = self.directory / "tokens.csv"
        tokens.write_text(f'{self.token},admin,admin,"system:masters"\n')
        policy = self.directory / "audit-policy.yaml"
        policy.write_text(yaml.safe_dump(_AUDIT_POLICY))
        self._run(
            "kube-apiserver", f"--etcd-servers={self.etcd_url}", f"--secure-port={self.port}", "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
            f"--cert-dir={self.directory / 'certs'}", f"--token-auth-file={tokens}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/16", "--endpoint-reconciler-type=none", f"--audit-policy-file={policy}", f"--audit-log-path={self.audit_log}",
            "--audit-log-mode=blocking", "--allow-privileged=true", "--enable-priority-and-fairness=false", "--watch-cache=true",
        )  # fmt: skip

    def _start_manager(self) -> None:
        controllers = ("*",) if self.with_kwok else CONTROLLERS
        self._run(
            "kube-controller-manager", *self._manager_arguments(self.manager_port, controllers), f"--service-account-private-key-file={self.directory / 'sa.key'}",
            "--concurrent-namespace-syncs=10", "--namespace-sync-period=2s",
        )  # fmt: skip

    def _manager_arguments(self, port: int, controllers: tuple[str, ...]) -> list[str]:
        return [
            f"--kubeconfig={self.kubeconfig}", "--use-service-account-credentials=false", "--leader-elect=false", f"--secure-port={port}",
            "--bind-address=127.0.0.1", f"--cert-dir={self.directory / 'manager-certs'}", f"--controllers={','.join(controllers)}",
        ]  # fmt: skip

    @contextlib.contextmanager
    def controllers(self, *names: str) -> Iterator[None]:
        """A second kube-controller-manager that runs these controllers for as long as the block lasts."""
        (port,) = free_ports(1)
        log = (self.directory / "more-controllers.log").open("wb")
        process = subprocess.Popen(
            [str(require("kube-controller-manager")), *self._manager_arguments(port, names)],
            cwd=self.directory, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, env={"PATH": os.environ["PATH"], "HOME": str(self.directory)},
        )  # fmt: skip
        try:
            yield
        finally:
            process.kill()
            process.wait(5)

    def _start_kwok(self) -> None:
        self._run("kwok", f"--kubeconfig={self.kubeconfig}", "--manage-all-nodes=true", "--server-address=")
        self.request("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})

    def _wait(self, name: str, path: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        last = ""
        while time.monotonic() < deadline:
            for other, process in self.processes.items():
                if process.poll() is not None:
                    raise ControlPlaneError(f"{other} exited with {process.returncode}\n{self.log_tail(other)}")
            try:
                self.request(path)
            except (urllib.error.URLError, OSError) as error:
                last = str(error)
                time.sleep(0.1)
            else:
                return
        raise ControlPlaneError(f"{name} was not ready after {START_TIMEOUT:.0f} s ({last})\n{self.log_tail(name)}")

    def log_tail(self, name: str, lines: int = 20) -> str:
        """The last lines a component wrote."""
        log = self.directory / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def audit_events(self, offset: int = 0) -> Iterator[dict[str, Any]]:
        """Audit events written after byte ``offset``."""
        if not self.audit_log.exists():
            return
        with self.audit_log.open("rb") as log:
            log.seek(offset)
            for line in log:
                if line.endswith(b"\n"):
                    yield json.loads(line)


def write_kubeconfig(path: Path, server: str, tokens: dict[str, str], *, ca: bytes | None = None) -> None:
    """A kubeconfig with one context per user; the first is current."""
    cluster: dict[str, Any] = {"server": server}
    if ca is not None:
        cluster["certificate-authority-data"] = base64.b64encode(ca).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "krofn", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}} for user, token in tokens.items()],
        "contexts": [{"name": user, "context": {"cluster": "krofn", "user": user}} for user in tokens],
        "current-context": next(iter(tokens)),
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    path.chmod(0o600)
