"""Autoproxies: a published object that is passed around travels as a proxy of itself."""

from __future__ import annotations

from typing import Any

from pyro_server.registry import publication_of
from pyro_wire.types import default_types

__all__ = ["autoproxy", "enable_autoproxy"]


def enable_autoproxy(obj_or_class: Any) -> None:
    """Have objects of this type, or of this class, travel as proxies while they are published.

    For the whole process, and for all serializers but marshal, which has no means for it.
    """
    cls = obj_or_class if isinstance(obj_or_class, type) else type(obj_or_class)
    default_types.register_type_replacement(cls, autoproxy)


def autoproxy(obj: Any) -> Any:
    """Return a proxy of a published object; the object itself if it is not published."""
    publication = publication_of(obj)
    return obj if publication is None else publication.daemon.proxyFor(publication.object_id)
