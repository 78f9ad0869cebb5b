"""The name server's directory with many names: this repository and the released Pyro5, in memory and in SQLite.

No network is in the way: the name server objects are called in this process. Needs an environment with the packages
of this repository, the released Pyro5 and rich, and without pyro-stack, which takes the import name of Pyro5. See
README.md beside this file.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import itertools
import json
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

import Pyro5.nameserver
import pyro_ns

URI = "PYRO:object@localhost:4444"
CLASSES: dict[str, tuple[Any, Any, Any]] = {
    "Pyro5": (Pyro5.nameserver.NameServer, Pyro5.nameserver.MemoryStorage, Pyro5.nameserver.SqlStorage),
    "ours": (pyro_ns.NameServer, pyro_ns.MemoryStorage, pyro_ns.SqliteStorage),
}
LIBRARIES = tuple(CLASSES)
STORAGES = ("memory", "SQLite")

SHORTEST = 0.02
"""Seconds for which an operation is repeated at least, to be measured once."""

TABLES = """
    CREATE TABLE pyro_names(id integer PRIMARY KEY, name nvarchar NOT NULL UNIQUE, uri nvarchar NOT NULL);
    CREATE TABLE pyro_metadata(object integer NOT NULL, metadata nvarchar NOT NULL,
        FOREIGN KEY(object) REFERENCES pyro_names(id));
"""
"""The format of both libraries."""

fresh_numbers = itertools.count()

Operation = Callable[[Any], object]
OPERATIONS: dict[str, Operation] = {
    "register": lambda names: names.register(f"new.{next(fresh_numbers)}", URI, metadata={"all", "new"}),
    "look up": lambda names: names.lookup("ten.000005"),
    "list a prefix: 10": lambda names: expect(10, names.list(prefix="ten.")),
    "list a prefix: 1,000": lambda names: expect(1000, names.list(prefix="thousand.")),
    "find a tag: 10": lambda names: expect(10, names.yplookup(meta_all={"ten"})),
    "find a tag: 1,000": lambda names: expect(1000, names.yplookup(meta_all={"thousand"})),
    "find two tags: 10": lambda names: expect(10, names.yplookup(meta_all={"ten", "all"})),
    "find one of two: 1,010": lambda names: expect(1010, names.yplookup(meta_any={"ten", "thousand"})),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """Microseconds of one operation in one storage, for each round, by library and number of names."""

    operation: str
    storage: str
    rounds: dict[str, dict[int, list[float]]]

    def median(self, library: str, size: int) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds[library][size])

    def speed(self, size: int) -> float:
        """How often ours does it while Pyro5 does it once."""
        return self.median("Pyro5", size) / self.median("ours", size)

    def growth(self, library: str, sizes: Sequence[int]) -> float:
        """How much longer it takes among the largest number of names than among the smallest."""
        return self.median(library, max(sizes)) / self.median(library, min(sizes))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the file; returns the exit status."""
    options = parse(arguments)
    console = Console()
    if "pyro-stack" in {distribution.name for distribution in importlib.metadata.distributions()}:
        console.print("pyro-stack is installed here, so `Pyro5` is not the released one; use another environment")
        return 2
    sizes = sorted({options.names // 10, options.names})
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        results = [
            measurement
            for storage in STORAGES
            for measurement in measure_storage(storage, sizes, options.rounds, Path(folder), console)
        ]
    console.print(table(results, sizes, options.rounds))
    if options.json:
        options.json.write_text(json.dumps(report(results, sizes, options.rounds), indent=2) + "\n")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="A name server with many names, against Pyro5.")
    parser.add_argument("--names", type=int, default=100_000, help="number of names (default 100000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the result is their median (default 5)")
    parser.add_argument("--folder", type=Path, help="where the databases are put (default: the folder for such things)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to this file")
    return parser.parse_args(arguments)


def measure_storage(
    storage: str, sizes: Sequence[int], rounds: int, folder: Path, console: Console
) -> Iterator[Measurement]:
    """Measure all operations in one kind of storage. The contenders take turns, so that each meets a slow moment."""
    with contextlib.ExitStack() as stack:
        contenders = {}
        for library, size in itertools.product(LIBRARIES, sizes):
            console.print(f"{storage}: {library} gets {size:,} names")
            contenders[library, size] = stack.enter_context(name_server(library, storage, size, folder))
        for title, operation in OPERATIONS.items():
            console.print(f"{storage}: {title}")
            taken: dict[str, dict[int, list[float]]] = {library: {size: [] for size in sizes} for library in LIBRARIES}
            for _, ((library, size), names) in itertools.product(range(rounds), contenders.items()):
                taken[library][size].append(microseconds(operation, names))
            yield Measurement(title, storage, taken)


def microseconds(operation: Operation, names: Any) -> float:
    """The mean time of an operation, done as often as fits into the shortest time to measure."""
    begin = time.perf_counter()
    for count in itertools.count(1):
        operation(names)
        taken = time.perf_counter() - begin
        if taken >= SHORTEST:
            return taken / count * 1e6
    raise AssertionError("there is no end of numbers")


def expect(size: int, answer: dict[str, Any]) -> None:
    """Raise ArithmeticError for an answer of another size."""
    if len(answer) != size:
        raise ArithmeticError(f"{len(answer)} names instead of {size}")


@contextlib.contextmanager
def name_server(library: str, storage: str, size: int, folder: Path) -> Iterator[Any]:
    """A name server object with names in it."""
    name_server_class, memory_class, sqlite_class = CLASSES[library]
    if storage == "SQLite":
        path = shutil.copy(filled_database(size, folder), folder / f"{library}-{size}.sqlite")
        with contextlib.closing(sqlite_class(str(path))) as opened:
            yield name_server_class(opened)
        return
    names = name_server_class(memory_class())
    for name, tags in registrations(size):
        names.register(name, URI, metadata=tags)
    yield names


def filled_database(size: int, folder: Path) -> Path:
    """A database with names in it, made at one go: to register them one by one would sync the disk for each."""
    path = folder / f"{size}.sqlite"
    if not path.exists():
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(TABLES)
            for number, (name, tags) in enumerate(registrations(size), 1):
                connection.execute("INSERT INTO pyro_names(id, name, uri) VALUES (?, ?, ?)", (number, name, URI))
                rows = [(number, tag) for tag in tags]
                connection.executemany("INSERT INTO pyro_metadata(object, metadata) VALUES (?, ?)", rows)
    return path


def registrations(size: int) -> Iterator[tuple[str, set[str]]]:
    """The names and their tags: ten and a thousand that have a prefix and a tag in common, and all the others."""
    for number in range(size):
        group = "ten" if number < 10 else "thousand" if number < 1010 else "other"
        yield f"{group}.{number:06}", {"all", group, f"number{number}"}


def table(results: Sequence[Measurement], sizes: Sequence[int], rounds: int) -> Table:
    """The medians, the ratios, and how the times grow with the number of names."""
    few, many = min(sizes), max(sizes)
    result = Table(
        box=SIMPLE,
        collapse_padding=True,
        pad_edge=False,
        title=f"a name server with {many:,} names, microseconds",
        caption=f"median of {rounds} rounds; speed: more than 1 means ours is faster; "
        f"growth: how much longer it takes than among {few:,} names",
    )
    for header in ("storage", "operation"):
        result.add_column(header, no_wrap=True)
    for header in ("Pyro5", "ours", "speed", "growth Pyro5", "growth ours"):
        result.add_column(header, justify="right", min_width=6)
    for measurement in results:
        result.add_row(
            measurement.storage,
            measurement.operation,
            *(f"{measurement.median(library, many):,.0f}" for library in LIBRARIES),
            f"{measurement.speed(many):.1f}",
            *(f"{measurement.growth(library, sizes):.1f}" for library in LIBRARIES),
        )
    return result


def report(results: Sequence[Measurement], sizes: Sequence[int], rounds: int) -> dict[str, object]:
    """All numbers as plain values, for the file."""
    return {
        "benchmark": "name server with many names, microseconds",
        "python": platform.python_version(),
        "machine": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "pyro5": importlib.metadata.version("Pyro5"),
        "rounds": rounds,
        "results": [{**asdict(result), "speed": {size: result.speed(size) for size in sizes}} for result in results],
    }


if __name__ == "__main__":
    sys.exit(main())
