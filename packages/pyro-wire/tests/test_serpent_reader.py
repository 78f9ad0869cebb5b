"""Serpent text: what serpent writes is read as the library reads it, and all else that is not a literal is refused."""

from __future__ import annotations

import ast
import datetime
import decimal
import enum
import math
import tracemalloc
import uuid
from collections import Counter, deque
from contextlib import suppress
from typing import Any

import pytest
import serpent
from hypothesis import example, given
from hypothesis import strategies as st

from pyro_wire.serializers import serpent_reader
from pyro_wire.serializers.serpent_reader import loads

HEADER = "# serpent utf-8 python3.2\n"
MERSENNE = 2**61 - 1
"""The modulus of the hashes of numbers: its multiples all hash to 0."""


class Colour(enum.Enum):
    RED = "red"


def exact(value: Any) -> Any:
    """Return what tells equal values apart: 1 from True, 0.0 from -0.0, a list from a tuple inside of a tuple."""
    match value:
        case dict():
            return {"dict": [(exact(key), exact(item)) for key, item in value.items()]}
        case set():
            return {"set": sorted(repr(exact(item)) for item in value)}
        case list() | tuple():
            return {type(value): [exact(item) for item in value]}
        case _:
            return repr(value)


def read(text: str, **options: Any) -> Any:
    return loads(text.encode(), **options)


text = st.text(st.characters()) | st.text(st.sampled_from("'\"\\\n\r\t\0 ,:{}()[]#xuUN0é\x85\u2028\ud800😀a"))
numbers = (
    st.booleans()
    | st.integers()
    | st.integers(0, 3000).map(lambda bits: -1 << bits)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.builds(complex, *2 * [st.sampled_from([0.0, -0.0, math.inf, -math.inf, 1e-5, -1.5])])
)
keys = st.recursive(text | numbers, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
scalars = (
    st.none()
    | numbers
    | text
    | st.floats()
    | st.binary()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.decimals()
    | st.just(Colour.RED)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.lists(inner, max_size=5).map(deque)
        | st.sets(keys, max_size=5)
        | st.frozensets(keys, max_size=5)
        | st.dictionaries(keys, inner, max_size=5)
    ),
    max_leaves=20,
)


@given(values, st.booleans(), st.booleans())
@example([math.inf, -math.inf, -0.0, 1.0 - 0.0j, complex(-0.0, -0.0), (1,), (), set(), ((),), 10**4000], False, False)
@example({1: [], (1, "a"): {1, (2,)}, -1.5: b"bytes", False: "\ud800'\"\0", 2j: None}, False, True)
@example([["it's", 'say "so"', "both ' and \"", "back\\slash", "two\nlines", "é😀\x85"]], True, False)
def test_what_serpent_writes_is_read_as_the_library_reads_it(value: Any, indent: bool, bytes_repr: bool) -> None:
    written = serpent.dumps(value, indent=indent, bytes_repr=bytes_repr)
    assert exact(loads(written)) == exact(serpent.loads(written))


@pytest.mark.parametrize(
    "value",
    [
        ValueError("no", 1),
        Counter("abca"),
        uuid.UUID(int=1),
        decimal.Decimal("1.50"),
        datetime.timedelta(seconds=1.5),
        {"a": {"b": [{"c": ({1, 2}, 3.5)}]}},
        list(range(1000)),
        [str(number) for number in range(1000)],
        [number / 8 for number in range(1000)],
        ["a", 1, "b", "c", 2, 3, 1.5, 2.5, None, True, ["d"], "e"] * 50,
        {str(number): number for number in range(1000)},
        {number: str(number) for number in range(1000)},
    ],
)
def test_more_of_what_serpent_writes_is_read_as_the_library_reads_it(value: Any) -> None:
    written = serpent.dumps(value)
    assert exact(loads(written)) == exact(serpent.loads(written))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_buffer_is_read(kind: type[bytes]) -> None:
    call = ("object", "method", [1, "é"], {"key": None})
    assert loads(kind(serpent.dumps(call))) == call


LITERALS = r"""
None True False 0 00 0_0 1 -1 +1 -0 1_000 0x1F 0X_f 0o17 0O1 0b1_0 0B1
1. 1.5 .5 -.5 01.5 00.5 1e5 1E+5 1e-5 1_0.0_1e1_0 1e30000 -1e30000 5e-324
2j 2J 01j 1.5j 1e30000j -2j +2j 1+2j -1-2j 1.0-2.0j 0x10+2j (1.0-0.0j) (-0.0+0.0j) (-0.0-0.0j) (1e30000-1e30000j)
() (1,) (1,2) (1,2,) (1) ((1)) ((1,)) ((),) [] [1] [1,] [[]] {} {1:2} {1:2,} {1:{}} {1} {1,} {1,2} set() [set()]
{(1,2):3} {'a':'b'} {'a':'b','c':'d'} {'a':1,2:'b',3.5:None,b'c':True,None:(),'d':[]} {'a':-1e-5,"b":'c\n','d':u''}
{1,'a','b',2.5} {'a','b'} {1:2,1:3} {1:1,True:2} [1,2,3.5,4,'a','b',None,5] [1,1.5] [1.5,1] ['a',b'b'] [1e5,0x1,2]
'' "" 'a' "a" 'it"s' "it's" 'é😀' '\'' '"' '\\' '\n\r\t\a\b\f\v\"' '\x41\u00e9\U0001F600\ud800\ud83d\ude00'
'\0\12\1234\47\478\377' '\\n' '\\\n' '\\\\' 'é\\é\té' '\4\\00' "\'\""
u'a' U'a' r'a\d' R'\'' r"\"" b'a\xff\0' B"\'" br'\d' rb'\d' bR'a' Rb'a' BR'' b'\\u0041'
'a'"b" 'a''b' ''"" u'a'r'\d' b'a'b'b' ['a'"b",'c']
'''''' '''a''' '''a'b''c''' '''a\'''b''' '''a\\''' '''\\\'''''' r'''\'''''' b'''a"''' '''\n'''
"""


@pytest.mark.parametrize("literal", LITERALS.split())
def test_literals_mean_what_they_mean_in_python(literal: str) -> None:
    expected = exact(ast.literal_eval(literal))
    assert exact(read(literal)) == expected
    assert exact(read(f"{HEADER}{literal}\n# end")) == expected
    assert exact(read(f"({literal},{literal})")) == {tuple: [expected, expected]}


@pytest.mark.parametrize(
    "literal",
    [
        "1 + 2j",
        "- 1",
        "( 1 , 2 )",
        "[ 'a' , 1.5 , None ]",
        "{ 'a' : 1 , 'b' : [ ] }",
        "{'data': 'YWI=', 'encoding': 'base64'}",
        "'a' 'b'",
        "[ # first\n1, # second\n\n'a' # third\n, 2\t\f\r\n]",
        "{'a': # value\n1, 'b' # colon\n: 2}",
        "['a' # it's\n 'b']",
        "# first\n\n  # second\n(1)\n\n# last\n",
        "'''two\nlines'''",
        "'''two\r\nlines\rthree'''",
        "r'''ends \\\nin a backslash'''",
        "set( # empty\n)",
    ],
)
def test_blanks_and_comments_are_skipped(literal: str) -> None:
    assert exact(read(literal)) == exact(ast.literal_eval(literal.replace("\n  #", "\n#")))


NO_VALUES = r"""
... [...] foo nan Nonesuch TrueFalse frozenset() set(1) -(1) +(1) (1)+2j -True --1 -'a' 1+2 1j+2 1j+2j 1+2j+3j 1+True
1*2 01 1__0 1_ _1 0x 0xg 0b2 0o8 1e 1e+ . 1.2.3 1.real 0_x1 1e1.5
' 'a 'a" '''a'' '''a' '''' ''''a'''' 'a\' b'a 'a'b' f'a' ur'a' b'a'b b'é' 'a'b'b' b'a''b'
'\q' '\N{DASH}' '\x4' '\u123' '\U00110000' '\400' '\8' b'\u0041'
1, 1,2 'a','b' 1:2 'a':1 ()() (1 1) [1) (1] [ ] [[] []] (,) [,] {,} [,1] [1,,2] [[][]] [()1] {1:2 {:} {:1} {1:} {1:,}
{1::2} {1:2:3} {1:2,3} {1,2:3} {1:2:3,4} {'a':} {'a':1:2} {'a':'b':1} {'a','b':1} {1,'a':2} {'a':'b','c'} {'a':'b':}
{'a':'b','c','d':1} [1:2] (1:2) ['a':1] ('a':1) [()'a':1] {**{}} [*()] {[]:1} {{}} {{}:1} {([],):1} {set()}
"""


@pytest.mark.parametrize(
    "literal", [*NO_VALUES.split(), '"""', "", " ", "\n", HEADER, "1 2", "'a' 1", "[1 2]", "['a' 1]"]
)
def test_what_is_not_a_value_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="serpent text cannot be read at character"):
        read(literal)


@pytest.mark.parametrize("literal", ["\ufeff1", "\xa01", "\uff11", "\u0663", "1\x0b", "(1\u2028)", "1\x85", "1\x1f"])
def test_characters_that_python_takes_for_neither_blanks_nor_digits_are_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="serpent text cannot be read at character"):
        read(literal)


@pytest.mark.parametrize("literal", ["'a\nb'", "'a\rb'", "'a\\\nb'", "'''a\\\nb'''", "1\\\n", "[1,\\\n2]"])
def test_a_line_does_not_end_in_a_short_string_or_after_a_backslash(literal: str) -> None:
    with pytest.raises(ValueError, match="serpent text cannot be read at character"):
        read(literal)


@pytest.mark.parametrize("literal", ["\0", "'a\0b'", "1\0", "# \0\n1", "b'\0'"])
def test_a_nul_character_is_refused_wherever_it_is(literal: str) -> None:
    with pytest.raises(ValueError, match=f"at character {literal.index(chr(0))}: a NUL character"):
        read(literal)


@pytest.mark.parametrize("data", [b"'\xff'", b"\xc3", b"'\xed\xa0\x80'", b"1 # \xe9\n", b"\xff\xfe1\x00"])
def test_text_that_is_not_utf8_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="serpent text is not UTF-8 at byte"):
        loads(data)


@pytest.mark.parametrize("literal", ["9" * 5000, "[1,-" + "9" * 5000 + "]", "1_" + "9" * 5000, "9" * 5000 + "+2j"])
def test_an_int_of_more_digits_than_python_converts_is_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="4300 digits"):
        read(literal)


def test_an_int_that_is_too_large_for_a_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        read("9" * 400 + "+2j")


def test_the_problem_is_told_with_its_place() -> None:
    with pytest.raises(ValueError, match="at character 7: the bracket does not close the last one"):
        read("['a',1 )")


FRAGMENTS = (
    "'' ''' \"\"\" 1.5 1e5 2j 'a' b'a' True None set() ... 'a': 1: \\n \\x41 \\u0041 \\N{DASH} 0x 'a','b' 1,2 r' #c\n"
)
fragments = st.sampled_from([*FRAGMENTS.split(" "), *"()[]{},:'\"\\\n #\r+-.ejx_0123456789bru\t\0é"])


def python_agrees(data: str) -> None:
    """Check that what we accept is a literal of the same value, and that what we refuse raises ValueError."""
    try:
        value = read(data)
    except ValueError:
        return
    # Inside of brackets, ends of lines mean nothing to Python either.
    assert exact(ast.literal_eval(f"[\n{data}\n]")) == exact([value])


@given(st.lists(fragments, max_size=12).map("".join))
def test_of_random_fragments_only_literals_are_accepted(data: str) -> None:
    python_agrees(data)


@given(values, st.booleans(), st.lists(st.tuples(st.integers(0), st.integers(0, 2), fragments), min_size=1, max_size=3))
def test_of_damaged_text_only_literals_are_accepted(
    value: Any, indent: bool, damages: list[tuple[int, int, str]]
) -> None:
    data = serpent.dumps(value, indent=indent, bytes_repr=True).decode()
    for position, removed, inserted in damages:
        start = position % len(data)
        data = data[:start] + inserted + data[start + removed :]
    python_agrees(data)


@given(st.binary())
def test_random_bytes_raise_only_value_error(data: bytes) -> None:
    with suppress(ValueError):
        loads(data)


@given(values, st.data())
def test_text_cut_short_or_with_more_after_it_is_refused(value: Any, data: st.DataObject) -> None:
    written = serpent.dumps([value])
    with pytest.raises(ValueError, match="serpent text"):
        loads(written[: data.draw(st.integers(0, len(written) - 1))])
    with pytest.raises(ValueError, match="serpent text"):
        loads(written + data.draw(st.sampled_from([b"0", b",", b"'a'", b"]", b")", b"[]", b":", b"\0", b"\xff", b"x"])))


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("(", ",)"), ("[", "]"), ("{'a':", "}"), ("{1:[", "]}")])
def test_nesting_is_bounded(opening: str, closing: str) -> None:
    levels = 200 // sum(map(opening.count, "([{"))
    read(opening * levels + "1" + closing * levels)
    read(opening * 5 + "1" + closing * 5, max_depth=10)
    with pytest.raises(ValueError, match="nested more than 4 deep"):
        read(opening * 5 + "1" + closing * 5, max_depth=4)
    with pytest.raises(ValueError, match="nested more than 200 deep"):
        read(opening * 100_000 + "1" + closing * 100_000)


def test_nesting_may_exceed_the_recursion_limit() -> None:
    assert read("[" * 5000 + "]" * 5000, max_depth=5000)


@pytest.mark.parametrize(
    "literal",
    [
        pytest.param(f"{{{','.join(str(number * MERSENNE) for number in range(3000))}}}", id="set"),
        pytest.param(f"{{{','.join(f'{number * MERSENNE}:0' for number in range(3000))}}}", id="dict"),
        pytest.param(f"{{{','.join(f'(0,{number * MERSENNE})' for number in range(3000))}}}", id="tuples"),
    ],
)
def test_colliding_keys_are_refused(literal: str) -> None:
    with pytest.raises(ValueError, match="collide too often"):
        read(literal)


# Each of these would take hours if any part of it were read again and again.
@pytest.mark.parametrize(
    "literal",
    [
        pytest.param(" " * 300_000 + "'", id="blanks"),
        pytest.param("[1" + "\n" * 300_000 + "?", id="ends of lines"),
        pytest.param("#\n" * 300_000, id="comments"),
        pytest.param("'a'" + "#\n" * 300_000 + "?", id="comments after a text"),
        pytest.param("[1" + "#\n" * 300_000 + "+" + "#\n" * 300_000 + "?", id="comments in a sum"),
        pytest.param("'" + "a" * 300_000, id="no closing quote"),
        pytest.param("'" + "\\n" * 300_000, id="escapes"),
        pytest.param("'''" + "'a" * 300_000, id="quotes in triple quotes"),
        pytest.param("'''" + "\\\\" * 300_000, id="backslashes in triple quotes"),
        pytest.param("['a" + "','a" * 300_000, id="texts"),
        pytest.param("[" + "'a','''b'''," * 100_000, id="texts and triple quotes"),
        pytest.param("['a'" + " 'a'" * 300_000, id="adjacent texts"),
        pytest.param("[" + "1," * 300_000 + "?", id="ints"),
        pytest.param("[1" + "_1" * 300_000 + "?", id="underscores"),
        pytest.param("0x" + "f" * 300_000 + "?", id="hexadecimal digits"),
        pytest.param("[0." + "1" * 300_000 + "?", id="digits"),
        pytest.param("[1" + "+1j" * 300_000, id="sums"),
        pytest.param("-" * 300_000, id="signs"),
        pytest.param("{" + "'a':" * 300_000, id="keys"),
        pytest.param("{" + "'a':1," * 300_000 + "?", id="dict"),
    ],
)
def test_malformed_text_is_refused_in_linear_time(literal: str) -> None:
    with pytest.raises(ValueError, match="serpent text cannot be read"):
        read(literal)


@pytest.mark.parametrize(
    "item", ["0", "1000", "1.5e-7", "None", "''", "'twelve chars'", r"'a\nb, escaped'", '"its, double"']
)
@pytest.mark.parametrize("first", ["", "'\U0001f600',"], ids=["bytes", "wide"])
def test_a_flat_list_takes_at_most_twelve_times_its_bytes(item: str, first: str) -> None:
    data = f"[{first}{','.join([item] * 50_000)}]".encode()
    tracemalloc.start()
    try:
        loads(data)
        assert tracemalloc.get_traced_memory()[1] < 12 * len(data)
    finally:
        tracemalloc.stop()


def test_the_reader_does_not_use_a_compiler() -> None:
    assert not {"ast", "serpent", "compile", "eval"} & vars(serpent_reader).keys()
