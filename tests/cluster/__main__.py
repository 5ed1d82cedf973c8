"""``python -m tests.cluster build|up``: build the cluster tools; run a control plane until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import time

from tests.cluster.build import ToolsUnavailable, build
from tests.cluster.control_plane import ControlPlane, ControlPlaneError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build the tools that are missing")
    up = commands.add_parser("up", help="run etcd, kube-apiserver and kube-controller-manager on free ports")
    up.add_argument("--kwok", action="store_true", help="also play nodes and running Pods")
    arguments = parser.parse_args()
    try:
        if arguments.command == "build":
            if not build():
                print("the cluster tools are up to date", file=sys.stderr)
            return 0
        return _up(arguments.kwok)
    except (ToolsUnavailable, ControlPlaneError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _up(kwok: bool) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    try:
        with ControlPlane(kwok=kwok) as plane:
            print(f"ready in {time.monotonic() - started:.1f} s; stop with Ctrl-C", file=sys.stderr)
            print(f"export KUBECONFIG={plane.kubeconfig}", flush=True)
            while all(process.poll() is None for process in plane.processes.values()):
                time.sleep(0.5)
            print("error: a component stopped", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
