"""A process on a leash: it ends when its standard input closes, so also when its parent is killed.

`run_on_leash(function)` is for the main thread of a server. As a program, `python leash.py MODULE ARGUMENTS...` does
what `python -m MODULE ARGUMENTS...` does, on the leash.
"""

from __future__ import annotations

import _thread
import contextlib
import functools
import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable

GRACE = 5.0
"""Seconds between the interrupt and the hard end."""


def run_on_leash(function: Callable[[], object]) -> None:
    """Run `function` until it returns, or until the standard input closes, which interrupts it as Ctrl-C would."""
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell starts its programs deaf to it
        threading.Thread(target=_watch, name="leash", daemon=True).start()
        function()


def _watch() -> None:
    # os.read and not sys.stdin: a thread that waits in sys.stdin holds its lock while the interpreter exits.
    while os.read(0, 4096):
        pass
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the parent was also the one who read what this process says
    _interrupt_main_thread()
    threading.Event().wait(GRACE)
    os._exit(1)  # whatever hangs here must not outlive the demo


def _interrupt_main_thread() -> None:
    identity = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and identity is not None:
        signal.pthread_kill(identity, signal.SIGINT)  # wakes a blocking system call too
    else:
        _thread.interrupt_main()


def main() -> None:
    """Run the module named in the arguments as a program, on the leash."""
    sys.argv = sys.argv[1:]
    run_on_leash(functools.partial(runpy.run_module, sys.argv[0], run_name="__main__", alter_sys=True))


if __name__ == "__main__":
    main()
