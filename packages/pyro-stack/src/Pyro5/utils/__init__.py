"""Programs and modules that programs know under ``Pyro5.utils``."""
