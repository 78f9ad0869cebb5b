"""From a name to an address: finding the name server and asking it."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pyro_client.commands import Bind, Call, Flow, Release, Shout, Sleep
from pyro_uri import URI, PyroError
from pyro_wire.config import Config
from pyro_wire.errors import NamingError, TimeoutError
from pyro_wire.names import NAMESERVER_NAME

__all__ = ["locate_flow", "lookup_flow", "resolve_flow", "type_meta", "yplookup_flow"]

BROADCAST_REQUEST = b"GET_NSURI"
BROADCAST_ROUNDS = 3
BROADCAST_TIMEOUT = 0.7
"""Seconds to wait for an answer in each round."""

OWN_NAME_ADDRESS = "127.0.1.1"

SHORTEST_PAUSE = 0.2
"""Seconds between two lookups while a name is not there yet."""

_T = TypeVar("_T")


def resolve_flow(uri: URI | str, config: Config, delay_time: float = 0.0) -> Flow[URI]:
    """Return the PYRO address that a uri stands for, asking the name server if need be.

    A name that is not there yet is looked up again for ``delay_time`` seconds (or NS_LOOKUP_DELAY). Raises
    ``NamingError`` if there is none, or no name server.
    """
    if isinstance(uri, str):
        uri = URI(uri, ns_port=config.NS_PORT)
    if not isinstance(uri, URI):
        raise TypeError(f"can only resolve a str or a URI, not {type(uri).__name__}")
    if uri.protocol == "PYRO":
        return uri
    host = f"./u:{uri.sockname}" if uri.sockname else uri.host or ""
    nameserver = yield from locate_flow(host, uri.port, True, config)
    delay = delay_time or config.NS_LOOKUP_DELAY
    try:
        look_up = _look_up_meta if uri.protocol == "PYROMETA" else _look_up_name
        return _as_uri((yield from look_up(nameserver, uri, delay)))
    finally:
        yield Release(nameserver)


def _look_up_name(nameserver: Any, uri: URI, delay: float) -> Flow[Any]:
    return (yield from lookup_flow(nameserver, uri.object, False, delay))


def _look_up_meta(nameserver: Any, uri: URI, delay: float) -> Flow[Any]:
    found = yield from yplookup_flow(nameserver, uri.object, None, False, delay)
    if not found:
        raise NamingError(f"the name server knows nothing with all the tags {', '.join(sorted(uri.object))}")
    return random.choice(sorted(found.values()))


def _as_uri(result: Any) -> URI:
    uri = URI(result)
    if uri.protocol != "PYRO":
        raise NamingError(f"the name server's answer is no address but another name: {uri}")
    return uri


def lookup_flow(nameserver: Any, name: Any, return_metadata: bool, delay: float) -> Flow[Any]:
    """Return what a name server has under a name; one that is not there yet is asked for again for some seconds."""
    args = (name, True) if return_metadata else (name,)
    return (yield from _repeatedly(lambda: _call(nameserver, "lookup", args), lambda _: True, delay))


def yplookup_flow(
    nameserver: Any,
    meta_all: Iterable[str] | None,
    meta_any: Iterable[str] | None,
    return_metadata: bool,
    delay: float,
) -> Flow[Any]:
    """Return what a name server has with these tags; if that is nothing, it is asked again for some seconds."""
    args = (_as_list(meta_all), _as_list(meta_any), return_metadata)
    return (yield from _repeatedly(lambda: _call(nameserver, "yplookup", args), bool, delay))


def _as_list(tags: Iterable[str] | None) -> Any:
    """Return tags as every serializer can send them, any number of times; a str is for the name server to refuse."""
    return tags if tags is None or isinstance(tags, str) else list(tags)


def _call(nameserver: Any, method: str, args: tuple[Any, ...]) -> Flow[Any]:
    return (yield Call(nameserver, method, args))


def _repeatedly(ask: Callable[[], Flow[_T]], is_answer: Callable[[_T], bool], delay: float) -> Flow[_T]:
    """Ask until there is an answer or ``delay`` seconds have passed; what comes of the last time is the result."""
    pause = max(SHORTEST_PAUSE, delay / 5)
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline:
        try:
            result = yield from ask()
            if is_answer(result):
                return result
        except (NamingError, TimeoutError):
            pass
        yield Sleep(pause)
    return (yield from ask())


def locate_flow(host: Any, port: int | None, broadcast: bool, config: Config) -> Flow[Any]:
    """Return a connected proxy of a name server. Raises ``NamingError`` if none answers.

    With a host it is looked for there. Without one, on this machine if NS_HOST says so, then by broadcast, then at
    NS_HOST.
    """
    if host:
        return (yield from _bind(_nameserver_uri(str(host), port or config.NS_PORT)))
    if _is_local(config.NS_HOST):
        for local in _local_hosts(config.NS_HOST):
            try:
                return (yield Bind(_nameserver_uri(local, port or config.NS_PORT)))
            except PyroError:
                continue
    if broadcast and config.PREFER_IP_VERSION != 6:
        addresses = [(address, port or config.NS_BCPORT) for address in config.BROADCAST_ADDRS]
        for _ in range(BROADCAST_ROUNDS if addresses else 0):
            answer = yield Shout(BROADCAST_REQUEST, addresses, BROADCAST_TIMEOUT)
            if answer is not None:
                return (yield from _bind(_advertised(answer)))
    return (yield from _bind(_nameserver_uri(config.NS_HOST, config.NS_PORT)))


def _advertised(answer: bytes) -> str:
    """Return the address that came back from a broadcast; one that has to be looked up itself would go in circles."""
    try:
        return str(_as_uri(answer.decode("iso-8859-1")))
    except PyroError as error:
        raise NamingError(f"the answer to the broadcast is no address of a name server: {answer!r}") from error


def _bind(uri: str) -> Flow[Any]:
    try:
        return (yield Bind(uri))
    except PyroError as error:
        raise NamingError(
            f"Failed to locate the nameserver at {uri}: {error}. Is a name server running there? "
            "Start one with the command pyro-ns, or set NS_HOST and NS_PORT."
        ) from error


def _nameserver_uri(host: str, port: int) -> str:
    if URI.isUnixsockLocation(host):
        return f"PYRO:{NAMESERVER_NAME}@{host}"
    return f"PYRO:{NAMESERVER_NAME}@[{host}]:{port}" if ":" in host else f"PYRO:{NAMESERVER_NAME}@{host}:{port}"


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _local_hosts(host: str) -> Iterator[str]:
    """Give where a local name server may listen: some systems give the own host name the address 127.0.1.1.

    The system is asked for that only when nothing answers at the first: it may take long to tell.
    """
    yield host
    with contextlib.suppress(OSError):
        if socket.gethostbyname(socket.gethostname()) == OWN_NAME_ADDRESS:
            yield OWN_NAME_ADDRESS


def type_meta(class_or_object: Any, prefix: str = "class:") -> set[str]:
    """Return a tag ``class:module.Class`` for the class and each of its bases, to register as metadata.

    For an object, those of its class; builtins have none. It is a new set each time, to which you may add tags.
    """
    cls = class_or_object if isinstance(class_or_object, type) else type(class_or_object)
    return {f"{prefix}{base.__module__}.{base.__name__}" for base in cls.__mro__ if base.__module__ != "builtins"}
