"""What objects offer, asked of each of them: the home page waits for none of them long."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Timer

from pyro_client import Proxy
from pyro_ns.gateway.home_page import Listing
from pyro_uri import PyroError
from pyro_wire.config import Config

__all__ = ["survey"]

EACH = 2.0
"""Seconds that an object has to tell what it offers."""

TOGETHER = 5.0
"""Seconds that all of them have."""


def survey(
    uris: Mapping[str, str], config: Config, each: float = EACH, together: float = TOGETHER
) -> Iterator[Listing]:
    """Yield what each object offers, or that it cannot be reached: not in ``each`` seconds, nor in what is left."""
    deadline = time.monotonic() + together
    for name, uri in uris.items():
        seconds = min(each, deadline - time.monotonic())
        if seconds > 0:
            yield _listing(name, uri, config, seconds)
        else:
            yield _unreachable(name, "those before it took too long")


def _listing(name: str, uri: str, config: Config, seconds: float) -> Listing:
    try:
        with Proxy(uri, config=_impatient(config, seconds)) as proxy, _interrupted_after(seconds, proxy):
            proxy._pyroBind()
            return Listing(name, sorted(proxy._pyroMethods), sorted(proxy._pyroAttrs))
    except (PyroError, OSError) as error:
        return _unreachable(name, str(error))


def _impatient(config: Config, seconds: float) -> Config:
    """Return a configuration that also limits the search for a PYRONAME, which may be what is registered."""
    changed = config.copy()
    changed.COMMTIMEOUT, changed.NS_LOOKUP_DELAY = seconds, 0.0
    return changed


@contextmanager
def _interrupted_after(seconds: float, proxy: Proxy) -> Iterator[None]:
    """End the connection when time is up: the timeout alone begins anew with each byte that drips in."""
    timer = Timer(seconds, _interrupt, [proxy])
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _interrupt(proxy: Proxy) -> None:
    connection = proxy._pyroConnection
    if connection is not None:
        connection.interrupt()


def _unreachable(name: str, reason: str) -> Listing:
    return Listing(name, trouble=f"cannot be reached: {reason}")
