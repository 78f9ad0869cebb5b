"""The servers of the demo, each a process of its own that ends with the demo whatever happens."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

START_DEADLINE = 30.0
"""Seconds that a server may take until it can be called."""

STOP_DEADLINE = 10.0
"""Seconds that a server may take to end by itself before it is killed."""


class ServerFailed(Exception):
    """A server process did not start; the message says which one and how it ended."""


class Server:
    """A server process. It ends when its standard input, a pipe that only this process holds, is closed."""

    def __init__(self, title: str, script: str, *arguments: str) -> None:
        self.title = title
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        # In a session of its own, so that Ctrl-C of the terminal reaches only the client, which then stops in order.
        self._process = subprocess.Popen(
            [sys.executable, "-u", str(Path(__file__).with_name(script)), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read_lines, name=f"output of {title}", daemon=True).start()

    def wait_for_line(self, start: str) -> str:
        """The rest of the first output line that begins with `start`; raises ServerFailed when none comes in time."""
        deadline = time.monotonic() + START_DEADLINE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise ServerFailed(f"{self.title} was not ready within {START_DEADLINE:.0f} seconds") from None
            if line is None:
                raise ServerFailed(f"{self.title} ended before it was ready, with status {self._process.wait()}")
            if line.startswith(start):
                return line.removeprefix(start).strip()

    def release(self) -> None:
        """Let go of the leash: from now on the process is ending."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def join(self) -> None:
        """Wait until the process has ended; kill it when it takes too long."""
        try:
            self._process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_lines(self) -> None:
        with self._process.stdout as output:  # type: ignore[union-attr]  # it is a pipe, see above
            for line in output:
                self._lines.put(line)
        self._lines.put(None)


class Servers:
    """All server processes of the demo, as a context: none is left when it has been left."""

    def __init__(self) -> None:
        self._servers: list[Server] = []

    def start(self, title: str, script: str, *arguments: str) -> Server:
        """Start `script` of this folder in a process of its own."""
        server = Server(title, script, *arguments)
        self._servers.append(server)
        return server

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.release()
        for server in self._servers:
            server.join()
