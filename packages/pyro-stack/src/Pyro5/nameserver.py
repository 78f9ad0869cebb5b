"""The name server: what programs import from ``Pyro5.nameserver``; ``python -m Pyro5.nameserver`` starts one."""

from collections.abc import Sequence

from Pyro5._name_servers import NameServer, NameServerDaemon, start_ns, start_ns_loop
from Pyro5._name_storages import MemoryStorage, SqlStorage
from pyro_ns import AutoCleaner, BroadcastServer, lookup, yplookup
from pyro_ns.commands import name_server, run

__all__ = [
    "AutoCleaner",
    "BroadcastServer",
    "MemoryStorage",
    "NameServer",
    "NameServerDaemon",
    "SqlStorage",
    "lookup",
    "main",
    "start_ns",
    "start_ns_loop",
    "yplookup",
]


def main(args: Sequence[str] | None = None) -> None:
    """Run the command ``pyro5-ns``."""
    run(name_server, args)


if __name__ == "__main__":
    main()
