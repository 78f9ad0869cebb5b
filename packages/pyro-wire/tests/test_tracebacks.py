"""Tracebacks that show both sides."""

from __future__ import annotations

import pytest

from pyro_wire.errors import RemoteError, excepthook, format_traceback, get_pyro_traceback
from pyro_wire.remote_errors import remote_error

EXTENDED = " Extended stacktrace follows (most recent call last)\n"


class Unprintable:
    """Neither repr nor str."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")


class OnlyText(Unprintable):
    """str, but no repr."""

    def __str__(self) -> str:
        return "only text"


class Worker:
    """Fails in a method, so that there is a ``self``."""

    def __init__(self) -> None:
        self.speed = 99

    def work(self) -> None:
        a = 10
        broken, stubborn = Unprintable(), OnlyText()
        raise ZeroDivisionError(f"{a} {type(broken)} {type(stubborn)}")


def failure(**attributes: object) -> BaseException:
    """An exception that was raised, with two frames in its traceback."""
    try:
        Worker().work()
    except ZeroDivisionError as error:
        vars(error).update(attributes)
        return error
    raise AssertionError("nothing was raised")


def arguments(error: BaseException) -> tuple:
    return type(error), error, error.__traceback__


def detailed(error: BaseException) -> list[str]:
    return format_traceback(type(error), error, error.__traceback__, detailed=True)


# --- the remote part -----------------------------------------------------------------------------------------------


def test_without_a_remote_part_the_traceback_is_the_usual_one() -> None:
    error = failure()
    lines = get_pyro_traceback(*arguments(error))
    assert lines == format_traceback(*arguments(error))
    assert lines[0] == "Traceback (most recent call last):\n"
    assert lines[-1].startswith("ZeroDivisionError: 10 ")
    assert not any("Remote traceback" in line for line in lines)


def test_the_remote_lines_follow_the_local_ones_behind_a_mark() -> None:
    error = failure(_pyroTraceback=["Traceback on the server:\n", "  line 1\n  line 2\n"])
    lines = get_pyro_traceback(*arguments(error))
    heading = next(place for place, line in enumerate(lines) if "Remote traceback:" in line)
    assert lines[:heading] == format_traceback(*arguments(error))
    assert lines[heading + 1 : heading + 4] == [" | Traceback on the server:\n", " |   line 1\n", " |   line 2\n"]


@pytest.mark.parametrize("nothing", [None, [], ""])
def test_an_empty_remote_part_is_left_out(nothing: object) -> None:
    assert not any(
        "Remote traceback" in line for line in get_pyro_traceback(*arguments(failure(_pyroTraceback=nothing)))
    )


@pytest.mark.parametrize("remote", ["text", 5, [5, None], {"a": 1}, ("text",)])
def test_a_remote_part_that_is_no_list_of_lines_does_not_hide_the_error(remote: object) -> None:
    lines = get_pyro_traceback(*arguments(failure(_pyroTraceback=remote)))
    assert any(line.startswith("ZeroDivisionError: 10 ") for line in lines)
    assert any("Remote traceback" in line for line in lines)


@pytest.mark.parametrize("function", [get_pyro_traceback, format_traceback])
def test_without_arguments_it_is_about_the_exception_in_progress(function) -> None:
    try:
        Worker().work()
    except ZeroDivisionError:
        assert function()[-1].startswith("ZeroDivisionError: 10 ")


@pytest.mark.parametrize("function", [get_pyro_traceback, format_traceback])
def test_an_exception_alone_in_place_of_its_type_is_a_type_error(function) -> None:
    with pytest.raises(TypeError, match="type, value and traceback"):
        function(ZeroDivisionError("boom"))


def test_every_line_ends_its_line() -> None:
    lines = get_pyro_traceback(*arguments(failure(_pyroTraceback=["one\n", "two"])))
    assert all(line.endswith("\n") for line in lines)


def test_the_hook_writes_both_parts_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    error = failure(_pyroTraceback=["line on the server\n"])
    excepthook(*arguments(error))
    assert capsys.readouterr().err == "".join(get_pyro_traceback(*arguments(error)))


# --- details -------------------------------------------------------------------------------------------------------


def test_details_are_announced_and_the_usual_traceback_is_still_there() -> None:
    error = failure()
    lines = detailed(error)
    assert EXTENDED in lines
    usual = format_traceback(*arguments(error))
    assert lines[-len(usual) :] == usual


def test_details_are_left_out_unless_asked_for() -> None:
    assert EXTENDED not in format_traceback(*arguments(failure()))


def test_details_tell_file_line_function_and_source_of_each_frame() -> None:
    text = "".join(detailed(failure()))
    assert f"File {__file__!r}, line {Worker.work.__code__.co_firstlineno + 3}, in work\n" in text
    assert 'raise ZeroDivisionError(f"{a} {type(broken)} {type(stubborn)}")' in text


def test_details_show_local_variables() -> None:
    assert any(" a = 10" in line for line in detailed(failure()))


def test_details_show_the_attributes_of_self() -> None:
    assert any("self.speed = 99" in line for line in detailed(failure()))


def test_details_leave_out_the_local_variables_of_the_first_frame() -> None:
    lines = detailed(failure(extra=1))
    assert not any("attributes = " in line for line in lines)


def test_a_variable_that_cannot_be_shown_is_shown_as_an_error() -> None:
    assert any("broken = <ERROR>" in line for line in detailed(failure()))


def test_a_variable_without_repr_is_shown_as_its_text() -> None:
    assert any("stubborn = only text" in line for line in detailed(failure()))


def test_details_of_an_exception_that_was_never_raised_are_none() -> None:
    error = ValueError("boom")
    assert format_traceback(type(error), error, None, detailed=True) == ["ValueError: boom\n"]


# --- what stands for an exception of another program ---------------------------------------------------------------


def remote_failure() -> Exception:
    """An unknown exception of the other side, raised here."""
    attributes = {"_pyroTraceback": ["remote line\n"]}
    try:
        raise remote_error("app.AppError", {"args": ("boom",), "attributes": attributes})
    except RemoteError as error:
        return error


def test_a_remote_traceback_is_shown_once_with_both_sides() -> None:
    text = "".join(get_pyro_traceback(*arguments(remote_failure())))
    assert text.count("remote line") == 1
    assert " | remote line\n" in text
    assert "app.AppError: boom" in text.partition("Remote traceback:")[0]


def test_a_remote_traceback_is_shown_once_to_the_next_client() -> None:
    assert "".join(format_traceback(*arguments(remote_failure()))).count("remote line") == 1


@pytest.mark.parametrize(
    "wrap", [ValueError, lambda text: ExceptionGroup(text, [remote_failure()])], ids=["one", "group"]
)
def test_a_remote_traceback_is_shown_once_for_each_time_that_the_error_is_there(wrap) -> None:
    try:
        raise wrap("in the middle") from remote_failure()
    except Exception as error:
        text = "".join(format_traceback(*arguments(error)))
    assert text.count("remote line") == text.count("app.AppError: boom")
