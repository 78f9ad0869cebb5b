"""A proxy in use: members, calls, retries, and what comes back, with a scripted daemon at the other end."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_client.socketutil import SocketConnection
from pyro_wire import Config
from pyro_wire.message import FLAGS_ONEWAY, Message

SEQUENCE = {"methods": ["__len__", "__getitem__", "__setitem__", "__delitem__"], "oneway": [], "attrs": []}


class Flaky(Proxy):
    """A proxy whose calls fail as often as the test says, without a connection."""

    def __init__(self, *outcomes: Any, retries: int = 0) -> None:
        super().__init__("PYRO:obj@example.org:1", config=Config(MAX_RETRIES=retries))
        self._pyroMethods.add("method")
        self._pyroOutcomes = list(outcomes)

    def _pyroInvoke(self, *args: Any, **kwargs: Any) -> Any:
        outcome = self._pyroOutcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


# ------------------------------------------------------------------------------------------------- members


def test_a_method_is_called_with_its_arguments(daemon, reply) -> None:
    with daemon.proxy(reply(3)) as proxy:
        assert proxy.add(1, second=2) == 3
    assert daemon.calls() == [("obj", "add", (1,), {"second": 2})]


def test_a_method_may_be_kept_and_called_later(daemon, reply) -> None:
    with daemon.proxy(reply(3), reply(7)) as proxy:
        add = proxy.add
        assert (add(1, 2), add(3, 4)) == (3, 7)
        assert repr(add) == "<remote method add of PYRO:obj@<<connected-socket>>:0>"


def test_an_attribute_is_read(daemon, reply) -> None:
    with daemon.proxy(reply(42)) as proxy:
        assert proxy.total == 42
    assert daemon.calls() == [("obj", "__getattr__", ("total",), None)]


def test_an_attribute_is_written(daemon, reply) -> None:
    with daemon.proxy(reply()) as proxy:
        proxy.total = 42
    assert daemon.calls() == [("obj", "__setattr__", ("total", 42), None)]


def test_what_is_not_exposed_is_an_attribute_error_without_any_traffic(daemon) -> None:
    with daemon.proxy() as proxy:
        text = r"remote object 'PYRO:obj@<<connected-socket>>:0' has no exposed attribute or method 'nothing'"
        with pytest.raises(AttributeError, match=text):
            proxy.nothing  # noqa: B018  # reading it is the point
        with pytest.raises(AttributeError, match="has no exposed attribute 'nothing'"):
            proxy.nothing = 1
        with pytest.raises(AttributeError, match="has no exposed attribute 'add'"):
            proxy.add = 1
    assert daemon.requests == []


def test_hasattr_and_dir_know_the_remote_members(daemon) -> None:
    with daemon.proxy() as proxy:
        assert hasattr(proxy, "add")
        assert not hasattr(proxy, "nothing")
        assert {"add", "note", "total", "_pyroBind"} <= set(dir(proxy))


@pytest.mark.parametrize("name", ["__getnewargs__", "__getnewargs_ex__", "__getinitargs__", "_pyroUnheardOf"])
def test_names_of_the_proxy_itself_are_never_remote(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(Proxy("PYRO:obj@unreachable.invalid:1"), name)


def test_a_dotted_name_goes_to_the_server_as_it_is(daemon, reply) -> None:
    with daemon.proxy(reply.error(AttributeError("no such thing"))) as proxy, pytest.raises(AttributeError):
        proxy.add.something.more(1)
    assert daemon.calls()[0][1] == "add.something.more"


# --------------------------------------------------------------------------------------- python's own syntax


@pytest.mark.parametrize(
    ("use", "method", "args"),
    [
        (lambda proxy: len(proxy), "__len__", ()),
        (lambda proxy: proxy["key"], "__getitem__", ("key",)),
        (lambda proxy: proxy.__setitem__("key", 5), "__setitem__", ("key", 5)),
        (lambda proxy: proxy.__delitem__("key"), "__delitem__", ("key",)),
    ],
)
def test_len_and_indexing_are_remote_calls(daemon, reply, use: Any, method: str, args: Any) -> None:
    daemon.replies[:] = [reply(SEQUENCE)]
    with daemon.proxy(reply(5)) as proxy:
        use(proxy)
    assert daemon.calls() == [("obj", method, args, {})]


def test_iteration_without_an_exposed_iter_goes_by_index(daemon, reply) -> None:
    daemon.replies[:] = [reply(SEQUENCE)]
    with daemon.proxy(reply("a"), reply("b"), reply.error(IndexError("end"))) as proxy:
        assert [item for item in proxy] == ["a", "b"]  # noqa: C416  # list() would ask for the length as well
    assert [args for _, _, args, _ in daemon.calls()] == [(0,), (1,), (2,)]


def test_what_is_not_exposed_has_no_length_and_no_items(daemon) -> None:
    with daemon.proxy() as proxy:
        with pytest.raises(TypeError, match="has no len"):
            len(proxy)
        with pytest.raises(AttributeError, match="__getitem__"):
            proxy[0]
    assert daemon.requests == []


# ------------------------------------------------------------------------------------------------- oneway


def test_a_oneway_method_returns_none_at_once(daemon) -> None:
    with daemon.proxy() as proxy:
        assert proxy.note("x") is None
    daemon.close()
    assert [request.flags for request in daemon.requests] == [FLAGS_ONEWAY]


def test_a_name_that_the_user_adds_is_called_oneway(daemon) -> None:
    with daemon.proxy() as proxy:
        proxy._pyroOneway.add("add")
        assert proxy.add(1, 2) is None
    daemon.close()
    assert [request.flags for request in daemon.requests] == [FLAGS_ONEWAY]


# ------------------------------------------------------------------------------------------------- retries


@pytest.mark.parametrize("error", [errors.ConnectionClosedError("gone"), errors.TimeoutError("late")])
def test_a_lost_call_is_not_repeated_unless_told(error: Exception) -> None:
    with pytest.raises(type(error)):
        Flaky(error, "too late").method()


def test_a_lost_call_is_repeated_as_often_as_told() -> None:
    assert Flaky(errors.ConnectionClosedError("gone"), errors.TimeoutError("late"), 42, retries=2).method() == 42


def test_when_all_repetitions_are_lost_the_last_error_is_raised() -> None:
    lost = [errors.TimeoutError(f"attempt {number}") for number in (1, 2, 3)]
    with pytest.raises(errors.TimeoutError, match="attempt 3"):
        Flaky(*lost, "too late", retries=2).method()


def test_retries_may_be_set_for_one_proxy() -> None:
    proxy = Flaky(errors.TimeoutError("late"), 42)
    proxy._pyroMaxRetries = 1
    assert proxy.method() == 42


@pytest.mark.parametrize("error", [errors.ProtocolError("strange"), ValueError("its own")])
def test_other_errors_are_not_repeated(error: Exception) -> None:
    with pytest.raises(type(error)):
        Flaky(error, "too late", retries=2).method()


# ------------------------------------------------------------------------------------------ errors in mid-call


class Failing(SocketConnection):
    """A connection on which something happens that has nothing to do with it."""

    def send_buffers(self, buffers: Any) -> None:
        raise RuntimeError("in the middle of sending")

    def recv_some(self) -> bytes:
        raise RuntimeError("in the middle of receiving")


class FailingLate(Failing):
    """The same, once a request has been sent."""

    def send_buffers(self, buffers: Any) -> None: ...


@pytest.mark.parametrize("connection", [Failing, FailingLate])
def test_any_error_in_the_middle_of_a_call_gives_up_the_connection(daemon, connection: type[Failing]) -> None:
    with daemon.proxy() as proxy:
        proxy._pyroConnection = connection(daemon.near, "obj", keep_open=True)
        with pytest.raises(RuntimeError, match="in the middle"):
            proxy.add(1, 2)
        assert proxy._pyroConnection is None


def test_a_connected_socket_that_was_given_up_is_not_connected_again(daemon) -> None:
    with daemon.proxy() as proxy:
        proxy._pyroRelease()
        with pytest.raises(errors.ConnectionClosedError, match="make a new proxy"):
            proxy.add(1, 2)


# --------------------------------------------------------------------------------------------- low level


def test_a_raw_answer_is_returned_undecoded(daemon, reply) -> None:
    with daemon.proxy(reply([1, 2])) as proxy:
        proxy._pyroRawWireResponse = True
        message = proxy.add(1, 2)
        assert isinstance(message, Message)
        assert b"[1,2]" in message.data


def test_an_unknown_serializer_is_a_key_error_with_its_name() -> None:
    proxy = Proxy("PYRO:obj@example.org:1")
    proxy._pyroSerializer = "morse"
    with pytest.raises(KeyError, match="morse"):
        proxy._pyroBind()


def test_releasing_twice_is_no_error(daemon) -> None:
    proxy = daemon.proxy()
    proxy._pyroRelease()
    proxy._pyroRelease()
    assert proxy._pyroConnection is None


def test_the_address_of_the_applications_socket_is_known(daemon) -> None:
    with daemon.proxy() as proxy:
        assert proxy._pyroLocalSocket == daemon.near.getsockname()


@pytest.mark.parametrize("nothing", [{"methods": [], "attrs": []}, {"oneway": ["note"]}])
def test_metadata_that_is_known_already_must_have_members(nothing: dict[str, Any]) -> None:
    with pytest.raises(errors.PyroError, match="exposes no methods or attributes"):
        Proxy("PYRO:obj@example.org:1")._pyroGetMetadata(known_metadata=nothing)


def test_the_socket_of_the_application_stays_open(daemon) -> None:
    daemon.proxy()._pyroRelease()
    assert daemon.near.fileno() >= 0


def test_a_proxy_that_is_collected_closes_its_connection_quietly(daemon) -> None:
    proxy = daemon.proxy()
    connection = proxy._pyroConnection
    del proxy
    assert connection._closed


def test_threads_that_share_a_proxy_take_turns(daemon, reply) -> None:
    calls_of_each = 50
    with daemon.proxy(*[lambda request: reply(request.seq)] * 4 * calls_of_each) as proxy:
        results: list[int] = []
        ready = threading.Barrier(4)

        def call() -> None:
            ready.wait(10)
            results.extend(proxy.add() for _ in range(calls_of_each))

        threads = [threading.Thread(target=call) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert sorted(results) == list(range(2, 2 + 4 * calls_of_each))
