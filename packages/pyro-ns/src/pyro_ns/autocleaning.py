"""Forgetting the names of objects that nobody can reach any more."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable

from pyro_client.socketutil import create_socket
from pyro_ns.nameserver import NameServer
from pyro_ns.storage import Entry, Everything, RegisteredAs
from pyro_uri import URI, PyroError
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME, Config
from pyro_wire import config as process_config

__all__ = ["AutoCleaner", "can_connect"]

CHECKERS = 16
"""Addresses that are tried at the same time: each may take the whole timeout."""

DEFAULT_TIMEOUT = 5.0
"""Seconds to wait for a connection when COMMTIMEOUT says nothing."""

STOP_TIMEOUT = 1.0
"""Seconds that ``close`` waits for the thread. One that is just trying an address ends later, and changes nothing."""

_KEPT = frozenset({NAMESERVER_NAME, DAEMON_NAME})

log = logging.getLogger("Pyro5.naming")

Probe = Callable[[URI], bool]
"""Tells whether something listens at the location of an address."""


class AutoCleaner(threading.Thread):
    """A thread that removes the names whose addresses cannot be connected to, time and again.

    Every NS_AUTOCLEAN seconds it tries each address once, however many names it has, and holds up no call of the name
    server meanwhile. Raises ``ValueError`` for a period that is too short.
    """

    min_autoclean_value = 3
    """The shortest period, in seconds."""
    max_unreachable_time = 20.0
    """Seconds from the first failure until a name is removed."""
    loop_delay = 2.0
    """Seconds between two looks at the clock."""
    override_autoclean_min = False
    """Whether a shorter period is allowed."""

    def __init__(
        self,
        nameserver: NameServer,
        *,
        config: Config | None = None,
        clock: Callable[[], float] = time.monotonic,
        can_connect: Probe | None = None,
    ) -> None:
        super().__init__(name="name-server-autoclean", daemon=True)
        config = process_config if config is None else config
        self._period = config.NS_AUTOCLEAN
        if self._period < self.min_autoclean_value and not self.override_autoclean_min:
            raise ValueError(f"NS_AUTOCLEAN={self._period:g} is too short; {self.min_autoclean_value} is the least")
        self._storage = nameserver._names
        self._clock = clock
        self._can_connect = can_connect or _connector(config)
        self._unreachable_since: dict[RegisteredAs, float] = {}
        self._closing = threading.Event()

    def run(self) -> None:
        """Clean up whenever the period has passed, until ``close``."""
        due = self._clock() + self._period
        while not self._closing.wait(self.loop_delay):
            if self._clock() >= due:
                self._clean_up_or_log()
                due = self._clock() + self._period

    def clean_up(self) -> None:
        """Try all addresses, and remove the names that have been out of reach for too long.

        A name that has meanwhile been given another address stays.
        """
        addresses = dict(_addresses(self._storage.find(Everything())))
        reachable = self._reachable(addresses.values())
        now = self._clock()
        self._unreachable_since = {
            registration: self._unreachable_since.get(registration, now)
            for registration, address in addresses.items()
            if address.location not in reachable
        }
        for registration, since in self._unreachable_since.items():
            if now - since >= self.max_unreachable_time and not self._closing.is_set():
                log.info("removing %s: %s cannot be reached", registration.name, registration.uri)
                self._storage.remove(registration)

    def close(self) -> None:
        """Stop. May be called any number of times."""
        self._closing.set()
        if self.is_alive():
            self.join(STOP_TIMEOUT)

    def _clean_up_or_log(self) -> None:
        try:
            self.clean_up()
        except Exception:  # the storage may be anybody's, and the next time all may be well again
            log.exception("the clean-up of the name server failed")

    def _reachable(self, addresses: Iterable[URI]) -> set[str | None]:
        """Return the locations where something listens, of these addresses."""
        waiting: queue.SimpleQueue[URI] = queue.SimpleQueue()
        for address in {address.location: address for address in addresses}.values():
            waiting.put(address)
        reachable: set[str | None] = set()
        # Not an executor: the interpreter would wait at its end for the threads of that.
        threads = [
            threading.Thread(target=self._try_all, args=(waiting, reachable), name="name-server-check", daemon=True)
            for _ in range(min(CHECKERS, waiting.qsize()))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return reachable

    def _try_all(self, waiting: queue.SimpleQueue[URI], reachable: set[str | None]) -> None:
        while not self._closing.is_set():
            try:
                address = waiting.get_nowait()
            except queue.Empty:
                return
            if self._can_connect(address):
                reachable.add(address.location)


def can_connect(address: URI, timeout: float, prefer_ip_version: int = 0) -> bool:
    """Tell whether something accepts connections at the location of an address, within ``timeout`` seconds."""
    target = address.sockname or (address.host, address.port)
    try:
        create_socket(connect=target, timeout=timeout, ipv6=None, prefer_ip_version=prefer_ip_version).close()
    except (OSError, ValueError, OverflowError):  # the latter two for hosts and ports that cannot exist
        return False
    return True


def _connector(config: Config) -> Probe:
    timeout = config.COMMTIMEOUT or DEFAULT_TIMEOUT
    return lambda address: can_connect(address, timeout, config.PREFER_IP_VERSION)


def _addresses(entries: dict[str, Entry]) -> Iterable[tuple[RegisteredAs, URI]]:
    """Give the registrations that can be tried, each with its address: no names of other names, no garbage."""
    for name, entry in entries.items():
        try:
            address = URI(entry.uri)
        except PyroError:  # from a file that somebody else has written
            log.debug("%s is registered with what is no uri: %r", name, entry.uri)
            continue
        if address.protocol == "PYRO" and name not in _KEPT:
            yield RegisteredAs(name, entry.uri), address
