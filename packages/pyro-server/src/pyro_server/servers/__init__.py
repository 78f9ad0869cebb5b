"""The drivers of a daemon: they move bytes and run user code, and decide nothing about the protocol."""
