"""``start_ns``, ``start_ns_loop`` and the process ``python -m pyro_ns``."""

from __future__ import annotations

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyro_client import Proxy
from pyro_ns import MemoryStorage, NameServerDaemon, start_ns, start_ns_loop
from pyro_wire import NAMESERVER_NAME, Config

DEADLINE = 30
"""Seconds after which a test gives up on another process."""


def never() -> bool:
    return False


@contextmanager
def sigint_for_children() -> Iterator[None]:
    """Let processes that are started here have SIGINT, also if the shell that runs the tests ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def name_server_process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run a name server in a process; gives it with the lines that it printed, its uri being the last."""
    command = [sys.executable, "-m", "pyro_ns", "--port", "0", *arguments]
    with sigint_for_children():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        watchdog = threading.Timer(DEADLINE, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not (lines and "URI = " in lines[-1]):
                line = process.stdout.readline()
                assert line, f"ended with {process.wait()} after printing {lines}"
                lines.append(line)
            yield process, lines
        finally:
            watchdog.cancel()
            process.kill()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_on_loopback_there_is_no_responder(host: str) -> None:
    uri, daemon, responder = start_ns(host, 0, bcport=0)
    with daemon:
        assert uri == daemon.uriFor(NAMESERVER_NAME)
        assert responder is None


def test_a_unix_socket_has_no_responder(tmp_path: Path) -> None:
    uri, daemon, responder = start_ns(unixsocket=str(tmp_path / "ns.sock"))
    with daemon:
        assert uri.sockname == str(tmp_path / "ns.sock")
        assert responder is None


def test_on_all_interfaces_there_is_a_responder() -> None:
    uri, daemon, responder = start_ns("0.0.0.0", 0, bchost="127.0.0.1", bcport=0)
    assert responder is not None
    with daemon, responder:
        assert responder.nsUri == uri


def test_the_responder_can_be_declined() -> None:
    _, daemon, responder = start_ns("0.0.0.0", 0, enableBroadcast=False)
    with daemon:
        assert responder is None


def test_the_responder_tells_the_address_inside_of_the_nat() -> None:
    uri, daemon, responder = start_ns("0.0.0.0", 0, True, "127.0.0.1", 0, nathost="public.example", natport=77)
    assert responder is not None
    with daemon, responder:
        assert str(uri) == "PYRO:Pyro.NameServer@public.example:77"
        assert responder.nsUri == daemon.uriFor(NAMESERVER_NAME, nat=False)


def test_a_responder_that_cannot_bind_leaves_no_daemon_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[NameServerDaemon] = []
    close = NameServerDaemon.close

    def noted_close(daemon: NameServerDaemon) -> None:
        closed.append(daemon)
        close(daemon)

    monkeypatch.setattr(NameServerDaemon, "close", noted_close)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
            start_ns("0.0.0.0", 0, bchost="127.0.0.1", bcport=taken.getsockname()[1])
    assert len(closed) == 1


def test_the_loop_prints_what_runs_and_ends_with_its_condition(capsys: pytest.CaptureFixture[str]) -> None:
    start_ns_loop("127.0.0.1", 0, loopCondition=never)
    assert re.fullmatch(
        r"Not starting broadcast server for localhost\.\n"
        r"NS running on 127\.0\.0\.1:(\d+) \(127\.0\.0\.1\)\n"
        r"URI = PYRO:Pyro\.NameServer@127\.0\.0\.1:\1\n"
        r"NS shut down\.\n",
        capsys.readouterr().out,
    )


def test_the_loop_prints_where_the_responder_is(capsys: pytest.CaptureFixture[str]) -> None:
    start_ns_loop("0.0.0.0", 0, bchost="127.0.0.1", bcport=0, loopCondition=never)
    assert re.match(r"Answering broadcasts on 127\.0\.0\.1:\d+\nNS running on ", capsys.readouterr().out)


def test_the_loop_says_nothing_of_a_responder_that_was_declined(capsys: pytest.CaptureFixture[str]) -> None:
    start_ns_loop("0.0.0.0", 0, enableBroadcast=False, loopCondition=never)
    assert capsys.readouterr().out.startswith("NS running on 0.0.0.0:")


def test_the_loop_prints_both_addresses_with_nat(capsys: pytest.CaptureFixture[str]) -> None:
    start_ns_loop("127.0.0.1", 0, nathost="public.example", natport=77, loopCondition=never)
    printed = capsys.readouterr().out
    assert re.search(r"^internal URI = PYRO:Pyro\.NameServer@127\.0\.0\.1:\d+$", printed, re.MULTILINE)
    assert "\nexternal URI = PYRO:Pyro.NameServer@public.example:77\n" in printed


def test_the_loop_on_a_unix_socket(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "ns.sock"
    start_ns_loop(unixsocket=str(path), loopCondition=never)
    assert capsys.readouterr().out.splitlines()[:2] == [
        f"NS running on ./u:{path} (Unix domain socket)",
        f"URI = PYRO:Pyro.NameServer@./u:{path}",
    ]


def test_the_loop_tells_of_names_that_were_there_before(capsys: pytest.CaptureFixture[str]) -> None:
    with MemoryStorage() as storage:
        start_ns_loop("127.0.0.1", 0, storage=storage, loopCondition=never)
        assert "existing registrations" not in capsys.readouterr().out
        assert storage.set_metadata(NAMESERVER_NAME, frozenset())
        entry = storage.get(NAMESERVER_NAME)
        assert entry is not None
        storage.put("other", entry)
        start_ns_loop("127.0.0.1", 0, storage=storage, loopCondition=never)
        assert "2 names are registered already.\n" in capsys.readouterr().out


def test_the_loop_takes_a_config(capsys: pytest.CaptureFixture[str]) -> None:
    start_ns_loop(loopCondition=never, config=Config(HOST="127.0.0.1", NS_PORT=0))
    assert "NS running on 127.0.0.1:" in capsys.readouterr().out


def test_the_loop_leaves_the_signal_handler_as_it_was() -> None:
    before = signal.getsignal(signal.SIGTERM)
    start_ns_loop("127.0.0.1", 0, loopCondition=never)
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_loop_runs_outside_of_the_main_thread(capsys: pytest.CaptureFixture[str]) -> None:
    thread = threading.Thread(target=start_ns_loop, args=("127.0.0.1", 0), kwargs={"loopCondition": never})
    thread.start()
    thread.join(DEADLINE)
    assert capsys.readouterr().out.endswith("NS shut down.\n")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_name_server_process_serves_and_ends_cleanly(ending: signal.Signals) -> None:
    with name_server_process("--host", "localhost") as (process, lines):
        with Proxy(lines[-1].removeprefix("URI = ").strip()) as nameserver:
            nameserver.ping()
        process.send_signal(ending)
        assert process.stdout is not None
        assert process.stdout.read() == "NS shut down.\n"
        assert process.wait() == 0
