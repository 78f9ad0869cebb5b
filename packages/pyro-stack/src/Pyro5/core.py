"""Addresses and names: what programs import from ``Pyro5.core``; the wrapper is what marks an error in a batch."""

from pyro_client import locate_ns, resolve, type_meta
from pyro_uri import URI
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME
from pyro_wire.exceptions import ExceptionWrapper as _ExceptionWrapper

__all__ = ["DAEMON_NAME", "NAMESERVER_NAME", "URI", "_ExceptionWrapper", "locate_ns", "resolve", "type_meta"]
