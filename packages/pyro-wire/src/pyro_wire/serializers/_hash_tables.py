"""Sets and dicts made from foreign keys in linear time.

Only the hashes of str and bytes are keyed with a secret. Whoever knows the others (multiples of 2**61 - 1 hash to 0)
can send keys that collide, and each key then costs a comparison with every key before it. So a container is refused
before it is built when comparing its keys would cost more than honest keys do.

Out of scope: integers with different hashes can still be chosen so that they share slots of the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, TypeVar

# Honest keys collide too, because hash(-1) == hash(-2): the points of a grid with all coordinates in -2..2 cost 1.4
# comparisons for each dimension, multiplied. A container of no more keys than this needs no look at its hashes.
_COMPARISONS_PER_KEY = 32

_TEXT_TYPES = {str, bytes}

_Set = TypeVar("_Set", set[Any], frozenset[Any])


def make_dict(keys: Collection[Any], values: Iterable[Any], *, frozensets: bool = False) -> dict[Any, Any]:
    """Pair keys with values, a later pair replacing an earlier one with the same key.

    `frozensets` tells that keys may be frozensets or hold some. Raises ValueError when a key is unhashable or when
    the keys collide too often.
    """
    try:
        if frozensets or len(keys) > _COMPARISONS_PER_KEY:
            _refuse_collisions(keys)
        return dict(zip(keys, values, strict=True))
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a dict key cannot be used: {error}") from None


def make_set(kind: type[_Set], members: Collection[Any], *, frozensets: bool = False) -> _Set:
    """Make a set or frozenset of the members; arguments and errors are those of `make_dict`."""
    try:
        if frozensets or len(members) > _COMPARISONS_PER_KEY:
            _refuse_collisions(members)
        return kind(members)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a set member cannot be used: {error}") from None


def _refuse_collisions(keys: Collection[Any]) -> None:
    if _TEXT_TYPES.issuperset(map(type, keys)) or len(set(map(hash, keys))) == len(keys):
        return
    sizes_and_costs = [_size_and_cost(key) for key in keys]
    size = sum(size for size, _ in sizes_and_costs)
    cost = _shared_cost(keys, [cost for _, cost in sizes_and_costs])
    if cost > _COMPARISONS_PER_KEY * size:
        raise ValueError(f"the hashes of {len(keys)} keys collide too often")


def _size_and_cost(key: Any) -> tuple[int, int]:
    """Tell how many values a key consists of and how many comparisons one comparison with it may take."""
    if type(key) not in (tuple, frozenset):
        return 1, 1
    parts = [_size_and_cost(part) for part in key]
    size = 1 + sum(size for size, _ in parts)
    costs = [cost for _, cost in parts]
    # Comparing frozensets looks each member of one up in the other, where it meets all members with its hash.
    return size, 1 + (_shared_cost(key, costs) if type(key) is frozenset else sum(costs))


def _shared_cost(keys: Collection[Any], costs: Iterable[int]) -> int:
    sharers = Counter(map(hash, keys))
    return sum(sharers[hash(key)] * cost for key, cost in zip(keys, costs, strict=True))
