"""What the tests of the servers chapter share: programs as processes, daemons in threads, and a name server."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any

import pytest

from pyro_ns import NameServerDaemon
from pyro_server import Daemon
from pyro_wire import Config

DEADLINE = 20.0
START_DEADLINE = 60.0
"""Seconds that a program may take for its next line; the machine may be busy."""


class Program:
    """A Python program in a process of its own, given as its text. It runs while it is entered.

    A process, because a program of the manual takes the names of Pyro5 and their settings for the whole process.
    """

    def __init__(self, text: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", textwrap.dedent(text)],
            stdout=subprocess.PIPE,
            text=True,
            env={**_clean_environment(), **environment},
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read_lines)
        self._reader.start()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(DEADLINE)

    def line(self, beginning: str = "") -> str:
        """Return what follows ``beginning`` in the next line of output that begins with it."""
        while (line := self._lines.get(timeout=START_DEADLINE)) is not None:
            if line.startswith(beginning):
                return line.removeprefix(beginning).rstrip("\n")
        raise AssertionError(f"the program ended, with status {self._process.wait()}, before it wrote {beginning!r}")

    def rest(self) -> list[str]:
        """Wait until the program has ended well, and return the lines that are left of its output."""
        lines = list(iter(lambda: self._lines.get(timeout=START_DEADLINE), None))
        assert self._process.wait(START_DEADLINE) == 0
        return [line.rstrip("\n") for line in lines if line is not None]

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)


def _clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYRO")}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@contextmanager
def loop_of(daemon: Daemon) -> Iterator[Daemon]:
    """Run a daemon's request loop in a thread; it is shut down in the end."""
    with daemon:
        thread = threading.Thread(target=daemon.requestLoop, name="request loop")
        thread.start()
        try:
            yield daemon
        finally:
            daemon.shutdown()
            thread.join(DEADLINE)


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    """Run programs: ``program(text, NAME="value of an environment variable")``."""
    with ExitStack() as stack:
        yield lambda text, **environment: stack.enter_context(Program(text, environment))


@pytest.fixture
def running() -> Iterator[Callable[..., Any]]:
    """Run the loops of daemons in threads: ``running(daemon)``."""
    with ExitStack() as stack:
        yield lambda daemon: stack.enter_context(loop_of(daemon))


@pytest.fixture
def nameserver(running: Callable[..., Any]) -> Any:
    """The daemon of a name server."""
    return running(NameServerDaemon("127.0.0.1", 0))


@pytest.fixture
def finding(nameserver: NameServerDaemon) -> dict[str, str]:
    """The environment in which a program finds the name server."""
    return {"PYRO_NS_HOST": "127.0.0.1", "PYRO_NS_PORT": str(nameserver.sock.getsockname()[1])}


@pytest.fixture
def finding_config(nameserver: NameServerDaemon) -> Config:
    """A configuration that leads to the name server."""
    return Config(NS_HOST="127.0.0.1", NS_PORT=nameserver.sock.getsockname()[1], BROADCAST_ADDRS=[])
