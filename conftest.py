"""What holds for the tests of every package."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, settings

# A slow machine is no failure: properties are judged by what they find, not by how long that takes.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux shows the open files of the process; elsewhere only threads are counted."""

GONE_WITHIN = 10.0
"""Seconds that threads have to end after a test."""


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Fail a test after which there are threads or sockets that were not there before."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield
    deadline = time.monotonic() + GONE_WITHIN
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in set(threading.enumerate()) - threads]
    assert not left, "the test left threads behind"
    assert not open_sockets() - sockets, "the test left sockets open"


def open_sockets() -> set[str]:
    """Return what names the open sockets of this process."""
    if not DESCRIPTORS.is_dir():
        return set()
    links = set()
    for descriptor in os.listdir(DESCRIPTORS):
        try:
            links.add(os.readlink(DESCRIPTORS / descriptor))
        except FileNotFoundError:  # that of the listing itself, for one
            continue
    return {link for link in links if link.startswith("socket:")}


@dataclass(frozen=True)
class Certificates:
    """Files in PEM format. A certificate's file has its key in it too, unless the name says otherwise."""

    authority: str
    """Who has signed the certificates below."""
    folder: str
    """The authority once more, in a folder as OpenSSL wants it."""
    server: str
    """For localhost, 127.0.0.1 and ::1."""
    client: str
    bare: str
    """The server's certificate without its key."""
    key: str
    """That key."""
    locked_key: str
    """The same key, with the password ``PASSWORD``."""
    stranger: str
    """For localhost too, but signed by somebody else."""
    strange_authority: str
    """Who has signed the stranger's."""

    PASSWORD = "open sesame"


AUTHORITY_HASH = "168e8bdf"
"""What OpenSSL makes of the authority's name, and looks for in a folder."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates to use TLS with, made for this run of the tests."""
    path = tmp_path_factory.mktemp("certificates")
    folder = tmp_path_factory.mktemp("authorities")
    ours, theirs = trustme.CA(organization_name="pyro", organization_unit_name="tests"), trustme.CA()
    server = ours.issue_cert("localhost", "127.0.0.1", "::1")
    texts = {
        path / "authority": ours.cert_pem.bytes(),
        folder / f"{AUTHORITY_HASH}.0": ours.cert_pem.bytes(),
        path / "server": server.private_key_and_cert_chain_pem.bytes(),
        path / "client": ours.issue_cert("client@example.org").private_key_and_cert_chain_pem.bytes(),
        path / "bare": server.cert_chain_pems[0].bytes(),
        path / "key": server.private_key_pem.bytes(),
        path / "locked_key": locked(server.private_key_pem.bytes(), Certificates.PASSWORD),
        path / "stranger": theirs.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.bytes(),
        path / "strange_authority": theirs.cert_pem.bytes(),
    }
    for file, text in texts.items():
        file.write_bytes(text)
    return Certificates(folder=str(folder), **{file.name: str(file) for file in texts if file.parent == path})


def locked(pem: bytes, password: str) -> bytes:
    """Return a private key with a password on it."""
    key = serialization.load_pem_private_key(pem, None)
    encryption = serialization.BestAvailableEncryption(password.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
