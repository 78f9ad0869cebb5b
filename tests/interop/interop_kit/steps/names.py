"""What a client does with a name server."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client, error_of


def _nameserver(client: Client) -> Any:
    uri = client.library.URI(client.uris["nameserver"])
    return client.library.locate_ns(uri.host, uri.port, **client.options())


def _location(client: Client) -> str:
    return client.uris["nameserver"].partition("@")[2]


def find_nameserver(client: Client) -> Any:
    with _nameserver(client) as names:
        return [str(names._pyroUri) == client.uris["nameserver"], names.ping(), names.count() > 0]


def register_and_lookup(client: Client, name: str) -> Any:
    with _nameserver(client) as names:
        names.register(name, client.uris["service"])
        names.register(name + ".uri", client.library.URI(client.uris["service"]))
        found = [names.lookup(name), names.lookup(name + ".uri")]
        return {
            "types": [isinstance(uri, client.library.URI) for uri in found],
            "same": [str(uri) == client.uris["service"] for uri in found],
            "safe": error_of(names.register, name, client.uris["service"], safe=True),
        }


def lookup_with_metadata(client: Client, name: str) -> Any:
    with _nameserver(client) as names:
        names.register(name, client.uris["service"], metadata={"a", "b"})
        uri, metadata = names.lookup(name, return_metadata=True)
        return [str(uri) == client.uris["service"], sorted(metadata)]


def unknown_name(client: Client, name: str) -> Any:
    with _nameserver(client) as names:
        return {**error_of(names.lookup, name), "then": names.ping()}


def list_and_remove(client: Client, prefix: str) -> Any:
    with _nameserver(client) as names:
        for name in ("x.1", "x.2", "y.1"):
            names.register(f"{prefix}.{name}", f"PYRO:{name}@localhost:1234", metadata=["m", "n"])
        return {
            "prefix": names.list(prefix=f"{prefix}.x"),
            "regex": sorted(names.list(regex=rf"{prefix}\..\.1$")),
            "metadata": {
                name: [uri, sorted(metadata)]
                for name, (uri, metadata) in names.list(prefix=f"{prefix}.y", return_metadata=True).items()
            },
            "removed": [
                names.remove(f"{prefix}.y.1"),
                names.remove(f"{prefix}.y.1"),
                names.remove(prefix=f"{prefix}.x"),
            ],
            "left": names.list(prefix=prefix),
        }


def search_metadata(client: Client, prefix: str) -> Any:
    with _nameserver(client) as names:
        names.register(f"{prefix}.1", "PYRO:one@localhost:1234", metadata={f"{prefix}.a", f"{prefix}.b"})
        names.register(f"{prefix}.2", "PYRO:two@localhost:1234", metadata={f"{prefix}.a"})
        names.set_metadata(f"{prefix}.2", {f"{prefix}.a", f"{prefix}.c"})
        both = names.yplookup(meta_all={f"{prefix}.a", f"{prefix}.b"})
        return {
            "all": {name: [uri, sorted(metadata)] for name, (uri, metadata) in both.items()},
            "any": sorted(names.yplookup(meta_any=[f"{prefix}.b", f"{prefix}.c"])),
            "bare": names.yplookup(meta_all=[f"{prefix}.c"], return_metadata=False),
            "none": names.yplookup(meta_all=[f"{prefix}.b", f"{prefix}.c"]),
        }


def call_by_name(client: Client, name: str) -> Any:
    with _nameserver(client) as names:
        names.register(name, client.uris["service"], metadata={f"{name}.tag", "other"})
    by_name, by_tag = f"PYRONAME:{name}@{_location(client)}", f"PYROMETA:{name}.tag@{_location(client)}"
    with client.proxy_for(by_name) as named, client.proxy_for(by_tag) as tagged:
        answers = [named.add(1, 2), tagged.add(3, 4)]
        kept = str(named._pyroUri) == by_name
        named._pyroRelease()
        named._pyroBind()
        return [answers, kept, str(named._pyroUri) == client.uris["service"]]


def call_by_unknown_name(client: Client, name: str) -> Any:
    uris = [f"PYRONAME:{name}@{_location(client)}", f"PYROMETA:{name}@{_location(client)}"]
    return [error_of(client.proxy_for(uri)._pyroBind)["class"] for uri in uris]
