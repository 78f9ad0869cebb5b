"""Objects that come and go, on daemons that come and go."""

from __future__ import annotations

import gc
import threading
from typing import Any

from interop_kit.library import Library
from interop_kit.memory import BOARD


class Child:
    """An object that the service makes and registers, so that it travels as a proxy."""

    def __init__(self, name: str) -> None:
        self._name = name

    def greet(self) -> str:
        return f"I am {self._name}"


class Brief:
    """An object that ends its daemon."""

    def __init__(self, daemon: Any) -> None:
        self._daemon = daemon

    def end(self) -> str:
        self._daemon.shutdown()
        return "goodbye"

    def end_unheard(self) -> None:
        self._daemon.shutdown()


class Resource:
    """Something that a client holds."""

    def __init__(self, token: str) -> None:
        self._token = token

    def close(self) -> None:
        BOARD.write(self._token, "closed")


class Hosting:
    """Methods that register and withdraw objects, and that keep something for their client."""

    _pyroDaemon: Any

    def __init__(self, library: Library) -> None:
        self._library = library
        self._kept: dict[str, Any] = {}

    def host(self, identifier: str, name: str, force: bool = False, weak: bool = False) -> None:
        child = Child(name)
        self._kept[name] = child
        self._pyroDaemon.register(child, identifier, force=force, weak=weak)

    def withdraw(self, identifier: str) -> None:
        self._pyroDaemon.unregister(identifier)

    def let_go(self, name: str) -> None:
        del self._kept[name]
        gc.collect()

    def open_brief_daemon(self, token: str) -> str:
        daemon = self._library.Daemon()
        uri = daemon.register(Brief(daemon), "brief")

        def serve() -> None:
            daemon.requestLoop()
            BOARD.write(token, "ended")

        threading.Thread(target=serve, daemon=True).start()
        return str(uri)

    def hold(self, token: str) -> None:
        self._kept[token] = Resource(token)
        self._library.current_context.track_resource(self._kept[token])

    def hold_no_more(self, token: str) -> None:
        self._library.current_context.untrack_resource(self._kept[token])
