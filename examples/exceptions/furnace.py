"""A furnace that is easily upset, and its own exceptions.

They are in a module and not in the program that is started: a class of that one would have the module name
``__main__``, which says nothing to anybody else.
"""

from pyro_server import expose


class DoorOpenError(Exception):
    """The furnace does not heat with an open door."""


class OverheatedError(Exception):
    """It is hotter than it may be; ``celsius`` says how hot."""

    def __init__(self, text: str, celsius: float) -> None:
        super().__init__(text, celsius)
        self.celsius = celsius


class Furnace:
    """Heats, unless something is wrong."""

    def __init__(self) -> None:
        self._door_is_open = False

    @expose
    def open_door(self) -> None:
        """Open the door; it stays open."""
        self._door_is_open = True

    @expose
    def heat_to(self, celsius: float) -> str:
        """Heat, and say so. Raises the errors above, and ``ValueError`` for nonsense."""
        if celsius < 0:
            raise ValueError("a furnace does not cool")
        if self._door_is_open:
            raise DoorOpenError("close the door first")
        if celsius > 1200:
            raise OverheatedError("the thermal fuse has tripped", celsius)
        return f"heated to {celsius:g} degrees"
