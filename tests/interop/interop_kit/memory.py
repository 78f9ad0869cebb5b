"""What calls and clients leave behind, so that a later call can ask for it."""

from __future__ import annotations

import threading
from typing import Any

PATIENCE = 0.05
"""Seconds that `recall` waits for something to be remembered; the client asks again."""

DEADLINE = 20.0
"""Seconds that a method waits for another call before it gives up."""


class Board:
    """Values under tokens that nobody else uses."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards _values
        self._values: dict[str, Any] = {}

    def write(self, token: str, value: Any) -> None:
        """Remember a value."""
        with self._changed:
            self._values[token] = value
            self._changed.notify_all()

    def read(self, token: str, patience: float) -> list[Any]:
        """What was remembered, as the only item of a list; an empty list if nothing was within these seconds."""
        with self._changed:
            self._changed.wait_for(lambda: token in self._values, patience)
            return [self._values[token]] if token in self._values else []


BOARD = Board()
"""The one of this program: what happens at one daemon is asked for at another."""


class Memory:
    """The board, for clients; and methods that wait for what is written there."""

    def remember(self, token: str, value: Any) -> None:
        BOARD.write(token, value)

    def remember_and_fail(self, token: str, value: Any) -> None:
        BOARD.write(token, value)
        raise ValueError("nobody hears this")

    def remember_with_reply(self, token: str, value: Any) -> str:
        BOARD.write(token, value)
        return "remembered"

    def recall(self, token: str) -> list[Any]:
        return BOARD.read(token, PATIENCE)

    def wait_for(self, token: str) -> list[Any]:
        """Say that the call has come, and wait until the token with `-go` is written."""
        BOARD.write(token, "waiting")
        return BOARD.read(f"{token}-go", DEADLINE)

    def follow(self, token: str) -> None:
        """Wait as well, as a oneway call."""
        BOARD.write(f"{token}-end", self.wait_for(token))
