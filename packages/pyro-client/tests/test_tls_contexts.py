"""Contexts for TLS, made of the files that a configuration names."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from pyro_client.socketutil import get_ssl_context
from pyro_client.tls import client_context, server_context
from pyro_wire import Config, config

# ------------------------------------------------------------------------------------------------- kinds


def test_with_a_servers_certificate_the_context_is_for_a_server(certificates) -> None:
    context = get_ssl_context(servercert=certificates.server)
    assert context.protocol == ssl.PROTOCOL_TLS_SERVER
    assert context.verify_mode == ssl.CERT_NONE


def test_without_one_it_is_for_a_client_that_checks_the_server() -> None:
    context = get_ssl_context()
    assert context.protocol == ssl.PROTOCOL_TLS_CLIENT
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_server_demands_certificates_from_its_clients_if_the_configuration_says_so(certificates, monkeypatch) -> None:
    monkeypatch.setattr(config, "SSL_REQUIRECLIENTCERT", True)
    assert get_ssl_context(servercert=certificates.server).verify_mode == ssl.CERT_REQUIRED


def test_old_versions_of_tls_are_refused(certificates) -> None:
    for context in (get_ssl_context(), get_ssl_context(servercert=certificates.server)):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_context_cannot_be_for_both_sides(certificates) -> None:
    with pytest.raises(ValueError, match="not both"):
        get_ssl_context(servercert=certificates.server, clientcert=certificates.client)


def test_a_client_trusts_more_authorities_besides_those_of_the_system(certificates) -> None:
    context = get_ssl_context(cacerts=certificates.authority)
    assert context.cert_store_stats()["x509_ca"] == get_ssl_context().cert_store_stats()["x509_ca"] + 1


def test_a_server_trusts_the_given_authorities_alone(certificates) -> None:
    config = Config(SSL_SERVERCERT=certificates.server, SSL_CACERTS=certificates.authority, SSL_REQUIRECLIENTCERT=True)
    context = server_context(config)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


# ------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_key_may_be_in_a_file_of_its_own(certificates, side: str) -> None:
    get_ssl_context(**{f"{side}cert": certificates.bare, f"{side}key": certificates.key})


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_key_is_unlocked_with_its_password(certificates, side: str) -> None:
    files = {f"{side}cert": certificates.bare, f"{side}key": certificates.locked_key}
    get_ssl_context(**files, keypassword=certificates.PASSWORD)


@pytest.mark.parametrize("password", ["", "guessed"])
@pytest.mark.parametrize("side", ["server", "client"])
def test_a_wrong_password_is_an_error_and_no_question_at_the_terminal(certificates, side: str, password: str) -> None:
    files = {f"{side}cert": certificates.bare, f"{side}key": certificates.locked_key}
    with pytest.raises(OSError, match=f"{certificates.locked_key}.*SSL_{side.upper()}KEYPASSWD"):
        get_ssl_context(**files, keypassword=password)


def test_a_key_of_another_certificate_is_an_error(certificates) -> None:
    with pytest.raises(OSError, match="key values mismatch; see SSL_SERVERCERT, SSL_SERVERKEY"):
        get_ssl_context(servercert=certificates.server, serverkey=certificates.client)


@pytest.mark.parametrize(
    ("parameter", "item"),
    [
        ("servercert", "SSL_SERVERCERT"),
        ("serverkey", "SSL_SERVERKEY"),
        ("clientcert", "SSL_CLIENTCERT"),
        ("clientkey", "SSL_CLIENTKEY"),
        ("cacerts", "SSL_CACERTS"),
    ],
)
def test_a_missing_file_is_named_with_its_configuration_item(certificates, tmp_path, parameter: str, item: str) -> None:
    files = {parameter: str(tmp_path / "missing")}
    if parameter.endswith("key"):
        files[parameter.replace("key", "cert")] = certificates.bare
    with pytest.raises(FileNotFoundError, match=f"{item}.*missing") as caught:
        get_ssl_context(**files)
    assert caught.value.filename == str(tmp_path / "missing")


def test_a_file_without_authorities_in_it_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(OSError, match=r"empty.*see SSL_CACERTS"):
        get_ssl_context(cacerts=str(empty))


# ----------------------------------------------------------------------------------------- of a configuration


def test_a_server_needs_a_certificate() -> None:
    with pytest.raises(ValueError, match="set SSL_SERVERCERT"):
        server_context(Config(SSL=True))


def test_a_server_that_demands_certificates_must_know_whose(certificates) -> None:
    with pytest.raises(ValueError, match="set SSL_CACERTS"):
        server_context(Config(SSL_SERVERCERT=certificates.server, SSL_REQUIRECLIENTCERT=True))


def test_each_side_takes_its_own_items(certificates) -> None:
    config = Config(
        SSL_SERVERCERT=certificates.bare,
        SSL_SERVERKEY=certificates.locked_key,
        SSL_SERVERKEYPASSWD=certificates.PASSWORD,
        SSL_CLIENTCERT=certificates.bare,
        SSL_CLIENTKEY=certificates.locked_key,
        SSL_CLIENTKEYPASSWD="wrong",
    )
    assert server_context(config).protocol == ssl.PROTOCOL_TLS_SERVER
    with pytest.raises(OSError, match="SSL_CLIENTKEYPASSWD"):
        client_context(config)
    config.SSL_CLIENTKEYPASSWD = certificates.PASSWORD
    assert client_context(config).protocol == ssl.PROTOCOL_TLS_CLIENT


@pytest.mark.parametrize("make", [server_context, client_context])
def test_the_files_are_read_once_for_all_with_the_same_items(certificates, make) -> None:
    items = {"SSL_SERVERCERT": certificates.server, "SSL_CACERTS": certificates.authority}
    assert make(Config(**items)) is make(Config(**items, HOST="elsewhere"))
    assert make(Config(**items)) is not make(Config(**{**items, "SSL_CACERTS": certificates.strange_authority}))


def test_a_context_that_a_program_asks_for_is_its_own_to_change(certificates) -> None:
    assert get_ssl_context() is not get_ssl_context()
