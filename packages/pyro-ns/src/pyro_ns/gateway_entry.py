"""Where the command ``pyro-httpgateway`` begins: it says what is missing where the extra is not installed."""

from __future__ import annotations

try:
    from pyro_ns.gateway.command import main
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "werkzeug":
        raise
    raise SystemExit("the HTTP gateway needs werkzeug: pip install 'pyro-ns[gateway]'") from error

__all__ = ["main"]

if __name__ == "__main__":
    main()
