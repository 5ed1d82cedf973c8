"""``krofn run``: bridge and functions as local processes against any cluster."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from local_emulator.cli.commands.settings_options import settings_options, variables
from local_emulator.cli.console import Refusal, talk
from local_emulator.cli.ready_file import clear, ready_mark
from local_emulator.cli.supervisor import StartError, Supervisor, function_commands, inherited, scratch


@click.command("run")
@click.option("--kubeconfig", metavar="FILE", help="Instead of KUBECONFIG or ~/.kube/config.")
@click.option("--context", metavar="NAME", help="Context of the kubeconfig, instead of the current one.")
@click.option("--install", is_flag=True, help="Apply the CustomResourceDefinitions first.")
@click.option("--ready-file", metavar="FILE", help="Make this file when everything can serve, and remove it at the end.")
@settings_options
def command(kubeconfig: str | None, context: str | None, install: bool, ready_file: str | None, **settings: str | None) -> None:
    """Run bridge and functions as local processes against any cluster.

    Nothing else is needed in the cluster but the CRDs (--install). Ends on SIGTERM or Ctrl-C, after the runs under way. A setting --x-y can
    also be given as the environment variable KROFN_X_Y; durations are written 3s, 1m30s or 200ms.
    """
    from local_emulator.cli.install import check_settings

    check_settings()
    mark = Path(ready_file) if ready_file else None
    if mark:
        clear(mark)
    asyncio.run(_run(kubeconfig, context, install, mark, variables(settings)))


async def _run(kubeconfig: str | None, context: str | None, install: bool, ready_file: Path | None, settings: Mapping[str, str]) -> None:
    from local_emulator.cli.install import connect, ensure_crds

    cluster = await connect(kubeconfig, context)
    try:
        for name, what in await ensure_crds(cluster, install=install):
            talk(f"{name} {what}")
    finally:
        await cluster.close()
    environment = {**inherited(), **settings}
    if kubeconfig:
        environment["KUBECONFIG"] = str(Path(kubeconfig).resolve())
    if context:
        environment["KROFN_CONTEXT"] = context
    with scratch() as directory, stop_signal() as stop:
        supervisor = Supervisor(talk)
        try:
            await start_functions(supervisor, environment, Path(directory))
            talk("[green]ready[/]: definition, instance, fanout and bridge are running; Ctrl-C ends them")
            with ready_mark(ready_file):
                await stop.wait()
        finally:
            await supervisor.stop()


async def start_functions(supervisor: Supervisor, environment: Mapping[str, str], directory: Path) -> None:
    """Functions and bridge side by side: whoever is first repeats what the others do not answer yet. Raises Refusal."""
    try:
        await asyncio.gather(*(supervisor.start(item) for item in function_commands(environment, directory)))
    except StartError as error:
        raise Refusal(str(error)) from None


@contextlib.contextmanager
def stop_signal() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
