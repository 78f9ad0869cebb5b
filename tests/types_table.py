"""Prints docs/types.md: what becomes of a value on its way from a method to its caller.

    python tests/types_table.py > docs/types.md

Every cell is what really happened, between a daemon and a proxy of ours in this process. It is a program of its own,
so that nothing that others have registered is in its way.
"""

from __future__ import annotations

import array  # noqa: F401  # for the values below, like those of the same kind that follow
import enum
import re
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple  # noqa: F401
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone  # noqa: F401
from decimal import Decimal  # noqa: F401
from fractions import Fraction  # noqa: F401
from typing import Any
from uuid import UUID  # noqa: F401

from pyro_client import URI, Proxy, StreamResultIterator
from pyro_server import Daemon, expose
from pyro_wire import Config, register_class_to_dict, register_dict_to_class

SERIALIZERS = ("serpent", "json", "msgpack", "marshal")

INTRODUCTION = """\
# What values become on their way

A method of a daemon returns a value; this is what its caller gets, by serializer. Arguments, attributes, items of
streams and results of batches become the same. The table is made by `tests/types_table.py` from calls that were
really made, and a test sees to it that it is up to date.

- **same**: an equal value of the same type arrives.
- A value in the cell: that arrives instead.
- **error** and a number: the call raises an exception, which the list below the tables tells; the connection is as good
  as before.

Values inside of lists, tuples, dictionaries and other values travel as they do alone, unless a row says otherwise.
"""

BYTES_NOTE = """
## Bytes in serpent

Serpent's text has no bytes: they travel as the dictionary `{'data': 'AP8=', 'encoding': 'base64'}`. Here the
receiver makes bytes of it again, on both sides. Programs written for `Pyro5` expect the dictionary and call
`serpent.tobytes`, so to `import Pyro5` switches that off for the process. The configuration item is
`SERPENT_UNWRAP_BYTES`, the environment variable `PYROSTACK_SERPENT_UNWRAP_BYTES`; a `Config` that a proxy or a
daemon is given has its own. `serpent.tobytes` takes bytes as well, so a program that calls it may have either.

Only a dictionary of exactly these two keys is unwrapped, where the encoding is `base64` and the data valid base64:
digits and padding, no blanks. If your program sends such a dictionary and means it, it arrives as bytes, since
nothing tells one from the other: add a third key, or switch unwrapping off.

The sender decides how bytes travel: with `SERPENT_BYTES_REPR` they do as literals, which arrive as bytes
everywhere, also in the released Pyro5, but not in programs in other languages that do not know them.

With json there are no bytes. Send text, for instance base64, or choose another serializer.

## Types of your own

`register_class_to_dict` on the side that sends and `register_dict_to_class` on the side that receives let any class
travel with every serializer. What you register goes before what these tables say, except where the format itself
takes a value for one of its own: json and msgpack do so with subclasses of int, float, str, list, tuple and dict.
"""

SECTIONS: dict[str, tuple[str, ...]] = {
    "Plain values": (
        "None",
        "True",
        "-42",
        "2**31",
        "2**64",
        "2**200",
        "0.1",
        "float('nan')",
        "float('inf')",
        "1 + 2j",
        "complex(1, float('nan'))",
    ),
    "Text and bytes": (
        "'text'",
        r"'NUL \0, quotes \' \", \u20ac \U0001f600'",
        r"'half of a pair \ud800'",
        r"b'\0\xff'",
        r"bytearray(b'\0\xff')",
        r"memoryview(b'\0\xff')",
        r"[b'\0\xff', {'k': b'\0\xff'}]",
        r"{b'key': 1}",
        r"{'data': 'AP8=', 'encoding': 'base64'}",
    ),
    "Containers": (
        "[1, [2]]",
        "(1, 2)",
        "(1, (2, [3]))",
        "{1}",
        "set()",
        "frozenset({1})",
        "{'a': {'b': None}}",
        "{1: 'a'}",
        "{1.5: 'a', None: 'b'}",
        "{(1, 2): 'a'}",
        "deque([1, 2])",
        "OrderedDict(b=1, a=2)",
        "defaultdict(list, a=[1])",
        "Counter('aab')",
        "Pair(1, 2)",
        "array.array('h', [1, 2])",
        "range(3)",
        "{'a': 1}.keys()",
        "iter([1, 2])",
        "(n for n in (1, 2))",
        "[iter([1, 2])]",
    ),
    "The standard library": (
        "datetime(2024, 1, 2, 3, 4, 5, 678)",
        "datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)",
        "date(2024, 1, 2)",
        "time(3, 4, 5)",
        "timedelta(days=1, seconds=2)",
        "Decimal('1.50')",
        "Fraction(1, 2)",
        "UUID(int=5)",
        "Colour.RED",
        "Number.ONE",
        "Celsius(21.5)",
        "ValueError('text', 2)",
        "ValueError",
        "len",
        "helper",
    ),
    "Objects": (
        "URI('PYRO:obj@host:4444')",
        "Proxy('PYRO:obj@host:4444')",
        "registered_with_the_daemon",
        "OfAClassWithConverters(5)",
        "OfAnUnknownClass(5)",
        "ADataclass(5)",
        "AnUnknownError('text')",
    ),
}

NAMES = {
    "Pair(1, 2)": "a named tuple",
    "Colour.RED": "a member of an Enum",
    "Number.ONE": "a member of an IntEnum",
    "Celsius(21.5)": "an instance of a subclass of float; those of int, str and bytes likewise",
    "ValueError": "a class",
    "len": "a function of the interpreter",
    "helper": "a function of the program",
    "registered_with_the_daemon": "an object that is registered with a daemon",
    "OfAClassWithConverters(5)": "an object of a class with converters on both sides",
    "OfAnUnknownClass(5)": "an object of a class without converters",
    "ADataclass(5)": "an instance of a dataclass without converters",
    "AnUnknownError('text')": "an exception of a class that the receiver does not know",
    "iter([1, 2])": "an iterator",
    "(n for n in (1, 2))": "a generator",
    "[iter([1, 2])]": "an iterator in a list",
}

Pair = namedtuple("Pair", "a b")


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


class Celsius(float): ...


class OfAnUnknownClass:
    def __init__(self, value: int) -> None:
        self.value = value


@dataclass
class OfAClassWithConverters:
    value: int


@dataclass
class ADataclass:
    value: int


class AnUnknownError(Exception): ...


def helper() -> None: ...


register_class_to_dict(OfAClassWithConverters, lambda obj: {"__class__": "app.Own", "value": obj.value})
register_dict_to_class("app.Own", lambda name, fields: OfAClassWithConverters(fields["value"]))


@expose
class Registered:
    def method(self) -> None: ...


for program_class in (OfAnUnknownClass, OfAClassWithConverters, ADataclass, AnUnknownError, Registered):
    program_class.__module__ = "app"  # the module of a real program has no double underscores


registered_with_the_daemon = Registered()


@expose
class Giver:
    """Returns what its name says."""

    def give(self, expression: str) -> Any:
        return value_of(expression)


def value_of(expression: str) -> Any:
    """The value of a row."""
    return eval(expression, globals())


class Errors:
    """The texts of errors, numbered in the order in which they first occur."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, error: Exception) -> int:
        """Return the number of an error."""
        side = "the server" if getattr(error, "_pyroTraceback", None) else "the client"
        text = f"`{type(error).__name__}`, raised by {side}: {without_details(str(error))}"
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


def without_details(text: str) -> str:
    """Return an error's text without what differs between values."""
    text = re.sub(r"<(class|enum) '[^']*'>", "...", text)
    text = re.sub(r"(unsupported serialized class: ).*", r"\1...", text)
    return re.sub(r"marshal cannot carry an? \S+;", "marshal cannot carry a ...;", text)


def cell(proxy: Proxy, expression: str, errors: Errors) -> str:
    """Return what the caller of a method that returns this value gets."""
    try:
        received = proxy.give(expression)
    except Exception as error:
        return f"error {errors.number(error)}"
    sent = value_of(expression)
    if isinstance(received, StreamResultIterator):
        items = list(received)
        assert items == list(sent)
        return "an iterator that fetches the items one by one"
    return "same" if are_the_same(received, sent) else shown(received)


def are_the_same(received: Any, sent: Any) -> bool:
    """Tell whether nothing was lost."""
    if type(received) is not type(sent):
        return False
    if isinstance(sent, BaseException):
        return list(received.args) == list(sent.args)
    if isinstance(sent, URI):
        return bool(received == sent)
    return repr(received) == repr(sent)


def shown(value: Any) -> str:
    """Return a received value as a cell."""
    if isinstance(value, Proxy):
        return "a proxy of the object"
    if isinstance(value, BaseException):
        return f"a `RemoteError` of the class `{type(value).__name__}`, with its arguments"
    return f"`{value!r}`"


def table(expressions: tuple[str, ...], proxies: list[tuple[Proxy, Proxy]], errors: Errors) -> list[str]:
    """Return the lines of a table; of each pair of proxies, the second one leaves wrapped bytes alone."""
    lines = [f"| value | {' | '.join(SERIALIZERS)} |", f"|---{'|---' * len(SERIALIZERS)}|"]
    for expression in expressions:
        cells = [NAMES.get(expression, f"`{expression}`")]
        for ours, like_pyro5 in proxies:
            text, other_text = cell(ours, expression, errors), cell(like_pyro5, expression, errors)
            cells.append(text if text == other_text else f"{text}; with `Pyro5` {other_text}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def document(proxies: list[tuple[Proxy, Proxy]]) -> str:
    """Return the whole text."""
    errors = Errors()
    lines = [INTRODUCTION]
    for title, expressions in SECTIONS.items():
        lines += [f"## {title}\n", *table(expressions, proxies, errors), ""]
    lines += ["## The errors\n", *(f"{number}. {text}" for number, text in enumerate(errors.texts, 1))]
    return "\n".join(lines) + "\n" + BYTES_NOTE


def main() -> None:
    """Make all the calls and print the document."""
    with Daemon(config=Config()) as daemon:
        uri = daemon.register(Giver())
        daemon.register(registered_with_the_daemon)
        loop = threading.Thread(target=daemon.requestLoop)
        loop.start()
        proxies = [
            (
                Proxy(uri, config=Config(SERIALIZER=name)),
                Proxy(uri, config=Config(SERIALIZER=name, SERPENT_UNWRAP_BYTES=False)),
            )
            for name in SERIALIZERS
        ]
        print(document(proxies), end="")
        for pair in proxies:
            for proxy in pair:
                proxy._pyroRelease()
        daemon.shutdown()
        loop.join()


if __name__ == "__main__":
    main()
