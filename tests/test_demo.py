"""The demo: it agrees with the local run, and whatever ends it leaves no process behind.

Every process of the demo inherits the standard error of the client, so the end of that pipe is the end of them all.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "demo" / "run.py"
DEADLINE = 120.0


@pytest.fixture
def busy_demo() -> Iterator[subprocess.Popen[str]]:
    """A demo whose workers have just been found, with the whole standard library before them."""
    process = subprocess.Popen([sys.executable, str(DEMO)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    guard = threading.Timer(DEADLINE, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        assert any(line.startswith("workers with metadata") for line in process.stdout), "no workers were found"
        yield process
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def test_the_demo_gets_the_same_result_as_the_local_run() -> None:
    run = subprocess.run(
        [sys.executable, str(DEMO), "--limit", "40"], capture_output=True, text=True, timeout=DEADLINE, check=False
    )

    assert "same result as the local run" in run.stdout.splitlines()
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(signal.SIGKILL, -9, id="SIGKILL"),
    ],
)
def test_no_process_is_left_after_the_demo_was_ended_by(
    number: signal.Signals, status: int, busy_demo: subprocess.Popen[str]
) -> None:
    busy_demo.send_signal(number)

    _, errors = busy_demo.communicate(timeout=DEADLINE)  # returns when no process holds the pipes any more
    assert busy_demo.returncode == status
    assert errors == ""
