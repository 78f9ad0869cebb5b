"""The name server that a gateway asks: found once, and anew when it is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from pyro_client import Proxy
from pyro_wire.errors import CommunicationError

__all__ = ["NameServerLink"]

_T = TypeVar("_T")


class NameServerLink:
    """Keeps the proxy of a name server; ``locate()`` finds one, and raises ``NamingError`` if there is none."""

    def __init__(self, locate: Callable[[], Proxy]) -> None:
        self._locate = locate
        self._lock = threading.Lock()
        """Guards the proxy; held while it is located, so that one thread looks for all."""
        self._proxy: Proxy | None = None

    def proxy(self) -> Proxy:
        """Return the proxy, looking for the name server if need be."""
        with self._lock:
            if self._proxy is None:
                self._proxy = self._locate()
            return self._proxy

    def ask(self, question: Callable[[Proxy], _T]) -> _T:
        """Return the answer to a question that may be asked twice, which it is if the name server was lost."""
        proxy = self.proxy()
        try:
            return question(proxy)
        except CommunicationError:
            self._forget(proxy)
            return question(self.proxy())

    def close(self) -> None:
        """Let go of the name server; the next question finds it again."""
        with self._lock:
            proxy, self._proxy = self._proxy, None
        if proxy is not None:
            proxy._pyroRelease()

    def _forget(self, lost: Proxy) -> None:
        with self._lock:
            if self._proxy is lost:  # not the one that another thread has found meanwhile
                self._proxy = None
        lost._pyroRelease()
