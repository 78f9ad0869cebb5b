"""Chapter "Servers": publishing objects with one statement, `serve`."""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from pyro_client import Proxy, errors, locate_ns, resolve
from pyro_client.socketutil import find_probably_unused_port
from pyro_server import Daemon, expose, serve
from pyro_wire import Config

DEADLINE = 20.0

BOTH_KINDS = """
    import Pyro5.server

    @Pyro5.server.expose
    class Thing(object):
        def method(self, arg):
            return arg * 2

    obj = Thing()
    Pyro5.server.serve(
        {
            Thing: None,
            obj: None
        },
        ns=False)
"""

OWN_DAEMON = """
    import Pyro5.server

    @Pyro5.server.expose
    class Thing(object):
        pass

    custom_daemon = Pyro5.server.Daemon(host="localhost", nathost="public.example", natport=77)
    Pyro5.server.serve(
        {
            Thing: None
        },
        daemon = custom_daemon)
"""


@expose
class Thing:
    """Something that can end what serves it."""

    def add(self, first: int, second: int) -> int:
        return first + second

    def stop(self) -> None:
        self._pyroDaemon.shutdown()  # type: ignore[attr-defined]  # the daemon adds it


class Serving:
    """A call of ``serve`` in a thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.result: Any = "it has not returned"
        self.thread = threading.Thread(target=self._serve, args=args, kwargs=kwargs)
        self.thread.start()

    def _serve(self, *args: Any, **kwargs: Any) -> None:
        function: Callable[..., Any] = serve
        self.result = function(*args, **kwargs)


@pytest.fixture
def serving() -> Iterator[Callable[..., Serving]]:
    """Call ``serve`` in a thread, with an own daemon, which is shut down in the end."""
    with ExitStack() as stack:

        def start(objects: Any, *args: Any, daemon: Daemon, **kwargs: Any) -> Serving:
            serving = Serving(objects, *args, daemon=daemon, **kwargs)
            stack.callback(serving.thread.join, DEADLINE)
            stack.callback(daemon.shutdown)
            return serving

        yield start


def uris_in(lines: list[str]) -> list[str]:
    return [line.split(" = ")[1] for line in lines if line.startswith("    uri = ")]


def test_classes_and_objects_are_published_by_one_statement(program) -> None:
    server = program(BOTH_KINDS)
    uris = [server.line("    uri = "), server.line("    uri = ")]
    server.line("Pyro daemon running.")
    for uri in uris:
        with Proxy(uri) as proxy:
            assert proxy.method(21) == 42


def test_the_parameters_have_the_order_of_the_manual() -> None:
    parameters = list(inspect.signature(serve).parameters.values())
    assert [(parameter.name, parameter.default) for parameter in parameters[1:6]] == [
        ("host", None),
        ("port", 0),
        ("daemon", None),
        ("use_ns", True),
        ("verbose", True),
    ]


def test_host_and_port_are_those_of_the_daemon(program) -> None:
    port = find_probably_unused_port()
    server = program(f"""
        import Pyro5.server
        Pyro5.server.serve({{object(): "it"}}, host="127.0.0.1", port={port}, use_ns=False)
    """)
    assert server.line("    uri = ") == f"PYRO:it@127.0.0.1:{port}"


def test_without_host_and_port_the_daemon_is_a_usual_one(program) -> None:
    server = program('import Pyro5.server; Pyro5.server.serve({object(): "it"}, use_ns=False)', PYRO_HOST="127.0.0.1")
    assert re.fullmatch(r"PYRO:it@127\.0\.0\.1:\d+", server.line("    uri = "))


def test_a_daemon_that_is_given_is_used(program, finding) -> None:
    server = program(OWN_DAEMON, **finding)
    assert re.fullmatch(r"PYRO:obj_\w{32}@public\.example:77", server.line("    uri = "))


def test_serve_returns_nothing_when_the_loop_ends(serving) -> None:
    daemon = Daemon()
    running = serving({Thing(): "it"}, daemon=daemon, use_ns=False, verbose=False)
    with Proxy(f"PYRO:it@{daemon.locationStr}") as proxy:
        proxy.stop()
    running.thread.join(DEADLINE)
    assert running.result is None
    assert daemon.transportServer is None


# ------------------------------------------------------------------------------------------- name server


def test_names_are_registered_with_the_name_server_by_default(serving, finding_config: Config) -> None:
    with Daemon(config=finding_config) as daemon:
        serving({Thing: "the_name"}, daemon=daemon, verbose=False)
        uri = resolve("PYRONAME:the_name", delay_time=5.0, config=finding_config)
        assert str(uri.object).startswith("obj_"), "the name is not the id in the daemon"
        with Proxy(uri) as proxy:
            assert proxy.add(1, 2) == 3


def test_an_object_without_a_name_is_in_the_daemon_but_not_in_the_name_server(program, finding, finding_config) -> None:
    server = program(BOTH_KINDS.replace("ns=False", "ns=True"), **finding)
    uris = [server.line("    uri = "), server.line("    uri = ")]
    server.line("Pyro daemon running.")
    for uri in uris:
        assert re.match(r"PYRO:obj_\w{32}@", uri)
        with Proxy(uri) as proxy:
            assert proxy.method(21) == 42
    with locate_ns(config=finding_config) as nameserver:
        assert set(nameserver.list()) == {"Pyro.NameServer"}


def test_the_daemon_says_which_address_the_name_server_gets(serving, finding_config: Config) -> None:
    thing = Thing()
    with Daemon(nathost="public.example", natport=77, config=finding_config) as daemon:
        serving({thing: "behind_nat"}, daemon=daemon, verbose=False)
        uri = resolve("PYRONAME:behind_nat", delay_time=5.0, config=finding_config)
        assert uri == daemon.uriFor(thing)
        assert uri.location == "public.example:77"


def test_two_objects_of_one_name_are_refused_before_the_name_server_hears_of_it(finding_config: Config) -> None:
    daemon = Daemon(config=finding_config)
    with pytest.raises(errors.DaemonError, match="same"):
        serve({Thing(): "same", Thing: "same"}, daemon=daemon, verbose=False)
    with locate_ns(config=finding_config) as nameserver:
        assert set(nameserver.list()) == {"Pyro.NameServer"}


# ------------------------------------------------------------------------------------ without name server


def test_without_a_name_server_names_are_the_ids_in_the_daemon(serving) -> None:
    with Daemon() as daemon:
        serving({Thing: "the_name"}, daemon=daemon, use_ns=False, verbose=False)
        with Proxy(f"PYRO:the_name@{daemon.locationStr}") as proxy:
            assert proxy.add(1, 2) == 3


def test_without_a_name_server_an_object_without_a_name_gets_a_made_up_id(program) -> None:
    server = program("import Pyro5.server; Pyro5.server.serve({object(): None}, use_ns=False)")
    assert re.match(r"PYRO:obj_\w{32}@", server.line("    uri = "))


def test_the_id_that_was_made_up_is_printed_unless_told_otherwise(program) -> None:
    talkative = program("import Pyro5.server; Pyro5.server.serve({object(): None}, ns=False, verbose=True)")
    assert talkative.line("Object <object object at ")
    assert talkative.line("    uri = PYRO:obj_")
    assert talkative.line("Pyro daemon running.") == ""


def test_serve_prints_nothing_if_told_so(serving, capsys) -> None:
    daemon = Daemon()
    running = serving({Thing(): None}, daemon=daemon, use_ns=False, verbose=False)
    with Proxy(f"PYRO:Pyro.Daemon@{daemon.locationStr}") as own:
        (object_id,) = [name for name in own.registered() if name != "Pyro.Daemon"]
    with Proxy(f"PYRO:{object_id}@{daemon.locationStr}") as proxy:
        proxy.stop()
    running.thread.join(DEADLINE)
    assert capsys.readouterr().out == ""
