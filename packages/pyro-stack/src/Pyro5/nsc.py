"""The name server's control tool: the command ``pyro5-nsc``, and what programs import from ``Pyro5.nsc``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyro_ns import control as actions
from pyro_ns.answers import Answer
from pyro_ns.commands import control, run

__all__ = ["handle_command", "main"]


def main(args: Sequence[str] | None = None) -> None:
    """Run the command ``pyro5-nsc``. After an error it raises ``SystemExit``, having told of it on standard error."""
    run(control, args)


def handle_command(namesrv: Any, cmd: str, args: Sequence[str]) -> None:
    """Print what a command of the tool has to say of a name server, which may be a proxy.

    Raises ``SystemExit`` with a text for a wrong number of arguments; an error is printed and raised, and so is the
    ``KeyError`` for an unknown command.
    """
    try:
        print(_COMMANDS[cmd].run(namesrv, args).text)
    except Exception as error:  # whatever the name server raised
        print(f"Error: {type(error).__name__} - {error}")
        raise


def _ask_and_remove_matching(namesrv: Any, regex: str) -> Answer:
    if input("This may remove many names. Go on? (y/n) ").strip().lower() not in ("y", "yes"):
        return Answer("Nothing removed", {"removed": 0})
    return actions.remove_matching(namesrv, regex)


@dataclass(frozen=True, slots=True)
class _Command:
    """What is done, and how many arguments it takes."""

    action: Callable[..., Answer]
    usage: str
    least: int
    most: int | None = None
    """None: any number."""

    def run(self, namesrv: Any, args: Sequence[str]) -> Answer:
        if len(args) < self.least or (self.most is not None and len(args) > self.most):
            raise SystemExit(f"wrong number of arguments, this is how: {self.usage}")
        return self.action(namesrv, *args)


_COMMANDS = {
    "list": _Command(actions.show_all, "list [prefix]", 0, 1),
    "listmatching": _Command(actions.show_matching, "listmatching regex", 1, 1),
    "lookup": _Command(actions.show_one, "lookup name", 1, 1),
    "ping": _Command(actions.ping, "ping", 0, 0),
    "register": _Command(actions.register, "register name uri", 2, 2),
    "remove": _Command(actions.remove, "remove name", 1, 1),
    "removematching": _Command(_ask_and_remove_matching, "removematching regex", 1, 1),
    "setmeta": _Command(actions.set_metadata, "setmeta name [tag...]", 1),
    "yplookup_all": _Command(actions.show_tagged_with_all, "yplookup_all tag...", 1),
    "yplookup_any": _Command(actions.show_tagged_with_any, "yplookup_any tag...", 1),
}

if __name__ == "__main__":
    main()
