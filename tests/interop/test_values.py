"""What a value becomes on its way there and back, by serializer."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import Route, name_of, pairs

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
BASE64 = "{'data': 'AP8=', 'encoding': 'base64'}"
EXPECTED: dict[str, dict[str, str]] = {
    "serpent": {
        "complex": "(1+2j)",
        "bytes": BASE64,
        "bytearray": BASE64,
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
        for label, expected in {**SAME_IN_ALL, **EXPECTED[_serializer(pair)]}.items()
    ]


def _serializer(pair: tuple[Route, str]) -> str:
    return pair[1]


@pytest.mark.parametrize(("conversation", "label", "expected"), _cases(), indirect=["conversation"])
def test_a_value_comes_back_as_its_serializer_promises(conversation: Conversation, label: str, expected: str) -> None:
    assert conversation.run("echo", label=label) == expected
