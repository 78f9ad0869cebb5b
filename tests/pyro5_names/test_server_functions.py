"""The functions of ``Pyro5.server`` that programs and tests of programs use, though they are not documented."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from pyro_client import Proxy
from pyro_server import Daemon, expose, oneway

Load = Callable[[str], ModuleType]


@pytest.fixture
def server(load: Load) -> ModuleType:
    return load("Pyro5.server")


class Lamp:
    """Something that is exposed in part."""

    def __init__(self) -> None:
        self._level = 3
        self.plain = 1

    @expose
    def switch(self) -> str:
        return "on"

    @expose
    @oneway
    def flash(self) -> None:
        pass

    def secret(self) -> None:
        pass

    @property
    def level(self) -> int:
        return self._level

    @level.setter
    def level(self, value: int) -> None:
        self._level = value

    expose(level)

    @expose  # type: ignore[prop-decorator]  # the documented way
    @property
    def kind(self) -> str:
        return "lamp"


@pytest.mark.parametrize("thing", [Lamp, Lamp()])
def test_the_exposed_members_are_told_by_kind(server: ModuleType, thing: Any) -> None:
    members = server._get_exposed_members(thing)
    assert members == {"methods": {"switch", "flash"}, "oneway": {"flash"}, "attrs": {"level", "kind"}}


def test_a_changed_class_is_looked_through_anew_after_a_reset(server: ModuleType) -> None:
    class Growing(Lamp):
        pass

    server._get_exposed_members(Growing)
    Growing.dim = expose(lambda self: None)  # type: ignore[attr-defined]
    Growing.dim.__name__ = "dim"  # type: ignore[attr-defined]
    assert "dim" not in server._get_exposed_members(Growing)["methods"]
    server._reset_exposed_members(Growing)
    assert "dim" in server._get_exposed_members(Growing)["methods"]


def test_an_exposed_method_can_be_got(server: ModuleType) -> None:
    assert server._get_attribute(Lamp(), "switch")() == "on"


@pytest.mark.parametrize("name", ["secret", "plain", "level", "_level", "__init__", "switch.__func__", "nothing"])
def test_what_is_no_exposed_method_cannot_be_got(server: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError):
        server._get_attribute(Lamp(), name)


def test_an_exposed_property_can_be_read_and_written(server: ModuleType) -> None:
    lamp = Lamp()
    server._set_exposed_property_value(lamp, "level", 8)
    assert server._get_exposed_property_value(lamp, "level") == 8


@pytest.mark.parametrize("name", ["plain", "_level", "switch", "nothing"])
def test_what_is_no_exposed_property_cannot_be_read_or_written(server: ModuleType, name: str) -> None:
    with pytest.raises(AttributeError):
        server._get_exposed_property_value(Lamp(), name)
    with pytest.raises(AttributeError):
        server._set_exposed_property_value(Lamp(), name, 1)


def test_a_property_without_a_setter_cannot_be_written(server: ModuleType) -> None:
    with pytest.raises(AttributeError):
        server._set_exposed_property_value(Lamp(), "kind", "sun")


@pytest.mark.parametrize(("name", "private"), [("_x", True), ("__x", True), ("__init__", True), ("__len__", False)])
def test_private_names_are_told_from_others(server: ModuleType, name: str, private: bool) -> None:
    assert server.is_private_attribute(name) is private


def test_a_registered_object_has_an_autoproxy(server: ModuleType) -> None:
    lamp = Lamp()
    with Daemon() as daemon:
        uri = daemon.register(lamp)
        proxy = server._pyro_obj_to_auto_proxy(lamp)
        assert isinstance(proxy, Proxy)
        assert proxy._pyroUri == uri


def test_the_default_error_handler_is_the_one_of_a_new_daemon(server: ModuleType) -> None:
    with Daemon() as daemon:
        assert daemon.methodcall_error_handler is server._default_methodcall_error_handler
