"""Addresses and names: what programs import from ``Pyro5.core``."""

from pyro_client import locate_ns, resolve, type_meta
from pyro_uri import URI
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME

__all__ = ["DAEMON_NAME", "NAMESERVER_NAME", "URI", "locate_ns", "resolve", "type_meta"]
