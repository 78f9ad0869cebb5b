"""The configuration: what programs import from ``Pyro5.configure``; ``python -m Pyro5.configure`` shows it."""

from collections.abc import Sequence

from pyro_ns.commands import check_config, run
from pyro_wire.config import Config as Configuration
from pyro_wire.config import config as global_config

__all__ = ["Configuration", "dump", "global_config", "main"]


def dump() -> None:
    """Print the configuration of the process."""
    print(global_config.dump())


def main(args: Sequence[str] | None = None) -> None:
    """Run the command ``pyro5-check-config``."""
    run(check_config, args)


if __name__ == "__main__":
    main()
