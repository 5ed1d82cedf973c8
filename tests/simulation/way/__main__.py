"""Plays ranges of seeds: ``python -m tests.simulation.way --seeds 0:3000``.

A range can be taken up where it was left (``--progress FILE``), a failing seed played alone (``--seeds N:N+1 --log``) and made shorter
(``--shrink``). The last line says how many schedules were played, how many failed, and how many a second of CPU that is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.simulation.way.mutants import MUTANTS
from tests.simulation.way.plan import Plan, draw
from tests.simulation.way.schedule import Result, run
from tests.simulation.way.shrink import shrink

EVERY = 100


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.way", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", required=True, metavar="A:B", help="the first seed, and the one behind the last")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="with a loss brought back; stops at the first seed that finds it")
    parser.add_argument("--progress", type=Path, metavar="FILE", help="where to note how far the range has got, and to go on from")
    parser.add_argument("--shrink", action="store_true", help="look for a shorter plan of what fails")
    parser.add_argument("--log", action="store_true", help="print what the processes log")
    options = parser.parse_args(arguments)
    first, behind = (int(text) for text in options.seeds.split(":"))
    done: dict[str, Any] = {"next": first, "played": 0, "failed": [], "seconds": 0.0}
    if options.progress and options.progress.exists():
        done = json.loads(options.progress.read_text())
    broken = MUTANTS[options.mutant].apply if options.mutant else contextlib.nullcontext
    for seed in range(done["next"], behind):
        begun = time.process_time()
        result = _played(draw(seed), broken, log=options.log)
        done["seconds"] += time.process_time() - begun
        done |= {"next": seed + 1, "played": done["played"] + 1}
        if result.faults:
            done["failed"].append(seed)
            _show(result)
            if options.shrink:
                _show(_played(shrink(result.plan, lambda plan: bool(_played(plan, broken).faults)), broken))
        elif options.log:
            _show(result)
        if options.progress and (done["played"] % EVERY == 0 or seed + 1 == behind):
            options.progress.write_text(json.dumps(done))
        if result.faults and options.mutant:
            break
    rate = done["played"] / done["seconds"] if done["seconds"] else 0.0
    print(
        f"{done['played']} schedules up to seed {done['next'] - 1}, {len(done['failed'])} failed {done['failed'][:20]}; {rate:.1f} a second of CPU"
    )
    return 1 if done["failed"] and not options.mutant else 0


def _played(plan: Plan, broken: Any, *, log: bool = False) -> Result:
    with broken():
        return run(plan, log=log)


def _show(result: Result) -> None:
    print(result.plan)
    print("\n".join(result.lines), end="\n" if result.lines else "")
    for fault in result.faults:
        print(f"  FAULT {fault}")
    print(f"  {result.runs} runs, {result.requests} requests; right after {result.seconds:g} s" if not result.faults else "", flush=True)


if __name__ == "__main__":
    sys.exit(main())
