"""What in a configuration cannot work, or has no effect: ``pyro-check-config`` tells of it before a server does."""

from __future__ import annotations

import dataclasses
import logging
import math
import os
from collections.abc import Callable
from typing import TypeAlias

from pyro_ns.autocleaning import AutoCleaner
from pyro_wire import Config, serializers

__all__ = ["contradictions", "missing_files"]

Rule: TypeAlias = tuple[Callable[[Config], bool], str]
"""When something is wrong, and the sentence that says what."""

_SSL_ITEMS = ("SSL_SERVERCERT", "SSL_SERVERKEY", "SSL_CLIENTCERT", "SSL_CLIENTKEY", "SSL_CACERTS")
_PORTS = ("NS_PORT", "NS_BCPORT", "NATPORT")
_TIMES = tuple(item.name for item in dataclasses.fields(Config) if isinstance(item.default, float))
_LIMITS = tuple(
    item.name
    for item in dataclasses.fields(Config)
    if item.name.startswith("MAX_") and item.name not in ("MAX_RETRIES", "MAX_MESSAGE_SIZE")
)


def _positive(name: str) -> Rule:
    return lambda config: getattr(config, name) < 1, f"{name} is less than 1: a thread server will not start"


def _not_negative_time(name: str) -> Rule:
    return lambda config: (getattr(config, name) or 0) < 0, f"{name} is a negative time"


def _finite(name: str) -> Rule:
    return lambda config: not math.isfinite(getattr(config, name) or 0), f"{name} is no number of seconds"


def _some_time(name: str, effect: str) -> Rule:
    return lambda config: getattr(config, name) == 0, f"{name} is 0: {effect}"


def _not_negative(name: str) -> Rule:
    return lambda config: getattr(config, name) < 0, f"{name} is negative: it is a number of things"


def _valid_port(name: str) -> Rule:
    return lambda config: not 0 <= getattr(config, name) <= 65535, f"{name} is no port: they go from 0 to 65535"


def _idle_without_ssl(name: str) -> Rule:
    return lambda config: bool(getattr(config, name)) and not config.SSL, f"{name} has no effect, because SSL is off"


def _needs(name: str, other: str) -> Rule:
    return (
        lambda config: bool(getattr(config, name)) and not getattr(config, other),
        f"{name} has no effect, because {other} is empty",
    )


_RULES: tuple[Rule, ...] = (
    (
        lambda config: config.SSL and not config.SSL_SERVERCERT,
        "SSL is on and SSL_SERVERCERT is empty: clients work, but a daemon will not start without a certificate",
    ),
    (
        lambda config: config.SSL and config.SSL_REQUIRECLIENTCERT and not config.SSL_CACERTS,
        "SSL_REQUIRECLIENTCERT is on and SSL_CACERTS is empty: a daemon cannot know whose certificates to trust",
    ),
    *map(_idle_without_ssl, (*_SSL_ITEMS, "SSL_REQUIRECLIENTCERT")),
    _needs("SSL_SERVERKEY", "SSL_SERVERCERT"),
    _needs("SSL_SERVERKEYPASSWD", "SSL_SERVERCERT"),
    _needs("SSL_CLIENTKEY", "SSL_CLIENTCERT"),
    _needs("SSL_CLIENTKEYPASSWD", "SSL_CLIENTCERT"),
    _needs("NATPORT", "NATHOST"),
    (
        lambda config: bool(config.LOGFILE) and not config.LOGLEVEL,
        "LOGFILE has no effect: it counts for programs that import Pyro5, and only when LOGLEVEL is set",
    ),
    (
        lambda config: config.SERVERTYPE not in ("thread", "multiplex"),
        "SERVERTYPE is unknown: use thread or multiplex",
    ),
    (
        lambda config: config.SERIALIZER not in serializers,
        f"SERIALIZER is unknown: use one of {', '.join(serializers)}",
    ),
    (
        lambda config: config.PREFER_IP_VERSION not in (0, 4, 6),
        "PREFER_IP_VERSION is unknown: use 4, 6, or 0 for what the system prefers",
    ),
    (
        lambda config: bool(config.LOGLEVEL) and config.LOGLEVEL.upper() not in logging.getLevelNamesMapping(),
        "LOGLEVEL is no level of Python's logging: use DEBUG, INFO, WARNING, ERROR or CRITICAL",
    ),
    (
        lambda config: 0 < config.NS_AUTOCLEAN < AutoCleaner.min_autoclean_value,
        f"NS_AUTOCLEAN is too short, a name server will not start: use at least {AutoCleaner.min_autoclean_value}",
    ),
    (
        lambda config: config.THREADPOOL_SIZE_MIN > config.THREADPOOL_SIZE,
        "THREADPOOL_SIZE_MIN is more than THREADPOOL_SIZE: a thread server will not start",
    ),
    *map(_positive, ("THREADPOOL_SIZE", "THREADPOOL_SIZE_MIN")),
    (
        lambda config: config.MAX_MESSAGE_SIZE < 1,
        "MAX_MESSAGE_SIZE is less than 1: every message is refused that has anything in it",
    ),
    *map(_not_negative, ("MAX_RETRIES", *_LIMITS)),
    *map(_not_negative_time, _TIMES),
    *map(_finite, _TIMES),
    _some_time("POLLTIMEOUT", "a server never rests"),
    _some_time("HANDSHAKE_TIMEOUT", "a daemon cuts off its clients at once"),
    _some_time("STALL_TIMEOUT", "a daemon cuts off clients whose message does not come in one piece"),
    *map(_valid_port, _PORTS),
)


def contradictions(config: Config) -> list[str]:
    """Return a sentence for each item that contradicts another one, or is no value that it can have."""
    return [sentence for is_wrong, sentence in _RULES if is_wrong(config)]


def missing_files(config: Config) -> list[str]:
    """Return a sentence for each file of TLS that is not there."""
    named = [(item, getattr(config, item)) for item in _SSL_ITEMS]
    return [
        f"{item} names a file that is not there: {path}" for item, path in named if path and not os.path.exists(path)
    ]
