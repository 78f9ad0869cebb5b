"""A turntable that turns in an asyncio program and is told where to by remote calls: one thread, one loop."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pyro_client import Proxy
from pyro_server import Daemon, expose
from pyro_uri import URI
from pyro_wire import Config

HOUSEKEEPING = 1.0
"""Seconds between two times that the daemon may look after what no socket tells of, such as timeouts."""


class Turntable:
    """Turns ten degrees at a time. Calls run in the loop's thread, so they may touch what belongs to the loop."""

    def __init__(self) -> None:
        self._degrees = 0
        self._target = 0
        self._told = asyncio.Event()
        self.arrived = asyncio.Event()

    @expose
    def turn_to(self, degrees: int) -> str:
        """Begin to turn; returns at once."""
        self._target = degrees
        self._told.set()
        return f"on the way from {self._degrees} to {degrees} degrees"

    @expose
    def thread(self) -> str:
        """The thread that answers calls."""
        return threading.current_thread().name

    async def turn(self) -> None:
        """Turn to where it is told, once."""
        await self._told.wait()
        while self._degrees != self._target:
            await asyncio.sleep(0.01)
            self._degrees += 10
        self.arrived.set()


@asynccontextmanager
async def served(daemon: Daemon) -> AsyncIterator[None]:
    """Have the running loop serve a daemon."""
    loop = asyncio.get_running_loop()
    # All sockets of the daemon are in its selector, which can itself be watched like a socket.
    descriptor: int = daemon.selector.fileno()  # type: ignore[attr-defined]  # epoll and kqueue have one

    def handle() -> None:
        daemon.events([key.fileobj for key, _ in daemon.selector.select(0)])

    async def keep_house() -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING)
            daemon.events([])

    loop.add_reader(descriptor, handle)
    housekeeper = asyncio.create_task(keep_house())
    try:
        yield
    finally:
        housekeeper.cancel()
        loop.remove_reader(descriptor)


def call(uri: URI) -> None:
    """What a client does; elsewhere, usually."""
    with Proxy(uri) as turntable:
        print("the turntable says:", turntable.turn_to(90))
        print("calls are answered by:", turntable.thread())


async def main() -> None:
    """Turn while being called."""
    turntable = Turntable()
    with Daemon(config=Config(SERVERTYPE="multiplex")) as daemon:
        uri = daemon.register(turntable)
        async with served(daemon), asyncio.TaskGroup() as tasks:
            tasks.create_task(turntable.turn())
            tasks.create_task(asyncio.to_thread(call, uri))
    print("arrived:", turntable.arrived.is_set())


if __name__ == "__main__":
    asyncio.run(main())
