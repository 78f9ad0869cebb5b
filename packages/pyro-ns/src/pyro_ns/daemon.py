"""The daemon that hosts a name server."""

from __future__ import annotations

import logging
import ssl
from ipaddress import IPv4Address, IPv6Address

from pyro_ns.nameserver import NAMESERVER_TAG, NameServer
from pyro_ns.storage import Storage, open_storage
from pyro_server import Daemon
from pyro_wire import NAMESERVER_NAME, Config
from pyro_wire import config as process_config

__all__ = ["NameServerDaemon"]

log = logging.getLogger("Pyro5.naming")


class NameServerDaemon(Daemon):
    """A daemon with one object more: ``nameserver``, under the id ``Pyro.NameServer`` and registered with itself.

    ``storage`` is ``memory`` (as is None) or a ``Storage``. One that it opened is closed with the daemon, a ``Storage``
    that was handed in stays yours to close. The port is NS_PORT unless another one is given; 0 is a random one.
    Raises ``ValueError`` for an unknown storage, and what ``Daemon`` raises.
    """

    nameserver: NameServer | None = None
    """The name server itself; None once the daemon is closed."""

    _own_storage: Storage | None = None

    def __init__(
        self,
        host: str | IPv4Address | IPv6Address | None = None,
        port: int | None = None,
        unixsocket: str | None = None,
        nathost: str | IPv4Address | IPv6Address | None = None,
        natport: int | None = None,
        storage: str | Storage | None = None,
        *,
        config: Config | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        config = process_config if config is None else config
        port = config.NS_PORT if port is None else port
        if config.NS_AUTOCLEAN:
            log.warning("NS_AUTOCLEAN=%s has no effect: this version does not clean up by itself", config.NS_AUTOCLEAN)
        opened = open_storage(storage)
        self._own_storage = None if isinstance(storage, Storage) else opened
        try:
            super().__init__(host, port, unixsocket, nathost, natport, config=config, ssl_context=ssl_context)
            self._host_nameserver(NameServer(opened))
        except BaseException:
            self._close_nameserver()
            raise

    def close(self) -> None:
        """Stop serving and close the storage, unless that was handed in. May be called any number of times."""
        super().close()
        self._close_nameserver()

    def _host_nameserver(self, nameserver: NameServer) -> None:
        try:
            uri = self.register(nameserver, NAMESERVER_NAME)
            nameserver.register(NAMESERVER_NAME, uri, metadata={NAMESERVER_TAG})
        except BaseException:
            super().close()  # it is listening already
            raise
        self.nameserver = nameserver

    def _close_nameserver(self) -> None:
        self.nameserver = None
        storage, self._own_storage = self._own_storage, None
        if storage is not None:
            storage.close()
