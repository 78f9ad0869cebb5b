"""A client of one library and a name server of the other."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import LISTENING, Feature, over


@pytest.fixture
def with_names(conversation: Conversation) -> Conversation:
    """A conversation in which there is a name server of the server's library and type."""
    return conversation.with_nameserver()


@over(server_types=LISTENING)
def test_the_name_server_is_located(with_names: Conversation) -> None:
    assert with_names.run("find_nameserver") == [True, None, True]


@over(server_types=LISTENING)
def test_a_registered_name_is_looked_up(with_names: Conversation, token: str) -> None:
    seen = with_names.run("register_and_lookup", name=token)

    assert (seen["types"], seen["same"]) == ([True, True], [True, True])
    assert seen["safe"]["class"] == "NamingError"


@over(Feature.NESTED_URI, server_types=LISTENING)
def test_a_name_is_looked_up_with_its_metadata(with_names: Conversation, token: str) -> None:
    assert with_names.run("lookup_with_metadata", name=token) == [True, ["a", "b"]]


@over(server_types=LISTENING)
def test_an_unknown_name_is_a_naming_error(with_names: Conversation, token: str) -> None:
    assert with_names.run("unknown_name", name=token) == {
        "class": "NamingError",
        "args": [repr(f"unknown name: {token}")],
        "then": None,
    }


@over(server_types=LISTENING)
def test_names_are_listed_and_removed(with_names: Conversation, token: str) -> None:
    assert with_names.run("list_and_remove", prefix=token) == {
        "prefix": {f"{token}.x.1": "PYRO:x.1@localhost:1234", f"{token}.x.2": "PYRO:x.2@localhost:1234"},
        "regex": [f"{token}.x.1", f"{token}.y.1"],
        "metadata": {f"{token}.y.1": ["PYRO:y.1@localhost:1234", ["m", "n"]]},
        "removed": [1, 0, 2],
        "left": {},
    }


@over(server_types=LISTENING)
def test_names_are_found_by_their_metadata(with_names: Conversation, token: str) -> None:
    assert with_names.run("search_metadata", prefix=token) == {
        "all": {f"{token}.1": ["PYRO:one@localhost:1234", [f"{token}.a", f"{token}.b"]]},
        "any": [f"{token}.1", f"{token}.2"],
        "bare": {f"{token}.2": "PYRO:two@localhost:1234"},
        "none": {},
    }


@over(server_types=LISTENING)
def test_an_object_is_called_by_its_name_and_by_its_metadata(with_names: Conversation, token: str) -> None:
    assert with_names.run("call_by_name", name=token) == [[3, 7], True, True]


@over(server_types=LISTENING)
def test_a_name_that_nobody_has_cannot_be_called(with_names: Conversation, token: str) -> None:
    assert with_names.run("call_by_unknown_name", name=token) == ["NamingError", "NamingError"]
