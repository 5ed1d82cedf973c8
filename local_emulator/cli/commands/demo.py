"""``krofn demo``: ``krofn up`` in a temporary directory, and a script that shows what it does."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from local_emulator.cli.console import Refusal, escape, output_option, print_json, stdout, talk

if TYPE_CHECKING:
    from local_emulator.cli.scenario import Snapshot, WebApp
    from local_emulator.cli.stage import Stage


@click.command("demo")
@output_option
def command(output: str) -> None:
    """Watch a web app converge on a local API, from definition to the repair of a deleted child.

    Starts a local Kubernetes API, the event bridge and the functions as processes of their own, and stops them at the end.
    """
    asyncio.run(_demo(output))


async def _demo(output: str) -> None:
    from functions.platform.cluster import ClusterError
    from local_emulator.cli.commands.up import local_cluster
    from local_emulator.cli.install import check_settings, connect
    from local_emulator.cli.scenario import ScenarioError, web_app
    from local_emulator.cli.stage import Stage, as_json, fields, picture
    from local_emulator.cli.supervisor import scratch

    check_settings()
    stage = Stage(Console(stderr=True, highlight=False))
    with scratch() as directory:
        try:
            async with contextlib.AsyncExitStack() as stack:
                stage.act("Start a local Kubernetes API, the event bridge and three functions", "krofn up")
                with stage.busy("starting"):
                    up = await stack.enter_async_context(local_cluster(Path(directory), lambda text: talk(f"   {escape(text)}")))
                stage.done(f"{len(up.children)} processes are ready", up.seconds)
                cluster = await connect(str(up.kubeconfig), None)
                stack.push_async_callback(cluster.close)
                last = await _perform(web_app(cluster), stage)
        except (ScenarioError, ClusterError) as error:
            raise Refusal(str(error)) from None
    talk("")
    if output == "json":
        print_json(as_json(last))
    else:
        stdout().print(picture(last))
        stdout().print(fields(last))


async def _perform(app: WebApp, stage: Stage) -> Snapshot:
    """All acts; what the last look saw. Raises ScenarioError, ClusterError."""
    stage.act("Define an API, WebApp, by a graph of resources", "kubectl apply -f examples/web-app/rgd.yaml")
    with stage.busy("compiling and installing"):
        seconds = await app.timed_define()
    stage.done("ResourceGraphDefinition web-app is Active", seconds)
    for step in app.steps():
        stage.act(step.title, step.command)
        with stage.watching() as look:
            seconds = await app.perform(step, look)
        stage.done("converged", seconds)
    return stage.marked(await app.look())
