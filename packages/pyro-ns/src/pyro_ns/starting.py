"""Starting a name server, with or without the loop that serves it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from pyro_ns.broadcast import BroadcastServer, is_loopback
from pyro_ns.daemon import NameServerDaemon
from pyro_ns.signals import sigterm_as_interrupt
from pyro_ns.storage import Storage
from pyro_uri import URI
from pyro_wire import NAMESERVER_NAME, Config

__all__ = ["start_ns", "start_ns_loop"]


def start_ns(
    host: str | None = None,
    port: int | None = None,
    enableBroadcast: bool = True,
    bchost: str | None = None,
    bcport: int | None = None,
    unixsocket: str | None = None,
    nathost: str | None = None,
    natport: int | None = None,
    storage: str | Storage | None = None,
    *,
    config: Config | None = None,
    daemon_class: type[NameServerDaemon] = NameServerDaemon,
) -> tuple[URI, NameServerDaemon, BroadcastServer | None]:
    """Start a name server and return its uri, its daemon and its broadcast responder.

    There is no responder if ``enableBroadcast`` is false, or if other machines cannot reach the name server. You run
    both (``daemon.requestLoop()``, ``responder.runInThread()``) and you close both. ``daemon_class`` is what the daemon
    is made of.
    """
    daemon = daemon_class(host, port, unixsocket, nathost, natport, storage, config=config)
    try:
        responder = _responder(daemon, bchost, bcport, config) if enableBroadcast and _is_public(daemon) else None
    except BaseException:
        daemon.close()
        raise
    return daemon.uriFor(NAMESERVER_NAME), daemon, responder


def start_ns_loop(
    host: str | None = None,
    port: int | None = None,
    enableBroadcast: bool = True,
    bchost: str | None = None,
    bcport: int | None = None,
    unixsocket: str | None = None,
    nathost: str | None = None,
    natport: int | None = None,
    storage: str | Storage | None = None,
    loopCondition: Callable[[], bool] = lambda: True,
    *,
    config: Config | None = None,
    daemon_class: type[NameServerDaemon] = NameServerDaemon,
) -> None:
    """Serve a name server until Ctrl-C, SIGTERM, ``loopCondition`` or a shutdown ends it; then close everything.

    Prints what runs where; each line can be read at once by a parent process. The parameters are those of ``start_ns``.
    """
    with contextlib.suppress(KeyboardInterrupt), sigterm_as_interrupt(), contextlib.ExitStack() as stack:
        daemon = daemon_class(host, port, unixsocket, nathost, natport, storage, config=config)
        stack.enter_context(daemon)
        if enableBroadcast and _announce_broadcast(daemon):
            responder = stack.enter_context(_responder(daemon, bchost, bcport, config))
            _say(f"Answering broadcasts on {responder.locationStr}")
            responder.runInThread()
        _announce(daemon)
        daemon.requestLoop(loopCondition)
    _say("NS shut down.")


def _responder(
    daemon: NameServerDaemon, bchost: str | None, bcport: int | None, config: Config | None
) -> BroadcastServer:
    # Those who hear a broadcast are inside of the NAT.
    uri = daemon.uriFor(NAMESERVER_NAME, nat=False)
    return BroadcastServer(uri, bchost, bcport, ipv6=_is_ipv6(daemon), config=config)


def _announce_broadcast(daemon: NameServerDaemon) -> bool:
    """Tell whether a responder is to be started, and print why if it is not."""
    if isinstance(_bound_to(daemon), str):
        return False  # nobody expects one for a Unix socket
    if _is_ipv6(daemon):
        _say("Not starting broadcast server for IPv6.")
        return False
    if not _is_public(daemon):
        _say("Not starting broadcast server for localhost.")
        return False
    return True


def _announce(daemon: NameServerDaemon) -> None:
    registrations = daemon.nameserver.count() if daemon.nameserver else 0
    if registrations > 1:  # one is the name server itself
        _say(f"{registrations} names are registered already.")
    address = _bound_to(daemon)
    _say(f"NS running on {daemon.locationStr} ({'Unix domain socket' if isinstance(address, str) else address[0]})")
    if daemon.natLocationStr:
        _say(f"internal URI = {daemon.uriFor(NAMESERVER_NAME, nat=False)}")
        _say(f"external URI = {daemon.uriFor(NAMESERVER_NAME)}")
    else:
        _say(f"URI = {daemon.uriFor(NAMESERVER_NAME)}")


def _bound_to(daemon: NameServerDaemon) -> str | tuple[Any, ...]:
    """Return the name of the Unix socket, or (ip address, port, ...)."""
    address: str | bytes | tuple[Any, ...] = daemon.sock.getsockname()
    return address.decode(errors="replace") if isinstance(address, bytes) else address  # bytes: an abstract socket


def _is_public(daemon: NameServerDaemon) -> bool:
    """Tell whether other machines can reach the daemon: the resolved address counts, not what the host is called."""
    address = _bound_to(daemon)
    host = daemon.uriFor(NAMESERVER_NAME, nat=False).host
    return not isinstance(address, str) and not is_loopback(address[0]) and host is not None and not is_loopback(host)


def _is_ipv6(daemon: NameServerDaemon) -> bool:
    address = _bound_to(daemon)
    return not isinstance(address, str) and ":" in address[0]


def _say(line: str) -> None:
    print(line, flush=True)
