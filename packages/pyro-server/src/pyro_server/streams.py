"""Open streams: iterators that methods returned, waiting for clients to fetch their items."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyro_wire.errors import PyroError

__all__ = ["Stream", "StreamTable"]


@dataclass(slots=True)
class Stream:
    """One iterator. Times are readings of the table's clock, in seconds."""

    iterator: Iterator[Any]
    client: Any
    """The connection that it belongs to, None while its client is gone."""
    created: float
    lingering_since: float | None = None


class StreamTable:
    """The open streams of a daemon, by id. The id, which cannot be guessed, is the only key to a stream.

    ``lifetime`` and ``linger`` in seconds: how long a stream lives at most (0: no limit), and how long it stays after
    its client has gone (0: not at all).
    """

    def __init__(self, clock: Callable[[], float], lifetime: float, linger: float, max_per_client: int) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._linger = linger
        self._max_per_client = max_per_client
        self._lock = threading.Lock()
        """Guards ``streams``; never held while an iterator runs."""
        self.streams: dict[str, Stream] = {}

    def open(self, iterator: Iterator[Any], client: Any) -> str:
        """Keep an iterator for a client and return its id.

        Raises ``PyroError`` if that client has too many; the iterator is closed then.
        """
        stream_id = str(uuid.uuid4())
        with self._lock:
            if sum(stream.client is client for stream in self.streams.values()) < self._max_per_client:
                self.streams[stream_id] = Stream(iterator, client, self._clock())
                return stream_id
        _close(iterator)
        raise PyroError(f"this connection has {self._max_per_client} open streams (MAX_STREAMS): close or finish some")

    def next(self, stream_id: str, client: Any) -> Any:
        """Return the next item, for a client who thereby takes the stream over.

        Raises ``StopIteration`` at its end or what the iterator raises, and forgets the stream then; ``PyroError`` for
        an unknown id.
        """
        with self._lock:
            stream = self.streams.get(stream_id)
            if stream is None:
                raise PyroError("item stream terminated")
            stream.client = client
            stream.lingering_since = None
        try:
            return next(stream.iterator)
        except BaseException:
            self.close(stream_id)
            raise

    def close(self, stream_id: str) -> None:
        """Forget a stream and close its iterator; an unknown id is ignored."""
        with self._lock:
            stream = self.streams.pop(stream_id, None)
        if stream is not None:
            _close(stream.iterator)

    def client_gone(self, client: Any) -> None:
        """Let the streams of a client that has disconnected linger, or forget them."""
        now = self._clock()
        doomed = []
        with self._lock:
            for stream_id, stream in self.streams.items():
                if stream.client is client:
                    stream.client = None
                    stream.lingering_since = now
                    if self._linger <= 0:
                        doomed.append(stream_id)
        self._close_all(doomed)

    def sweep(self) -> None:
        """Forget the streams that have lived or lingered too long."""
        now = self._clock()
        with self._lock:
            doomed = [stream_id for stream_id, stream in self.streams.items() if self._is_over(stream, now)]
        self._close_all(doomed)

    def clear(self) -> None:
        """Forget all streams."""
        self._close_all(list(self.streams))

    def _is_over(self, stream: Stream, now: float) -> bool:
        if 0 < self._lifetime < now - stream.created:
            return True
        return stream.lingering_since is not None and now - stream.lingering_since > self._linger

    def _close_all(self, stream_ids: list[str]) -> None:
        for stream_id in stream_ids:
            self.close(stream_id)


def _close(iterator: Iterator[Any]) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        # A generator's finally clauses run here, which are the program's own; a generator that is running in another
        # thread at this moment raises ValueError and ends there.
        with contextlib.suppress(Exception):
            close()
