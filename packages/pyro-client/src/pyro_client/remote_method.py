"""A method of a remote object, ready to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyro_wire.errors import ConnectionClosedError, TimeoutError

if TYPE_CHECKING:
    from pyro_client.proxy import Proxy

__all__ = ["RemoteMethod"]


class RemoteMethod:
    """What ``proxy.name`` gives for a method. ``max_retries`` is how often a lost call is repeated."""

    __slots__ = ("_max_retries", "_name", "_proxy")

    def __init__(self, proxy: Proxy, name: str, max_retries: int) -> None:
        self._proxy = proxy
        self._name = name
        self._max_retries = max_retries

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        for _ in range(self._max_retries):
            try:
                return self._proxy._pyroInvoke(self._name, args, kwargs)
            except (ConnectionClosedError, TimeoutError):
                continue
        return self._proxy._pyroInvoke(self._name, args, kwargs)

    def __getattr__(self, name: str) -> RemoteMethod:
        # A dotted name: the server refuses it, and says so to the caller. Names of Python's own machinery are not.
        if name.startswith("__"):
            raise AttributeError(name)
        return RemoteMethod(self._proxy, f"{self._name}.{name}", self._max_retries)

    def __repr__(self) -> str:
        return f"<remote method {self._name} of {self._proxy._pyroUri}>"
