"""A pen plotter: many small calls, each of them hardly worth a message."""

from pyro_client import current_context
from pyro_server import Daemon, behavior, expose

WIDTH, HEIGHT = 297, 210


@expose
@behavior(instance_mode="single")
class Plotter:
    """Draws on a sheet of paper, in millimetres."""

    def __init__(self) -> None:
        self._lines = 0
        self._messages: set[int] = set()

    def line_to(self, x: float, y: float) -> float:
        """Draw a line, and return how many there are."""
        self._messages.add(current_context.seq)  # the number of the message that this call came in
        if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
            raise ValueError(f"({x:g}, {y:g}) is not on the paper")
        self._lines += 1
        return self._lines

    def new_sheet(self) -> str:
        """Take a new sheet, and tell about the last one."""
        report = f"{self._lines} lines, drawn in {len(self._messages)} messages"
        self._lines = 0
        self._messages.clear()
        return report


def main() -> None:
    """Serve a plotter until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(Plotter, "plotter")
        print(f"the plotter is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
