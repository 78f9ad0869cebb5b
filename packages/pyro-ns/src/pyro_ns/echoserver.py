"""A server to try calls on: the object ``test.echoserver``, and if you like a name server that knows it.

``pyro-echoserver`` runs it. Whoever reaches it can shut it down, so it is for trying things out and nothing else.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyro_client import Proxy, locate_ns
from pyro_ns.broadcast import BroadcastServer
from pyro_ns.daemon import NameServerDaemon
from pyro_ns.signals import sigterm_as_interrupt
from pyro_ns.starting import start_ns
from pyro_server import Daemon, expose, oneway
from pyro_uri import URI
from pyro_wire import Config
from pyro_wire import config as process_config

__all__ = [
    "ECHO_NAME",
    "EchoDaemon",
    "EchoOptions",
    "EchoServer",
    "NameServerThread",
    "run_echo_server",
    "start_echo_server",
    "start_nameserver",
]

ECHO_NAME = "test.echoserver"
"""The id of the object, and its name in the name server."""

SLOW = 5.0
"""Seconds that the slow methods take."""

STOP_TIMEOUT = 5.0
"""Seconds to wait for the name server's thread to end."""


@expose
class EchoServer:
    """An object with a method of each kind. What is called is printed while ``verbose`` is true."""

    _pyroDaemon: Daemon

    def __init__(self) -> None:
        self._verbose = False

    @property
    def verbose(self) -> bool:
        """Whether calls are printed where the server runs; clients may change it."""
        return self._verbose

    @verbose.setter
    def verbose(self, on: bool) -> None:
        self._verbose = bool(on)

    def echo(self, message: Any) -> Any:
        """Return the argument."""
        self._tell(f"echo: {message!r}")
        return message

    def error(self) -> None:
        """Raise a ``ValueError``, to see how errors arrive."""
        self._tell("error: raising one")
        raise ValueError("this is the generated error from echoserver echo() method")

    def error_with_text(self) -> None:
        """Raise another ``ValueError``."""
        self._tell("error_with_text: raising one")
        raise ValueError("the message of the error")

    @oneway
    def oneway_echo(self, message: Any) -> Any:
        """Take a message; nothing comes back, not even what is returned here."""
        self._tell(f"oneway_echo: {message!r}")
        return message

    def slow(self) -> str:
        """Answer after five seconds, in which the server does nothing else."""
        self._tell("slow: the answer takes a while")
        time.sleep(SLOW)
        return "Finally, an answer!"

    @oneway
    def oneway_slow(self) -> None:
        """Take five seconds, for which the client does not wait."""
        self._tell("oneway_slow: this takes a while")
        time.sleep(SLOW)

    def generator(self) -> Iterator[str]:
        """Return an iterator: one, two, three."""
        self._tell("generator: three items")
        yield from ("one", "two", "three")

    def nan(self) -> float:
        """Return the float that is not a number."""
        return math.nan

    def inf(self) -> float:
        """Return the infinite float."""
        return math.inf

    def __dunder__(self) -> str:
        """Show that a method with a name of this form can be called."""
        return "a dunder method was called"

    def shutdown(self) -> None:
        """End the server."""
        self._tell("shutdown: ending")
        self._pyroDaemon.shutdown()

    def _private(self) -> str:
        """Show that a method with a name of this form cannot be called."""
        return "this does not leave the server"

    def _tell(self, line: str) -> None:
        if self._verbose:
            print(line, flush=True)


class NameServerThread(threading.Thread):
    """A name server in a thread of its own, from ``start`` to ``close``."""

    uri: URI
    """Where the name server is, once it was started."""

    broadcaster: BroadcastServer | None = None
    """What answers broadcasts, if other machines can reach the name server."""

    _daemon: NameServerDaemon | None = None

    def __init__(self, hostname: str | None = None, *, config: Config | None = None) -> None:
        super().__init__(name="name server", daemon=True)
        self.hostname = hostname
        self._config = config

    def start(self) -> None:
        """Start the name server; it answers when this returns. Raises ``OSError`` if its address cannot be had."""
        self.uri, self._daemon, self.broadcaster = start_ns(self.hostname, config=self._config)
        if self.broadcaster is not None:
            self.broadcaster.runInThread()
        super().start()

    def run(self) -> None:
        """Answer calls; ``start`` is what you want."""
        if self._daemon is not None:
            self._daemon.requestLoop()

    def close(self) -> None:
        """Stop the name server and release everything. May be called any number of times."""
        if self.broadcaster is not None:
            self.broadcaster.close()
        if self._daemon is not None:
            self._daemon.close()
            self.join(STOP_TIMEOUT)


def start_nameserver(host: str | None = None, *, config: Config | None = None) -> NameServerThread:
    """Start a name server on a host in a thread of its own, and return that."""
    thread = NameServerThread(host, config=config)
    thread.start()
    return thread


@dataclass(frozen=True, slots=True)
class EchoOptions:
    """What ``pyro-echoserver`` can be told."""

    host: str | None = "localhost"
    port: int = 0
    """0: any free one."""
    unixsocket: str | None = None
    """Path of a Unix domain socket, instead of host and port."""
    naming: bool = False
    """Register the object with the name server."""
    nameserver: bool = False
    """Start a name server too, and register the object there."""
    verbose: bool = False
    quiet: bool = False
    """Print nothing, unless ``verbose``."""


class EchoDaemon(Daemon):
    """A daemon that takes its name server with it when it is closed."""

    nameserver: NameServerThread | None = None

    def close(self) -> None:
        super().close()
        if self.nameserver is not None:
            self.nameserver.close()


def start_echo_server(
    options: EchoOptions | None = None, *, config: Config | None = None
) -> tuple[EchoDaemon, EchoServer, URI]:
    """Start an echo server, and return its daemon, the object and its uri; you run and close the daemon.

    Always a multiplex server. Raises ``OSError`` if an address cannot be had, ``NamingError`` without a name server.
    """
    options = options or EchoOptions()
    config = (process_config if config is None else config).copy()
    config.SERVERTYPE = "multiplex"
    _tell(options, "Starting an echo server to try calls on.")
    daemon = EchoDaemon(options.host, options.port, options.unixsocket, config=config)
    try:
        return daemon, *_publish(daemon, options, config)
    except BaseException:
        daemon.close()
        raise


def run_echo_server(options: EchoOptions | None = None, *, config: Config | None = None) -> None:
    """Serve an echo server until Ctrl-C, SIGTERM or its ``shutdown`` ends it; then close everything."""
    with contextlib.suppress(KeyboardInterrupt), sigterm_as_interrupt():
        daemon, _, _ = start_echo_server(options, config=config)
        with daemon:
            daemon.requestLoop()


def _publish(daemon: EchoDaemon, options: EchoOptions, config: Config) -> tuple[EchoServer, URI]:
    echo = EchoServer()
    echo.verbose = options.verbose
    uri = daemon.register(echo, ECHO_NAME)
    if options.nameserver:
        daemon.nameserver = start_nameserver(options.host, config=config)
    _register_name(uri, daemon.nameserver, options, config)
    _tell(options, f"object name: {ECHO_NAME}", f"echo uri: {uri}", "echoserver running.")
    return echo, uri


def _register_name(uri: URI, own: NameServerThread | None, options: EchoOptions, config: Config) -> None:
    """Register the name where the options say, and with ``verbose`` tell where that is."""
    if not (options.naming or own):
        _tell(options, "name server: none", verbose=True)
        return
    with Proxy(own.uri, config=config) if own else locate_ns(config=config) as nameserver:
        nameserver.register(ECHO_NAME, uri)
        _tell(options, f"name server: {nameserver._pyroUri}", verbose=True)
    broadcaster = own.broadcaster.locationStr if own and own.broadcaster else "none of its own"
    _tell(options, f"broadcast server: {broadcaster}", verbose=True)


def _tell(options: EchoOptions, *lines: str, verbose: bool = False) -> None:
    """Print lines, unless it is to be quiet; those that are only for ``verbose`` otherwise never."""
    if options.verbose or not (options.quiet or verbose):
        print("\n".join(lines), flush=True)
