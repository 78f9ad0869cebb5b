"""The gateway itself: who may call what, and where each request goes."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping
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
from pyro_ns.gateway.hosts import ANY_HOST, is_known_host
from pyro_ns.gateway.nameservers import NameServerLink
from pyro_ns.gateway.parameters import KEY_PARAMETER, GatewayRequest
from pyro_ns.gateway.responses import StartResponse, cors_headers, html, json_text, plain_text, redirection, send
from pyro_ns.gateway.survey import EACH, survey
from pyro_uri import PyroError
from pyro_wire.config import Config
from pyro_wire.config import config as process_config

__all__ = ["Gateway"]

log = logging.getLogger("Pyro5.httpgateway")

ROOT = "/pyro/"

MAX_LISTED = 10
"""Objects on the home page."""

_UNKNOWN_HOST = "without a key the gateway is not called by this name; one that is its own belongs into its hosts"


class Gateway:
    """A WSGI application through which objects in the name server can be called over HTTP.

    Only objects whose name in the name server begins with a match of ``ns_regex``; and only by those who know
    ``gateway_key``; None, which has to be said, lets in whoever reaches the gateway. ``cors`` says from which web
    pages it may be used: "" from none but its own, ``*`` from all. ``comm_timeout`` is how many seconds to wait for
    an object or the name server, 0: as the configuration says. ``hosts`` are the names under which it may be called
    without a key, besides localhost and addresses: those in its own URLs, such as that of the server before it; ``*``
    is any, and lets in web pages that point their own name at the gateway. All of them may be changed at any time.
    Calls go by ``config``, the process-wide one unless given, and always use json.

    Raises ``ValueError`` for an empty key and for what is no regular expression; if they are set later, all requests
    are refused and the log says why. It speaks plain HTTP: on a network, put a server with TLS before it.
    """

    def __init__(
        self,
        ns_regex: str = r"http\.",
        *,
        gateway_key: bytes | str | None,
        cors: str = "",
        comm_timeout: float = 0.0,
        hosts: Collection[str] = (),
        config: Config | None = None,
    ) -> None:
        self.ns_regex = ns_regex
        self.gateway_key = gateway_key
        self.cors = cors
        self.comm_timeout = comm_timeout
        self.hosts = hosts
        self.config = config if config is not None else process_config
        self._nameserver = NameServerLink(self._locate)
        if mistake := self._mistake():
            raise ValueError(mistake)

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
                response = self._refusal() or copy_context().run(handle, request)
            except HTTPException as error:  # such as a form that is too large
                text = f"Error {error.code}: {error.name} - {error.description}"
                response = self.say(HTTPStatus(error.code or 500), text)
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

    # ------------------------------------------------------------------------------ settings

    def _mistake(self) -> str:
        """Return what is wrong with the settings, "" if nothing is."""
        if self.gateway_key is not None and not self.gateway_key:
            return "gateway_key is empty: set a key, or None to run without one"
        try:
            re.compile(self.ns_regex)
        except re.error as error:
            return f"ns_regex {self.ns_regex!r} is no regular expression: {error}"
        return ""

    def _refusal(self) -> Response | None:
        """Return the answer to all requests while a setting is wrong: nobody knows who was meant to get in."""
        mistake = self._mistake()
        if not mistake:
            return None
        log.error("the gateway refuses all requests: %s", mistake)
        return self.say(HTTPStatus.FORBIDDEN, "403 Forbidden - a setting of the gateway is wrong; its log says which")

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
        if not self._knows_host(request):
            return _UNKNOWN_HOST
        if not re.match(self.ns_regex, object_name):
            return "this object is not for HTTP clients"
        if self.gateway_key is None and self.cors != ANY_HOST and request.is_from_another_page(self.cors):
            # Such a page cannot read the answer, but the call would be made: by the browser of whoever is at work here.
            return "this web page may not use the gateway"
        return ""

    def _opens(self, key: bytes) -> bool:
        """Tell whether a client may come in, in a time that tells nothing of the right key."""
        wanted = self.gateway_key
        if wanted is None:
            return True
        return hmac.compare_digest(key, wanted.encode() if isinstance(wanted, str) else wanted)

    def _knows_host(self, request: GatewayRequest) -> bool:
        """Tell whether a client may come in by the name that it uses, which any may with a key."""
        if self.gateway_key is not None or self.cors == ANY_HOST:  # the latter lets in all web pages anyway
            return True
        return is_known_host(request.headers.get("Host"), self.hosts)

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
        if not self._knows_host(request):
            return self.say(HTTPStatus.FORBIDDEN, f"403 Forbidden - {_UNKNOWN_HOST}")
        try:
            uris = self._uris()
        except PyroError as error:
            return self._page((), f"The name server cannot be asked: {error}")
        shown = dict(sorted(uris.items())[:MAX_LISTED])
        remark = f"These are {len(shown)} of {len(uris)}." if len(shown) < len(uris) else ""
        return self._page(self._listings(shown), remark if uris else "There are none.")

    def _page(self, listings: Iterable[Listing], remark: str) -> Response:
        return html(home_page(self.ns_regex, listings, remark), cors_headers(self.cors))

    def _uris(self) -> dict[str, str]:
        """Return the objects that may be called, by their names."""
        return dict(self._nameserver.ask(lambda nameserver: nameserver.list(regex=self.ns_regex)))

    def _listings(self, uris: Mapping[str, str]) -> Iterable[Listing]:
        return survey(uris, self.config, each=min(EACH, self._timeout() or EACH))


_BY_METHOD: dict[str, Callable[[Gateway, GatewayRequest], Response]] = {
    "GET": Gateway._find,
    "POST": Gateway._find,
    "OPTIONS": Gateway._options,
}
