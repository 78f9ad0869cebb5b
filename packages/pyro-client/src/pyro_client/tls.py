"""TLS: contexts made of certificate files, and its errors in words."""

from __future__ import annotations

import errno
import os
import ssl
from functools import lru_cache

from pyro_wire.config import Config
from pyro_wire.config import config as process_config

__all__ = ["HUNG_UP", "client_context", "get_ssl_context", "in_words", "server_context"]

HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)
"""What TLS raises when the other side has ended the connection."""

CACHED_CONTEXTS = 64
"""How many different settings of TLS are kept at once, for servers and for clients."""


def get_ssl_context(
    servercert: str = "",
    serverkey: str = "",
    clientcert: str = "",
    clientkey: str = "",
    cacerts: str = "",
    keypassword: str = "",
) -> ssl.SSLContext:
    """Return a new context for a server if ``servercert`` is given, else for a client.

    All are files in PEM format; a key that is not given is in the file of its certificate. ``cacerts`` names the
    authorities to trust, a file or a folder in which `openssl rehash` has been run; a client trusts them besides those
    of the system. A client checks the server's certificate and host name; whether a server demands a certificate from
    its clients is up to SSL_REQUIRECLIENTCERT of the process-wide configuration.

    Raises ``ValueError`` if both certificates are given, ``FileNotFoundError`` for a missing file, and ``OSError`` for
    one that is of no use.
    """
    if servercert and clientcert:
        raise ValueError("a context is for a server or for a client: give servercert or clientcert, not both")
    if servercert:
        required = process_config.SSL_REQUIRECLIENTCERT
        return _make_server_context(servercert, serverkey, keypassword, cacerts, required)
    return _make_client_context(clientcert, clientkey, keypassword, cacerts)


def server_context(config: Config) -> ssl.SSLContext:
    """Return the context for a server that goes by this configuration.

    It is shared by all whose SSL items are the same, so do not change it. A file that changes is not read again; for a
    new certificate start a new process, or make a context of your own.

    Raises ``ValueError`` if SSL_SERVERCERT is missing, or SSL_CACERTS when clients must have a certificate;
    otherwise as ``get_ssl_context`` does.
    """
    if not config.SSL_SERVERCERT:
        raise ValueError(
            "a server with TLS needs a certificate: set SSL_SERVERCERT of the configuration to its file, "
            "or pass an ssl.SSLContext"
        )
    if config.SSL_REQUIRECLIENTCERT and not config.SSL_CACERTS:
        raise ValueError(
            "a server that demands certificates from its clients must know whose to trust: "
            "set SSL_CACERTS of the configuration, or unset SSL_REQUIRECLIENTCERT"
        )
    return _shared_server_context(
        config.SSL_SERVERCERT,
        config.SSL_SERVERKEY,
        config.SSL_SERVERKEYPASSWD,
        config.SSL_CACERTS,
        config.SSL_REQUIRECLIENTCERT,
    )


def client_context(config: Config) -> ssl.SSLContext:
    """Return the context for a client that goes by this configuration; shared and kept like ``server_context``'s.

    Raises as ``get_ssl_context`` does.
    """
    return _shared_client_context(
        config.SSL_CLIENTCERT, config.SSL_CLIENTKEY, config.SSL_CLIENTKEYPASSWD, config.SSL_CACERTS
    )


def _make_server_context(cert: str, key: str, password: str, cacerts: str, required: bool) -> ssl.SSLContext:
    # For this purpose no authority is trusted but those of ``cacerts``: a stranger who has bought a certificate from
    # one that the system trusts has no business here.
    context = _new_context(ssl.Purpose.CLIENT_AUTH)
    _load_certificate(context, "SERVER", cert, key, password)
    _load_authorities(context, cacerts)
    if required:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _make_client_context(cert: str, key: str, password: str, cacerts: str) -> ssl.SSLContext:
    context = _new_context(ssl.Purpose.SERVER_AUTH)  # this demands a certificate and checks the host name
    if cert:
        _load_certificate(context, "CLIENT", cert, key, password)
    _load_authorities(context, cacerts)
    return context


def _new_context(purpose: ssl.Purpose) -> ssl.SSLContext:
    context = ssl.create_default_context(purpose)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A connection that ends without the farewell of TLS counts as closed, as it does for Python's sockets anyway, and
    # not as broken: one that has stopped to receive can still send. Half a message is found out by the wire protocol.
    context.options |= getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # OpenSSL 1 has no need of it
    return context


# Loading certificates takes about as long as the handshake itself; a client would do it for each connection.
_shared_server_context = lru_cache(CACHED_CONTEXTS)(_make_server_context)
_shared_client_context = lru_cache(CACHED_CONTEXTS)(_make_client_context)


def _load_certificate(context: ssl.SSLContext, side: str, cert: str, key: str, password: str) -> None:
    """Load the certificate of one side; SERVER or CLIENT is in the names of the configuration items."""
    cert_item, key_item = f"SSL_{side}CERT", f"SSL_{side}KEY"
    _check_there(cert_item, cert)
    if key:
        _check_there(key_item, key)
    try:
        # A password, if only an empty one: without, OpenSSL would ask for it at the terminal.
        context.load_cert_chain(cert, key or None, password)
    except OSError as error:
        text = f"cannot load the certificate {cert!r} with the key in {key or cert!r}: {in_words(error)}"
        raise type(error)(error.errno, f"{text}; see {cert_item}, {key_item} and {key_item}PASSWD") from error


def _load_authorities(context: ssl.SSLContext, cacerts: str) -> None:
    if not cacerts:
        return
    _check_there("SSL_CACERTS", cacerts)
    try:
        if os.path.isdir(cacerts):
            context.load_verify_locations(capath=cacerts)
        else:
            context.load_verify_locations(cafile=cacerts)
    except OSError as error:
        text = f"cannot load the certificate authorities {cacerts!r}: {in_words(error)}; see SSL_CACERTS"
        raise type(error)(error.errno, text) from error


def _check_there(item: str, path: str) -> None:
    if not os.path.exists(path):
        raise FileNotFoundError(errno.ENOENT, f"there is no such file, given for {item}", path)


_HINTS = {
    "CERTIFICATE_REQUIRED": "the other side demands a certificate; see SSL_CLIENTCERT",
    "HANDSHAKE_FAILURE": "it may miss a certificate (see SSL_CLIENTCERT), or have no protocol or cipher in common",
    "PACKET_LENGTH_TOO_LONG": "the other side may not speak TLS",
    "UNKNOWN_CA": "the other side does not trust the authority behind the certificate that it got",
    "WRONG_VERSION_NUMBER": "the other side may not speak TLS",
}
"""What the reader can make of an error, by how OpenSSL's name for it ends."""

_UNTRUSTED = frozenset({18, 19, 20, 21})
"""OpenSSL's numbers for certificates that come from no authority that is trusted."""


def in_words(error: OSError) -> str:
    """Return what an error of a socket says, and if it is one of TLS, what the reader may do."""
    if isinstance(error, ssl.SSLCertVerificationError) and hasattr(error, "verify_message"):
        hint = "; see SSL_CACERTS for whom to trust" if error.verify_code in _UNTRUSTED else ""
        return f"certificate verify failed: {error.verify_message}{hint}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the other side hung up"
    reason = error.reason if isinstance(error, ssl.SSLError) else None
    if not reason:
        return str(error)
    hints = [f" ({hint})" for name, hint in _HINTS.items() if reason.endswith(name)]
    return f"{reason.replace('_', ' ').lower()}{''.join(hints)}"
