"""What every storage does."""

from __future__ import annotations

import re
import threading

import pytest

from pyro_ns import Entry, Storage
from pyro_ns.storage import Everything, HasAll, HasAny, MatchesRegex, Named, Query, RegisteredAs, StartsWith
from pyro_wire.errors import NamingError

A = Entry("PYRO:a@localhost:1", frozenset({"red", "round"}))
B = Entry("PYRO:b@localhost:2", frozenset({"red", "square"}))
C = Entry("PYRO:c@localhost:3")


@pytest.fixture
def filled(storage: Storage) -> Storage:
    storage.put("shape.ball", A)
    storage.put("shape.box", B)
    storage.put("Other", C)
    return storage


def test_a_new_storage_is_empty(storage: Storage) -> None:
    assert storage.count() == 0
    assert storage.find(Everything()) == {}


def test_what_is_put_is_there(storage: Storage) -> None:
    assert storage.put("name", A)
    assert storage.get("name") == A
    assert storage.count() == 1


def test_an_unknown_name_is_none(storage: Storage) -> None:
    assert storage.get("name") is None


def test_putting_again_replaces_uri_and_metadata(storage: Storage) -> None:
    storage.put("name", A)
    assert storage.put("name", C)
    assert storage.get("name") == C
    assert storage.count() == 1
    assert storage.find(HasAny(frozenset({"red", "round"}))) == {}


def test_putting_without_overwriting_leaves_a_name_that_is_taken(storage: Storage) -> None:
    storage.put("name", A)
    assert not storage.put("name", B, overwrite=False)
    assert storage.get("name") == A


def test_putting_without_overwriting_takes_a_name_that_is_free(storage: Storage) -> None:
    assert storage.put("name", A, overwrite=False)
    assert storage.get("name") == A


def test_of_many_threads_that_want_a_free_name_one_gets_it(storage: Storage) -> None:
    start = threading.Barrier(8)
    winners: list[int] = []

    def register(number: int) -> None:
        start.wait(10)
        if storage.put("name", Entry(f"PYRO:x@localhost:{number}"), overwrite=False):
            winners.append(number)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(winners) == 1
    assert storage.get("name") == Entry(f"PYRO:x@localhost:{winners[0]}")


def test_new_metadata_replaces_the_old_and_leaves_the_uri(filled: Storage) -> None:
    assert filled.set_metadata("shape.ball", frozenset({"blue"}))
    assert filled.get("shape.ball") == Entry(A.uri, frozenset({"blue"}))
    assert filled.find(HasAny(frozenset({"round"}))) == {}
    assert filled.find(HasAny(frozenset({"blue"}))).keys() == {"shape.ball"}


def test_metadata_of_an_unknown_name_is_not_stored(storage: Storage) -> None:
    assert not storage.set_metadata("name", frozenset({"blue"}))
    assert storage.count() == 0
    assert storage.find(HasAny(frozenset({"blue"}))) == {}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (Everything(), {"shape.ball", "shape.box", "Other"}),
        (Named("Other"), {"Other"}),
        (Named("Oth"), set()),
        (RegisteredAs("Other", C.uri), {"Other"}),
        (RegisteredAs("Other", A.uri), set()),
        (StartsWith("shape."), {"shape.ball", "shape.box"}),
        (StartsWith("shape.b"), {"shape.ball", "shape.box"}),
        (StartsWith("shape.bo"), {"shape.box"}),
        (StartsWith("shape.box"), {"shape.box"}),
        (StartsWith("shape.box!"), set()),
        (StartsWith("SHAPE"), set()),
        (StartsWith("zzz"), set()),
        (StartsWith(""), {"shape.ball", "shape.box", "Other"}),
        (MatchesRegex(re.compile("s.*b")), {"shape.ball", "shape.box"}),
        (MatchesRegex(re.compile("b")), set()),
        (MatchesRegex(re.compile(".*x$|O")), {"shape.box", "Other"}),
        (HasAll(frozenset({"red"})), {"shape.ball", "shape.box"}),
        (HasAll(frozenset({"red", "round"})), {"shape.ball"}),
        (HasAll(frozenset({"red", "round", "square"})), set()),
        (HasAll(frozenset({"red", "unknown"})), set()),
        (HasAny(frozenset({"round", "square"})), {"shape.ball", "shape.box"}),
        (HasAny(frozenset({"round", "unknown"})), {"shape.ball"}),
        (HasAny(frozenset({"unknown"})), set()),
        (HasAny(frozenset()), set()),
    ],
    ids=str,
)
def test_a_query_finds(filled: Storage, query: Query, names: set[str]) -> None:
    everything = {"shape.ball": A, "shape.box": B, "Other": C}
    assert filled.find(query) == {name: everything[name] for name in names}
    assert filled.find_uris(query) == {name: everything[name].uri for name in names}


@pytest.mark.parametrize("wildcard", ["%", "_", "*", "?", "[s]"])
def test_a_prefix_has_no_wildcards(filled: Storage, wildcard: str) -> None:
    assert filled.find(StartsWith(wildcard)) == {}
    filled.put(wildcard + "name", C)
    assert filled.find(StartsWith(wildcard)) == {wildcard + "name": C}


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (Named("Other"), {"shape.ball", "shape.box"}),
        (Named("unknown"), {"shape.ball", "shape.box", "Other"}),
        (RegisteredAs("Other", C.uri), {"shape.ball", "shape.box"}),
        (RegisteredAs("Other", A.uri), {"shape.ball", "shape.box", "Other"}),
        (StartsWith("shape."), {"Other"}),
        (MatchesRegex(re.compile(".*b.*l")), {"shape.box", "Other"}),
        (HasAll(frozenset({"red", "square"})), {"shape.ball", "Other"}),
        (Everything(), set()),
    ],
    ids=str,
)
def test_removing_takes_what_the_query_finds_and_counts_it(filled: Storage, query: Query, left: set[str]) -> None:
    assert filled.remove(query) == 3 - len(left)
    assert filled.find(Everything()).keys() == left
    assert filled.find(StartsWith("")).keys() == left
    assert filled.count() == len(left)


def test_removing_spares_the_names_to_keep(filled: Storage) -> None:
    assert filled.remove(Everything(), keep=frozenset({"Other", "unknown"})) == 2
    assert filled.find(Everything()) == {"Other": C}


def test_a_removed_name_is_not_found_by_its_tags(filled: Storage) -> None:
    filled.remove(Named("shape.box"))
    assert filled.find(HasAny(frozenset({"red", "square"}))) == {"shape.ball": A}


@pytest.mark.parametrize(
    "query",
    [
        Named("\ud800"),
        StartsWith("a\ud800"),
        StartsWith("\udfff"),
        HasAll(frozenset({"red", "\ud800"})),
        HasAny(frozenset({"\ud800"})),
    ],
    ids=ascii,
)
def test_text_that_is_not_valid_finds_nothing(filled: Storage, query: Query) -> None:
    assert filled.find(query) == {}
    assert filled.remove(query) == 0
    assert not filled.set_metadata("\ud800", frozenset())


def test_text_that_is_not_valid_hides_nothing(filled: Storage) -> None:
    assert filled.find(HasAny(frozenset({"\ud800", "round"}))) == {"shape.ball": A}


def test_what_was_found_stays_as_it_was(filled: Storage) -> None:
    found = filled.find(Everything())
    filled.remove(Everything())
    assert len(found) == 3


def test_changing_what_was_found_changes_nothing_in_the_storage(filled: Storage) -> None:
    filled.find(Everything()).clear()
    assert filled.count() == 3


def test_names_may_have_any_letters(storage: Storage) -> None:
    storage.put("größe €\U0001f600", A)
    assert storage.find(StartsWith("größe")) == {"größe €\U0001f600": A}


@pytest.mark.parametrize("last", ["\ud7ff", "\U0010ffff", "\U0001f600", "\uffff", "~"])
def test_a_prefix_may_end_with_any_letter(storage: Storage, last: str) -> None:
    prefix = "a" + last
    inside, outside = {prefix, prefix + "x", prefix + "\U0010ffff"}, {"a", "a ", "b", "\U0010ffff"}
    for name in inside | outside:
        storage.put(name, A)
    assert storage.find(StartsWith(prefix)).keys() == inside


def test_a_prefix_may_be_the_very_last_letters(storage: Storage) -> None:
    storage.put("\U0010ffff\U0010ffffx", A)
    storage.put("\U0010ffff", B)
    assert storage.find(StartsWith("\U0010ffff\U0010ffff")) == {"\U0010ffff\U0010ffffx": A}


def test_names_that_differ_in_case_are_two_names(storage: Storage) -> None:
    storage.put("Name", A)
    storage.put("name", B)
    assert storage.get("Name") == A
    assert storage.find(StartsWith("n")) == {"name": B}


def test_the_rare_one_of_two_tags_is_found_among_many_names(storage: Storage) -> None:
    for number in range(150):
        tags = {"frequent"} | ({"rare"} if number == 77 else set()) | ({"half"} if number % 2 else set())
        storage.put(f"name{number}", Entry("PYRO:x@y:1", frozenset(tags)))
    assert storage.find(HasAll(frozenset({"frequent", "rare"}))).keys() == {"name77"}
    assert len(storage.find(HasAll(frozenset({"frequent", "half"})))) == 75
    assert len(storage.find(HasAny(frozenset({"frequent", "rare"})))) == 150


def test_tags_may_have_any_letters(storage: Storage) -> None:
    tags = frozenset({"größe €\U0001f600", "a\0b", "%", "a,b"})
    storage.put("name", Entry("PYRO:x@y:1", tags))
    assert storage.get("name") == Entry("PYRO:x@y:1", tags)
    assert storage.find(HasAll(tags)).keys() == {"name"}


def test_an_entry_is_a_pair_of_uri_and_tags(filled: Storage) -> None:
    entry = filled.get("shape.ball")
    assert entry is not None
    uri, tags = entry
    assert (uri, set(tags)) == ("PYRO:a@localhost:1", {"red", "round"})


def test_many_threads_may_work_at_once(storage: Storage) -> None:
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait(10)
        for round_number in range(10):
            name = f"{number}.{round_number}"
            storage.put(name, Entry("PYRO:x@y:1", frozenset({"tag"})))
            assert name in storage.find(StartsWith(f"{number}."))
            if round_number % 2:
                storage.remove(Named(name))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = {f"{number}.{round_number}" for number in range(8) for round_number in range(0, 10, 2)}
    assert storage.find(HasAny(frozenset({"tag"}))).keys() == expected


def test_of_many_threads_that_remove_the_same_names_each_name_is_counted_once(storage: Storage) -> None:
    for number in range(40):
        storage.put(f"name{number}", A)
    start = threading.Barrier(8)
    counts: list[int] = []

    def remove() -> None:
        start.wait(10)
        counts.append(storage.remove(StartsWith("name")))
        counts.extend(storage.remove(Named(f"name{number}")) for number in range(40))

    threads = [threading.Thread(target=remove) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(counts) == 40
    assert storage.count() == 0


def test_using_a_closed_storage_says_so(filled: Storage) -> None:
    filled.close()
    with pytest.raises(NamingError, match="closed"):
        filled.get("Other")
    with pytest.raises(NamingError, match="closed"):
        filled.put("Other", A)


def test_closing_twice_is_the_same_as_once(storage: Storage) -> None:
    storage.close()
    storage.close()
