"""The import names of Pyro5, for programs that use them. Everything is implemented in the packages of this project.

Where a program relies on it, importing this package sets up logging as Pyro5 does: from ``PYRO_LOGLEVEL`` and
``PYRO_LOGFILE``. The submodules are loaded when they are first used.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from types import ModuleType

from pyro_wire import config

__all__ = ["__author__", "__version__", "config"]

__version__ = "5.17"
"""The release of Pyro5 whose programming interface this package has."""

__author__ = "the pyro-stack authors"

_SUBMODULES = frozenset(
    {
        "api",
        "callcontext",
        "client",
        "configure",
        "constants",
        "core",
        "errors",
        "nameserver",
        "nsc",
        "serializers",
        "server",
        "socketutil",
    }
)

_LOG_FORMAT = "[%(asctime)s.%(msecs)03d,%(name)s,%(levelname)s] %(message)s"
_SILENT = 9999
"""A level that nothing reaches."""


def __getattr__(name: str) -> ModuleType:
    # `import Pyro5` and then `Pyro5.server.expose` is in the manual, so submodules have to come by themselves.
    if name in _SUBMODULES:
        return importlib.import_module(f"Pyro5.{name}")
    raise AttributeError(f"module 'Pyro5' has no attribute {name!r}")


def _set_up_logging() -> None:
    level_name = os.environ.get("PYRO_LOGLEVEL", "")
    if not level_name:
        logging.getLogger("Pyro5").setLevel(_SILENT)
        return
    level = getattr(logging, level_name.upper())
    logging.getLogger("Pyro5").setLevel(level)
    if logging.root.handlers:
        return
    logfile = os.environ.get("PYRO_LOGFILE") or "pyro5.log"
    if logfile == "{stderr}":
        logging.basicConfig(level=level, stream=sys.stderr, datefmt="%Y-%m-%d %H:%M:%S", format=_LOG_FORMAT)
    else:
        logging.basicConfig(level=level, filename=logfile, datefmt="%Y-%m-%d %H:%M:%S", format=_LOG_FORMAT)


_set_up_logging()
