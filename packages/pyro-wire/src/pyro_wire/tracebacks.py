"""Tracebacks that show both sides: the local lines, then those of the remote side."""

from __future__ import annotations

import linecache
import sys
import traceback
from types import FrameType, TracebackType

__all__ = ["RemoteNote", "RemoteTraceback", "excepthook", "format_traceback", "get_pyro_traceback", "remote_text"]

_REMOTE_HEADING = " +--- raised on the other side. Remote traceback:"
_EXTENDED_HEADING = " Extended stacktrace follows (most recent call last)\n"
_RULE = "-" * 52 + "\n"


class RemoteTraceback(Exception):
    """The cause of a ``RemoteError``; its text is the remote traceback. It is never raised."""

    def __str__(self) -> str:
        return f"\n{super().__str__()}"  # so that all its lines stand below each other


class RemoteNote(str):
    """The note of a ``RemoteError`` that shows the remote traceback, told from notes that came with the error."""

    __slots__ = ()


def remote_text(error: BaseException | None) -> str:
    """Return the remote traceback that an exception has brought, "" if there is none."""
    remote = getattr(error, "_pyroTraceback", None)
    if not remote:
        return ""
    # From outside, so it may be anything; usually it is a list of lines.
    return "".join(map(str, remote)) if isinstance(remote, list | tuple) else str(remote)


def get_pyro_traceback(
    ex_type: type[BaseException] | None = None,
    ex_value: BaseException | None = None,
    ex_tb: TracebackType | None = None,
) -> list[str]:
    """Return the traceback of an exception as lines, the remote part included.

    Without arguments the exception being handled is used. Each remote line is prefixed with `` | ``.
    """
    ex_type, ex_value, ex_tb = _fill_in(ex_type, ex_value, ex_tb)
    text = remote_text(ex_value)
    lines = _format(ex_type, ex_value, ex_tb, with_remote_cause=not text)
    if text:
        lines.append(_REMOTE_HEADING + "\n")
        lines.extend(f" | {line}\n" for line in text.splitlines())
        lines.append(" +--- end of the remote side\n")
    return lines


def format_traceback(
    ex_type: type[BaseException] | None = None,
    ex_value: BaseException | None = None,
    ex_tb: TracebackType | None = None,
    detailed: bool = False,
) -> list[str]:
    """Return the local traceback of an exception as lines; ``detailed`` adds the local variables of each frame.

    Without arguments the exception being handled is used. The remote side of a ``RemoteError`` is in it once, as cause.
    """
    ex_type, ex_value, ex_tb = _fill_in(ex_type, ex_value, ex_tb)
    lines = _format(ex_type, ex_value, ex_tb)
    if not detailed or ex_tb is None:
        return lines
    detail = [_RULE, _EXTENDED_HEADING]
    for index, (frame, line_number) in enumerate(traceback.walk_tb(ex_tb)):
        detail.extend(_describe_frame(frame, line_number, with_locals=index > 0))
    return [*detail, _RULE, *lines]


def excepthook(ex_type: type[BaseException], ex_value: BaseException, ex_tb: TracebackType | None) -> None:
    """Write an exception with its remote traceback to standard error; assign it to ``sys.excepthook``."""
    sys.stderr.write("".join(get_pyro_traceback(ex_type, ex_value, ex_tb)))


def _fill_in(
    ex_type: type[BaseException] | None, ex_value: BaseException | None, ex_tb: TracebackType | None
) -> tuple[type[BaseException] | None, BaseException | None, TracebackType | None]:
    if ex_type is not None and not isinstance(ex_type, type):
        raise TypeError("pass the exception's type, value and traceback, or nothing to use the current exception")
    if ex_type is None and ex_value is None and ex_tb is None:
        return sys.exc_info()
    return ex_type, ex_value, ex_tb


def _format(
    ex_type: type[BaseException] | None,
    ex_value: BaseException | None,
    ex_tb: TracebackType | None,
    *,
    with_remote_cause: bool = True,
) -> list[str]:
    if ex_value is None:
        return traceback.format_exception(ex_type, ex_value, ex_tb)
    report = traceback.TracebackException(type(ex_value), ex_value, ex_tb)
    if not with_remote_cause and isinstance(ex_value.__cause__, RemoteTraceback):
        report.__cause__ = None
    _leave_out_remote_notes(report)
    return list(report.format())


def _leave_out_remote_notes(report: traceback.TracebackException | None) -> None:
    """Show a remote traceback once. Else it would double with each server that passes the error on."""
    while report is not None:
        notes = report.__notes__
        if isinstance(notes, list):
            report.__notes__ = [note for note in notes if not isinstance(note, RemoteNote)]
        for part in report.exceptions or ():
            _leave_out_remote_notes(part)
        _leave_out_remote_notes(report.__context__)
        report = report.__cause__


def _describe_frame(frame: FrameType, line_number: int, *, with_locals: bool) -> list[str]:
    code = frame.f_code
    source = linecache.getline(code.co_filename, line_number).strip()
    lines = [
        f"File {code.co_filename!r}, line {line_number}, in {code.co_name}\n",
        "Source code:\n",
        f"    {source}\n",
    ]
    # The outermost frame is the library's own; its variables would only bury those of the program.
    if with_locals and frame.f_locals:
        lines.append("Local values:\n")
        for name, value in sorted(frame.f_locals.items()):
            lines.append(f"    {name} = {_safe_repr(value)}\n")
            if name == "self":
                attributes = sorted(getattr(value, "__dict__", {}).items())
                lines.extend(f"        self.{key} = {_safe_repr(item)}\n" for key, item in attributes)
    return lines


def _safe_repr(value: object) -> str:
    for describe in (repr, str):
        try:
            return describe(value)
        except Exception:  # the program's own __repr__ and __str__ may raise anything
            continue
    return "<ERROR>"
