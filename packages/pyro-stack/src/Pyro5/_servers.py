"""How a server of this project passes for the documented class of the same kind."""

from __future__ import annotations

from typing import Any

__all__ = ["StandsFor"]


class StandsFor(type):
    """The class of documented server classes: for ``isinstance`` the servers of daemons are instances of them.

    Those are of the class ``stands_for``; the documented one only adds how it is set up by hand, in two steps.
    """

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, vars(cls).get("stands_for", ())) or super().__instancecheck__(instance)
