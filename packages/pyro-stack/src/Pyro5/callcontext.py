"""The context of the running call: what programs import from ``Pyro5.callcontext``."""

from pyro_wire import current_context

__all__ = ["current_context"]
