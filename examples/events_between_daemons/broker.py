"""An event broker: programs subscribe to topics, and others publish events."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyro_client import Proxy, errors
from pyro_server import Daemon, expose


class Subscriber:
    """Somebody who wants to hear of events. Each has a thread, so that a slow one keeps nobody else waiting."""

    def __init__(self, proxy: Proxy) -> None:
        self.uri = str(proxy._pyroUri)
        self._proxy = proxy
        self._proxy._pyroTimeout = 5.0  # seconds, then it counts as gone
        self._thread = ThreadPoolExecutor(1)

    def tell(self, broker: "Broker", topic: str, event: Any) -> None:
        """Deliver an event after those before it."""
        self._thread.submit(self._deliver, broker, topic, event)

    def leave(self) -> None:
        """Deliver nothing any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._proxy._pyroRelease()

    def _deliver(self, broker: "Broker", topic: str, event: Any) -> None:
        try:
            self._proxy.receive(topic, event)
        except errors.CommunicationError:
            broker.drop(topic, self.uri)
        except Exception as error:  # the subscriber's own mistake, of which the others need not suffer
            print(f"{self.uri} could not use an event: {error}")


class Broker:
    """Knows who wants to hear of what."""

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[str, Subscriber]] = defaultdict(dict)
        self._lock = threading.Lock()

    @expose
    def subscribe(self, topic: str, proxy: Proxy) -> None:
        """From now on ``proxy.receive(topic, event)`` is called for every event of a topic."""
        subscriber = Subscriber(proxy)
        with self._lock:
            self._subscribers[topic][subscriber.uri] = subscriber

    @expose
    def unsubscribe(self, topic: str, proxy: Proxy) -> None:
        """Take a subscription back."""
        self.drop(topic, str(proxy._pyroUri))

    @expose
    def publish(self, topic: str, event: Any) -> int:
        """Tell all subscribers of a topic, without waiting for them; return how many there are."""
        with self._lock:
            subscribers = list(self._subscribers[topic].values())
            for subscriber in subscribers:
                subscriber.tell(self, topic, event)
        return len(subscribers)

    def drop(self, topic: str, uri: str) -> None:
        """Forget a subscriber that has gone."""
        with self._lock:
            subscriber = self._subscribers[topic].pop(uri, None)
        if subscriber is not None:
            subscriber.leave()
            print(f"a subscriber of {topic} has left")


def main() -> None:
    """Serve a broker until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(Broker(), "broker")
        print(f"the broker is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
