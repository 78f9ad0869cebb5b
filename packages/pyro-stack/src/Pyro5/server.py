"""Being called: what programs import from ``Pyro5.server``."""

from pyro_server import Daemon, DaemonObject, behavior, callback, expose, oneway, serve

__all__ = ["Daemon", "DaemonObject", "behavior", "callback", "expose", "oneway", "serve"]
