"""The home page: what there is to call. All that comes from elsewhere is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Listing", "home_page"]


@dataclass(frozen=True, slots=True)
class Listing:
    """An object on the page: its name, and what it offers or why that is not known."""

    name: str
    methods: Sequence[str] = ()
    attributes: Sequence[str] = ()
    trouble: str = ""


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Pyro HTTP gateway</title>
<style>
body {{ font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222; }}
table {{ border-collapse: collapse; }}
th, td {{ border: 1px solid #bbb; padding: 0.3em 0.6em; text-align: left; vertical-align: top; }}
code {{ background: #eee; padding: 0 0.2em; }}
.trouble {{ color: #a00; }}
</style>
</head>
<body>
<h1>Pyro HTTP gateway</h1>
<p>Remote objects that are registered in the name server can be called over HTTP here. Their names begin with what
matches <code>{regex}</code>.</p>
<ul>
<li>Call a method with GET or POST at <code>/pyro/</code><i>object</i><code>/</code><i>method</i>; the parameters in
the query or in the form are its keyword arguments, always as text. The answer is its result in JSON, or with status
500 its error.</li>
<li>Read an attribute in the same way, without parameters.</li>
<li><code>/pyro/</code><i>object</i><code>/$meta</code> tells what an object offers.</li>
<li>If the gateway has a key, show it in the header <code>X-Pyro-Gateway-Key</code> (or in the parameter
<code>$key</code>, which ends up in logs).</li>
<li>With the header <code>X-Pyro-Options: oneway</code> nobody waits for the result.
<code>X-Pyro-Correlation-Id</code>, a UUID, goes along with the call and comes back.</li>
</ul>
<h2>Objects</h2>
{content}
</body>
</html>
"""


def home_page(regex: str, listings: Iterable[Listing], remark: str = "") -> str:
    """Return the page as HTML, with a list of objects and a remark below it."""
    rows = "".join(map(_row, listings))
    table = f"<table>\n<tr><th>Name</th><th>Methods</th><th>Attributes</th></tr>\n{rows}</table>\n" if rows else ""
    return _PAGE.format(regex=escape(regex), content=f"{table}<p>{escape(remark)}</p>" if remark else table)


def _row(listing: Listing) -> str:
    name = f"<code>{escape(listing.name)}</code>"
    if listing.trouble:
        return f'<tr><td>{name}</td><td colspan="2" class="trouble">{escape(listing.trouble)}</td></tr>\n'
    return f"<tr><td>{name}</td><td>{_names(listing.methods)}</td><td>{_names(listing.attributes)}</td></tr>\n"


def _names(names: Iterable[str]) -> str:
    return escape(", ".join(sorted(names)))
