"""Names and name servers, for programs that wait: ``locate_ns`` and ``resolve``."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from pyro_client.blocking import BlockingDriver
from pyro_client.naming import locate_flow, resolve_flow
from pyro_client.proxy import Proxy
from pyro_uri import URI
from pyro_wire.config import Config
from pyro_wire.config import config as process_config

__all__ = ["locate_ns", "resolve"]


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
