"""The commands as users run them: as processes, some at a terminal, with the names that the package declares."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyro_client import Proxy
from pyro_ns import NameServerDaemon
from pyro_ns.echoserver import ECHO_NAME
from pyro_uri import URI

DEADLINE = 60.0
"""Seconds after which a test gives up on another process."""

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
SCRIPTS: dict[str, str] = PROJECT["scripts"]

RUNNING = re.compile(r"^(echoserver running\.|(external )?URI = .*)$", re.MULTILINE)
"""The last line that a server prints when it starts."""

STYLING = re.compile(r"\x1b\[[0-9;]*m")


def environment(**variables: str) -> dict[str, str]:
    """The environment of a user who has set these variables and nothing else of Pyro."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYRO", "_PYRO"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are, as an installer makes them."""
    path = tmp_path_factory.mktemp("bin")
    for name, target in SCRIPTS.items():
        module, _, function = target.partition(":")
        (path / name).write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return path


def run(folder: Path, name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / name), *arguments]
    return subprocess.run(
        command,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def at_terminal(folder: Path, name: str, *arguments: str, width: int = 200, **variables: str) -> str:
    """What a command prints at a terminal, by default a wide one."""
    master, slave = pty.openpty()
    size = {"COLUMNS": str(width), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, str(folder / name), *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment(**size, **variables),
    )
    os.close(slave)
    with process, os.fdopen(master, "rb") as output, killed_in_the_end(process):
        printed = b"".join(iter(lambda: read_some(output.fileno()), b""))
        assert process.wait() == 0
    return printed.decode().replace("\r\n", "\n")


def read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that nobody has the terminal open any more
        return b""


@contextmanager
def killed_in_the_end(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> Iterator[None]:
    watchdog = threading.Timer(DEADLINE, process.kill)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        process.kill()


@contextmanager
def server(folder: Path, name: str, *arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server; gives its process and all that it printed until it runs."""
    command = [sys.executable, str(folder / name), *arguments]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**variables)
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process, killed_in_the_end(process):
        assert process.stdout is not None
        printed = ""
        while not RUNNING.search(printed):
            line = process.stdout.readline()
            assert line, f"it ended with {process.wait()} after printing {printed!r}"
            printed += line
        yield process, printed


@pytest.fixture(scope="module")
def running() -> Iterator[NameServerDaemon]:
    """A name server that runs, with some names."""
    with NameServerDaemon("127.0.0.1", 0) as daemon:
        assert daemon.nameserver is not None
        daemon.nameserver.register("name1", "PYRO:one@example.org:1", metadata=["b", "a"])
        daemon.nameserver.register("name2", "PYRO:two@example.org:2")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        yield daemon
        daemon.shutdown()
        thread.join(DEADLINE)


@pytest.fixture
def there(running: NameServerDaemon) -> list[str]:
    """The options that lead to it."""
    return ["-n", "127.0.0.1", "-p", str(running.sock.getsockname()[1])]


# --- the environment -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("variable", [("PYRO_NS_PORT", "abc"), ("PYRO_SSL", "maybe")], ids="=".join)
def test_a_wrong_value_in_the_environment_is_one_line_and_status_1(
    folder: Path, name: str, variable: tuple[str, str]
) -> None:
    item, value = variable
    result = run(folder, name, **{item: value})
    assert result.stderr.startswith(f"Error: environment variable {item}={value!r}: ")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_variable_that_names_no_item_is_told_of_in_one_line(folder: Path, name: str) -> None:
    result = run(folder, name, *([] if name == "pyro-check-config" else ["--help"]), PYRO_SERIALISER="json")
    assert result.stderr == (
        "Warning: environment variable PYRO_SERIALISER names no configuration item; did you mean PYRO_SERIALIZER?\n"
    )
    assert result.returncode == 0


# --- help and completion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_tells_how_it_is_used(folder: Path, name: str, option: str) -> None:
    result = run(folder, name, option)
    assert result.stdout.startswith(f"Usage: {name} [OPTIONS]")
    assert "..." not in result.stdout.replace("[ARGS]...", ""), "a sentence is cut off"
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_option_is_explained(folder: Path, name: str) -> None:
    options = run(folder, name, "--help").stdout.partition("Options:\n")[2].partition("\n\n")[0]
    starts = [line for line in options.splitlines() if line.startswith("  -")]
    assert starts
    assert all(len(line.split("  ")) >= 3 for line in options.splitlines() if line.startswith("  -"))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pyro-nsc li", ["list", "listmatching"]),
        ("pyro-nsc yp", ["yplookup_all", "yplookup_any"]),
        ("pyro-nsc --j", ["--json"]),
        ("pyro-nsc list --ver", ["--verbose"]),
    ],
)
def test_the_shell_completes_commands_and_options(folder: Path, typed: str, offered: list[str]) -> None:
    words = str(len(typed.split()) - 1)
    result = run(folder, "pyro-nsc", _PYRO_NSC_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=words)
    assert result.stdout.splitlines() == [f"plain,{word}" for word in offered]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_gives_the_shell_its_completion(folder: Path, name: str) -> None:
    variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
    result = run(folder, name, **{variable: "zsh_source"})
    assert f"compdef _{name.replace('-', '_')}" in result.stdout
    assert result.returncode == 0


# --- pyro-nsc ------------------------------------------------------------------------------------------------------


def test_in_a_pipe_a_list_is_plain_lines(folder: Path, there: list[str]) -> None:
    assert run(folder, "pyro-nsc", *there, "list", "name2").stdout == (
        "--------START LIST - prefix 'name2'\nname2 --> PYRO:two@example.org:2\n--------END LIST - prefix 'name2'\n"
    )


def test_at_a_terminal_a_list_is_a_table(folder: Path, there: list[str]) -> None:
    printed = at_terminal(folder, "pyro-nsc", *there, "list", "name")
    title, *lines = [line.strip() for line in STYLING.sub("", printed).splitlines() if line.strip()]
    assert title == "2 registrations - prefix 'name'"
    assert [line.split() for line in lines if "─" not in line] == [
        ["name", "uri", "metadata"],
        ["name1", "PYRO:one@example.org:1", "a,", "b"],
        ["name2", "PYRO:two@example.org:2"],
    ]


def test_at_a_terminal_that_is_too_narrow_a_list_is_plain_lines(folder: Path, there: list[str]) -> None:
    piped = run(folder, "pyro-nsc", *there, "list", "name").stdout
    assert at_terminal(folder, "pyro-nsc", *there, "list", "name", width=40) == piped


def test_json_is_the_same_at_a_terminal(folder: Path, there: list[str]) -> None:
    assert json.loads(at_terminal(folder, "pyro-nsc", *there, "--json", "lookup", "name2")) == {
        "name": "name2",
        "uri": "PYRO:two@example.org:2",
        "metadata": [],
    }


def test_a_name_server_that_is_not_there_is_one_line_and_status_1(folder: Path) -> None:
    result = run(folder, "pyro-nsc", "-n", "127.0.0.1", "-p", "1", "list")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: NamingError - Failed to locate the nameserver")
    assert result.stderr.count("\n") == 1


def test_nobody_who_reads_on_is_no_error_to_tell_of(folder: Path, there: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as output:
        process = subprocess.run(
            [sys.executable, str(folder / "pyro-nsc"), *there, "list"],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=DEADLINE,
            check=False,
        )
    assert process.stderr == ""


@pytest.mark.parametrize("arguments", [["list"], ["--json", "list"], ["-v", "ping"]], ids=" ".join)
def test_a_full_disk_is_one_line_and_status_1(folder: Path, there: list[str], arguments: list[str]) -> None:
    result = in_shell(f"{folder / 'pyro-nsc'} {' '.join([*there, *arguments])} > /dev/full")
    assert result.stderr.startswith("Error: cannot write to standard output: ")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)


def test_a_closed_output_is_one_line_and_status_1(folder: Path, there: list[str]) -> None:
    result = in_shell(f"{folder / 'pyro-nsc'} {' '.join(there)} list >&-")
    assert (result.returncode, result.stderr) == (1, "Error: standard output is closed\n")


def in_shell(line: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f"{sys.executable} {line}"]
    return subprocess.run(command, env=environment(), stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)


# --- pyro-ns -------------------------------------------------------------------------------------------------------


def test_the_options_of_the_name_server_reach_it(folder: Path) -> None:
    arguments = ["-n", "0.0.0.0", "-p", "0", "--bchost", "127.0.0.1", "--bcport", "0"]
    with server(folder, "pyro-ns", *arguments, "--nathost", "nat.example", "--natport", "77") as (_, printed):
        assert "Answering broadcasts on 127.0.0.1:" in printed
        assert printed.endswith("\nexternal URI = PYRO:Pyro.NameServer@nat.example:77\n")


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_name_server_can_be_told_not_to_answer_broadcasts(folder: Path) -> None:
    with server(folder, "pyro-ns", "-n", "0.0.0.0", "-p", "0", "-x") as (_, printed):
        assert "broadcast" not in printed


def test_a_name_server_can_listen_on_a_unix_socket(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "ns.sock"
    with server(folder, "pyro-ns", "-u", str(path)) as (_, printed):
        assert f"URI = PYRO:Pyro.NameServer@./u:{path}\n" in printed
        assert run(folder, "pyro-nsc", "-u", str(path), "ping").stdout == "Name server ping ok.\n"


def test_a_name_server_can_keep_its_names_in_a_file(folder: Path, tmp_path: Path) -> None:
    arguments = ["-u", str(tmp_path / "ns.sock"), "-s", f"sql:{tmp_path / 'names.sqlite'}"]
    with server(folder, "pyro-ns", *arguments):
        run(folder, "pyro-nsc", "-u", str(tmp_path / "ns.sock"), "register", "kept", "PYRO:it@example.org:1")
    (tmp_path / "ns.sock").unlink(missing_ok=True)
    with server(folder, "pyro-ns", *arguments):
        found = run(folder, "pyro-nsc", "-u", str(tmp_path / "ns.sock"), "lookup", "kept")
    assert found.stdout == "PYRO:it@example.org:1\n"


def test_options_that_contradict_each_other_are_wrong_usage(folder: Path) -> None:
    result = run(folder, "pyro-ns", "-p", "0", "--natport", "77")
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == "Error: natport needs nathost"


# --- pyro-echoserver -----------------------------------------------------------------------------------------------


def test_the_echo_server_tells_where_it_is(folder: Path) -> None:
    with server(folder, "pyro-echoserver", "-H", "127.0.0.1", "-p", "0") as (_, printed):
        start, name, uri, end = printed.splitlines()
        assert (name, end) == (f"object name: {ECHO_NAME}", "echoserver running.")
        with Proxy(uri.removeprefix("echo uri: ")) as echo:
            assert echo.echo([1, "two"]) == [1, "two"]
        assert start
        assert URI(uri.removeprefix("echo uri: ")).host == "127.0.0.1"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "command", [["pyro-echoserver"], ["pyro-echoserver", "-N"], ["pyro-ns", "-p", "0"]], ids=" ".join
)
def test_a_server_ends_well_when_it_is_stopped(folder: Path, ending: signal.Signals, command: list[str]) -> None:
    with server(folder, *command, PYRO_NS_PORT="0") as (process, _):
        process.send_signal(ending)
        _, errors = process.communicate(timeout=DEADLINE)
        assert (process.returncode, errors) == (0, "")


def test_an_echo_server_that_is_shut_down_by_a_client_ends_well(folder: Path) -> None:
    with server(folder, "pyro-echoserver") as (process, printed):
        with Proxy(printed.splitlines()[2].removeprefix("echo uri: ")) as echo:
            echo.shutdown()
        assert process.communicate(timeout=DEADLINE) == ("", "")
        assert process.returncode == 0


def test_the_echo_server_can_listen_on_a_unix_socket(folder: Path, tmp_path: Path) -> None:
    with server(folder, "pyro-echoserver", "-u", str(tmp_path / "echo.sock")) as (_, printed):
        assert f"echo uri: PYRO:{ECHO_NAME}@./u:{tmp_path / 'echo.sock'}\n" in printed


def test_the_echo_server_registers_its_name_when_told_to(folder: Path, running: NameServerDaemon) -> None:
    port = str(running.sock.getsockname()[1])
    with server(folder, "pyro-echoserver", "-n", "-v", PYRO_NS_HOST="127.0.0.1", PYRO_NS_PORT=port) as (_, printed):
        assert f"name server: PYRO:Pyro.NameServer@127.0.0.1:{port}\n" in printed
        assert "broadcast server: " in printed
        with Proxy(f"PYRONAME:{ECHO_NAME}@127.0.0.1:{port}") as echo:
            assert echo.echo("hello") == "hello"


def test_the_echo_server_can_bring_a_name_server(folder: Path) -> None:
    with server(folder, "pyro-echoserver", "-N", "-v", PYRO_NS_PORT="0") as (_, printed):
        (line,) = [line for line in printed.splitlines() if line.startswith("name server: ")]
        location = URI(line.removeprefix("name server: ")).location
        with Proxy(f"PYRONAME:{ECHO_NAME}@{location}") as echo:
            assert echo.echo("hello") == "hello"


def test_with_verbose_the_echo_server_prints_what_is_called(folder: Path) -> None:
    with server(folder, "pyro-echoserver", "--verbose", "--quiet") as (process, printed):
        assert "name server: none\n" in printed
        with Proxy(printed.splitlines()[3].removeprefix("echo uri: ")) as echo:
            echo.echo("hello")
        assert read_line(process) == "echo: 'hello'\n"


def test_an_echo_server_that_finds_no_name_server_is_one_line_and_status_1(folder: Path) -> None:
    nowhere = {"PYRO_NS_HOST": "127.0.0.1", "PYRO_NS_PORT": "1", "PYRO_BROADCAST_ADDRS": "127.0.0.1"}
    result = run(folder, "pyro-echoserver", "-n", "-q", **nowhere)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: the echo server could not run: Failed to locate the nameserver")
    assert result.stderr.count("\n") == 1


def test_an_address_that_is_taken_is_one_line_and_status_1(folder: Path, running: NameServerDaemon) -> None:
    port = str(running.sock.getsockname()[1])
    result = run(folder, "pyro-echoserver", "-H", "127.0.0.1", "-p", port)
    assert result.returncode == 1
    (line,) = [line for line in result.stderr.splitlines() if line]
    assert line.startswith("Error: the echo server could not run: ")
    assert "--port" in line


# --- pyro-check-config ---------------------------------------------------------------------------------------------


def test_check_config_prints_all_items(folder: Path) -> None:
    result = run(folder, "pyro-check-config", PYRO_NS_PORT="5555")
    assert "NS_PORT = 5555" in result.stdout.splitlines()
    assert (result.returncode, result.stderr) == (0, "")


def test_check_config_warns_of_contradictions_on_standard_error(folder: Path) -> None:
    result = run(folder, "pyro-check-config", PYRO_SSL="1")
    assert result.stderr.startswith("Warning: SSL is on and SSL_SERVERCERT is empty")
    assert result.returncode == 0


def test_check_config_as_json(folder: Path) -> None:
    result = run(folder, "pyro-check-config", "--json", PYRO_SSL="1", PYRO_SSL_SERVERKEYPASSWD="open sesame")
    told = json.loads(result.stdout)
    assert told["items"]["SSL"] is True
    assert told["items"]["SSL_SERVERKEYPASSWD"] == "(hidden)"
    assert [f"Warning: {warning}" for warning in told["warnings"]] == result.stderr.splitlines()


def test_check_config_has_a_variable_that_names_no_item_in_its_json(folder: Path) -> None:
    told = json.loads(run(folder, "pyro-check-config", "--json", PYRO_SERIALISER="json").stdout)
    assert [warning.partition(" names ")[0] for warning in told["warnings"]] == ["environment variable PYRO_SERIALISER"]


def test_at_a_terminal_that_is_too_narrow_check_config_prints_plain_lines(folder: Path) -> None:
    assert at_terminal(folder, "pyro-check-config", width=50) == run(folder, "pyro-check-config").stdout


def test_check_config_breaks_the_lines_of_its_sentences_alone(folder: Path) -> None:
    printed = STYLING.sub("", at_terminal(folder, "pyro-check-config", width=80))
    assert "meaning" in printed
    assert "['<broadcast>', '0.0.0.0']" in printed


def test_at_a_terminal_check_config_tells_what_the_items_mean(folder: Path) -> None:
    printed = at_terminal(folder, "pyro-check-config")
    assert printed.startswith("pyro-wire version: ")
    (line,) = [line for line in printed.splitlines() if "NS_BCPORT" in line]
    assert "9091" in line
    assert "UDP port" in line
