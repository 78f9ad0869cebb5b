"""From a decoded request to the code that answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyro_server.exposure import Members, is_private_name, members_of
from pyro_wire.calls import GETATTR_METHOD, SETATTR_METHOD
from pyro_wire.errors import ProtocolError
from pyro_wire.exceptions import ExceptionWrapper

if TYPE_CHECKING:
    from pyro_client.socketutil import SocketConnection
    from pyro_server.daemon import Daemon

__all__ = ["Request", "Target", "call_batch", "find_target", "get_attribute", "is_stream", "set_attribute"]

# Types that are certainly no iterators: looking here first spares most results the closer look.
_PLAIN_TYPES = frozenset(
    {type(None), bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset}
)


@dataclass(slots=True)
class Request:
    """A call as it was asked for."""

    object_id: str
    method: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any] | None


@dataclass(slots=True)
class Target:
    """An object to be called, and what it offers."""

    obj: Any
    members: Members

    def method(self, name: str) -> Callable[..., Any]:
        """Return an exposed method, bound. Raises ``AttributeError`` without touching anything that is not exposed."""
        if name not in self.members.methods:
            raise AttributeError(_refusal(name))
        bound: Callable[..., Any] = getattr(self.obj, name)
        return bound


def find_target(daemon: Daemon, object_id: str, connection: SocketConnection) -> Target:
    """Return the object with this id, made if need be. Raises ``DaemonError`` if there is none."""
    found = daemon.registry.get(object_id)
    if isinstance(found, type):
        found = daemon._getInstance(found, connection)
    return Target(found, members_of(type(found)))


def call_batch(
    target: Target,
    calls: Sequence[Any],
    max_calls: int,
    is_wanted: Callable[[], bool],
    on_error: Callable[..., Exception],
) -> list[Any]:
    """Call methods one after the other up to the first error, which is wrapped at its place.

    ``is_wanted()`` is asked before each call: nobody works on for a client that has left. ``on_error(method, args,
    kwargs, error)`` hears of the error and returns what stands for it. Raises ``ProtocolError`` for a list of calls
    that is none, or is too long, and ``AttributeError`` for a method that is not exposed.
    """
    if len(calls) > max_calls:
        raise ProtocolError(f"the batch has {len(calls)} calls; at most {max_calls} are allowed (MAX_BATCH)")
    results: list[Any] = []
    for entry in calls:
        name, args, kwargs = _batch_entry(entry)
        method = target.method(name)
        if not is_wanted():
            break
        try:
            result = method(*args, **kwargs)
        except Exception as error:  # the edge where user code runs
            results.append(ExceptionWrapper(on_error(method, args, kwargs, error)))
            break
        if is_stream(result):
            raise ProtocolError(f"method {name!r} in the batch returned an iterator, which a batch cannot stream")
        results.append(result)
    return results


def _batch_entry(entry: Any) -> tuple[str, Sequence[Any], Mapping[str, Any]]:
    if isinstance(entry, list | tuple) and len(entry) == 3:
        name, args, kwargs = entry
        if isinstance(name, str) and isinstance(args, list | tuple) and isinstance(kwargs, dict | None):
            return name, args, kwargs or {}
    raise ProtocolError("each call of a batch must be a method name, a list and a dictionary")


def get_attribute(target: Target, args: Sequence[Any]) -> Any:
    """Read an exposed property. Raises ``AttributeError`` if it is not exposed."""
    if len(args) != 1:
        raise ProtocolError(f"{GETATTR_METHOD} takes the name of one attribute")
    getter = target.members.getters.get(args[0]) if isinstance(args[0], str) else None
    if getter is None:
        raise AttributeError(_refusal(args[0]))
    return getter(target.obj)


def set_attribute(target: Target, args: Sequence[Any]) -> None:
    """Write an exposed property. Raises ``AttributeError`` if it is not exposed for writing."""
    if len(args) != 2:
        raise ProtocolError(f"{SETATTR_METHOD} takes the name of one attribute and its value")
    setter = target.members.setters.get(args[0]) if isinstance(args[0], str) else None
    if setter is None:
        raise AttributeError(_refusal(args[0]))
    setter(target.obj, args[1])


def is_stream(result: Any) -> bool:
    """Tell whether a result is an iterator, to be fetched item by item. A list, say, is none."""
    return type(result) not in _PLAIN_TYPES and isinstance(result, Iterator)


def _refusal(name: object) -> str:
    if isinstance(name, str) and is_private_name(name):
        return f"'{name}' is private: it cannot be reached from outside"
    return f"there is no exposed method or attribute '{name}'"
