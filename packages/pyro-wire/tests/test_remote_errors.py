"""What stands here for an exception class of another program."""

from __future__ import annotations

import copy
import pickle
import threading
import traceback
from typing import Any

import pytest

from pyro_wire import Config, SerializerBase, TypeRegistry, config, default_types
from pyro_wire.errors import RemoteError, SecurityError, SerializeError
from pyro_wire.exceptions import ExceptionWrapper, as_remote_error, exception_to_dict
from pyro_wire.remote_errors import MAX_CLASSES, MAX_NAME, remote_class_for
from pyro_wire.serializers import table_for

LINES = ["Traceback (most recent call last):\n", "app.AppError: boom\n"]


class Demanding(Exception):
    """An exception that does not take its own arguments."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def unknown(name: str = "app.AppError", args: Any = ("boom", 5), **attributes: Any) -> dict[str, Any]:
    """The dictionary of an exception that nobody knows here."""
    return {"__class__": name, "__exception__": True, "args": args, "attributes": attributes}


def received(data: dict[str, Any]) -> Any:
    return TypeRegistry(default_types).dict_to_class(data)


def shown(error: BaseException) -> str:
    """What Python shows when the exception ends a program."""
    return "".join(traceback.format_exception(error))


# --- the class -----------------------------------------------------------------------------------------------------


def test_an_unknown_exception_is_a_remote_error_with_the_name_of_its_class() -> None:
    error = received(unknown())
    assert isinstance(error, RemoteError)
    assert (type(error).__name__, type(error).__qualname__, type(error).__module__) == ("AppError", "AppError", "app")
    assert error.remote_class == "app.AppError"


def test_it_has_the_arguments_the_text_and_the_attributes_of_the_remote_exception() -> None:
    error = received(unknown(args=("boom",), code=17, details={"a": [1]}))
    assert (error.args, str(error), repr(error)) == (("boom",), "boom", "AppError('boom')")
    assert (error.code, error.details) == (17, {"a": [1]})


def test_an_exception_of_the_program_that_was_started_is_no_exception_to_that() -> None:
    error = received(unknown("__main__.AppError"))
    assert isinstance(error, RemoteError)
    assert (type(error).__name__, error.remote_class) == ("AppError", "__main__.AppError")


@pytest.mark.parametrize("name", ["__main__.App__Error", "app__x.AppError", "__main__x.Error", "__main__.__main__.X"])
def test_other_names_with_double_underscores_are_refused(name: str) -> None:
    with pytest.raises(SecurityError, match="double underscores"):
        received(unknown(name))


def test_another_object_of_the_program_that_was_started_is_as_unknown_as_any() -> None:
    with pytest.raises(SerializeError, match=r"unsupported serialized class: __main__\.Thing$"):
        received({"__class__": "__main__.Thing", "args": ()})


def test_to_those_who_want_errors_as_of_pyro5_that_program_is_no_exception() -> None:
    with pytest.raises(SecurityError, match="double underscores"):
        default_types.dict_to_class(unknown("__main__.AppError"), remote_errors=False)


def test_the_same_name_has_the_same_class() -> None:
    assert type(received(unknown())) is type(received(unknown(args=())))


def test_other_names_have_other_classes() -> None:
    assert type(received(unknown("app.AppError"))) is not type(received(unknown("other.AppError")))


def test_threads_that_meet_a_name_at_the_same_time_get_the_same_class() -> None:
    ready = threading.Barrier(8)
    classes: set[type] = set()

    def ask() -> None:
        ready.wait(10)
        classes.update(remote_class_for(f"app.Error{number}") for number in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(classes) == 50


def test_names_from_the_network_do_not_fill_the_memory() -> None:
    first = remote_class_for("app.First")
    for number in range(MAX_CLASSES):
        remote_class_for(f"app.Flood{number}")
    assert remote_class_for("app.First") is not first


def test_a_name_that_is_too_long_is_cut() -> None:
    assert received(unknown("app." + 1000 * "x")).remote_class == "app." + (MAX_NAME - 4) * "x"


@pytest.mark.parametrize(
    ("name", "expected"), [("a\0b", "a?b"), ("app.\ud800", "app.?"), ("", ""), (".", "."), ("\x1b[31mred", "?[31mred")]
)
def test_a_name_that_cannot_be_shown_is_made_harmless(name: str, expected: str) -> None:
    error = received(unknown(name))
    assert error.remote_class == expected
    assert shown(error).isprintable() or "\n" in shown(error)


def test_a_name_without_a_module_is_shown_as_it_came() -> None:
    assert shown(received(unknown("NoSuchError", ("boom",)))) == "NoSuchError: boom\n"


@pytest.mark.parametrize("name", ["Pyro5.errors.NoSuchError", "builtins.eval", "builtins.object", "sqlite3.connect"])
def test_a_name_that_means_something_else_here_is_only_a_name(name: str) -> None:
    assert type(received(unknown(name))).__mro__[1] is RemoteError


# --- attributes are data from outside ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["args", "with_traceback", "add_note", "remote_class"])
def test_attributes_never_replace_what_the_class_defines(name: str) -> None:
    error = received({**unknown(), "attributes": {name: "hijacked"}})
    assert vars(error) == {}
    assert (error.args, error.remote_class) == (("boom", 5), "app.AppError")


@pytest.mark.parametrize("name", ["__class__", "__dict__", "__cause__", "__traceback__", "__str__", "__reduce__"])
def test_attributes_never_have_dunder_names(name: str) -> None:
    error = received({**unknown(), "attributes": {name: {"hijacked": True}}})
    assert (type(error).__name__, vars(error), error.__cause__) == ("AppError", {}, None)


@pytest.mark.parametrize("attributes", [None, 5, "text", ["a"], {5: "number"}])
def test_attributes_that_are_none_are_ignored(attributes: object) -> None:
    assert vars(received({**unknown(), "attributes": attributes})) == {}


@pytest.mark.parametrize("args", [None, 5, "text", {}])
def test_arguments_that_are_no_list_are_refused(args: object) -> None:
    with pytest.raises(SerializeError, match=r"app\.AppError"):
        received(unknown(args=args))


@pytest.mark.parametrize("notes", [None, 5, "text", {}, [1, None]])
def test_notes_from_outside_never_hide_the_remote_traceback(notes: object) -> None:
    error = received(unknown(__notes__=notes, _pyroTraceback=LINES))
    assert "app.AppError: boom" in error.__notes__[-1]
    assert all(isinstance(note, str) for note in error.__notes__)


# --- the remote traceback ------------------------------------------------------------------------------------------


def test_the_remote_traceback_is_an_attribute_a_note_and_the_cause() -> None:
    error = received(unknown(_pyroTraceback=LINES))
    assert error._pyroTraceback == LINES
    assert error.__notes__ == ["Remote traceback:\n" + "".join(LINES).rstrip()]
    assert str(error.__cause__) == "\n" + "".join(LINES)


def test_an_ordinary_traceback_shows_the_remote_side() -> None:
    assert "".join(LINES) in shown(received(unknown(_pyroTraceback=LINES)))


def test_remote_notes_come_before_that_of_the_traceback() -> None:
    error = received(unknown(_pyroTraceback=LINES, __notes__=["look here"]))
    assert (error.__notes__[0], len(error.__notes__)) == ("look here", 2)


@pytest.mark.parametrize("traceback_lines", [None, [], ""])
def test_without_a_remote_traceback_there_is_no_note_and_no_cause(traceback_lines: object) -> None:
    error = received(unknown(_pyroTraceback=traceback_lines))
    assert (hasattr(error, "__notes__"), error.__cause__) == (False, None)


@pytest.mark.parametrize("lines", ["one text", 5, [1, None], {"a": 1}])
def test_a_remote_traceback_may_be_anything(lines: object) -> None:
    assert isinstance(received(unknown(_pyroTraceback=lines)).__cause__, Exception)


# --- on to the next one --------------------------------------------------------------------------------------------


def test_it_travels_on_as_what_it_was() -> None:
    data = unknown(code=17, __notes__=["look here"], _pyroTraceback=LINES)
    assert exception_to_dict(received(data)) == data


def test_it_travels_on_without_a_note_that_was_made_here() -> None:
    data = unknown(_pyroTraceback=LINES)
    assert exception_to_dict(received(data)) == data


def test_a_note_that_was_added_on_the_way_travels_on() -> None:
    error = received(unknown(_pyroTraceback=LINES))
    error.add_note("seen in the middle")
    assert exception_to_dict(error)["attributes"]["__notes__"] == ["seen in the middle"]


@pytest.mark.parametrize("exception", [SystemExit(3), KeyboardInterrupt(), GeneratorExit("end")], ids=repr)
def test_what_would_end_the_program_becomes_a_remote_error_and_travels_on_as_it_was(exception: BaseException) -> None:
    exception._pyroTraceback = LINES  # type: ignore[attr-defined]  # exceptions take attributes
    error = as_remote_error(exception)
    assert type(error).__name__ == type(exception).__name__
    assert error.args == exception.args
    assert exception_to_dict(error) == exception_to_dict(exception)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"]
)
def test_it_can_be_copied_and_pickled(duplicate: Any) -> None:
    error = received(unknown(code=17, _pyroTraceback=LINES))
    again = duplicate(error)
    assert type(again) is type(error)
    assert (again.args, vars(again)) == (error.args, vars(error))


# --- classes that are known but not to be had ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args"), [("builtins.UnicodeDecodeError", ("boom",)), ("builtins.ExceptionGroup", ("x", [5]))]
)
def test_a_known_class_that_does_not_take_its_arguments_becomes_a_remote_error(name: str, args: Any) -> None:
    error = received(unknown(name, args, code=17))
    assert isinstance(error, RemoteError)
    assert (error.remote_class, error.args, error.code) == (name, args, 17)  # type: ignore[attr-defined]


def test_so_does_a_class_of_the_program_in_a_converter() -> None:
    types = TypeRegistry(default_types)
    types.register_dict_to_class("app.Demanding", lambda _, data: SerializerBase.make_exception(Demanding, data))
    error = types.dict_to_class(unknown("app.Demanding", ("boom",), code=17))
    assert isinstance(error, RemoteError)
    assert (type(error).__name__, error.args, error.code) == ("Demanding", ("boom",), 17)  # type: ignore[attr-defined]


# --- in the formats, and by configuration --------------------------------------------------------------------------


def serializers_with(**items: Any) -> list[SerializerBase]:
    return list(table_for(Config(**items)).by_id.values())


TOLERANT = pytest.mark.parametrize("serializer", serializers_with(), ids=lambda serializer: serializer.name)
STRICT = pytest.mark.parametrize(
    "serializer", serializers_with(REMOTE_ERRORS=False), ids=lambda serializer: serializer.name
)


@TOLERANT
def test_every_format_carries_it_on_its_own_in_containers_and_in_calls(serializer: SerializerBase) -> None:
    error = received(unknown(code=17, _pyroTraceback=LINES))
    alone = serializer.loads(serializer.dumps(error))
    (inside,) = serializer.loads(serializer.dumps([error]))
    _, _, (argument,), _ = serializer.loadsCall(serializer.dumpsCall("obj", "method", [error], {}))
    for again in (alone, inside, argument):
        assert type(again) is type(error)
        assert (list(again.args), vars(again)) == (["boom", 5], vars(error))


@TOLERANT
def test_every_format_carries_it_as_the_end_of_a_batch(serializer: SerializerBase) -> None:
    results = serializer.loads(serializer.dumps([1, ExceptionWrapper(received(unknown()))]))
    assert results[0] == 1
    assert type(results[1].exception) is remote_class_for("app.AppError")


@STRICT
@pytest.mark.parametrize("wrap", [list, lambda items: [ExceptionWrapper(items[0])]], ids=["plain", "batch"])
def test_programs_that_expect_the_error_of_pyro5_can_have_it(serializer: SerializerBase, wrap: Any) -> None:
    payload = serializer.dumps(wrap([received(unknown())]))
    with pytest.raises(SerializeError) as caught:
        serializer.loads(payload)
    assert str(caught.value) == "unsupported serialized class: app.AppError"


@STRICT
def test_a_class_that_does_not_take_its_arguments_is_refused_then(serializer: SerializerBase) -> None:
    payload = serializer.dumps(received(unknown("builtins.UnicodeDecodeError")))
    with pytest.raises(SerializeError, match="UnicodeDecodeError"):
        serializer.loads(payload)


def test_the_process_wide_functions_go_by_the_process_wide_configuration(monkeypatch) -> None:
    monkeypatch.setattr(config, "REMOTE_ERRORS", False)
    with pytest.raises(SerializeError, match=r"^unsupported serialized class: app\.AppError$"):
        SerializerBase.dict_to_class(unknown())
    with pytest.raises(SerializeError, match="Demanding"):
        SerializerBase.make_exception(Demanding, unknown(args=("boom",)))


def test_an_exception_that_insists_on_bytes_gets_them_although_they_came_as_a_dictionary() -> None:
    wrapped = {"data": "/w==", "encoding": "base64"}
    data = unknown("builtins.UnicodeDecodeError", args=("utf-8", wrapped, 0, 1, "invalid start byte"))
    error = received(data)
    assert isinstance(error, UnicodeDecodeError)
    assert error.object == b"\xff"
