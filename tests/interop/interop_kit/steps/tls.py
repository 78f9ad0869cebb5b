"""Certificates, as both sides see them."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client, error_of


def certificates(client: Client, name: str = "service") -> Any:
    """The names in the certificate of the client, as the server sees it, and in that of the server."""
    with client.proxy(name) as service:
        service._pyroBind()
        return [_names_in(service.certificate()), _names_in(service._pyroConnection.getpeercert())]


def _names_in(certificate: Any) -> list[str] | None:
    """The names, without addresses; None if there is no certificate."""
    if not certificate:
        return None
    return [name for kind, name in certificate["subjectAltName"] if kind in ("DNS", "email")]


def refused_tls(client: Client) -> Any:
    """The error of a first call."""
    with client.proxy() as service:
        error = error_of(lambda: service.add(1, 2))
        return [error["class"], " ".join(error["args"])]
