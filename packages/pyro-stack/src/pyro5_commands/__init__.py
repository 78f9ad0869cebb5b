"""Where the commands ``pyro5-*`` begin, beside ``Pyro5``, whose import may end in an error of the environment."""

from __future__ import annotations

from pyro_commands import command

__all__ = ["check_config", "control", "echo_server", "gateway", "name_server"]

check_config = command("Pyro5.configure", "main", tells_warnings=True)
control = command("Pyro5.nsc", "main")
echo_server = command("Pyro5.utils.echoserver", "main")
gateway = command("Pyro5.utils.httpgateway", "main")
name_server = command("Pyro5.nameserver", "main")
