"""The driver that waits: what it does for a flow over real sockets, and how errors find their way into the flow."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyro_client import Proxy, commands, errors
from pyro_client.blocking import BlockingDriver
from pyro_client.socketutil import create_bc_socket
from pyro_wire import Config, Limits, MessageReader

SILENCE = 0.05
"""Seconds to wait for an answer that never comes."""


@pytest.fixture
def nobody() -> BlockingDriver:
    """A driver for flows that need no connection."""
    return BlockingDriver(None, Proxy, Config())


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening socket whose owner does not accept anybody."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """What happens when somebody presses Ctrl-C, also if the shell that runs the tests ignores that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main_thread = threading.get_ident()
    yield lambda: signal.pthread_kill(main_thread, signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def raising(error: BaseException, released: list[Proxy]) -> type[Proxy]:
    """Return a class of proxies that raise an error whenever they are used, and note when they are released."""

    class Broken(Proxy):
        def _pyroBind(self) -> bool:
            raise error

        def _pyroInvoke(self, *args: Any, **kwargs: Any) -> Any:
            raise error

        def _pyroRelease(self) -> None:
            released.append(self)

    return Broken


# ------------------------------------------------------------------------------------------- running flows


def test_the_result_of_a_flow_is_returned(nobody) -> None:
    def flow() -> commands.Flow[int]:
        yield commands.Sleep(0)
        return 42

    assert nobody.run(flow()) == 42


def test_the_error_of_a_flow_is_raised(nobody) -> None:
    def flow() -> commands.Flow[None]:
        yield commands.Sleep(0)
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        nobody.run(flow())


def test_the_error_of_a_command_is_thrown_into_the_flow_which_may_go_on(nobody) -> None:
    def flow() -> commands.Flow[str]:
        try:
            yield commands.Sleep(-1)
        except ValueError as error:
            yield commands.Sleep(0)
            return str(error)
        return "no error"

    assert "negative" in nobody.run(flow())


@pytest.mark.parametrize("command", [commands.Exchange([b""]), commands.Send([b""])])
def test_without_a_connection_nothing_can_be_sent(nobody, command: commands.Command) -> None:
    def flow() -> commands.Flow[None]:
        yield command

    with pytest.raises(errors.ConnectionClosedError, match="not connected"):
        nobody.run(flow())


# ------------------------------------------------------------------------------------------------ exchange


def test_an_answer_may_come_in_any_pieces() -> None:
    near, far = socket.socketpair()
    with near, far:
        answers = threading.Thread(target=answer_bytewise, args=(far,))
        answers.start()
        with Proxy("obj", connected_socket=near, config=Config(SERIALIZER="json")) as proxy:
            assert proxy._pyroMethods == {"add"}
        near.close()
        answers.join(10)


def answer_bytewise(sock: socket.socket) -> None:
    """Answer one question for metadata, each byte in a piece of its own."""
    reader = MessageReader(Limits())
    while (request := reader.next_message()) is None:
        reader.feed(sock.recv(65536))
    payload = b'{"methods": ["add"], "oneway": [], "attrs": []}'
    header = b"PYRO\x01\xf6\x05\x03\0\0" + request.seq.to_bytes(2, "big") + len(payload).to_bytes(4, "big")
    for byte in header + bytes(22) + b"\x4d\xc5" + payload:
        sock.send(bytes([byte]))


def test_a_call_without_answer_ends_when_the_other_side_hangs_up(daemon) -> None:
    with daemon.proxy(None) as proxy:
        with pytest.raises(errors.ConnectionClosedError):
            proxy.add(1, 2)
        assert proxy._pyroConnection is None


def test_garbage_as_an_answer_closes_the_connection() -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(errors.ProtocolError, match="not the beginning of a Pyro message"):
            Proxy("obj", connected_socket=near)
        assert near.fileno() >= 0, "the socket is the application's"


def test_an_answer_that_does_not_come_in_time_is_a_timeout(daemon) -> None:
    waiting = threading.Event()
    with daemon.proxy(lambda _: waiting.wait(10) and None) as proxy:
        proxy._pyroTimeout = SILENCE
        with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
            proxy.add(1, 2)
        assert proxy._pyroConnection is None
    waiting.set()


def test_a_ctrl_c_while_waiting_closes_the_connection(daemon, ctrl_c: Callable[[], None]) -> None:
    with daemon.proxy(lambda _: ctrl_c()) as proxy:
        with pytest.raises(KeyboardInterrupt):
            proxy.add(1, 2)
        assert proxy._pyroConnection is None


# ------------------------------------------------------------------------------------------------- opening


def test_a_daemon_that_never_answers_the_handshake_is_a_timeout(listener) -> None:
    with Proxy(f"PYRO:obj@127.0.0.1:{listener.getsockname()[1]}", config=Config(COMMTIMEOUT=SILENCE)) as proxy:
        with pytest.raises(errors.TimeoutError, match="receiving: timeout"):
            proxy._pyroBind()
        assert proxy._pyroConnection is None


def test_nobody_at_the_address_is_a_communication_error_with_the_cause(listener) -> None:
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(errors.CommunicationError, match=rf"cannot connect to 127.0.0.1:{port}: ") as caught:
        Proxy(f"PYRO:obj@127.0.0.1:{port}")._pyroBind()
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_unix_socket_that_is_not_there_is_a_communication_error(tmp_path) -> None:
    with pytest.raises(errors.CommunicationError, match=r"cannot connect to \./u:"):
        Proxy(f"PYRO:obj@./u:{tmp_path}/missing")._pyroBind()


@pytest.mark.parametrize(
    "location", ["localhost:99999", f"{'x' * 100}.example.org:1", f"./u:/{'x' * 1000}"], ids=["port", "host", "name"]
)
def test_an_address_that_cannot_exist_is_a_communication_error_too(location: str) -> None:
    with pytest.raises(errors.CommunicationError, match="cannot connect to"):
        Proxy(f"PYRO:obj@{location}")._pyroBind()


def test_a_port_that_cannot_exist_is_named_in_the_error() -> None:
    with pytest.raises(errors.CommunicationError, match="port 65536 is not in"):
        Proxy("PYRO:obj@localhost:65536")._pyroBind()


# ------------------------------------------------------------------------------------- other proxies' calls


def test_a_proxy_that_cannot_be_bound_is_released(nobody) -> None:
    def flow() -> commands.Flow[None]:
        yield commands.Bind("PYRO:x@example.org:1")

    released: list[Proxy] = []
    driver = BlockingDriver(None, raising(errors.CommunicationError("down"), released), Config())
    with pytest.raises(errors.CommunicationError, match="down"):
        driver.run(flow())
    assert released


def test_a_stop_iteration_from_afar_does_not_end_the_flow_as_a_success() -> None:
    proxy = raising(StopIteration("strange"), [])("PYRO:x@example.org:1")

    def flow() -> commands.Flow[str]:
        yield commands.Call(proxy, "lookup", ())
        return "success"

    with pytest.raises(errors.ProtocolError, match="StopIteration"):
        BlockingDriver(None, Proxy, Config()).run(flow())


# ------------------------------------------------------------------------------------------------ shouting


def shout(*ports: int, timeout: float = 10.0) -> commands.Flow[bytes | None]:
    answer: bytes | None = yield commands.Shout(b"hello?", [("127.0.0.1", port) for port in ports], timeout)
    return answer


def test_the_first_answer_to_a_shout_is_returned(nobody) -> None:
    with create_bc_socket(bind=("127.0.0.1", 0)) as responder:

        def respond() -> None:
            _, address = responder.recvfrom(100)
            responder.sendto(b"here", address)

        thread = threading.Thread(target=respond)
        thread.start()
        assert nobody.run(shout(responder.getsockname()[1])) == b"here"
        thread.join(10)


def test_silence_after_a_shout_is_none(nobody) -> None:
    with create_bc_socket(bind=("127.0.0.1", 0)) as silent:
        assert nobody.run(shout(silent.getsockname()[1], timeout=SILENCE)) is None


def test_nobody_listening_is_silence_too(nobody) -> None:
    with create_bc_socket(bind=("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert nobody.run(shout(port, timeout=SILENCE)) is None
