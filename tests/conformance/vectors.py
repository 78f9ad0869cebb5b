"""The entries of ``vectors.json``: bytes that were captured from the released library, and what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyro_wire import SerializerBase, serializers

PROTOCOL = 502
ALL = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["vectors"]
VECTORS = [vector for vector in ALL if vector["protocol"] == PROTOCOL]

MARSHAL = "marshal: back-references depend on the sender's reference counts"
ZLIB = "zlib: its builds differ in what they write"
SET = "set: its order is arbitrary"
NO_BYTES = "the sender refuses it, so there are no bytes"


def kind(vector: dict) -> str:
    """What an entry is about."""
    if vector["direction"].endswith("(UDP datagram)"):
        return "datagram"
    if "/value-" in vector["name"]:
        return "value" if vector["hex"] else "refused value"
    return "message"


def entries(*kinds: str) -> pytest.MarkDecorator:
    """Run a test with each entry of these kinds."""
    chosen = [vector for vector in VECTORS if kind(vector) in kinds]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["name"] for vector in chosen])


def raw(vector: dict) -> bytes:
    """The bytes of an entry."""
    return bytes.fromhex(vector["hex"])


def serializer_of(vector: dict) -> SerializerBase:
    """The serializer that an entry was written with."""
    return serializers[vector["serializer"]]


def described(description: Any) -> Any:
    """The value that a description stands for: JSON, with marks for the types that JSON lacks."""
    if isinstance(description, list):
        return [described(item) for item in description]
    if not isinstance(description, dict):
        return description
    match description:
        case {"$tuple": items}:
            return tuple(described(items))
        case {"$set": items}:
            return set(described(items))
        case {"$bytes": digits}:
            return bytes.fromhex(digits)
    return {key: described(item) for key, item in description.items()}


def has_large_set(value: Any) -> bool:
    """Tell whether there is a set of several members in a value."""
    if isinstance(value, dict):
        return any(map(has_large_set, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_large_set, value))
    return isinstance(value, set) and len(value) > 1


def why_not_rewritten(vector: dict) -> str | None:
    """Why the bytes of an entry have no single form, None if they have."""
    if kind(vector) == "refused value":
        return NO_BYTES
    if vector["serializer"] == "marshal":
        return MARSHAL
    if "compressed_from" in vector["decoded"]:
        return ZLIB
    if has_large_set(described(vector["decoded"].get("payload"))):
        return SET
    return None


def rewritten(*kinds: str) -> pytest.MarkDecorator:
    """Run a test with each entry of these kinds whose bytes have a single form."""
    chosen = [vector for vector in VECTORS if kind(vector) in kinds and why_not_rewritten(vector) is None]
    return pytest.mark.parametrize("vector", chosen, ids=[vector["name"] for vector in chosen])
