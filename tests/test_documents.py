"""What the documents promise: the tests that they name exist, and show what the chapter of the manual says."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "servers-chapter.md"
FOLDER = ROOT / "tests" / "servers_chapter"

TEST_NAME = re.compile(r"`([\w./-]+\.py)::(\w+)`")


def rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """The statements of the tables, each with the tests that show it, as file and name."""
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    cells = [line.strip("| ").split(" | ", 1) for line in lines]
    return [(cell[0], TEST_NAME.findall(cell[-1])) for cell in cells if cell[0] != "statement"]


def names_of_tests(path: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


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
