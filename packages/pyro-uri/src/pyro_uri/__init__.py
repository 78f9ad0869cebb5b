"""What an address is: the uris of Pyro objects, and the root of all its errors."""

from pyro_uri._errors import PyroError
from pyro_uri._uri import DEFAULT_NS_PORT, URI, WIRE_NAME, set_default_ns_port

__all__ = ["DEFAULT_NS_PORT", "PyroError", "URI", "WIRE_NAME", "set_default_ns_port"]
