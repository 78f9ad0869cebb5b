"""Which class travels under which tag: the decisions on class dictionaries, and the registry of converters."""

from __future__ import annotations

import sqlite3
import struct
from typing import Any, ClassVar

import pytest

from pyro_uri import URI
from pyro_wire import (
    TypeRegistry,
    default_types,
    errors,
    serializers,
)
from pyro_wire.errors import PyroError, SecurityError, SerializeError
from pyro_wire.exceptions import ExceptionWrapper

LIBRARY_ERRORS = [getattr(errors, name) for name in errors.__all__ if isinstance(getattr(errors, name), type)]
BUILTIN_ERROR = {"__class__": "builtins.ValueError", "__exception__": True, "args": ("boom",), "attributes": {}}


class Plain:
    """A class that nobody registered."""

    def __init__(self) -> None:
        self.a = 1


class Special(Plain):
    """A class below another one."""


class Slotted:
    """A class without an instance dictionary."""

    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


class OwnState:
    """A class with an idea of its own about its state."""

    state: ClassVar[object] = {"mine": 1}

    def __getstate__(self) -> object:
        return self.state


class SpecialURI(URI):
    """A uri of a class of its own."""


@pytest.fixture
def types() -> TypeRegistry:
    """A registry of one's own that knows what all know."""
    return default_types.child()


def exception_dict(name: str, args: object = (), /, *, marked: bool = True, **attributes: Any) -> dict:
    return {"__class__": name, "__exception__": marked, "args": args, "attributes": attributes}


# --- sending -------------------------------------------------------------------------------------------------------


def test_an_object_travels_as_its_instance_dictionary_and_then_its_class(types: TypeRegistry) -> None:
    sent = types.class_to_dict(Plain())
    assert sent == {"a": 1, "__class__": f"{__name__}.Plain"}
    assert list(sent)[-1] == "__class__"


def test_what_travels_is_a_copy_and_the_object_is_left_alone(types: TypeRegistry) -> None:
    obj = Plain()
    obj._pyroDaemon = "a daemon"  # type: ignore[attr-defined]  # as daemons do
    types.class_to_dict(obj).clear()
    assert vars(obj) == {"a": 1, "_pyroDaemon": "a daemon"}


def test_an_object_without_instance_dictionary_travels_as_the_slots_that_are_set(types: TypeRegistry) -> None:
    assert types.class_to_dict(Slotted()) == {"a": 1, "__class__": f"{__name__}.Slotted"}


def test_a_dictionary_that_is_the_state_of_an_object_travels_as_it_is(types: TypeRegistry) -> None:
    assert types.class_to_dict(OwnState()) == {"mine": 1}


def test_a_state_that_is_no_dictionary_is_not_used(types: TypeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OwnState, "state", ("mine",))
    assert types.class_to_dict(OwnState()) == {"__class__": f"{__name__}.OwnState"}


@pytest.mark.parametrize("value", [set(), {}, (), []])
def test_a_plain_container_is_no_object(types: TypeRegistry, value: object) -> None:
    with pytest.raises(ValueError, match=f"a {type(value).__name__} is no object"):
        types.class_to_dict(value)


@pytest.mark.parametrize("value", [object(), Plain, len, range(3), 5], ids=repr)
def test_what_has_no_state_cannot_travel(types: TypeRegistry, value: object) -> None:
    with pytest.raises(SerializeError, match="don't know how to serialize class"):
        types.class_to_dict(value)


@pytest.mark.parametrize("uri_class", [URI, SpecialURI])
def test_a_uri_travels_under_one_name_whatever_its_class(types: TypeRegistry, uri_class: type[URI]) -> None:
    assert types.class_to_dict(uri_class("PYRO:obj@host:4444")) == {
        "__class__": "Pyro5.core.URI",
        "state": ("PYRO", "obj", None, "host", 4444),
    }


def test_an_exception_travels_with_its_arguments_and_attributes(types: TypeRegistry) -> None:
    error = sqlite3.OperationalError("no such table", 5)
    error.extra = "more"  # type: ignore[attr-defined]  # this is what is tested
    assert types.class_to_dict(error) == exception_dict("sqlite3.OperationalError", ("no such table", 5), extra="more")


def test_notes_travel_with_an_exception(types: TypeRegistry) -> None:
    error = ValueError("boom")
    error.add_note("in the kitchen")
    received = types.dict_to_class(types.class_to_dict(error))
    assert received.__notes__ == ["in the kitchen"]


@pytest.mark.parametrize("error_class", set(LIBRARY_ERRORS) - {errors.RemoteError})
def test_an_error_of_the_library_travels_under_the_name_that_all_peers_know(
    types: TypeRegistry, error_class: type[PyroError]
) -> None:
    assert types.class_to_dict(error_class("text")) == exception_dict(f"Pyro5.errors.{error_class.__name__}", ("text",))


def test_an_error_that_peers_do_not_know_travels_as_the_nearest_one_that_they_know(types: TypeRegistry) -> None:
    assert types.class_to_dict(errors.RemoteError("text")) == exception_dict("Pyro5.errors.PyroError", ("text",))


# --- receiving: the first of these decisions that applies ----------------------------------------------------------


@pytest.mark.parametrize("name", ["app.Thing", "Pyro5.core.URI", "builtins.ValueError", "__main__.Thing"])
def test_a_converter_comes_before_everything_else(types: TypeRegistry, name: str) -> None:
    types.register_dict_to_class(name, lambda classname, data: (classname, data["x"]))
    assert types.dict_to_class({"__class__": name, "x": 5}) == (name, 5)


def test_a_converter_is_for_exactly_its_name(types: TypeRegistry) -> None:
    types.register_dict_to_class("app.Thing", lambda classname, data: "a thing")
    with pytest.raises(SerializeError):
        types.dict_to_class({"__class__": "app.Things"})


@pytest.mark.parametrize("name", ["__main__.T__ing", "app.__init__", "os.system__", "builtins.__import__"])
def test_names_with_double_underscores_are_refused(types: TypeRegistry, name: str) -> None:
    with pytest.raises(SecurityError, match=f"double underscores in their name: {name}$"):
        types.dict_to_class(exception_dict(name))


@pytest.mark.parametrize("container", [tuple, list])
def test_a_uri_is_rebuilt(types: TypeRegistry, container: type) -> None:
    state = container(("PYRO", "obj", None, "host", 4444))
    assert types.dict_to_class({"__class__": "Pyro5.core.URI", "state": state}) == URI("PYRO:obj@host:4444")


@pytest.mark.parametrize("container", [set, list, tuple])
def test_the_tags_of_a_uri_are_a_set_again(types: TypeRegistry, container: type) -> None:
    state = ("PYROMETA", container(["a", "b"]), None, None, None)
    assert types.dict_to_class({"__class__": "Pyro5.core.URI", "state": state}).object == {"a", "b"}


@pytest.mark.parametrize("state", [None, 5, (), ("PYRO", "o", None, "h"), ("PYROMETA", 5, None, None, None)])
def test_a_uri_whose_parts_are_not_its_parts_is_refused(types: TypeRegistry, state: object) -> None:
    with pytest.raises(SerializeError, match=r"Pyro5\.core\.URI"):
        types.dict_to_class({"__class__": "Pyro5.core.URI", "state": state})


@pytest.mark.parametrize("name", ["Serpent", "Marshal", "Json", "Msgpack"])
def test_a_serializer_is_rebuilt(types: TypeRegistry, name: str) -> None:
    received = types.dict_to_class({"__class__": f"Pyro5.util.{name}Serializer"})
    assert received == serializers[name.lower()]


@pytest.mark.parametrize("error_class", set(LIBRARY_ERRORS) - {errors.RemoteError})
@pytest.mark.parametrize("marked", [True, False])
def test_an_error_of_the_library_is_rebuilt_with_or_without_the_mark(
    types: TypeRegistry, error_class: type[PyroError], marked: bool
) -> None:
    received = types.dict_to_class(exception_dict(f"Pyro5.errors.{error_class.__name__}", ("a", 1), marked=marked))
    assert type(received) is error_class
    assert received.args == ("a", 1)


def test_an_error_of_the_library_that_does_not_exist_is_refused(types: TypeRegistry) -> None:
    with pytest.raises(SerializeError, match=r"unsupported serialized class: Pyro5\.errors\.sys$"):
        types.dict_to_class(exception_dict("Pyro5.errors.sys", marked=False))


@pytest.mark.parametrize("marked", [True, False])
def test_struct_error_is_rebuilt_with_or_without_the_mark(types: TypeRegistry, marked: bool) -> None:
    assert type(types.dict_to_class(exception_dict("struct.error", ("boom",), marked=marked))) is struct.error


def test_a_wrapper_is_rebuilt_with_the_exception_in_it(types: TypeRegistry) -> None:
    wrapper = types.dict_to_class({"__class__": "Pyro5.core._ExceptionWrapper", "exception": BUILTIN_ERROR})
    assert type(wrapper) is ExceptionWrapper
    assert type(wrapper.exception) is ValueError
    with pytest.raises(ValueError, match="boom"):
        wrapper.raiseIt()


@pytest.mark.parametrize("content", [{}, {"exception": 5}, {"exception": {"args": ()}}])
def test_a_wrapper_without_an_exception_in_it_is_refused(types: TypeRegistry, content: dict) -> None:
    with pytest.raises(SerializeError, match="_ExceptionWrapper"):
        types.dict_to_class({"__class__": "Pyro5.core._ExceptionWrapper", **content})


@pytest.mark.parametrize(
    ("name", "error_class"),
    [
        ("ValueError", ValueError),
        ("PyroError", PyroError),
        ("NamingError", errors.NamingError),
        ("builtins.KeyError", KeyError),
        ("builtins.SystemExit", SystemExit),
        ("builtins.GeneratorExit", GeneratorExit),
        ("exceptions.ZeroDivisionError", ZeroDivisionError),
        ("sqlite3.OperationalError", sqlite3.OperationalError),
        ("sqlite3.Error", sqlite3.Error),
    ],
)
def test_an_exception_with_the_mark_is_rebuilt(
    types: TypeRegistry, name: str, error_class: type[BaseException]
) -> None:
    received = types.dict_to_class(exception_dict(name, ("boom",)))
    assert type(received) is error_class
    assert received.args == ("boom",)


def test_an_os_error_becomes_the_class_of_its_number_again(types: TypeRegistry) -> None:
    assert type(types.dict_to_class(exception_dict("builtins.OSError", (2, "no such file")))) is FileNotFoundError


def test_a_class_name_may_be_bytes(types: TypeRegistry) -> None:
    assert type(types.dict_to_class({**BUILTIN_ERROR, "__class__": b"builtins.ValueError"})) is ValueError


def test_an_exception_without_the_mark_is_refused_in_the_words_that_programs_know(types: TypeRegistry) -> None:
    with pytest.raises(SerializeError) as caught:
        types.dict_to_class({"__class__": "builtins.ZeroDivisionError", "args": ("boom",)})
    assert str(caught.value) == "unsupported serialized class: builtins.ZeroDivisionError"


@pytest.mark.parametrize(
    "name",
    [
        "app.AppError",
        "builtins.eval",
        "builtins.object",
        "builtins.NoSuchError",
        "exceptions.StandardError",
        "sqlite3.connect",
        "sqlite3.Warning",
        "sqlite3.NoSuchError",
        "subprocess.Popen",
        "eval",
        "NoSuchError",
        "struct.Struct",
        "ünknown.Größe",
        ".",
        "",
        "\ud800",
        b"\xff",
    ],
)
def test_every_other_class_is_refused(types: TypeRegistry, name: object) -> None:
    with pytest.raises(SerializeError, match="unsupported serialized class"):
        types.dict_to_class({"__class__": name, "args": ("boom",)})
    with pytest.raises(SerializeError, match="unsupported serialized class"):
        types.dict_to_class({**BUILTIN_ERROR, "__class__": name}, remote_errors=False)


@pytest.mark.parametrize("name", [None, 5, ["builtins.ValueError"], {}])
def test_a_class_name_that_is_no_text_is_refused(types: TypeRegistry, name: object) -> None:
    with pytest.raises(SerializeError, match="unsupported serialized class"):
        types.dict_to_class({**BUILTIN_ERROR, "__class__": name})


# --- what may be done to a rebuilt exception -----------------------------------------------------------------------


def test_attributes_of_an_exception_arrive(types: TypeRegistry) -> None:
    received = types.dict_to_class(exception_dict("builtins.ValueError", ("boom",), extra=5, _pyroTraceback=["line\n"]))
    assert (received.extra, received._pyroTraceback) == (5, ["line\n"])


@pytest.mark.parametrize("name", ["with_traceback", "add_note", "args", "errno", "filename", "strerror"])
def test_attributes_never_replace_what_the_class_defines(types: TypeRegistry, name: str) -> None:
    original = OSError(1, "boom")
    received = types.dict_to_class(
        {**exception_dict("builtins.OSError", (1, "boom")), "attributes": {name: "hijacked"}}
    )
    assert name not in vars(received)
    assert received.args == original.args
    assert str(received) == str(original)


@pytest.mark.parametrize(
    "name", ["__class__", "__dict__", "__cause__", "__context__", "__traceback__", "__str__", "__reduce__", "__own__"]
)
def test_attributes_never_have_dunder_names(types: TypeRegistry, name: str) -> None:
    received = types.dict_to_class({**BUILTIN_ERROR, "attributes": {name: {"hijacked": True}}})
    assert type(received) is ValueError
    assert vars(received) == {}


@pytest.mark.parametrize("attributes", [None, 5, "text", ["a"], {5: "number"}, {None: 1}])
def test_attributes_that_are_none_are_ignored(types: TypeRegistry, attributes: object) -> None:
    assert vars(types.dict_to_class({**BUILTIN_ERROR, "attributes": attributes})) == {}


def test_an_exception_without_arguments_and_attributes_is_rebuilt(types: TypeRegistry) -> None:
    received = types.dict_to_class({"__class__": "builtins.ValueError", "__exception__": True})
    assert received.args == ()


@pytest.mark.parametrize(
    ("name", "args"),
    [("builtins.UnicodeDecodeError", ("boom",)), ("builtins.ValueError", 5), ("builtins.ExceptionGroup", ("x", [5]))],
)
def test_an_exception_that_does_not_take_its_arguments_is_refused(types: TypeRegistry, name: str, args: object) -> None:
    with pytest.raises(SerializeError, match=name.partition(".")[2]):
        types.dict_to_class(exception_dict(name, args), remote_errors=False)


@pytest.mark.parametrize("value", [10**400, "no number", None, [1]], ids=["huge", "text", "none", "list"])
def test_a_number_that_is_none_is_refused(types: TypeRegistry, value: object) -> None:
    with pytest.raises(SerializeError, match="float"):
        types.dict_to_class({"__class__": "float", "value": value})


# --- rebuilding inside containers ----------------------------------------------------------------------------------


def test_class_dictionaries_in_containers_are_rebuilt(types: TypeRegistry) -> None:
    received = types.recreate_classes([{"a": (BUILTIN_ERROR, 1)}, {1, 2}])
    assert type(received[0]["a"][0]) is ValueError
    assert received[1] == {1, 2}


def test_from_the_outside_inwards_what_is_in_a_class_dictionary_is_left_alone(types: TypeRegistry) -> None:
    received = types.recreate_classes(exception_dict("builtins.ValueError", (BUILTIN_ERROR,)))
    assert received.args == (BUILTIN_ERROR,)


def test_from_the_inside_outwards_all_are_rebuilt(types: TypeRegistry) -> None:
    received = types.recreate_classes_from_within([exception_dict("builtins.ValueError", [BUILTIN_ERROR])])
    assert type(received[0].args[0]) is ValueError
