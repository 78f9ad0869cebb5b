"""What all serializers have in common, and what is particular to each; the types are in test_serializer_types."""

from __future__ import annotations

import datetime
import json
import marshal
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgpack
import pytest

from pyro_uri import URI
from pyro_wire import Config, SerializerBase, TypeRegistry, default_types, serializers, serializers_by_id
from pyro_wire import config as process_config
from pyro_wire.errors import SecurityError, SerializeError
from pyro_wire.exceptions import ExceptionWrapper
from pyro_wire.serializers import (
    JsonSerializer,
    MarshalSerializer,
    MsgpackSerializer,
    SerpentSerializer,
    table_for,
)

HEADER = b"# serpent utf-8 python3.2\n"
CLASSES: list[type[SerializerBase]] = [SerpentSerializer, MarshalSerializer, JsonSerializer, MsgpackSerializer]
EXCEPTION_DICT = {"__class__": "builtins.ValueError", "__exception__": True, "args": ["boom"], "attributes": {}}


class Spot:
    """An object without a state that could be sent."""

    __slots__ = ("__weakref__",)

    def __getstate__(self) -> Any:
        raise TypeError("no state")


class SpotSerpent(SerpentSerializer): ...


class SpotJson(JsonSerializer): ...


class SpotMsgpack(MsgpackSerializer): ...


class Unrelated: ...


each_serializer = pytest.mark.parametrize("serializer", serializers.values(), ids=serializers)
each_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.name)


def nested(depth: int) -> Any:
    """So many lists in one another."""
    value: Any = 5
    for _ in range(depth):
        value = [value]
    return value


# --- which serializers there are -----------------------------------------------------------------------------------


def test_serializers_have_their_names_and_numbers() -> None:
    assert {name: item.serializer_id for name, item in serializers.items()} == {
        "serpent": 1,
        "marshal": 2,
        "json": 3,
        "msgpack": 4,
    }
    assert serializers_by_id == {item.serializer_id: item for item in serializers.values()}


def test_a_name_or_number_that_does_not_exist_is_a_key_error() -> None:
    for number in (0, 5):
        with pytest.raises(KeyError):
            serializers_by_id[number]
    with pytest.raises(KeyError):
        serializers["pickle"]


def test_the_serializers_of_the_process_go_by_the_config_of_the_process() -> None:
    assert table_for(process_config).by_name is serializers
    assert all(item.config is process_config for item in serializers.values())


def test_another_config_has_serializers_of_its_own() -> None:
    own = Config()
    table = table_for(own)
    assert list(table.by_name) == list(serializers)
    assert all(item.config is own for item in table.by_name.values())
    assert all(table.by_id[item.serializer_id] is item for item in table.by_name.values())


def test_a_serializer_that_the_program_added_is_in_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    added = JsonSerializer()
    monkeypatch.setitem(serializers, "added", added)
    monkeypatch.setitem(serializers_by_id, 99, added)
    table = table_for(Config())
    assert table.by_name["added"] is table.by_id[99] is added


def test_a_serializer_that_the_program_has_in_the_place_of_another_is_in_every_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Own(JsonSerializer): ...

    own = Own()
    monkeypatch.setitem(serializers, "json", own)
    monkeypatch.setitem(serializers_by_id, 3, own)
    for table in (table_for(Config()), table_for(process_config)):
        assert table.by_name["json"] is table.by_id[3] is own


def test_a_serializer_that_the_program_took_out_is_in_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(serializers, "marshal")
    monkeypatch.delitem(serializers_by_id, 2)
    table = table_for(Config())
    assert "marshal" not in table.by_name
    assert 2 not in table.by_id


@each_class
def test_serializers_of_one_kind_and_with_the_same_options_are_equal(cls: type[SerializerBase]) -> None:
    assert cls() == cls()
    assert hash(cls()) == hash(cls())
    assert cls() != cls(TypeRegistry())
    assert cls() != cls(config=Config())
    assert len({other() for other in CLASSES} | {cls()}) == len(CLASSES)


@each_class
def test_having_worked_does_not_make_a_serializer_another_one(cls: type[SerializerBase]) -> None:
    used = cls()
    used.loads(used.dumps(["text"]))
    assert used == cls()


def test_attributes_of_an_own_serializer_count_when_it_is_compared() -> None:
    class Own(JsonSerializer):
        def __init__(self, indent: int) -> None:
            super().__init__()
            self.indent = indent

    assert Own(1) == Own(1)
    assert Own(1) != Own(2)
    assert Own(1) != JsonSerializer()


@each_class
def test_an_own_serializer_need_not_call_the_constructor(cls: type[SerializerBase]) -> None:
    def no_constructor(self: SerializerBase) -> None: ...

    own = type("Own", (cls,), {"__init__": no_constructor})()
    assert own.loads(own.dumps([URI("PYRO:obj@host:1")])) == [URI("PYRO:obj@host:1")]
    assert own == type(own)()


def test_an_own_serializer_may_define_the_four_methods_only() -> None:
    class Own(SerializerBase):
        serializer_id = 42

        def dumps(self, data: Any) -> bytes:
            return repr(data).encode()

    assert Own().dumps([1]) == b"[1]"
    assert Own() == Own()
    assert Own().recreate_classes([{"__class__": "float", "value": "1.5"}]) == [1.5]


def test_json_may_be_taught_other_types_by_a_subclass() -> None:
    class Own(JsonSerializer):
        def default(self, obj: Any) -> Any:
            return "dots" if obj is ... else super().default(obj)

    assert Own().loads(Own().dumps([..., URI("PYRO:obj@host:1")])) == ["dots", URI("PYRO:obj@host:1")]


@pytest.mark.parametrize("cls", [SpotSerpent, SpotJson, SpotMsgpack], ids=lambda cls: cls.name)
def test_a_replacement_holds_for_one_class_of_serializers(cls: type[SerializerBase]) -> None:
    cls.register_type_replacement(Spot, lambda spot: f"spot for {cls.name}")
    assert cls().loads(cls().dumps([Spot()])) == [f"spot for {cls.name}"]
    others = [other for other in CLASSES if not issubclass(cls, other)]
    for other in others:
        with pytest.raises((SerializeError, TypeError)):
            other().dumps([Spot()])


@each_class
@pytest.mark.parametrize("no_class", [5, "text", None, type])
def test_a_replacement_needs_a_class(cls: type[SerializerBase], no_class: Any) -> None:
    with pytest.raises(ValueError, match="needs a class"):
        cls.register_type_replacement(no_class, lambda obj: obj)


@each_serializer
def test_one_serializer_may_be_used_by_many_threads(serializer: SerializerBase) -> None:
    def work(number: int) -> None:
        value = [number, [URI(f"PYRO:obj{number}@host:1")], {"k": str(number)}] * 20
        for _ in range(20):
            # As daemons do when something is registered, which outdates what serpent has derived from the registry.
            default_types.register_class_to_dict(Unrelated, lambda unrelated: {})
            assert serializer.loads(serializer.dumps(value)) == value
            assert list(serializer.loadsCall(serializer.dumpsCall("o", "m", value, {"k": number}))[2]) == value

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(16)))
    finally:
        default_types.unregister_class_to_dict(Unrelated)


# --- the form of a call --------------------------------------------------------------------------------------------


def test_a_call_in_serpent_is_a_tuple() -> None:
    data = serializers["serpent"].dumpsCall("obj", "method", (1,), {"k": 2})
    assert data == HEADER + b"('obj','method',(1,),{'k':2})"


def test_a_call_in_json_is_an_object() -> None:
    data = serializers["json"].dumpsCall("obj", "method", (1,), {"k": 2})
    assert data == b'{"object": "obj", "method": "method", "params": [1], "kwargs": {"k": 2}}'


def test_a_call_in_msgpack_is_an_array() -> None:
    data = serializers["msgpack"].dumpsCall("obj", "method", (1,), {"k": 2})
    assert msgpack.unpackb(data) == ["obj", "method", [1], {"k": 2}]


def test_a_call_in_marshal_is_a_tuple_with_the_arguments_as_a_list() -> None:
    data = serializers["marshal"].dumpsCall("obj", "method", (1,), {"k": 2})
    assert marshal.loads(bytes(data)) == ("obj", "method", [1], {"k": 2})


@each_serializer
@pytest.mark.parametrize("kwargs", [{}, {"k": 2}, {"größe": URI("PYRO:obj@host:1")}, None])
@pytest.mark.parametrize("vargs", [(), (1, "two"), [1], (URI("PYRO:obj@host:1"), [ValueError])[:1]])
def test_a_call_arrives(serializer: SerializerBase, vargs: Any, kwargs: dict | None) -> None:
    received = serializer.loadsCall(serializer.dumpsCall("obj", "method", vargs, kwargs))
    assert received[:2] == ("obj", "method")
    assert list(received[2]) == list(vargs)
    assert received[3] == kwargs


@each_serializer
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_received_bytes_may_be_of_any_kind(serializer: SerializerBase, kind: type) -> None:
    value = ["text", URI("PYRO:obj@host:1")]
    assert serializer.loads(kind(bytes(serializer.dumps(value)))) == value
    call = kind(bytes(serializer.dumpsCall("obj", "method", value, {})))
    assert list(serializer.loadsCall(call)[2]) == value


@each_serializer
def test_the_calls_of_a_batch_arrive(serializer: SerializerBase) -> None:
    calls = [("echo", (1,), {}), ("fail", (), {"k": URI("PYRO:obj@host:1")})]
    obj, method, received, kwargs = serializer.loadsCall(serializer.dumpsCall("obj", "<batch>", calls, None))
    assert (obj, method, kwargs) == ("obj", "<batch>", None)
    assert [(name, list(vargs), keywords) for name, vargs, keywords in received] == [
        ("echo", [1], {}),
        ("fail", [], {"k": URI("PYRO:obj@host:1")}),
    ]


@each_serializer
def test_the_exception_among_the_results_of_a_batch_arrives(serializer: SerializerBase) -> None:
    error = ValueError("boom", 42)
    vars(error).update(extra="more")
    first, wrapper = serializer.loads(serializer.dumps([1, ExceptionWrapper(error)]))
    assert first == 1
    assert type(wrapper.exception) is ValueError
    assert list(wrapper.exception.args) == ["boom", 42]
    assert vars(wrapper.exception) == {"extra": "more"}


@each_serializer
@pytest.mark.parametrize(
    "value",
    [
        5,
        None,
        "call",
        [],
        ("obj", "method", ()),
        ("obj", "method", (), {}, 5),
        (1, "method", (), {}),
        (None, "method", (), {}),
        ("obj", 1, (), {}),
        ("obj", "method", 5, {}),
        ("obj", "method", "args", {}),
        ("obj", "method", {}, {}),
        ("obj", "method", (), [1]),
        ("obj", "method", (), 5),
        {"object": 1, "method": "method", "params": [], "kwargs": {}},
        {"object": "obj", "method": "method", "params": 5, "kwargs": {}},
        {"object": "obj", "method": "method", "params": [], "kwargs": [1]},
        {"object": "obj", "method": "method", "params": []},
        {"object": "obj", "method": "method", "params": EXCEPTION_DICT, "kwargs": {}},
        ("obj", "method", EXCEPTION_DICT, {}),
        ("obj", "method", (), EXCEPTION_DICT),
    ],
    ids=repr,
)
def test_what_is_no_call_is_refused(serializer: SerializerBase, value: Any) -> None:
    with pytest.raises(SerializeError):
        serializer.loadsCall(serializer.dumps(value))


# --- class dictionaries --------------------------------------------------------------------------------------------


@each_serializer
def test_a_class_that_nobody_registered_is_refused_by_name(serializer: SerializerBase) -> None:
    with pytest.raises(SerializeError, match=r"^unsupported serialized class: app\.Thing$"):
        serializer.loads(serializer.dumps([{"__class__": "app.Thing"}]))


@each_serializer
def test_a_class_name_with_double_underscores_is_refused(serializer: SerializerBase) -> None:
    with pytest.raises(SecurityError, match="double underscores"):
        serializer.loads(serializer.dumps([{"__class__": "app__x.Thing"}]))


@each_serializer
def test_a_text_that_looks_like_a_class_key_is_a_text(serializer: SerializerBase) -> None:
    assert serializer.loads(serializer.dumps(["__class__", {"a": "__class__"}])) == ["__class__", {"a": "__class__"}]


@each_serializer
def test_the_fields_of_a_class_dictionary_may_be_anything(serializer: SerializerBase) -> None:
    with pytest.raises(SerializeError):
        serializer.loads(serializer.dumps({"__class__": "float", "value": 10**400}))


# --- bounds --------------------------------------------------------------------------------------------------------


@each_class
def test_containers_may_be_nested_as_deep_as_the_config_says(cls: type[SerializerBase]) -> None:
    serializer = cls(config=Config(MAX_DEPTH=20))
    assert serializer.loads(serializer.dumps(nested(20))) == nested(20)


@each_class
def test_containers_that_are_nested_deeper_are_refused_by_the_receiver(cls: type[SerializerBase]) -> None:
    data = cls(config=Config(MAX_DEPTH=100)).dumps(nested(21))
    with pytest.raises(SerializeError):
        cls(config=Config(MAX_DEPTH=20)).loads(data)


@each_class
def test_brackets_in_texts_do_not_count_as_nesting(cls: type[SerializerBase]) -> None:
    serializer = cls(config=Config(MAX_DEPTH=2))
    value = ["[" * 100, '{\\"[' * 100, '"', "['{(" * 100, "\\", "\x91\x81" * 100]
    assert serializer.loads(serializer.dumps(value)) == value


@each_class
def test_many_containers_beside_one_another_do_not_count_as_nesting(cls: type[SerializerBase]) -> None:
    serializer = cls(config=Config(MAX_DEPTH=2))
    assert serializer.loads(serializer.dumps([[]] * 100)) == [[]] * 100


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("serpent", b"[" * 100_000),
        ("serpent", b"(" * 100_000 + b")" * 100_000),
        ("json", b"[" * 100_000),
        ("json", b'{"a":' * 100_000),
        ("msgpack", b"\x91" * 100_000 + b"\x05"),
        ("msgpack", b"\x81\xa1a" * 100_000 + b"\x05"),
        ("msgpack", b"\x91" * 1020 + msgpack.packb("__class__")),
        ("marshal", b"[\x01\0\0\0" * 100_000 + b"N"),
        ("marshal", b")\x01" * 100_000 + b"N"),
    ],
)
def test_nesting_without_end_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(SerializeError):
        serializers[name].loads(data)


def test_marshal_does_not_read_what_runs_code() -> None:
    code = compile("print()", "nowhere", "eval")
    with pytest.raises(SerializeError):
        serializers["marshal"].loads(marshal.dumps([code]))


# --- msgpack -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [struct.pack("=q", 737426), struct.pack("=i", 737426)])
def test_a_date_may_come_in_the_size_of_either_platform(body: bytes) -> None:
    received = serializers["msgpack"].loads(msgpack.packb(msgpack.ExtType(0x33, body)))
    assert received == datetime.date(2020, 1, 2)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (0x30, b"short"),
        (0x31, b"no number"),
        (0x31, b"1/2"),
        (0x31, b"9" * 5000),
        (0x32, b"short"),
        (0x32, struct.pack("d", float("nan"))),
        (0x32, struct.pack("d", 1e300)),
        (0x33, b"short"),
        (0x33, struct.pack("=q", 0)),
        (0x33, struct.pack("=q", 1 << 60)),
        (0x34, b""),
        (0x00, b""),
        (0x7F, b"x"),
    ],
)
def test_an_extension_that_is_unknown_or_damaged_is_refused(code: int, body: bytes) -> None:
    with pytest.raises(SerializeError, match=f"msgpack extension type {code:#x}"):
        serializers["msgpack"].loads(msgpack.packb(msgpack.ExtType(code, body)))


def test_keys_of_other_types_are_read_at_any_depth() -> None:
    value = [{"a": {1: {2.5: {None: {True: b"x", "b": 2**70}}}}}, {}]
    assert serializers["msgpack"].loads(serializers["msgpack"].dumps(value)) == value


def test_objects_beside_keys_of_other_types_are_rebuilt() -> None:
    value = {1: URI("PYRO:obj@host:1"), 2: [{"k": URI("PYRO:obj@host:2")}]}
    assert serializers["msgpack"].loads(serializers["msgpack"].dumps(value)) == value


def test_keys_whose_hashes_collide_are_refused() -> None:
    data = serializers["msgpack"].dumps({number * (2**61 - 1): None for number in range(16, 216)})
    with pytest.raises(SerializeError, match="collide"):
        serializers["msgpack"].loads(data)


def test_a_list_is_no_key() -> None:
    with pytest.raises(SerializeError):
        serializers["msgpack"].loads(msgpack.packb({(1, 2): 3}))


def test_a_subclass_may_have_extensions_of_its_own() -> None:
    class Own(MsgpackSerializer):
        def default(self, obj: Any) -> Any:
            return msgpack.ExtType(0x60, b"own") if obj is ... else super().default(obj)

        def ext_hook(self, code: int, data: bytes) -> Any:
            return ... if code == 0x60 else super().ext_hook(code, data)

    own = Own()
    assert own.loads(own.dumps([..., 2**70])) == [..., 2**70]
    assert own.loadsCall(own.dumpsCall("obj", "method", [...], {"k": ...})) == ("obj", "method", [...], {"k": ...})


# --- json ----------------------------------------------------------------------------------------------------------


def test_json_is_written_as_plain_json_with_all_characters_as_they_are() -> None:
    assert serializers["json"].dumps({"a": [1, "€"]}) == '{"a": [1, "€"]}'.encode()
    assert json.loads(bytes(serializers["json"].dumps({"a": None}))) == {"a": None}
