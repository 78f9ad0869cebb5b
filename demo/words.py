"""Word statistics of source texts: the job of the demo, the same function on a worker and at home."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

WORD = re.compile(r"[^\W\d]\w*")


@dataclass(slots=True)
class Statistics:
    """What was counted so far: files, lines, words, and how often each word was seen."""

    files: int = 0
    lines: int = 0
    words: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Statistics) -> None:
        """Add the counts of `other` to these."""
        self.files += other.files
        self.lines += other.lines
        self.words += other.words
        self.counts.update(other.counts)

    def most_common(self, number: int) -> list[tuple[str, int]]:
        """The most frequent words with their counts; words of the same count stand in alphabetical order."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))[:number]

    def to_plain(self) -> dict[str, Any]:
        """These statistics as plain values, fit for the wire."""
        # Pairs and not a dictionary: `__class__` is a word of the standard library too, and a dictionary
        # with that key stands for an object on the wire.
        return {
            "files": self.files,
            "lines": self.lines,
            "words": self.words,
            "counts": list(self.counts.items()),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Statistics:
        """The statistics that `to_plain` described."""
        return cls(plain["files"], plain["lines"], plain["words"], Counter(dict(plain["counts"])))


def count_words(texts: Iterable[str]) -> Statistics:
    """Count the files, lines and words of source texts, one text a file."""
    result = Statistics()
    for text in texts:
        words = WORD.findall(text)
        result.files += 1
        result.lines += len(text.splitlines())
        result.words += len(words)
        result.counts.update(words)
    return result
