"""The gateway itself: who may call what, and where each request goes."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from contextvars import copy_context
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from pyro_client import URI, Proxy, current_context, locate_ns
from pyro_ns.gateway.calls import Call, Outcome, carry_out, failure
from pyro_ns.gateway.home_page import Listing, home_page
from pyro_ns.gateway.nameservers import NameServerLink
from pyro_ns.gateway.parameters import KEY_PARAMETER, GatewayRequest
from pyro_ns.gateway.responses import StartResponse, cors_headers, html, json_text, plain_text, redirection, send
from pyro_uri import PyroError
from pyro_wire.config import Config
from pyro_wire.config import config as process_config

__all__ = ["Gateway"]

log = logging.getLogger("Pyro5.httpgateway")

ROOT = "/pyro/"

MAX_LISTED = 10
"""Objects on the home page."""


class Gateway:
    """A WSGI application through which objects in the name server can be called over HTTP.

    Only objects whose name in the name server begins with a match of ``ns_regex``; and only by those who know
    ``gateway_key``, if there is one. ``cors`` says from which web pages it may be used: "" from none but its own,
    ``*`` from all. ``comm_timeout`` is how many seconds to wait for an object or the name server, 0: as the
    configuration says. All of them may be changed at any time. Calls go by ``config``, the process-wide one unless
    given, and always use json.

    Without a key whoever reaches it can call everything that it exposes. It speaks plain HTTP: on a network, put a
    server with TLS before it.
    """

    def __init__(
        self,
        ns_regex: str = r"http\.",
        gateway_key: bytes | str | None = None,
        cors: str = "",
        comm_timeout: float = 0.0,
        *,
        config: Config | None = None,
    ) -> None:
        self.ns_regex = ns_regex
        self.gateway_key = gateway_key
        self.cors = cors
        self.comm_timeout = comm_timeout
        self.config = config if config is not None else process_config
        self._nameserver = NameServerLink(self._locate)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, as WSGI has it."""
        return self.serve(environ, start_response, self._route)

    def call(
        self, environ: dict[str, Any], path: str, parameters: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request whose path (object/method) and parameters have been read already."""
        return self.serve(environ, start_response, lambda request: self._call(request, path, parameters))

    def home(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with the home page."""
        return self.serve(environ, start_response, lambda request: self._home(request, request.parameters()))

    def serve(
        self, environ: dict[str, Any], start_response: StartResponse, handle: Callable[[GatewayRequest], Response]
    ) -> Iterable[bytes]:
        """Answer a request by a function, in a context of its own: nothing of it is left in the thread."""
        with closing(GatewayRequest(environ)) as request:
            try:
                response = copy_context().run(handle, request)
            except HTTPException as error:  # such as a form that is too large
                response = self.say(HTTPStatus(error.code or 500), f"Error {error.code}: {error.name}")
        return send(response, start_response)

    def nameserver(self) -> Proxy:
        """Return the name server's proxy. Raises ``NamingError`` if there is none."""
        return self._nameserver.proxy()

    def close(self) -> None:
        """Let go of the name server. The gateway may be used again."""
        self._nameserver.close()

    def say(self, status: HTTPStatus, text: str) -> Response:
        """Return an answer in words."""
        return plain_text(status, text, cors_headers(self.cors))

    # ------------------------------------------------------------------------------ routes

    def _route(self, request: GatewayRequest) -> Response:
        handle = _BY_METHOD.get(request.method)
        if handle is None:
            return self.say(HTTPStatus.METHOD_NOT_ALLOWED, "Error 405: Method Not Allowed")
        return handle(self, request)

    def _options(self, request: GatewayRequest) -> Response:
        return self.say(HTTPStatus.OK, "200 OK")

    def _find(self, request: GatewayRequest) -> Response:
        if request.path == "/":
            return redirection(request.root_path + ROOT)
        if not request.path.startswith(ROOT):
            return self._not_found()
        return self._call(request, request.path.removeprefix(ROOT), request.parameters())

    def _not_found(self) -> Response:
        return self.say(HTTPStatus.NOT_FOUND, "Error 404: Not Found")

    def _call(self, request: GatewayRequest, path: str, parameters: Mapping[str, Any]) -> Response:
        if not path:
            return self._home(request, parameters)
        # Names may have slashes in them, names of methods may not.
        object_name, _, method = path.rpartition("/")
        if not (object_name and method):
            return self._not_found()
        reason = self._objection(request, object_name, request.key(parameters))
        if reason:
            return self.say(HTTPStatus.FORBIDDEN, f"403 Forbidden - {reason}")
        arguments = {name: value for name, value in parameters.items() if name != KEY_PARAMETER}
        return self._answer(self._outcome(request, Call(object_name, method, arguments, request.is_oneway())))

    def _objection(self, request: GatewayRequest, object_name: str, key: bytes) -> str:
        """Return why a call may not be made, "" if it may."""
        if not self._opens(key):
            return "the gateway's key is missing or wrong"
        if not re.match(self.ns_regex, object_name):
            return "this object is not for HTTP clients"
        if not self.gateway_key and not self.cors and request.is_from_another_page():
            # Such a page cannot read the answer, but the call would be made: by the browser of whoever is at work here.
            return "this web page may not use the gateway"
        return ""

    def _opens(self, key: bytes) -> bool:
        """Tell whether a client may come in, in a time that tells nothing of the right key."""
        wanted = self.gateway_key
        if not wanted:
            return True
        return hmac.compare_digest(key, wanted.encode() if isinstance(wanted, str) else wanted)

    # ------------------------------------------------------------------------------ calls

    def _outcome(self, request: GatewayRequest, call: Call) -> Outcome:
        try:
            correlation_id = current_context.correlation_id = request.correlation_id()
            outcome = carry_out(call, self._look_up(call.object_name), self.config, self._timeout())
            return replace(outcome, correlation_id=correlation_id)
        except Exception as error:  # the edge of the gateway: whatever it is, the client hears of it
            log.info("cannot call %s of %s: %r", call.method, call.object_name, error)
            return failure(error, self.config)

    def _answer(self, outcome: Outcome) -> Response:
        headers = cors_headers(self.cors)
        if outcome.is_error:
            return json_text(HTTPStatus.INTERNAL_SERVER_ERROR, outcome.body, headers)
        if outcome.correlation_id is not None:
            headers["X-Pyro-Correlation-Id"] = str(outcome.correlation_id)
        return json_text(HTTPStatus.OK, outcome.body, headers)

    def _timeout(self) -> float | None:
        return self.comm_timeout or self.config.COMMTIMEOUT

    def _look_up(self, name: str) -> URI:
        return URI(self._nameserver.ask(lambda nameserver: nameserver.lookup(name)))

    def _locate(self) -> Proxy:
        config = self.config.copy()
        config.COMMTIMEOUT = self._timeout()
        return locate_ns(config=config)

    # ------------------------------------------------------------------------------ the home page

    def _home(self, request: GatewayRequest, parameters: Mapping[str, Any]) -> Response:
        if not self._opens(request.key(parameters)):
            return self._page((), "The list is for those who show the gateway's key.")
        try:
            names = self._names()
        except PyroError as error:
            return self._page((), f"The name server cannot be asked: {error}")
        shown = names[:MAX_LISTED]
        remark = f"These are {len(shown)} of {len(names)}." if len(shown) < len(names) else ""
        return self._page(map(self._listing, shown), remark if names else "There are none.")

    def _page(self, listings: Iterable[Listing], remark: str) -> Response:
        return html(home_page(self.ns_regex, listings, remark), cors_headers(self.cors))

    def _names(self) -> list[str]:
        return sorted(self._nameserver.ask(lambda nameserver: nameserver.list(regex=self.ns_regex)))

    def _listing(self, name: str) -> Listing:
        try:
            with Proxy(self._look_up(name), config=self.config) as proxy:
                proxy._pyroTimeout = self._timeout()
                proxy._pyroBind()
                return Listing(name, sorted(proxy._pyroMethods), sorted(proxy._pyroAttrs))
        except (PyroError, OSError) as error:
            return Listing(name, trouble=f"cannot be reached: {error}")


_BY_METHOD: dict[str, Callable[[Gateway, GatewayRequest], Response]] = {
    "GET": Gateway._find,
    "POST": Gateway._find,
    "OPTIONS": Gateway._options,
}
