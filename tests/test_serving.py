"""The life of a daemon: loops and their ends, shutting down from anywhere, and `serve`."""

from __future__ import annotations

import contextlib
import select
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import Daemon, expose, oneway, serve
from pyro_wire import Config, current_context

DEADLINE = 20.0


@expose
class Thing:
    """Something that can end the daemon that hosts it."""

    def __init__(self) -> None:
        self.daemon: Any = None
        self.called = threading.Event()
        self.proceed = threading.Event()
        self.together = threading.Barrier(2)

    def add(self, first: int, second: int) -> int:
        self.called.set()
        return first + second

    def wait(self) -> str:
        self.called.set()
        self.proceed.wait(DEADLINE)
        return "at last"

    def shutdown(self) -> str:
        self.daemon.shutdown()
        return "goodbye"

    def shutdown_together(self) -> str:
        self.together.wait(DEADLINE)
        self.daemon.shutdown()
        return "goodbye"

    @oneway
    def shutdown_oneway(self) -> None:
        self.daemon.shutdown()


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
def serving(served, thing: Thing) -> Any:
    serving = served({"it": thing})
    thing.daemon = serving.daemon
    return serving


def assert_ended(serving: Any) -> None:
    """The request loop has returned, and the daemon is closed."""
    serving.thread.join(DEADLINE)
    assert not serving.thread.is_alive()
    assert serving.daemon.transportServer is None


# -------------------------------------------------------------------------------------------------- loops


def test_a_loop_ends_when_its_condition_is_false() -> None:
    with Daemon() as daemon:
        daemon.requestLoop(lambda: False)


def test_the_condition_is_looked_at_now_and_then() -> None:
    looks: list[int] = []

    def condition() -> bool:
        looks.append(1)
        return len(looks) < 3

    with Daemon(config=Config(POLLTIMEOUT=0.01)) as daemon:
        daemon.requestLoop(condition)
    assert len(looks) == 3


def test_a_daemon_can_loop_again(thing: Thing) -> None:
    with Daemon(config=Config(POLLTIMEOUT=0.01)) as daemon:
        uri = daemon.register(thing)
        for _ in range(2):
            thing.called.clear()
            loop = threading.Thread(target=daemon.requestLoop, args=(lambda: not thing.called.is_set(),))
            loop.start()
            with Proxy(uri) as proxy:
                assert proxy.add(1, 2) == 3
            loop.join(DEADLINE)
            assert not loop.is_alive()


def test_a_condition_may_shut_the_daemon_down() -> None:
    daemon = Daemon()

    def condition() -> bool:
        daemon.shutdown()
        return True

    daemon.requestLoop(condition)
    assert daemon.transportServer is None


def test_an_error_of_the_condition_comes_out_of_the_loop() -> None:
    def condition() -> bool:
        raise LookupError("condition failed")

    with Daemon() as daemon, pytest.raises(LookupError, match="condition failed"):
        daemon.requestLoop(condition)


def test_a_ctrl_c_ends_the_loop_quietly(thing: Thing) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Daemon() as daemon:
            uri = daemon.register(thing)
            me = threading.get_ident()

            def call_and_interrupt() -> None:
                with Proxy(uri) as proxy:
                    proxy.add(1, 2)
                signal.pthread_kill(me, signal.SIGINT)

            thread = threading.Thread(target=call_and_interrupt)
            thread.start()
            daemon.requestLoop()
            thread.join(DEADLINE)
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_foreign_loop_can_serve_a_daemon(thing: Thing) -> None:
    with Daemon() as daemon, selectors.DefaultSelector() as selector:
        uri = daemon.register(thing)
        for sock in daemon.sockets:
            selector.register(sock, selectors.EVENT_READ)
        results: list[int] = []

        def call() -> None:
            with Proxy(uri) as proxy:
                results.append(proxy.add(1, 2))

        client = threading.Thread(target=call)
        client.start()
        while not thing.called.is_set():
            daemon.events([key.fileobj for key, _ in selector.select(0.1)])
        client.join(DEADLINE)
        assert results == [3]


# ------------------------------------------------------------------------------------------- shutting down


def test_shutting_down_ends_the_loop_at_once(serving) -> None:
    serving.proxy().add(1, 2)
    serving.daemon.shutdown()
    assert_ended(serving)


def test_a_daemon_can_be_shut_down_twice_and_closed(serving) -> None:
    serving.daemon.shutdown()
    serving.daemon.shutdown()
    serving.daemon.close()
    assert_ended(serving)


def test_many_threads_may_shut_a_daemon_down(serving) -> None:
    threads = [threading.Thread(target=serving.daemon.shutdown) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
        assert not thread.is_alive()
    assert_ended(serving)


def test_a_method_may_shut_its_daemon_down_and_is_still_answered(serving) -> None:
    assert serving.proxy().shutdown() == "goodbye"
    assert_ended(serving)


def test_so_may_a_oneway_method(serving) -> None:
    serving.proxy().shutdown_oneway()
    assert_ended(serving)


def test_two_methods_that_shut_the_daemon_down_at_the_same_time_are_both_answered(threaded, thing: Thing) -> None:
    serving = threaded({"it": thing}, SHUTDOWN_GRACE=DEADLINE / 2)
    thing.daemon = serving.daemon
    results: list[str] = []

    def call() -> None:
        results.append(serving.proxy().shutdown_together())

    for client in [in_background(call), in_background(call)]:
        client.join(DEADLINE)
    assert results == ["goodbye", "goodbye"]
    assert_ended(serving)


def test_a_daemon_may_be_shut_down_when_a_client_leaves(listening, thing: Thing, caplog) -> None:
    class Brief(Daemon):
        def clientDisconnect(self, conn: Any) -> None:
            self.shutdown()

    serving = listening({"it": thing}, daemon_class=Brief, SHUTDOWN_GRACE=DEADLINE / 4)
    staying = serving.proxy()
    staying._pyroBind()
    with serving.proxy() as leaving:
        leaving.add(1, 2)
    assert_ended(serving)
    assert "SHUTDOWN_GRACE" not in caplog.text


def test_housekeeping_may_shut_the_daemon_down_although_a_client_is_there(listening, thing: Thing, caplog) -> None:
    class Tired(Daemon):
        def housekeeping(self) -> None:
            if thing.called.is_set():
                self.shutdown()

    serving = listening({"it": thing}, daemon_class=Tired, POLLTIMEOUT=0.01, SHUTDOWN_GRACE=DEADLINE / 4)
    serving.proxy().add(1, 2)
    assert_ended(serving)
    assert "SHUTDOWN_GRACE" not in caplog.text


def test_a_call_in_flight_is_still_answered(listening, thing: Thing) -> None:
    serving = listening({"it": thing})
    proxy = serving.proxy()
    results: list[str] = []
    client = threading.Thread(target=lambda: results.append(proxy.wait()))
    client.start()
    assert thing.called.wait(DEADLINE)
    ending = threading.Thread(target=serving.daemon.shutdown)
    ending.start()
    serving.thread.join(0.01)
    thing.proceed.set()
    client.join(DEADLINE)
    ending.join(DEADLINE)
    assert results == ["at last"]
    assert_ended(serving)


def test_a_call_that_takes_longer_than_the_grace_is_cut_off(listening, thing: Thing, caplog) -> None:
    serving = listening({"it": thing}, SHUTDOWN_GRACE=0.05)
    proxy = serving.proxy()
    failures: list[Exception] = []

    def call() -> None:
        with pytest.raises(errors.ConnectionClosedError) as caught:
            proxy.wait()
        failures.append(caught.value)

    client = threading.Thread(target=call)
    client.start()
    assert thing.called.wait(DEADLINE)
    serving.daemon.shutdown()
    client.join(DEADLINE)
    assert len(failures) == 1
    assert "SHUTDOWN_GRACE" in caplog.text
    thing.proceed.set()


def test_idle_clients_do_not_hold_up_the_end(listening, thing: Thing) -> None:
    serving = listening({"it": thing})
    proxies = [serving.proxy() for _ in range(10)]
    for proxy in proxies:
        proxy._pyroBind()
    serving.daemon.shutdown()
    assert_ended(serving)
    for proxy in proxies:
        with pytest.raises(errors.CommunicationError):
            proxy.add(1, 2)


def test_leaving_with_ends_a_daemon_that_loops_in_another_thread(thing: Thing) -> None:
    with Daemon() as daemon:
        uri = daemon.register(thing)
        loop = threading.Thread(target=daemon.requestLoop)
        loop.start()
        with Proxy(uri) as proxy:
            assert proxy.add(1, 2) == 3
    loop.join(DEADLINE)
    assert not loop.is_alive()


def test_a_hook_that_fails_when_a_client_leaves_does_not_matter(served, thing: Thing, caplog) -> None:
    class Broken(Daemon):
        def clientDisconnect(self, conn: Any) -> None:
            raise LookupError("hook failed")

    serving = served({"it": thing}, daemon_class=Broken)
    with serving.proxy() as proxy:
        assert proxy.add(1, 2) == 3
    serving.daemon.shutdown()
    assert_ended(serving)
    assert "hook failed" in caplog.text


# -------------------------------------------------------------------------------------------------- serve


def in_background(work: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_serve_hosts_objects_under_their_names_until_the_loop_ends(thing: Thing, capsys) -> None:
    daemon = Daemon()
    thing.daemon = daemon
    thread = in_background(lambda: serve({thing: "thing", Thing: None}, daemon=daemon, use_ns=False))
    with Proxy(f"PYRO:thing@{daemon.locationStr}") as proxy:
        assert proxy.add(1, 2) == 3
        proxy.shutdown()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert daemon.transportServer is None
    output = capsys.readouterr().out
    assert f"Object {thing!r}:\n    uri = PYRO:thing@{daemon.locationStr}\n" in output
    assert output.endswith("Pyro daemon running.\n")


def test_serve_can_be_silent(thing: Thing, capsys) -> None:
    daemon = thing.daemon = Daemon()
    thread = in_background(lambda: serve({thing: "thing"}, daemon=daemon, use_ns=False, verbose=False))
    with Proxy(f"PYRO:thing@{daemon.locationStr}") as proxy:
        proxy.shutdown()
    thread.join(DEADLINE)
    assert capsys.readouterr().out == ""


def test_serve_refuses_two_objects_of_one_name(thing: Thing) -> None:
    daemon = Daemon()
    with pytest.raises(errors.DaemonError, match="already registered with that id"):
        serve({thing: "same", Thing(): "same"}, daemon=daemon, use_ns=False)
    assert daemon.transportServer is None


def test_serve_without_a_name_server_is_a_naming_error(thing: Thing) -> None:
    with pytest.raises(errors.NamingError):
        serve({thing: "thing"}, config=Config(NS_HOST="127.0.0.1", NS_PORT=1, BROADCAST_ADDRS=[]))


@pytest.mark.parametrize("error", [ValueError("oh"), SystemExit("oh")])
def test_a_hook_that_fails_when_a_client_leaves_does_no_harm(listening, thing: Thing, caplog, error) -> None:
    called = threading.Semaphore(0)

    class Failing(Daemon):
        def clientDisconnect(self, conn: Any) -> None:
            called.release()
            raise error

    serving = listening({"it": thing}, daemon_class=Failing)
    for _ in range(3):
        with serving.proxy() as proxy:
            assert proxy.add(1, 2) == 3
        assert called.acquire(timeout=DEADLINE)
    assert serving.proxy().add(1, 2) == 3
    assert "error in clientDisconnect" in caplog.text


def test_housekeeping_is_done_in_a_foreign_loop_too(listening_kind: str) -> None:
    done = threading.Event()

    class Tidy(Daemon):
        def housekeeping(self) -> None:
            done.set()

    with Tidy(config=Config(SERVERTYPE=listening_kind, POLLTIMEOUT=0.01)) as daemon:
        deadline = time.monotonic() + DEADLINE
        while not done.is_set() and time.monotonic() < deadline:
            readable, _, _ = select.select(daemon.sockets, [], [], 0.01)
            daemon.events(readable)
        assert done.is_set()


# ---------------------------------------------------------------------------- shutting down in a foreign loop


class ForeignLoop:
    """An event loop of the program, on a thread of its own, until the daemon is closed."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> ForeignLoop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.close()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with contextlib.suppress(errors.PyroError, ValueError, OSError):  # it is closed
            while True:
                readable, _, _ = select.select(self._daemon.sockets, [], [], 0.05)
                self._daemon.events(readable)


@pytest.mark.parametrize("where", ["housekeeping", "clientDisconnect"])
def test_a_hook_may_shut_the_daemon_down_in_a_foreign_loop(listening_kind: str, thing: Thing, caplog, where) -> None:
    ready = threading.Event()

    def leave(self: Daemon, *_: Any) -> None:
        if ready.is_set():
            self.shutdown()

    brief = type("Brief", (Daemon,), {where: leave})
    with brief(config=Config(SERVERTYPE=listening_kind, POLLTIMEOUT=0.05, SHUTDOWN_GRACE=DEADLINE / 2)) as daemon:
        uri = daemon.register(thing)
        with ForeignLoop(daemon), contextlib.ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(Proxy(uri)).add(1, 2)
            ready.set()
    assert "SHUTDOWN_GRACE" not in caplog.text


def test_methods_may_shut_the_daemon_down_together_in_a_foreign_loop(thing: Thing, caplog) -> None:
    results: list[str] = []
    with Daemon(config=Config(SHUTDOWN_GRACE=DEADLINE / 2)) as daemon:
        thing.daemon = daemon
        uri = daemon.register(thing)

        def call() -> None:
            with Proxy(uri) as proxy:
                results.append(proxy.shutdown_together())

        with ForeignLoop(daemon):
            for client in [in_background(call), in_background(call)]:
                client.join(DEADLINE)
    assert results == ["goodbye", "goodbye"]
    assert "SHUTDOWN_GRACE" not in caplog.text


def test_a_hook_may_shut_down_a_daemon_on_a_connected_socket_in_a_foreign_loop(thing: Thing) -> None:
    class Tired(Daemon):
        def housekeeping(self) -> None:
            self.shutdown()

    near, far = socket.socketpair()
    with near, far, Tired(connected_socket=far, config=Config(POLLTIMEOUT=0.01)) as daemon:
        with ForeignLoop(daemon):
            pass
        assert daemon.transportServer is None


# ------------------------------------------------------------------------------------- what hooks see and raise


def test_a_hook_that_hears_of_a_client_leaving_has_the_context_of_that_client(listening, thing: Thing) -> None:
    seen: list[tuple[Any, Any]] = []
    gone = threading.Semaphore(0)

    class Noting(Daemon):
        def clientDisconnect(self, conn: Any) -> None:
            seen.append((current_context.client is conn, current_context.client_sock_addr))
            gone.release()

    serving = listening({"it": thing}, daemon_class=Noting)
    proxies = [serving.proxy() for _ in range(4)]
    addresses = []
    for proxy in proxies:
        proxy.add(1, 2)
        addresses.append((True, proxy._pyroLocalSocket))
    for proxy in proxies:
        proxy._pyroRelease()
        assert gone.acquire(timeout=DEADLINE)
    assert seen == addresses


@pytest.mark.parametrize("error", [ValueError("oh"), SystemExit("oh")])
def test_annotations_that_fail_end_nothing(listening, thing: Thing, error: BaseException) -> None:
    class Failing(Daemon):
        def annotations(self) -> Any:
            raise error

    proxy = listening({"it": thing}, daemon_class=Failing).proxy()
    assert [proxy.add(1, 2) for _ in range(3)] == [3, 3, 3]


def test_annotations_may_be_none(listening, thing: Thing) -> None:
    class Forgetful(Daemon):
        def annotations(self) -> Any:
            return None

    assert listening({"it": thing}, daemon_class=Forgetful).proxy().add(1, 2) == 3
