"""The configuration of programs that were written for Pyro4: items of its own, under the names of there."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

from pyro_wire import Config
from pyro_wire import config as process_config

__all__ = ["CompatConfiguration", "config"]

_WITHOUT_EFFECT = {
    "AUTOPROXY": "published objects always travel as proxies",
    "DILL_PROTOCOL_VERSION": "there is no dill",
    "FLAME_ENABLED": "there is no Flame",
    "JSON_MODULE": "the standard library's json is used",
    "METADATA": "proxies always know what the object offers",
    "PICKLE_PROTOCOL_VERSION": "there is no pickle",
    "REQUIRE_EXPOSE": "only what is exposed can be called",
    "SERIALIZERS_ACCEPTED": "serpent, json, marshal and msgpack are accepted, and nothing else",
    "USE_MSG_WAITALL": "the library decides this by itself",
}
"""The items of Pyro4 that are not there, and how things are instead."""


class CompatConfiguration(Config):
    """What ``Pyro4.config`` is: the objects of this layer go by it, those of ``Pyro5`` by ``Pyro5.config``.

    To assign one of Pyro4's items that are not there is a warning; to read it, and any other unknown name, raises
    ``AttributeError``.
    """

    def asDict(self) -> dict[str, Any]:
        """Return all items by name."""
        return self.as_dict()

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _WITHOUT_EFFECT:
            warnings.warn(f"Pyro4.config.{name} has no effect: {_WITHOUT_EFFECT[name]}", stacklevel=2)
        elif name in _ITEMS:
            super().__setattr__(name, value)
        else:
            raise AttributeError(f"there is no configuration item {name}")

    def __getattr__(self, name: str) -> Any:
        reason = _WITHOUT_EFFECT.get(name)
        raise AttributeError(f"there is no configuration item {name}" + (f": {reason}" if reason else ""))


_ITEMS = frozenset(item.name for item in dataclasses.fields(Config))

config = CompatConfiguration(**process_config.as_dict())
"""The one of this layer; it begins with what ``Pyro5.config`` says when the layer is imported."""
