"""Latency of `add(1, 2)` on an open connection: this repository, the released Pyro5, and a raw socket.

Needs an environment with the packages of this repository, the released Pyro5 and rich, and without pyro-stack, which
takes the import name of Pyro5. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contenders import Contender, RawContender, message_sizes, ours, released, running_server
from servers import pin

SERIALIZERS = ("serpent", "json", "marshal", "msgpack")
WARM_UP = 200
"""Calls of each contender before the first round."""


@dataclass(frozen=True, slots=True)
class Latency:
    """What was measured with one serializer: message sizes in bytes, and microseconds a call for each round."""

    serializer: str
    request_size: int
    reply_size: int
    rounds: dict[str, list[float]]

    def median(self, contender: str) -> float:
        """The median of the rounds of a contender, in microseconds."""
        return statistics.median(self.rounds[contender])

    def speed_against(self, other: str) -> float:
        """How many calls ours makes in the time in which `other` makes one."""
        return self.median(other) / self.median("ours")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured, and on which processor core."""

    rounds: int
    calls: int
    core: int | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the file; returns the exit status."""
    options = parse(arguments)
    console = Console()
    if "pyro-stack" in {distribution.name for distribution in importlib.metadata.distributions()}:
        console.print("pyro-stack is installed here, so `Pyro5` is not the released one; use another environment")
        return 2
    plan = Plan(options.rounds, options.calls, one_core())
    results = measure_all(options.serializer or SERIALIZERS, plan, console)
    console.print(table(results, plan))
    if options.json:
        options.json.write_text(json.dumps(report(results, plan), indent=2) + "\n")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Latency of a small call, against Pyro5 and a raw socket.")
    parser.add_argument("--rounds", type=int, default=9, help="rounds; the result is their median (default 9)")
    parser.add_argument("--calls", type=int, default=2000, help="calls of each contender in a round (default 2000)")
    parser.add_argument("--serializer", action="append", choices=SERIALIZERS, help="only this one; may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to this file")
    return parser.parse_args(arguments)


def one_core() -> int | None:
    """The core that client and servers share, so that no call waits for another core to wake up."""
    return min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def measure_all(serializers: Sequence[str], plan: Plan, console: Console) -> list[Latency]:
    """Start the servers and measure with each serializer."""
    pin(plan.core)
    with contextlib.ExitStack() as stack:
        addresses = {kind: stack.enter_context(running_server(kind, plan.core)) for kind in ("raw", "pyro5", "ours")}
        progress = stack.enter_context(Progress(console=console, transient=True))
        line = progress.add_task("", total=len(serializers))
        results = []
        for serializer in serializers:
            progress.update(line, description=serializer)
            results.append(measure(serializer, addresses, plan))
            progress.advance(line)
        return results


def measure(serializer: str, addresses: dict[str, str], plan: Plan) -> Latency:
    """Let the contenders call in turn, round after round, so that a slow moment of the machine meets all of them."""
    sizes = message_sizes(addresses["pyro5"], serializer)
    contenders = [
        RawContender(addresses["raw"], *sizes),
        released(addresses["pyro5"], serializer),
        ours(addresses["ours"], serializer),
    ]
    rounds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    with contextlib.ExitStack() as stack:
        for contender in contenders:
            stack.callback(contender.close)
            microseconds_a_call(contender, WARM_UP)
        for _ in range(plan.rounds):
            for contender in contenders:
                rounds[contender.name].append(microseconds_a_call(contender, plan.calls))
    return Latency(serializer, *sizes, rounds)


def microseconds_a_call(contender: Contender, calls: int) -> float:
    """The mean time of a call."""
    call = contender.call
    begin = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - begin) / calls * 1e6


def table(results: Sequence[Latency], plan: Plan) -> Table:
    """The medians and the ratios."""
    result = Table(
        title="add(1, 2) on an open connection, microseconds a call",
        caption=f"median of {plan.rounds} rounds of {plan.calls} calls; speed: more than 1 means ours is faster",
    )
    result.add_column("serializer")
    for header in ("bytes", "raw", "Pyro5", "ours", "speed ours : Pyro5", "speed ours : raw"):
        result.add_column(header, justify="right")
    for latency in results:
        result.add_row(
            latency.serializer,
            f"{latency.request_size}+{latency.reply_size}",
            *(f"{latency.median(contender):.1f}" for contender in ("raw", "Pyro5", "ours")),
            *(f"{latency.speed_against(contender):.2f}" for contender in ("Pyro5", "raw")),
        )
    return result


def report(results: Sequence[Latency], plan: Plan) -> dict[str, object]:
    """All numbers as plain values, for the file."""
    return {
        "benchmark": "latency of add(1, 2), microseconds",
        "python": platform.python_version(),
        "machine": platform.platform(),
        "pyro5": importlib.metadata.version("Pyro5"),
        "plan": asdict(plan),
        "results": [
            {
                **asdict(latency),
                "medians": {contender: latency.median(contender) for contender in latency.rounds},
                "speed": {contender: latency.speed_against(contender) for contender in ("Pyro5", "raw")},
            }
            for latency in results
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
