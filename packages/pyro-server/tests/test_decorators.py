"""The decorators: what may be marked, what may not, and what marks do to the thing itself."""

from __future__ import annotations

from typing import Any

import pytest

from pyro_server import behavior, callback, expose, oneway
from pyro_server.exposure import NEVER_REMOTE, is_private_name


class Plain:
    """A class that nobody has decorated."""

    def method(self) -> None: ...


def mark(thing: Any, name: str = "_pyroExposed") -> Any:
    """Return what a decorator has put on something."""
    return getattr(thing, name, None)


# -------------------------------------------------------------------------------------------------- expose


def test_expose_returns_its_argument_marked() -> None:
    def function() -> None: ...

    assert expose(function) is function
    assert mark(function) is True
    assert expose(Plain) is Plain
    assert mark(Plain) is True


def test_a_property_is_marked_at_all_its_functions() -> None:
    prop = property(lambda self: 1, lambda self, value: None, lambda self: None)
    assert expose(prop) is prop
    assert all(mark(accessor) for accessor in (prop.fget, prop.fset, prop.fdel))


@pytest.mark.parametrize("name", ["_private", "__very_private", "__init__", "__call__", "__getattr__"])
def test_a_private_method_cannot_be_exposed(name: str) -> None:
    def function() -> None: ...

    function.__name__ = name
    with pytest.raises(AttributeError, match=name):
        expose(function)


def test_a_private_class_cannot_be_exposed() -> None:
    with pytest.raises(AttributeError, match="_Private"):
        expose(type("_Private", (), {}))


def test_a_dunder_method_can_be_exposed() -> None:
    @expose
    class Sequence:
        def __len__(self) -> int:
            return 3

    assert mark(Sequence.__len__)


@pytest.mark.parametrize("outer", [classmethod, staticmethod])
def test_expose_above_classmethod_or_staticmethod_is_refused_with_the_remedy(outer: Any) -> None:
    def method(*_: Any) -> None: ...

    with pytest.raises(AttributeError, match="must be done after"):
        expose(outer(method))


@pytest.mark.parametrize("thing", [42, "text", None, object(), Plain()])
def test_what_is_no_method_property_or_class_cannot_be_exposed(thing: Any) -> None:
    with pytest.raises(AttributeError):
        expose(thing)


def test_exposing_a_class_leaves_inherited_methods_alone() -> None:
    class Base:
        def inherited(self) -> None: ...

    @expose
    class Derived(Base):
        def own(self) -> None: ...

    assert not mark(Base.inherited)
    assert mark(Derived.own)


def test_exposing_a_class_leaves_private_members_alone() -> None:
    @expose
    class Sample:
        def _private(self) -> None: ...

    assert not mark(Sample._private)


# ---------------------------------------------------------------------------------------- oneway, callback


def test_oneway_and_callback_return_their_argument_marked() -> None:
    def function() -> None: ...

    assert oneway(function) is function
    assert mark(function, "_pyroOneway") is True
    assert callback(function) is function
    assert mark(function, "_pyroCallback") is True


# ------------------------------------------------------------------------------------------------ behavior


@pytest.mark.parametrize("mode", ["single", "session", "percall"])
def test_behavior_says_when_instances_are_made(mode: str) -> None:
    decorated = behavior(instance_mode=mode)(Plain)
    assert decorated is Plain
    assert mark(Plain, "_pyroInstancing") == (mode, None)


def test_behavior_says_how_instances_are_made() -> None:
    def creator(cls: type) -> Any:
        return cls()

    @behavior(instance_mode="single", instance_creator=creator)
    class Sample:
        pass

    assert mark(Sample, "_pyroInstancing") == ("single", creator)


def test_the_usual_mode_is_session() -> None:
    behavior()(Plain)
    assert mark(Plain, "_pyroInstancing") == ("session", None)


def test_the_order_of_behavior_and_expose_does_not_matter() -> None:
    @expose
    @behavior("single")
    class First:
        def method(self) -> None: ...

    @behavior("single")
    @expose
    class Second:
        def method(self) -> None: ...

    for cls in (First, Second):
        assert mark(cls)
        assert mark(cls, "_pyroInstancing") == ("single", None)
        assert mark(vars(cls)["method"])


def test_behavior_without_parentheses_is_a_syntax_error() -> None:
    with pytest.raises(SyntaxError, match="is missing argument"):
        behavior(Plain)  # type: ignore[arg-type]  # that is the point


def test_behavior_is_for_classes() -> None:
    with pytest.raises(TypeError):
        behavior("single")(lambda: None)


def test_that_something_is_no_class_is_told_before_the_mode_is_looked_at() -> None:
    with pytest.raises(TypeError):
        behavior("nonsense")(lambda: None)


def test_an_unknown_mode_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"nonsense.*session.*single.*percall"):
        behavior("nonsense")(Plain)


def test_a_creator_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="instance_creator"):
        behavior(instance_creator=42)(Plain)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------- private names


def test_some_names_are_never_remote() -> None:
    listed = """
        init init_subclass class module weakref call new del repr str format nonzero bool coerce cmp eq ne hash ge gt le
        lt dir enter exit copy deepcopy sizeof getattr setattr hasattr getattribute delattr instancecheck subclasscheck
        getinitargs getnewargs getstate setstate reduce reduce_ex subclasshook
    """
    assert {f"__{name}__" for name in listed.split()} == NEVER_REMOTE
    assert all(is_private_name(name) for name in NEVER_REMOTE)


@pytest.mark.parametrize("name", ["_", "_x", "__", "___", "____", "__x", "__x_", "_x__", "_private", "__private"])
def test_names_that_begin_with_an_underscore_are_private(name: str) -> None:
    assert is_private_name(name)


@pytest.mark.parametrize("name", ["x", "x_", "x__", "public", "__x__", "__len__", "__iter__", "__dunder__", "a.b"])
def test_other_names_are_not(name: str) -> None:
    assert not is_private_name(name)
