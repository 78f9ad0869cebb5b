"""Classes for exceptions of the other side that nobody knows here: made on demand, all of them ``RemoteError``."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from pyro_wire.errors import RemoteError, SerializeError
from pyro_wire.tracebacks import RemoteNote, RemoteTraceback, remote_text

__all__ = ["own_attributes", "remote_class_for", "remote_error", "take_attributes"]

MAX_CLASSES = 1024
"""How many classes are remembered. Their names come from the network, so there may be any number of them."""
MAX_NAME = 255
"""Characters of a name that are kept."""


_classes: dict[str, type[RemoteError]] = {}
"""The classes by their remote name, the oldest first."""


def remote_class_for(name: str) -> type[RemoteError]:
    """Return the class that stands here for a remote exception class, ``module.Name``: the same one each time.

    That is so while it is among the last ``MAX_CLASSES``.
    """
    name = "".join(char if char.isprintable() else "?" for char in name[:MAX_NAME])
    cls = _classes.get(name)
    if cls is None:
        cls = _classes.setdefault(name, _make_class(name))  # one step: two threads get the same class
        if len(_classes) > MAX_CLASSES:
            with contextlib.suppress(KeyError, RuntimeError):  # another thread makes room at this moment
                del _classes[next(iter(_classes))]
    return cls


def remote_error(name: str, data: Mapping[str, Any]) -> RemoteError:
    """Return what stands here for an exception of a class that nobody knows, from the dictionary that it came as.

    Its remote traceback, if it brought one, is its cause and a note too, so that any ordinary traceback shows it.
    Raises ``SerializeError`` for a dictionary that is none of an exception.
    """
    args = data.get("args", ())
    if not isinstance(args, list | tuple):
        raise SerializeError(f"the arguments of exception {name} are no list")
    error = remote_class_for(name)(*args)
    take_attributes(error, data.get("attributes"))
    _show_remote_side(error)
    return error


def take_attributes(error: BaseException, attributes: object) -> None:
    """Set what an exception has brought as attributes, as far as that is safe."""
    if not isinstance(attributes, Mapping):
        return
    for name, value in attributes.items():
        if _may_be_set(type(error), name):
            setattr(error, name, value)


def own_attributes(error: BaseException) -> dict[str, Any]:
    """Return the attributes with which an exception travels: all of its own, without the note that was made here."""
    attributes = dict(vars(error))
    notes = attributes.get("__notes__")
    if isinstance(notes, list) and any(isinstance(note, RemoteNote) for note in notes):
        attributes["__notes__"] = [note for note in notes if not isinstance(note, RemoteNote)]
        if not attributes["__notes__"]:
            del attributes["__notes__"]
    return attributes


def _make_class(name: str) -> type[RemoteError]:
    module, _, short_name = name.rpartition(".")
    namespace = {
        "__doc__": f"Stands for {name}, an exception class of another program.",
        "__module__": module or "builtins",  # a traceback leaves the latter out, and so shows the name as it came
        "__qualname__": short_name,
        "__reduce__": _reduce,
        "remote_class": name,
    }
    return type(short_name, (RemoteError,), namespace)


def _reduce(error: RemoteError) -> tuple[Any, ...]:
    """Say how such an error is copied and pickled: by the name of its class, which no module has."""
    return remote_error, (error.remote_class, {"args": error.args, "attributes": own_attributes(error)})


def _show_remote_side(error: RemoteError) -> None:
    text = remote_text(error)
    if not text:
        return
    notes = getattr(error, "__notes__", None)
    error.__notes__ = [*_texts(notes), RemoteNote(f"Remote traceback:\n{text.rstrip()}")]
    error.__cause__ = RemoteTraceback(text)


def _texts(notes: object) -> Iterable[str]:
    return map(str, notes) if isinstance(notes, list | tuple) else ()


_NEVER_SET = frozenset({"remote_class"})
"""What this side says about an exception, so the other side may not."""


def _may_be_set(cls: type[BaseException], name: object) -> bool:
    """Attributes are plain data from outside: they may neither replace a method nor reach Python's own machinery."""
    if not isinstance(name, str) or (name.startswith("__") and name != "__notes__") or name in _NEVER_SET:
        return False
    current = inspect.getattr_static(cls, name, None)
    return current is None or not (callable(current) or hasattr(current, "__set__") or hasattr(current, "__get__"))
