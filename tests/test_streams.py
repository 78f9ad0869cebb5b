"""Remote iterators, whatever the server and the serializer: fetched one by one, and not kept for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_client import Proxy, StreamResultIterator, errors
from pyro_server import Daemon, expose, oneway

DEADLINE = 20.0


@expose
class Source:
    """Something that gives iterators of all kinds."""

    def __init__(self) -> None:
        self.made = 0
        self.ended = threading.Event()

    def letters(self) -> Iterator[str]:
        yield from "abc"

    def numbers(self) -> Iterator[int]:
        try:
            while True:
                self.made += 1
                yield self.made
        finally:
            self.ended.set()

    def iterator(self) -> Any:
        return iter([1, [2, 3], {"four": 5}])

    def mapped(self) -> Any:
        return map(str, [1, 2])

    def nothing(self) -> Any:
        return iter(())

    def failing(self) -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    def unserializable(self) -> Iterator[Any]:
        yield range(3)
        yield "after it"

    def a_list(self) -> list[int]:
        return [1, 2]

    @property
    def attribute(self) -> Iterator[int]:
        return iter([1, 2])

    @oneway
    def in_vain(self) -> Iterator[int]:
        yield 1

    def echo(self, value: Any) -> Any:
        return value


class Watched(Daemon):
    """A daemon that notes who leaves."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gone = threading.Event()

    def clientDisconnect(self, conn: Any) -> None:
        self.gone.set()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def proxy(served, source: Source) -> Proxy:
    proxy: Proxy = served({"it": source}).proxy()
    return proxy


def open_streams(serving: Any) -> int:
    return len(serving.daemon.streaming_responses)


# ------------------------------------------------------------------------------------------------ fetching


@pytest.mark.parametrize(
    ("method", "items"),
    [
        ("letters", ["a", "b", "c"]),
        ("iterator", [1, [2, 3], {"four": 5}]),
        ("mapped", ["1", "2"]),
        ("nothing", []),
    ],
)
def test_an_iterator_comes_item_by_item(proxy: Proxy, method: str, items: list[Any]) -> None:
    stream = getattr(proxy, method)()
    assert isinstance(stream, StreamResultIterator)
    assert list(stream) == items
    assert list(stream) == []


def test_what_can_only_be_iterated_over_comes_as_a_whole(proxy: Proxy) -> None:
    assert proxy.a_list() == [1, 2]


def test_an_attribute_may_be_an_iterator(proxy: Proxy) -> None:
    assert list(proxy.attribute) == [1, 2]


def test_no_item_is_made_before_it_is_asked_for(proxy: Proxy, source: Source) -> None:
    stream = proxy.numbers()
    assert source.made == 0
    assert [next(stream), next(stream)] == [1, 2]
    assert source.made == 2


def test_other_calls_may_come_between(proxy: Proxy) -> None:
    first, second = proxy.letters(), proxy.letters()
    assert [next(first), proxy.echo("x"), next(second), next(first), next(second)] == ["a", "x", "a", "b", "b"]


def test_an_error_of_the_iterator_is_raised_and_ends_it(proxy: Proxy) -> None:
    stream = proxy.failing()
    assert next(stream) == 1
    with pytest.raises(ValueError, match="no more") as caught:
        next(stream)
    assert any("in failing" in line for line in caught.value._pyroTraceback)  # type: ignore[attr-defined]
    with pytest.raises(errors.PyroError, match="item stream terminated"):
        next(stream)


def test_an_item_that_cannot_be_serialized_is_an_error_and_the_next_one_comes(proxy: Proxy) -> None:
    stream = proxy.unserializable()
    with pytest.raises((TypeError, errors.SerializeError)):
        next(stream)
    assert next(stream) == "after it"


def test_the_result_of_a_oneway_call_is_no_stream(served, source: Source) -> None:
    serving = served({"it": source})
    proxy = serving.proxy()
    assert proxy.in_vain() is None
    assert proxy.echo(1) == 1
    assert open_streams(serving) == 0


def test_without_streaming_an_iterator_is_an_error(served, source: Source) -> None:
    proxy = served({"it": source}, ITER_STREAMING=False).proxy()
    with pytest.raises(errors.ProtocolError):
        proxy.letters()
    assert proxy.echo(1) == 1


# ------------------------------------------------------------------------------------------------- closing


def test_at_its_end_a_stream_is_forgotten(served, source: Source) -> None:
    serving = served({"it": source})
    stream = serving.proxy().letters()
    assert open_streams(serving) == 1
    assert list(stream) == ["a", "b", "c"]
    assert open_streams(serving) == 0


def test_a_closed_stream_is_forgotten_and_its_generator_ended(proxy: Proxy, source: Source) -> None:
    stream = proxy.numbers()
    next(stream)
    stream.close()
    assert source.ended.wait(DEADLINE)
    with pytest.raises(StopIteration):
        next(stream)
    assert proxy.echo(1) == 1


def test_a_stream_that_nobody_holds_any_more_is_closed(proxy: Proxy, source: Source) -> None:
    next(proxy.numbers())
    assert source.ended.wait(DEADLINE)


def test_when_the_daemon_ends_so_do_its_streams(served, source: Source) -> None:
    serving = served({"it": source})
    stream = serving.proxy().numbers()
    next(stream)
    serving.daemon.shutdown()
    assert source.ended.is_set()
    assert open_streams(serving) == 0
    stream.proxy = None  # there is nobody to be told that it is over


def test_a_client_may_only_have_so_many(served, source: Source) -> None:
    proxy = served({"it": source}, MAX_STREAMS=2).proxy()
    streams = [proxy.letters(), proxy.letters()]
    with pytest.raises(errors.PyroError, match="MAX_STREAMS"):
        proxy.letters()
    assert list(streams[0]) == ["a", "b", "c"]
    assert list(proxy.letters()) == ["a", "b", "c"]


# ------------------------------------------------------------------------------------- connections that end


def test_without_a_connection_there_are_no_items(listening, source: Source) -> None:
    proxy = listening({"it": source}).proxy()
    stream = proxy.letters()
    assert next(stream) == "a"
    proxy._pyroRelease()
    with pytest.raises(errors.ConnectionClosedError):
        next(stream)


def test_over_a_new_connection_a_stream_goes_on(listening, source: Source) -> None:
    serving = listening({"it": source}, daemon_class=Watched)
    proxy = serving.proxy()
    stream = proxy.letters()
    assert next(stream) == "a"
    proxy._pyroRelease()
    assert serving.daemon.gone.wait(DEADLINE)
    proxy._pyroReconnect(tries=1)
    assert list(stream) == ["b", "c"]


def test_without_linger_a_stream_ends_with_its_connection(listening, source: Source) -> None:
    serving = listening({"it": source}, ITER_STREAM_LINGER=0.0)
    proxy = serving.proxy()
    stream = proxy.numbers()
    next(stream)
    proxy._pyroRelease()
    assert source.ended.wait(DEADLINE)
    proxy._pyroReconnect(tries=1)
    with pytest.raises(errors.PyroError, match="item stream terminated"):
        next(stream)


@pytest.mark.parametrize("items", [{"ITER_STREAM_LINGER": 0.01}, {"ITER_STREAM_LIFETIME": 0.01}])
def test_housekeeping_ends_streams_whose_time_is_over(listening, source: Source, items: dict[str, float]) -> None:
    proxy = listening({"it": source}, POLLTIMEOUT=0.01, **items).proxy()
    stream = proxy.numbers()
    next(stream)
    if "ITER_STREAM_LINGER" in items:
        proxy._pyroRelease()
    assert source.ended.wait(DEADLINE)


def test_several_threads_may_share_a_stream_and_all_come_to_its_end(served) -> None:
    class Counter:
        @expose
        def count(self, to: int) -> Iterator[int]:
            yield from range(to)

    stream = served({"it": Counter()}).proxy().count(100)
    items: list[int] = []
    failures: list[Exception] = []

    def fetch() -> None:
        try:
            items.extend(stream)
        except Exception as error:  # the test is to hear of any
            failures.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert (sorted(items), failures) == (list(range(100)), [])
