"""Registering objects: ids, who may have them, weak references, and which daemon an object belongs to."""

from __future__ import annotations

import gc
import re
from typing import Any

import pytest

from pyro_server.registry import ObjectRegistry, publication_of
from pyro_wire.errors import DaemonError
from pyro_wire.names import DAEMON_NAME


class Host:
    """A daemon as far as a registry is concerned."""

    def __init__(self) -> None:
        self.registry = ObjectRegistry(self)  # type: ignore[arg-type]  # a fake


class Thing:
    """An ordinary object."""


class Slotted:
    """An object that takes no attributes."""

    __slots__ = ("__weakref__",)


class Sized(Thing):
    """An object that is falsy."""

    def __len__(self) -> int:
        return 0


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def registered_elsewhere(host: Host) -> Any:
    """An object that another daemon hosts."""
    other: Any = Host()
    thing: Any = Thing()
    other.registry.add(thing, "id", force=False, weak=False)
    thing.keeps_it_alive = other
    return thing


@pytest.fixture
def registry(host: Host) -> ObjectRegistry:
    return host.registry


def add(registry: ObjectRegistry, obj: Any, object_id: Any = None, *, force: bool = False, weak: bool = False) -> str:
    return registry.add(obj, object_id, force=force, weak=weak)


def pyro_id(obj: Any) -> Any:
    return getattr(obj, "_pyroId", None)


# ------------------------------------------------------------------------------------------------- adding


@pytest.mark.parametrize("obj", [Thing(), Thing, Slotted(), Sized(), [], "text"], ids=repr)
def test_what_is_added_is_found_under_its_id(registry: ObjectRegistry, obj: Any) -> None:
    assert add(registry, obj, "id") == "id"
    assert registry.get("id") is obj
    assert registry.id_of(obj) == "id"
    registry.remove("id")


def test_an_id_is_made_up_if_none_is_given(registry: ObjectRegistry) -> None:
    first, second = add(registry, Thing()), add(registry, Thing())
    assert re.fullmatch("obj_[0-9a-f]{32}", first)
    assert first != second


@pytest.mark.parametrize("object_id", [42, b"id", Thing()])
def test_an_id_is_a_text(registry: ObjectRegistry, object_id: Any) -> None:
    with pytest.raises(TypeError):
        add(registry, Thing(), object_id)
    assert registry.by_id == {}


def test_an_object_knows_its_id_and_its_daemon(host: Host) -> None:
    thing: Any = Thing()
    add(host.registry, thing, "id")
    assert thing._pyroId == "id"
    assert thing._pyroDaemon.registry is host.registry


def test_an_object_does_not_keep_its_daemon_alive() -> None:
    host = Host()
    thing: Any = Thing()
    add(host.registry, thing, "id")
    daemon = thing._pyroDaemon
    del host
    gc.collect()
    with pytest.raises(ReferenceError):
        daemon.registry  # noqa: B018  # reading it is the point


def test_an_unknown_id_is_a_daemon_error(registry: ObjectRegistry) -> None:
    with pytest.raises(DaemonError, match="unknown object"):
        registry.get("nobody")


# ------------------------------------------------------------------------------------------ twice the same


@pytest.mark.parametrize("obj", [Thing(), Thing, Slotted()], ids=repr)
def test_an_object_cannot_be_added_twice(registry: ObjectRegistry, obj: Any) -> None:
    add(registry, obj, "id")
    with pytest.raises(DaemonError, match="object or class already has a Pyro id"):
        add(registry, obj, "another")
    registry.remove(obj)


def test_an_id_cannot_be_taken_twice(registry: ObjectRegistry) -> None:
    first = Thing()
    add(registry, first, "id")
    with pytest.raises(DaemonError, match="an object or class is already registered with that id"):
        add(registry, Thing(), "id")
    assert registry.get("id") is first


def test_by_force_an_id_is_taken_over(registry: ObjectRegistry) -> None:
    add(registry, Thing(), "id")
    second = Thing()
    add(registry, second, "id", force=True)
    assert registry.get("id") is second


def test_by_force_an_object_has_several_ids(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "first")
    add(registry, thing, "second", force=True)
    assert registry.get("first") is registry.get("second") is thing
    assert registry.id_of(thing) == "second"


def test_an_object_may_be_added_to_two_daemons(registry: ObjectRegistry) -> None:
    other = Host()
    thing = Thing()
    add(other.registry, thing, "there")
    add(registry, thing, "here")
    assert registry.get("here") is other.registry.get("there") is thing


def test_a_class_and_an_instance_of_it_may_both_be_added(registry: ObjectRegistry) -> None:
    class Sample:
        pass

    instance = Sample()
    add(registry, Sample, "the class")
    add(registry, instance, "the instance")
    assert registry.id_of(Sample) == "the class"
    assert registry.id_of(instance) == "the instance"


def test_an_empty_id_counts_as_none(registry: ObjectRegistry) -> None:
    thing: Any = Thing()
    thing._pyroId = ""
    add(registry, thing, "id")
    assert thing._pyroId == "id"


def test_an_object_that_was_removed_may_be_added_again(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "first")
    registry.remove(thing)
    add(registry, thing, "second")
    assert registry.id_of(thing) == "second"


def test_an_object_of_another_daemon_has_no_id_here(registry: ObjectRegistry, registered_elsewhere: Any) -> None:
    with pytest.raises(DaemonError):
        registry.id_of(registered_elsewhere)
    add(registry, Thing(), "id")
    with pytest.raises(DaemonError):
        registry.id_of(registered_elsewhere)


# ---------------------------------------------------------------------------------------- weak references


def test_a_weakly_held_object_is_found_while_it_lives(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "id", weak=True)
    assert registry.get("id") is thing


def test_a_weakly_held_object_is_forgotten_when_it_goes(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "id", weak=True)
    del thing
    gc.collect()
    assert "id" not in registry.by_id
    with pytest.raises(DaemonError, match="unknown object"):
        registry.get("id")


def test_an_object_that_goes_does_not_take_along_its_successor(registry: ObjectRegistry) -> None:
    first, second = Thing(), Thing()
    add(registry, first, "id", weak=True)
    add(registry, second, "id", force=True)
    del first
    gc.collect()
    assert registry.get("id") is second


def test_a_weakly_held_falsy_object_is_found(registry: ObjectRegistry) -> None:
    thing = Sized()
    add(registry, thing, "id", weak=True)
    assert registry.get("id") is thing


def test_a_weakly_held_object_that_takes_no_attributes_may_go(registry: ObjectRegistry) -> None:
    thing = Slotted()
    add(registry, thing, "id", weak=True)
    del thing
    gc.collect()
    another = Slotted()  # it may well have the address of the first
    assert publication_of(another) is None
    assert add(registry, another, "another") == "another"
    registry.remove(another)


def test_a_class_cannot_be_held_weakly(registry: ObjectRegistry) -> None:
    with pytest.raises(TypeError):
        add(registry, Thing, "id", weak=True)


def test_an_object_without_weak_references_cannot_be_held_weakly(registry: ObjectRegistry) -> None:
    with pytest.raises(TypeError):
        add(registry, [], "id", weak=True)
    assert registry.by_id == {}
    assert publication_of([]) is None


# ----------------------------------------------------------------------------------------------- removing


def test_removing_an_object_takes_its_id_from_it(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "id")
    registry.remove(thing)
    assert registry.by_id == {}
    assert vars(thing) == {}


@pytest.mark.parametrize("obj", [Slotted(), Thing], ids=repr)
def test_so_it_is_for_classes_and_for_what_takes_no_attributes(registry: ObjectRegistry, obj: Any) -> None:
    add(registry, obj, "id")
    registry.remove(obj)
    assert publication_of(obj) is None
    with pytest.raises(DaemonError):
        registry.id_of(obj)


def test_removing_an_id_removes_the_object(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "id")
    registry.remove("id")
    assert registry.by_id == {}
    assert publication_of(thing) is None


def test_removing_an_unknown_id_is_no_error(registry: ObjectRegistry) -> None:
    registry.remove("nobody")


def test_removing_nothing_is_an_error(registry: ObjectRegistry) -> None:
    with pytest.raises(ValueError, match="None"):
        registry.remove(None)


def test_removing_what_is_not_there_is_a_daemon_error(registry: ObjectRegistry) -> None:
    with pytest.raises(DaemonError):
        registry.remove(Thing())


def test_removing_an_instance_of_a_class_that_was_added_is_a_daemon_error_and_leaves_the_class(registry) -> None:
    add(registry, Thing, "class")
    with pytest.raises(DaemonError, match="only its class is"):
        registry.remove(Thing())
    assert registry.get("class") is Thing
    registry.remove(Thing)


def test_removing_an_object_whose_id_was_taken_over_leaves_its_successor(registry: ObjectRegistry) -> None:
    first, second = Thing(), Thing()
    add(registry, first, "id")
    add(registry, second, "id", force=True)
    with pytest.raises(DaemonError):
        registry.remove(first)
    assert registry.get("id") is second


def test_the_daemon_object_stays(registry: ObjectRegistry) -> None:
    daemon_object = Thing()
    add(registry, daemon_object, DAEMON_NAME)
    registry.remove(DAEMON_NAME)
    registry.remove(daemon_object)
    assert registry.get(DAEMON_NAME) is daemon_object


def test_removing_a_class_leaves_the_id_of_an_instance(registry: ObjectRegistry) -> None:
    class Sample:
        pass

    instance = Sample()
    add(registry, Sample, "the class")
    add(registry, instance, "the instance")
    registry.remove(Sample)
    assert registry.id_of(instance) == "the instance"
    assert pyro_id(Sample) is None


# ------------------------------------------------------------------------------------------ published where


def test_an_object_that_nobody_has_added_is_not_published() -> None:
    assert publication_of(Thing()) is None
    assert publication_of(Slotted()) is None


@pytest.mark.parametrize("obj", [Thing(), Slotted()], ids=repr)
def test_an_object_is_published_in_its_daemon(host: Host, obj: Any) -> None:
    add(host.registry, obj, "id")
    publication = publication_of(obj)
    assert publication is not None
    assert publication.object_id == "id"
    assert publication.daemon.registry is host.registry
    host.registry.remove(obj)


def test_an_instance_of_a_published_class_is_published_under_its_id(registry: ObjectRegistry) -> None:
    class Sample:
        pass

    add(registry, Sample, "the class")
    publication = publication_of(Sample())
    assert publication is not None
    assert publication.object_id == "the class"


def test_an_object_whose_daemon_is_gone_is_not_published() -> None:
    thing, slotted = Thing(), Slotted()
    host = Host()
    add(host.registry, thing, "thing")
    add(host.registry, slotted, "slotted")
    del host
    gc.collect()
    assert publication_of(thing) is None
    assert publication_of(slotted) is None


def test_an_object_whose_id_now_belongs_to_another_is_not_published(registry: ObjectRegistry) -> None:
    thing = Thing()
    add(registry, thing, "id")
    add(registry, Thing(), "id", force=True)
    assert publication_of(thing) is None


def test_a_copy_of_a_published_object_is_not_published(registry: ObjectRegistry) -> None:
    thing, duplicate = Thing(), Thing()
    add(registry, thing, "id")
    vars(duplicate).update(vars(thing))
    assert publication_of(duplicate) is None
