"""The table of what a class offers: made from the marks, and the only thing that callers reach anything through."""

# mypy knows no decorators above properties, where Pyro programs have always written @expose.
# mypy: disable-error-code="prop-decorator,misc"

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from pyro_server import callback, expose, oneway
from pyro_server.exposure import members_of, reset_members


class Members:
    """The methods and properties that the sample classes have, none of them marked."""

    class_attribute = "not a property"

    def __init__(self) -> None:
        self.instance_attribute = "not a property"

    def method(self, arg: int, default: int = 99, **kw: int) -> Any:
        return arg, default, kw

    @staticmethod
    def static(arg: int) -> int:
        return arg

    @classmethod
    def of_class(cls, arg: int) -> int:
        return arg

    def __dunder__(self) -> str:
        return "dunder"

    def _private(self) -> None: ...

    def __very_private(self) -> None: ...


@expose
class Whole:
    """A class that is exposed as a whole."""

    class_attribute = "not a property"

    def method(self) -> None: ...

    @staticmethod
    def static() -> None: ...

    @classmethod
    def of_class(cls) -> None: ...

    def __dunder__(self) -> None: ...

    def __init__(self) -> None: ...

    def _private(self) -> None: ...

    def __very_private(self) -> None: ...

    @property
    def both(self) -> int:
        return 1

    @both.setter
    def both(self, value: int) -> None: ...

    @property
    def readonly(self) -> int:
        return 2

    @oneway
    def note(self) -> None: ...


class Partly:
    """A class with some members exposed."""

    @expose
    @property
    def both(self) -> int:
        return 1

    @expose
    @both.setter
    def both(self, value: int) -> None: ...

    @expose
    @property
    def readonly(self) -> int:
        return 2

    @property
    def hidden(self) -> int:
        return 3

    @expose
    @oneway
    def note(self) -> None: ...

    @oneway
    def note_hidden(self) -> None: ...

    @expose
    def exposed(self) -> None: ...

    @staticmethod
    @expose
    def static() -> None: ...

    @classmethod
    @expose
    def of_class(cls) -> None: ...

    def unexposed(self) -> None: ...


def names(cls: type) -> tuple[set[str], set[str], set[str]]:
    """The methods, attributes and oneway methods that a class offers."""
    metadata = members_of(cls).metadata()
    return set(metadata.methods), set(metadata.attrs), set(metadata.oneway)


# --------------------------------------------------------------------------------------------- what is in it


def test_a_class_without_marks_offers_nothing() -> None:
    assert names(Members) == (set(), set(), set())


def test_an_exposed_class_offers_its_public_methods_and_properties() -> None:
    methods = {"method", "static", "of_class", "__dunder__", "note"}
    assert names(Whole) == (methods, {"both", "readonly"}, {"note"})


def test_a_class_with_some_members_exposed_offers_these() -> None:
    methods = {"note", "exposed", "static", "of_class"}
    assert names(Partly) == (methods, {"both", "readonly"}, {"note"})


def test_an_exposed_subclass_adds_its_own_to_what_its_base_offers() -> None:
    @expose
    class Sub(Whole):
        def more(self) -> None: ...

        @oneway
        def note_more(self) -> None: ...

    methods, attrs, oneways = names(Whole)
    assert names(Sub) == (methods | {"more", "note_more"}, attrs, oneways | {"note_more"})


def test_a_subclass_without_marks_offers_what_its_base_offers() -> None:
    class Sub(Partly):
        @expose
        def more(self) -> None: ...

        @oneway
        def note_more(self) -> None: ...

    methods, attrs, oneways = names(Partly)
    assert names(Sub) == (methods | {"more"}, attrs, oneways)


def test_an_override_without_a_mark_hides_the_exposed_method() -> None:
    class Sub(Partly):
        def exposed(self) -> None: ...

    assert "exposed" not in names(Sub)[0]


def test_an_exposed_class_does_not_expose_what_it_inherits() -> None:
    @expose
    class Sub(Members):
        def own(self) -> None: ...

    assert names(Sub) == ({"own"}, set(), set())


def test_a_class_of_somebody_else_can_be_exposed_afterwards() -> None:
    class Theirs:
        def method(self) -> None: ...

    expose(Theirs)
    assert names(Theirs)[0] == {"method"}


def test_a_method_that_is_only_oneway_is_not_offered() -> None:
    assert "note_hidden" not in names(Partly)[0]


def test_callbacks_are_known() -> None:
    class Listener:
        @expose
        @callback
        def notify(self) -> None: ...

        @expose
        def other(self) -> None: ...

    assert members_of(Listener).callbacks == {"notify"}


@pytest.mark.parametrize("mark", [1, "yes", object()])
def test_a_mark_is_nothing_but_true(mark: Any) -> None:
    class Odd:
        def method(self) -> None: ...

    Odd.method._pyroExposed = mark  # type: ignore[attr-defined]
    assert names(Odd)[0] == set()


# ------------------------------------------------------------------------------------------------ properties


def test_getter_and_setter_are_exposed_each_by_itself() -> None:
    class Sample:
        @expose
        @property
        def readable(self) -> int:
            return 1

        @readable.setter
        def readable(self, value: int) -> None: ...

        @property
        def writable(self) -> int:
            return 1

        @expose
        @writable.setter
        def writable(self, value: int) -> None: ...

    members = members_of(Sample)
    assert "readable" in members.getters
    assert "readable" not in members.setters
    # The last expose marks the property as it is by then, getter and setter.
    assert "writable" in members.getters
    assert "writable" in members.setters


def test_a_property_without_setter_cannot_be_written() -> None:
    assert set(members_of(Whole).setters) == {"both"}


def test_making_the_table_evaluates_no_property() -> None:
    class Touchy:
        @property
        def explosive(self) -> int:
            raise AssertionError("it was evaluated")

        @expose
        @property
        def exposed_but_touchy(self) -> int:
            raise AssertionError("it was evaluated")

    assert names(Touchy)[1] == {"exposed_but_touchy"}


def test_making_the_table_runs_no_descriptor() -> None:
    class Explosive:
        def __get__(self, instance: Any, owner: Any) -> Any:
            raise AssertionError("it was touched")

    class Sample:
        thing = Explosive()

    assert names(Sample) == (set(), set(), set())


def test_what_is_called_like_a_mark_but_made_up_on_the_fly_is_none() -> None:
    class SaysYes:
        """Has every attribute that it is asked for."""

        def __getattr__(self, name: str) -> bool:
            return True

        def __call__(self) -> None: ...

    class Sample:
        thing = SaysYes()

    assert names(Sample)[0] == set()


# ------------------------------------------------------------------------------------------------- per class


def test_the_table_of_a_class_is_made_once() -> None:
    assert members_of(Whole) is members_of(Whole)


def test_a_subclass_has_a_table_of_its_own() -> None:
    class Sub(Whole):
        pass

    assert members_of(Sub) is not members_of(Whole)


def test_a_class_that_was_changed_is_looked_through_anew_when_told() -> None:
    class Changing:
        @expose
        def first(self) -> None: ...

    assert names(Changing)[0] == {"first"}
    Changing.second = Changing.first  # type: ignore[attr-defined]
    assert names(Changing)[0] == {"first"}
    reset_members(Changing)
    assert names(Changing)[0] == {"first", "second"}


def test_the_table_of_a_class_that_is_gone_goes_with_it() -> None:
    cls = type("Passing", (Whole,), {})
    members_of(cls)
    reference = weakref.ref(cls)
    del cls
    gc.collect()
    assert reference() is None


def test_many_threads_may_ask_at_the_same_time() -> None:
    classes = [type(f"Class{number}", (Whole,), {}) for number in range(50)]
    tables: list[list[Any]] = []
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait(10)
        tables.append([members_of(cls).methods for cls in classes])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert tables == [[members_of(Whole).methods] * 50] * 4
