"""How much the other side may ask of us, as a value that readers and decoders take.

A refusal always names the configuration item and its value. Source of the figures: the project's limits and rules of
safety, measured by attacks on the released library.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyro_wire.config import Config

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The size limits that hold for one connection at one time."""

    max_size: int = 1 << 30
    """Bytes of annotations and payload in one message, as sent and after inflating."""
    max_annotations: int = 1024
    """Number of annotation chunks in one message."""
    max_annotations_size: int = 1 << 30
    """Bytes of annotation chunks in one message, their heads included."""
    item: str = "MAX_MESSAGE_SIZE"
    """The configuration item that sets ``max_size``; refusals name it."""

    @classmethod
    def for_peers(cls, config: Config) -> Limits:
        """Return the limits for a connection whose handshake has been accepted."""
        return cls(config.MAX_MESSAGE_SIZE, config.MAX_ANNOTATIONS, config.MAX_MESSAGE_SIZE)

    @classmethod
    def for_strangers(cls, config: Config) -> Limits:
        """Return the limits before the handshake: strangers have a small budget of their own."""
        size = min(config.MAX_HANDSHAKE_SIZE, config.MAX_MESSAGE_SIZE)
        item = "MAX_HANDSHAKE_SIZE" if size == config.MAX_HANDSHAKE_SIZE else "MAX_MESSAGE_SIZE"
        return cls(size, min(config.MAX_ANNOTATIONS, 16), size // 8, item)
