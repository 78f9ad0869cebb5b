"""The address of an object, as text and in parts.

::

    PYRO:<object>@<location>            the object itself; a host needs its port
    PYRONAME:<name>[@<location>]        what the name server knows under that name
    PYROMETA:<tag>,<tag>[@<location>]   any object that the name server has with all these tags

    <location>   <host>:<port> | [<ipv6>]:<port> | ./u:<Unix socket name>

The location of a PYRONAME or PYROMETA is the name server's, and a host without a port means its default port.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from pyro_uri._errors import PyroError

# What a URI is called in messages of protocol 502, whatever class it has here.
WIRE_NAME = "Pyro5.core.URI"

DEFAULT_NS_PORT = 9090

URIState: TypeAlias = tuple[str, str | set[str], str | None, str | None, int | None]
_Location: TypeAlias = tuple[str | None, str | None, int | None]

_PROTOCOLS = ("PYRO", "PYRONAME", "PYROMETA")
_UNIX_PREFIX = "./u:"
_NOWHERE: _Location = (None, None, None)
# Without an end: text after the port is ignored, as released Pyro5 does.
_BRACKETED = re.compile(r"\[([0-9a-fA-F:%]+)\](?::(\d+))?")
_SHOWN_LENGTH = 200
_EXAMPLES = "PYRO:objectid@hostname:port, PYRONAME:name or PYROMETA:tag1,tag2"


def _documented_ns_port() -> int:
    return DEFAULT_NS_PORT


_default_ns_port: Callable[[], int] = _documented_ns_port


def set_default_ns_port(source: Callable[[], int]) -> Callable[[], int]:
    """Ask *source* for the port of the name server wherever a uri names its host only; return the source before it.

    This package knows no configuration; the package that does calls this once, with a function that looks the port
    up each time. It holds for the process, until the next call; a uri that was parsed before keeps its port.
    """
    global _default_ns_port
    previous, _default_ns_port = _default_ns_port, source
    return previous


class URI:
    """The address of a Pyro object; its parts are plain attributes and may be changed.

    ``protocol`` is PYRO, PYRONAME or PYROMETA. ``object`` is the id or name, for PYROMETA the set of tags.
    The location is ``sockname``, or ``host`` and ``port``; what does not apply is None.

    Equal when all parts are. Hashable too, PYROMETA excepted, but do not change one that is a key.
    """

    def __init__(self, uri: "str | URI", *, ns_port: int | None = None) -> None:
        """Parse the text *uri*, or copy another URI.

        *ns_port* is the port of a name server that is given without one (default: `set_default_ns_port`).
        Raises PyroError for a text that is no uri and TypeError for what is neither a text nor a URI.
        """
        if isinstance(uri, URI):
            self.__setstate__(uri.__getstate__())
        elif isinstance(uri, str):
            self.__setstate__(_parse(uri, ns_port))
        else:
            raise TypeError(f"a uri is made from a str or another URI, not from {type(uri).__name__}")

    @property
    def location(self) -> str | None:
        """Where it is: ``host:port``, ``[ipv6]:port``, ``./u:sockname``, or None when that is left open."""
        if self.sockname:
            return _UNIX_PREFIX + self.sockname
        if self.host is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @staticmethod
    def isUnixsockLocation(location: str) -> bool:
        """Tell whether the text *location* names a Unix domain socket."""
        return location.startswith(_UNIX_PREFIX)

    def __str__(self) -> str:
        # Tags are sorted, so that one set is always one text.
        name = self.object if isinstance(self.object, str) else ",".join(sorted(self.object))
        location = self.location
        return f"{self.protocol}:{name}" if location is None else f"{self.protocol}:{name}@{location}"

    def __repr__(self) -> str:
        own = type(self)
        name = WIRE_NAME if own is URI else f"{own.__module__}.{own.__qualname__}"
        return f"<{name} at {id(self):#x}; {self}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, URI):
            return NotImplemented
        return self.__getstate__() == other.__getstate__()

    def __hash__(self) -> int:
        return hash(self.__getstate__())

    def __getstate__(self) -> URIState:
        """Give the five parts: protocol, object, sockname, host, port."""
        return self.protocol, self.object, self.sockname, self.host, self.port

    def __setstate__(self, state: tuple[str, str | Iterable[str], str | None, str | None, int | None]) -> None:
        """Take the five parts as they are; the tags of a PYROMETA may come as any collection.

        json and msgpack have no sets, so a peer sends a list.
        """
        protocol, name, sockname, host, port = state
        self.protocol: str = protocol
        self.object: str | set[str] = name if isinstance(name, str) else set(name)
        self.sockname: str | None = sockname
        self.host: str | None = host
        self.port: int | None = port


def _parse(text: str, ns_port: int | None) -> URIState:
    word, rest = _split_protocol(text)
    protocol = word.upper()
    if protocol not in _PROTOCOLS:
        raise _invalid(text, f"the protocol {word} is unknown")
    name, location = _split_object(text, rest)
    if protocol == "PYRO":
        return protocol, name, *_parse_location(text, location, None)
    port = _default_ns_port() if ns_port is None else ns_port
    where = _NOWHERE if location is None else _parse_location(text, location, port)
    return protocol, name if protocol == "PYRONAME" else _split_tags(text, name), *where


def _split_protocol(text: str) -> tuple[str, str]:
    # Cut by hand, not by one regular expression: that takes time in the square of a hostile text's length.
    word, colon, rest = text.removesuffix("\n").partition(":")
    if not (colon and word.isascii() and word.isalpha() and word.upper().startswith("PYRO")):
        raise _invalid(text, "it does not begin with a protocol and a colon")
    return word, rest


def _split_object(text: str, rest: str) -> tuple[str, str | None]:
    at = rest.find("@", 1)  # an object has one character at least, and that may be an @
    name, location = (rest[:at], rest[at + 1 :]) if 0 < at < len(rest) - 1 else (rest, None)
    if not name:
        raise _invalid(text, "the object after the colon is missing")
    if any(map(str.isspace, name)):
        raise _invalid(text, "there is a space in the object")
    if location is not None and "\n" in location:
        raise _invalid(text, "there is a line break in the location")
    return name, location


def _split_tags(text: str, name: str) -> set[str]:
    tags = set(name.split(","))
    if not any(tags):
        raise _invalid(text, "there is no tag, only commas")
    if "@" in name:  # at another place among the sorted tags it would begin a location
        raise _invalid(text, "there is an @ in a tag")
    return tags


def _parse_location(text: str, location: str | None, default_port: int | None) -> _Location:
    if location is None:
        raise _invalid(text, "the location after the object is missing")
    if URI.isUnixsockLocation(location):
        return _parse_sockname(text, location.removeprefix(_UNIX_PREFIX)), None, None
    host, port = _split_port(text, location)
    if port:
        return None, host, _parse_port(text, port)
    if default_port is None:
        raise _invalid(text, "the port after the host is missing")
    if f"{host}:" == _UNIX_PREFIX:  # written with its port it would be another address
        raise _invalid(text, "the name of the Unix socket is missing")
    return None, host, default_port


def _parse_sockname(text: str, sockname: str) -> str:
    if not sockname:
        raise _invalid(text, "the name of the Unix socket is missing")
    if ":" in sockname:
        raise _invalid(text, "there is a colon in the name of the Unix socket")
    return sockname


def _split_port(text: str, location: str) -> tuple[str, str | None]:
    if not location.startswith("["):
        host, _, port = location.partition(":")
        return host, port
    if location.startswith("[["):
        raise _invalid_ipv6(text, "enclosed in too many brackets")
    match = _BRACKETED.match(location)
    if match is None:
        raise _invalid_ipv6(text, "the part between brackets must be a numeric ipv6 address")
    return match[1], match[2]


def _parse_port(text: str, port: str) -> int:
    # The range is not checked: what a port may be is for those who open the connection to say.
    try:
        return int(port)
    except ValueError as error:
        raise _invalid(text, f"the port {_shown(port)} is not a number") from error


def _invalid(text: str, reason: str) -> PyroError:
    return PyroError(f"invalid uri {_shown(text)}: {reason}; valid ones look like {_EXAMPLES}")


def _invalid_ipv6(text: str, reason: str) -> PyroError:
    # Programs know these two sentences by heart, so what is particular goes into a note.
    error = PyroError(f"invalid ipv6 address: {reason}")
    error.add_note(f"in the uri {_shown(text)}; a valid one looks like PYRO:objectid@[::1]:port")
    return error


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "...")
