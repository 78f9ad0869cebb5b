"""The error tree of the project.

::

    PyroError                     anything that this project raises on purpose (from pyro_uri)
    ├── NamingError               a name or a name server could not be found or changed
    ├── DaemonError               a daemon was asked for something that it does not have
    ├── SecurityError             refused because it would be unsafe
    ├── RemoteError               the other side raised something that nobody knows here, or that ends programs
    └── CommunicationError        the conversation with the other side failed
        ├── ConnectionClosedError     the connection ended too early
        ├── TimeoutError              the other side did not answer in time
        └── ProtocolError             bytes arrived, or were to be sent, that the protocol does not allow
            ├── MessageTooLargeError      a message is over a size limit
            └── SerializeError            a value cannot be turned into bytes, or bytes into a value

All but ``RemoteError`` travel under the names that Pyro5 programs know, ``Pyro5.errors.<name>``.
"""

from __future__ import annotations

from pyro_uri import PyroError
from pyro_wire.tracebacks import excepthook, format_traceback, get_pyro_traceback

__all__ = [
    "CommunicationError",
    "ConnectionClosedError",
    "DaemonError",
    "MessageTooLargeError",
    "NamingError",
    "ProtocolError",
    "PyroError",
    "RemoteError",
    "SecurityError",
    "SerializeError",
    "TimeoutError",
    "excepthook",
    "format_traceback",
    "get_pyro_traceback",
]


class NamingError(PyroError):
    """A name is unknown or taken, or no name server can be reached."""


class DaemonError(PyroError):
    """A daemon does not know the object, or knows it already."""


class SecurityError(PyroError):
    """The request was refused because carrying it out could be unsafe."""


class RemoteError(PyroError):
    """The other side raised something that cannot be, or may not be, raised here as itself.

    Each remote class has a subclass of its own, with its name: of a class ``app.MyError`` that this side does not
    know, of a builtin one that does not take its own arguments, of a ``SystemExit``, which must not end this process.
    ``remote_class`` is ``module.Name`` of that class, ``args`` are the arguments of the remote exception, its
    attributes are attributes here. The remote traceback is the list of lines ``_pyroTraceback``, a note, and the
    ``__cause__``. Sent on to others, such an error travels as what it was.
    """

    remote_class: str = ""


class CommunicationError(PyroError):
    """The conversation with the other side failed; the connection is closed."""


class ConnectionClosedError(CommunicationError):
    """The connection ended too early. ``partialData`` holds the bytes of the unfinished message, if any."""

    partialData: bytes = b""


class TimeoutError(CommunicationError):
    """The other side did not answer within the timeout."""


class ProtocolError(CommunicationError):
    """Bytes arrived, or were to be sent, that the protocol does not allow."""


class MessageTooLargeError(ProtocolError):
    """A message is over a size limit; the text names the limit and its value."""


class SerializeError(ProtocolError):
    """A value cannot be turned into bytes, or bytes cannot be turned into a value."""


WIRE_MODULE = "Pyro5.errors"
"""The module name under which these classes travel."""

BY_WIRE_NAME: dict[str, type[PyroError]] = {
    cls.__name__: cls
    for cls in (
        PyroError,
        NamingError,
        DaemonError,
        SecurityError,
        CommunicationError,
        ConnectionClosedError,
        TimeoutError,
        ProtocolError,
        MessageTooLargeError,
        SerializeError,
    )
}
"""The classes that released peers know, by their name without the module."""


def wire_name(exception_class: type[BaseException]) -> str:
    """Return the class name under which an exception travels: ``module.Class``.

    A class of this project that peers do not know travels as its nearest known base, and what stands for a class of
    another program travels as that.
    """
    if issubclass(exception_class, RemoteError) and exception_class.remote_class:
        return exception_class.remote_class
    own_modules = (__name__, PyroError.__module__)
    if exception_class.__module__ in own_modules:
        known = next(base for base in exception_class.__mro__ if base in BY_WIRE_NAME.values())
        return f"{WIRE_MODULE}.{known.__name__}"
    return f"{exception_class.__module__}.{exception_class.__name__}"
