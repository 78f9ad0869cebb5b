"""Moving bytes through sockets, with errors that speak of the conversation."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_client import errors
from pyro_client.socketutil import SocketConnection, family_str, receive_data, send_data

SILENCE = 0.05
"""Seconds to wait for what never comes."""

Pair = tuple[SocketConnection, SocketConnection]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with SocketConnection(near) as left, SocketConnection(far) as right:
        yield left, right


class Resource:
    """Something that a client has opened."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class BrokenResource(Resource):
    """Something that does not close without a fuss."""

    def close(self) -> None:
        raise RuntimeError("stuck")


# ----------------------------------------------------------------------------------------- whole messages


def test_exactly_the_bytes_asked_for_are_received(pair: Pair) -> None:
    left, right = pair
    left.send(b"abcdef")
    assert (right.recv(2), right.recv(4)) == (b"ab", b"cdef")


def test_bytes_that_come_in_pieces_are_gathered(pair: Pair) -> None:
    left, right = pair

    def send_singly() -> None:
        for number in range(100):
            left.send(bytes([number]))

    sender = threading.Thread(target=send_singly)
    sender.start()
    assert right.recv(100) == bytes(range(100))
    sender.join(10)


def test_an_early_end_tells_what_came_before_it(pair: Pair) -> None:
    left, right = pair
    left.send(b"abc")
    left.close()
    with pytest.raises(errors.ConnectionClosedError, match="receiving: not enough data") as caught:
        right.recv(10)
    assert caught.value.partialData == b"abc"


def test_receiving_some_gives_what_is_there_and_nothing_at_the_end(pair: Pair) -> None:
    left, right = pair
    left.send(b"abc")
    assert right.recv_some() == b"abc"
    left.close()
    assert right.recv_some() == b""


@pytest.mark.parametrize("receive", [lambda connection: connection.recv(1), lambda connection: connection.recv_some()])
def test_receiving_in_vain_is_a_timeout(pair: Pair, receive) -> None:
    pair[1].timeout = SILENCE
    with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
        receive(pair[1])


def test_receiving_without_waiting_is_a_timeout(pair: Pair) -> None:
    pair[1].sock.setblocking(False)
    with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
        pair[1].recv_some()


@pytest.mark.parametrize("buffers", [[b"x" * (1 << 24)], [b"x" * (1 << 23), b"y" * (1 << 23)]])
def test_sending_to_somebody_who_does_not_read_is_a_timeout(pair: Pair, buffers: list[bytes]) -> None:
    pair[0].timeout = SILENCE
    with pytest.raises(errors.TimeoutError, match="sending: timeout"):
        pair[0].send_buffers(buffers)


def test_sending_to_somebody_who_has_left_is_a_closed_connection(pair: Pair) -> None:
    pair[1].close()
    with pytest.raises(errors.ConnectionClosedError, match="sending: connection lost"):
        pair[0].send_buffers([b"abc", b"def"])


def test_using_a_closed_connection_is_a_closed_connection(pair: Pair) -> None:
    pair[0].close()
    with pytest.raises(errors.ConnectionClosedError):
        pair[0].send(b"abc")
    with pytest.raises(errors.ConnectionClosedError):
        pair[0].recv(1)


# ------------------------------------------------------------------------------------------ many buffers


@pytest.mark.parametrize("sizes", [[0], [3], [40, 10], [40, 1 << 22], [1 << 22, 1 << 22, 5], [1, 0, 2, 0]])
def test_buffers_arrive_whole_and_in_order_whatever_their_sizes(pair: Pair, sizes: list[int]) -> None:
    left, right = pair
    buffers = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    sender = threading.Thread(target=left.send_buffers, args=(buffers,))
    sender.start()
    assert right.recv(sum(sizes)) == b"".join(buffers)
    sender.join(10)


class Trickle:
    """A socket whose kernel takes only a few bytes at once."""

    def __init__(self, portions: list[int]) -> None:
        self.taken = bytearray()
        self._portions = portions

    def sendmsg(self, buffers: list[bytes]) -> int:
        return self._take(b"".join(buffers))

    def send(self, data: bytes) -> int:
        return self._take(bytes(data))

    def sendall(self, data: bytes) -> None:
        self.taken += data

    def _take(self, data: bytes) -> int:
        count = min(len(data), self._portions.pop(0) if self._portions else len(data))
        self.taken += data[:count]
        return count


@given(st.lists(st.binary(max_size=20), min_size=2, max_size=5), st.lists(st.integers(1, 30), max_size=5))
def test_nothing_is_lost_or_sent_twice_when_the_system_takes_only_a_part(
    buffers: list[bytes], portions: list[int]
) -> None:
    sock = Trickle(portions)
    SocketConnection(sock, keep_open=True).send_buffers(buffers)  # type: ignore[arg-type]  # a fake
    assert bytes(sock.taken) == b"".join(buffers)


def test_views_and_bytearrays_are_sent_like_bytes(pair: Pair) -> None:
    left, right = pair
    left.send_buffers([bytearray(b"abc"), memoryview(b"defg")[1:]])
    assert right.recv(6) == b"abcefg"


# ------------------------------------------------------------------------------------------- connections


@pytest.mark.parametrize(("given_timeout", "timeout"), [(None, None), (0, None), (0.0, None), (2.5, 2.5)])
def test_a_timeout_of_nothing_means_for_ever(pair: Pair, given_timeout: float | None, timeout: float | None) -> None:
    pair[0].settimeout(given_timeout)
    assert pair[0].gettimeout() == pair[0].timeout == pair[0].sock.gettimeout() == timeout


def test_closing_closes_the_socket_once_and_for_all(pair: Pair) -> None:
    pair[0].close()
    pair[0].close()
    assert pair[0].fileno() == -1


def test_the_socket_of_the_application_stays_open() -> None:
    near, far = socket.socketpair()
    with near, far:
        SocketConnection(near, keep_open=True).close()
        far.sendall(b"abc")
        assert near.recv(3) == b"abc"


def test_closing_closes_the_tracked_resources_also_after_one_that_fails(pair: Pair) -> None:
    resources = [Resource(), BrokenResource(), Resource()]
    for resource in resources:
        pair[0].tracked_resources.add(resource)
    pair[0].close()
    assert [resource.closed for resource in resources] == [1, 0, 1]


def test_a_tracked_resource_is_not_kept_alive(pair: Pair) -> None:
    pair[0].tracked_resources.add(Resource())
    assert len(pair[0].tracked_resources) == 0


def test_the_instances_of_a_session_are_let_go(pair: Pair) -> None:
    pair[0].pyroInstances[Resource] = Resource()
    pair[0].close()
    assert pair[0].pyroInstances == {}


def test_a_plain_connection_has_no_certificate(pair: Pair) -> None:
    assert pair[0].getpeercert() is None


def test_the_family_of_a_socket_has_a_name() -> None:
    families = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6", socket.AF_UNIX: "Unix"}
    for family, name in families.items():
        with socket.socket(family) as sock:
            assert family_str(sock) == name


def test_the_functions_for_bare_sockets_do_the_same() -> None:
    near, far = socket.socketpair()
    with near, far:
        send_data(near, b"abc")
        assert receive_data(far, 3) == b"abc"
