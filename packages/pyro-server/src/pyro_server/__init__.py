"""Being called: the daemon, and the decorators that say what it lets others call."""

from __future__ import annotations

from pyro_server.daemon import Daemon
from pyro_server.daemon_object import DaemonObject
from pyro_server.exposure import behavior, callback, expose, oneway
from pyro_server.serving import serve

__all__ = ["Daemon", "DaemonObject", "behavior", "callback", "expose", "oneway", "serve"]
