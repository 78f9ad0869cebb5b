"""Data that travels beside the arguments: who asks, how long it took, and what belongs together."""

import threading
import time
import uuid

from pyro_client import Proxy, current_context
from pyro_server import Daemon, expose
from pyro_uri import URI

USER, TIME = "USER", "TIME"
"""Annotations have keys of four letters."""


def log(who: str, text: str) -> None:
    """Print a line as it might stand in a log: with the user and the id of the whole chain of calls."""
    user = bytes(current_context.annotations[USER]).decode()
    print(f"{current_context.correlation_id} {user} {who}: {text}")


class Store:
    """Where the samples are."""

    @expose
    def fetch(self, sample: str) -> str:
        """Fetch a sample."""
        log("store", f"fetching {sample}")
        return f"{sample} from shelf 7"


class Analyser:
    """Analyses samples, which it has to fetch first."""

    def __init__(self, store_uri: URI) -> None:
        self._store_uri = store_uri

    @expose
    def analyse(self, sample: str) -> str:
        """Fetch and analyse a sample."""
        began = time.perf_counter()
        log("analyser", f"asked for {sample}")
        with Proxy(self._store_uri) as store:
            fetched = store.fetch(sample)  # user and id go with it: this call belongs to the one that is running
        current_context.response_annotations = {TIME: f"{time.perf_counter() - began:.3f} s".encode()}
        return f"{fetched} is pure"


def main() -> None:
    """Ask for two analyses."""
    with Daemon() as store_daemon, Daemon() as daemon:
        for each in (store_daemon, daemon):
            threading.Thread(target=each.requestLoop).start()
        uri = daemon.register(Analyser(store_daemon.register(Store())))
        with Proxy(uri) as analyser:
            current_context.annotations = {USER: b"anna"}
            for sample in ("nickel", "cobalt"):
                current_context.correlation_id = uuid.uuid4()
                print("client: asking with the id", current_context.correlation_id)
                answer = analyser.analyse(sample)
                took = bytes(current_context.response_annotations[TIME]).decode()
                print(f"client: {answer}, after {took}")


if __name__ == "__main__":
    main()
