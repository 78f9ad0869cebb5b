"""Constants that the manual of Pyro5 mentions under this name, although the released Pyro5 lacks the module."""

from Pyro5 import __version__ as VERSION
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME, PROTOCOL_VERSION

__all__ = ["DAEMON_NAME", "NAMESERVER_NAME", "PROTOCOL_VERSION", "VERSION"]
