"""The name server: what programs import from ``Pyro5.nameserver``; ``python -m Pyro5.nameserver`` starts one."""

from pyro_ns import BroadcastServer, MemoryStorage, NameServer, NameServerDaemon, start_ns, start_ns_loop
from pyro_ns.commands import name_server as main

__all__ = [
    "BroadcastServer",
    "MemoryStorage",
    "NameServer",
    "NameServerDaemon",
    "main",
    "start_ns",
    "start_ns_loop",
]

if __name__ == "__main__":
    main()
