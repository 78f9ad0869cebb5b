"""Iterators as results, and payloads that are passed on unread."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import LISTENING, Feature, over

TERMINATED = {"class": "PyroError", "args": ["'item stream terminated'"]}


@over()
def test_a_generator_is_streamed_to_its_end(conversation: Conversation) -> None:
    assert conversation.run("whole_stream") == {
        "items": [1, 2, 3],
        "after the end": ["nothing", "nothing"],
        "empty": [],
        "then": 3,
    }


@over()
def test_two_streams_of_one_proxy_do_not_mix(conversation: Conversation) -> None:
    assert conversation.run("two_streams") == [[1, 1], [2, 2], [3, 3]]


@over(Feature.ATTRIBUTES)
def test_an_attribute_that_is_an_iterator_is_streamed(conversation: Conversation) -> None:
    assert conversation.run("stream_of_an_attribute") == ["a", "b", "c"]


@over()
def test_an_exception_in_a_stream_is_raised_at_its_place(conversation: Conversation) -> None:
    assert conversation.run("stream_with_an_exception") == {
        "seen": [1, 2],
        "error": {"class": "ValueError", "args": ["'the stream is broken'"]},
        "then": 3,
    }


@over()
def test_a_stream_that_is_closed_early_ends_at_the_server(conversation: Conversation, token: str) -> None:
    assert conversation.run("stream_closed_early", token=token) == [[0, 1], "ended", "nothing"]


@over(Feature.CLOSE_STREAM_LATER)
def test_a_stream_can_be_closed_after_other_calls(conversation: Conversation, token: str) -> None:
    assert conversation.run("stream_closed_after_other_calls", token=token) == [[0, 3, 1, 7], "ended"]


@over(server_types=LISTENING)
def test_a_stream_goes_on_after_a_new_connection(conversation: Conversation) -> None:
    assert conversation.run("stream_over_a_lost_connection") == [[1], "ConnectionClosedError", [2, 3]]


@over()
def test_a_stream_that_nobody_holds_any_more_ends_at_the_server(conversation: Conversation, token: str) -> None:
    assert conversation.run("stream_that_nobody_holds", token=token) == [0, "ended"]


@over(serializers=["serpent"])  # with the others it is a SerializeError, at which released Pyro5 drops the connection
def test_an_item_that_cannot_be_serialized_is_an_error_and_the_next_one_comes(conversation: Conversation) -> None:
    assert conversation.run("stream_of_which_an_item_cannot_travel") == ["TypeError", "after it"]


@over(Feature.STREAM_LIFETIME, serializers=["serpent"])
def test_a_stream_ends_with_its_lifetime(conversation: Conversation, token: str) -> None:
    mortal = conversation.with_server(PYRO_ITER_STREAM_LIFETIME="0.05", PYRO_POLLTIMEOUT="0.05")

    assert mortal.run("stream_whose_time_is_over", token=token) == [0, "ended", TERMINATED]


@over(serializers=["serpent"], server_types=LISTENING)
@pytest.mark.parametrize("linger", ["0.0", "0.05"])
def test_a_stream_ends_when_its_client_has_left_for_long(conversation: Conversation, token: str, linger: str) -> None:
    strict = conversation.with_server(PYRO_ITER_STREAM_LINGER=linger, PYRO_POLLTIMEOUT="0.05")

    assert strict.run("stream_whose_client_has_left", token=token) == [0, "ended", TERMINATED]


@over()
def test_a_list_is_not_streamed(conversation: Conversation) -> None:
    assert conversation.run("no_stream") == [1, 2, 3]


@over()
def test_a_server_that_does_not_stream_makes_it_a_protocol_error(conversation: Conversation) -> None:
    assert conversation.with_server(PYRO_ITER_STREAMING="false").run("refused_stream") == "ProtocolError"


@over(Feature.OPEN_BLOB)
def test_a_blob_is_opened_by_the_method(conversation: Conversation) -> None:
    assert conversation.run("open_blob") == [{"about": "this"}, ["a", {"b": 2}]]


@over()
def test_the_information_of_a_blob_is_read_without_opening_it(conversation: Conversation) -> None:
    assert conversation.run("info_of_blob") == {"about": ["this", 1]}


@over(Feature.FORWARD_BLOB)
def test_a_blob_is_passed_on_unopened(conversation: Conversation) -> None:
    assert conversation.run("forward_blob") == [True, ["a", {"b": 2}]]


@over()
def test_a_blob_must_be_the_only_argument(conversation: Conversation) -> None:
    assert conversation.run("blob_among_other_arguments") == ["SerializeError", 3]
