"""Converters and replacements of the program's own, for the process or for one registry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

import pytest

from pyro_wire import (
    SerializerBase,
    TypeRegistry,
    default_types,
    register_class_to_dict,
    register_dict_to_class,
    serializers,
    unregister_class_to_dict,
    unregister_dict_to_class,
)
from pyro_wire.errors import SerializeError


class Thing:
    """A class of the program."""

    def __init__(self, value: int) -> None:
        self.value = value


class SpecialThing(Thing):
    """A class below it."""


class Tagged:
    """A class of the project itself."""


def thing_to_dict(thing: Thing) -> dict:
    return {"__class__": "app.Thing", "value": thing.value}


def thing_from_dict(classname: str, data: dict) -> Thing:
    return Thing(data["value"])


@pytest.fixture
def types() -> TypeRegistry:
    return default_types.child()


@pytest.fixture
def process_wide_converters() -> Iterator[None]:
    register_class_to_dict(Thing, thing_to_dict)
    register_dict_to_class("app.Thing", thing_from_dict)
    yield
    unregister_class_to_dict(Thing)
    unregister_dict_to_class("app.Thing")


# --- converters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [Thing, SpecialThing])
def test_a_converter_is_used_for_its_class_and_those_below_it(types: TypeRegistry, cls: type[Thing]) -> None:
    types.register_class_to_dict(Thing, thing_to_dict)
    assert types.class_to_dict(cls(5)) == {"__class__": "app.Thing", "value": 5}


def test_of_several_converters_the_one_that_was_registered_first_is_used(types: TypeRegistry) -> None:
    types.register_class_to_dict(Thing, thing_to_dict)
    types.register_class_to_dict(SpecialThing, lambda thing: {"never": "used"})
    assert types.class_to_dict(SpecialThing(5)) == {"__class__": "app.Thing", "value": 5}


def test_a_converter_comes_before_what_the_library_does_by_itself(types: TypeRegistry) -> None:
    types.register_class_to_dict(ValueError, lambda error: {"__class__": "app.Boom"})
    types.register_class_to_dict(OrderedDict, lambda items: {"__class__": "app.Ordered"})
    assert types.class_to_dict(ValueError("boom")) == {"__class__": "app.Boom"}
    assert types.class_to_dict(OrderedDict()) == {"__class__": "app.Ordered"}


def test_without_its_converter_a_class_travels_as_before(types: TypeRegistry) -> None:
    types.register_class_to_dict(Thing, thing_to_dict)
    types.unregister_class_to_dict(Thing)
    assert types.class_to_dict(Thing(5)) == {"__class__": f"{__name__}.Thing", "value": 5}


def test_without_its_converter_a_name_is_refused_as_before(types: TypeRegistry) -> None:
    types.register_dict_to_class("app.Thing", thing_from_dict)
    types.unregister_dict_to_class("app.Thing")
    with pytest.raises(SerializeError, match=r"unsupported serialized class: app\.Thing"):
        types.dict_to_class({"__class__": "app.Thing", "value": 5})


def test_forgetting_what_was_never_registered_is_no_error(types: TypeRegistry) -> None:
    types.unregister_class_to_dict(Thing)
    types.unregister_dict_to_class("app.Thing")


@pytest.mark.parametrize("serializer", serializers.values(), ids=serializers)
@pytest.mark.usefixtures("process_wide_converters")
def test_the_functions_of_the_package_are_for_all_serializers(serializer: SerializerBase) -> None:
    received = serializer.loads(serializer.dumps([SpecialThing(5)]))
    assert type(received[0]) is Thing
    assert received[0].value == 5


@pytest.mark.parametrize("serializer", serializers.values(), ids=serializers)
def test_the_class_methods_of_serializers_are_for_all_serializers_too(serializer: SerializerBase) -> None:
    SerializerBase.register_class_to_dict(Thing, thing_to_dict)
    SerializerBase.register_dict_to_class("app.Thing", thing_from_dict)
    try:
        assert serializer.loads(serializer.dumps(Thing(5))).value == 5
    finally:
        SerializerBase.unregister_class_to_dict(Thing)
        SerializerBase.unregister_dict_to_class("app.Thing")
    with pytest.raises(SerializeError):
        serializer.loads(serializer.dumps(Thing(5)))


def test_a_converter_may_leave_serpent_to_its_own_ways(types: TypeRegistry) -> None:
    types.register_class_to_dict(Thing, thing_to_dict, serpent_too=False)
    assert b"app.Thing" not in bytes(type(serializers["serpent"])(types).dumps(Thing(5)))
    assert b"app.Thing" in bytes(type(serializers["json"])(types).dumps(Thing(5)))


# --- replacements --------------------------------------------------------------------------------------------------


def test_a_replacement_is_for_exactly_its_type(types: TypeRegistry) -> None:
    types.register_type_replacement(Thing, lambda thing: "replaced")
    special = SpecialThing(5)
    assert types.replace(Thing(5)) == "replaced"
    assert types.replace(special) is special


@pytest.mark.parametrize("no_class", [type, "Thing", 5, None, Thing(5)], ids=repr)
def test_a_replacement_needs_a_class(types: TypeRegistry, no_class) -> None:
    with pytest.raises(ValueError, match="needs a class"):
        types.register_type_replacement(no_class, lambda thing: "replaced")


# --- classes of the project itself ---------------------------------------------------------------------------------


def test_a_tagged_class_travels_under_its_tag_and_is_rebuilt_from_its_fields(types: TypeRegistry) -> None:
    types.register_tagged("App.tag", Tagged, lambda obj: {"x": 5}, lambda fields: fields["x"])
    assert types.class_to_dict(Tagged()) == {"__class__": "App.tag", "x": 5}
    assert types.dict_to_class({"__class__": "App.tag", "x": 6}) == 6


def test_the_fields_of_a_tagged_class_are_rebuilt_if_it_says_so(types: TypeRegistry) -> None:
    error = {"__class__": "builtins.ValueError", "__exception__": True}
    types.register_tag("App.plain", lambda fields: fields["x"])
    types.register_tag("App.deep", lambda fields: fields["x"], descend=True)
    assert types.dict_to_class({"__class__": "App.plain", "x": error}) is error
    assert type(types.dict_to_class({"__class__": "App.deep", "x": error})) is ValueError


# --- registries of one's own ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("process_wide_converters")
def test_a_child_knows_what_its_parent_knows(types: TypeRegistry) -> None:
    assert types.class_to_dict(Thing(5))["__class__"] == "app.Thing"
    assert types.dict_to_class({"__class__": "app.Thing", "value": 5}).value == 5


def test_a_child_learns_what_its_parent_learns_later(types: TypeRegistry) -> None:
    child = types.child()
    before = child.version
    types.register_dict_to_class("app.Thing", thing_from_dict)
    assert child.dict_to_class({"__class__": "app.Thing", "value": 5}).value == 5
    assert child.version > before


def test_a_parent_knows_nothing_of_its_child(types: TypeRegistry) -> None:
    types.register_class_to_dict(Thing, thing_to_dict)
    types.register_dict_to_class("app.Thing", thing_from_dict)
    types.register_type_replacement(Tagged, lambda obj: "replaced")
    obj = Tagged()
    assert default_types.class_to_dict(Thing(5))["__class__"] != "app.Thing"
    assert default_types.replace(obj) is obj
    with pytest.raises(SerializeError):
        default_types.dict_to_class({"__class__": "app.Thing", "value": 5})


@pytest.mark.usefixtures("process_wide_converters")
def test_what_a_child_says_counts_more_than_what_its_parent_says(types: TypeRegistry) -> None:
    types.register_class_to_dict(Thing, lambda thing: {"of": "the child"})
    types.register_dict_to_class("app.Thing", lambda classname, data: "of the child")
    assert types.class_to_dict(Thing(5)) == {"of": "the child"}
    assert types.dict_to_class({"__class__": "app.Thing"}) == "of the child"


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])
def test_serializers_with_registries_of_their_own_are_independent(name: str, types: TypeRegistry) -> None:
    cls = type(serializers[name])
    one, other = cls(types), cls(types.child())
    other.types.register_type_replacement(Thing, lambda thing: "replaced")
    assert other.loads(other.dumps([Thing(5)])) == ["replaced"]
    with pytest.raises(SerializeError, match="unsupported serialized class"):
        one.loads(one.dumps([Thing(5)]))


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])
def test_a_serializer_notices_what_its_registry_learns(name: str, types: TypeRegistry) -> None:
    serializer = type(serializers[name])(types)
    serializer.dumps([Thing(5)])
    types.register_type_replacement(Thing, lambda thing: "replaced")
    assert serializer.loads(serializer.dumps([Thing(5)])) == ["replaced"]
