"""The names of Pyro4 for programs that were written for it: ``from Pyro5.compatibility import Pyro4``.

They speak the protocol of Pyro5, and so with Pyro5 programs only. After that statement ``import Pyro4`` gives this
module too, in the whole process, so one statement on top of the program is enough. What Pyro5 has no more raises
``NotImplementedError`` and says what to use.
"""

from __future__ import annotations

import sys

from Pyro5 import __version__
from Pyro5.compatibility._pyro4_configuration import CompatConfiguration, config
from Pyro5.compatibility._pyro4_modules import MODULES
from Pyro5.compatibility._pyro4_objects import (
    URI,
    BatchProxy,
    Daemon,
    Future,
    Proxy,
    asyncproxy,
    batch,
    locateNS,
    resolve,
)
from pyro_server import behavior, callback, expose, oneway
from pyro_wire import current_context

__all__ = [
    "BatchProxy",
    "CompatConfiguration",
    "Daemon",
    "Future",
    "Proxy",
    "URI",
    "__version__",
    "asyncproxy",
    "batch",
    "behavior",
    "callback",
    "config",
    "constants",
    "core",
    "current_context",
    "errors",
    "expose",
    "locateNS",
    "message",
    "naming",
    "oneway",
    "resolve",
    "socketutil",
    "util",
]

constants = MODULES["constants"]
core = MODULES["core"]
errors = MODULES["errors"]
message = MODULES["message"]
naming = MODULES["naming"]
socketutil = MODULES["socketutil"]
util = MODULES["util"]

sys.modules["Pyro4"] = sys.modules[__name__]
sys.modules.update({f"Pyro4.{_name}": _module for _name, _module in MODULES.items()})
