"""Remote iterators on the client's side: what is fetched, and when the server is told to forget them."""

from __future__ import annotations

from typing import Any

import pytest

from pyro_client import StreamResultIterator, errors
from pyro_wire.message import FLAGS_EXCEPTION, FLAGS_ITEMSTREAMRESULT, FLAGS_ONEWAY


@pytest.fixture
def started(reply) -> Any:
    """The answer that starts a stream."""
    error = errors.ProtocolError("result of call is an iterator")
    return reply(error, flags=FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT, annotations={"STRM": b"the-id"})


def fetch(stream_id: str = "the-id") -> tuple[Any, ...]:
    return ("Pyro.Daemon", "get_next_stream_item", [stream_id], {})


CLOSE: tuple[Any, ...] = ("Pyro.Daemon", "close_stream", ["the-id"], {})


def test_items_are_fetched_as_they_are_asked_for(daemon, reply, started) -> None:
    with daemon.proxy(started, reply("a"), reply("b"), reply.error(StopIteration())) as proxy:
        stream = proxy.add()
        assert isinstance(stream, StreamResultIterator)
        assert iter(stream) is stream
        assert len(daemon.requests) == 1
        assert next(stream) == "a"
        assert daemon.calls()[1:] == [fetch()]
        assert list(stream) == ["b"]


def test_an_attribute_may_be_a_stream_too(daemon, reply, started) -> None:
    with daemon.proxy(started, reply("a"), reply.error(StopIteration())) as proxy:
        assert list(proxy.total) == ["a"]


def test_after_its_end_a_stream_stays_at_its_end_and_asks_nobody(daemon, reply, started) -> None:
    with daemon.proxy(started, reply.error(StopIteration())) as proxy:
        stream = proxy.add()
        assert list(stream) == []
        assert list(stream) == []
        assert stream.proxy is None
        stream.close()
    assert daemon.calls()[1:] == [fetch()]


def test_a_generator_exit_from_afar_is_an_end_too(daemon, reply, started) -> None:
    with daemon.proxy(started, reply.error(GeneratorExit())) as proxy:
        assert list(proxy.add()) == []


def test_an_error_of_the_remote_iterator_is_raised(daemon, reply, started) -> None:
    gone = errors.PyroError("item stream terminated")
    with daemon.proxy(started, reply.error(ValueError("wrong")), reply.error(gone)) as proxy:
        stream = proxy.add()
        with pytest.raises(ValueError, match="wrong"):
            next(stream)
        with pytest.raises(errors.PyroError, match="item stream terminated"):
            next(stream)


def test_closing_tells_the_server_without_waiting(daemon, started) -> None:
    with daemon.proxy(started) as proxy:
        stream = proxy.add()
        stream.close()
        stream.close()
        assert stream.proxy is None
        with pytest.raises(StopIteration):
            next(stream)
    daemon.close()
    assert daemon.calls()[1:] == [CLOSE]
    assert daemon.requests[1].flags == FLAGS_ONEWAY


def test_a_stream_that_nobody_holds_any_more_is_closed(daemon, started) -> None:
    with daemon.proxy(started) as proxy:
        stream = proxy.add()
        del stream
    daemon.close()
    assert daemon.calls()[1:] == [CLOSE]


def test_closing_a_stream_of_a_released_proxy_asks_nobody(daemon, started) -> None:
    with daemon.proxy(started) as proxy:
        stream = proxy.add()
    stream.close()
    daemon.close()
    assert daemon.calls()[1:] == []


def test_a_stream_of_a_released_proxy_has_no_items(daemon, started) -> None:
    with daemon.proxy(started) as proxy:
        stream = proxy.add()
    with pytest.raises(errors.ConnectionClosedError):
        next(stream)


def test_a_stream_that_the_server_does_not_keep_is_a_protocol_error(daemon, reply) -> None:
    error = errors.ProtocolError("result of call is an iterator")
    refused = reply(error, flags=FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT)
    with daemon.proxy(refused) as proxy, pytest.raises(errors.ProtocolError, match="ITER_STREAMING"):
        proxy.add()
