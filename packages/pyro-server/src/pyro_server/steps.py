"""What a session asks its driver to do next. The session decides, the driver moves bytes and runs user code."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from pyro_wire.message import Buffer

__all__ = ["Close", "Job", "Send", "Step"]


@dataclass(slots=True)  # not frozen: that would cost 0.3 us at every reply
class Send:
    """Send these buffers; then close the connection if ``close`` says so."""

    buffers: Sequence[Buffer]
    close: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection without a word."""


class Job(Protocol):
    """User code to be run: ``run`` on the calling thread, or ``execute`` in any way and then ``finish`` or ``fail``.

    ``detached`` says that nobody waits for it: it may run elsewhere while the session goes on.
    """

    detached: bool

    def execute(self) -> Any:
        """Run the user code and return its result, or raise its error."""

    def finish(self, result: Any) -> Send | Close | None:
        """Return what to send for a result; None: nothing."""

    def fail(self, error: BaseException) -> Send | Close | None:
        """Return what to send for an error; None: nothing."""


Step: TypeAlias = Send | Close | Job


def is_from_operator(error: BaseException) -> bool:
    """Tell a Ctrl-C, which is to end the loop, from an error of user code: it comes to the main thread only."""
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


def run(job: Job) -> Send | Close | None:
    """Run a job on this thread; return what to do then."""
    try:
        result = job.execute()
    except BaseException as error:  # the edge where user code runs: a SystemExit in a method must not end the server
        if is_from_operator(error):
            raise
        return job.fail(error)
    return job.finish(result)
