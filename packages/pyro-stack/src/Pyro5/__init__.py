"""The import names of Pyro5, for programs that use them. Everything is implemented in the packages of this project.

Where a program relies on it, importing this package sets up logging as Pyro5 does: from ``PYRO_LOGLEVEL`` and
``PYRO_LOGFILE``. It raises ``ValueError`` for a variable ``PYRO_*`` that names no configuration item. And items of the
process-wide ``config`` that Pyro5 does not have get the defaults that are like it; what the environment sets is left
alone, and so is a ``Config`` that a proxy or daemon is given.

The submodules are loaded when they are first used.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from types import ModuleType

from pyro_wire import config
from pyro_wire.config import set_process_defaults, unknown_variables

__all__ = ["__author__", "__version__", "config"]

__version__ = "5.17"
"""The release of Pyro5 whose programming interface this package has."""

__author__ = "the pyro-stack authors"

_SUBMODULES = frozenset(
    {
        "api",
        "callcontext",
        "client",
        "compatibility",
        "configure",
        "constants",
        "core",
        "errors",
        "nameserver",
        "nsc",
        "protocol",
        "serializers",
        "server",
        "socketutil",
        "svr_existingconn",
        "svr_multiplex",
        "svr_threads",
        "utils",
    }
)

_LIKE_PYRO5 = {"SERPENT_UNWRAP_BYTES": False}
"""Programs written for Pyro5 expect the base64 dictionary."""


class _UnknownLevelError(AttributeError, ValueError):
    """``AttributeError`` as in Pyro5; a ``ValueError`` like other wrong variables, which the commands tell of."""


_LOG_FORMAT = "[%(asctime)s.%(msecs)03d,%(name)s,%(levelname)s] %(message)s"
_SILENT = 9999
"""A level that nothing reaches."""


def __getattr__(name: str) -> ModuleType:
    # `import Pyro5` and then `Pyro5.server.expose` is in the manual, so submodules have to come by themselves.
    if name in _SUBMODULES:
        return importlib.import_module(f"Pyro5.{name}")
    raise AttributeError(f"module 'Pyro5' has no attribute {name!r}")


def _refuse_unknown_variables() -> None:
    """Raise ``ValueError`` for a variable ``PYRO_*`` that names no item; below this package it is a mere warning."""
    for variable, complaint in unknown_variables(os.environ).items():
        if variable.startswith("PYRO_"):
            raise ValueError(complaint)


def _level(name: str) -> int:
    level = getattr(logging, name.upper(), None)
    if not isinstance(level, int):
        raise _UnknownLevelError(f"environment variable PYRO_LOGLEVEL={name!r}: use DEBUG, INFO, WARNING or ERROR")
    return level


def _set_up_logging() -> None:
    level_name = os.environ.get("PYRO_LOGLEVEL", "")
    if not level_name:
        logging.getLogger("Pyro5").setLevel(_SILENT)
        return
    level = _level(level_name)
    logging.getLogger("Pyro5").setLevel(level)
    if logging.root.handlers:
        return
    logfile = os.environ.get("PYRO_LOGFILE") or "pyro5.log"
    if logfile == "{stderr}":
        logging.basicConfig(level=level, stream=sys.stderr, datefmt="%Y-%m-%d %H:%M:%S", format=_LOG_FORMAT)
    else:
        logging.basicConfig(level=level, filename=logfile, datefmt="%Y-%m-%d %H:%M:%S", format=_LOG_FORMAT)


_refuse_unknown_variables()
_set_up_logging()
set_process_defaults(**_LIKE_PYRO5)
