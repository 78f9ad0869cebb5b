"""The objects that are called: plain classes, made remote with the decorators of whichever library serves them.

Exposing a class exposes its own members and not the inherited ones, so what must stay hidden is in a base class.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

from interop_kit.hosting import Brief, Child, Hosting
from interop_kit.library import Library
from interop_kit.memory import BOARD, Memory


class StrangeError(Exception):
    """An exception that no client knows."""


class Calls:
    """Arguments and results."""

    def add(self, a: int, b: int) -> int:
        return a + b

    def echo(self, value: Any) -> Any:
        return value

    def types_of(self, values: list[Any]) -> list[str]:
        return [type(value).__name__ for value in values]

    def arguments(self, *positional: Any, **keywords: Any) -> list[Any]:
        return [list(positional), keywords]

    def defaults(self, first: Any, second: Any = "default", *, third: Any = "keyword only") -> list[Any]:
        return [first, second, third]

    def unserializable(self) -> object:
        return object()

    @staticmethod
    def static(value: Any) -> Any:
        return value

    @classmethod
    def of_class(cls) -> str:
        return cls.__name__


class Properties:
    """Attributes."""

    def __init__(self) -> None:
        self._colour: Any = "white"

    @property
    def colour(self) -> Any:
        return self._colour

    @colour.setter
    def colour(self, value: Any) -> None:
        self._colour = value

    @property
    def size(self) -> int:
        return 42

    @property
    def broken(self) -> int:
        raise ValueError("the property is broken")

    @property
    def letters(self) -> Iterator[str]:
        return iter("abc")


class Failures:
    """Exceptions."""

    def __init__(self, library: Library) -> None:
        self._errors = library.errors

    def divide(self, a: int, b: int) -> float:
        return a / b

    def fail_with_attributes(self) -> None:
        error: Any = ValueError("the text", 42, [1, 2])
        error.code = 17
        error.details = {"place": ["here", "there"]}
        raise error

    def fail_as_the_system(self) -> None:
        raise OSError(2, "nothing there")

    def fail_to_name(self, name: str) -> None:
        raise self._errors.NamingError(f"unknown name: {name}")

    def fail_strangely(self) -> None:
        raise StrangeError("nobody knows me")

    def fail_to_communicate(self) -> None:
        raise self._errors.CommunicationError("the server drops this connection")

    def fail_securely(self) -> None:
        raise self._errors.SecurityError("not for you")


class Streams:
    """Iterators as results."""

    def count_to(self, number: int) -> Iterator[int]:
        yield from range(1, number + 1)

    def count_and_fail(self, number: int) -> Iterator[int]:
        yield from range(1, number + 1)
        raise ValueError("the stream is broken")

    def count_and_remember_the_end(self, token: str) -> Iterator[int]:
        try:
            yield from range(1_000_000)
        finally:
            BOARD.write(token, "ended")

    def some_list(self) -> list[int]:
        return [1, 2, 3]

    def unserializable_stream(self) -> Iterator[Any]:
        yield object()
        yield "after it"


def annotations_seen(library: Library) -> dict[str, str]:
    """The annotations that have come with the request."""
    # Not all need be text: before the first call of a client, released Pyro5 shows those of another one, of a blob say.
    seen = library.current_context.annotations
    return {key: bytes(value).decode(errors="replace") for key, value in seen.items()}


class Context:
    """Annotations and the correlation id."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def annotations_seen(self) -> dict[str, str]:
        return annotations_seen(self._library)

    def remember_annotations(self, token: str) -> None:
        BOARD.write(token, self.annotations_seen())

    def about_the_call(self) -> list[Any]:
        context = self._library.current_context
        return [context.seq, context.serializer_id, list(context.client_sock_addr)[:2]]

    def certificate(self) -> Any:
        return self._library.current_context.client.getpeercert()

    def answer_annotated(self, key: str, text: str) -> str:
        self._library.current_context.response_annotations = {key: text.encode()}
        return "annotated"

    def correlation_id(self) -> str:
        return str(self._library.current_context.correlation_id)

    def correlation_id_elsewhere(self, uri: str) -> str:
        with self._library.Proxy(uri) as elsewhere:
            found: str = elsewhere.correlation_id()
        return found


class Blobs:
    """Payloads that are passed on unread."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def blob_info(self, blob: Any) -> Any:
        return blob.info

    def open_blob(self, blob: Any) -> list[Any]:
        return [blob.info, list(blob.deserialized())]

    def forward_blob(self, blob: Any) -> Any:
        with self._library.Proxy(blob.info["to"]) as receiver:
            receiver._pyroSerializer = blob.info["serializer"]
            return receiver.open_blob(blob)


class References:
    """Addresses and proxies as values."""

    _pyroDaemon: Any

    def own_uri(self) -> Any:
        return self._pyroDaemon.uriFor(self)

    def make_child(self, name: str) -> Child:
        child = Child(name)
        self._pyroDaemon.register(child)
        return child

    def make_children(self, *names: str) -> list[Child]:
        return [self.make_child(name) for name in names]

    def family(self, *names: str) -> dict[str, Any]:
        return {"children": [{"first": child} for child in self.make_children(*names)]}

    def tell(self, listener: Any, text: str) -> Any:
        with listener:
            return listener.hear(text)

    def tell_all(self, listeners: list[Any], text: str) -> list[Any]:
        return [self.tell(listener, text) for listener in listeners]

    def ask(self, other: Any, a: int, b: int) -> int:
        with other:
            answer: int = other.add(a, b)
        return answer


class Hidden:
    """What is there and not exposed."""

    secret = "a plain attribute"

    def hidden(self) -> str:
        return "must not be seen"

    @property
    def hidden_colour(self) -> str:
        return "must not be seen"


class Service(Calls, Properties, Failures, Memory, Streams, Context, Blobs, References, Hosting, Hidden):
    """All of it under one address."""

    def __init__(self, library: Library) -> None:
        Properties.__init__(self)
        Hosting.__init__(self, library)
        self._errors = library.errors

    def _private(self) -> str:
        return "must not be seen"


class Shelf:
    """A remote container."""

    def __init__(self) -> None:
        self._items: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._items[key] = value

    def __delitem__(self, key: str) -> None:
        del self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))


class Partly:
    """A class that is not exposed as a whole."""

    def open(self) -> str:
        return "open"

    def closed(self) -> str:
        return "must not be seen"

    @property
    def visible(self) -> str:
        return "visible"

    @property
    def invisible(self) -> str:
        return "must not be seen"


class Letters:
    """Something to iterate over."""

    def __iter__(self) -> Iterator[str]:
        return iter("xyz")


class Identified:
    """An object that tells which instance it is."""

    made = 0

    def __init__(self, maker: str = "nobody") -> None:
        Identified.made += 1
        self._identity = f"{uuid.uuid4()} made by {maker}"

    def identity(self) -> str:
        return self._identity


class Single(Identified):
    """One instance for the daemon."""


class Session(Identified):
    """One instance for each connection."""


class PerCall(Identified):
    """One instance for each call."""


class Created(Identified):
    """An instance that a function makes."""


class Miscreated(Identified):
    """An instance that is none."""


class Uncreated(Identified):
    """An instance that cannot be made."""


def create(kind: type[Created]) -> Created:
    """The instance creator of `Created`."""
    return kind("the creator")


def create_something_else(kind: type[Miscreated]) -> object:
    """The instance creator of `Miscreated`."""
    return object()


def create_nothing(kind: type[Uncreated]) -> Uncreated:
    """The instance creator of `Uncreated`."""
    raise LookupError("nothing to make it of")


class Whereabouts:
    """Tells which thread it is called on."""

    def thread(self) -> int:
        return threading.get_ident()


class Census:
    """Tells how many instances there have been."""

    def instances(self) -> int:
        return Identified.made


EXPOSED: tuple[type, ...] = (
    *(Calls, Properties, Failures, Memory, Streams, Context, Blobs, References, Hosting, Child, Brief),
    *(Shelf, Letters, Identified, Census, Whereabouts),
)
"""The classes whose own members are all exposed, other than private ones."""


def make_service(library: Library) -> dict[str, Any]:
    """The objects and classes to register, by object id, exposed with the decorators of `library`."""
    for oneway in (
        Memory.remember,
        Memory.remember_and_fail,
        Memory.follow,
        Context.remember_annotations,
        Brief.end_unheard,
    ):
        library.oneway(oneway)
    for exposed in EXPOSED:
        library.expose(exposed)
    library.expose(Partly.open)
    library.expose(Partly.visible)
    return {
        "service": Service(library),
        "shelf": library.behavior(instance_mode="session")(Shelf),
        "letters": Letters(),
        "partly": Partly(),
        "census": Census(),
        "single": library.behavior(instance_mode="single")(Single),
        "session": library.behavior(instance_mode="session")(Session),
        "percall": library.behavior(instance_mode="percall")(PerCall),
        "created": library.behavior(instance_mode="session", instance_creator=create)(Created),
        "miscreated": library.behavior(instance_mode="percall", instance_creator=create_something_else)(Miscreated),
        "uncreated": library.behavior(instance_mode="session", instance_creator=create_nothing)(Uncreated),
    }
