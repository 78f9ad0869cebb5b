"""By which names a gateway without a key may be called: the defence against names that change their address.

A web page may come from a name that its owner, once the page is loaded, points at the address of the gateway. The
browser then takes page and gateway for one site and lets the page call and read everything (DNS rebinding). Nothing but
the header ``Host``, which has the page's name in it, gives that away.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

__all__ = ["ANY_HOST", "is_known_host"]

ANY_HOST = "*"
"""Among the hosts: all names are good."""


def is_known_host(header: str | None, hosts: Collection[str]) -> bool:
    """Tell whether what a client says in ``Host`` is this machine, an address, or one of ``hosts``.

    An address cannot be pointed elsewhere by anybody. A request without the header is not from a browser.
    """
    if header is None or ANY_HOST in hosts:
        return True
    name = _name(header)
    return name == "localhost" or _is_address(name) or name in map(_plain, hosts)


def _name(header: str) -> str:
    """Return the name or address in ``Host`` without its port, "" if it is neither."""
    try:
        return _plain(urlsplit(f"//{header}").hostname or "")
    except ValueError:  # such as a bracket that is not closed
        return ""


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
