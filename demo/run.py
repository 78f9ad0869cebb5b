"""The demo: word statistics of the standard library, counted by worker servers that a name server found.

Starts a name server and some workers in processes of their own, finds the workers by their metadata, sends them
the source text of every module, and compares the result with the same job done here. The exit status is 0 when the
results are the same, 1 when they differ or a server failed, 130 after Ctrl-C, 143 after SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from rich.console import Console

from display import WorkProgress, share_table, word_table
from distribute import Share, distribute
from processes import ServerFailed, Servers
from pyro_client import locate_ns
from pyro_uri import URI, PyroError
from sources import into_tasks, read_texts
from words import Statistics, count_words
from worker import METADATA, READY


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit status."""
    options = parse(arguments)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell starts its programs deaf to it
    signal.signal(signal.SIGTERM, _leave)
    console = Console(highlight=False)
    try:
        return run(console, options.workers, options.limit)
    except KeyboardInterrupt:
        console.print("interrupted; all servers have ended")
        return 130
    except (PyroError, ServerFailed) as error:
        console.print(f"the demo failed: {type(error).__name__}: {error}", markup=False, soft_wrap=True)
        return 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Counts the words of the standard library on several servers.")
    parser.add_argument("--workers", type=_positive, default=3, help="how many worker servers (default 3)")
    parser.add_argument("--limit", type=_positive, help="only the first LIMIT files (default: all)")
    return parser.parse_args(arguments)


def run(console: Console, number: int, limit: int | None) -> int:
    """Do the job on `number` workers and here, show both, and say whether they agree."""
    with console.status("reading the standard library"):
        texts = read_texts(limit)
    shares = count_remotely(console, number, texts)
    total = Statistics()
    for share in shares:
        total.add(share.statistics)
    with console.status("the same job, locally"):
        same = total == count_words(texts)
    console.print(share_table(shares, total), word_table(total))
    console.print("same result as the local run" if same else "the result DIFFERS from the local run")
    return 0 if same else 1


def count_remotely(console: Console, number: int, texts: list[str]) -> list[Share]:
    """Start the servers, have the texts counted by the workers, and stop the servers."""
    with Servers() as servers:
        with console.status("starting a name server and the workers"):
            nameserver = start_servers(servers, number)
            workers = find_workers(nameserver)
        console.print(f"name server: {nameserver}", soft_wrap=True)
        console.print(f"workers with metadata {METADATA}: {', '.join(workers)}", soft_wrap=True)
        with WorkProgress(console, workers, len(texts)) as progress:
            return distribute(into_tasks(texts), workers, progress.report)


def start_servers(servers: Servers, number: int) -> URI:
    """Start a name server and `number` workers that are registered with it; returns the name server's address."""
    options = ["--host", "localhost", "--port", "0", "--nobc"]
    nameserver = URI(servers.start("the name server", "leash.py", "pyro_ns", *options).wait_for_line("URI = "))
    location = ["--nameserver-host", str(nameserver.host), "--nameserver-port", str(nameserver.port)]
    names = [f"{METADATA}.{index}" for index in range(1, number + 1)]
    for worker in [servers.start(name, "worker.py", name, *location) for name in names]:
        worker.wait_for_line(READY)
    return nameserver


def find_workers(nameserver: URI) -> dict[str, str]:
    """The names and addresses of all objects that carry the metadata of a worker."""
    with locate_ns(nameserver.host, nameserver.port) as names:
        found = names.yplookup(meta_all={METADATA})
    return {name: uri for name, (uri, _) in sorted(found.items())}


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _leave(signal_number: int, frame: FrameType | None) -> None:
    sys.exit(128 + signal_number)


if __name__ == "__main__":
    sys.exit(main())
