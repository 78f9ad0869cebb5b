"""Connections that the server may have closed after an error: a ping finds out, and no call is lost or repeated."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import pytest

from pyro_client import StreamResultIterator, errors, flows
from pyro_client.commands import Close, Exchange, Open
from pyro_client.proxy_state import ProxyState
from pyro_client.session import Standing
from pyro_client.socketutil import SocketConnection
from pyro_wire import Config
from pyro_wire.message import MSG_INVOKE, MSG_PING, Buffer

ADDRESS = "PYRO:obj@example.org:4444"


@pytest.fixture
def proxy(script, reply) -> ProxyState:
    """A proxy that is connected and in doubt."""
    proxy = ProxyState(ADDRESS, Config())
    script(proxy, reply.welcome()).run(flows.connect(proxy))
    proxy._pyroSession.standing = Standing.DOUBTFUL
    return proxy


# -------------------------------------------------------------------------------------------------- the flow


def test_a_server_that_answers_the_ping_is_still_there(proxy, script, reply) -> None:
    session = proxy._pyroSession
    played = script(proxy, reply("pong", type=MSG_PING))
    played.run(flows.make_sure(proxy))
    assert [request.type for request in played.requests] == [MSG_PING]
    assert (proxy._pyroSession, session.standing) == (session, Standing.GOOD)


def test_without_doubt_nobody_is_asked(proxy, script) -> None:
    proxy._pyroSession.standing = Standing.GOOD
    played = script(proxy)
    played.run(flows.make_sure(proxy))
    assert played.commands == []


def test_a_server_that_has_closed_is_connected_to_again(proxy, script, reply) -> None:
    before = proxy._pyroSession
    played = script(proxy, errors.ConnectionClosedError("gone"), reply.welcome())
    played.run(flows.make_sure(proxy))
    assert played.asked_for == [Exchange, Close, Open, Exchange]
    assert proxy._pyroSession is not before
    assert proxy._pyroSession.standing is Standing.GOOD


def test_it_is_connected_to_once(proxy, script) -> None:
    played = script(proxy, errors.ConnectionClosedError("gone"), ConnectionRefusedError("no one there"))
    with pytest.raises(errors.CommunicationError, match="no one there"):
        played.run(flows.make_sure(proxy))
    assert played.asked_for == [Exchange, Close, Open, Close]
    assert proxy._pyroConnection is None


@pytest.mark.parametrize("error", [errors.TimeoutError("too long"), KeyboardInterrupt()], ids=repr)
def test_a_ping_that_is_not_answered_leaves_no_connection(proxy, script, error: BaseException) -> None:
    played = script(proxy, error)
    with pytest.raises(type(error)):
        played.run(flows.make_sure(proxy))
    assert played.asked_for == [Exchange, Close]


def test_before_metadata_is_asked_for_the_server_is_asked_too(proxy, script, reply) -> None:
    played = script(proxy, reply("pong", type=MSG_PING), reply({"methods": ["add"], "oneway": [], "attrs": []}))
    played.run(flows.load_metadata(proxy, "obj"))
    assert [request.type for request in played.requests] == [MSG_PING, MSG_INVOKE]


# -------------------------------------------------------------------------------------------------- in a proxy


def requests_of(daemon) -> list[int]:
    return [request.type for request in daemon.requests]


def test_after_an_ordinary_error_nobody_is_asked(daemon, reply) -> None:
    with daemon.proxy(reply.error(ValueError("wrong")), reply(3)) as proxy:
        with pytest.raises(ValueError, match="wrong"):
            proxy.add(1, 2)
        assert proxy.add(1, 2) == 3
    assert requests_of(daemon) == [MSG_INVOKE, MSG_INVOKE]


def test_after_a_refused_argument_the_server_is_asked_before_the_next_call(daemon, reply) -> None:
    refusal = reply.error(errors.SerializeError("unsupported serialized class: app.Thing"))
    with daemon.proxy(refusal, reply("pong", type=MSG_PING), reply(3), reply(7)) as proxy:
        connection = proxy._pyroConnection
        with pytest.raises(errors.SerializeError):
            proxy.add(1, 2)
        assert (proxy.add(1, 2), proxy.add(3, 4)) == (3, 7)
        assert proxy._pyroConnection is connection
    assert requests_of(daemon) == [MSG_INVOKE, MSG_PING, MSG_INVOKE, MSG_INVOKE]


def test_a_call_is_not_sent_to_a_server_that_has_gone(daemon, reply) -> None:
    with daemon.proxy(reply.error(errors.SerializeError("unsupported")), None) as proxy:
        with pytest.raises(errors.SerializeError):
            proxy.add(1, 2)
        with pytest.raises(errors.ConnectionClosedError, match="connected socket"):  # which cannot be made anew
            proxy.add(1, 2)
    assert requests_of(daemon) == [MSG_INVOKE, MSG_PING]


def test_after_a_oneway_call_with_an_object_the_server_is_asked(daemon, reply) -> None:
    with daemon.proxy(reply("pong", type=MSG_PING), reply(3)) as proxy:
        proxy.note(ValueError("an object"))
        assert proxy.add(1, 2) == 3
    assert requests_of(daemon) == [MSG_INVOKE, MSG_PING, MSG_INVOKE]


def test_oneway_calls_wait_for_no_answer_to_a_ping(daemon, reply) -> None:
    with daemon.proxy(reply("pong", type=MSG_PING), reply(3)) as proxy:
        proxy.note(ValueError("an object"))
        proxy.note("plain")
        assert proxy.add(1, 2) == 3
    assert requests_of(daemon) == [MSG_INVOKE, MSG_INVOKE, MSG_PING, MSG_INVOKE]


def test_after_a_oneway_call_with_plain_values_nobody_is_asked(daemon, reply) -> None:
    with daemon.proxy(reply(3)) as proxy:
        proxy.note("plain", [1, {"a": 2}])
        assert proxy.add(1, 2) == 3
    assert requests_of(daemon) == [MSG_INVOKE, MSG_INVOKE]


# ------------------------------------------------------------------------------------ calls in the middle of calls


class Interrupted(SocketConnection):
    """A connection on which something happens just before the next message is sent, as if a signal had come."""

    def __init__(self, sock: socket.socket, interruption: Callable[[], object]) -> None:
        super().__init__(sock, "obj", keep_open=True)
        self._interruptions = [interruption]

    def send_buffers(self, buffers: Sequence[Buffer]) -> None:
        while self._interruptions:
            self._interruptions.pop()()
        super().send_buffers(buffers)


@pytest.mark.parametrize(("method", "results"), [("add", [3, 7]), ("note", [None, 3])])
def test_a_call_in_the_middle_of_a_call_of_the_same_thread_is_refused_and_harms_none(
    daemon, reply, method: str, results: list[object]
) -> None:
    def call_again() -> None:
        with pytest.raises(errors.PyroError, match="still running on this thread"):
            in_use.add(5, 6)

    with daemon.proxy(reply(3), reply(7)) as proxy:
        in_use = proxy
        proxy._pyroConnection = connection = Interrupted(daemon.near, call_again)
        assert [getattr(proxy, method)(1, 2), proxy.add(3, 4)] == results
        assert proxy._pyroConnection is connection
    assert [call[2] for call in daemon.calls()] == [(1, 2), (3, 4)]


def test_a_stream_that_is_collected_in_the_middle_of_a_call_sends_nothing(daemon, reply) -> None:
    with daemon.proxy(reply(3)) as proxy:
        streams = [StreamResultIterator("an id", proxy)]
        proxy._pyroConnection = Interrupted(daemon.near, streams.clear)
        assert proxy.add(1, 2) == 3
    assert requests_of(daemon) == [MSG_INVOKE]
