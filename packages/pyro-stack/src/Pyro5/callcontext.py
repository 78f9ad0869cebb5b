"""The context of the running call: what programs import from ``Pyro5.callcontext``."""

from pyro_wire import current_context
from pyro_wire.context import CurrentContext as _CallContext

__all__ = ["_CallContext", "current_context"]
