"""What a request says: the arguments of a call, and what is about the call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Request

__all__ = ["GatewayRequest", "KEY_PARAMETER", "singlyfy_parameters"]

KEY_PARAMETER = "$key"
"""The parameter that holds the gateway's key, for those who cannot set a header."""

MAX_BODY = 16 << 20
"""Bytes of a form that are read at most."""


FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
"""The content types that parameters are taken from."""


class GatewayRequest(Request):
    """An HTTP request, read as one to the gateway."""

    max_content_length = MAX_BODY
    max_form_memory_size = MAX_BODY

    def parameters(self) -> dict[str, Any]:
        """Return what is in the query and in the form: each name with its text, or a list where it has several.

        Raises ``werkzeug.exceptions.HTTPException`` for a form that is too large, and for what is no form: a call
        without the arguments that are in there would be another call.
        """
        if self._has_body() and self.mimetype and self.mimetype not in FORMS:
            raise UnsupportedMediaType("parameters are taken from the query or from a form")
        values = self.args.to_dict(flat=False)
        for name, texts in self.form.to_dict(flat=False).items():
            values.setdefault(name, []).extend(texts)
        return singlyfy_parameters(values)

    def _has_body(self) -> bool:
        # A body without a length comes in chunks, from a server that marks where it ends.
        return bool(self.content_length) or "Transfer-Encoding" in self.headers

    def key(self, parameters: Mapping[str, Any]) -> bytes:
        """Return the key that the client shows, nothing if it shows none."""
        header = self.headers.get("X-Pyro-Gateway-Key")
        if header:
            return header.encode("latin-1")  # as which WSGI gives the bytes of headers
        return str(parameters.get(KEY_PARAMETER, "")).encode("utf-8", "replace")

    def is_from_another_page(self, allowed_origin: str) -> bool:
        """Tell whether a browser makes this request for a web page that is neither the gateway's own nor allowed."""
        if allowed_origin and self.headers.get("Origin") == allowed_origin:
            return False
        site = self.headers.get("Sec-Fetch-Site")
        if site:
            return site not in ("same-origin", "none")  # none: somebody has typed the address
        origin = self.headers.get("Origin")  # from browsers that do not know the other header
        return origin is not None and urlsplit(origin).netloc != self.host

    def is_oneway(self) -> bool:
        """Tell whether the client does not wait for a result."""
        return "oneway" in (option.strip() for option in self.headers.get("X-Pyro-Options", "").split(","))

    def correlation_id(self) -> uuid.UUID:
        """Return the id that the client gives its call, else a new one. Raises ``ValueError`` if that is no UUID."""
        text = self.headers.get("X-Pyro-Correlation-Id")
        return uuid.UUID(text) if text else uuid.uuid4()


def singlyfy_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Put the value itself in the place of each list with one value, in the dictionary, and return that."""
    for name, values in parameters.items():
        if isinstance(values, list | tuple) and len(values) == 1:
            parameters[name] = values[0]
    return parameters
