"""The table of contents of the package."""

import pyro_uri


def test_public_names_are_sorted_and_exist() -> None:
    assert sorted(pyro_uri.__all__) == pyro_uri.__all__
    assert all(hasattr(pyro_uri, name) for name in pyro_uri.__all__)


def test_every_error_of_the_project_is_a_pyro_error_and_that_is_a_plain_exception() -> None:
    assert pyro_uri.PyroError.__bases__ == (Exception,)
