"""A name server that keeps its names in a file, killed with SIGKILL time and again under a stream of changes.

    python tests/kill_nameserver.py [--rounds 50] [--clients 4] [--seed NUMBER] [--folder PATH]

In each round clients register, tag and remove names until the server is killed at a random moment. Then the database
has to be sound, and the next server has to know everything that a client was told to be done; what was not answered
before the kill may have been done or not, but not by halves. Prints figures. The exit status is 1 if anything was lost
or damaged.

A killed process is not a failing power supply: what that would do is not shown here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyro_client import Proxy
from pyro_wire import NAMESERVER_NAME
from pyro_wire.errors import CommunicationError

DEADLINE = 60.0
"""Seconds after which something that has not happened never will."""

NAMES_PER_CLIENT = 40
TAGS = [f"tag{number}" for number in range(20)]
MOST_CHANGES = 200
"""Answered changes after which a server is killed at the latest."""

Registration = tuple[str, frozenset[str]] | None
"""Uri and tags; None: the name is not there."""


@dataclass
class Figures:
    """What happened in all rounds."""

    kills: int = 0
    answered: int = 0
    """Changes that a client was told to be done."""
    unanswered: int = 0
    """Changes that were under way at the kill."""
    done_unanswered: int = 0
    """Those of them that turned out to be done."""
    lost: list[str] = field(default_factory=list)
    """Names that are not as a client was told, with how they are."""
    damaged: list[str] = field(default_factory=list)
    """What is wrong with a database."""

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.answered} changes acknowledged, {self.unanswered} under way "
            f"({self.done_unanswered} of them done)\n"
            f"{len(self.lost)} acknowledged changes lost, {len(self.damaged)} corrupted files"
        )


class Progress:
    """Counts the changes that were answered; somebody waits for a number of them."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.count = 0

    def advance(self) -> None:
        """Count one more."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until there are so many."""
        with self._condition:
            if not self._condition.wait_for(lambda: self.count >= count, DEADLINE):
                raise TimeoutError(f"only {self.count} of {count} changes were answered")


class Client:
    """Changes names that are nobody else's, and remembers how they have to be."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self._names = [f"client{number}.name{index}" for index in range(NAMES_PER_CLIENT)]
        self._chance = chance
        self._expected: dict[str, Registration] = dict.fromkeys(self._names)
        self._under_way: tuple[str, Registration] | None = None

    def change_names(self, uri: str, progress: Progress) -> None:
        """Change one name after the other until the server is gone."""
        with contextlib.suppress(CommunicationError), Proxy(uri) as nameserver:
            nameserver._pyroBind()
            while True:
                name = self._chance.choice(self._names)
                self._under_way = name, self._planned(self._expected[name])
                change(nameserver, name, self._expected[name], self._under_way[1])
                self._expected[name] = self._under_way[1]
                self._under_way = None
                progress.advance()

    def _planned(self, now: Registration) -> Registration:
        """Return how a name is to be next: other tags, removed, or registered anew."""
        tags = frozenset(self._chance.sample(TAGS, self._chance.randrange(8)))
        kind = self._chance.random()
        if now is not None and kind < 0.2:
            return now[0], tags
        if now is not None and kind < 0.4:
            return None
        return f"PYRO:object{self._chance.randrange(10**9)}@localhost:{self._chance.randrange(1, 65536)}", tags

    def check(self, names: dict[str, Registration], figures: Figures) -> None:
        """Compare what the server has with what it should have."""
        if self._under_way is not None:
            name, planned = self._under_way
            figures.unanswered += 1
            if names.get(name) == planned:
                figures.done_unanswered += 1
                self._expected[name] = planned
            self._under_way = None
        for name, registration in self._expected.items():
            if names.get(name) != registration:
                figures.lost.append(f"{name} is {names.get(name)}, not {registration}")
                self._expected[name] = names.get(name)


def change(nameserver: Any, name: str, now: Registration, then: Registration) -> None:
    """Call the method of the name server that makes a name what it is to be."""
    if then is None:
        nameserver.remove(name)
    elif now is not None and now[0] == then[0]:
        nameserver.set_metadata(name, sorted(then[1]))
    else:
        nameserver.register(name, then[0], metadata=sorted(then[1]))


@contextlib.contextmanager
def server(database: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a name server in a process, and give that and its uri; it is dead afterwards."""
    program = f"import pyro_ns; pyro_ns.start_ns_loop('127.0.0.1', 0, storage={f'sql:{database}'!r})"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYRO")}
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    watchdog = threading.Timer(DEADLINE, process.kill)
    watchdog.start()
    with process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("URI = "):
                    yield process, line.removeprefix("URI = ").strip()
                    return
            raise ChildProcessError(f"the name server ended with status {process.wait()}")
        finally:
            watchdog.cancel()
            process.kill()


def names_in(uri: str) -> dict[str, Registration]:
    """Ask a name server for everything."""
    with Proxy(uri) as nameserver:
        found = nameserver.list(return_metadata=True)
    return {name: (uri, frozenset(tags)) for name, (uri, tags) in found.items() if name != NAMESERVER_NAME}


def check_all(clients: Sequence[Client], names: dict[str, Registration], figures: Figures) -> None:
    """Let every client compare."""
    for client in clients:
        client.check(names, figures)


def change_until_killed(process: subprocess.Popen[str], uri: str, clients: Sequence[Client], changes: int) -> int:
    """Let all clients make changes, and kill the server when so many were answered; return how many there were."""
    progress = Progress()
    threads = [threading.Thread(target=client.change_names, args=(uri, progress)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        progress.wait_for(changes)
    finally:
        process.kill()
        for thread in threads:
            thread.join(DEADLINE)
    return progress.count


def damage(database: Path) -> list[str]:
    """Return what is wrong with a database, as it was left. Looks at a copy, so that the server mends it itself."""
    with tempfile.TemporaryDirectory() as folder:
        for file in database.parent.glob(f"{database.name}*"):
            if not file.name.endswith("-shm"):  # that is memory of the processes; SQLite makes it anew
                shutil.copy(file, folder)
        with contextlib.closing(sqlite3.connect(Path(folder, database.name))) as connection:
            try:
                results = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
                return results + [
                    f"tag without a name: {row}" for row in connection.execute("PRAGMA foreign_key_check")
                ]
            except sqlite3.DatabaseError as error:
                return [str(error)]


def run(rounds: int, clients: Sequence[Client], database: Path, chance: random.Random) -> Figures:
    """Kill name servers, and have the last one live to tell."""
    figures = Figures()
    for _ in range(rounds):
        with server(database) as (process, uri):
            check_all(clients, names_in(uri), figures)
            figures.answered += change_until_killed(process, uri, clients, chance.randrange(1, MOST_CHANGES))
        figures.kills += 1
        figures.damaged += damage(database)
    with server(database) as (_, uri):
        check_all(clients, names_in(uri), figures)
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all rounds and print the figures; returns the exit status."""
    parser = argparse.ArgumentParser(description="Kill a name server with SQLite time and again, and see what is lost.")
    parser.add_argument("--rounds", type=int, default=50, help="how often it is killed (default 50)")
    parser.add_argument("--clients", type=int, default=4, help="how many clients make changes (default 4)")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="of the random numbers, to repeat a run")
    parser.add_argument("--folder", type=Path, help="where the database is put, and stays (default: nowhere)")
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    clients = [Client(number, random.Random(chance.random())) for number in range(options.clients)]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(options.rounds, clients, (options.folder or Path(folder)) / "names.sqlite", chance)
    print(
        f"seed {options.seed}, {time.monotonic() - begin:.1f} seconds",
        figures,
        *figures.lost,
        *figures.damaged,
        sep="\n",
    )
    return 1 if figures.lost or figures.damaged else 0


if __name__ == "__main__":
    sys.exit(main())
