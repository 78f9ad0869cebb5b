"""Exceptions, refusals, and what must not be reachable."""

from __future__ import annotations

from interop_kit.conversation import Conversation
from interop_kit.routes import LISTENING, Feature, over
from interop_kit.server import INTRUDER, REFUSAL

UNREACHABLE = ["hidden", "_private", "__init__", "__class__", "__call__", "add.__call__", "size", "secret", "none"]


@over()
def test_a_builtin_exception_arrives_with_arguments_and_attributes(conversation: Conversation) -> None:
    assert conversation.run("builtin_exception") == {
        "class": "ValueError",
        "args": ["'the text'", "42", "[1, 2]"],
        "code": 17,
        "details": {"place": ["here", "there"]},
        "then": 3,
    }


@over()
def test_an_error_of_the_system_arrives_as_its_special_class(conversation: Conversation) -> None:
    assert conversation.run("exception_of_the_system") == {
        "class": "FileNotFoundError",
        "args": ["2", "'nothing there'"],
        "number": 2,
    }


@over()
def test_an_exception_carries_the_remote_traceback(conversation: Conversation) -> None:
    seen = conversation.run("remote_traceback")

    assert seen["class"] == "ZeroDivisionError"
    assert seen["lines"][-1] == "ZeroDivisionError: division by zero\n"
    assert all(line.endswith("\n") for line in seen["lines"])
    assert "in divide" in "".join(seen["lines"])
    assert "Remote traceback:" in seen["formatted"]
    assert "in divide" in seen["formatted"]


@over()
def test_an_error_of_the_library_arrives_as_that_of_the_other_library(conversation: Conversation) -> None:
    assert conversation.run("error_of_the_library") == {
        "class": "NamingError",
        "args": ["'unknown name: x'"],
        "is one": True,
        "then": 3,
    }


@over(Feature.CALL_AFTER_SERIALIZE_ERROR, clients=["released"])
def test_an_exception_that_the_released_client_does_not_know_is_a_serialize_error(conversation: Conversation) -> None:
    seen = conversation.run("unknown_exception")

    assert seen["class"] == "SerializeError"
    assert "unsupported serialized class: interop_kit.service.StrangeError" in seen["args"][0]
    assert seen["then"] == 3


@over(server_types=LISTENING)
def test_an_exception_that_closes_the_connection_does_not_harm_the_next_call(conversation: Conversation) -> None:
    seen = conversation.run("exception_that_closes")

    # The released server just closes on a communication error in a method; ours tells what it was.
    expected = "CommunicationError" if conversation.route.server == "ours" else "ConnectionClosedError"
    assert (seen["class"], seen["then"]) == (expected, 3)


@over()
def test_a_security_error_reaches_the_caller(conversation: Conversation) -> None:
    assert conversation.run("security_error") == {"class": "SecurityError", "args": ["'not for you'"]}


@over(server_types=LISTENING)
def test_an_unknown_object_is_refused(conversation: Conversation) -> None:
    seen = conversation.run("unknown_object")

    assert seen["is one"]
    assert "rejected: unknown object" in seen["connect"]["args"][0]
    assert seen["call"] == {"class": "DaemonError", "args": ["'unknown object'"]}
    assert seen["then"] == 3


@over()
def test_what_is_not_exposed_cannot_be_called(conversation: Conversation) -> None:
    seen = conversation.run("unreachable_methods", names=UNREACHABLE)

    assert seen["remote"] == dict.fromkeys(UNREACHABLE, "AttributeError")
    assert seen["local"]["class"] == "AttributeError"
    assert "has no exposed attribute or method 'hidden'" in seen["local"]["args"][0]
    assert seen["then"] == 3


@over(server_types=LISTENING)
def test_the_handshake_takes_data_there_and_back(conversation: Conversation) -> None:
    data = {"user": "someone", "numbers": [1, 2]}

    assert conversation.run("handshake", data=data) == [3, {"welcome": data}]


@over(server_types=LISTENING)
def test_the_handshake_says_hello_unless_told_otherwise(conversation: Conversation) -> None:
    assert conversation.run("handshake", data=None) == [3, {"welcome": "hello"}]


@over(server_types=LISTENING)
def test_the_server_can_refuse_a_handshake(conversation: Conversation) -> None:
    seen = conversation.run("refused_handshake", data=INTRUDER)

    assert seen["is one"]
    assert f"rejected: {REFUSAL}" in seen["args"][0]


@over(server_types=LISTENING)
def test_the_client_can_refuse_a_handshake(conversation: Conversation) -> None:
    seen = conversation.run("handshake_refused_by_the_client")

    assert "this greeting is not for me" in seen["args"][0]
