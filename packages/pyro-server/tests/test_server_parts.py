"""The small parts of servers: housekeeping, waking a loop, and listening."""

from __future__ import annotations

import contextlib
import errno
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pyro_server.housekeeping import Housekeeper
from pyro_server.servers.listener import Listener
from pyro_server.servers.waker import Waker
from pyro_wire import Config

DEADLINE = 10.0


# -------------------------------------------------------------------------------------------- housekeeping


@contextlib.contextmanager
def housekeeping(work: Callable[[], None], period: float) -> Iterator[None]:
    housekeeper = Housekeeper(work, period)
    housekeeper.start()
    yield
    housekeeper.stop(DEADLINE)


def test_housekeeping_is_done_again_and_again_on_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []
    enough = threading.Event()

    def work() -> None:
        threads.append(threading.current_thread())
        if len(threads) == 3:
            enough.set()

    with housekeeping(work, 0.001):
        assert enough.wait(DEADLINE)
    assert {thread.name for thread in threads} == {"housekeeper"}
    assert threads[0].daemon
    assert not threads[0].is_alive()


@pytest.mark.parametrize("error", [ValueError("dust"), SystemExit("dust"), KeyboardInterrupt("dust")])
def test_housekeeping_goes_on_after_an_error(caplog, error: BaseException) -> None:
    rounds: list[int] = []
    enough = threading.Event()

    def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            enough.set()
        raise error

    with caplog.at_level(logging.ERROR), housekeeping(work, 0.001):
        assert enough.wait(DEADLINE)
    assert "dust" in caplog.text


def test_housekeeping_ends_at_once_however_long_its_period() -> None:
    with housekeeping(lambda: None, 1e6):
        pass


def test_housekeeping_begins_once_and_not_after_its_end() -> None:
    housekeeper = Housekeeper(lambda: None, 1e6)
    housekeeper.start()
    housekeeper.start()
    housekeeper.stop(DEADLINE)
    housekeeper.start()
    other = Housekeeper(lambda: None, 0.0)
    other.stop(DEADLINE)
    other.start()


# -------------------------------------------------------------------------------------------------- waking


def is_awake(waker: Waker, timeout: float = 0) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(waker.receiver, selectors.EVENT_READ)
        return bool(selector.select(timeout))


def test_a_waker_wakes_who_waits_for_it() -> None:
    waker = Waker()
    assert not is_awake(waker)
    thread = threading.Thread(target=waker.wake)
    thread.start()
    assert is_awake(waker, DEADLINE)
    thread.join(DEADLINE)
    waker.close()


def test_a_waker_may_be_woken_any_number_of_times() -> None:
    waker = Waker()
    for _ in range(10_000):
        waker.wake()
    assert is_awake(waker)
    waker.close()


def test_a_closed_waker_does_nothing() -> None:
    waker = Waker()
    waker.close()
    waker.wake()
    waker.close()


# ----------------------------------------------------------------------------------------------- listening


def test_a_listener_gives_the_next_client() -> None:
    listener = Listener("127.0.0.1", 0, None, Config())
    with socket.create_connection(listener.sock.getsockname()) as client:
        wait_readable(listener.sock)
        accepted = listener.accept()
        assert accepted is not None
        with accepted[0] as sock:
            assert accepted[1] == client.getsockname()
            assert sock.getblocking()
    listener.close()


def wait_readable(sock: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        assert selector.select(DEADLINE)


def test_there_may_be_no_client_after_all() -> None:
    listener = Listener("127.0.0.1", 0, None, Config())
    assert listener.accept() is None
    listener.close()


class Failing:
    """A listening socket that fails."""

    def __init__(self, number: int) -> None:
        self.number = number

    def accept(self) -> Any:
        raise OSError(self.number, "no luck")

    def fileno(self) -> int:
        return 3


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EMFILE, errno.ENFILE, errno.EPROTO, errno.ENOBUFS])
def test_a_passing_trouble_with_one_client_is_no_trouble_for_the_others(number: int, caplog) -> None:
    listener = Listener("127.0.0.1", 0, None, Config())
    listener.close()
    listener.sock = Failing(number)  # type: ignore[assignment]  # a fake
    with caplog.at_level(logging.WARNING):
        assert listener.accept() is None
    assert "no luck" in caplog.text


@pytest.fixture
def exhausted() -> Listener:
    """A listener on a system that has no more descriptors."""
    listener = Listener("127.0.0.1", 0, None, Config())
    listener.close()
    listener.sock = Failing(errno.EMFILE)  # type: ignore[assignment]  # a fake
    return listener


def test_when_descriptors_run_out_a_listener_rests_longer_each_time_up_to_a_second(exhausted: Listener) -> None:
    pauses = []
    for _ in range(9):
        assert exhausted.accept() is None
        pauses.append(exhausted.pause)
    assert pauses == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0, 1.0])


def test_when_descriptors_run_out_it_is_logged_once(exhausted: Listener, caplog) -> None:
    for _ in range(9):
        exhausted.accept()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert exhausted.location in caplog.text


def test_a_trouble_with_one_client_is_no_reason_to_rest(exhausted: Listener) -> None:
    exhausted.sock = Failing(errno.ECONNABORTED)  # type: ignore[assignment]
    assert exhausted.accept() is None
    assert exhausted.pause == 0


def test_once_a_client_was_accepted_a_listener_rests_no_more(exhausted: Listener) -> None:
    exhausted.accept()
    near, far = socket.socketpair()
    with near, far:
        exhausted.sock = Lucky(far)  # type: ignore[assignment]  # a fake
        assert exhausted.accept() == (far, "somewhere")
    assert exhausted.pause == 0


class Lucky:
    """A listening socket with a client."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client

    def accept(self) -> Any:
        return self.client, "somewhere"


def test_a_broken_listening_socket_is_an_error() -> None:
    listener = Listener("127.0.0.1", 0, None, Config())
    listener.close()
    listener.sock = Failing(errno.EINVAL)  # type: ignore[assignment]
    with pytest.raises(OSError, match="no luck"):
        listener.accept()


def test_a_listener_that_was_closed_meanwhile_has_no_client() -> None:
    listener = Listener("127.0.0.1", 0, None, Config())
    listener.close()
    assert listener.accept() is None


def test_the_location_has_the_host_as_it_was_given() -> None:
    listener = Listener("localhost", 0, None, Config())
    assert listener.location == f"localhost:{listener.sock.getsockname()[1]}"
    listener.close()


def test_the_file_of_a_unix_socket_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    listener = Listener("", 0, str(path), Config())
    assert listener.location == f"./u:{path}"
    assert path.exists()
    listener.close()
    listener.close()
    assert not path.exists()


def test_a_listener_that_others_can_reach_warns_of_it(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        Listener("127.0.0.1", 0, None, Config()).close()
        assert caplog.text == ""
        Listener("0.0.0.0", 0, None, Config()).close()
    assert "other machines may reach" in caplog.text
