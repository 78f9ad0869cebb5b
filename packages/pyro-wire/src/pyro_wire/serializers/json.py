"""json: for peers in other languages. Tuples and sets become lists, keys become text, bytes are refused."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from pyro_wire.message import Buffer
from pyro_wire.serializers._plain import plain_value
from pyro_wire.serializers.base import SerializerBase

__all__ = ["JsonSerializer"]

_STRINGS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


class JsonSerializer(SerializerBase):
    """The json format; a subclass may override ``default``."""

    serializer_id: ClassVar[int] = 3
    name: ClassVar[str] = "json"

    def _write(self, data: Any) -> bytes:
        try:
            return json.dumps(data, ensure_ascii=False, default=self.default).encode("utf-8")
        except UnicodeEncodeError:  # half of a surrogate pair, which only escapes can carry
            return json.dumps(data, default=self.default).encode("ascii")

    def _read(self, data: Buffer) -> Any:
        text = str(data, "utf-8")
        _check_depth(text, self.config.MAX_DEPTH)
        return json.loads(text)

    def dumpsCall(self, obj: str, method: str, vargs: Any, kwargs: Any) -> Buffer:
        """Return a call as bytes: an object with the keys object, method, params and kwargs."""
        return self._write({"object": obj, "method": method, "params": vargs, "kwargs": kwargs})

    def _read_call(self, data: Buffer) -> Any:
        call = self._read(data)
        try:
            return call["object"], call["method"], call["params"], call["kwargs"]
        except (KeyError, TypeError) as error:
            raise ValueError("a call needs object, method, params and kwargs") from error

    def default(self, obj: Any) -> Any:
        """Return what travels instead of an object that json itself does not know."""
        return plain_value(obj, self.types)


def _check_depth(text: str, max_depth: int) -> None:
    """Raise ``ValueError`` if containers are nested deeper than the bound, before the parser starts on them."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > max_depth:
            raise ValueError(f"containers are nested too deep (MAX_DEPTH={max_depth})")
