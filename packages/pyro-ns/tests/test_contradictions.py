"""What ``pyro-check-config`` warns of."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from pyro_ns.contradictions import contradictions, missing_files
from pyro_wire import Config


def test_there_is_nothing_wrong_with_the_defaults() -> None:
    assert contradictions(Config()) == []
    assert missing_files(Config()) == []


@pytest.mark.parametrize(
    ("items", "beginnings"),
    [
        ({"SSL": True}, ["SSL is on and SSL_SERVERCERT is empty"]),
        ({"SSL": True, "SSL_SERVERCERT": "c", "SSL_REQUIRECLIENTCERT": True}, ["SSL_REQUIRECLIENTCERT is on and"]),
        ({"SSL_CACERTS": "ca"}, ["SSL_CACERTS has no effect, because SSL is off"]),
        ({"SSL_REQUIRECLIENTCERT": True}, ["SSL_REQUIRECLIENTCERT has no effect, because SSL is off"]),
        ({"SSL": True, "SSL_SERVERCERT": "c", "SSL_CLIENTKEY": "k"}, ["SSL_CLIENTKEY has no effect, because SSL_CLI"]),
        ({"SSL_SERVERKEYPASSWD": "p"}, ["SSL_SERVERKEYPASSWD has no effect, because SSL_SERVERCERT is empty"]),
        ({"NATPORT": 5}, ["NATPORT has no effect, because NATHOST is empty"]),
        ({"LOGFILE": "log"}, ["LOGFILE has no effect: it counts for programs that import Pyro5"]),
        ({"LOGLEVEL": "LOUD"}, ["LOGLEVEL is no level"]),
        ({"SERVERTYPE": "fast"}, ["SERVERTYPE is unknown"]),
        ({"SERIALIZER": "pickle"}, ["SERIALIZER is unknown: use one of serpent, "]),
        ({"PREFER_IP_VERSION": 5}, ["PREFER_IP_VERSION is unknown"]),
        ({"NS_AUTOCLEAN": 1.0}, ["NS_AUTOCLEAN is too short"]),
        ({"THREADPOOL_SIZE": 3}, ["THREADPOOL_SIZE_MIN is more than THREADPOOL_SIZE"]),
        ({"THREADPOOL_SIZE_MIN": 0}, ["THREADPOOL_SIZE_MIN is less than 1"]),
        ({"COMMTIMEOUT": -1.0}, ["COMMTIMEOUT is a negative time"]),
        ({"NS_PORT": 70000}, ["NS_PORT is no port"]),
        ({"COMMTIMEOUT": math.nan}, ["COMMTIMEOUT is no number of seconds"]),
        ({"NS_AUTOCLEAN": math.nan}, ["NS_AUTOCLEAN is no number of seconds"]),
        ({"SHUTDOWN_GRACE": math.inf}, ["SHUTDOWN_GRACE is no number of seconds"]),
        ({"HANDSHAKE_TIMEOUT": -1.0}, ["HANDSHAKE_TIMEOUT is a negative time"]),
        ({"HANDSHAKE_TIMEOUT": 0.0}, ["HANDSHAKE_TIMEOUT is 0: "]),
        ({"STALL_TIMEOUT": 0.0}, ["STALL_TIMEOUT is 0: "]),
        ({"POLLTIMEOUT": 0.0}, ["POLLTIMEOUT is 0: "]),
        ({"MAX_RETRIES": -1}, ["MAX_RETRIES is negative"]),
        ({"MAX_BATCH": -1}, ["MAX_BATCH is negative"]),
        ({"MAX_MESSAGE_SIZE": 0}, ["MAX_MESSAGE_SIZE is less than 1"]),
    ],
    ids=str,
)
def test_a_contradiction_is_told_of(items: dict[str, Any], beginnings: list[str]) -> None:
    found = contradictions(Config(**items))
    assert len(found) == len(beginnings), found
    assert all(sentence.startswith(start) for sentence, start in zip(found, beginnings, strict=True))


@pytest.mark.parametrize(
    "items",
    [
        {"SSL": True, "SSL_SERVERCERT": "c", "SSL_SERVERKEY": "k", "SSL_SERVERKEYPASSWD": "p"},
        {"SSL": True, "SSL_SERVERCERT": "c", "SSL_REQUIRECLIENTCERT": True, "SSL_CACERTS": "ca"},
        {"NATHOST": "h", "NATPORT": 5},
        {"LOGLEVEL": "debug", "LOGFILE": "{stderr}"},
        {"COMMTIMEOUT": None},
        {"NS_AUTOCLEAN": 3.0},
        {"THREADPOOL_SIZE": 1, "THREADPOOL_SIZE_MIN": 1},
        {"NS_PORT": 0},
        {"MAX_RETRIES": 3, "MAX_STREAMS": 0, "SHUTDOWN_GRACE": 0.0},
    ],
    ids=str,
)
def test_what_goes_together_is_not_told_of(items: dict[str, Any]) -> None:
    assert contradictions(Config(**items)) == []


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    there, missing = tmp_path / "there", tmp_path / "missing"
    there.touch()
    config = Config(SSL_SERVERCERT=str(there), SSL_SERVERKEY=str(missing))
    assert missing_files(config) == [f"SSL_SERVERKEY names a file that is not there: {missing}"]
