"""Beside the chapter: what proxies are told about classes that are exposed in different ways."""

# mypy knows no decorators above properties, where Pyro programs have always written @expose.
# mypy: disable-error-code="prop-decorator,misc"

from __future__ import annotations

from typing import Any

import pytest

from pyro_client import errors
from pyro_server import Daemon, expose, oneway


@expose
class Whole:
    """A class that is marked as a whole."""

    class_attribute = "plain"

    def __init__(self) -> None:
        self.instance_attribute = "plain"
        self._prop = 1

    def method(self, arg: Any, default: int = 99, **kw: Any) -> Any:
        return [arg, default, kw]

    @staticmethod
    def staticmethod(arg: Any) -> Any:
        return arg

    @classmethod
    def classmethod(cls, arg: Any) -> Any:
        return arg

    def __dunder__(self) -> str:
        return "dunder"

    def _private(self) -> None: ...

    def __very_private(self) -> None: ...

    @property
    def prop1(self) -> int:
        return self._prop

    @prop1.setter
    def prop1(self, value: int) -> None:
        self._prop = value

    @property
    def readonly_prop1(self) -> int:
        return 2

    @property
    def prop2(self) -> int:
        return self._prop

    @prop2.setter
    def prop2(self, value: int) -> None:
        self._prop = value

    @oneway
    def oneway(self) -> None: ...

    def exposed(self) -> None: ...


class Partly:
    """The same with four members marked."""

    def method(self) -> None: ...

    def __dunder__(self) -> None: ...

    @expose
    @property
    def prop1(self) -> int:
        return 1

    @expose
    @prop1.setter
    def prop1(self, value: int) -> None: ...

    @expose
    @property
    def readonly_prop1(self) -> int:
        return 2

    @property
    def prop2(self) -> int:
        raise AssertionError("it was read")

    @prop2.setter
    def prop2(self, value: int) -> None:
        raise AssertionError("it was written")

    @expose
    @oneway
    def oneway(self) -> None: ...

    @expose
    def exposed(self) -> None: ...


@expose
class WholeBelowWhole(Whole):
    """A marked class below a marked one."""

    def sub_exposed(self) -> None: ...

    def sub_unexposed(self) -> None: ...

    @oneway
    def oneway2(self) -> None: ...


class PartlyBelowPartly(Partly):
    """A class with one mark below one with some."""

    @expose
    def sub_exposed(self) -> None: ...

    def sub_unexposed(self) -> None: ...

    @oneway
    def oneway2(self) -> None: ...


WHOLE = {"method", "staticmethod", "classmethod", "__dunder__", "oneway", "exposed"}
SUB = {"sub_exposed", "sub_unexposed", "oneway2"}
EXPECTED: list[Any] = [
    pytest.param(Whole, WHOLE, {"prop1", "readonly_prop1", "prop2"}, {"oneway"}, id="whole"),
    pytest.param(Partly, {"oneway", "exposed"}, {"prop1", "readonly_prop1"}, {"oneway"}, id="partly"),
    pytest.param(
        WholeBelowWhole,
        WHOLE | SUB,
        {"prop1", "readonly_prop1", "prop2"},
        {"oneway", "oneway2"},
        id="whole below whole",
    ),
    pytest.param(
        PartlyBelowPartly,
        {"sub_exposed", "exposed", "oneway"},
        {"prop1", "readonly_prop1"},
        {"oneway"},
        id="partly below partly",
    ),
]


@pytest.mark.parametrize(("cls", "methods", "attrs", "oneways"), EXPECTED)
def test_a_proxy_is_told_what_there_is(listening, cls: Any, methods: Any, attrs: Any, oneways: Any) -> None:
    proxy = listening({"it": cls}).proxy()
    proxy._pyroBind()
    assert (proxy._pyroMethods, proxy._pyroAttrs, proxy._pyroOneway) == (methods, attrs, oneways)


@pytest.mark.parametrize(("cls", "methods", "attrs", "oneways"), EXPECTED)
def test_the_daemon_object_tells_the_same(listening, cls: Any, methods: Any, attrs: Any, oneways: Any) -> None:
    metadata = listening({"it": cls}).proxy("Pyro.Daemon").get_metadata("it")
    assert {name: set(value) for name, value in metadata.items()} == {
        "methods": methods,
        "attrs": attrs,
        "oneway": oneways,
    }


@pytest.mark.parametrize("cls", [Whole, Partly])
@pytest.mark.parametrize("name", ["class_attribute", "instance_attribute", "nonsense"])
def test_plain_attributes_are_neither_read_nor_written(listening, cls: Any, name: str) -> None:
    proxy = listening({"it": cls}).proxy()
    with pytest.raises(AttributeError, match=name):
        proxy._pyroInvoke("__getattr__", (name,), None)
    with pytest.raises(AttributeError, match=name):
        proxy._pyroInvoke("__setattr__", (name, 1), None)


def test_a_property_without_a_mark_is_neither_read_nor_written(listening) -> None:
    proxy = listening({"it": Partly}).proxy()
    with pytest.raises(AttributeError, match="prop2"):
        proxy._pyroInvoke("__getattr__", ("prop2",), None)
    with pytest.raises(AttributeError, match="prop2"):
        proxy._pyroInvoke("__setattr__", ("prop2", 1), None)


@pytest.mark.parametrize("cls", [Whole, Partly])
def test_a_property_that_can_only_be_read_is_not_written(listening, cls: Any) -> None:
    proxy = listening({"it": cls}).proxy()
    assert proxy.readonly_prop1 == 2
    with pytest.raises(AttributeError, match="readonly_prop1"):
        proxy.readonly_prop1 = 3


def test_clients_learn_of_a_changed_class_when_its_metadata_is_reset(listening) -> None:
    cls: Any = type("Changing", (Whole,), {})
    serving = listening({"it": cls})
    with serving.proxy() as before:
        before._pyroBind()
    cls.more = Whole.exposed
    with serving.proxy() as cached:
        cached._pyroBind()
    serving.daemon.resetMetadataCache("it")
    with serving.proxy() as after:
        after._pyroBind()
    names = [before._pyroMethods, cached._pyroMethods, after._pyroMethods]
    assert ["more" in methods for methods in names] == [False, False, True]


def test_the_metadata_of_what_is_not_there_cannot_be_reset() -> None:
    with Daemon() as daemon, pytest.raises(errors.DaemonError, match="unknown object"):
        daemon.resetMetadataCache("nobody")
