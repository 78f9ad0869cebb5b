"""Batches: several calls in one message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from pyro_client.proxy import Proxy
from pyro_client.session import raisable
from pyro_wire.errors import ProtocolError
from pyro_wire.exceptions import ExceptionWrapper

__all__ = ["BatchProxy"]

_Call = tuple[str, tuple[Any, ...], dict[str, Any]]


class BatchProxy:
    """Collects calls on a proxy and sends them together.

    Each method called on it is put in a queue and returns None. Calling the batch itself runs the queue on the server,
    in order, and returns a generator of the results; the first error ends it and is raised at its place. The queue is
    empty afterwards and may be filled again.
    """

    def __init__(self, proxy: Proxy) -> None:
        self.__proxy = proxy
        self.__calls: list[_Call] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return _QueuedMethod(self.__calls, name)

    def __call__(self, oneway: bool = False) -> Iterator[Any] | None:
        """Run the queued calls; with ``oneway`` nothing is returned and nobody waits. Raises as a call does.

        The proxy belongs to the calling thread then, if proxies belong to threads.
        """
        calls = list(self.__calls)
        self.__calls.clear()
        self.__proxy._pyroClaimOwnership()
        results = self.__proxy._pyroInvokeBatch(calls, oneway)
        return None if oneway else _unwrapped(results)

    def __enter__(self) -> BatchProxy:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        pass

    def __copy__(self) -> BatchProxy:
        duplicate = type(self)(self.__proxy)
        duplicate.__calls.extend(self.__calls)
        return duplicate


class _QueuedMethod:
    __slots__ = ("_calls", "_name")

    def __init__(self, calls: list[_Call], name: str) -> None:
        self._calls = calls
        self._name = name

    def __getattr__(self, name: str) -> _QueuedMethod:
        if name.startswith("__"):
            raise AttributeError(name)
        return _QueuedMethod(self._calls, f"{self._name}.{name}")

    def __call__(self, /, *args: Any, **kwargs: Any) -> None:
        self._calls.append((self._name, args, kwargs))


def _unwrapped(results: Any) -> Iterator[Any]:
    if not isinstance(results, list | tuple):
        raise ProtocolError(f"the answer to a batch must be a list, not {type(results).__name__}")
    for result in results:
        if isinstance(result, ExceptionWrapper):
            raise raisable(result.exception)
        yield result
