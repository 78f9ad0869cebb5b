"""The root of the error tree; its branches grow in the packages above this one."""


class PyroError(Exception):
    """Something went wrong in Pyro itself: the root of every error class of the project.

    It lives in the lowest package so that one ``except PyroError`` reaches all of them.
    """
