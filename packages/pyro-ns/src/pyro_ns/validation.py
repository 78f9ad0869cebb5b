"""What may be registered, and what may be asked: the limits of the name server.

One bad registration would spoil every later ``list``, so all of it is checked before it is stored. Source of the
figures: the project's limits and rules of safety.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyro_uri import URI
from pyro_wire.errors import NamingError

__all__ = ["checked_metadata", "checked_name", "checked_uri", "compiled_pattern", "tags_of"]

MAX_NAME_LENGTH = 255
"""Characters of a name."""

MAX_URI_SIZE = 1024
"""Bytes of a uri, as UTF-8."""

MAX_TAGS = 64
"""Tags of one registration."""

MAX_TAG_LENGTH = 256
"""Characters of a tag."""

MAX_PATTERN_LENGTH = 255
"""Characters of a regular expression."""

_SHOWN_LENGTH = 60


def checked_name(name: str) -> str:
    """Return a name that may be registered. Raises ``TypeError``, or ``NamingError`` that names the limit."""
    if not isinstance(name, str):
        raise TypeError("name must be a str")
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise NamingError(f"a name has 1 to {MAX_NAME_LENGTH} characters, not {len(name)}: {_shown(name)}")
    if not name.isprintable():
        raise NamingError(f"a name has printable characters only: {_shown(name)}")
    return name


def checked_uri(uri: str | URI) -> str:
    """Return the text of a valid uri.

    Raises ``TypeError`` for what is neither, ``PyroError`` for a text that is no uri, and ``NamingError`` that names
    the limit for a long one.
    """
    if not isinstance(uri, str | URI):
        raise TypeError("only URIs or strings can be registered")
    text = str(uri)  # a URI too is parsed again: its parts can be set to anything, here or by a peer
    if _size(text) > MAX_URI_SIZE:
        raise NamingError(f"a uri has at most {MAX_URI_SIZE} bytes, not {_size(text)}: {_shown(text)}")
    return str(URI(text))


def checked_metadata(metadata: Iterable[str] | None) -> frozenset[str]:
    """Return the tags of a registration, None being no tags.

    Raises ``TypeError`` for a single str and for what is no iterable of str, ``NamingError`` that names the limit for
    too much of it.
    """
    tags = frozenset() if metadata is None else tags_of(metadata, "metadata")
    if len(tags) > MAX_TAGS:
        raise NamingError(f"a registration has at most {MAX_TAGS} metadata tags, not {len(tags)}")
    for tag in tags:
        if len(tag) > MAX_TAG_LENGTH:
            raise NamingError(f"a metadata tag has at most {MAX_TAG_LENGTH} characters, not {len(tag)}: {_shown(tag)}")
        _size(tag)
    return tags


def tags_of(metadata: Iterable[str], parameter: str) -> frozenset[str]:
    """Return the tags in an iterable. Raises ``TypeError``, naming the parameter, if it is not one of str."""
    if isinstance(metadata, str):
        raise TypeError(f"{parameter} should not be a str, but another iterable (set, list, etc)")
    tags = list(metadata)
    for tag in tags:
        if not isinstance(tag, str):
            raise TypeError(f"{parameter} should be an iterable of str, but there is {type(tag).__name__} in it")
    return frozenset(tags)


def compiled_pattern(regex: str) -> re.Pattern[str]:
    """Return a regular expression, compiled.

    Raises ``TypeError`` for what is not a str, ``NamingError`` for an expression that is not valid, and one that names
    the limit for a long one.
    """
    if not isinstance(regex, str):
        raise TypeError("regex must be a str")
    if len(regex) > MAX_PATTERN_LENGTH:
        raise NamingError(f"invalid regex: it has at most {MAX_PATTERN_LENGTH} characters, not {len(regex)}")
    try:
        return re.compile(regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise NamingError(f"invalid regex: {error}") from error


def _size(text: str) -> int:
    """Return the bytes of a text. Raises ``NamingError`` for a text that no serializer could send."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise NamingError(f"not valid as text: {_shown(text)}: {error.reason}") from error


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "...")
