"""Marshal data from peers: everything that CPython writes for plain values, and a ValueError for all else."""

from __future__ import annotations

import marshal
import math
import struct
import sys
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_wire.serializers import marshal_reader
from pyro_wire.serializers.marshal_reader import loads

VERSIONS = range(marshal.version + 1)
CALL = ("object", "method", [1, 2.5, "text", b"bytes", None, (True, 10**30)], {"key": {1, 2}})
MERSENNE = 2**61 - 1
"""The modulus of the hashes of numbers: its multiples all hash to 0."""


def int32(number: int) -> bytes:
    return struct.pack("<i", number)


def exact(value: Any) -> Any:
    """Return what tells equal values apart: 1 from True, 0.0 from -0.0, a list from a tuple inside of a tuple."""
    if isinstance(value, dict):
        return [(exact(key), exact(item)) for key, item in value.items()]
    if isinstance(value, set | frozenset):
        return type(value), sorted(repr(exact(item)) for item in value)
    return (type(value), [exact(item) for item in value]) if isinstance(value, list | tuple) else repr(value)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.integers(1, 300).map(lambda bits: 1 << bits)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.text(st.characters(max_codepoint=127), min_size=250, max_size=260)
    | st.binary()
    | st.sampled_from(["interned_name", "method", sys.intern("another_name")])
)
hashable = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4), max_leaves=8
)
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.sets(hashable, max_size=5)
        | st.dictionaries(hashable, inner, max_size=5)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"N", None),
        (b"F", False),
        (b"T", True),
        (b"i\xfe\xff\xff\xff", -2),
        (b"l\x00\x00\x00\x00", 0),
        (b"l\x02\x00\x00\x00\x01\x00\x02\x00", 65537),
        (b"l\xfe\xff\xff\xff\x01\x00\x02\x00", -65537),
        (b"g\x00\x00\x00\x00\x00\x00\xf8?", 1.5),
        (b"f\x041e-5", 1e-5),
        (b"f\x04-inf", -math.inf),
        (b"f\x03nan", math.nan),
        (b"y\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\x00\x80", complex(1.5, -0.0)),
        (b"x\x031.5\x02-0", complex(1.5, -0.0)),
        (b"s\x02\x00\x00\x00\xff\x00", b"\xff\x00"),
        (b"u\x02\x00\x00\x00\xc3\xa9", "é"),
        (b"t\x03\x00\x00\x00\xed\xa0\x80", "\ud800"),
        (b"a\x02\x00\x00\x00ab", "ab"),
        (b"A\x02\x00\x00\x00ab", "ab"),
        (b"z\x02ab", "ab"),
        (b"Z\x00", ""),
        (b")\x02NT", (None, True)),
        (b"(\x01\x00\x00\x00N", (None,)),
        (b"[\x02\x00\x00\x00NT", [None, True]),
        (b"<\x01\x00\x00\x00N", {None}),
        (b">\x00\x00\x00\x00", frozenset()),
        (b"{z\x01aN0", {"a": None}),
        (b"{0", {}),
    ],
)
def test_each_type_code_is_read(data: bytes, value: Any) -> None:
    assert exact(loads(data)) == exact(value)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xfa\x01a", "a"),
        (b"\xe9\x01\x00\x00\x00", 1),
        (b"\xa9\x02\xfa\x01ar\x01\x00\x00\x00", ("a", "a")),
        (b"\xdb\x02\x00\x00\x00\xfa\x01ar\x01\x00\x00\x00", ["a", "a"]),
        (b")\x02\xa9\x01\xda\x01ar\x00\x00\x00\x00", (("a",), ("a",))),
        (b")\x02\xa9\x01\xda\x01ar\x01\x00\x00\x00", (("a",), "a")),
        (b")\x02\xbe\x01\x00\x00\x00Nr\x00\x00\x00\x00", (frozenset({None}), frozenset({None}))),
        (b")\x03\xfb0\xe9\x07\x00\x00\x00r\x01\x00\x00\x00", ({}, 7, 7)),
    ],
)
def test_a_slot_is_taken_when_a_value_begins(data: bytes, value: Any) -> None:
    assert loads(data) == value
    assert marshal.loads(data) == value


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_buffer_is_read(kind: type[bytes]) -> None:
    assert loads(kind(marshal.dumps(CALL))) == CALL


@pytest.mark.parametrize("version", VERSIONS)
@given(values)
def test_what_cpython_writes_is_read_as_it_was(version: int, value: Any) -> None:
    assert exact(loads(marshal.dumps(value, version))) == exact(value)


@pytest.mark.parametrize("version", VERSIONS)
@given(hashable, st.integers(2, 5))
def test_values_that_occur_several_times_are_read(version: int, value: Any, times: int) -> None:
    pair = (value, value)
    repeated = [[value] * times, {value: value}, {value}, frozenset([value]), pair, (pair, pair)]
    assert exact(loads(marshal.dumps(repeated, version))) == exact(repeated)


@pytest.mark.parametrize("bits", [14, 15, 16, 959, 960, 961, 100_000])
def test_an_int_of_any_size_is_read(bits: int) -> None:
    for number in (1 << bits, (1 << bits) - 1, -(1 << bits)):
        assert loads(marshal.dumps(number)) == number


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "at offset 0: the data ends"),
        (b"i\x01\x00\x00", "offset 1: the data ends"),
        (b"g\x00", "the data ends"),
        (b")", "the data ends"),
        (b"{N", "the data ends"),
        (b"NN", "offset 1: there are bytes after the value"),
        (b"0", "offset 0: the type code 0x30"),
        (b"[\x01\x00\x00\x000", "type code 0x30"),
        (b"{N00", "type code 0x30"),
        (b".", "type code 0x2e"),
        (b"S", "type code 0x53"),
        (b":NNN", "type code 0x3a"),
        (b"I\x00\x00\x00\x00\x00\x00\x00\x00", "type code 0x49"),
        (b"R\x00\x00\x00\x00", "type code 0x52"),
        (b"?", "type code 0x3f"),
        (b"\x00", "type code 0x00"),
        (b"\xce", "type code 0xce"),
        (b"\xf2\x00\x00\x00\x00", "type code 0xf2"),
        pytest.param(marshal.dumps(compile("1", "file", "eval")), "type code 0x[6e]3", id="code object"),
        (b"s\xff\xff\xff\xff", "offset 5: the size -1"),
        (b"s\x05\x00\x00\x00abcd", "the size 5 does not fit the 4 bytes"),
        (b"z\x05abcd", "the size 5"),
        (b"l\x00\x00\x00\x80", "the size 4294967296"),
        (b"l\x02\x00\x00\x00\x01\x00", "the size 4"),
        (b"l\x01\x00\x00\x00\x00\x00", "leading zeros"),
        (b"l\x01\x00\x00\x00\x00\x80", "more than 15 bits"),
        (b"(\xff\xff\xff\xff", "-1 items"),
        (b"[\x02\x00\x00\x00N", "2 items do not fit the 1 bytes"),
        (b"<\xff\xff\xff\x7fN", "2147483647 items"),
        (b"f\x00", "not a float"),
        (b"f\x031_0", "not a float"),
        (b"f\x02 1", "not a float"),
        (b"f\x03e.e", "not a float"),
        (b"f\x040x10", "not a float"),
        (b"z\x01\xff", "not ascii"),
        (b"a\x01\x00\x00\x00\xff", "not ascii"),
        (b"u\x01\x00\x00\x00\xff", "not utf-8"),
        (b"<\x01\x00\x00\x00[\x00\x00\x00\x00", "unhashable"),
        (b"{[\x00\x00\x00\x00N0", "unhashable"),
        (b"{)\x01{0N0", "unhashable"),
    ],
)
def test_malformed_data_is_refused_with_the_problem_and_its_offset(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        loads(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"r\x00\x00\x00\x00", "slot 0, of 0", id="no slot"),
        pytest.param(b")\x02\xe9\x00\x00\x00\x00r\x01\x00\x00\x00", "slot 1, of 1", id="slot not yet taken"),
        pytest.param(b")\x02\xe9\x00\x00\x00\x00r\xff\xff\xff\xff", "slot -1", id="negative"),
        pytest.param(b"\xa9\x01r\x00\x00\x00\x00", "mutable or unfinished", id="tuple in itself"),
        pytest.param(b"\xbe\x01\x00\x00\x00r\x00\x00\x00\x00", "mutable or unfinished", id="frozenset in itself"),
        pytest.param(b"\xdb\x01\x00\x00\x00r\x00\x00\x00\x00", "mutable or unfinished", id="list in itself"),
        pytest.param(b"\xfbNr\x00\x00\x00\x000", "mutable or unfinished", id="dict in itself"),
        pytest.param(b")\x02\xdb\x00\x00\x00\x00r\x00\x00\x00\x00", "mutable or unfinished", id="list"),
        pytest.param(b")\x02\xbc\x00\x00\x00\x00r\x00\x00\x00\x00", "mutable or unfinished", id="set"),
        pytest.param(b")\x02\xfb0r\x00\x00\x00\x00", "mutable or unfinished", id="dict"),
        pytest.param(b")\x02\xa9\x01{0r\x00\x00\x00\x00", "mutable or unfinished", id="tuple with a dict in it"),
    ],
)
def test_a_reference_is_only_to_a_finished_immutable_value(data: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        loads(data)


def test_a_list_that_occurs_twice_is_refused() -> None:
    shared = [1]
    with pytest.raises(ValueError, match="mutable"):
        loads(marshal.dumps((shared, shared)))


@given(st.data())
def test_data_cut_short_or_with_bytes_after_it_is_refused(data: st.DataObject) -> None:
    whole = marshal.dumps(data.draw(values), data.draw(st.sampled_from(VERSIONS)))
    with pytest.raises(ValueError, match="marshal data cannot be read"):
        loads(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ValueError, match="bytes after the value"):
        loads(whole + data.draw(st.binary(min_size=1)))


def only_value_error(data: bytes) -> None:
    with suppress(ValueError):
        loads(data)


@given(st.binary(max_size=60))
def test_random_bytes_raise_only_value_error(data: bytes) -> None:
    only_value_error(data)


@given(st.lists(st.sampled_from([*"NTFigfyxlsutaAzZ()[<>{0r"]).map(str.encode) | st.binary(max_size=5)).map(b"".join))
def test_random_type_codes_raise_only_value_error(data: bytes) -> None:
    only_value_error(data)


@given(values, st.lists(st.tuples(st.integers(0), st.integers(0, 2), st.binary(max_size=2)), min_size=1, max_size=4))
def test_damaged_data_raises_only_value_error(value: Any, damages: list[tuple[int, int, bytes]]) -> None:
    data = marshal.dumps(value)
    for position, removed, inserted in damages:
        start = position % len(data) if data else 0
        data = data[:start] + inserted + data[start + removed :]
    only_value_error(data)


@pytest.mark.parametrize("opening", [b")\x01", b"\xa9\x01", b"(" + int32(1), b"[" + int32(1), b">" + int32(1), b"{N"])
def test_nesting_is_bounded(opening: bytes) -> None:
    ending = b"0" if opening == b"{N" else b""
    loads(opening * 200 + b"N" + ending * 200)
    loads(opening * 5 + b"N" + ending * 5, max_depth=5)
    with pytest.raises(ValueError, match="nested more than 5 deep"):
        loads(opening * 6 + b"N" + ending * 6, max_depth=5)
    with pytest.raises(ValueError, match="nested more than 200 deep"):
        loads(opening * 100_000 + b"N" + ending * 100_000)


def test_nesting_beyond_the_recursion_limit_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="recursion limit"):
        loads(b"\xa9\x01" * 100_000 + b"N", max_depth=1_000_000)


def doubling_tuples(levels: int) -> bytes:
    """Return tuples of two references to the tuple before: in all, more than 2**levels values."""
    tuples = [b"\xa9\x02NN"] + [b"\xa9\x02" + 2 * (b"r" + int32(slot)) for slot in range(levels)]
    return b"".join(tuples)


@pytest.mark.parametrize("code", [b"(", b"[", b"<", b">"])
def test_references_that_multiply_values_are_refused(code: bytes) -> None:
    with pytest.raises(ValueError, match="references written out"):
        loads(code + int32(101) + doubling_tuples(100))


def test_references_that_multiply_keys_of_a_dict_are_refused() -> None:
    with pytest.raises(ValueError, match="references written out"):
        loads(b"{" + doubling_tuples(99) + b"0")


def test_references_to_a_huge_int_are_refused_because_each_is_hashed_anew() -> None:
    huge = marshal.dumps(1 << 4_000_000, 2)
    huge = bytes([huge[0] | 0x80]) + huge[1:]
    keys = [b")\x02r" + int32(0) + b"i" + int32(number) for number in range(50_000)]
    with pytest.raises(ValueError, match="references written out"):
        loads(b"<" + int32(len(keys) + 1) + huge + b"".join(keys))


def test_references_to_a_long_text_are_accepted() -> None:
    value = ["text" * 10_000] * 10_000
    assert loads(marshal.dumps(value)) == value


@pytest.mark.parametrize("value", [[(0,) * 100] * 600, [((1, 2), (3, 4))] * 50_000], ids=["rows", "pairs"])
def test_honest_references_to_tuples_are_accepted(value: Any) -> None:
    assert loads(marshal.dumps(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({number * MERSENNE for number in range(3_000)}, id="set"),
        pytest.param(frozenset(number * MERSENNE for number in range(3_000)), id="frozenset"),
        pytest.param({number * MERSENNE: None for number in range(3_000)}, id="dict"),
        pytest.param({(None, number * MERSENNE) for number in range(3_000)}, id="tuples"),
    ],
)
def test_colliding_keys_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="collide too often"):
        loads(marshal.dumps(value))


def nested_frozensets(depth: int, first: int) -> bytes:
    if depth == 0:
        return marshal.dumps(first * MERSENNE, 2)
    return b">" + int32(2) + nested_frozensets(depth - 1, 2 * first) + nested_frozensets(depth - 1, 2 * first + 1)


def test_nested_frozensets_that_collide_are_refused() -> None:
    with pytest.raises(ValueError, match="collide too often"):
        loads(b"{" + nested_frozensets(12, 1) + b"N" + nested_frozensets(12, 3) + b"N0")


@pytest.mark.parametrize("code", ["s", "u", "t", "a", "A", "(", "[", "<", ">", "l"])
def test_a_promised_size_allocates_nothing(code: str) -> None:
    data = code.encode() + int32(2**31 - 1) + bytes(1000)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"(does|do) not fit"):
            loads(data)
        assert tracemalloc.get_traced_memory()[1] < 20_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("item", [b"N", b"i\x00\x01\x00\x00", b"g" + bytes(8), b"\xda\x14" + 20 * b"a"])
def test_a_flat_list_takes_at_most_twelve_times_its_bytes(item: bytes) -> None:
    data = b"[" + int32(50_000) + item * 50_000
    tracemalloc.start()
    try:
        loads(data)
        assert tracemalloc.get_traced_memory()[1] < 12 * len(data)
    finally:
        tracemalloc.stop()


def test_the_reader_does_not_use_marshal_itself() -> None:
    assert "marshal" not in vars(marshal_reader)
