"""Starting and ending the programs of the peers: a handshake on readiness, deadlines, and nothing left behind."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

START_DEADLINE = 30.0
ANSWER_DEADLINE = 60.0
STOP_DEADLINE = 10.0

KIT_FOLDER = Path(__file__).parents[1]


class Program:
    """`python -m MODULE ARGUMENTS...` as a context: it runs inside, and is gone after it.

    `environment` is added to the environment of this process, less all variables that configure a library.
    """

    def __init__(self, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._title = " ".join((module, *arguments))
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**_clean_environment(), **(environment or {})},
            start_new_session=True,
        )
        threading.Thread(target=self._read_lines, daemon=True).start()

    def read_line(self, deadline: float = ANSWER_DEADLINE) -> str:
        """The next line of output; raises ChildProcessError when there is none within `deadline` seconds."""
        try:
            line = self._lines.get(timeout=deadline)
        except queue.Empty:
            raise ChildProcessError(f"no word from `{self._title}` within {deadline} seconds") from None
        if line is None:
            raise ChildProcessError(f"`{self._title}` has ended with status {self._process.wait()}")
        return line.rstrip("\n")

    def read_line_with(self, start: str) -> str:
        """What follows `start` in the first line that begins with it; for programs that say other things first."""
        while not (line := self.read_line(START_DEADLINE)).startswith(start):
            pass
        return line.removeprefix(start)

    def ask(self, line: str) -> str:
        """Write a line and return the line that comes back."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.read_line()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)


def _clean_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYRO")}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(KIT_FOLDER), kept.get("PYTHONPATH")]))
    return kept
