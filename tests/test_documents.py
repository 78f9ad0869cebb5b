"""What the documents promise: the tests that they name exist, and nothing is missing from their tables."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "servers-chapter.md"
FOLDER = ROOT / "tests" / "servers_chapter"

CONFORMANCE = ROOT / "docs" / "conformance.md"
CONFORMANCE_FOLDER = ROOT / "tests" / "conformance_rows"

FEATURES = {
    "A": range(1, 12),
    "B": range(1, 7),
    "C": range(1, 8),
    "D": [*range(1, 23), *range(24, 31)],
    "E": [1, 2, 4],
    "G": range(1, 7),
    "H": [*range(1, 10), *range(11, 14)],
    "I": range(1, 7),
    "J": range(1, 9),
    "K": range(1, 25),
    "L": range(1, 4),
    "M": range(1, 13),
    "N": [1],
    "O": [*range(1, 9), *range(10, 15)],
    "P": range(1, 4),
    "Q": range(1, 11),
    "R": range(1, 4),
    "T": range(1, 14),
    "U": range(1, 4),
    "V": range(1, 4),
}
"""The features of Pyro5 by area; the numbers that are missing are those of features that only Pyro4 has."""

TEST_NAME = re.compile(r"`([\w./-]+\.py)::(\w+)`")


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """The statements of the tables, each with the tests that show it, as file and name."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    cells = [line.strip("| ").split(" | ", 1) for line in lines]
    return [(cell[0], TEST_NAME.findall(cell[-1])) for cell in cells if cell[0] != "statement"]


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text())
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_there_are_statements() -> None:
    assert len(rows()) > 100


@pytest.mark.parametrize(("statement", "tests"), rows())
def test_a_statement_has_tests_and_they_exist(statement: str, tests: list[tuple[str, str]]) -> None:
    assert tests, "no test shows this"
    missing = [f"{file}::{name}" for file, name in tests if name not in names_of_tests(ROOT / file)]
    assert not missing


def test_no_statement_occurs_twice() -> None:
    counts = Counter(statement for statement, _ in rows())
    assert [statement for statement, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_of_the_chapter_shows_a_statement(path: Path) -> None:
    file = path.relative_to(ROOT).as_posix()
    named = {name for _, tests in rows() for other, name in tests if other == file}
    assert names_of_tests(path) - named == set()


def features() -> list[tuple[str, str]]:
    """The rows of the table of features: number, and what shows it."""
    lines = [line for line in CONFORMANCE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [(number, shown) for number, _, _, shown in cells if number != "id"]


def test_every_feature_has_one_row() -> None:
    expected = [f"{area}{number}" for area, numbers in FEATURES.items() for number in numbers]
    assert [number for number, _ in features()] == expected


@pytest.mark.parametrize(("number", "shown"), features(), ids=[number for number, _ in features()])
def test_a_feature_has_tests_that_exist_or_a_reason(number: str, shown: str) -> None:
    tests = TEST_NAME.findall(shown)
    assert tests or shown.startswith("not "), f"{number} has neither tests nor a reason"
    missing = [f"{file}::{name}" for file, name in tests if name not in names_of_tests(ROOT / file)]
    assert not missing


@pytest.mark.parametrize("path", sorted(CONFORMANCE_FOLDER.glob("test_*.py")), ids=lambda path: path.stem)
def test_every_test_of_the_features_is_in_a_row(path: Path) -> None:
    file = path.relative_to(ROOT).as_posix()
    named = {name for _, shown in features() for other, name in TEST_NAME.findall(shown) if other == file}
    assert names_of_tests(path) - named == set()
