"""The name server's control tool: ``python -m Pyro5.nsc``."""

from pyro_ns.commands import control as main

__all__ = ["main"]

if __name__ == "__main__":
    main()
