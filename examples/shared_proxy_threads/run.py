"""One proxy for many threads, or a copy for each: calls that take turns, and calls at the same time."""

import copy
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pyro_client import Proxy, current_context
from pyro_server import Daemon, expose

THREADS = 4
PATIENCE = 30.0
"""Seconds that those who have met wait for the others."""


class Scanner:
    """Counts what it is asked for, and by how many connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all_together = threading.Barrier(THREADS)
        self._scanned = 0
        self._clients: set[object] = set()

    @expose
    def scan(self) -> None:
        """Scan one line."""
        with self._lock:
            self._scanned += 1
            self._clients.add(current_context.client)

    @expose
    def meet(self) -> None:
        """Return when all threads are in this method."""
        self._all_together.wait(PATIENCE)

    @expose
    def report(self) -> str:
        """Tell what was done since the last report."""
        with self._lock:
            text = f"{self._scanned} lines over {len(self._clients)} connection(s)"
            self._scanned = 0
            self._clients.clear()
            return text


def in_threads(work: Callable[[], None]) -> None:
    """Do the same work in some threads; an error of one is raised here."""
    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(work) for _ in range(THREADS)]:
            done.result()


def main() -> None:
    """Scan with one proxy, then with copies of it."""
    with Daemon() as daemon:
        threading.Thread(target=daemon.requestLoop).start()
        with Proxy(daemon.register(Scanner())) as scanner:

            def share() -> None:
                for _ in range(25):
                    scanner.scan()  # waits for the threads whose turn it is

            def use_a_copy() -> None:
                with copy.copy(scanner) as own:  # with a connection of its own
                    own.meet()  # with the shared proxy they could never all be in here
                    for _ in range(25):
                        own.scan()

            in_threads(share)
            print(f"one proxy in {THREADS} threads: {scanner.report()}")
            in_threads(use_a_copy)
            print(f"a copy for each of {THREADS} threads: {scanner.report()}")


if __name__ == "__main__":
    main()
