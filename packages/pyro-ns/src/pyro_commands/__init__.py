"""Where the commands ``pyro-*`` begin: what is wrong with the environment is one line here, not a traceback.

The environment is read when ``pyro_wire`` is imported, which importing any module of ``pyro_ns`` does. So this is a
package of its own that imports nothing of the others, until a command is run.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["check_config", "command", "control", "echo_server", "gateway", "name_server"]


def command(module: str, function: str, *, tells_warnings: bool = False) -> Callable[[], Any]:
    """Return what runs a function of a module that is imported then; ``tells_warnings`` if it shows them itself."""

    def run() -> Any:
        with warnings.catch_warnings(record=True) as caught:
            found = getattr(_imported(module), function)
        for warning in [] if tells_warnings else caught:
            print(f"Warning: {_one_line(warning.message)}", file=sys.stderr)
        return found()

    return run


def _imported(module: str) -> Any:
    # Late, because these errors come out of the import: a value of a variable, or a log file that cannot be opened.
    try:
        return importlib.import_module(module)
    except (ValueError, OSError) as error:
        raise SystemExit(f"Error: {_one_line(error)}") from error


def _one_line(error: Exception | str) -> str:
    return " ".join(str(error).split())


check_config = command("pyro_ns.commands", "check_config", tells_warnings=True)
control = command("pyro_ns.commands", "control")
echo_server = command("pyro_ns.commands", "echo_server")
gateway = command("pyro_ns.gateway_entry", "main")
name_server = command("pyro_ns.commands", "name_server")
