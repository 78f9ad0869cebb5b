"""The commands ``pyro5-*`` as users run them, and the functions of ``Pyro5`` behind them as programs call them.

In processes, because importing ``Pyro5`` sets up logging for the whole process.
"""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import textwrap
import threading
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pyro_ns import NameServerDaemon

DEADLINE = 60.0
"""Seconds after which a test gives up on another process."""

STACK = Path(__file__).parents[1] / "packages" / "pyro-stack" / "pyproject.toml"
SCRIPTS: dict[str, str] = tomllib.loads(STACK.read_text())["project"]["scripts"]


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYRO", "_PYRO"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables}


def run_python(*arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(variables),
        input=text,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def program(text: str, answers: str = "", **variables: str) -> list[str]:
    """The lines that a program prints, which ends well."""
    result = run_python("-c", textwrap.dedent(text), text=answers, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are, as an installer makes them."""
    path = tmp_path_factory.mktemp("bin")
    for name, target in SCRIPTS.items():
        module, _, function = target.partition(":")
        (path / name).write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return path


@pytest.fixture(scope="module")
def there() -> Iterator[list[str]]:
    """The options that lead to a name server, which has one name besides its own."""
    with NameServerDaemon("127.0.0.1", 0) as daemon:
        assert daemon.nameserver is not None
        daemon.nameserver.register("name1", "PYRO:one@example.org:1", metadata=["a"])
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        yield ["-n", "127.0.0.1", "-p", str(daemon.sock.getsockname()[1])]
        daemon.shutdown()
        thread.join(DEADLINE)


# --- the commands --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_tells_how_it_is_used(folder: Path, name: str) -> None:
    result = run_python(str(folder / name), "--help")
    assert result.stdout.startswith(f"Usage: {name} [OPTIONS]")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("module", ["Pyro5.nameserver", "Pyro5.nsc", "Pyro5.configure", "Pyro5.utils.echoserver"])
def test_the_modules_can_be_run_too(module: str) -> None:
    result = run_python("-m", module, "-h")
    assert result.stdout.startswith(f"Usage: python -m {module} [OPTIONS]")
    assert (result.returncode, result.stderr) == (0, "")


def test_nsc_prints_the_documented_lines(folder: Path, there: list[str]) -> None:
    printed = run_python(str(folder / "pyro5-nsc"), *there, "-v", "listmatching", "name.$").stdout.splitlines()
    assert printed[0] == "Locating name server..."
    assert printed[1].startswith("Name server found: PYRO:Pyro.NameServer@127.0.0.1:")
    assert printed[2:] == [
        "--------START LIST - regex 'name.$'",
        "name1 --> PYRO:one@example.org:1",
        "    metadata: {'a'}",
        "--------END LIST - regex 'name.$'",
        "Done.",
    ]


def test_nsc_prints_the_same_at_a_terminal(folder: Path, there: list[str]) -> None:
    master, slave = pty.openpty()
    with os.fdopen(master, "rb") as terminal:
        try:
            subprocess.run(
                [sys.executable, str(folder / "pyro5-nsc"), *there, "list", "name"],
                stdout=slave,
                env=environment({}),
                timeout=DEADLINE,
                check=True,
            )
        finally:
            os.close(slave)
        printed = terminal.read1(65536).decode()
    assert printed.splitlines() == [
        "--------START LIST - prefix 'name'",
        "name1 --> PYRO:one@example.org:1",
        "    metadata: {'a'}",
        "--------END LIST - prefix 'name'",
    ]


def test_an_error_of_nsc_is_one_line_and_status_1(folder: Path, there: list[str]) -> None:
    result = run_python(str(folder / "pyro5-nsc"), *there, "lookup", "nobody")
    assert result.stderr.startswith("Error: NamingError - unknown name: nobody")
    assert result.stderr.count("\n") == 1
    assert (result.returncode, result.stdout) == (1, "")


def test_wrong_usage_of_nsc_is_status_2(folder: Path) -> None:
    result = run_python(str(folder / "pyro5-nsc"), "nonsense")
    assert result.stderr.startswith("Usage: pyro5-nsc [OPTIONS]")
    assert result.returncode == 2


def test_nobody_who_reads_on_is_no_error_to_tell_of(folder: Path, there: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as output:
        result = subprocess.run(
            [sys.executable, str(folder / "pyro5-nsc"), *there, "list"],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            env=environment({}),
            timeout=DEADLINE,
            check=False,
        )
    assert result.stderr == ""


def test_the_shell_completes_the_commands_of_nsc(folder: Path) -> None:
    variables = {"_PYRO5_NSC_COMPLETE": "bash_complete", "COMP_WORDS": "pyro5-nsc li", "COMP_CWORD": "1"}
    result = run_python(str(folder / "pyro5-nsc"), **variables)
    assert result.stdout.splitlines() == ["plain,list", "plain,listmatching"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("command", "beginnings", "end"),
    [
        (
            ["pyro5-ns", "-p", "0"],
            ["Not starting broadcast server for localhost.", "NS running on localhost:", "URI = PYRO:Pyro.NameServer@"],
            "NS shut down.\n",
        ),
        (
            ["pyro5-echoserver", "-v"],
            [
                "Starting ",
                "name server: ",
                "object name: test.echoserver",
                "echo uri: PYRO:test.echoserver@localhost:",
                "echoserver running.",
            ],
            "",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_server_prints_the_documented_lines_and_ends_well(
    folder: Path, command: list[str], beginnings: list[str], end: str, ending: signal.Signals
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    try:
        process = subprocess.Popen(
            [sys.executable, str(folder / command[0]), *command[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment({}),
        )
    finally:
        signal.signal(signal.SIGINT, before)
    watchdog = threading.Timer(DEADLINE, process.kill)
    watchdog.start()
    with process:
        assert process.stdout is not None
        for beginning in beginnings:
            assert process.stdout.readline().startswith(beginning)
        process.send_signal(ending)
        assert process.communicate() == (end, "")
        assert process.returncode == 0
    watchdog.cancel()


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(
    ("variables", "beginning"),
    [
        ({"PYRO_NS_PORT": "abc"}, "Error: environment variable PYRO_NS_PORT='abc': "),
        ({"PYRO_SERIALISER": "json"}, "Error: environment variable PYRO_SERIALISER names no configuration item"),
        ({"PYRO_LOGLEVEL": "foo"}, "Error: environment variable PYRO_LOGLEVEL='foo': "),
        ({"PYRO_LOGLEVEL": "INFO", "PYRO_LOGFILE": "/nonexistent/x"}, "Error: [Errno 2] "),
    ],
    ids=str,
)
def test_a_wrong_environment_is_one_line_and_status_1(
    folder: Path, name: str, variables: dict[str, str], beginning: str
) -> None:
    result = run_python(str(folder / name), **variables)
    assert [line.startswith(beginning) for line in result.stderr.splitlines()] == [True]
    assert (result.returncode, result.stdout) == (1, "")


def test_check_config_prints_the_dump(folder: Path) -> None:
    printed = run_python(str(folder / "pyro5-check-config"), PYRO_NS_PORT="5555").stdout
    assert "version:" in printed
    assert "\nLOGLEVEL = \n" in printed
    assert "\nNS_PORT = 5555\n" in printed


# --- Pyro5.nsc -----------------------------------------------------------------------------------------------------

HANDLE = """
    from Pyro5.nsc import handle_command
    from Pyro5.nameserver import NameServer

    ns = NameServer()
    ns.register("name1", "PYRO:one@example.org:1", metadata={"a"})
    ns.register("name2", "PYRO:two@example.org:2")
"""


def handled(command: str, *arguments: str, answers: str = "") -> list[str]:
    return program(f"{HANDLE}    handle_command(ns, {command!r}, {list(arguments)!r})", answers)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (
            ["list", "name2"],
            [
                "--------START LIST - prefix 'name2'",
                "name2 --> PYRO:two@example.org:2",
                "--------END LIST - prefix 'name2'",
            ],
        ),
        (
            ["yplookup_all", "a"],
            [
                "--------START LIST  - searched by metadata",
                "name1 --> PYRO:one@example.org:1",
                "    metadata: {'a'}",
                "--------END LIST  - searched by metadata",
            ],
        ),
        (
            ["yplookup_any", "x"],
            ["--------START LIST  - searched by metadata", "--------END LIST  - searched by metadata"],
        ),
        (["listmatching", "x"], ["--------START LIST - regex 'x'", "--------END LIST - regex 'x'"]),
        (["lookup", "name1"], ["PYRO:one@example.org:1", "metadata: {'a'}"]),
        (["register", "new", "PYRO:new@example.org:3"], ["Registered new"]),
        (["remove", "name1"], ["Removed name1"]),
        (["remove", "nobody"], ["Nothing removed"]),
        (["setmeta", "name1", "b"], ["Metadata updated"]),
        (["setmeta", "name1"], ["Metadata cleared"]),
        (["ping"], ["Name server ping ok."]),
    ],
    ids=" ".join,
)
def test_handle_command_prints_what_the_command_prints(arguments: list[str], printed: list[str]) -> None:
    assert handled(*arguments) == printed


@pytest.mark.parametrize(("answer", "end"), [("y\n", "2 items removed."), ("n\n", "Nothing removed")])
def test_handle_command_asks_before_it_removes_many(answer: str, end: str) -> None:
    (printed,) = handled("removematching", "name", answers=answer)
    assert printed.endswith(f"(y/n) {end}")


@pytest.mark.parametrize(
    ("arguments", "error", "line"),
    [
        (["lookup", "nobody"], "NamingError", "Error: NamingError - unknown name: nobody"),
        (["nonsense"], "KeyError", "Error: KeyError - 'nonsense'"),
    ],
)
def test_handle_command_prints_an_error_and_raises_it(arguments: list[str], error: str, line: str) -> None:
    command, *rest = arguments
    text = f"""{HANDLE}
    try:
        handle_command(ns, {command!r}, {rest!r})
    except Exception as error:
        print(type(error).__name__)
    """
    assert program(text) == [line, error]


@pytest.mark.parametrize(
    "arguments",
    [
        "list a b",
        "listmatching",
        "lookup",
        "lookup a b",
        "ping x",
        "register a",
        "remove",
        "removematching",
        "setmeta",
        "yplookup_all",
        "yplookup_any",
    ],
)
def test_handle_command_ends_the_program_for_a_wrong_number_of_arguments(arguments: str) -> None:
    command, *rest = arguments.split()
    result = run_python("-c", textwrap.dedent(f"{HANDLE}    handle_command(ns, {command!r}, {rest!r})"))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("wrong number of arguments, this is how: " + command)


def test_main_returns_after_a_command_that_went_well(there: list[str]) -> None:
    text = f"""
    from Pyro5.nsc import main
    print(main({[*there, "ping"]!r}))
    """
    assert program(text) == ["Name server ping ok.", "None"]


@pytest.mark.parametrize("module", ["Pyro5.nsc", "Pyro5.nameserver", "Pyro5.utils.echoserver", "Pyro5.configure"])
@pytest.mark.parametrize(("argument", "status"), [("--help", 0), ("--nonsense", 2)])
def test_main_ends_the_program_after_help_and_after_wrong_usage(module: str, argument: str, status: int) -> None:
    text = f"""
    from {module} import main
    try:
        main([{argument!r}])
    except SystemExit as ending:
        print("status", ending.code)
    """
    assert program(text)[-1] == f"status {status}"


# --- Pyro5.utils.echoserver and Pyro5.configure --------------------------------------------------------------------


def test_the_echo_server_can_be_started_without_its_loop() -> None:
    text = """
    from threading import Thread
    from Pyro5.api import Proxy
    from Pyro5.utils.echoserver import EchoServer, main

    daemon, echo, uri = main(["-q", "-p", "0"], returnWithoutLooping=True)
    thread = Thread(target=daemon.requestLoop)
    thread.start()
    with Proxy(uri) as proxy:
        print(isinstance(echo, EchoServer), uri.object, proxy.echo("hello"))
        proxy.shutdown()
    thread.join()
    daemon.close()
    """
    assert program(text) == ["True test.echoserver hello"]


def test_the_name_server_of_the_echo_server_is_a_thread() -> None:
    text = """
    from threading import Thread
    import Pyro5.api
    from Pyro5.utils.echoserver import NameServer, start_nameserver

    names = start_nameserver("127.0.0.1")
    print(isinstance(names, NameServer), issubclass(NameServer, Thread))
    with Pyro5.api.Proxy(names.uri) as nameserver:
        print(nameserver.count())
    """
    assert program(text, PYRO_NS_PORT="0") == ["True True", "1"]


def test_the_configuration_has_the_names_of_pyro5() -> None:
    text = """
    import Pyro5, Pyro5.api, Pyro5.configure
    import pyro_wire
    print(Pyro5.config is Pyro5.api.config is Pyro5.configure.global_config is pyro_wire.config)
    print(isinstance(Pyro5.config, Pyro5.configure.Configuration))
    Pyro5.configure.dump()
    """
    first, second, *dump = program(text, PYRO_NS_PORT="5555")
    assert (first, second) == ("True", "True")
    assert "NS_PORT = 5555" in dump
