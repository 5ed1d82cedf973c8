"""Builds the real components the tests run against: pinned Go modules, built once into a cache keyed by their ``go.sum``.

Each family has a module of its own below ``tools/``, because their dependency trees clash. ``KUBEBUILDER_ASSETS``, when set, is used
instead of the kubernetes and etcd families.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TOOLS = HERE / "tools"
CACHE = HERE.parent.parent / ".cache" / "tools"
KUBERNETES = "v1.36.2"
GO = "go1.26"

_VERSION = "k8s.io/component-base/version"
_KUBERNETES_FLAGS = (
    f"-X {_VERSION}.gitVersion={KUBERNETES} -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36 -X {_VERSION}.gitTreeState=clean"
)


@dataclass(frozen=True)
class Family:
    """A Go module below ``tools/``. packages: import path → name of the binary. asset: whether KUBEBUILDER_ASSETS may provide it."""

    name: str
    packages: dict[str, str]
    ldflags: str = ""
    asset: bool = False


FAMILIES = (
    Family(
        "kubernetes",
        {
            "k8s.io/kubernetes/cmd/kube-apiserver": "kube-apiserver",
            "k8s.io/kubernetes/cmd/kube-controller-manager": "kube-controller-manager",
            "k8s.io/kubernetes/cmd/kubectl": "kubectl",
        },
        _KUBERNETES_FLAGS,
        asset=True,
    ),
    Family("etcd", {"go.etcd.io/etcd/server/v3": "etcd"}, asset=True),
    Family("kwok", {"sigs.k8s.io/kwok/cmd/kwok": "kwok"}),
    Family("celoracle", {".": "celoracle"}),
)


class ToolsUnavailable(RuntimeError):
    """A tool is not built and cannot be; the message says what to install."""


def _sources(family: Family) -> list[Path]:
    return sorted(path for path in (TOOLS / family.name).iterdir() if path.suffix in (".go", ".mod", ".sum"))


def directory(family: Family) -> Path:
    """Where the binaries of a family belong; the name changes with its sources and pins."""
    digest = hashlib.sha256(family.ldflags.encode())
    for path in _sources(family):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return CACHE / f"{family.name}-{digest.hexdigest()[:16]}"


def find(name: str) -> Path | None:
    """The binary called ``name``, if it is there."""
    for family in FAMILIES:
        if name in family.packages.values():
            assets = os.environ.get("KUBEBUILDER_ASSETS")
            if family.asset and assets and (Path(assets) / name).exists():
                return Path(assets) / name
            if not (TOOLS / family.name).is_dir():
                return None
            path = directory(family) / name
            return path if path.exists() else None
    raise KeyError(name)


def require(name: str) -> Path:
    """The binary called ``name``; raises ToolsUnavailable with the remedy when it is not built."""
    path = find(name)
    if path is None:
        raise ToolsUnavailable(f"{name} is not built: run `make cluster-tools` (needs Go 1.26), or set KUBEBUILDER_ASSETS")
    return path


def build(
    families: tuple[Family, ...] = FAMILIES, say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
) -> int:
    """Builds what is missing; returns how many families were built."""
    built = 0
    for family in families:
        if not (TOOLS / family.name).is_dir() or all(find(binary) for binary in family.packages.values()):
            continue
        _check_go()
        started = time.monotonic()
        say(f"building {', '.join(family.packages.values())} …")
        target = directory(family)
        partial = target.with_name(target.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=readonly"}
        for package, binary in family.packages.items():
            command = ["go", "build", "-trimpath", "-ldflags", family.ldflags, "-o", str(partial / binary), package]
            subprocess.run(command, cwd=TOOLS / family.name, env=environment, check=True)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
        built += 1
        say(f"built {family.name} in {time.monotonic() - started:.0f} s")
    return built


def _check_go() -> None:
    go = shutil.which("go")
    if go is None:
        raise ToolsUnavailable("Go 1.26 is needed to build the cluster tools; install it, or set KUBEBUILDER_ASSETS")
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
    if not version.startswith(GO):
        raise ToolsUnavailable(
            f"Go 1.26 is needed (built with another version, the API server's OpenAPI documents are broken); found {version}"
        )
