"""The answers of the gateway: HTTP and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from werkzeug.wrappers import Response

__all__ = [
    "StartResponse",
    "cors_headers",
    "html",
    "json_text",
    "plain_text",
    "redirection",
    "send",
]

StartResponse: TypeAlias = Callable[..., Any]
"""What a WSGI server gives to an application."""

# For every answer: what is in it is for its reader and no cache, and no browser shall take it for something else.
_CAUTION = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

_HEADERS = "Content-Type, X-Pyro-Correlation-Id, X-Pyro-Gateway-Key, X-Pyro-Options"
"""What a web page may say beside what every page may."""

_NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def cors_headers(cors: str) -> dict[str, str]:
    """Return the headers that let pages from ``cors`` (``*``: from anywhere) use the gateway; "" is nobody's page."""
    if not cors:
        return {}
    return {
        "Access-Control-Allow-Origin": cors,
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Expose-Headers": "X-Pyro-Correlation-Id",
    }


def plain_text(status: HTTPStatus, text: str, headers: Mapping[str, str]) -> Response:
    """Return an answer in words."""
    return _response(status, text, "text/plain; charset=utf-8", headers)


def json_text(status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> Response:
    """Return an answer in json."""
    return _response(status, body, "application/json; charset=utf-8", headers)


def html(page: str, headers: Mapping[str, str]) -> Response:
    """Return a page, which has no scripts and cannot be given any."""
    content_type = "text/html; charset=utf-8"
    return _response(HTTPStatus.OK, page, content_type, {**headers, "Content-Security-Policy": _NO_SCRIPTS})


def redirection(target: str) -> Response:
    """Return the advice to go to another place."""
    return _response(HTTPStatus.FOUND, "", "text/plain; charset=utf-8", {"Location": target})


def _response(status: HTTPStatus, body: str | bytes, content_type: str, headers: Mapping[str, str]) -> Response:
    line = f"{status.value} {status.phrase}"
    return Response(body, line, {**_CAUTION, **headers}, content_type=content_type)


def send(response: Response, start_response: StartResponse) -> Iterable[bytes]:
    """Give an answer to the WSGI server."""
    start_response(response.status, response.headers.to_wsgi_list())
    return [response.get_data()]
