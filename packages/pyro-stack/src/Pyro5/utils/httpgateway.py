"""The HTTP gateway by its documented names, for programs that put ``pyro_app`` into a WSGI server.

``pyro_app`` has the documented settings as attributes: ``ns_regex``, ``gateway_key``, ``cors`` and ``comm_timeout``;
``hosts`` is new.
The functions are the parts of its answers, for programs that build on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pyro_client import Proxy
from pyro_ns.gateway import Gateway, singlyfy_parameters
from pyro_ns.gateway.command import main
from pyro_ns.gateway.responses import StartResponse, cors_headers, redirection, send

__all__ = [
    "cors_response_header",
    "get_nameserver",
    "invalid_request",
    "main",
    "not_found",
    "option_request",
    "process_pyro_request",
    "pyro_app",
    "redirect",
    "return_homepage",
    "singlyfy_parameters",
]

pyro_app = Gateway(gateway_key=None)
"""The WSGI application. As documented it asks for no key unless it is given one, so give it one.

Without a key it answers only where it is called by localhost, an address, or a name in its attribute ``hosts``.
"""


def get_nameserver() -> Proxy:
    """Return the proxy of the name server that ``pyro_app`` asks. Raises ``NamingError`` if there is none."""
    return pyro_app.nameserver()


def process_pyro_request(
    environ: dict[str, Any], path: str, parameters: Mapping[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    """Make the call that ``path``, object/method, asks for."""
    return pyro_app.call(environ, path, parameters, start_response)


def return_homepage(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Answer with the home page."""
    return pyro_app.home(environ, start_response)


def redirect(start_response: StartResponse, target: str) -> Iterable[bytes]:
    """Send the client to another place."""
    return send(redirection(target), start_response)


def not_found(start_response: StartResponse) -> Iterable[bytes]:
    """Answer that there is no such page."""
    return _say(start_response, HTTPStatus.NOT_FOUND, "Error 404: Not Found")


def invalid_request(start_response: StartResponse) -> Iterable[bytes]:
    """Answer that the HTTP method is none of those that are understood."""
    return _say(start_response, HTTPStatus.METHOD_NOT_ALLOWED, "Error 405: Method Not Allowed")


def option_request(start_response: StartResponse) -> Iterable[bytes]:
    """Answer a browser that asks, before a request, whether it may make it."""
    return _say(start_response, HTTPStatus.OK, "200 OK")


def cors_response_header(header: list[tuple[str, str]], cors: str) -> list[tuple[str, str]]:
    """Add the headers to a list that let pages from ``cors`` read the answer, and return it."""
    header.extend(cors_headers(cors).items())
    return header


def _say(start_response: StartResponse, status: HTTPStatus, text: str) -> Iterable[bytes]:
    return send(pyro_app.say(status, text), start_response)


if __name__ == "__main__":
    main()
