"""What a value becomes on its way there and back, by serializer."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import Route, name_of, over, pairs

SAME_IN_ALL = {
    "none": "None",
    "true": "True",
    "integer": "-7",
    "large integer": repr(2**70),
    "float": "0.1",
    "infinity": "inf",
    "not a number": "nan",
    "text": repr("añ\0\n'\"\U0001f40d"),
    "list": "[1, [2.5, None], []]",
    "dictionary": "{'a': {'b': [1]}}",
    "uuid": "'00000000-0000-0000-0000-000000000001'",
    "exception": "ValueError('a value', 2)",
}
BYTES = r"b'\x00\xff'"
BASE64 = "{'data': 'AP8=', 'encoding': 'base64'}"
AS_BYTES = {"ours": BYTES, "released": BASE64}
"""What a client sees of bytes in serpent: ours unwraps them."""
EXPECTED: dict[str, dict[str, str]] = {
    "serpent": {
        "complex": "(1+2j)",
        "tuple": "(1, (2,), ())",
        "set": "{1}",
        "empty set": "()",
        "dictionary with an integer key": "{1: 'a'}",
        "deque": "[1, 2]",
        "date": "'2024-01-02'",
        "time stamp": "'2024-01-02T03:04:05'",
        "decimal": "'1.50'",
    },
    "json": {
        "tuple": "[1, [2], []]",
        "set": "[1]",
        "empty set": "[]",
        "dictionary with an integer key": "{'1': 'a'}",
        "date": "'2024-01-02'",
        "time stamp": "'2024-01-02T03:04:05'",
        "decimal": "'1.50'",
    },
    "marshal": {
        "complex": "(1+2j)",
        "bytes": r"b'\x00\xff'",
        "bytearray": r"b'\x00\xff'",
        "tuple": "(1, (2,), ())",
        "set": "{1}",
        "empty set": "set()",
        "dictionary with an integer key": "{1: 'a'}",
    },
    "msgpack": {
        "complex": "(1+2j)",
        "bytes": r"b'\x00\xff'",
        "bytearray": r"b'\x00\xff'",
        "tuple": "[1, [2], []]",
        "set": "[1]",
        "empty set": "[]",
        "date": "datetime.date(2024, 1, 2)",
        "time stamp": "datetime.datetime(2024, 1, 2, 3, 4, 5)",
        "decimal": "'1.50'",
    },
}


def _cases() -> list[object]:
    return [
        pytest.param(pair, label, expected, id=f"{name_of(pair)}-{label}")
        for pair in pairs(server_types=["thread"])  # which type it is does not matter to a value
        for label, expected in _expected(*pair).items()
    ]


def _expected(route: Route, serializer: str) -> dict[str, str]:
    expected = {**SAME_IN_ALL, **EXPECTED[serializer]}
    if serializer == "serpent":
        expected |= {"bytes": AS_BYTES[route.client], "bytearray": AS_BYTES[route.client]}
    return expected


@pytest.mark.parametrize(("conversation", "label", "expected"), _cases(), indirect=["conversation"])
def test_a_value_comes_back_as_its_serializer_promises(conversation: Conversation, label: str, expected: str) -> None:
    assert conversation.run("echo", label=label) == expected


@over(clients=["released"], serializers=["serpent"], server_types=["thread"])
def test_our_server_unwraps_the_bytes_of_a_released_client(conversation: Conversation) -> None:
    assert conversation.run("send_bytes") == {
        "argument": "bytes",
        "in a list": ["list", "bytes"],
        "in a batch": "bytes",
        "echo": BASE64,
    }


@over(clients=["ours"], serializers=["serpent"], server_types=["thread"])
def test_our_client_unwraps_the_bytes_of_a_released_server(conversation: Conversation) -> None:
    assert conversation.run("send_bytes") == {
        "argument": "dict",
        "in a list": ["list", "dict"],
        "in a batch": "dict",
        "echo": BYTES,
    }


@over(clients=["released"], serializers=["serpent"], server_types=["thread"])
def test_our_server_leaves_them_alone_if_told_so(conversation: Conversation) -> None:
    told = conversation.with_server(PYROSTACK_SERPENT_UNWRAP_BYTES="off")
    assert told.run("send_bytes")["argument"] == "dict"
    assert told.run("send_bytes")["echo"] == BASE64


@over(clients=["ours"], serializers=["serpent"], server_types=["thread"])
def test_our_client_leaves_them_alone_if_told_so(conversation: Conversation) -> None:
    assert conversation.with_client(SERPENT_UNWRAP_BYTES=False).run("send_bytes")["echo"] == BASE64


@over(serializers=["serpent"], server_types=["thread"])
def test_bytes_that_travel_as_literals_are_bytes_everywhere(conversation: Conversation) -> None:
    as_literals = conversation.with_client(SERPENT_BYTES_REPR=True).with_server(PYRO_SERPENT_BYTES_REPR="on")
    seen = as_literals.run("send_bytes")
    assert (seen["argument"], seen["echo"]) == ("bytes", BYTES)
