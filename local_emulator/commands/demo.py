"""``krofn demo``: ``krofn up`` in a temporary directory, and a script that shows what it does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from local_emulator.console import Refusal, output_option, print_json, stderr, stdout


@click.command("demo")
@output_option
def command(output: str) -> None:
    """Watch a web app converge on a local API, from definition to the repair of a deleted child.

    Starts a local Kubernetes API, the event bridge and the functions as processes of their own, and stops them at the end.
    """
    asyncio.run(_demo(output))


async def _demo(output: str) -> None:
    from functions.platform.cluster import ClusterError
    from local_emulator.commands.up import local_cluster
    from local_emulator.install import check_settings, connect
    from local_emulator.scenario import ScenarioError, web_app
    from local_emulator.stage import Stage, as_json, fields, picture
    from local_emulator.supervisor import scratch

    check_settings()
    stage = Stage(stderr())
    with scratch() as directory:
        try:
            stage.act("Start a local Kubernetes API, the bridge and three functions", "krofn up")
            async with local_cluster(Path(directory), say=lambda text: stderr().print(f"   {text}")) as up:
                stage.done(f"{len(up.children)} processes are ready", up.seconds)
                cluster = await connect(str(up.kubeconfig), None)
                try:
                    app = web_app(cluster)
                    stage.act("Define the API WebApp", "kubectl apply -f examples/web-app/rgd.yaml")
                    stage.done("ResourceGraphDefinition web-app is Active", await app.timed_define())
                    for step in app.steps():
                        stage.act(step.title, step.command)
                        with stage.watching() as look:
                            seconds = await app.perform(step, look)
                        stage.done("converged", seconds)
                    last = await app.look()
                finally:
                    await cluster.close()
            stderr().print()
        except (ScenarioError, ClusterError) as error:
            raise Refusal(str(error)) from None
    if output == "json":
        print_json(as_json(last))
    else:
        stdout().print(picture(last))
        stdout().print(fields(last))
