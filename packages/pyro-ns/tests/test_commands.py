"""``pyro-nsc`` and ``pyro-ns``, run inside of the test, on a name server that is a plain object."""

from __future__ import annotations

import json
import socket
from types import TracebackType

import pytest
from click.testing import CliRunner, Result

from pyro_ns import NameServer
from pyro_ns.commands import control, name_server
from pyro_uri import URI
from pyro_wire.errors import ConnectionClosedError, NamingError


class FoundNameServer(NameServer):
    """What ``locate_ns`` would give: a name server to be used in ``with``, which knows its address."""

    _pyroUri = URI("PYRO:Pyro.NameServer@example.org:9090")

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, int | None]] = []
        self.released = 0

    def locate(self, host: str, port: int | None) -> FoundNameServer:
        self.asked.append((host, port))
        return self

    def __enter__(self) -> FoundNameServer:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.released += 1


@pytest.fixture
def found() -> FoundNameServer:
    nameserver = FoundNameServer()
    nameserver.register("name1", "PYRO:one@example.org:1", metadata=["b", "a"])
    nameserver.register("name2", "PYRO:two@example.org:2")
    return nameserver


def nsc(found: FoundNameServer, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(control, arguments, obj=found.locate, input=answer, catch_exceptions=False)


BOTH = """\
name1 --> PYRO:one@example.org:1
    metadata: {'a', 'b'}
name2 --> PYRO:two@example.org:2
"""


def test_list_shows_everything_sorted_by_name(found: FoundNameServer) -> None:
    result = nsc(found, "list")
    assert result.output == f"--------START LIST \n{BOTH}--------END LIST \n"
    assert result.exit_code == 0


def test_list_with_a_prefix(found: FoundNameServer) -> None:
    shown = "--------START LIST - prefix 'name2'\nname2 --> PYRO:two@example.org:2\n--------END LIST - prefix 'name2'\n"
    assert nsc(found, "list", "name2").output == shown


def test_listmatching_shows_the_regex_in_the_title(found: FoundNameServer) -> None:
    shown = f"--------START LIST - regex 'name.$'\n{BOTH}--------END LIST - regex 'name.$'\n"
    assert nsc(found, "listmatching", "name.$").output == shown


@pytest.mark.parametrize("command", ["yplookup_all", "yplookup_any"])
def test_yplookup_shows_what_has_the_tags(found: FoundNameServer, command: str) -> None:
    assert nsc(found, command, "a", "b").output == (
        "--------START LIST  - searched by metadata\n"
        "name1 --> PYRO:one@example.org:1\n"
        "    metadata: {'a', 'b'}\n"
        "--------END LIST  - searched by metadata\n"
    )


def test_yplookup_any_needs_one_of_the_tags_and_yplookup_all_every_one(found: FoundNameServer) -> None:
    assert "name1" in nsc(found, "yplookup_any", "a", "other").output
    assert "name1" not in nsc(found, "yplookup_all", "a", "other").output


def test_lookup_shows_uri_and_metadata(found: FoundNameServer) -> None:
    assert nsc(found, "lookup", "name1").output == "PYRO:one@example.org:1\nmetadata: {'a', 'b'}\n"
    assert nsc(found, "lookup", "name2").output == "PYRO:two@example.org:2\n"


def test_register_takes_a_free_name(found: FoundNameServer) -> None:
    assert nsc(found, "register", "new", "PYRO:new@example.org:3").output == "Registered new\n"
    assert found.lookup("new") == URI("PYRO:new@example.org:3")


def test_remove_tells_whether_it_did(found: FoundNameServer) -> None:
    assert nsc(found, "remove", "name1").output == "Removed name1\n"
    assert nsc(found, "remove", "name1").output == "Nothing removed\n"


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n"])
def test_removematching_asks_first(found: FoundNameServer, answer: str) -> None:
    result = nsc(found, "removematching", "name.", answer=answer)
    assert "Go on? (y/n)" in result.output
    assert result.output.endswith("2 items removed.\n")
    assert found.count() == 0


@pytest.mark.parametrize("answer", ["n\n", "\n", "maybe\n"])
def test_removematching_removes_nothing_without_a_yes(found: FoundNameServer, answer: str) -> None:
    result = nsc(found, "removematching", "name.", answer=answer)
    assert result.output.endswith("Nothing removed\n")
    assert result.exit_code == 0
    assert found.count() == 2


def test_removematching_without_an_answer_is_an_error_that_names_the_option(found: FoundNameServer) -> None:
    result = nsc(found, "removematching", "name.", answer="")
    assert "--yes" in result.stderr
    assert result.exit_code == 1
    assert found.count() == 2


def test_removematching_with_yes_does_not_ask(found: FoundNameServer) -> None:
    assert nsc(found, "removematching", "--yes", "name1").output == "1 items removed.\n"


def test_setmeta_replaces_and_clears(found: FoundNameServer) -> None:
    assert nsc(found, "setmeta", "name2", "x", "y").output == "Metadata updated\n"
    assert found.list("name2", return_metadata=True) == {"name2": ("PYRO:two@example.org:2", {"x", "y"})}
    assert nsc(found, "setmeta", "name2").output == "Metadata cleared\n"
    assert found.list("name2", return_metadata=True) == {"name2": ("PYRO:two@example.org:2", set())}


def test_ping(found: FoundNameServer) -> None:
    assert nsc(found, "ping").output == "Name server ping ok.\n"


def test_verbose_tells_what_is_done(found: FoundNameServer) -> None:
    assert nsc(found, "-v", "ping").output == (
        "Locating name server...\n"
        "Name server found: PYRO:Pyro.NameServer@example.org:9090\n"
        "Name server ping ok.\n"
        "Done.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("list", "name2"), {"name2": {"uri": "PYRO:two@example.org:2", "metadata": []}}),
        (("listmatching", ".*1"), {"name1": {"uri": "PYRO:one@example.org:1", "metadata": ["a", "b"]}}),
        (("yplookup_all", "a", "b"), {"name1": {"uri": "PYRO:one@example.org:1", "metadata": ["a", "b"]}}),
        (("yplookup_any", "x"), {}),
        (("lookup", "name1"), {"name": "name1", "uri": "PYRO:one@example.org:1", "metadata": ["a", "b"]}),
        (("register", "new", "PYRO:new@example.org:3"), {"registered": "new"}),
        (("remove", "name1"), {"removed": 1}),
        (("remove", "nobody"), {"removed": 0}),
        (("removematching", "-y", "name"), {"removed": 2}),
        (("setmeta", "name2", "y", "x"), {"name": "name2", "metadata": ["x", "y"]}),
        (("ping",), {"ping": "ok"}),
    ],
    ids=str,
)
def test_json_for_programs(found: FoundNameServer, arguments: tuple[str, ...], told: object) -> None:
    assert json.loads(nsc(found, *arguments, "--json").stdout) == told


def test_json_is_alone_on_standard_output(found: FoundNameServer) -> None:
    result = nsc(found, "--json", "-v", "removematching", "name", answer="n\n")
    assert json.loads(result.stdout) == {"removed": 0}
    assert "Go on?" in result.stderr
    assert json.loads(nsc(found, "ping", "--json", "-v").stdout) == {"ping": "ok"}


def test_what_a_name_server_says_cannot_move_the_cursor(found: FoundNameServer) -> None:
    def lookup(name: str, return_metadata: bool = False) -> tuple[str, set[str]]:
        return "PYRO:\x1b[2J@h:1", {"\x1b[2J"}

    found.lookup = lookup  # type: ignore[method-assign,assignment]  # another name server may send anything
    assert nsc(found, "lookup", "it").output == "PYRO:\\x1b[2J@h:1\nmetadata: {'\\x1b[2J'}\n"


def test_without_options_the_name_server_is_looked_for_anywhere(found: FoundNameServer) -> None:
    nsc(found, "ping")
    assert found.asked == [("", None)]


@pytest.mark.parametrize("arguments", [("-n", "host", "-p", "99", "ping"), ("ping", "-n", "host", "-p", "99")])
def test_options_may_stand_before_and_after_the_command(found: FoundNameServer, arguments: tuple[str, ...]) -> None:
    nsc(found, *arguments)
    assert found.asked == [("host", 99)]


def test_a_unix_socket_is_given_by_its_path(found: FoundNameServer) -> None:
    nsc(found, "-u", "/run/ns.sock", "ping")
    assert found.asked == [("./u:/run/ns.sock", None)]


def test_the_connection_is_released(found: FoundNameServer) -> None:
    nsc(found, "ping")
    nsc(found, "lookup", "nobody")
    assert found.released == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lookup", "nobody"), "Error: NamingError - unknown name: nobody"),
        (("register", "name1", "PYRO:x@example.org:1"), "Error: NamingError - name already registered: name1"),
        (("register", "x", "nonsense"), "Error: PyroError - invalid uri"),
        (("setmeta", "nobody", "x"), "Error: NamingError - unknown name: nobody"),
        (("listmatching", "("), "Error: NamingError - invalid regex: "),
    ],
    ids=str,
)
def test_an_error_is_one_line_on_standard_error(
    found: FoundNameServer, arguments: tuple[str, ...], message: str
) -> None:
    result = nsc(found, *arguments)
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert result.exit_code == 1


def test_a_name_server_that_is_not_found_is_an_error_that_names_the_options() -> None:
    def locate(host: str, port: int | None) -> FoundNameServer:
        raise NamingError("Failed to locate\nthe nameserver")

    result = CliRunner().invoke(control, ["ping"], obj=locate)
    assert result.stderr.startswith("Error: NamingError - Failed to locate the nameserver (--host, --port")
    assert result.exit_code == 1


def test_a_lost_connection_is_an_error(found: FoundNameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise ConnectionClosedError("receiving: not enough data")

    monkeypatch.setattr(found, "ping", lost)
    result = nsc(found, "ping")
    assert result.stderr == "Error: ConnectionClosedError - receiving: not enough data\n"
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("lookup",), ("lookup", "a", "b"), ("register", "a"), ("yplookup_all",), ("-p", "x", "ping")],
    ids=str,
)
def test_wrong_usage_is_exit_status_2(found: FoundNameServer, arguments: tuple[str, ...]) -> None:
    result = nsc(found, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")
    assert found.asked == []


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command(found: FoundNameServer, option: str) -> None:
    output = nsc(found, option).output
    commands = "list listmatching lookup register remove removematching setmeta ping yplookup_all yplookup_any"
    assert all(f"  {command} " in output for command in commands.split())


@pytest.mark.parametrize("arguments", [("-s", "nonsense"), ("-p", "70000"), ("-p", "x"), ("extra",)], ids=str)
def test_wrong_usage_of_the_name_server_is_exit_status_2(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(name_server, arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


def test_a_port_that_is_taken_is_one_line_and_exit_status_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(name_server, ["-n", "127.0.0.1", "-p", str(port)])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the name server could not run: ")
    assert "--port" in result.stderr
    assert result.stderr.count("\n") == 1
