"""``krofn up``: a local Kubernetes API as one process, and beside it exactly what ``krofn run`` runs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from local_emulator.cli.commands.run import start_functions, stop_signal
from local_emulator.cli.commands.settings_options import settings_options, variables
from local_emulator.cli.console import Misuse, Refusal, escape, output_option, print_json, stdout, talk
from local_emulator.cli.kubeconfig_file import check, handed_out
from local_emulator.cli.ready_file import clear, ready_mark
from local_emulator.cli.supervisor import Child, Command, StartError, Supervisor, free_ports, inherited, scratch
from local_emulator.protocol.kubeconfig import content

READY_AFTER = "0.8"
"""Seconds until the local API's workloads are available, as a patient node would make them."""


@dataclass(frozen=True, slots=True)
class Up:
    """A local cluster that serves. children: its processes by name. seconds: what the start took."""

    kubeconfig: Path
    server: str
    children: Mapping[str, Child]
    seconds: float


@click.command("up")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default="a free one", help="Port of the Kubernetes API on 127.0.0.1."
)
@click.option("--kubeconfig", metavar="FILE", help="Write the kubeconfig here instead of into a temporary directory.")
@click.option("--data-dir", metavar="DIR", help="Keep the objects here across restarts; made if missing.")
@click.option("--ready-file", metavar="FILE", help="Make this file when everything can serve, and remove it at the end.")
@settings_options
@output_option
def command(port: int, kubeconfig: str | None, data_dir: str | None, ready_file: str | None, output: str, **settings: str | None) -> None:
    """Run a local Kubernetes API with bridge and functions beside it.

    Prints the path of a kubeconfig for kubectl, Helm or any client. Ends on SIGTERM or Ctrl-C; nothing is kept but what --data-dir keeps. A
    setting --x-y can also be given as the environment variable KROFN_X_Y; durations are written 3s, 1m30s or 200ms.
    """
    from local_emulator.cli.install import check_settings

    check_settings()
    target = Path(kubeconfig).resolve() if kubeconfig else None
    check_port(port)
    if target:
        check(target)
    mark = Path(ready_file) if ready_file else None
    if mark:
        clear(mark)
    keep: tuple[str, ...] = ()
    if data_dir:
        try:
            Path(data_dir).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misuse(f"{data_dir}: {error.strerror or error}") from None
        keep = ("--data-dir", data_dir)
    asyncio.run(_up(port, target, keep, mark, output, variables(settings)))


async def _up(
    port: int, kubeconfig: Path | None, keep: tuple[str, ...], ready_file: Path | None, output: str, settings: Mapping[str, str]
) -> None:
    with scratch() as directory, stop_signal() as stop:
        running = local_cluster(
            Path(directory), say=lambda text: talk(escape(text)), port=port, kubeconfig=kubeconfig, options=keep, settings=settings
        )
        async with running as up:
            if output == "json":
                print_json({"kubeconfig": str(up.kubeconfig), "server": up.server})
            else:
                stdout().print(f"export KUBECONFIG={up.kubeconfig}")
            talk(f"[green]ready[/]: a Kubernetes API at {up.server}, with krofn beside it; Ctrl-C ends both")
            with ready_mark(ready_file):
                await stop.wait()


@contextlib.asynccontextmanager
async def local_cluster(
    directory: Path,
    say: Callable[[str], None],
    *,
    port: int = 0,
    kubeconfig: Path | None = None,
    options: tuple[str, ...] = (),
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Up]:
    """The emulator, with further options of its own, and the functions, from start to stop. Raises Refusal.

    directory: where logs go. kubeconfig: a file to make for others. settings: environment variables of the functions, over those that are
    inherited.
    """
    began = time.monotonic()
    config = directory / "kubeconfig"
    address = port or free_ports(1)[0]
    server = f"http://127.0.0.1:{address}"
    config.write_text(content(server), encoding="utf-8")
    supervisor = Supervisor(say, log_directory=directory)
    ready = directory / "api.ready"
    arguments = (
        sys.executable,
        "-m",
        "local_emulator.protocol.server",
        "--port",
        str(address),
        "--ready-file",
        str(ready),
        "--ready-after",
        READY_AFTER,
        *options,
    )

    async def again() -> None:
        try:
            await _install(config)
        except Refusal as refusal:
            say(str(refusal))
        if "--data-dir" not in options:
            say("the local API kept its objects in memory: they are gone, and only kro's CRDs were made again (--data-dir keeps all)")

    try:
        # The functions ask nothing before somebody answers, so everything starts at once.
        await asyncio.gather(
            _start_api(supervisor, Command("api", arguments, inherited(), ready, again), config),
            start_functions(supervisor, {**inherited(), **(settings or {}), "KUBECONFIG": str(config)}, directory),
        )
        with handed_out(kubeconfig, server) if kubeconfig else contextlib.nullcontext():
            yield Up(kubeconfig or config, server, supervisor.children, time.monotonic() - began)
    except StartError as error:
        raise Refusal(str(error)) from None
    finally:
        await supervisor.stop()


def check_port(port: int) -> None:
    """That nobody listens on a port; 0 is any free one. Raises Refusal."""
    with socket.socket() as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except OSError as error:
            taken = "taken" if error.errno == errno.EADDRINUSE else f"not to be had ({error.strerror or error})"
            raise Refusal(f"port {port} of 127.0.0.1 is {taken}; --port names another, without it a free one is found") from None


async def _start_api(supervisor: Supervisor, command: Command, config: Path) -> None:
    await supervisor.start(command)
    await _install(config)


async def _install(config: Path) -> None:
    from local_emulator.cli.install import connect, ensure_crds

    cluster = await connect(str(config), None)
    try:
        await ensure_crds(cluster, install=True)
    finally:
        await cluster.close()
