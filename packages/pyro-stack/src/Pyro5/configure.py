"""The configuration: what programs import from ``Pyro5.configure``."""

from pyro_wire.config import Config as Configuration
from pyro_wire.config import config as global_config

__all__ = ["Configuration", "dump", "global_config"]


def dump() -> str:
    """Return the configuration as text."""
    return global_config.dump()
