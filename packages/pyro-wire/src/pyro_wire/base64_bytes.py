"""Bytes in formats that have none: serpent writes them as a dictionary with their base64 text."""

from __future__ import annotations

import binascii
from typing import Any

__all__ = ["unwrapped"]


def unwrapped(value: Any) -> Any:
    """Return the bytes that such a dictionary stands for; any other value itself.

    It has exactly two keys: the encoding, ``base64``, and the data, a str of base64 with padding and without blanks.
    """
    match value:
        case {"encoding": "base64", "data": str(text), **others} if not others:
            try:
                return binascii.a2b_base64(text, strict_mode=True)
            except ValueError:
                return value
    return value
