"""A gateway from HTTP to remote objects: a WSGI application. It needs the extra ``pyro-ns[gateway]``."""

from __future__ import annotations

from pyro_ns.gateway.application import Gateway
from pyro_ns.gateway.parameters import singlyfy_parameters

__all__ = ["Gateway", "singlyfy_parameters"]
