"""Chapter "Servers": published objects travel as proxies by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from pyro_client import Proxy, errors
from pyro_server import expose

AUTOPROXY = pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])

FACTORY = """
    import Pyro5.server

    @Pyro5.server.expose
    class Part(object):
        def method(self):
            return "called over there"

    @Pyro5.server.expose
    class Factory(object):
        def make_part(self):
            part = Part()
            self._pyroDaemon.register(part)
            return part

    daemon = Pyro5.server.Daemon()
    print(daemon.register(Factory))
    daemon.requestLoop()
"""


@expose
class Thing:
    """Something that travels."""

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Host:
    """Something that is given things and gives things, in whatever they are wrapped."""

    def __init__(self) -> None:
        self.given: Any = None

    def make(self) -> Any:
        self.given = Thing()
        self._pyroDaemon.register(self.given)  # type: ignore[attr-defined]  # the daemon adds it
        return self.given

    def make_wrapped(self) -> Any:
        return {"first": [self.make()], "second": {"deep": [[self.make()]]}}

    def call_all(self, things: Any, *, by_name: Any) -> list[int]:
        return [call(thing) for thing in [*things["list"], by_name]]

    @property
    def as_attribute(self) -> Any:
        return self.make()


def call(thing: Any) -> int:
    """Call something that has to be a proxy."""
    assert isinstance(thing, Proxy)
    with thing:
        result: int = thing.add(1, 2)
        return result


def test_a_method_registers_a_new_object_and_just_returns_it(program) -> None:
    uri = program(FACTORY).line()
    client = program(f"""
        import Pyro5.client
        with Pyro5.client.Proxy({uri!r}) as factory:
            thing = factory.make_part()
            print(type(thing) is Pyro5.client.Proxy, thing.method())
    """)
    assert client.rest() == ["True called over there"]


@AUTOPROXY
def test_objects_within_results_become_proxies(listening, name: str) -> None:
    result = listening({"it": Host()}).proxy(SERIALIZER=name).make_wrapped()
    assert call(result["first"][0]) == call(result["second"]["deep"][0][0]) == 3


@AUTOPROXY
def test_objects_within_arguments_become_proxies(listening, name: str) -> None:
    here = listening({"one": Thing(), "two": Thing()}).daemon
    one, two = here.objectsById["one"], here.objectsById["two"]
    proxy = listening({"it": Host()}).proxy(SERIALIZER=name)
    assert proxy.call_all({"list": [one, two]}, by_name=two) == [3, 3, 3]


@AUTOPROXY
def test_the_value_of_an_attribute_becomes_a_proxy(listening, name: str) -> None:
    assert call(listening({"it": Host()}).proxy(SERIALIZER=name).as_attribute) == 3


@AUTOPROXY
def test_an_object_that_is_not_registered_does_not_become_a_proxy(listening, name: str) -> None:
    proxy = listening({"it": Host()}).proxy(SERIALIZER=name)
    with pytest.raises(errors.SerializeError, match="Thing"):
        proxy.call_all({"list": [Thing()]}, by_name=None)


def test_with_marshal_objects_do_not_become_proxies(listening) -> None:
    with pytest.raises(errors.SerializeError, match="Thing"):
        listening({"it": Host()}).proxy(SERIALIZER="marshal").make()
