"""What becomes of every kind of value in every serializer: the type table of the protocol, row by row."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import math
import types
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pyro_uri import URI
from pyro_wire import Config, TypeRegistry, default_types, serializers
from pyro_wire.errors import SerializeError
from pyro_wire.serializers import SerpentSerializer

SERIALIZERS = ("serpent", "json", "msgpack", "marshal")


class Same:
    """The receiver gets an equal value of the same type."""


class Refused:
    """The sender succeeds, and the receiver raises SerializeError."""


@dataclass(frozen=True)
class Fails:
    """The sender raises an exception of that class."""

    error: type[Exception]


SAME, REFUSED = Same(), Refused()
SE, TE, VE = Fails(SerializeError), Fails(TypeError), Fails(ValueError)
DIGITS_OF_A_LARGE_INT = 5000


class Thing:
    def __init__(self) -> None:
        self.a = 1


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


class Word(str, enum.Enum):  # noqa: UP042 - the kind that is older than StrEnum
    HELLO = "hello"


class OwnDict(dict): ...


class OwnList(list): ...


class OwnSet(set): ...


class OwnInt(int): ...


class OwnFloat(float): ...


class OwnBytes(bytes): ...


class OwnStr(str): ...


Pair = collections.namedtuple("Pair", "a b")

NAIVE = datetime.datetime(2020, 1, 2, 3, 4, 5, 678)
AWARE = NAIVE.replace(tzinfo=datetime.UTC)
UUID5 = uuid.UUID(int=5)
UUID_TEXT = "00000000-0000-0000-0000-000000000005"
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.13 has begun to bid farewell to them
    LETTERS = array.array("u", "hi")


def circular_list() -> list:
    value: list = []
    value += [value, value]
    return value


def circular_dict() -> dict:
    children: list = []
    parent = {"children": children}
    children += [{"parent": parent}, {"parent": parent}]
    return parent


# A row: what it is, the value, and what becomes of it in serpent, json, msgpack and marshal.
TABLE: list[tuple[str, Any, Any, Any, Any, Any]] = [
    ("None", None, SAME, SAME, SAME, SAME),
    ("True", True, SAME, SAME, SAME, SAME),
    ("False", False, SAME, SAME, SAME, SAME),
    ("int", -42, SAME, SAME, SAME, SAME),
    ("int of 64 bits", 2**64 - 1, SAME, SAME, SAME, SAME),
    ("int beyond 64 bits", -(2**200), SAME, SAME, SAME, SAME),
    ("int of too many digits", 10**DIGITS_OF_A_LARGE_INT, VE, VE, VE, SAME),
    ("float", 1.1, SAME, SAME, SAME, SAME),
    ("float that is whole", 2.0, SAME, SAME, SAME, SAME),
    ("float that is large", 1e300, SAME, SAME, SAME, SAME),
    ("infinity", math.inf, SAME, SAME, SAME, SAME),
    ("minus infinity", -math.inf, SAME, SAME, SAME, SAME),
    ("complex", 1 + 2j, SAME, SE, SAME, SAME),
    ("complex with an infinite part", complex(math.inf, -1), SAME, SE, SAME, SAME),
    ("str", "text", SAME, SAME, SAME, SAME),
    ("str that is empty", "", SAME, SAME, SAME, SAME),
    ("str with quotes, NUL and others", "a€\0\"'\\\n\U0001f600", SAME, SAME, SAME, SAME),
    ("str with half a surrogate pair", "\ud800", SAME, SAME, Fails(UnicodeEncodeError), SAME),
    ("bytes", b"ab\0", SAME, SE, SAME, SAME),
    ("bytearray", bytearray(b"ab\0"), b"ab\0", SE, b"ab\0", b"ab\0"),
    ("memoryview", memoryview(b"ab\0"), b"ab\0", SE, b"ab\0", b"ab\0"),
    ("tuple", (1, (2,), ()), SAME, [1, [2], []], [1, [2], []], SAME),
    ("list", [1, [2], []], SAME, SAME, SAME, SAME),
    ("set", {1}, SAME, [1], [1], SAME),
    ("set that is empty", set(), (), [], [], SAME),
    ("frozenset", frozenset({1}), {1}, [1], [1], SAME),
    ("dict", {"a": {"b": None}}, SAME, SAME, SAME, SAME),
    ("dict with int keys", {1: 2}, SAME, {"1": 2}, SAME, SAME),
    ("dict with float keys", {1.5: 2}, SAME, {"1.5": 2}, SAME, SAME),
    ("dict with bool keys", {True: 2}, SAME, {"true": 2}, SAME, SAME),
    ("dict with None as key", {None: 2}, TE, {"null": 2}, SAME, SAME),
    ("dict with tuple keys", {(1,): 2}, SAME, TE, REFUSED, SAME),
    ("dict with bytes keys", {b"a": 2}, SAME, TE, SAME, SAME),
    ("dict with enum keys", {Colour.RED: 2}, {"red": 2}, TE, SE, VE),
    ("deque", collections.deque([1]), [1], SE, SE, SE),
    ("OrderedDict", collections.OrderedDict(a=1), SAME, {"a": 1}, {"a": 1}, VE),
    ("defaultdict", collections.defaultdict(list, a=1), {"a": 1}, {"a": 1}, {"a": 1}, VE),
    ("Counter", collections.Counter("a"), {"a": 1}, {"a": 1}, {"a": 1}, VE),
    ("dict of an own class", OwnDict(a=1), {"a": 1}, {"a": 1}, {"a": 1}, VE),
    ("UserDict", collections.UserDict(a=1), {"a": 1}, REFUSED, REFUSED, REFUSED),
    ("UserList", collections.UserList([1]), [1], REFUSED, REFUSED, REFUSED),
    ("UserString", collections.UserString("a"), "a", REFUSED, REFUSED, REFUSED),
    ("keys of a dict", {"a": 1}.keys(), ["a"], SE, SE, SE),
    ("values of a dict", {"a": 1}.values(), [1], SE, SE, SE),
    ("items of a dict", {"a": 1}.items(), [("a", 1)], SE, SE, SE),
    ("named tuple", Pair(1, 2), (1, 2), [1, 2], [1, 2], VE),
    ("list of an own class", OwnList([1]), [1], [1], [1], VE),
    ("set of an own class", OwnSet([1]), {1}, [1], [1], VE),
    ("int of an own class", OwnInt(5), 5, 5, 5, VE),
    ("float of an own class", OwnFloat(0.5), 0.5, 0.5, 0.5, VE),
    ("str of an own class", OwnStr("a"), "a", "a", "a", VE),
    ("bytes of an own class", OwnBytes(b"ab"), b"ab", REFUSED, b"ab", VE),
    ("range", range(3), TE, SE, SE, SE),
    ("generator", (item for item in "ab"), TE, SE, SE, SE),
    ("object", object(), TE, SE, SE, SE),
    ("slice", slice(1), TE, SE, SE, SE),
    ("Ellipsis", ..., TE, SE, SE, SE),
    ("mappingproxy", types.MappingProxyType({}), TE, SE, SE, SE),
    ("naive datetime", NAIVE, "2020-01-02T03:04:05.000678", "2020-01-02T03:04:05.000678", SAME, SE),
    ("aware datetime", AWARE, "2020-01-02T03:04:05.000678+00:00", "2020-01-02T03:04:05.000678+00:00", SE, SE),
    ("date", datetime.date(2020, 1, 2), "2020-01-02", "2020-01-02", SAME, SE),
    ("time", datetime.time(3, 4, 5), "03:04:05", SE, SE, SE),
    ("timedelta", datetime.timedelta(1, 2, 3), 86402.000003, SE, SE, SE),
    ("Decimal", decimal.Decimal("1.10"), "1.10", "1.10", "1.10", SE),
    ("Fraction", fractions.Fraction(1, 2), SAME, SAME, SAME, SAME),
    ("UUID", UUID5, UUID_TEXT, UUID_TEXT, UUID_TEXT, UUID_TEXT),
    ("array of characters", LETTERS, "hi", "hi", "hi", "hi"),
    ("array of numbers", array.array("h", [1, 2]), [1, 2], [1, 2], [1, 2], [1, 2]),
    ("member of an Enum", Colour.RED, "red", SE, SE, SE),
    ("member of an IntEnum", Number.ONE, 1, 1, 1, VE),
    ("member of an Enum of texts", Word.HELLO, "hello", "hello", "hello", VE),
    ("URI", URI("PYRO:obj@host:4444"), SAME, SAME, SAME, SAME),
    ("object of an own class", Thing(), REFUSED, REFUSED, REFUSED, REFUSED),
    ("class", Thing, TE, SE, SE, SE),
    ("function of the interpreter", len, TE, SE, SE, SE),
    ("function", circular_list, REFUSED, REFUSED, REFUSED, REFUSED),
    ("list that contains itself", circular_list(), VE, VE, VE, VE),
    ("dict that contains itself", circular_dict(), VE, VE, VE, VE),
]

CELLS = [
    pytest.param(serializer, row[1], expected, id=f"{row[0]}-{serializer}")
    for row in TABLE
    for serializer, expected in zip(SERIALIZERS, row[2:], strict=True)
]


def check(dump: Callable[[Any], Any], load: Callable[[Any], Any], value: Any, expected: Any) -> None:
    """Send a value by one function, receive it by the other, and compare with the table."""
    if isinstance(expected, Fails):
        with pytest.raises(expected.error):
            dump(value)
    elif expected is REFUSED:
        data = dump(value)
        with pytest.raises(SerializeError):
            load(data)
    else:
        received = load(dump(value))
        expected = value if expected is SAME else expected
        assert received == expected
        assert type(received) is type(expected)


# --- the table -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value", "expected"), CELLS)
def test_a_value_becomes_what_the_table_says(name: str, value: Any, expected: Any) -> None:
    check(serializers[name].dumps, serializers[name].loads, value, expected)


@pytest.mark.parametrize(("name", "value", "expected"), CELLS)
def test_a_positional_argument_becomes_what_the_table_says(name: str, value: Any, expected: Any) -> None:
    serializer = serializers[name]

    def dump(argument: Any) -> Any:
        return serializer.dumpsCall("obj", "method", (argument,), {})

    check(dump, lambda data: serializer.loadsCall(data)[2][0], value, expected)


@pytest.mark.parametrize(("name", "value", "expected"), CELLS)
def test_a_keyword_argument_becomes_what_the_table_says(name: str, value: Any, expected: Any) -> None:
    serializer = serializers[name]

    def dump(argument: Any) -> Any:
        return serializer.dumpsCall("obj", "method", (), {"keyword": argument})

    check(dump, lambda data: serializer.loadsCall(data)[3]["keyword"], value, expected)


# --- what does not fit into a table --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERIALIZERS)
def test_not_a_number_stays_not_a_number(name: str) -> None:
    received = serializers[name].loads(serializers[name].dumps([math.nan]))
    assert type(received[0]) is float
    assert math.isnan(received[0])


@pytest.mark.parametrize("name", ["serpent", "msgpack", "marshal"])
def test_a_complex_number_with_a_part_that_is_none_arrives(name: str) -> None:
    assert math.isnan(serializers[name].loads(serializers[name].dumps(complex(math.nan, 1))).real)


@pytest.mark.parametrize("value", [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 9007199254740993.0])
@pytest.mark.parametrize("name", SERIALIZERS)
def test_a_float_arrives_with_all_its_digits(name: str, value: float) -> None:
    assert repr(serializers[name].loads(serializers[name].dumps(value))) == repr(value)


@pytest.mark.parametrize("name", SERIALIZERS)
def test_an_exception_arrives_with_arguments_and_attributes(name: str) -> None:
    error = ZeroDivisionError("boom", 5)
    vars(error).update(_pyroTraceback=["line 1\n", "line 2\n"])
    received = serializers[name].loads(serializers[name].dumps(error))
    assert type(received) is ZeroDivisionError
    assert list(received.args) == ["boom", 5]
    assert vars(received) == {"_pyroTraceback": ["line 1\n", "line 2\n"]}


@pytest.mark.parametrize("name", SERIALIZERS)
def test_objects_in_containers_arrive(name: str) -> None:
    uri = URI("PYRONAME:some.name")
    assert serializers[name].loads(serializers[name].dumps([{"uri": uri}, [uri]])) == [{"uri": uri}, [uri]]


@pytest.mark.parametrize("name", SERIALIZERS)
def test_the_tags_of_a_uri_arrive_as_a_set(name: str) -> None:
    uri = URI("PYROMETA:a,b")
    assert serializers[name].loads(serializers[name].dumps(uri)) == uri


def test_from_outside_in_what_is_in_a_class_dictionary_stays_a_dictionary() -> None:
    error = ValueError(URI("PYRO:obj@host:1"))
    for name in ("serpent", "json", "marshal"):
        assert type(serializers[name].loads(serializers[name].dumps(error)).args[0]) is dict
    assert type(serializers["msgpack"].loads(serializers["msgpack"].dumps(error)).args[0]) is URI


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (1 + 2j, "send its real and its imaginary part"),
        (b"bytes", "send base64 text"),
        (collections.deque(), "send a list"),
        (range(3), "send a list"),
        ({}.keys(), "send a list"),
        ((item for item in "ab"), "an iterator travels only as the whole result of a method"),
        (iter([1]), "an iterator travels only as the whole result of a method"),
        (map(len, [""]), "an iterator travels only as the whole result of a method"),
        (datetime.time(), r"send its isoformat\(\)"),
        (datetime.timedelta(), r"send its total_seconds\(\)"),
        (Colour.RED, "send its value"),
        (Thing, "send its name"),
        (len, "send its name"),
        (object(), "register a converter"),
    ],
    ids=repr,
)
def test_the_error_says_what_to_send_instead(value: Any, advice: str) -> None:
    with pytest.raises(SerializeError, match=f"^don't know how to serialize class .*{advice}"):
        serializers["json"].dumps([value])


@pytest.mark.parametrize(
    "value", [range(3), (item for item in "ab"), iter({}), types.MappingProxyType({}), Thing, len], ids=repr
)
def test_in_serpent_the_error_says_so_too(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^don't know how to serialize class .*: send"):
        serializers["serpent"].dumps([value])


@pytest.mark.parametrize("name", SERIALIZERS)
def test_a_converter_goes_before_the_advice(name: str) -> None:
    own = default_types.child()
    own.register_class_to_dict(datetime.timedelta, lambda delta: {"__class__": "delta", "seconds": delta.seconds})
    own.register_class_to_dict(Colour, lambda colour: {"__class__": "colour", "name": colour.name})
    own.register_dict_to_class("delta", lambda _, fields: datetime.timedelta(seconds=fields["seconds"]))
    own.register_dict_to_class("colour", lambda _, fields: Colour[fields["name"]])
    serializer = type(serializers[name])(own)
    value = [datetime.timedelta(seconds=5), Colour.RED]
    assert serializer.loads(serializer.dumps(value)) == value


@pytest.mark.parametrize(
    "fields",
    [
        {"__class__": "complex"},
        {"__class__": "complex", "real": "1", "imag": 1.0},
        {"__class__": "collections.OrderedDict"},
        {"__class__": "collections.OrderedDict", "items": 5},
        {"__class__": "collections.OrderedDict", "items": [("a",)]},
        {"__class__": "collections.OrderedDict", "items": [([], 1)]},
        {"__class__": "collections.OrderedDict", "items": [(k * (2**61 - 1), 1) for k in range(100)]},
        {"__class__": "fractions.Fraction", "_numerator": 1},
        {"__class__": "fractions.Fraction", "_numerator": 1, "_denominator": 0},
        {"__class__": "fractions.Fraction", "_numerator": 1, "_denominator": -2},
        {"__class__": "fractions.Fraction", "_numerator": "1e999999", "_denominator": 1},
        {"__class__": "fractions.Fraction", "_numerator": 1 << 70_000, "_denominator": 3},
    ],
)
def test_a_class_of_the_standard_library_needs_its_fields(fields: dict[str, Any]) -> None:
    serializer = serializers["marshal"]
    with pytest.raises(SerializeError, match=r"the fields of .* are not those that it needs"):
        serializer.loads(serializer.dumps(fields))


def test_a_converter_of_the_program_goes_before_the_standard_library() -> None:
    own = default_types.child()
    own.register_dict_to_class("collections.OrderedDict", lambda _, fields: fields["items"])
    serializer = SerpentSerializer(own)
    assert serializer.loads(serializer.dumps(collections.OrderedDict(a=1))) == [("a", 1)]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_serpent_sends_bytes_as_bytes_if_the_config_says_so(kind: type) -> None:
    serializer = SerpentSerializer(config=Config(SERPENT_BYTES_REPR=True))
    assert serializer.loads(serializer.dumps([kind(b"ab\0")])) == [b"ab\0"]
    assert serializer.loads(serializer.dumps({b"a": 1})) == {b"a": 1}


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])
def test_a_replacement_travels_instead_of_the_object(name: str) -> None:
    own = default_types.child()
    own.register_type_replacement(Thing, lambda thing: URI(f"PYRO:thing{thing.a}@host:1"))
    serializer = type(serializers[name])(own)
    assert serializer.loads(serializer.dumps([Thing()])) == [URI("PYRO:thing1@host:1")]


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])
def test_a_replacement_that_returns_the_object_means_no_replacement(name: str) -> None:
    own = default_types.child()
    own.register_type_replacement(Thing, lambda thing: thing)
    serializer = type(serializers[name])(own)
    with pytest.raises(SerializeError, match="unsupported serialized class"):
        serializer.loads(serializer.dumps([Thing()]))


def test_marshal_knows_no_replacements() -> None:
    own: TypeRegistry = default_types.child()
    own.register_type_replacement(Thing, lambda thing: "replaced")
    serializer = type(serializers["marshal"])(own)
    with pytest.raises(SerializeError, match="unsupported serialized class"):
        serializer.loads(serializer.dumps(Thing()))


@pytest.mark.parametrize("name", SERIALIZERS)
def test_sending_leaves_the_object_as_it_is(name: str) -> None:
    thing = Thing()
    thing._pyroDaemon = "a daemon"  # type: ignore[attr-defined]  # as daemons do
    serializers[name].dumps(thing)
    assert vars(thing) == {"a": 1, "_pyroDaemon": "a daemon"}
