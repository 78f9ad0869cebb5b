"""Beside the chapter: the older way to say `serve`, as a static method of the daemon."""

from __future__ import annotations

import inspect
import threading

import pytest

from pyro_client import Proxy, errors
from pyro_server import Daemon, expose

DEADLINE = 20.0


@expose
class Thing:
    """Something that can end what serves it."""

    def stop(self) -> str:
        self._pyroDaemon.shutdown()  # type: ignore[attr-defined]  # the daemon adds it
        return "stopping"


def test_the_parameters_have_the_documented_order() -> None:
    parameters = list(inspect.signature(Daemon.serveSimple).parameters.values())
    assert [(parameter.name, parameter.default) for parameter in parameters[1:6]] == [
        ("host", None),
        ("port", 0),
        ("daemon", None),
        ("ns", True),
        ("verbose", True),
    ]


def test_it_serves_objects_until_the_loop_ends(capsys) -> None:
    daemon = Daemon()
    thread = threading.Thread(
        target=Daemon.serveSimple, args=({Thing(): "it"},), kwargs={"daemon": daemon, "ns": False}
    )
    thread.start()
    with Proxy(f"PYRO:it@{daemon.locationStr}") as proxy:
        assert proxy.stop() == "stopping"
    thread.join(DEADLINE)
    assert daemon.transportServer is None
    assert capsys.readouterr().out.endswith("Pyro daemon running.\n")


def test_two_objects_of_one_name_are_refused() -> None:
    with pytest.raises(errors.DaemonError, match="already registered with that id"):
        Daemon.serveSimple({Thing(): "same", Thing: "same"}, ns=False, verbose=False)
