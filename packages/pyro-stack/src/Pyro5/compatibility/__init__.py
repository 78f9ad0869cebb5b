"""Import names of before, for programs that use them: ``from Pyro5.compatibility import Pyro4``."""
