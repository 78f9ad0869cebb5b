"""Sets and dicts from foreign keys: as usual for honest keys, refused for those that are made to collide."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from pyro_wire.serializers._hash_tables import make_dict, make_set

HASHES_TO_ZERO = 2**61 - 1
COLLIDING = [number * HASHES_TO_ZERO for number in range(10_000)]


def tree_of_frozensets(depth: int, first: int) -> frozenset[Any]:
    """Return a frozenset that differs only at its leaves from those with another first leaf, and hashes alike."""
    if depth == 0:
        return frozenset({first * HASHES_TO_ZERO})
    return frozenset({tree_of_frozensets(depth - 1, 2 * first), tree_of_frozensets(depth - 1, 2 * first + 1)})


def test_keys_and_values_are_paired() -> None:
    assert make_dict(["a", (1, 2), 3.5], [1, 2, 3]) == {"a": 1, (1, 2): 2, 3.5: 3}


def test_a_later_pair_replaces_an_earlier_one() -> None:
    assert make_dict([1, 1], ["first", "second"]) == {1: "second"}


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_is_of_the_kind_asked_for(kind: type[set[Any]]) -> None:
    result = make_set(kind, [1, 2, 2])
    assert result == {1, 2}
    assert type(result) is kind


def test_an_unhashable_key_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="a dict key cannot be used: unhashable"):
        make_dict([[]], [1])


def test_an_unhashable_member_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="a set member cannot be used: unhashable"):
        make_set(set, [([],)])


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(COLLIDING, id="ints"),
        pytest.param([(number,) for number in COLLIDING], id="tuples"),
        pytest.param([complex(-1_000_003 * number, number) for number in range(10_000)], id="complex"),
        pytest.param(list(product((-1, -2), repeat=13)), id="tuples of -1 and -2"),
        pytest.param([7] * 10_000, id="equal ints"),
    ],
)
def test_keys_that_all_collide_are_refused(keys: list[Any]) -> None:
    with pytest.raises(ValueError, match="collide too often"):
        make_dict(keys, keys)
    with pytest.raises(ValueError, match="collide too often"):
        make_set(set, keys)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([str(number) for number in COLLIDING], id="text"),
        pytest.param(list(range(-10_000, 10_000)), id="ints"),
        pytest.param([number / 8 for number in range(10_000)], id="floats"),
        pytest.param(list(product(range(-2, 3), repeat=5)), id="points of a grid"),
        pytest.param([*COLLIDING[:30], "text", None, 1.5], id="a few that collide"),
        pytest.param([True, None, "", b"", 0.5, 2j, (), *range(2, 100)], id="mixed"),
    ],
)
def test_honest_keys_are_accepted(keys: list[Any]) -> None:
    assert list(make_dict(keys, keys)) == keys
    assert make_set(frozenset, keys) == frozenset(keys)


def test_frozensets_with_equal_hashes_are_accepted() -> None:
    members = [frozenset({-1, 5}), frozenset({-2, 5}), frozenset({frozenset({-1}), frozenset({-2})})]
    assert make_set(set, members, frozensets=True) == set(members)


@pytest.mark.parametrize("wrap", [lambda key: key, lambda key: (key,)], ids=["bare", "in a tuple"])
def test_nested_frozensets_that_would_be_compared_in_quadratic_time_are_refused(wrap: Any) -> None:
    keys = [wrap(tree_of_frozensets(10, 1)), wrap(tree_of_frozensets(10, 2))]
    assert hash(keys[0]) == hash(keys[1])
    with pytest.raises(ValueError, match="collide too often"):
        make_set(set, keys, frozensets=True)
