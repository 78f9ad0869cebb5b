"""A bounded reader of serpent text: Python literals as `serpent.dumps` writes them, read in linear time.

The text is UTF-8 and holds one value. Blanks, ends of lines and `#` comments, such as the header line that serpent
writes, may stand between all parts of it:

- None, True, False
- numbers as Python writes them, with at most one sign; `1e30000` is infinity; a complex number is an imaginary one,
  `2j`, or a sum or difference such as `1.0-2.0j`
- str and bytes in single, double or triple quotes, with the prefixes u, b, r, br and rb; up to 1000 adjacent ones are
  joined
- `(1,2)`, `[1,2]`, `{1:2}` and `{1,2}`, with a comma before the end or without; `()`, `[]`, `{}` and `set()`; `(1)`
  is 1

All of it means what `ast.literal_eval` makes of it. Not accepted, though Python does: NUL characters, `...`, lines that
end in a backslash, the escape `\\N{...}` and undefined escapes, a tuple without brackets, a sign before a bracket.

For b"ab", serpent writes `{'data': 'YWI=', 'encoding': 'base64'}`. With `unwrap_bytes`, a dict of exactly these two
keys is read as the bytes, if the encoding is that and the data a str of base64 with its padding and without blanks;
any other dict stays one. Such a dict that was sent as a dict becomes bytes too, because nothing tells it from them.
Unlike dicts, these bytes may be keys and members of sets, where serpent writes them as well.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from pyro_wire.base64_bytes import unwrapped
from pyro_wire.message import Buffer
from pyro_wire.serializers._hash_tables import make_dict, make_set

__all__ = ["loads"]

# Repetitions are possessive (++, *+) or bounded: no pattern goes back far, so all take linear time and little memory.
# What CPython before 3.11.5 gets wrong (gh-106052) is avoided: a group that is repeated possessively fails, if it does,
# at its first characters, and has no optional part and no lookaround.
_BLANKS = r"[ \t\r\n\f]*+"
_GAP = r"(?:[ \t\r\n\f]++|\#[^\r\n]*+)*+"

# Underscores that Python would not accept are left to int() and float().
_DIGITS = r"[0-9][0-9_]*+"
_NUMBER = rf"""(?:
    0[xX][0-9a-fA-F_]++ | 0[oO][0-7_]++ | 0[bB][01_]++
    | (?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS}) (?:[eE][-+]?{_DIGITS})? [jJ]?
)"""
_SUM = rf"(?:[-+]{_GAP})?{_NUMBER}(?:{_GAP}[-+]{_GAP}{_NUMBER})?"

_PREFIX = r"(?:[uU]|[bB][rR]?|[rR][bB]?)?"
_QUOTED = r"""(?:
    '(?!'')[^'\\\r\n]*+(?:\\[^\r\n][^'\\\r\n]*+)*+'
    | "(?!"")[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+"
    | '''.*?(?<!\\)(?:\\\\)*+'''
    | \""".*?(?<!\\)(?:\\\\)*+\"""
)"""
_MORE_STRINGS = rf"(?:{_GAP}{_PREFIX}{_QUOTED}){{0,999}}"

# What serpent writes most has patterns of its own: a key of a dict is one step with its value, which takes a third off
# lists of dicts, and so is a run of scalars with bare commas between them, which takes half off flat lists.
_TEXT = r"[^'\\\r\n]*+"
_INT = r"-?(?:0|[1-9][0-9]*+)"
_FLOAT = r"-?[0-9]++(?:\.[0-9]++(?:e[-+]?[0-9]++)?|e[-+]?[0-9]++)"
_WORD = r"(?:True|False|None)"


def _run(name: str, scalar: str, quote: str = "") -> str:
    # Bounded, so that splitting a run takes next to no memory.
    scalar = rf"{scalar}(?={quote}{_BLANKS}[,:)\]}}])"
    return rf"{quote}(?P<{name}>{scalar}(?:{quote},{quote}{scalar}){{0,254}}){quote}"


_TOKEN = re.compile(
    rf"""{_GAP}
    (?: (?P<comma>,)
    |   (?P<close>[)\]}}])
    |   (?: '(?P<key>{_TEXT})'{_BLANKS}:{_GAP} )?
        (?: (?P<open>[(\[{{])
        |   {_run("texts", _TEXT, quote="'")}
        |   {_run("ints", _INT)}
        |   {_run("floats", _FLOAT)}
        |   (?P<word>{_WORD})\b
        |   (?P<scalar>
                (?P<prefix>{_PREFIX})(?P<quoted>{_QUOTED})(?P<more>{_MORE_STRINGS})
            |   (?P<sum>{_SUM})
            |   set{_GAP}\({_GAP}\)
            )
        )
    |   (?P<colon>:)
    |   (?P<foreign>.)
    |   \Z
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_SUM_PARTS = re.compile(rf"(?:([-+]){_GAP})?({_NUMBER})(?:{_GAP}([-+]){_GAP}({_NUMBER}))?", re.VERBOSE)
_STRING_PARTS = re.compile(rf"{_GAP}({_PREFIX})({_QUOTED})", re.VERBOSE | re.DOTALL)

_ESCAPES = r"""[\\'"abfnrtv] | [0-3] | [4-7][0-7]?(?![0-7]) | x[0-9a-fA-F]{2}"""
_STR_ESCAPES = rf"{_ESCAPES} | u[0-9a-fA-F]{{4}} | U(?:000[0-9a-fA-F]|0010)[0-9a-fA-F]{{4}}"
_NO_BYTES_ESCAPE = re.compile(rf"\\(?!{_ESCAPES})", re.VERBOSE)
_NO_STR_ESCAPE = re.compile(rf"\\(?!{_STR_ESCAPES})", re.VERBOSE)
_decode_escapes = codecs.getdecoder("unicode_escape")

_WORDS = {"None": None, "True": True, "False": False}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_RAW_STR = ("r", "R")
_TRIPLE_QUOTES = ("'''", '"""')
_INT_PREFIXES = ("0x", "0X", "0o", "0O", "0b", "0B")
_INT_CHARACTERS = frozenset("0123456789_")


def loads(data: Buffer, *, max_depth: int = 200, unwrap_bytes: bool = False) -> Any:
    """Read one value from serpent text.

    Brackets may be nested `max_depth` deep; the time taken is linear in the size of the data. `unwrap_bytes` makes
    bytes of the dicts that serpent writes for them. Raises ValueError for everything that is not exactly one value as
    described above, and for an int with more digits than the interpreter converts.
    """
    try:
        text = str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"serpent text is not UTF-8 at byte {error.start}: {error.reason}") from None
    if "\0" in text:
        raise _failure("a NUL character", text.index("\0"))
    return _read(text, max_depth, unwrap_bytes)


def _failure(problem: str, position: int) -> ValueError:
    return ValueError(f"serpent text cannot be read at character {position}: {problem}")


def _read(text: str, max_depth: int, unwrap_bytes: bool) -> Any:
    # One flat loop: with a function for each kind of token, a small call takes a fifth longer.
    items: list[Any] = []
    colons = 0  # between the items
    closing = ""
    outer: list[tuple[list[Any], int, str]] = []
    ready = False  # the last item is still without the separator after it
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if ready:
            if kind == "comma":
                ready = False
                continue
            if kind == "colon":
                colons = _colons_after_key(items, colons, closing, token.end())
                ready = False
                continue
            if kind is None:
                break
            if kind != "close":
                raise _failure("a comma or a closing bracket is missing", token.start(kind))
        else:
            key = token["key"]
            if key is not None:
                items.append(key)
                colons = _colons_after_key(items, colons, closing, token.end())
            if kind == "open":
                if len(outer) >= max_depth:
                    raise _failure(f"brackets are nested more than {max_depth} deep", token.start(kind))
                outer.append((items, colons, closing))
                items, colons, closing = [], 0, _CLOSING[token["open"]]
                continue
            if kind != "close":
                if kind == "texts":
                    items += token["texts"].split("','")
                elif kind == "ints":
                    items += map(int, token["ints"].split(","))
                elif kind == "floats":
                    items += map(float, token["floats"].split(","))
                elif kind == "word":
                    items.append(_WORDS[token["word"]])
                elif kind == "scalar":
                    items.append(_scalar(token))
                else:
                    raise _failure("a value is missing or malformed", token.end())
                ready = True
                continue
        if token[kind] != closing:
            raise _failure("the bracket does not close the last one", token.start(kind))
        container = _container(items, colons, closing, not ready, token.end())
        if colons == 2 and unwrap_bytes and "encoding" in container:  # looking for the word in the text takes longer
            container = unwrapped(container)
        items, colons, closing = outer.pop()
        items.append(container)
        ready = True
    if outer or len(items) != 1:
        raise _failure("a bracket is not closed" if outer else "there is more than one value", len(text))
    return items[0]


def _colons_after_key(items: list[Any], colons: int, closing: str, position: int) -> int:
    if closing != "}" or len(items) != 2 * colons + 1:
        raise _failure("no key of a dict can stand here", position)
    return colons + 1


def _container(items: list[Any], colons: int, closing: str, after_comma: bool, position: int) -> Any:
    if closing == "]":
        return items
    if closing == ")":
        return items[0] if len(items) == 1 and not after_comma else tuple(items)
    if not items:
        return {}
    if colons and len(items) != 2 * colons:
        raise _failure("a key of a dict is without its value", position)
    try:
        return make_dict(items[::2], items[1::2]) if colons else make_set(set, items)
    except ValueError as error:
        raise _failure(str(error), position) from None


def _scalar(token: re.Match[str]) -> Any:
    prefix, quoted, more, number = token.group("prefix", "quoted", "more", "sum")
    try:
        if quoted is None:
            return set() if number is None else _number(number)
        return _joined_strings(prefix + quoted + more) if more else _string(prefix, quoted)
    except (ValueError, OverflowError) as error:
        raise _failure(str(error), token.end()) from None


def _number(source: str) -> complex:
    [(sign, first, operator, second)] = _SUM_PARTS.findall(source)
    number = _unsigned_number(first)
    if sign == "-":
        number = -number
    if not operator:
        return number
    imaginary = _unsigned_number(second)
    if type(number) is complex or type(imaginary) is not complex:
        raise ValueError(f"{source} is a sum, but not of a real and an imaginary number")
    # Adding, not complex(number, imaginary): only so zeros get the signs that they have in Python.
    return number + imaginary if operator == "+" else number - imaginary


def _unsigned_number(source: str) -> complex:
    if source[-1] in "jJ":
        return complex(0.0, float(source[:-1]))
    if source[:2] in _INT_PREFIXES or _INT_CHARACTERS.issuperset(source):
        return int(source, 0)
    return float(source)


def _joined_strings(source: str) -> Any:
    strings: list[Any] = [_string(prefix, quoted) for prefix, quoted in _STRING_PARTS.findall(source)]
    nothing = type(strings[0])()
    try:
        return nothing.join(strings)
    except TypeError:
        raise ValueError("str and bytes cannot be joined") from None


def _string(prefix: str, quoted: str) -> str | bytes:
    width = 3 if quoted.startswith(_TRIPLE_QUOTES) else 1
    body = quoted[width:-width]
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if "b" in prefix or "B" in prefix:
        return _bytes(prefix, body)
    return _unescaped(body, _NO_STR_ESCAPE) if "\\" in body and prefix not in _RAW_STR else body


def _bytes(prefix: str, body: str) -> bytes:
    if not body.isascii():
        raise ValueError("bytes contain a character that is not ASCII")
    if "\\" in body and len(prefix) == 1:
        body = _unescaped(body, _NO_BYTES_ESCAPE)
    return body.encode("latin-1")


def _unescaped(body: str, undefined: re.Pattern[str]) -> str:
    if undefined.search(body.replace("\\\\", "..")):
        raise ValueError("a string contains an undefined escape")
    # The decoder takes Latin-1, and knows the escapes that the rest becomes.
    return _decode_escapes(body.encode("latin-1", "backslashreplace"))[0]
