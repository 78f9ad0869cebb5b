"""What the tests of Pyro5's names share: those names for one test, running daemons, and a name server."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

import pytest

from pyro_ns import NameServerDaemon
from pyro_wire import config

DEADLINE = 20.0

Load = Callable[[str], ModuleType]
"""From the name of a module to the module."""


@pytest.fixture
def load() -> Iterator[Load]:
    """Import modules of Pyro5. To do so changes loggers and configuration of the process: all of that is undone."""
    logger, items = logging.getLogger("Pyro5"), config.as_dict()
    level = logger.level
    before = _taken_out()
    try:
        yield importlib.import_module
    finally:
        _taken_out()
        sys.modules.update(before)
        logger.setLevel(level)
        for name, value in items.items():
            setattr(config, name, value)


def _taken_out() -> dict[str, ModuleType]:
    """Take what is there of the packages out of the table of modules."""
    names = [name for name in sys.modules if name.partition(".")[0] in ("Pyro4", "Pyro5")]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def loop_of(server: Any) -> Iterator[Any]:
    """Run the loop of a daemon in a thread; it is shut down in the end."""
    with server:
        thread = threading.Thread(target=server.requestLoop, name="request loop")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(DEADLINE)


@pytest.fixture
def running() -> Iterator[Callable[[Any], Any]]:
    """Run the loops of daemons in threads: ``running(daemon)``."""
    with ExitStack() as stack:
        yield lambda daemon: stack.enter_context(loop_of(daemon))


@pytest.fixture
def nameserver(running: Callable[[Any], Any]) -> NameServerDaemon:
    """The daemon of a name server."""
    daemon: NameServerDaemon = running(NameServerDaemon("127.0.0.1", 0))
    return daemon
