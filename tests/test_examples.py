"""The examples, run as their READMEs tell: what they print, that they end, and that nothing goes to standard error."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pyro_client import Proxy

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
FOLDERS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__")
DEADLINE = 60.0

CERTIFICATE_TOOLS = [
    tool
    for tool, is_there in [("openssl", shutil.which("openssl")), ("trustme", importlib.util.find_spec("trustme"))]
    if is_there
]
each_folder = pytest.mark.parametrize("folder", FOLDERS)


@dataclass
class Program:
    """A program that is running. Its lines can be waited for; it is killed when it takes too long."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def line_with(self, text: str) -> str:
        """Wait for a line that has this in it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if text in line:
                return self.lines[-1]
        _, errors = self.process.communicate(timeout=DEADLINE)
        raise AssertionError(f"the program has ended without a line with {text!r}, after {self.lines} and {errors}")

    def uri(self) -> str:
        """Wait for the address that a server prints."""
        return address_in(self.line_with("PYRO:"))

    def finish(self, complaint: str = "") -> list[str]:
        """Wait for the end, which has to be a good one, and return all lines."""
        rest, errors = self.process.communicate(timeout=DEADLINE)
        self.lines += rest.splitlines()
        assert re.fullmatch(complaint, errors), errors
        assert self.process.returncode == 0
        return self.lines

    def interrupt(self) -> list[str]:
        """Press Ctrl-C, and finish."""
        self.process.send_signal(signal.SIGINT)
        return self.finish()


@contextlib.contextmanager
def started(*command: str, **environment: str) -> Iterator[Program]:
    """Start a program of the examples, or another one of Python, and kill it if it is still there in the end."""
    arguments = [f"examples/{command[0]}" if command[0].endswith(".py") else command[0], *command[1:]]
    process = subprocess.Popen(
        [sys.executable, "-u", "-W", "error", *arguments],
        cwd=ROOT,
        env=environment_for(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(DEADLINE, process.kill)
    guard.start()
    try:
        yield Program(process)
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def environment_for(additions: dict[str, str]) -> dict[str, str]:
    """The environment of a user who has configured nothing."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYRO_", "PYROSTACK_"))}
    return {**inherited, "PYTHONDONTWRITEBYTECODE": "1", **additions}


def run(*command: str, complaint: str = "", **environment: str) -> list[str]:
    """Run a program to its end and return its lines; only the complaint may come on standard error."""
    with started(*command, **environment) as program:
        return program.finish(complaint)


def address_in(line: str) -> str:
    found = re.search(r"PYRO:[^\s,]+", line)
    assert found is not None, line
    return found[0]


@pytest.fixture(autouse=True)
def ctrl_c_works() -> Iterator[None]:
    """Let the programs hear SIGINT, to which a shell makes those deaf that it starts in the background."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def run_with_server(folder: str) -> tuple[list[str], list[str]]:
    """Run the client of an example against its server; return the lines of both."""
    with started(f"{folder}/server.py") as server:
        seen = run(f"{folder}/client.py", server.uri())
        return seen, server.interrupt()


# ---------------------------------------------------------------------------------------------- what the files say


@each_folder
def test_an_example_is_in_the_gallery(folder: str) -> None:
    assert f"\n| [{folder}]({folder}) | " in (EXAMPLES / "README.md").read_text()


def test_everything_in_the_gallery_is_there() -> None:
    named = re.findall(r"^\| \[\w+\]\((\w+)\)", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(named) == FOLDERS


def programs_in(folder: str) -> list[Path]:
    return [
        path for path in sorted((EXAMPLES / folder).glob("*.py")) if "__main__" in path.read_text().splitlines()[-2]
    ]


@each_folder
def test_the_readme_of_an_example_has_the_command_of_each_program(folder: str) -> None:
    lines = (EXAMPLES / folder / "README.md").read_text().splitlines()
    commands = [f"    python examples/{folder}/{path.name}" for path in programs_in(folder)]
    assert commands
    assert [command for command in commands if not any(line.startswith(command) for line in lines)] == []


@each_folder
def test_the_readme_of_an_example_names_no_command_for_what_is_not_there(folder: str) -> None:
    commands = re.findall(r"^    python (\S+\.py)", (EXAMPLES / folder / "README.md").read_text(), re.MULTILINE)
    assert [command for command in commands if not (ROOT / command).is_file()] == []


@each_folder
def test_a_program_tells_in_its_first_line_what_it_is(folder: str) -> None:
    assert all(path.read_text().startswith('"""') for path in (EXAMPLES / folder).glob("*.py"))


@each_folder
def test_every_program_of_an_example_is_run_by_a_test(folder: str) -> None:
    tests = Path(__file__).read_text()
    names = {path.name for path in programs_in(folder)}
    if f'run_with_server("{folder}")' in tests:
        names -= {"server.py", "client.py"}
    assert [name for name in names if f'"{folder}/{name}"' not in tests] == []


# ---------------------------------------------------------------------------------------------- what the programs do


def test_hello_reads_a_thermometer() -> None:
    seen, _ = run_with_server("hello")
    assert len(seen) == 3
    assert all(re.fullmatch(r"laboratory 3: \d+\.\d degrees", line) for line in seen)


def test_a_client_without_an_address_is_told_what_it_needs() -> None:
    with started("hello/client.py") as client:
        _, errors = client.process.communicate(timeout=DEADLINE)
    assert client.process.returncode == 2
    assert "the following arguments are required: uri" in errors


def test_name_server_finds_robot_arms() -> None:
    with started("-m", "pyro_ns", "--port", "0") as names:
        port = names.uri().rpartition(":")[2]
        with (
            started("name_server/server.py", "arm.left", "4", PYRO_NS_PORT=port) as left,
            started("name_server/server.py", "arm.right", "25", PYRO_NS_PORT=port) as right,
        ):
            left.line_with("registered")
            right.line_with("registered")
            seen = run("name_server/client.py", PYRO_NS_PORT=port)
            left.interrupt()
            right.interrupt()
        names.interrupt()
    assert seen == [
        "by name: arm.left lifts 4 kg",
        "one that is heavy: arm.right lifts 25 kg",
        "in the list as arm.left: arm.left lifts 4 kg",
        "in the list as arm.right: arm.right lifts 25 kg",
        "arm.left has the tags light, robot-arm",
        "arm.right has the tags heavy, robot-arm",
        "no such arm: unknown name: arm.third",
    ]


def test_a_robot_arm_takes_its_name_back() -> None:
    with started("-m", "pyro_ns", "--port", "0") as names:
        port = names.uri().rpartition(":")[2]
        for _ in range(2):  # the second one could not register if the first one had left its name
            with started("name_server/server.py", "arm.left", "4", PYRO_NS_PORT=port) as arm:
                arm.line_with("registered")
                with Proxy(f"PYRONAME:arm.left@localhost:{port}") as proxy:
                    assert proxy.describe() == "arm.left lifts 4 kg"
                arm.interrupt()
        names.interrupt()


def test_callbacks_report_every_step() -> None:
    seen, _ = run_with_server("callbacks")
    assert seen == [
        "  supply voltage: passed",
        "  idle current: FAILED",
        "  self test: passed",
        "  noise: passed",
        "1 of 4 steps failed",
    ]


def test_streaming_ends_when_the_client_has_seen_enough() -> None:
    seen, served = run_with_server("streaming")
    assert seen[0] == "a burst: [0.0, 0.5, 0.866, 1.0]"
    assert seen[-2:] == ["sample 5: 1.0", "that is the peak"]
    assert served[1:] == ["probe on", "probe off", "probe on", "probe off"]


def test_batch_takes_one_message() -> None:
    seen, _ = run_with_server("batch")
    assert seen == [
        "call by call: 100 lines, drawn in 100 messages",
        "in a batch: 100 lines, drawn in 1 messages; the last result was 100",
        "line 1 is drawn",
        "line 2 is drawn",
        "the batch ends here: (300, 50) is not on the paper",
        "with an error: 2 lines, drawn in 1 messages",
        "sent without waiting",
    ]


def test_oneway_does_not_wait_for_the_pictures() -> None:
    seen, served = run_with_server("oneway")
    assert seen == [
        "front: None",
        "side: None",
        "back: None",
        "the shutter was released four times; now waiting for the pictures",
        "there are: back, front, side",
    ]
    assert served[1:] == ["nobody hears of this: nothing cannot be exposed for 0 s"]


def test_instance_modes_say_who_shares_a_dispenser() -> None:
    assert run("instance_modes/run.py") == [
        "ForEverybody: Anna has 1 and 2, Ben has 3 and 4",
        "ForEachClient: Anna has 1 and 2, Ben has 1 and 2",
        "ForEachCall: Anna has 1 and 1, Ben has 1 and 1",
        "Refilled: Anna has 101 and 102, Ben has 103 and 104",
    ]


def test_objects_on_demand_are_given_back() -> None:
    seen, _ = run_with_server("objects_on_demand")
    assert seen == [
        "gripper 1 holds a bolt",
        "gripper 2 holds a nut",
        "the left one holds a bolt",
        "the left one is given back",
        "it cannot grip any more: unknown object",
        "the right one holds a nut",
    ]


def test_exceptions_arrive_as_what_they_are() -> None:
    seen, _ = run_with_server("exceptions")
    assert seen[:4] == [
        "heated to 900 degrees",
        "ValueError: a furnace does not cool",
        "OverheatedError, which is furnace.OverheatedError there: ('the thermal fuse has tripped', 2000)",
        "its attribute: 2000",
    ]
    assert seen[4].startswith("where it happened: raise OverheatedError(")
    assert seen[5] == "our own DoorOpenError: close the door first"
    assert re.fullmatch(r"AttributeError: .*'cool'", seen[6])
    assert seen[7:] == ["CommunicationError: nobody is there"]


def test_handshake_lets_in_those_who_have_a_key() -> None:
    seen, served = run_with_server("handshake")
    assert "wrong key for eve" in seen[0]
    assert seen[1:] == ["Anna: reserved for anna", "Ben: anna has the microscope", "both have left"]
    assert "anna has come in" in served
    assert "anna has given the microscope back" in served


@pytest.mark.parametrize("tool", CERTIFICATE_TOOLS)
def test_tls_obeys_those_who_have_a_certificate(tool: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "certificates")
    assert run("tls/certificates.py", folder, "--tool", tool)[0].endswith(f"with {tool}")
    with started("tls/server.py", folder) as server:
        seen = run("tls/client.py", folder, server.uri())
        server.interrupt()
    assert re.match("trusting nobody but the system: refused, .*certificate verify failed", seen[0])
    assert seen[1].startswith("without a certificate: refused, ")
    assert seen[2] == "with both: pressed with 40 t for press.operator@example.org"


def test_certificates_are_made_with_a_tool_that_is_there(tmp_path: Path) -> None:
    assert re.fullmatch(r"made .*, with (openssl|trustme)", run("tls/certificates.py", str(tmp_path))[0])
    assert {path.name for path in tmp_path.glob("*.pem")} == {"authority.pem", "server.pem", "client.pem"}


def test_unix_socket_is_a_file_for_its_user(tmp_path: Path) -> None:
    path = tmp_path / "scale.sock"
    with started("unix_socket/server.py", str(path)) as server:
        seen = run("unix_socket/client.py", server.uri())
        mode = path.stat().st_mode & 0o777
        server.interrupt()
    assert seen == ["on the scale: 128.4 g", "after the tare: 0.0 g"]
    assert mode == 0o600
    assert not path.exists()


def test_annotations_and_correlation_go_through_all_programs() -> None:
    lines = run("annotations_and_correlation/run.py")
    assert len(lines) == 8
    for asked, analyser, store, answered in (lines[:4], lines[4:]):
        correlation = asked.rpartition(" ")[2]
        assert analyser.startswith(f"{correlation} anna analyser: asked for ")
        assert store.startswith(f"{correlation} anna store: fetching ")
        assert re.fullmatch(r"client: \w+ from shelf 7 is pure, after \d+\.\d+ s", answered)
    assert lines[0] != lines[4]


def test_shared_proxy_threads_take_turns_or_have_copies() -> None:
    assert run("shared_proxy_threads/run.py") == [
        "one proxy in 4 threads: 100 lines over 1 connection(s)",
        "a copy for each of 4 threads: 100 lines over 4 connection(s)",
    ]


def test_event_loop_of_asyncio_serves_a_daemon() -> None:
    assert run("event_loop/asyncio_loop.py") == [
        "the turntable says: on the way from 0 to 90 degrees",
        "calls are answered by: MainThread",
        "arrived: True",
    ]


def test_event_loop_with_select_serves_a_daemon() -> None:
    assert run("event_loop/select_loop.py") == [
        "before the first reading: None",
        "latest: 19.5",
        "latest: 20.0",
        "2 readings, and the loop has ended",
    ]


def test_daemons_combined_are_served_by_one_thread() -> None:
    assert run("daemons_combined/run.py", complaint=r"listening on 0\.0\.0\.0:\d+, which .*\n") == [
        "the name server answers at 127.0.0.1",
        "the microscope says: focused by the one loop",
        "threads of this program: MainThread, the one loop",
    ]


def test_events_between_daemons_reach_their_subscribers() -> None:
    with started("events_between_daemons/broker.py") as broker:
        uri = broker.uri()
        with (
            started("events_between_daemons/subscriber.py", uri, "pressure") as gauge,
            started("events_between_daemons/subscriber.py", uri, "door", "--number", "1") as guard,
        ):
            gauge.line_with("listening")
            guard.line_with("listening")
            published = run("events_between_daemons/publisher.py", uri)
            assert gauge.finish()[1:] == [f"pressure: {{'bar': {bar}}}" for bar in (1.0, 1.4, 1.9)]
            assert guard.finish()[1:] == ["door: open"]
        served = broker.interrupt()
    assert published == [
        "a pressure of 1.0 bar was told to 1",
        "a pressure of 1.4 bar was told to 1",
        "a pressure of 1.9 bar was told to 1",
        "the open door was told to 1",
        "the weather was told to 0",
    ]
    assert sorted(served[1:]) == ["a subscriber of door has left", "a subscriber of pressure has left"]


def test_events_between_daemons_do_not_wait_for_a_subscriber_that_has_died() -> None:
    with started("events_between_daemons/broker.py") as broker:
        uri = broker.uri()
        with started("events_between_daemons/subscriber.py", uri, "door") as guard:
            guard.line_with("listening")
        run("events_between_daemons/publisher.py", uri)
        broker.line_with("a subscriber of door has left")
        broker.interrupt()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file of a bit more than two pieces, in a folder that is to be served."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "run-17.raw").write_bytes(bytes(number * number % 251 for number in range(600_000)))
    return folder / "run-17.raw"


def test_file_transfer_fetches_a_file_in_pieces(recording: Path, tmp_path: Path) -> None:
    with started("file_transfer/server.py", str(recording.parent)) as server:
        uri = server.uri()
        listed = run("file_transfer/client.py", uri)
        seen = run("file_transfer/client.py", uri, "run-17.raw", "--to", str(tmp_path))
        server.interrupt()
    assert listed == ["run-17.raw"]
    assert seen[:3] == [f"run-17.raw: {size} of 600000 bytes" for size in (262_144, 524_288, 600_000)]
    assert seen[3].startswith("run-17.raw: complete, checksum ")
    assert (tmp_path / "run-17.raw").read_bytes() == recording.read_bytes()


def test_file_transfer_goes_on_where_it_was_interrupted(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "run-17.raw.part").write_bytes(recording.read_bytes()[:400_000])
    with started("file_transfer/server.py", str(recording.parent)) as server:
        seen = run("file_transfer/client.py", server.uri(), "run-17.raw", "--to", str(tmp_path))
        server.interrupt()
    assert seen[:2] == ["run-17.raw: going on after 400000 of 600000 bytes", "run-17.raw: 600000 of 600000 bytes"]
    assert (tmp_path / "run-17.raw").read_bytes() == recording.read_bytes()
    assert not (tmp_path / "run-17.raw.part").exists()


@pytest.mark.parametrize(
    ("begun", "name", "complaint"),
    [
        pytest.param(b"something else", "run-17.raw", "run-17.raw is not what the server has", id="a wrong checksum"),
        pytest.param(b"", "../secret.raw", "there is no file '../secret.raw' here", id="a file outside of the folder"),
    ],
)
def test_file_transfer_refuses(begun: bytes, name: str, complaint: str, recording: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.raw").write_bytes(b"secret")
    target = tmp_path / "target"
    target.mkdir()
    (target / "run-17.raw.part").write_bytes(begun)
    with started("file_transfer/server.py", str(recording.parent)) as server:
        with started("file_transfer/client.py", server.uri(), name, "--to", str(target)) as client:
            _, errors = client.process.communicate(timeout=DEADLINE)
        server.interrupt()
    assert client.process.returncode == 1
    assert errors.startswith(complaint)
    assert not (target / Path(name).name).exists()
