"""Exceptions on the wire: a dictionary with the class name, the arguments and the instance dictionary.

::

    {"__class__": "module.Name", "__exception__": True, "args": (..), "attributes": {..}}

The remote traceback travels as the attribute ``_pyroTraceback``, a list of lines. An exception that came as a
``RemoteError`` travels on under the class name that it came with.
"""

from __future__ import annotations

import builtins
import sqlite3
import struct
from collections.abc import Mapping
from typing import Any

from pyro_wire.base64_bytes import unwrapped
from pyro_wire.errors import BY_WIRE_NAME, WIRE_MODULE, RemoteError, SerializeError, wire_name
from pyro_wire.remote_errors import own_attributes, remote_error, take_attributes

__all__ = ["ExceptionWrapper", "as_remote_error", "exception_class", "exception_to_dict", "make_exception"]

WRAPPER_TAG = "Pyro5.core._ExceptionWrapper"


class ExceptionWrapper:
    """An exception at its place in the list of a batch's results."""

    __slots__ = ("exception",)

    def __init__(self, exception: BaseException) -> None:
        self.exception = exception

    def raiseIt(self) -> None:
        """Raise the wrapped exception."""
        raise self.exception


def exception_to_dict(exception: BaseException) -> dict[str, Any]:
    """Return the dictionary under which an exception travels."""
    return {
        "__class__": wire_name(type(exception)),
        "__exception__": True,
        "args": exception.args,
        "attributes": own_attributes(exception),
    }


def exception_class(name: str, *, marked: bool) -> type[BaseException] | None:
    """Return the exception class that a wire name stands for, None if it stands for none that is safe to build.

    ``marked`` says whether the dictionary claims to be an exception; only library errors and ``struct.error`` are
    recognised without that mark.
    """
    module, _, short_name = name.rpartition(".")
    if module == WIRE_MODULE:
        return BY_WIRE_NAME.get(short_name)
    if name == "struct.error":
        return struct.error
    if not marked:
        return None
    if module == "":
        return BY_WIRE_NAME.get(short_name) or _builtin_exception(short_name)
    if module in ("builtins", "exceptions"):  # the latter is what Python 2 peers call it
        return _builtin_exception(short_name)
    if module == "sqlite3" and short_name.endswith("Error"):
        return _exception_or_none(getattr(sqlite3, short_name, None))
    return None


def _builtin_exception(name: str) -> type[BaseException] | None:
    return _exception_or_none(vars(builtins).get(name))


def _exception_or_none(candidate: object) -> type[BaseException] | None:
    is_exception = isinstance(candidate, type) and issubclass(candidate, BaseException)
    return candidate if is_exception else None  # type: ignore[return-value]  # mypy cannot see through the variable


def make_exception(cls: type[BaseException], data: Mapping[str, Any], *, remote_errors: bool = True) -> BaseException:
    """Build an exception from its dictionary.

    If the class does not take the arguments, it becomes a ``RemoteError`` under the name that it came with, or raises
    ``SerializeError`` without ``remote_errors``.
    """
    args = data.get("args", ())
    if not isinstance(args, list | tuple):
        raise SerializeError(f"the arguments of exception {cls.__name__} are no list")
    try:
        exception = cls(*args)
    except Exception as error:  # constructors may raise anything at all
        as_bytes = [unwrapped(arg) for arg in args]
        if as_bytes != list(args):  # that of UnicodeDecodeError, say, insists on bytes
            return make_exception(cls, {**data, "args": as_bytes}, remote_errors=remote_errors)
        if remote_errors:
            return remote_error(_name_in(data) or wire_name(cls), data)
        raise SerializeError(f"cannot rebuild exception {cls.__name__} from its arguments {args!r}: {error}") from error
    take_attributes(exception, data.get("attributes"))
    return exception


def _name_in(data: Mapping[str, Any]) -> str:
    name = data.get("__class__")
    return name if isinstance(name, str) else ""


def as_remote_error(exception: BaseException) -> RemoteError:
    """Return what is raised here instead of a remote exception that would end the program, such as ``SystemExit``."""
    return remote_error(wire_name(type(exception)), exception_to_dict(exception))
