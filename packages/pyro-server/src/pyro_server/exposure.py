"""What is callable from outside: the decorators, and the table that they make. Nothing else decides this.

A class is looked through once. What the table does not name does not exist for callers, and is never even touched: no
``getattr`` runs on a name from outside that is not in it. A method, a getter and a setter are each exposed by
themselves.
"""

from __future__ import annotations

import inspect
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pyro_wire.calls import Metadata

__all__ = ["Members", "behavior", "callback", "expose", "is_private_name", "members_of", "oneway", "reset_members"]

_T = TypeVar("_T")

INSTANCE_MODES = ("session", "single", "percall")

# Double-underscore names that are never callable from outside: proxies need them for themselves, or they are Python's
# own machinery. Source: the protocol's list of private names.
NEVER_REMOTE = frozenset(
    f"__{name}__"
    for name in [
        "init",
        "init_subclass",
        "class",
        "module",
        "weakref",
        "call",
        "new",
        "del",
        "repr",
        "str",
        "format",
        "nonzero",
        "bool",
        "coerce",
        "cmp",
        "eq",
        "ne",
        "hash",
        "ge",
        "gt",
        "le",
        "lt",
        "dir",
        "enter",
        "exit",
        "copy",
        "deepcopy",
        "sizeof",
        "getattr",
        "setattr",
        "hasattr",
        "getattribute",
        "delattr",
        "instancecheck",
        "subclasscheck",
        "getinitargs",
        "getnewargs",
        "getstate",
        "setstate",
        "reduce",
        "reduce_ex",
        "subclasshook",
    ]
)


def is_private_name(name: str) -> bool:
    """Tell whether a name may never be exposed: all that begin with ``_``, but for names like ``__len__``."""
    if name in NEVER_REMOTE:
        return True
    if not name.startswith("_"):
        return False
    return not (len(name) > 4 and name.startswith("__") and name.endswith("__"))


# ------------------------------------------------------------------------------------------------ decorators


def expose(method_or_class: _T) -> _T:
    """Make a method, a property, or all public methods and properties that a class defines, callable from outside.

    Put it above other decorators such as ``@property``, but below ``@classmethod`` and ``@staticmethod``. It may be
    called as a function on a class of somebody else's. Returns its argument. Raises ``AttributeError`` for a private
    name, for the wrong order of decorators and for what cannot be exposed at all.
    """
    thing: Any = method_or_class
    if isinstance(thing, type):
        _expose_class(thing)
    elif isinstance(thing, property):
        for accessor in _functions_of(thing):
            _expose_function(accessor)
    elif isinstance(thing, classmethod | staticmethod):
        raise AttributeError(
            f"@expose on {thing.__func__.__name__}: @{type(thing).__name__} must be done after @expose; "
            f"write @{type(thing).__name__} on the line above @expose"
        )
    elif callable(thing) and hasattr(thing, "__name__"):
        _expose_function(thing)
    else:
        raise AttributeError(f"cannot expose {thing!r}: it is no method, property or class")
    return method_or_class


def _expose_function(function: Any) -> None:
    if is_private_name(function.__name__):
        raise AttributeError(f"cannot expose {function.__name__}: names that begin with _ are private")
    _mark(function, "_pyroExposed")


def _expose_class(cls: type) -> None:
    if is_private_name(cls.__name__):
        raise AttributeError(f"cannot expose {cls.__name__}: names that begin with _ are private")
    for name, thing in list(vars(cls).items()):
        if is_private_name(name):
            continue
        for function in _functions_of(thing):
            _mark(function, "_pyroExposed")
    _mark(cls, "_pyroExposed")


def _functions_of(thing: Any) -> list[Any]:
    """Return the functions behind something that a class defines; none for what is no method or property."""
    if isinstance(thing, property):
        return [accessor for accessor in (thing.fget, thing.fset, thing.fdel) if accessor is not None]
    if isinstance(thing, classmethod | staticmethod):
        return [thing.__func__]
    return [thing] if inspect.isfunction(thing) else []


def _mark(thing: Any, mark: str) -> None:
    setattr(thing, mark, True)


def oneway(method: _T) -> _T:
    """Have callers not wait for this method; it must be exposed as well. Its result and its errors go nowhere."""
    _mark(method, "_pyroOneway")
    return method


def callback(method: _T) -> _T:
    """Have errors in this method, which the other side calls back, be noticed on this side, too.

    The error goes to the caller as usual, and is also logged here; the connection is closed.
    """
    _mark(method, "_pyroCallback")
    return method


def behavior(
    instance_mode: str = "session", instance_creator: Callable[[type], Any] | None = None
) -> Callable[[_T], _T]:
    """Say when a registered class is instantiated, and how; a class decorator.

    ``instance_mode``: ``session``, one instance per connection; ``single``, one per daemon; ``percall``, one per call.
    ``instance_creator(cls)`` returns the instance; without one the class is called without arguments.
    """
    if not isinstance(instance_mode, str):
        raise SyntaxError("the behavior decorator is missing argument(s): write @behavior(...), with parentheses")

    def decorate(cls: _T) -> _T:
        if not isinstance(cls, type):
            raise TypeError("the behavior decorator is for classes")
        if instance_mode not in INSTANCE_MODES:
            raise ValueError(f"invalid instance mode {instance_mode!r}: use one of {', '.join(INSTANCE_MODES)}")
        if instance_creator is not None and not callable(instance_creator):
            raise TypeError("instance_creator must be a callable that takes the class")
        cls._pyroInstancing = (instance_mode, instance_creator)  # type: ignore[attr-defined]  # classes take attributes
        return cls

    return decorate


# ------------------------------------------------------------------------------------------------- the table


@dataclass(frozen=True, slots=True)
class Members:
    """What a class offers to callers."""

    methods: frozenset[str]
    oneway: frozenset[str]
    callbacks: frozenset[str]
    getters: dict[str, Callable[[Any], Any]]
    setters: dict[str, Callable[[Any, Any], None]]

    def metadata(self) -> Metadata:
        """Return the names, as proxies want to know them."""
        return Metadata(self.methods, self.oneway, frozenset(self.getters) | frozenset(self.setters))


_tables: weakref.WeakKeyDictionary[type, Members] = weakref.WeakKeyDictionary()
_tables_lock = threading.Lock()
"""Guards ``_tables``."""


def members_of(cls: type) -> Members:
    """Return the table of a class, made when it is first asked for."""
    table = _tables.get(cls)
    if table is None:
        table = _look_through(cls)
        with _tables_lock:
            _tables[cls] = table
    return table


def reset_members(cls: type) -> None:
    """Forget the table of a class that has been changed; the next question makes a new one."""
    with _tables_lock:
        _tables.pop(cls, None)


def _look_through(cls: type) -> Members:
    methods: set[str] = set()
    marked: dict[str, set[str]] = {"_pyroOneway": set(), "_pyroCallback": set()}
    getters: dict[str, Callable[[Any], Any]] = {}
    setters: dict[str, Callable[[Any, Any], None]] = {}
    for name in dir(cls):
        if is_private_name(name):
            continue
        thing = inspect.getattr_static(cls, name, None)
        if isinstance(thing, property):
            if _has_mark(thing.fget, "_pyroExposed"):
                getters[name] = thing.__get__
            if _has_mark(thing.fset, "_pyroExposed"):
                setters[name] = thing.__set__
            continue
        function = thing.__func__ if isinstance(thing, classmethod | staticmethod) else thing
        if not isinstance(function, type) and callable(function) and _has_mark(function, "_pyroExposed"):
            methods.add(name)
            for mark, names in marked.items():
                if _has_mark(function, mark):
                    names.add(name)
    return Members(
        frozenset(methods), frozenset(marked["_pyroOneway"]), frozenset(marked["_pyroCallback"]), getters, setters
    )


def _has_mark(function: Any, mark: str) -> bool:
    return function is not None and inspect.getattr_static(function, mark, False) is True
