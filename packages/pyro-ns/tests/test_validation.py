"""The limits of what may be registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_ns import NameServer
from pyro_uri import PyroError
from pyro_wire.errors import NamingError

URI_TEXT = "PYRO:a@localhost:1"


def test_a_name_of_255_characters_is_registered(nameserver: NameServer) -> None:
    nameserver.register("n" * 255, URI_TEXT)
    assert nameserver.count() == 1


@pytest.mark.parametrize("name", ["", "n" * 256])
def test_a_name_of_another_length_is_refused_with_the_limit(nameserver: NameServer, name: str) -> None:
    with pytest.raises(NamingError, match=f"1 to 255 characters, not {len(name)}"):
        nameserver.register(name, URI_TEXT)


@pytest.mark.parametrize("name", ["größe €", "with space", "日本", "\U0001f600", "Pyro.mine"])
def test_printable_names_are_registered(nameserver: NameServer, name: str) -> None:
    nameserver.register(name, URI_TEXT)
    assert nameserver.list() == {name: URI_TEXT}


@pytest.mark.parametrize("name", ["line\nbreak", "nul\0", "escape\x1b[2J", "half\ud800", "turned\u202e"])
def test_names_that_cannot_be_printed_are_refused(nameserver: NameServer, name: str) -> None:
    with pytest.raises(NamingError, match="printable characters only"):
        nameserver.register(name, URI_TEXT)


def test_a_uri_of_a_kibibyte_is_registered_and_a_longer_one_refused_with_the_limit(nameserver: NameServer) -> None:
    longest = "PYRO:" + "x" * (1024 - len("PYRO:@localhost:1")) + "@localhost:1"
    nameserver.register("name", longest)
    with pytest.raises(NamingError, match="at most 1024 bytes, not 1025"):
        nameserver.register("name", longest + "2")


def test_a_uri_that_cannot_be_sent_is_refused(nameserver: NameServer) -> None:
    with pytest.raises(NamingError, match="not valid as text"):
        nameserver.register("name", "PYRO:\ud800@localhost:1")


def test_64_tags_are_registered_and_more_refused_with_the_limit(nameserver: NameServer) -> None:
    tags = [str(number) for number in range(65)]
    nameserver.register("name", URI_TEXT, metadata=tags[:64] + tags[:64])
    with pytest.raises(NamingError, match="at most 64 metadata tags, not 65"):
        nameserver.set_metadata("name", tags)


def test_a_tag_of_256_characters_is_registered_and_a_longer_one_refused_with_the_limit(nameserver: NameServer) -> None:
    nameserver.register("name", URI_TEXT, metadata=["t" * 256])
    with pytest.raises(NamingError, match="at most 256 characters, not 257"):
        nameserver.set_metadata("name", ["t" * 257])


def test_a_tag_that_cannot_be_sent_is_refused(nameserver: NameServer) -> None:
    with pytest.raises(NamingError, match="not valid as text"):
        nameserver.register("name", URI_TEXT, metadata=["half\ud800"])


def test_what_is_refused_changes_nothing(nameserver: NameServer) -> None:
    nameserver.register("name", URI_TEXT, metadata=["x"])
    with pytest.raises(NamingError):
        nameserver.register("name", "PYRO:b@localhost:2", metadata=["t" * 257])
    assert nameserver.list(return_metadata=True) == {"name": (URI_TEXT, {"x"})}


@given(name=st.text(), uri=st.text() | st.just(URI_TEXT), tags=st.lists(st.text()))
def test_any_texts_are_stored_whole_or_refused_with_an_error_of_ours(name: str, uri: str, tags: list[str]) -> None:
    nameserver = NameServer()
    try:
        nameserver.register(name, uri, metadata=tags)
    except PyroError:
        assert nameserver.count() == 0
    else:
        assert nameserver.lookup(name, return_metadata=True)[1] == set(tags)  # type: ignore[index]  # a pair, as asked
