"""The public names of the package and of each of its modules."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import pyro_wire

MODULES = [
    "pyro_wire",
    *(module.name for module in pkgutil.walk_packages(pyro_wire.__path__, "pyro_wire.") if "._" not in module.name),
]


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_and_exist(name: str) -> None:
    module = importlib.import_module(name)
    public = getattr(module, "__all__", [])
    assert public == sorted(set(public))
    assert [missing for missing in public if not hasattr(module, missing)] == []


def test_the_modules_are_found() -> None:
    assert {"pyro_wire.message", "pyro_wire.serializers", "pyro_wire.serializers.json"} < set(MODULES)


def test_the_package_is_its_own_table_of_contents() -> None:
    assert {
        "Config",
        "Message",
        "SerializedBlob",
        "SerializerBase",
        "config",
        "current_context",
        "errors",
        "register_class_to_dict",
        "register_dict_to_class",
        "unregister_class_to_dict",
        "unregister_dict_to_class",
    } < set(pyro_wire.__all__)


def test_the_names_that_every_daemon_and_name_server_has() -> None:
    assert (pyro_wire.DAEMON_NAME, pyro_wire.NAMESERVER_NAME) == ("Pyro.Daemon", "Pyro.NameServer")


def test_the_errors_are_one_tree() -> None:
    errors = pyro_wire.errors
    assert [cls.__name__ for cls in errors.SerializeError.__mro__[:5]] == [
        "SerializeError",
        "ProtocolError",
        "CommunicationError",
        "PyroError",
        "Exception",
    ]
    assert issubclass(errors.MessageTooLargeError, errors.ProtocolError)
    for name in ("ConnectionClosedError", "TimeoutError", "ProtocolError"):
        assert getattr(errors, name).__bases__ == (errors.CommunicationError,)
    for name in ("NamingError", "DaemonError", "SecurityError", "CommunicationError"):
        assert getattr(errors, name).__bases__ == (errors.PyroError,)
