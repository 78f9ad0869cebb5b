"""What a proxy that arrives in a message inherits: the settings of the connection over which it came.

Without that, a proxy that a server with TLS returns would speak plain TCP, and would go by another configuration than
the one that the program gave to the proxy it called.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from contextvars import ContextVar

from pyro_wire.config import Config
from pyro_wire.config import config as process_config

__all__ = ["inherited", "inheriting"]

_settings: ContextVar[tuple[Config, ssl.SSLContext | None] | None] = ContextVar("pyro_inherited", default=None)


@contextlib.contextmanager
def inheriting(config: Config, ssl_context: ssl.SSLContext | None) -> Iterator[None]:
    """Have the proxies that are rebuilt in this block go by these settings."""
    token = _settings.set((config, ssl_context))
    try:
        yield
    finally:
        _settings.reset(token)


def inherited() -> tuple[Config, ssl.SSLContext | None]:
    """Return what a proxy that is being rebuilt goes by: the process-wide configuration if nobody said otherwise."""
    return _settings.get() or (process_config, None)
