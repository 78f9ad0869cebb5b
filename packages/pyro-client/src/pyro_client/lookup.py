"""Names and name servers, for programs that wait: finding a name server, and asking it."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from pyro_client.blocking import BlockingDriver
from pyro_client.naming import locate_flow, lookup_flow, resolve_flow, yplookup_flow
from pyro_client.proxy import Proxy
from pyro_uri import URI
from pyro_wire.config import Config
from pyro_wire.config import config as process_config

__all__ = ["locate_ns", "lookup", "resolve", "yplookup"]


def locate_ns(
    host: str | IPv4Address | IPv6Address | None = "",
    port: int | None = None,
    broadcast: bool = True,
    *,
    config: Config | None = None,
) -> Proxy:
    """Return a connected proxy of a name server. Raises ``NamingError`` if there is none.

    Without ``host`` it is looked for on this machine (if NS_HOST says so), by broadcast (unless told not to), and at
    NS_HOST, in this order. ``host`` may also be ``./u:name``, a Unix socket.
    """
    config = config if config is not None else process_config
    proxy: Proxy = BlockingDriver(None, Proxy, config).run(locate_flow(str(host or ""), port, broadcast, config))
    return proxy


def resolve(uri: URI | str, delay_time: float = 0.0, *, config: Config | None = None) -> URI:
    """Return the PYRO address that a uri stands for; PYRONAME and PYROMETA are asked of the name server.

    A name that is not there yet is looked up again for ``delay_time`` seconds (0: NS_LOOKUP_DELAY). Raises
    ``NamingError`` if there is none in the end.
    """
    config = config if config is not None else process_config
    return BlockingDriver(None, Proxy, config).run(resolve_flow(uri, config, delay_time))


def lookup(
    nameserver: Proxy,
    name: str,
    return_metadata: bool = False,
    delay_time: float = 0,
    *,
    config: Config | None = None,
) -> Any:
    """Return the uri that a name server has under a name, or with ``return_metadata`` (uri, set of tags).

    A name that is not there yet, or a name server that takes too long, is asked again for ``delay_time`` seconds (0:
    NS_LOOKUP_DELAY). Raises the ``NamingError`` or ``TimeoutError`` of the last time.
    """
    config = config if config is not None else process_config
    flow = lookup_flow(nameserver, name, return_metadata, delay_time or config.NS_LOOKUP_DELAY)
    return BlockingDriver(None, Proxy, config).run(flow)


def yplookup(
    nameserver: Proxy,
    meta_all: Iterable[str] | None = None,
    meta_any: Iterable[str] | None = None,
    return_metadata: bool = True,
    delay_time: float = 0,
    *,
    config: Config | None = None,
) -> dict[str, Any]:
    """Return the registrations that have all of some tags, or at least one of them: the answer of ``yplookup``.

    While there are none it is asked again for ``delay_time`` seconds (0: NS_LOOKUP_DELAY); in the end that is an empty
    answer. Raises what the name server raises, and its ``TimeoutError`` of the last time.
    """
    config = config if config is not None else process_config
    flow = yplookup_flow(nameserver, meta_all, meta_any, return_metadata, delay_time or config.NS_LOOKUP_DELAY)
    found: dict[str, Any] = BlockingDriver(None, Proxy, config).run(flow)
    return found
