"""Open streams on the server's side: whose they are, how long they stay, and how many there may be."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from pyro_server.streams import StreamTable
from pyro_wire.errors import PyroError

CLIENT, ANOTHER = "a client", "another client"


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Closable:
    """An iterator that notes when it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Closable:
        return self

    def __next__(self) -> str:
        return "item"

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(clock: Clock) -> Callable[..., StreamTable]:
    def make(lifetime: float = 0.0, linger: float = 30.0, max_per_client: int = 100) -> StreamTable:
        return StreamTable(clock, lifetime, linger, max_per_client)

    return make


def is_gone(streams: StreamTable, stream_id: str) -> bool:
    return stream_id not in streams.streams


# ------------------------------------------------------------------------------------------------ fetching


def test_a_stream_has_an_id_that_cannot_be_guessed(table) -> None:
    streams = table()
    first, second = (streams.open(iter([]), CLIENT) for _ in range(2))
    assert uuid.UUID(first).version == 4
    assert first != second


def test_items_come_one_by_one_and_then_the_end(table) -> None:
    streams = table()
    stream_id = streams.open(iter("ab"), CLIENT)
    assert [streams.next(stream_id, CLIENT), streams.next(stream_id, CLIENT)] == ["a", "b"]
    with pytest.raises(StopIteration):
        streams.next(stream_id, CLIENT)
    assert is_gone(streams, stream_id)


def test_the_end_of_a_generator_brings_its_return_value(table) -> None:
    def generator() -> Generator[int, None, str]:
        yield from ()
        return "the end"

    streams = table()
    with pytest.raises(StopIteration) as caught:
        streams.next(streams.open(generator(), CLIENT), CLIENT)
    assert caught.value.value == "the end"


def test_an_error_of_the_iterator_is_raised_and_ends_the_stream(table) -> None:
    streams = table()
    stream_id = streams.open((1 // number for number in [1, 0, 1]), CLIENT)
    assert streams.next(stream_id, CLIENT) == 1
    with pytest.raises(ZeroDivisionError):
        streams.next(stream_id, CLIENT)
    with pytest.raises(PyroError, match="item stream terminated"):
        streams.next(stream_id, CLIENT)


def test_an_unknown_id_is_a_stream_that_has_ended(table) -> None:
    with pytest.raises(PyroError, match="item stream terminated"):
        table().next("nonsense", CLIENT)


@pytest.mark.parametrize("stream_id", [None, 42, ["x"], {"x": 1}])
def test_so_is_what_is_no_id_at_all(table, stream_id: Any) -> None:
    streams = table()
    with pytest.raises((PyroError, TypeError)):
        streams.next(stream_id, CLIENT)


# ------------------------------------------------------------------------------------------------- closing


def test_a_closed_stream_is_gone_and_its_iterator_is_closed(table) -> None:
    streams, iterator = table(), Closable()
    stream_id = streams.open(iterator, CLIENT)
    streams.close(stream_id)
    streams.close(stream_id)
    assert is_gone(streams, stream_id)
    assert iterator.closed == 1


def test_closing_runs_the_last_words_of_a_generator(table) -> None:
    words: list[str] = []

    def generator() -> Iterator[int]:
        try:
            yield 1
        finally:
            words.append("goodbye")

    streams = table()
    stream_id = streams.open(generator(), CLIENT)
    streams.next(stream_id, CLIENT)
    streams.close(stream_id)
    assert words == ["goodbye"]


def test_an_iterator_that_fails_to_close_does_not_matter(table) -> None:
    class Stuck(Closable):
        def close(self) -> None:
            raise RuntimeError("stuck")

    streams = table()
    stream_id = streams.open(Stuck(), CLIENT)
    streams.close(stream_id)
    assert is_gone(streams, stream_id)


def test_all_streams_can_be_closed(table) -> None:
    streams, iterators = table(), [Closable() for _ in range(3)]
    for iterator in iterators:
        streams.open(iterator, CLIENT)
    streams.clear()
    assert streams.streams == {}
    assert [iterator.closed for iterator in iterators] == [1, 1, 1]


# ----------------------------------------------------------------------------------------- lifetime, linger


def test_without_a_lifetime_a_stream_stays(table, clock: Clock) -> None:
    streams = table(lifetime=0.0)
    stream_id = streams.open(Closable(), CLIENT)
    clock.now += 1e9
    streams.sweep()
    assert not is_gone(streams, stream_id)


def test_a_stream_lives_no_longer_than_its_lifetime_however_busy(table, clock: Clock) -> None:
    streams, iterator = table(lifetime=10.0), Closable()
    stream_id = streams.open(iterator, CLIENT)
    clock.now += 9.9
    streams.sweep()
    assert streams.next(stream_id, CLIENT) == "item"
    clock.now += 0.2
    streams.sweep()
    assert is_gone(streams, stream_id)
    assert iterator.closed == 1


def test_when_its_client_leaves_a_stream_lingers(table, clock: Clock) -> None:
    streams = table(linger=30.0)
    stream_id = streams.open(Closable(), CLIENT)
    streams.client_gone(CLIENT)
    clock.now += 29.9
    streams.sweep()
    assert not is_gone(streams, stream_id)
    clock.now += 0.2
    streams.sweep()
    assert is_gone(streams, stream_id)


def test_without_linger_it_goes_with_its_client(table) -> None:
    streams, iterator = table(linger=0.0), Closable()
    stream_id = streams.open(iterator, CLIENT)
    streams.client_gone(CLIENT)
    assert is_gone(streams, stream_id)
    assert iterator.closed == 1


def test_streams_of_other_clients_stay(table, clock: Clock) -> None:
    streams = table(linger=0.0)
    stream_id = streams.open(Closable(), ANOTHER)
    streams.client_gone(CLIENT)
    clock.now += 1e9
    streams.sweep()
    assert not is_gone(streams, stream_id)


def test_whoever_fetches_takes_a_lingering_stream_over(table, clock: Clock) -> None:
    streams = table(linger=30.0)
    stream_id = streams.open(Closable(), CLIENT)
    streams.client_gone(CLIENT)
    clock.now += 20
    assert streams.next(stream_id, ANOTHER) == "item"
    clock.now += 20
    streams.sweep()
    assert not is_gone(streams, stream_id)
    streams.client_gone(ANOTHER)
    clock.now += 31
    streams.sweep()
    assert is_gone(streams, stream_id)


# -------------------------------------------------------------------------------------------------- limits


def test_a_client_may_have_only_so_many_streams(table) -> None:
    streams = table(max_per_client=2)
    first = streams.open(Closable(), CLIENT)
    streams.open(Closable(), CLIENT)
    with pytest.raises(PyroError, match="MAX_STREAMS"):
        streams.open(Closable(), CLIENT)
    streams.open(Closable(), ANOTHER)
    streams.close(first)
    streams.open(Closable(), CLIENT)


def test_a_stream_that_is_refused_is_closed(table) -> None:
    streams, iterator = table(max_per_client=0), Closable()
    with pytest.raises(PyroError, match="MAX_STREAMS"):
        streams.open(iterator, CLIENT)
    assert iterator.closed == 1


# --------------------------------------------------------------------------------------------- concurrency


def test_a_slow_iterator_holds_up_nobody_else(table) -> None:
    streams = table()
    entered, proceed = threading.Event(), threading.Event()

    def slow() -> Iterator[str]:
        entered.set()
        proceed.wait(10)
        yield "at last"

    slow_id, quick_id = streams.open(slow(), CLIENT), streams.open(iter("q"), ANOTHER)
    fetched: list[str] = []
    fetching = threading.Thread(target=lambda: fetched.append(streams.next(slow_id, CLIENT)))
    fetching.start()
    assert entered.wait(10)
    assert streams.next(quick_id, ANOTHER) == "q"
    streams.sweep()
    proceed.set()
    fetching.join(10)
    assert fetched == ["at last"]


def test_a_generator_that_is_running_elsewhere_can_be_closed(table) -> None:
    streams = table()
    entered, proceed = threading.Event(), threading.Event()

    def slow() -> Iterator[str]:
        entered.set()
        proceed.wait(10)
        yield "at last"

    stream_id = streams.open(slow(), CLIENT)
    fetching = threading.Thread(target=streams.next, args=(stream_id, CLIENT))
    fetching.start()
    assert entered.wait(10)
    streams.close(stream_id)
    assert is_gone(streams, stream_id)
    proceed.set()
    fetching.join(10)
