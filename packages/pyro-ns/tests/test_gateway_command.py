"""The gateway as a server: over a real socket, and as the command ``pyro-httpgateway``."""

from __future__ import annotations

import http.client
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pyro_ns import NameServerDaemon
from pyro_ns.gateway import Gateway
from pyro_ns.gateway.command import main
from pyro_ns.gateway.http_server import listen
from pyro_wire import Config

DEADLINE = 20.0
START_DEADLINE = 60.0


@contextmanager
def looping(run: Callable[[], Any], stop: Callable[[], Any]) -> Iterator[None]:
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join(DEADLINE)


@pytest.fixture
def nameserver() -> Iterator[NameServerDaemon]:
    with NameServerDaemon("127.0.0.1", 0) as daemon, looping(daemon.requestLoop, daemon.shutdown):
        names: Any = daemon.nameserver
        names.register("http.names", daemon.uriFor("Pyro.NameServer"))
        yield daemon


@pytest.fixture
def finding(nameserver: NameServerDaemon) -> dict[str, str]:
    """The settings with which the name server is found."""
    return {"NS_HOST": "127.0.0.1", "NS_PORT": str(nameserver.sock.getsockname()[1]), "BROADCAST_ADDRS": ""}


@pytest.fixture
def gateway(finding: dict[str, str]) -> Iterator[Gateway]:
    config = Config(NS_HOST=finding["NS_HOST"], NS_PORT=int(finding["NS_PORT"]), BROADCAST_ADDRS=[])
    made = Gateway(gateway_key="open sesame", config=config)
    yield made
    made.close()


def get(port: int, path: str, host: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=DEADLINE)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# -------------------------------------------------------------------------------------------- real sockets


def test_a_call_goes_over_a_real_socket(gateway: Gateway) -> None:
    server = listen("127.0.0.1", 0, gateway)
    with server, looping(server.serve_forever, server.shutdown):
        status, body = get(server.port, "/pyro/http.names/count", X_Pyro_Gateway_Key="open sesame")
    assert (status, body) == (200, b"2")


def test_the_log_has_no_keys_in_it(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    server = listen("127.0.0.1", 0, gateway)
    with caplog.at_level(logging.DEBUG), server, looping(server.serve_forever, server.shutdown):
        status, _ = get(server.port, "/pyro/http.names/count?$key=open+sesame")
    assert status == 200
    assert "/pyro/http.names/count" in caplog.text
    assert "sesame" not in caplog.text


def test_an_address_that_is_taken_is_an_error_and_not_the_end(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match="cannot listen on"):
        listen("127.0.0.1", other.getsockname()[1], gateway)


# ---------------------------------------------------------------------------------------------- the command


class Running:
    """The command in a process of its own."""

    def __init__(self, arguments: list[str], settings: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYRO")}
        wanted = {f"PYRO_{name}": value for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pyro_ns.gateway_entry", "-H", "127.0.0.1", "-p", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **wanted},
        )
        self.lines: list[str] = []

    def port(self) -> int:
        """Wait until the gateway says where it is."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if match := re.fullmatch(r"Pyro HTTP gateway running on http://127\.0\.0\.1:(\d+)/pyro/", self.lines[-1]):
                return int(match[1])
        raise AssertionError(f"the gateway ended with {self.process.wait()}: {self.lines}")

    def end(self, how: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; return status, the rest of the output, and the errors."""
        self.process.send_signal(how)
        output, errors = self.process.communicate(timeout=START_DEADLINE)
        return self.process.returncode, output, errors


@pytest.fixture
def run(finding: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Run the command: ``run("-g", "key")``."""
    with ExitStack() as stack:

        def start(*arguments: str) -> Running:
            running = Running(list(arguments), finding)
            stack.enter_context(running.process)
            stack.callback(running.process.kill)
            return running

        yield start


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_stopped(run: Callable[..., Running], how: signal.Signals) -> None:
    running = run("-g", "open sesame")
    port = running.port()
    assert get(port, "/pyro/http.names/count", X_Pyro_Gateway_Key="open sesame") == (200, b"2")
    assert get(port, "/pyro/http.names/count")[0] == 403
    status, output, errors = running.end(how)
    assert (status, errors) == (0, "")
    assert output == "HTTP gateway shut down.\n"


def test_the_command_tells_what_it_exposes_and_where_the_names_are(run: Callable[..., Running]) -> None:
    running = run("-g", "open sesame", "-e", r"lab\.")
    running.port()
    assert running.lines[0] == r"Exposing objects whose names match: lab\."
    assert running.lines[1].startswith("Name server found: PYRO:Pyro.NameServer@127.0.0.1:")


def test_the_command_warns_of_all_that_is_open(run: Callable[..., Running]) -> None:
    running = run("--without-key", "-e", "")
    port = running.port()
    assert get(port, "/pyro/Pyro.NameServer/count") == (200, b"2")
    _, _, errors = running.end(signal.SIGTERM)
    assert "Warning: exposing ALL objects" in errors
    assert "Warning: no gateway key" in errors


def test_without_a_key_the_command_answers_only_to_its_own_names(run: Callable[..., Running]) -> None:
    port = run("--without-key", "-H", "127.0.0.1").port()
    assert get(port, "/pyro/http.names/count", Host=f"localhost:{port}") == (200, b"2")
    assert get(port, "/pyro/http.names/count", Host=f"evil.example:{port}")[0] == 403


def test_the_key_can_come_from_a_file(run: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("open sesame\n")
    port = run("--keyfile", str(tmp_path / "key")).port()
    assert get(port, "/pyro/http.names/count", X_Pyro_Gateway_Key="open sesame") == (200, b"2")


def test_web_pages_are_let_in_by_an_option_only(run: Callable[..., Running]) -> None:
    port = run("-g", "key", "-c", "*").port()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    connection.request("OPTIONS", "/pyro/http.names/count")
    assert connection.getresponse().headers["Access-Control-Allow-Origin"] == "*"
    connection.close()


def invoked(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(
    "arguments", [[], ["-g", "key", "--without-key"], ["-g", ""], ["-g", "key", "--keyfile", "file"]]
)
def test_the_command_does_not_run_unless_it_is_clear_who_may_call(arguments: list[str]) -> None:
    result = invoked("-p", "0", *arguments)
    assert result.exit_code == 2
    assert "--without-key" in result.output


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-g", "key", "-e", "("], "no regular expression"),
        (["-g", "key", "-p", "99999"], "99999"),
        (["-g", "key", "-t", "-1"], "-1"),
        (["-g", "key", "-t", "nan"], "nan"),
        (["-g", "key", "-t", "inf"], "inf"),
        (["--keyfile", "/nowhere/at/all"], "cannot read the key"),
        (["-g", "key", "-H", "256.256.256.256"], "could not run"),
    ],
)
def test_a_wrong_option_is_one_clear_line(arguments: list[str], text: str) -> None:
    result = invoked("-p", "0", *arguments)
    assert result.exit_code != 0
    assert text in result.output.splitlines()[-1]


def test_the_help_names_every_option() -> None:
    words = invoked("--help").output.split()
    for option in ("--host", "--port", "--expose", "--gatewaykey", "--keyfile", "--without-key", "--timeout", "--cors"):
        assert any(option in word for word in words)


def test_without_the_extra_the_command_says_what_to_install() -> None:
    program = "import sys; sys.modules['werkzeug'] = None; import pyro_ns.gateway_entry"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=START_DEADLINE)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "the HTTP gateway needs werkzeug: pip install 'pyro-ns[gateway]'\n"
