"""What CEL costs: ``python -m tests.benchmarks.bench_cel [--check] [--rounds N]``.

Twelve expressions as definitions contain them, over a Deployment of 10 KB, compiled (parse, check, closures) and evaluated here, by cel-python
and by cel-expr-python in turns, so that whatever else the machine does falls on all of them. With ``--check`` the command fails when an
expression that cel-expr-python can do is slower here than allowed, or when importing the package takes too long.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphcore.cel import Environment
from graphcore.cel.checking.declared import Declarations
from local_emulator.objects.builtin.schemas import schema_for
from tests.benchmarks.deployment import DEPLOYMENT, INSTANCE, INSTANCE_SCHEMA

COMPILE_RATIO = 1.5
EVALUATION_RATIO = 1.0
COMPILE_LIMIT_US = 150.0
EVALUATION_LIMIT_US = 10.0
"""What the medians over all expressions are meant to stay below on a quiet machine of the tests' size; printed, since load decides."""
IMPORT_LIMIT_MS = 20.0
BATCH_SECONDS = 0.002

EXPRESSIONS = (
    'deployment.status.conditions.exists(c, c.type == "Available" && c.status == "True")',
    "has(deployment.status.readyReplicas) && deployment.status.readyReplicas == deployment.spec.replicas",
    'schema.metadata.name + "-" + schema.spec.environment + "-web"',
    'schema.spec.replicas > 3 ? "large" : "small"',
    '"http://" + deployment.metadata.name + "." + schema.spec.environment + ".svc.cluster.local:" + string(schema.spec.port)',
    '{"app": schema.metadata.name, "tier": "web", "environment": schema.spec.environment}',
    "deployment.spec.template.spec.containers.map(c, c.image)",
    "deployment.spec.template.spec.containers.filter(c, has(c.env)).size()",
    "deployment.status.?availableReplicas.orValue(0) >= schema.spec.replicas",
    'deployment.metadata.labels["app.kubernetes.io/name"].startsWith("web")',
    'schema.spec.tags.all(t, t.matches("^[a-z0-9-]+$"))',
    'deployment.spec.template.spec.containers.exists(c, c.env.exists(e, e.name == "MODE" && e.value in ["production", "staging"]))',
)

VARIABLES = {"deployment": DEPLOYMENT, "schema": INSTANCE}


@dataclass
class Contender:
    """compile: a source to something evaluate takes. evaluate: gives a callable that evaluates once."""

    name: str
    compile: Callable[[str], Any]
    evaluate: Callable[[Any], Callable[[], Any]]
    compile_us: dict[str, list[float]] = field(default_factory=dict)
    evaluate_us: dict[str, list[float]] = field(default_factory=dict)


def ours() -> Contender:
    declarations = Declarations()
    types = {
        "deployment": declarations.declare("deployment", schema_for("apps", "v1", "Deployment")),
        "schema": declarations.declare("schema", INSTANCE_SCHEMA),
    }
    environment = Environment(types, declarations)
    return Contender("graphcore.cel", environment.compile, lambda program: lambda: program.evaluate(VARIABLES))


def cel_python() -> Contender:
    import celpy

    environment = celpy.Environment()
    activation = {name: celpy.json_to_cel(value) for name, value in VARIABLES.items()}

    def compile_(source: str) -> Any:
        return environment.program(environment.compile(source))

    return Contender("cel-python", compile_, lambda program: lambda: program.evaluate(activation))


def cel_expr_python() -> Contender:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_optional, ext_strings

    extensions = [ext_bindings.ExtBindings(), ext_optional.ExtOptional(), ext_strings.ExtStrings()]
    environment = cel.NewEnv(variables=dict.fromkeys(VARIABLES, cel.Type.DYN), extensions=extensions)
    return Contender("cel-expr-python", environment.compile, lambda program: lambda: program.eval(data=VARIABLES).value())


def measure(work: Callable[[], Any]) -> float:
    """Microseconds of processor time for one call, over a batch of about two milliseconds."""
    work()
    begun = time.process_time_ns()
    work()
    once = max(time.process_time_ns() - begun, 200)
    count = max(1, int(BATCH_SECONDS * 1e9 / once))
    begun = time.process_time_ns()
    for _ in range(count):
        work()
    return (time.process_time_ns() - begun) / count / 1000


def run(contenders: list[Contender], rounds: int) -> None:
    """Measures all contenders in turns. A contender that cannot do an expression has no figures for it."""
    gc.collect()
    gc.freeze()  # else every collection walks through the modules of all contenders
    for source in EXPRESSIONS:
        ready = []
        for contender in contenders:
            try:
                program = contender.compile(source)
                once = contender.evaluate(program)
                once()
            except Exception:  # whatever a library raises for what it cannot do
                continue
            ready.append((contender, once))
        for _ in range(rounds):
            for contender, once in ready:
                contender.compile_us.setdefault(source, []).append(measure(partial(contender.compile, source)))
                contender.evaluate_us.setdefault(source, []).append(measure(once))


def medians(contender: Contender) -> tuple[float, float]:
    """Microseconds of compiling and of evaluating: the median over the expressions of each one's median."""
    compiled, evaluated = (
        statistics.median([statistics.median(figures) for figures in all_figures.values()])
        for all_figures in (contender.compile_us, contender.evaluate_us)
    )
    return compiled, evaluated


def report(contenders: list[Contender]) -> None:
    print(
        f"Deployment of {len(json.dumps(DEPLOYMENT))} bytes; medians in microseconds: compile (with check, where there is one) / evaluate"
    )
    for source in EXPRESSIONS:
        cells = []
        for contender in contenders:
            if source in contender.compile_us:
                compiled, evaluated = (statistics.median(figures[source]) for figures in (contender.compile_us, contender.evaluate_us))
                cells.append(f"{contender.name} {compiled:7.1f} / {evaluated:6.2f}")
            else:
                cells.append(f"{contender.name}       - / -     ")
        print("   ".join(cells), "  ", source)
    print(f"meant for graphcore.cel: compile {COMPILE_LIMIT_US:g}, evaluate {EVALUATION_LIMIT_US:g}")
    for contender in contenders:
        compiled, evaluated = medians(contender)
        print(
            f"median of {contender.name}: compile {compiled:.1f}, evaluate {evaluated:.2f}, {len(contender.compile_us)} of {len(EXPRESSIONS)}"
        )


IMPORTS = (
    "import graphcore.cel",
    "from graphcore.cel import Environment",
    'from graphcore.cel import compile_unchecked; compile_unchecked("a.b")',
)


def import_ms(rounds: int = 11) -> dict[str, float]:
    """Milliseconds of processor time that each of IMPORTS adds to starting the interpreter: medians of paired differences.

    Modules are loaded from compiled files, as when they are installed, whatever the environment says about writing such files.
    """
    with tempfile.TemporaryDirectory() as cache:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
            "PYTHONPYCACHEPREFIX": cache
        }

        def start(code: str) -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True, env=environment)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000

        for code in IMPORTS:
            start(code)
        return {code: statistics.median([start(code) - start("pass") for _ in range(rounds)]) for code in IMPORTS}


def faults(mine: Contender, other: Contender | None) -> list[str]:
    """What is slower than allowed: each expression by ratio, since machines differ."""
    found = []
    for source in EXPRESSIONS:
        if other is None or source not in other.compile_us:
            continue
        for what, limit, figures, others in (
            ("compile", COMPILE_RATIO, mine.compile_us, other.compile_us),
            ("evaluate", EVALUATION_RATIO, mine.evaluate_us, other.evaluate_us),
        ):
            # Of paired measurements the lower quartile: noise only ever adds.
            ratio = statistics.quantiles([a / b for a, b in zip(figures[source], others[source], strict=True)], n=4)[0]
            if ratio > limit:
                found.append(f"{what} takes {ratio:.2f} times as long as with {other.name}, allowed is {limit}: {source}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when too slow")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    mine = ours()
    contenders = [mine, cel_python()]
    other = cel_expr_python() if importlib.util.find_spec("cel_expr_python") else None
    if other is not None:
        contenders.append(other)
    run(contenders, options.rounds)
    report(contenders)
    imported = import_ms()
    for code, milliseconds in imported.items():
        print(f"{code}: {milliseconds:.1f} ms beyond the interpreter")
    found = faults(mine, other)
    if imported[IMPORTS[0]] > IMPORT_LIMIT_MS:
        found.append(f"import takes {imported[IMPORTS[0]]:.1f} ms, allowed are {IMPORT_LIMIT_MS}")
    if options.check:
        for fault in found:
            print(f"too slow: {fault}", file=sys.stderr)
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
