"""``serve``: host some objects with one statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyro_client import locate_ns
from pyro_server.daemon import Daemon
from pyro_wire.config import Config

__all__ = ["serve"]


def serve(
    objects: Mapping[Any, str | None],
    host: str | None = None,
    port: int = 0,
    daemon: Daemon | None = None,
    use_ns: bool = True,
    verbose: bool = True,
    *,
    ns: bool | None = None,
    config: Config | None = None,
) -> None:
    """Host objects and classes, and answer calls until the loop is ended; the daemon is closed then.

    ``objects`` maps each one to its name, or to None for no name. With ``use_ns`` (also called ``ns``) the names are
    registered in the name server; without it they are the ids in the daemon. A new daemon is made on ``host`` and
    ``port``, going by ``config``, unless you give yours. ``verbose`` prints the addresses.

    Raises ``NamingError`` if the name server cannot be found, ``DaemonError`` if an id is taken.
    """
    with daemon if daemon is not None else Daemon(host, port, config=config) as serving:
        if use_ns if ns is None else ns:
            _publish_names(serving, objects, verbose)
        else:
            for obj, name in objects.items():
                _tell(verbose, obj, serving.register(obj, name))
        if verbose:
            print("Pyro daemon running.", flush=True)
        serving.requestLoop()


def _publish_names(daemon: Daemon, objects: Mapping[Any, str | None], verbose: bool) -> None:
    with locate_ns(config=daemon.config) as nameserver:
        for obj, name in objects.items():
            uri = daemon.register(obj)
            _tell(verbose, obj, uri, name)
            if name:
                nameserver.register(name, uri)


def _tell(verbose: bool, obj: Any, uri: Any, name: str | None = None) -> None:
    if verbose:
        lines = [f"Object {obj!r}:", f"    uri = {uri}"]
        if name:
            lines.append(f"    name = {name}")
        print("\n".join(lines), flush=True)
