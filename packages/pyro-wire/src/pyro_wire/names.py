"""Object ids that are reserved: every daemon and every name server is reachable under them."""

from __future__ import annotations

DAEMON_NAME = "Pyro.Daemon"
"""The id of the daemon object that every daemon hosts."""

NAMESERVER_NAME = "Pyro.NameServer"
"""The id and the name of the name server."""
