"""What a client does, in small steps: each takes a `Client` and its arguments, and returns what it saw.

What is seen travels as json; a value whose exact type matters is seen as its `repr`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from interop_kit.steps import (
    batches,
    callbacks,
    calls,
    combining,
    context,
    errors,
    hosting,
    names,
    objects,
    references,
    streams,
    tls,
)

_MODULES = (batches, callbacks, calls, combining, context, errors, hosting, names, objects, references, streams, tls)
_STEPS: dict[str, Callable[..., Any]] = {
    name: function
    for module in _MODULES
    for name, function in vars(module).items()
    if getattr(function, "__module__", None) == module.__name__
}


def find(name: str) -> Callable[..., Any]:
    """The step of that name."""
    return _STEPS[name]
