"""The daemon that hosts a name server."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from pyro_ns.autocleaning import AutoCleaner
from pyro_ns.nameserver import NAMESERVER_TAG, NameServer
from pyro_ns.storage import Storage, open_storage
from pyro_server import Daemon
from pyro_wire import NAMESERVER_NAME, Config
from pyro_wire import config as process_config
from pyro_wire.errors import ProtocolError

__all__ = ["NameServerDaemon"]


class NameServerDaemon(Daemon):
    """A daemon with one object more: ``nameserver``, under the id ``Pyro.NameServer`` and registered with itself.

    ``storage`` is ``memory`` (as is None), ``sql:FILE`` or a ``Storage``. One that it opened is closed with the daemon,
    a ``Storage`` that was handed in stays yours to close. The port is NS_PORT unless another one is given; 0 is a
    random one. With NS_AUTOCLEAN it forgets names that cannot be reached.

    Raises ``ValueError`` for an unknown storage and for a period of NS_AUTOCLEAN that is too short, ``NamingError`` for
    a storage that cannot be opened, and what ``Daemon`` raises.
    """

    nameserver: NameServer | None = None
    """The name server itself; None once the daemon is closed."""

    cleaner_thread: AutoCleaner | None = None
    """What removes names that cannot be reached; None without NS_AUTOCLEAN, and once the daemon is closed."""

    _own_storage: Storage | None = None

    _nameserver_class: type[NameServer] = NameServer

    # What opens ``storage``: what it returns as it was given stays the caller's to close.
    _open_storage: Callable[[Any], Any] = staticmethod(open_storage)

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
        opened = self._open_storage(storage)
        self._own_storage = None if opened is storage else opened
        try:
            nameserver = self._nameserver_class(opened)
            cleaner = AutoCleaner(nameserver, config=config) if config.NS_AUTOCLEAN > 0 else None
            super().__init__(host, port, unixsocket, nathost, natport, config=config, ssl_context=ssl_context)
            self._host_nameserver(nameserver, cleaner)
        except BaseException:
            self._close_nameserver()
            raise

    def close(self) -> None:
        """Stop serving and close the storage, unless that was handed in. May be called any number of times."""
        super().close()
        self._close_nameserver()

    def report_protocol_error(self, error: ProtocolError, address: Any) -> None:
        """Tell of a client whose bytes are no Pyro messages in a Python warning too, as Pyro5's name server does."""
        super().report_protocol_error(error, address)
        with contextlib.suppress(UserWarning):  # a program may have made errors of warnings; this is no error here
            warnings.warn(f"protocol error of the client at {address}: {error}", stacklevel=2)

    def _host_nameserver(self, nameserver: NameServer, cleaner: AutoCleaner | None) -> None:
        try:
            uri = self.register(nameserver, NAMESERVER_NAME)
            nameserver.register(NAMESERVER_NAME, uri, metadata={NAMESERVER_TAG})
        except BaseException:
            super().close()  # it is listening already
            raise
        self.nameserver = nameserver
        self.cleaner_thread = cleaner
        if cleaner is not None:
            cleaner.start()

    def _close_nameserver(self) -> None:
        self.nameserver = None
        cleaner, self.cleaner_thread = self.cleaner_thread, None
        if cleaner is not None:
            cleaner.close()
        storage, self._own_storage = self._own_storage, None
        if storage is not None:
            storage.close()
