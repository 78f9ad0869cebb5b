"""The name server as an ordinary object: no network."""

from __future__ import annotations

import pytest

from pyro_ns import NameServer
from pyro_uri import URI, PyroError
from pyro_wire import NAMESERVER_NAME
from pyro_wire.errors import NamingError

A = "PYRO:a@localhost:1"
B = "PYRO:b@localhost:2"


def test_a_registered_name_is_looked_up_as_a_uri(nameserver: NameServer) -> None:
    nameserver.register("name", A)
    found = nameserver.lookup("name")
    assert isinstance(found, URI)
    assert found == URI(A)


def test_a_uri_object_can_be_registered(nameserver: NameServer) -> None:
    nameserver.register("name", URI(A))
    assert nameserver.lookup("name") == URI(A)


@pytest.mark.parametrize("uri", ["PYRONAME:other", "PYRO:x@./u:/run/sock", "PYRO:x@[::1]:9", "PYRO:x@./u:\0abstract"])
def test_any_valid_uri_can_be_registered(nameserver: NameServer, uri: str) -> None:
    nameserver.register("name", uri)
    assert nameserver.list() == {"name": uri}


def test_lookup_with_metadata_gives_a_set(nameserver: NameServer) -> None:
    nameserver.register("name", A, metadata=["x", "y", "x"])
    assert nameserver.lookup("name", return_metadata=True) == (URI(A), {"x", "y"})


def test_lookup_with_metadata_gives_an_empty_set_without_metadata(nameserver: NameServer) -> None:
    nameserver.register("name", A)
    found = nameserver.lookup("name", return_metadata=True)
    assert found == (URI(A), set())
    assert isinstance(found, tuple)
    assert type(found[1]) is set  # peers know how to receive a set


def test_an_unknown_name_is_a_naming_error(nameserver: NameServer) -> None:
    with pytest.raises(NamingError, match=r"^unknown name: nobody$"):
        nameserver.lookup("nobody")


def test_registering_again_replaces_uri_and_metadata(nameserver: NameServer) -> None:
    nameserver.register("name", A, metadata=["x"])
    nameserver.register("name", B)
    assert nameserver.lookup("name", return_metadata=True) == (URI(B), set())


def test_registering_safely_refuses_a_name_that_is_taken(nameserver: NameServer) -> None:
    nameserver.register("name", A)
    with pytest.raises(NamingError, match=r"^name already registered: name$"):
        nameserver.register("name", B, safe=True)
    assert nameserver.lookup("name") == URI(A)


@pytest.mark.parametrize("uri", ["nonsense", "", "PYRO:x", "HTTP:x@y:1"])
def test_an_invalid_uri_is_a_pyro_error_and_not_stored(nameserver: NameServer, uri: str) -> None:
    with pytest.raises(PyroError):
        nameserver.register("name", uri)
    assert nameserver.count() == 0


@pytest.mark.parametrize("uri", [None, 42, b"PYRO:a@localhost:1"])
def test_what_is_neither_uri_nor_text_is_a_type_error(nameserver: NameServer, uri: object) -> None:
    with pytest.raises(TypeError, match="only URIs or strings can be registered"):
        nameserver.register("name", uri)  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize("name", [None, 42, b"name", ["name"]])
def test_a_name_that_is_no_text_is_a_type_error(nameserver: NameServer, name: object) -> None:
    with pytest.raises(TypeError, match="name must be a str"):
        nameserver.register(name, A)  # type: ignore[arg-type]  # that is the test
    with pytest.raises(TypeError, match="name must be a str"):
        nameserver.lookup(name)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name must be a str"):
        nameserver.set_metadata(name, [])  # type: ignore[arg-type]


@pytest.mark.parametrize("metadata", ["text", 42, [1, 2], [["x"]], b"ab"])
def test_metadata_that_is_no_iterable_of_texts_is_a_type_error(nameserver: NameServer, metadata: object) -> None:
    with pytest.raises(TypeError):
        nameserver.register("name", A, metadata=metadata)  # type: ignore[arg-type]  # that is the test
    nameserver.register("name", A, metadata=["x"])
    with pytest.raises(TypeError):
        nameserver.set_metadata("name", metadata)  # type: ignore[arg-type]
    assert nameserver.lookup("name", return_metadata=True) == (URI(A), {"x"})


def test_set_metadata_replaces_it(nameserver: NameServer) -> None:
    nameserver.register("name", A, metadata=["x"])
    nameserver.set_metadata("name", ["y"])
    assert nameserver.lookup("name", return_metadata=True) == (URI(A), {"y"})


@pytest.mark.parametrize("nothing", [None, []])
def test_set_metadata_to_nothing_clears_it(nameserver: NameServer, nothing: list[str] | None) -> None:
    nameserver.register("name", A, metadata=["x"])
    nameserver.set_metadata("name", nothing)
    assert nameserver.lookup("name", return_metadata=True) == (URI(A), set())


def test_set_metadata_of_an_unknown_name_is_a_naming_error(nameserver: NameServer) -> None:
    with pytest.raises(NamingError, match="unknown name: nobody"):
        nameserver.set_metadata("nobody", ["x"])


def test_count_is_the_number_of_names(nameserver: NameServer) -> None:
    nameserver.register("a", A)
    nameserver.register("b", B)
    assert nameserver.count() == 2


def test_ping_answers_with_nothing(nameserver: NameServer) -> None:
    assert nameserver.ping() is None  # type: ignore[func-returns-value]  # that is the test


@pytest.fixture
def three(nameserver: NameServer) -> NameServer:
    nameserver.register("one", A, metadata=["odd", "small"])
    nameserver.register("two", B, metadata=["even", "small"])
    nameserver.register("three", A, metadata=["odd"])
    return nameserver


def test_list_gives_all_names_with_uri_texts(three: NameServer) -> None:
    assert three.list() == {"one": A, "two": B, "three": A}


def test_list_with_metadata_gives_pairs(three: NameServer) -> None:
    assert three.list(prefix="on", return_metadata=True) == {"one": (A, {"odd", "small"})}


def test_list_by_prefix(three: NameServer) -> None:
    assert three.list(prefix="t") == {"two": B, "three": A}


def test_list_by_regex_matches_from_the_start_and_not_to_the_end(three: NameServer) -> None:
    assert three.list(regex="t.?") == {"two": B, "three": A}
    assert three.list(regex="wo") == {}
    assert three.list(regex="t.o$") == {"two": B}


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_filter_is_no_filter(three: NameServer, empty: str | None) -> None:
    assert three.list(prefix=empty, regex="one") == {"one": A}
    assert three.list(prefix="one", regex=empty) == {"one": A}
    assert len(three.list(prefix=empty, regex=empty)) == 3


def test_two_filters_at_once_are_refused(three: NameServer) -> None:
    with pytest.raises(ValueError, match="list takes a prefix or a regex, not both"):
        three.list(prefix="t", regex="t")


@pytest.mark.parametrize("regex", ["(", "*", "a{99999999999999999999}", "(?P<x"])
def test_an_invalid_regex_is_a_naming_error(three: NameServer, regex: str) -> None:
    with pytest.raises(NamingError, match=r"^invalid regex: "):
        three.list(regex=regex)
    with pytest.raises(NamingError, match=r"^invalid regex: "):
        three.remove(regex=regex)
    assert three.count() == 3


def test_a_regex_over_the_limit_is_refused_with_the_limit(three: NameServer) -> None:
    assert three.list(regex="o" * 255) == {}
    with pytest.raises(NamingError, match="at most 255 characters, not 256"):
        three.list(regex="o" * 256)
    with pytest.raises(NamingError, match="at most 255 characters, not 256"):
        three.remove(regex="o" * 256)


def test_filters_that_are_no_text_are_type_errors(three: NameServer) -> None:
    with pytest.raises(TypeError, match="prefix must be a str"):
        three.list(prefix=3)  # type: ignore[arg-type]  # that is the test
    with pytest.raises(TypeError, match="regex must be a str"):
        three.remove(regex=3)  # type: ignore[arg-type]


def test_remove_by_name_counts_one_or_none(three: NameServer) -> None:
    assert three.remove("one") == 1
    assert three.remove("one") == 0
    assert three.list() == {"two": B, "three": A}


def test_remove_by_prefix_counts(three: NameServer) -> None:
    assert three.remove(prefix="t") == 2
    assert three.list() == {"one": A}


def test_remove_by_regex_counts(three: NameServer) -> None:
    assert three.remove(regex=".*e$") == 2
    assert three.list() == {"two": B}


def test_remove_by_an_unknown_name_does_not_go_on_with_the_prefix(three: NameServer) -> None:
    assert three.remove("nobody", prefix="t") == 0
    assert three.count() == 3


def test_remove_prefers_the_prefix_to_the_regex(three: NameServer) -> None:
    assert three.remove(prefix="o", regex="t") == 1
    assert three.list() == {"two": B, "three": A}


def test_remove_of_nothing_removes_nothing(three: NameServer) -> None:
    assert three.remove() == 0
    assert three.remove("", prefix="", regex="") == 0
    assert three.count() == 3


def test_the_name_server_itself_is_never_removed(three: NameServer) -> None:
    three.register(NAMESERVER_NAME, A)
    assert three.remove(NAMESERVER_NAME) == 0
    assert three.remove(prefix="Pyro") == 0
    assert three.remove(regex=".*") == 3
    assert three.list() == {NAMESERVER_NAME: A}


def test_the_protected_name_falls_through_to_the_prefix(three: NameServer) -> None:
    assert three.remove(NAMESERVER_NAME, prefix="t") == 2


def test_yplookup_of_all_tags(three: NameServer) -> None:
    assert three.yplookup(meta_all={"odd", "small"}) == {"one": (A, {"odd", "small"})}


def test_yplookup_of_any_tag(three: NameServer) -> None:
    assert three.yplookup(meta_any=["even", "odd"], return_metadata=False) == {"one": A, "two": B, "three": A}


def test_yplookup_without_tags_finds_nothing(three: NameServer) -> None:
    assert three.yplookup() == {}
    assert three.yplookup(meta_all=[]) == {}
    assert three.yplookup(meta_any=[]) == {}


def test_yplookup_of_both_is_refused(three: NameServer) -> None:
    with pytest.raises(ValueError, match="yplookup takes meta_all or meta_any, not both"):
        three.yplookup(meta_all=["odd"], meta_any=["odd"])


@pytest.mark.parametrize("tags", ["odd", 42, [1]])
def test_yplookup_of_what_is_no_iterable_of_texts_is_a_type_error(three: NameServer, tags: object) -> None:
    with pytest.raises(TypeError):
        three.yplookup(meta_all=tags)  # type: ignore[arg-type]  # that is the test
    with pytest.raises(TypeError):
        three.yplookup(meta_any=tags)  # type: ignore[arg-type]


def test_a_name_server_of_its_own_keeps_its_names_in_memory() -> None:
    nameserver = NameServer()
    nameserver.register("name", A)
    assert nameserver.list() == {"name": A}
    assert NameServer().count() == 0
