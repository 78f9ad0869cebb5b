"""The commands: a name server, what asks and changes one, an object to try calls on, and a look at the configuration.

Exit status: 0, 1 after an error, 2 after wrong usage. An error is one line on standard error.
"""

from __future__ import annotations

from pyro_ns.commands._check_config import check_config
from pyro_ns.commands._control import control
from pyro_ns.commands._echo_server import echo_server
from pyro_ns.commands._name_server import name_server
from pyro_ns.commands._run import run

__all__ = ["check_config", "control", "echo_server", "name_server", "run"]
