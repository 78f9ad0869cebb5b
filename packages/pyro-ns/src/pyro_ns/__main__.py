"""``python -m pyro_ns`` is the command ``pyro-ns``."""

from __future__ import annotations

from pyro_ns.commands import name_server

if __name__ == "__main__":
    name_server(prog_name="python -m pyro_ns")
