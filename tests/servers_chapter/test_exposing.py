"""Chapter "Servers": a class whose methods and properties can be reached, and what can never be reached."""

# mypy knows no decorators above properties, where Pyro programs have always written @expose.
# mypy: disable-error-code="prop-decorator,misc"

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from pyro_client import errors
from pyro_server import expose
from pyro_server.exposure import members_of
from pyro_wire import register_class_to_dict, register_dict_to_class, unregister_class_to_dict, unregister_dict_to_class

NEVER_REMOTE = [
    "__init__",
    "__init_subclass__",
    "__class__",
    "__module__",
    "__weakref__",
    "__call__",
    "__new__",
    "__del__",
    "__repr__",
    "__str__",
    "__format__",
    "__nonzero__",
    "__bool__",
    "__coerce__",
    "__cmp__",
    "__eq__",
    "__ne__",
    "__hash__",
    "__ge__",
    "__gt__",
    "__le__",
    "__lt__",
    "__dir__",
    "__enter__",
    "__exit__",
    "__copy__",
    "__deepcopy__",
    "__sizeof__",
    "__getattr__",
    "__setattr__",
    "__hasattr__",
    "__getattribute__",
    "__delattr__",
    "__instancecheck__",
    "__subclasscheck__",
    "__getinitargs__",
    "__getnewargs__",
    "__getstate__",
    "__setstate__",
    "__reduce__",
    "__reduce_ex__",
    "__subclasshook__",
]
"""The double-underscore names that the protocol lists as private."""

# What the protocol itself sends to read and write attributes.
ATTRIBUTE_ACCESS = {"__getattr__", "__setattr__"}

SERVICE = """
    import Pyro5.server

    class Thermometer(object):

        degrees = 20

        def __dunder__(self):
            return "undecorated"

        def _private(self):
            pass

        def __private(self):
            pass

        @Pyro5.server.expose
        def read(self):
            return self.degrees

        @Pyro5.server.expose
        @property
        def setting(self):
            return self.degrees

        @Pyro5.server.expose
        @setting.setter
        def setting(self, degrees):
            self.degrees = degrees

    daemon = Pyro5.server.Daemon()
    print(daemon.register(Thermometer))
    daemon.requestLoop()
"""

ONEWAY_SERVICE = """
    import Pyro5

    @Pyro5.server.expose
    class Listener(object):

        def double(self, number):
            return number * 2

        @Pyro5.server.oneway
        def tell(self, news):
            print("told", news)

    daemon = Pyro5.server.Daemon()
    print(daemon.register(Listener))
    daemon.requestLoop()
"""

CLIENT = "import Pyro5.client; thing = Pyro5.client.Proxy({uri!r}); "


def noisy(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a method so that its result is loud, without keeping its name or attributes."""

    def louder(self: Any) -> Any:
        return method(self).upper()

    return louder


def counted(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a method so that its result says that it was called, keeping its name and attributes."""

    @functools.wraps(method)
    def counting(self: Any) -> Any:
        return [method(self), 1]

    return counting


class Partly:
    """A class with marks on some members."""

    @expose
    def marked(self) -> str:
        return "marked"

    def unmarked(self) -> str:
        raise AssertionError("it was called")

    @staticmethod
    @expose
    def static() -> str:
        return "static"

    @classmethod
    @expose
    def of_class(cls) -> str:
        return cls.__name__

    @expose
    @noisy
    def loud(self) -> str:
        return "loud"

    @noisy
    @expose
    def hidden_mark(self) -> str:
        return "hidden"

    @expose
    @counted
    def wrapped(self) -> str:
        return "wrapped"

    @expose
    def __dunder__(self) -> str:
        return "dunder"

    def __len__(self) -> int:
        raise AssertionError("it was called")


@expose
class Whole:
    """A class that is marked as a whole, with members that stay out of reach all the same."""

    def __init__(self) -> None:
        self.plain = "an attribute of the instance"

    def _private(self) -> None:
        raise AssertionError("it was called")

    def __very_private(self) -> None:
        raise AssertionError("it was called")

    def public(self) -> str:
        return "public"

    @property
    def _private_property(self) -> str:
        raise AssertionError("it was read")


# --------------------------------------------------------------------------------- methods and properties


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("marked", "marked"),
        ("static", "static"),
        ("of_class", "Partly"),
        ("__dunder__", "dunder"),
        ("loud", "LOUD"),
        ("wrapped", ["wrapped", 1]),
    ],
)
def test_a_marked_method_can_be_called(listening, name: str, result: Any) -> None:
    assert getattr(listening({"it": Partly}).proxy(), name)() == result


@pytest.mark.parametrize("name", ["unmarked", "__len__"])
def test_what_is_not_marked_cannot_be_reached(listening, name: str) -> None:
    proxy = listening({"it": Partly}).proxy()
    with pytest.raises(AttributeError, match=name):
        proxy._pyroInvoke(name, (), {})
    assert name not in proxy._pyroMethods


def test_a_mark_that_another_decorator_hides_does_not_count(listening) -> None:
    proxy = listening({"it": Partly}).proxy()
    with pytest.raises(AttributeError, match="hidden_mark"):
        proxy._pyroInvoke("hidden_mark", (), {})


def test_a_private_property_cannot_be_exposed() -> None:
    with pytest.raises(AttributeError, match="_secret"):

        class Thing:
            @expose
            @property
            def _secret(self) -> int:
                return 1


@pytest.mark.parametrize("name", ["_private", "__very_private", "_Whole__very_private", "_pyroId", "_pyroDaemon"])
def test_what_is_private_cannot_be_reached_in_an_exposed_class_either(listening, name: str) -> None:
    proxy = listening({"it": Whole}).proxy()
    with pytest.raises(AttributeError, match=f"'{name}' is private"):
        proxy._pyroInvoke(name, (), {})
    assert name not in proxy._pyroMethods | proxy._pyroAttrs


@pytest.mark.parametrize("name", ["_private_property", "plain"])
def test_neither_private_properties_nor_attributes_can_be_read_or_written(listening, name: str) -> None:
    proxy = listening({"it": Whole}).proxy()
    with pytest.raises(AttributeError, match=name):
        proxy._pyroInvoke("__getattr__", (name,), None)
    with pytest.raises(AttributeError, match=name):
        proxy._pyroInvoke("__setattr__", (name, 1), None)


@pytest.mark.parametrize("name", NEVER_REMOTE)
def test_some_dunder_names_cannot_be_exposed(name: str) -> None:
    def method(self: Any) -> None: ...

    method.__name__ = name
    with pytest.raises(AttributeError, match=name):
        expose(method)
    method._pyroExposed = True  # type: ignore[attr-defined]  # by force
    assert name not in members_of(type("Forced", (), {name: method})).methods


def test_some_dunder_names_are_refused_whoever_calls_them(listening) -> None:
    proxy = listening({"it": Whole}).proxy()
    for name in sorted({*NEVER_REMOTE} - ATTRIBUTE_ACCESS):
        with pytest.raises(AttributeError, match=f"'{name}' is private"):
            proxy._pyroInvoke(name, (), {})


def test_a_partly_exposed_class_as_in_the_manual(program) -> None:
    uri = program(SERVICE).line()
    client = program(CLIENT.format(uri=uri) + "thing.setting = 25; print(thing.read(), thing.setting)")
    assert client.rest() == ["25 25"]
    names = program(CLIENT.format(uri=uri) + "thing._pyroBind(); print(thing._pyroMethods, thing._pyroAttrs)")
    assert names.rest() == ["{'read'} {'setting'}"]


# -------------------------------------------------------------------------------------------------- oneway


def test_the_client_is_told_which_methods_are_oneway(program) -> None:
    server = program(ONEWAY_SERVICE)
    uri = server.line()
    client = program(CLIENT.format(uri=uri) + "print(thing.double(4), thing.tell(5), thing._pyroOneway)")
    assert client.rest() == ["8 None {'tell'}"]
    assert server.line("told ") == "5"


# ------------------------------------------------------------------------- code that cannot be changed


class Measure:
    """A class of somebody else's library."""

    def __init__(self, amount: int, unit: str = "m") -> None:
        self.amount, self.unit = amount, unit

    def twice(self) -> Measure:
        return Measure(2 * self.amount, self.unit)

    def text(self) -> str:
        return f"{self.amount} {self.unit}"


class Adapter:
    """A class of one's own that offers what it wants of the other one."""

    def __init__(self) -> None:
        self._measure = Measure(21)

    @expose
    def twice(self) -> list[Any]:
        measure = self._measure.twice()
        return [measure.amount, measure.unit]

    def text(self) -> str:
        return self._measure.text()


class Copied(Measure):
    """Another class of that library, which is to be exposed without changing it."""

    def __init__(self) -> None:
        super().__init__(21)

    def twice(self) -> Measure:
        return super().twice()

    def text(self) -> str:
        return super().text()


def test_an_adapter_offers_what_it_wants_of_a_class(listening) -> None:
    proxy = listening({"it": Adapter}).proxy()
    assert proxy.twice() == [42, "m"]
    assert proxy._pyroMethods == {"twice"}


def test_expose_is_a_function_that_makes_a_class_of_somebody_else_callable(program) -> None:
    server = program("""
        from textwrap import TextWrapper
        import Pyro5.server

        ExposedWrapper = Pyro5.server.expose(TextWrapper)
        daemon = Pyro5.server.Daemon()
        print(daemon.register(ExposedWrapper))
        daemon.requestLoop()
    """)
    client = program(CLIENT.format(uri=server.line()) + "print(thing.wrap('word ' * 20))")
    assert client.rest() == [str([" ".join(["word"] * 14), " ".join(["word"] * 6)])]


def test_such_a_class_is_exposed_with_all_its_methods() -> None:
    assert members_of(expose(type("Theirs", (), dict(vars(Copied))))).methods == {"twice", "text"}


def test_what_such_a_class_returns_may_need_a_serializer(listening) -> None:
    proxy = listening({"it": expose(type("Theirs", (Copied,), dict(vars(Copied))))()}).proxy()
    with pytest.raises(errors.SerializeError, match="Measure"):
        proxy.twice()
    register_class_to_dict(Measure, lambda measure: {"__class__": "measure", "amount": measure.amount})
    register_dict_to_class("measure", lambda _, fields: Measure(fields["amount"]))
    try:
        assert proxy.twice().text() == "42 m"
    finally:
        unregister_class_to_dict(Measure)
        unregister_dict_to_class("measure")
