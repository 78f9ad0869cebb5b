"""Configuration: every item under its documented name, with its default and a sentence on what it does.

``config`` is the process-wide default, read from the environment once on import. ``Daemon``, ``Proxy`` and
``NameServerDaemon`` take a ``Config`` of their own and look at nothing else, so that two of them with different
limits live side by side in one process.
"""

from __future__ import annotations

import copy
import dataclasses
import difflib
import os
import platform
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyro_uri import set_default_ns_port

__all__ = ["Config", "config", "unknown_variables"]

ENVIRONMENT_PREFIX = "PYRO_"
OWN_ENVIRONMENT_PREFIX = "PYROSTACK_"
"""Items that Pyro5 does not have are read under this prefix: released Pyro5 refuses to start on a ``PYRO_`` variable
that it does not know, and both may share an environment."""
DOCUMENTED_ONLY = (ENVIRONMENT_PREFIX, OWN_ENVIRONMENT_PREFIX)
"""The prefixes of an item that Pyro5's manual has but its release does not: a program may go by either."""

_TRUE = frozenset({"1", "yes", "on", "true"})
_FALSE = frozenset({"0", "no", "off", "false"})


HIDDEN = "(hidden)"
"""What is shown of a password, so that a dump can be shown to others."""


def _item(default: Any, doc: str, *, ours: bool = False, prefixes: tuple[str, ...] = (), secret: bool = False) -> Any:
    """Declare one configuration item; ``ours`` marks those that Pyro5 does not have, ``secret`` a password."""
    prefixes = prefixes or (OWN_ENVIRONMENT_PREFIX if ours else ENVIRONMENT_PREFIX,)
    metadata = {"doc": doc, "prefixes": prefixes, "secret": secret}
    if isinstance(default, list):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Config:
    """A set of configuration items. ``Config(**items)`` has the documented defaults with the given items replaced.

    Items are plain attributes; assigning to an unknown name raises ``AttributeError``. Objects that hold a config read
    the items that concern new connections when they make one, so change a config before you put it to use.
    """

    HOST: str = _item("localhost", "where daemons bind")
    NS_HOST: str = _item("localhost", "where clients look for the name server")
    NS_PORT: int = _item(9090, "TCP port of the name server")
    NS_BCPORT: int = _item(9091, "UDP port of the name server's broadcast responder")
    NS_BCHOST: str | None = _item(None, "where the broadcast responder binds; None: the name server's host")
    NS_AUTOCLEAN: float = _item(0.0, "seconds between clean-ups of the name server; 0: never, else at least 3")
    NS_LOOKUP_DELAY: float = _item(0.0, "seconds for which a client repeats a failed name lookup")
    NATHOST: str | None = _item(None, "host name that is published instead of the real one")
    NATPORT: int = _item(0, "port that is published instead of the real one; 0: the real port")
    COMPRESSION: bool = _item(False, "compress payloads that are sent")
    SERVERTYPE: str = _item("thread", "how a daemon serves its clients: thread or multiplex")
    COMMTIMEOUT: float | None = _item(0.0, "network timeout in seconds; 0 or None: wait for ever")
    POLLTIMEOUT: float = _item(2.0, "seconds between two looks at the loop condition and two housekeepings")
    MAX_RETRIES: int = _item(0, "how often a call is repeated after a lost connection or a timeout")
    SOCK_REUSE: bool = _item(True, "set SO_REUSEADDR on server sockets")
    SOCK_NODELAY: bool = _item(False, "set TCP_NODELAY")
    DETAILED_TRACEBACK: bool = _item(False, "send local variables with the traceback of an exception")
    THREADPOOL_SIZE: int = _item(80, "largest number of worker threads of a thread server")
    THREADPOOL_SIZE_MIN: int = _item(4, "number of worker threads that stay when there is nothing to do")
    MAX_MESSAGE_SIZE: int = _item(1 << 30, "bytes of annotations and payload in one message, after inflating too")
    BROADCAST_ADDRS: list[str] = _item(["<broadcast>", "0.0.0.0"], "where to shout for a name server")
    PREFER_IP_VERSION: int = _item(0, "4 or 6; 0: what the operating system prefers")
    SERIALIZER: str = _item("serpent", "serializer of a client: serpent, json, marshal or msgpack")
    SERPENT_BYTES_REPR: bool = _item(False, "with serpent, send bytes as bytes literals instead of base64")
    ONEWAY_THREADED: bool = _item(True, "run oneway calls in threads of their own", prefixes=DOCUMENTED_ONLY)
    ITER_STREAMING: bool = _item(True, "let methods return iterators, which the client fetches item by item")
    ITER_STREAM_LIFETIME: float = _item(0.0, "seconds that a stream lives; 0: no limit")
    ITER_STREAM_LINGER: float = _item(30.0, "seconds that a stream survives its client's connection")
    LOGFILE: str = _item("", "where `import Pyro5` sends the log; {stderr}: standard error")
    LOGLEVEL: str = _item("", "name of the level at which `import Pyro5` sets up logging; empty: it does not")
    LOGWIRE: bool = _item(False, "log every message at level debug")
    SSL: bool = _item(False, "use TLS on all connections")
    SSL_SERVERCERT: str = _item("", "certificate file of the server")
    SSL_SERVERKEY: str = _item("", "key file of the server; empty: in the certificate file")
    SSL_SERVERKEYPASSWD: str = _item("", "password of the server's key", secret=True)
    SSL_CLIENTCERT: str = _item("", "certificate file of the client")
    SSL_CLIENTKEY: str = _item("", "key file of the client; empty: in the certificate file")
    SSL_CLIENTKEYPASSWD: str = _item("", "password of the client's key", secret=True)
    SSL_CACERTS: str = _item("", "file or folder of further certificate authorities to trust")
    SSL_REQUIRECLIENTCERT: bool = _item(False, "a server demands a certificate from its clients")

    SERPENT_UNWRAP_BYTES: bool = _item(True, "with serpent, read base64 dictionaries as the bytes they are", ours=True)
    MAX_ANNOTATIONS: int = _item(1024, "number of annotations in one message", ours=True)
    MAX_DEPTH: int = _item(200, "how deep containers may be nested in a payload", ours=True)
    MAX_HANDSHAKE_SIZE: int = _item(1 << 16, "bytes of annotations and payload before the handshake", ours=True)
    MAX_BATCH: int = _item(10_000, "number of calls in one batch", ours=True)
    MAX_STREAMS: int = _item(100, "number of open streams of one connection", ours=True)
    MAX_ONEWAY_WAITING: int = _item(1024, "oneway calls of one client that wait before it is not read", ours=True)
    MAX_CONNECTIONS_WAITING: int = _item(
        128, "new clients that wait for a worker thread; others are refused", ours=True
    )
    HANDSHAKE_TIMEOUT: float = _item(5.0, "seconds that a new connection has to complete the handshake", ours=True)
    STALL_TIMEOUT: float = _item(30.0, "seconds that a client may stop in a message, sent or received", ours=True)
    SHUTDOWN_GRACE: float = _item(30.0, "seconds that calls in flight have to finish after a shutdown", ours=True)
    REMOTE_ERRORS: bool = _item(True, "unknown exceptions arrive as RemoteError, not SerializeError", ours=True)
    PROXY_OWNERSHIP: bool = _item(False, "a proxy may only be used by the thread that it belongs to", ours=True)

    def __repr__(self) -> str:
        """Return all items as Python writes them; passwords are hidden, because a repr ends up in logs."""
        return f"Config({', '.join(f'{name}={value!r}' for name, value in self.shown().items())})"

    def copy(self) -> Config:
        """Return an independent config with the same items."""
        duplicate = copy.copy(self)
        duplicate.BROADCAST_ADDRS = list(self.BROADCAST_ADDRS)
        return duplicate

    def as_dict(self) -> dict[str, Any]:
        """Return all items by name, passwords included; ``shown`` is for other eyes."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {**values, "BROADCAST_ADDRS": list(self.BROADCAST_ADDRS)}

    def shown(self) -> dict[str, Any]:
        """Return all items by name as they may be shown to others: of a password only that there is one."""
        secrets = {item.name for item in dataclasses.fields(self) if item.metadata["secret"]}
        return {name: HIDDEN if value and name in secrets else value for name, value in self.as_dict().items()}

    def reset(self, use_environment: bool = True) -> None:
        """Set all items to their defaults and then, unless told otherwise, to what the environment says.

        Raises ``ValueError`` for a variable whose text is not of the item's type.
        """
        defaults = _process_defaults if self is config else {}
        fresh = Config.from_environment(os.environ if use_environment else {}, **defaults)
        for item in dataclasses.fields(self):
            setattr(self, item.name, getattr(fresh, item.name))

    def dump(self) -> str:
        """Return a text that shows the versions in use, where the library is, and all items sorted by name.

        Passwords are hidden.
        """
        lines = [
            f"pyro-wire version: {_own_version()}",
            f"location: {os.path.dirname(os.path.abspath(__file__))}",
            f"python: {platform.python_implementation()} {sys.version.split()[0]} on {sys.platform}",
            "protocol version: 502",
            *(f"{name} = {value}" for name, value in sorted(self.shown().items())),
        ]
        return "\n".join(lines)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **defaults: Any) -> Config:
        """Return a config of the defaults and the ``PYRO_*`` and ``PYROSTACK_*`` variables of an environment.

        Items may be given other defaults.

        Raises ``ValueError`` for a variable whose text is not of the item's type; warns of a variable that names no
        item, with the nearest name there is.
        """
        for complaint in unknown_variables(environment).values():
            warnings.warn(complaint, stacklevel=3)
        result = cls(**defaults)
        for variable, name in sorted(_variable_names().items()):
            if variable in environment:
                setattr(result, name, _parse(variable, environment[variable], getattr(result, name)))
        return result


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the ``PYRO_*`` and ``PYROSTACK_*`` variables that name no item, each with a sentence that says so.

    The sentence suggests the nearest name there is.
    """
    known = _variable_names()
    prefixes = (ENVIRONMENT_PREFIX, OWN_ENVIRONMENT_PREFIX)
    unknown = [variable for variable in sorted(environment) if variable.startswith(prefixes) and variable not in known]
    return {variable: _complaint(variable, known) for variable in unknown}


def _complaint(variable: str, known: Mapping[str, str]) -> str:
    # Without the prefixes, which would make all of them alike.
    written = variable.partition("_")[2].upper()
    nearest = difflib.get_close_matches(written, known.values(), n=1)
    hint = f"; did you mean {next(right for right in known if known[right] == nearest[0])}?" if nearest else ""
    return f"environment variable {variable} names no configuration item{hint}"


def _variable_names() -> dict[str, str]:
    """Return the environment variables that are read, with the item that each one sets."""
    return {
        prefix + item.name: item.name for item in dataclasses.fields(Config) for prefix in item.metadata["prefixes"]
    }


def _parse_bool(text: str) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("expected one of 0, off, no, false, 1, on, yes, true")
    return word in _TRUE


def _parse_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


_PARSERS: dict[type, Callable[[str], Any]] = {bool: _parse_bool, int: int, float: float, list: _parse_list}


def _parse(variable: str, text: str, default: object) -> Any:
    """Convert a variable's text to the type of the item's default."""
    parser = _PARSERS.get(type(default), str)
    try:
        return parser(text)
    except ValueError as error:
        raise ValueError(f"environment variable {variable}={text!r}: {error}") from error


def _own_version() -> str:
    # Here, because these 5 ms of imports are of use to dump() alone.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pyro-wire")
    except PackageNotFoundError:
        return "unknown, not installed"


config = Config.from_environment(os.environ)
"""The process-wide default configuration."""

_process_defaults: dict[str, Any] = {}
"""The defaults of ``config`` that differ from those of ``Config()``."""


def set_process_defaults(**items: Any) -> None:
    """Give items of the process-wide ``config`` other defaults, which its ``reset`` goes back to as well.

    Items that the environment sets keep their values. This is for import names that stand for another library, as
    the meta-package's ``Pyro5`` does.
    """
    _process_defaults.update(items)
    from_environment = {name for variable, name in _variable_names().items() if variable in os.environ}
    for name in items.keys() - from_environment:
        setattr(config, name, items[name])


set_default_ns_port(lambda: config.NS_PORT)
